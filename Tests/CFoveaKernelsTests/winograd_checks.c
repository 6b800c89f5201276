#include "check.h"
#include "conv_support.h"

// The matrices of F(m×m, 3×3) as the literature writes them.
typedef struct {
  size_t m, points;
  const double *bt, *g, *at;  // [points][points], [points][3], [m][points]
} algorithm;

static const double bt2[] = {1, 0, -1, 0, 0, 1, 1, 0, 0, -1, 1, 0, 0, 1, 0, -1};
static const double g2[] = {1, 0, 0, 0.5, 0.5, 0.5, 0.5, -0.5, 0.5, 0, 0, 1};
static const double at2[] = {1, 1, 1, 0, 0, 1, -1, -1};
static const double bt4[] = {4, 0, -5, 0, 1, 0, 0, -4, -4, 1, 1, 0, 0, 4,  -4, -1, 1, 0,
                             0, -2, -1, 2, 1, 0, 0, 2, -1, -2, 1, 0, 0, 4, 0,  -5, 0, 1};
static const double g4[] = {1. / 4,  0,       0,      -1. / 6, -1. / 6,  -1. / 6, -1. / 6, 1. / 6, -1. / 6,
                            1. / 24, 1. / 12, 1. / 6, 1. / 24, -1. / 12, 1. / 6,  0,       0,      1};
// With G's divisors on the rows of Bᵀ.
static const double bt4_divided[] = {1, 0, -5. / 4, 0, 1. / 4, 0, 0, 4. / 6, 4. / 6, -1. / 6, -1. / 6, 0,
                                     0, -4. / 6, 4. / 6, 1. / 6, -1. / 6, 0, 0, -2. / 24, -1. / 24, 2. / 24, 1. / 24, 0,
                                     0, 2. / 24, -1. / 24, -2. / 24, 1. / 24, 0, 0, 4, 0, -5, 0, 1};
static const double g4_whole[] = {1, 0, 0, 1, 1, 1, 1, -1, 1, 1, 2, 4, 1, -2, 4, 0, 0, 1};
static const double at4[] = {1, 1, 1, 1, 1, 0, 0, 1, -1, 2, -2, 0, 0, 1, 1, 4, 4, 0, 0, 1, -1, 8, -8, 1};
static const algorithm algorithms[] = {{2, 4, bt2, g2, at2}, {4, 6, bt4, g4, at4}};
static const algorithm divided = {4, 6, bt4_divided, g4_whole, at4};

enum { most_points = 36 };

// One transform: two passes of at most four roundings and that of a coefficient each, and one to spare.
static const double transform_roundings = 2 * 5 + 2;

// out [to][to] = T in Tᵀ for T [to][from], or for the transpose of a matrix [from][to]. Magnitudes pass through the
// magnitudes of T, so they bound what rounding can do on the way.
static void transform(
    reference *out, size_t to, const reference *in, size_t from, const double *matrix, bool transposed) {
  for (size_t i = 0; i < to; i++)
    for (size_t j = 0; j < to; j++) {
      reference sum = {0, 0};
      for (size_t k = 0; k < from; k++)
        for (size_t l = 0; l < from; l++) {
          const double a = transposed ? matrix[k * to + i] : matrix[i * from + k];
          const double b = transposed ? matrix[l * to + j] : matrix[j * from + l];
          sum.value += a * b * in[k * from + l].value;
          sum.magnitude += fabs(a * b) * in[k * from + l].magnitude;
        }
      out[i * to + j] = sum;
    }
}

// [height, width, channels] cut into tiles of m×m outputs.
typedef struct {
  size_t height, width, channels, rows, columns;
} tiling;

static tiling tiled(const algorithm *a, size_t height, size_t width, size_t channels) {
  return (tiling){height, width, channels, (height + a->m - 1) / a->m, (width + a->m - 1) / a->m};
}

static fk_winograd_tiles tiles_of(const algorithm *a, const tiling *t, float *image, float *planes, ptrdiff_t first) {
  return (fk_winograd_tiles){
      .outputs = a->m, .image = image, .height = (ptrdiff_t)t->height, .width = (ptrdiff_t)t->width,
      .channels = t->channels, .pixel = t->channels, .top = first, .left = first, .rows = t->rows,
      .columns = t->columns, .divided = a == &divided, .planes = planes, .plane = t->rows * t->columns * t->channels, .pitch = t->channels};
}

