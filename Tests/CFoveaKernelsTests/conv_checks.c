#include "check.h"
#include "conv_support.h"

float *pack_weights(const float *weights, size_t length, size_t channels) {
  const size_t w = vector_width();
  float *packed = floats(length * packed_channels(channels));
  float *panel = packed;
  for (size_t o = 0; o < channels; o += 2 * w) {
    const size_t left = channels - o, width = left > w ? 2 * w : w;
    fk_conv_pack(panel, width, weights + o, channels, length, left < width ? left : width);
    panel += length * width;
  }
  return packed;
}

size_t packed_channels(size_t channels) {
  const size_t w = vector_width();
  return (channels + w - 1) / w * w;
}

// A 3×3 convolution with a border of one zero, at a stride.
typedef struct {
  size_t in_channels, out_channels, rows, width, stride;
} shape;

static size_t input_extent(size_t outputs, size_t stride) { return (outputs - 1) * stride + 1; }

// The input at (row, column) of the window that begins one pixel before the image.
static const float *pixel(const float *x, const shape *s, size_t row, size_t column, const float *zeros) {
  const size_t height = input_extent(s->rows, s->stride), width = input_extent(s->width, s->stride);
  if (row < 1 || row > height || column < 1 || column > width) return zeros;
  return x + ((row - 1) * width + column - 1) * s->in_channels;
}

// The image in its border of zeros, and where the three runs of a patch lie in it.
typedef struct {
  float *scratch;
  size_t columns;
  ptrdiff_t runs[3];
} banded;

static banded band_of(const float *x, const shape *s) {
  const size_t height = input_extent(s->rows, s->stride), width = input_extent(s->width, s->stride);
  banded band = {.scratch = floats((height + 2) * (width + 2) * s->in_channels), .columns = width + 2};
  const fk_conv_window window = {
      .image = x, .height = (ptrdiff_t)height, .width = (ptrdiff_t)width, .channels = s->in_channels,
      .pitch = s->in_channels, .top = -1, .left = -1, .rows = height + 2,
      .columns = width + 2};
  fk_conv_copy_window(band.scratch, &window);
  for (size_t r = 0; r < 3; r++) band.runs[r] = (ptrdiff_t)(r * band.columns * s->in_channels);
  return band;
}

// What a forward product ends with.
enum { biased = 1, rectified = 2, added = 4, added_in_place = 8 };

static void check_forward(shape s, int ending) {
  begin_case("forward %zux%zu, %zu to %zu channels, stride %zu%s%s%s%s", s.rows, s.width, s.in_channels,
             s.out_channels, s.stride, ending & biased ? ", bias" : "", ending & rectified ? ", ReLU" : "",
             ending & added ? ", residual" : "", ending & added_in_place ? ", residual in place" : "");
  const size_t height = input_extent(s.rows, s.stride), width = input_extent(s.width, s.stride);
  const size_t length = 9 * s.in_channels, step = s.out_channels + 3;
  const size_t n = (s.rows * s.width - 1) * step + s.out_channels;
  const float *x = random_floats(height * width * s.in_channels);
  const float *weights = random_floats(length * s.out_channels), *bias = random_floats(s.out_channels);
  const float *zeros = zero_floats(s.in_channels);
  const float *residual = random_floats(n);
  float *got = floats(n), *want = floats(n);
  // Between the pixels lies what is not the kernel's.
  for (size_t i = 0; i < n; i++)
    if (ending & added_in_place && i % step < s.out_channels) got[i] = residual[i];
  const banded band = band_of(x, &s);
  const fk_conv_band call = {
      .source = band.scratch, .source_row = (ptrdiff_t)(s.stride * band.columns * s.in_channels),
      .source_pixel = (ptrdiff_t)(s.stride * s.in_channels),
      .patch = {.runs = band.runs, .run_count = 3, .run_length = 3 * s.in_channels},
      .weights = pack_weights(weights, length, s.out_channels), .bias = ending & biased ? bias : NULL,
      .residual = ending & added ? residual : ending & added_in_place ? got : NULL, .relu = ending & rectified,
      .output = got,
      .output_row = (ptrdiff_t)(s.width * step), .output_pixel = (ptrdiff_t)step, .rows = s.rows, .width = s.width,
      .channels = s.out_channels, .ahead = {.start = x, .count = height * width * s.in_channels},
      .later = {.start = weights, .count = length * s.out_channels}};
  fk_conv_forward(fk_selected(), &call);
  for (size_t p = 0; p < s.rows * s.width; p++)
    for (size_t o = 0; o < s.out_channels; o++) {
      float sum = 0;
      for (size_t k = 0; k < length; k++) {
        const size_t tap = k / s.in_channels;
        const float *at = pixel(x, &s, p / s.width * s.stride + tap / 3, p % s.width * s.stride + tap % 3, zeros);
        sum = multiply_add(at[k % s.in_channels], weights[k * s.out_channels + o], sum);
      }
      if (ending & biased) sum += bias[o];
      if (ending & (added | added_in_place)) sum += residual[p * step + o];
      want[p * step + o] = ending & rectified && sum <= 0 ? 0 : sum;
    }
  expect_same("output", got, want, n);
}