// The transforms of every tile's size×size square of an image, [tile][channel][point].
static reference *transformed(const algorithm *a, const tiling *t, const float *image, ptrdiff_t first, size_t size,
                              const double *matrix, bool transposed) {
  const size_t points = a->points * a->points, tiles = t->rows * t->columns;
  reference *out = references(tiles * t->channels * points);
  for (size_t tile = 0; tile < tiles; tile++)
    for (size_t c = 0; c < t->channels; c++) {
      reference in[most_points] = {{0, 0}};
      for (size_t i = 0; i < size * size; i++) {
        const ptrdiff_t y = first + (ptrdiff_t)(tile / t->columns * a->m + i / size);
        const ptrdiff_t x = first + (ptrdiff_t)(tile % t->columns * a->m + i % size);
        if (y < 0 || y >= (ptrdiff_t)t->height || x < 0 || x >= (ptrdiff_t)t->width) continue;
        add_value(&in[i], image[((size_t)y * t->width + (size_t)x) * t->channels + c]);
      }
      transform(out + (tile * t->channels + c) * points, a->points, in, size, matrix, transposed);
    }
  return out;
}

// The transforms of weights [9][count], [weight][point].
static reference *transformed_weights(const algorithm *a, const float *weight, size_t count, bool turned) {
  const size_t points = a->points * a->points;
  reference *out = references(count * points);
  for (size_t i = 0; i < count; i++) {
    reference in[9] = {{0, 0}};
    for (size_t t = 0; t < 9; t++) add_value(&in[t], weight[(turned ? 8 - t : t) * count + i]);
    transform(out + i * points, a->points, in, 3, a->g, false);
  }
  return out;
}

// planes [point][n], as the references [n][point] have them
static void expect_planes(const char *what, const float *planes, const reference *want, size_t n, size_t points) {
  reference *turned = references(n * points);
  for (size_t i = 0; i < n * points; i++) turned[i] = want[i % n * points + i / n];
  expect_near(what, planes, turned, transform_roundings, n * points);
}

static float *weight_planes(const algorithm *a, const float *weight, size_t count, int turned) {
  float *planes = floats(a->points * a->points * count);
  if (a == &divided) fk_winograd_kernels(fk_selected(), planes, count, weight, 4, 1, count);
  else fk_winograd_weight(fk_selected(), planes, count, weight, count, a->m, count, turned);
  return planes;
}

static double direct(const tiling *t, const float *x, const float *weight, size_t y, size_t at, size_t out, size_t o) {
  double sum = 0;
  for (size_t tap = 0; tap < 9; tap++) {
    const size_t row = y + tap / 3, column = at + tap % 3;  // of an image with a border
    if (row < 1 || row > t->height || column < 1 || column > t->width) continue;
    for (size_t c = 0; c < t->channels; c++)
      sum += (double)x[((row - 1) * t->width + column - 1) * t->channels + c] *
             (double)weight[(tap * t->channels + c) * out + o];
  }
  return sum;
}

// The whole convolution, and each transform on the way.
static void check_forward(const algorithm *a, size_t height, size_t width, size_t in, size_t out) {
  begin_case("F(%zu) forward %zux%zu, %zu to %zu channels", a->m, height, width, in, out);
  const tiling of_x = tiled(a, height, width, in), of_y = tiled(a, height, width, out);
  const size_t points = a->points * a->points, tiles = of_x.rows * of_x.columns;
  float *x = random_floats(height * width * in), *y = floats(height * width * out);
  const float *weight = random_floats(9 * in * out);
  float *v = floats(points * tiles * in), *products = floats(points * tiles * out);
  const float *u = weight_planes(a, weight, in * out, 0);
  const fk_winograd_tiles inputs = tiles_of(a, &of_x, x, v, -1), outputs = tiles_of(a, &of_y, y, products, 0);
  fk_winograd_input(fk_selected(), &inputs);
  const ptrdiff_t run = 0;
  for (size_t p = 0; p < points; p++) {
    const fk_conv_band band = {
        .source = v + p * tiles * in, .source_pixel = (ptrdiff_t)in,
        .patch = {.runs = &run, .run_count = 1, .run_length = in}, .weights = pack_weights(u + p * in * out, in, out),
        .output = products + p * tiles * out, .output_pixel = (ptrdiff_t)out, .rows = 1, .width = tiles,
        .channels = out};
    fk_conv_forward(fk_selected(), &band);
  }
  fk_winograd_output(fk_selected(), &outputs);
  float *ended = floats(height * width * out);
  fk_winograd_tiles ending = outputs;
  ending.image = ended;
  ending.bias = random_floats(out);
  ending.residual = random_floats(height * width * out);
  ending.relu = 1;
  fk_winograd_output(fk_selected(), &ending);

  const reference *want_v = transformed(a, &of_x, x, -1, a->points, a->bt, false);
  const reference *want_u = transformed_weights(a, weight, in * out, false);
  expect_planes("transformed input", v, want_v, tiles * in, points);
  expect_planes("transformed weights", u, want_u, in * out, points);
  reference *want = references(height * width * out);
  for (size_t tile = 0; tile < tiles; tile++)
    for (size_t o = 0; o < out; o++) {
      reference sums[most_points] = {{0, 0}}, square[most_points];
      for (size_t c = 0; c < in; c++)
        for (size_t p = 0; p < points; p++)
          sums[p].magnitude += want_v[(tile * in + c) * points + p].magnitude * want_u[(c * out + o) * points + p].magnitude;
      transform(square, a->m, sums, a->points, a->at, false);
      for (size_t i = 0; i < a->m * a->m; i++) {
        const size_t row = tile / of_x.columns * a->m + i / a->m, column = tile % of_x.columns * a->m + i % a->m;
        if (row >= height || column >= width) continue;
        const double value = direct(&of_x, x, weight, row, column, out, o);
        want[(row * width + column) * out + o] = (reference){value, square[i].magnitude};
      }
    }
  expect_near("output", y, want, (double)in + 1 + 3 * transform_roundings, height * width * out);
  float *want_ended = floats(height * width * out);
  for (size_t i = 0; i < height * width * out; i++) {
    const float sum = y[i] + ending.bias[i % out] + ending.residual[i];
    want_ended[i] = sum <= 0 ? 0 : sum;
  }
  expect_same("output with bias, residual and ReLU", ended, want_ended, height * width * out);
}

// Kernels that lie one behind the other give row by row what each row alone gives, and for m = 2 what taps that lie apart give.
static void check_kernels(size_t m, size_t rows, size_t vectors) {
  const size_t width = vectors * vector_width(), points = (m + 2) * (m + 2), n = rows * width;
  begin_case("F(%zu) kernels: %zu rows of %zu", m, rows, width);
  const float *kernels = random_floats(9 * n);
  float *got = floats(points * n), *want = floats(points * n), *taps = floats(9 * n);
  fk_winograd_kernels(fk_selected(), got, n, kernels, m, rows, width);
  for (size_t r = 0; r < rows; r++) {
    fk_winograd_kernels(fk_selected(), want + r * width, n, kernels + r * 9 * width, m, 1, width);
    for (size_t t = 0; t < 9; t++) memcpy(taps + t * n + r * width, kernels + (r * 9 + t) * width, width * sizeof(float));
  }
  if (m == 2) fk_winograd_weight(fk_selected(), want, n, taps, n, m, n, 0);
  expect_same("planes", got, want, points * n);
}

// Products with weights that are transformed on the way, against those with weights transformed beforehand.
static void check_few(size_t tiles, size_t in, size_t vectors) {
  if (!fk_winograd_has_products(fk_selected())) return;
  const size_t out = vectors * vector_width(), points = 36;
  begin_case("F(4) few: %zu tiles, %zu to %zu channels", tiles, in, out);
  float *v = random_floats(points * FK_WINOGRAD_FEW_PLANE), *weight = random_floats(9 * in * out);
  float *u = floats(points * in * out), *want = random_floats(points * tiles * out), *got = floats(points * tiles * out);
  memcpy(got, want, points * tiles * out * sizeof(float));
  fk_winograd_kernels(fk_selected(), u, in * out, weight, 4, in, out);
  for (int adds = 0; adds < 2; adds++) {
    const fk_winograd_few few = {
        .tiles = v, .count = tiles, .kernels = weight, .ahead = adds ? weight : NULL,
        .later = adds ? weight : NULL, .later_count = adds ? 9 * in * out : 0, .in = in, .out = out, .sums = got, .sum_plane = tiles * out, .adds = adds};
    fk_winograd_products(fk_selected(), &few);
    const ptrdiff_t run = 0;
    for (size_t p = 0; p < points; p++) {
      float *sums = want + p * tiles * out;
      const fk_conv_band band = {
          .source = v + p * FK_WINOGRAD_FEW_PLANE, .source_pixel = FK_WINOGRAD_FEW_PITCH,
          .patch = {.runs = &run, .run_count = 1, .run_length = in}, .weights = u + p * in * out,
          .residual = adds ? sums : NULL, .output = sums, .output_pixel = (ptrdiff_t)out, .rows = 1, .width = tiles,
          .channels = out};
      fk_conv_forward(fk_selected(), &band);
    }
    expect_same("products", got, want, points * tiles * out);
  }
}