// A phase of an input gradient whose pixels no tap reaches: zero, or the bias, with memory to fetch meanwhile.
static void check_empty_patch(size_t channels) {
  begin_case("no taps, %zu channels", channels);
  const size_t width = 5;
  const float *bias = random_floats(channels), *memory = random_floats(1000);
  float *got = floats(2 * width * channels), *want = floats(2 * width * channels);
  const fk_conv_band band = {
      .source = memory, .weights = memory, .bias = bias, .output = got, .output_row = (ptrdiff_t)(width * channels),
      .output_pixel = (ptrdiff_t)channels, .rows = 2, .width = width, .channels = channels,
      .ahead = {.start = memory, .count = 1000}, .later = {.start = memory, .count = 1000}};
  fk_conv_forward(fk_selected(), &band);
  for (size_t i = 0; i < 2 * width * channels; i++) want[i] = bias[i % channels];
  expect_same("output", got, want, 2 * width * channels);
}

static void check_weight_gradient(shape s, size_t vectors, bool starts) {
  begin_case("weight gradient %zux%zu, %zu channels, %zu vectors, stride %zu%s", s.rows, s.width, s.in_channels,
             vectors, s.stride, starts ? "" : ", added to");
  const size_t images = 2, channels = vectors * vector_width();
  const size_t height = input_extent(s.rows, s.stride), width = input_extent(s.width, s.stride);
  const size_t length = 9 * s.in_channels, pixels = s.rows * s.width;
  const float *x = random_floats(height * width * s.in_channels), *zeros = zero_floats(s.in_channels);
  const float *gradient = random_floats(images * pixels * channels);
  float *got = starts ? floats(length * channels) : random_floats(length * channels);
  float *want = copy_of(got, length * channels);
  // Both images are the same one: image steps of 0 and of a whole gradient.
  const banded band = band_of(x, &s);
  const fk_conv_gradient call = {
      .source = band.scratch, .source_image = 0,
      .source_row = (ptrdiff_t)(s.stride * band.columns * s.in_channels),
      .source_pixel = (ptrdiff_t)(s.stride * s.in_channels),
      .patch = {.runs = band.runs, .run_count = 3, .run_length = 3 * s.in_channels}, .d_output = gradient,
      .d_image = (ptrdiff_t)(pixels * channels), .d_row = (ptrdiff_t)(s.width * channels),
      .d_pixel = (ptrdiff_t)channels, .images = images, .rows = s.rows, .width = s.width, .vectors = vectors,
      .sums = got, .starts = starts};
  fk_conv_weight_gradient(fk_selected(), &call);
  for (size_t k = 0; k < length; k++)
    for (size_t o = 0; o < channels; o++) {
      const size_t tap = k / s.in_channels;
      float sum = starts ? 0 : want[k * channels + o];
      for (size_t p = 0; p < images * pixels; p++) {
        const size_t row = p % pixels / s.width, column = p % s.width;
        const float *at = pixel(x, &s, row * s.stride + tap / 3, column * s.stride + tap % 3, zeros);
        sum = multiply_add(at[k % s.in_channels], gradient[p * channels + o], sum);
      }
      want[k * channels + o] = sum;
    }
  expect_same("sums", got, want, length * channels);
}