static void check_weight_gradient(const algorithm *a, size_t height, size_t width, size_t in, size_t vectors) {
  const size_t out = vectors * vector_width(), n = in * out;
  begin_case("F(%zu) weight gradient %zux%zu, %zu to %zu channels", a->m, height, width, in, out);
  const tiling of_x = tiled(a, height, width, in), of_y = tiled(a, height, width, out);
  const size_t points = a->points * a->points, tiles = of_x.rows * of_x.columns;
  float *x = random_floats(height * width * in), *gradient = random_floats(height * width * out);
  float *v = floats(points * tiles * in), *d = floats(points * tiles * out), *sums = floats(points * n);
  float *got = floats(9 * n);
  const fk_winograd_tiles inputs = tiles_of(a, &of_x, x, v, -1), outputs = tiles_of(a, &of_y, gradient, d, 0);
  fk_winograd_input(fk_selected(), &inputs);
  fk_winograd_output_gradient(fk_selected(), &outputs);
  const ptrdiff_t run = 0;
  for (size_t p = 0; p < points; p++) {
    const fk_conv_gradient call = {
        .source = v + p * tiles * in, .source_pixel = (ptrdiff_t)in,
        .patch = {.runs = &run, .run_count = 1, .run_length = in}, .d_output = d + p * tiles * out,
        .d_pixel = (ptrdiff_t)out, .images = 1, .rows = 1, .width = tiles, .vectors = vectors, .sums = sums + p * n,
        .starts = true};
    fk_conv_weight_gradient(fk_selected(), &call);
  }
  fk_winograd_weight_gradient(fk_selected(), got, n, sums, n, a->m, n, 0);
  // Added twice to zeros, it is twice what it is alone, to the bit.
  float *added = zero_floats(9 * n), *twice = floats(9 * n);
  for (int i = 0; i < 2; i++) fk_winograd_weight_gradient(fk_selected(), added, n, sums, n, a->m, n, 1);
  for (size_t i = 0; i < 9 * n; i++) twice[i] = 2 * got[i];
  expect_same("added gradient", added, twice, 9 * n);

  const reference *want_v = transformed(a, &of_x, x, -1, a->points, a->bt, false);
  const reference *want_d = transformed(a, &of_y, gradient, 0, a->m, a->at, true);
  expect_planes("transformed gradient", d, want_d, tiles * out, points);
  reference *want = references(9 * n);
  for (size_t i = 0; i < n; i++) {
    const size_t c = i / out, o = i % out;
    reference products[most_points] = {{0, 0}}, square[9];
    for (size_t tile = 0; tile < tiles; tile++)
      for (size_t p = 0; p < points; p++)
        products[p].magnitude += want_v[(tile * in + c) * points + p].magnitude * want_d[(tile * out + o) * points + p].magnitude;
    transform(square, 3, products, a->points, a->g, true);
    for (size_t tap = 0; tap < 9; tap++) {
      reference *sum = &want[tap * n + i];
      for (size_t row = 0; row < height; row++)
        for (size_t column = 0; column < width; column++) {
          const size_t r = row + tap / 3, q = column + tap % 3;
          if (r < 1 || r > height || q < 1 || q > width) continue;
          sum->value += (double)x[((r - 1) * width + q - 1) * in + c] * (double)gradient[(row * width + column) * out + o];
        }
      sum->magnitude = square[tap].magnitude;
    }
  }
  expect_near("weight gradient", got, want, (double)tiles + 1 + 3 * transform_roundings, 9 * n);
}

KERNEL_FAMILY(winograd) {
  const size_t w = vector_width();
  const size_t sizes[][2] = {{1, 1}, {4, 8}, {5, 3}, {7, 10}};
  for (size_t s = 0; s < COUNT(sizes); s++) check_forward(&divided, sizes[s][0], sizes[s][1], w, 2 * w);
  for (size_t i = 0; i < COUNT(algorithms); i++) {
    const algorithm *a = &algorithms[i];
    for (size_t s = 0; s < COUNT(sizes); s++) {
      check_forward(a, sizes[s][0], sizes[s][1], w, w);
      check_weight_gradient(a, sizes[s][0], sizes[s][1], w, 1);
    }
    check_forward(a, 9, 7, 2 * w, 3 * w);
    check_weight_gradient(a, 9, 7, 2 * w, 2);

    begin_case("F(%zu) turned weights", a->m);
    const float *weight = random_floats(9 * 3 * w);
    const reference *want = transformed_weights(a, weight, 3 * w, true);
    expect_planes("transformed", weight_planes(a, weight, 3 * w, 1), want, 3 * w, a->points * a->points);
  }
  for (size_t m = 2; m <= 4; m += 2) check_kernels(m, 3, 1), check_kernels(m, 5, 2);
  for (size_t tiles = 1; tiles <= FK_WINOGRAD_FEW; tiles++) {
    check_few(tiles, 37, 1);
    check_few(tiles, 128, 2);
  }
}