// A stretch of 64 is centred on its own rounded mean, and stretches meet in double precision.
static void check_moments(size_t count, size_t channels, float around) {
  begin_case("moments around %g, %zu pixels, %zu channels", (double)around, count, channels);
  const size_t step = channels + 2;
  float *x = random_floats(count * step);
  double *mean = doubles(channels), *squares = doubles(channels);
  reference *want_mean = references(channels), *want_squares = references(channels);
  for (size_t c = 0; c < channels; c++) {
    mean[c] = squares[c] = 0;
    for (size_t p = 0; p < count; p++) {
      x[p * step + c] += around;
      want_mean[c].value += (double)x[p * step + c] / (double)count;
    }
    for (size_t p = 0; p < count; p++) {
      const double d = (double)x[p * step + c] - want_mean[c].value;
      want_squares[c].value += d * d;
      want_mean[c].magnitude = fmax(want_mean[c].magnitude, fabs(d));
    }
    want_mean[c].magnitude += fabs((double)around) * 0x1p-17;
    want_squares[c].magnitude = (double)count * want_mean[c].magnitude * want_mean[c].magnitude;
  }
  fk_moments moments = {.mean = mean, .squares = squares};
  const size_t first = count / 3;
  fk_conv_moments(fk_selected(), &moments, x, (ptrdiff_t)step, first, channels);
  fk_conv_moments(fk_selected(), &moments, x + first * step, (ptrdiff_t)step, count - first, channels);
  const int32_t total = (int32_t)moments.count, want_total = (int32_t)count;
  expect_same_integers("count", &total, &want_total, 1);
  expect_near_doubles("mean", mean, want_mean, 2 * 66, channels);
  expect_near_doubles("squares", squares, want_squares, 4 * 66, channels);
}

static void check_copies(size_t rows, size_t columns) {
  begin_case("packing turned, %zu rows, %zu columns", rows, columns);
  const size_t width = columns + 5, stride = rows + 2;
  const float *weights = random_floats(columns * stride);
  float *got = floats(rows * width), *want = zero_floats(rows * width);
  fk_conv_pack_turned(got, width, weights, stride, rows, columns);
  for (size_t r = 0; r < rows; r++)
    for (size_t c = 0; c < columns; c++) want[r * width + c] = weights[c * stride + r];
  expect_same("packed", got, want, rows * width);
}

static void check_windows(void) {
  const ptrdiff_t height = 4, width = 5;
  for (ptrdiff_t top = -5; top <= 5; top += 2)
    for (ptrdiff_t left = -7; left <= 6; left++) {
      begin_case("window at %td, %td", top, left);
      const float *image = random_floats((size_t)(height * width) * 3);
      const fk_conv_window window = {.image = image, .height = height, .width = width, .channels = 3, .pitch = 3,
                                     .top = top, .left = left, .rows = 4, .columns = 6};
      float *got = floats(4 * 6 * 3), *want = zero_floats(4 * 6 * 3);
      fk_conv_copy_window(got, &window);
      for (ptrdiff_t i = 0; i < 4 * 6 * 3; i++) {
        const ptrdiff_t y = top + i / 18, x = left + i / 3 % 6;
        if (y >= 0 && y < height && x >= 0 && x < width) want[i] = image[(y * width + x) * 3 + i % 3];
      }
      expect_same("scratch", got, want, 4 * 6 * 3);
    }
}

KERNEL_FAMILY(conv) {
  const size_t w = vector_width();
  const size_t outputs[] = {1, w, w + 1, 2 * w, 2 * w + w / 2, 3 * w + 1, 4 * w};
  const size_t widths[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 29};
  for (size_t o = 0; o < COUNT(outputs); o++)
    for (size_t i = 0; i < COUNT(widths); i++) {
      check_forward((shape){3, outputs[o], 2, widths[i], 1}, 0);
      if (i % 4 == 0) check_forward((shape){5, outputs[o], 3, widths[i], 2}, biased);
      if (i % 3 == 0) check_forward((shape){1, outputs[o], 2, widths[i], 1}, biased | rectified);
      if (i % 3 == 1) check_forward((shape){1, outputs[o], 2, widths[i], 1}, biased | rectified | added);
      if (i % 3 == 2) check_forward((shape){1, outputs[o], 2, widths[i], 1}, added_in_place);
    }
  check_empty_patch(w);
  check_empty_patch(2 * w + 1);
  for (size_t channels = 1; channels <= 11; channels++)
    for (size_t vectors = 1; vectors <= 2; vectors++) {
      check_weight_gradient((shape){channels, 0, 2, 5, 1}, vectors, channels % 2);
      check_weight_gradient((shape){channels, 0, 3, 4, 2}, vectors, channels % 2 == 0);
    }
  const size_t counts[] = {3, 64, 65, 200}, channels[] = {1, w - 1, w, 3 * w + 2};
  for (size_t i = 0; i < COUNT(counts); i++)
    for (size_t c = 0; c < COUNT(channels); c++) {
      check_moments(counts[i], channels[c], 0);
      check_moments(counts[i], channels[c], 1000);
      check_moments(counts[i], channels[c], 1e6f);
    }
  for (size_t rows = 1; rows <= 9; rows++)
    for (size_t columns = 1; columns <= 9; columns++) check_copies(rows, columns);
  check_windows();
}
