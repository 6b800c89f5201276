#include "check.h"

// Where the padded plane keeps (row, column) of the plane itself: asked of the kernel that pads.
static float padded_at(const float *padded, fk_plane plane, size_t row, size_t column) {
  const size_t stride = fk_plane_floats(plane) / (plane.height + plane.k - 1);
  return padded[row * stride + column];
}

static float *padded_copy(const float *source, fk_plane plane) {
  float *padded = floats(fk_plane_floats(plane));
  fk_plane_pad(padded, source, plane);
  return padded;
}

static void check_correlation(fk_plane plane) {
  begin_case("%zux%zu, kernel %zu", plane.height, plane.width, plane.k);
  const size_t n = plane.height * plane.width, taps = plane.k * plane.k, size = fk_plane_floats(plane);
  const float *source = random_floats(2 * n), *weights = random_floats(2 * taps), *gradient = random_floats(n);
  float *planes = floats(2 * size), *got = floats(n), *want = floats(n), *dWeight = floats(taps);
  reference *want_dWeight = references(taps);
  fk_plane_pad(planes, source, plane);
  fk_plane_pad(planes + size, source + n, plane);
  for (size_t i = 0; i < n; i++) {
    const size_t row = i / plane.width, column = i % plane.width;
    float sum = 0;
    // Plane by plane, column by column of the kernel.
    for (size_t p = 0; p < 2; p++)
      for (size_t s = 0; s < plane.k; s++)
        for (size_t r = 0; r < plane.k; r++) {
          const float x = padded_at(planes + p * size, plane, row + r, column + s);
          sum = multiply_add(x, weights[p * taps + r * plane.k + s], sum);
          if (p == 0) add_product(&want_dWeight[r * plane.k + s], x, gradient[i]);
        }
    want[i] = sum;
  }
  fk_plane_correlate(got, planes, 2, weights, plane);
  expect_same("correlation", got, want, n);
  fk_plane_correlate_weights(dWeight, planes, padded_copy(gradient, plane), plane);
  expect_near("weight gradient", dWeight, want_dWeight, (double)n + 1, taps);

  const size_t border = plane.k / 2;
  for (size_t i = 0; i < n; i++) want[i] = padded_at(planes, plane, i / plane.width + border, i % plane.width + border);
  expect_same("padded", source, want, n);
}

static void check_normalisation(fk_plane plane) {
  begin_case("normalisation of %zux%zu", plane.height, plane.width);
  const size_t n = plane.height * plane.width, size = fk_plane_floats(plane);
  const fk_affine affine = {.mean = 0.2f, .gain = 1.3f, .offset = -0.1f};
  const float *x = random_floats(n), *dy = random_floats(n);
  float *y = floats(n), *dz = copy_of(dy, n), *want_dz = floats(n), *dx = floats(n);
  double sum, product, mean, deviations;
  reference *want_y = references(n), want_sum = {0, 0}, want_product = {0, 0}, want_mean = {0, 0}, want_squares = {0, 0};
  for (size_t i = 0; i < n; i++) add_product(&want_mean, x[i], 1 / (double)n);
  for (size_t i = 0; i < n; i++) {
    add_product(&want_squares, (double)x[i] - want_mean.value, (double)x[i] - want_mean.value);
    // The sigmoid is nowhere steeper than 1/4, and its own six roundings are of at most 1.
    want_y[i].value = 1 / (1 + exp(-(double)multiply_add(x[i] - affine.mean, affine.gain, affine.offset)));
    want_y[i].magnitude = 1;
  }
  fk_plane_moments(x, n, &mean, &deviations);
  expect_near_doubles("mean", &mean, &want_mean, 66, 1);
  want_squares.magnitude += 0x1p-20;  // for a single value, whose deviation is its center's rounding
  expect_near_doubles("deviations", &deviations, &want_squares, 2 * 66, 1);
  fk_plane_sigmoid(y, x, n, affine);
  expect_near("sigmoid", y, want_y, 6, n);

  fk_plane_sigmoid_backward(dz, y, x, n, affine.mean, &sum, &product);
  for (size_t i = 0; i < n; i++) {
    want_dz[i] = dy[i] * (y[i] * (1 - y[i]));
    add_value(&want_sum, want_dz[i]);
    add_product(&want_product, want_dz[i], x[i] - affine.mean);
  }
  expect_same("dz", dz, want_dz, n);
  expect_near_doubles("sum", &sum, &want_sum, 66, 1);
  expect_near_doubles("product", &product, &want_product, 66, 1);

  float *padded = floats(size);
  fk_plane_normalize_backward(padded, dz, x, plane, affine, 0.4f, -0.6f);
  for (size_t i = 0; i < n; i++)
    dx[i] = multiply_add(-0.6f, x[i] - affine.mean, multiply_add(affine.gain, dz[i], 0.4f));
  expect_same("dx", padded, padded_copy(dx, plane), size);
}

KERNEL_FAMILY(plane) {
  const size_t w = vector_width(), heights[] = {1, 3, 4, 9}, kernels[] = {3, 5, 7};
  const size_t widths[] = {1, w - 1, w, w + 1, 2 * w + 3, 17};
  for (size_t h = 0; h < COUNT(heights); h++)
    for (size_t i = 0; i < COUNT(widths); i++)
      for (size_t k = 0; k < COUNT(kernels); k++) {
        const fk_plane plane = {.height = heights[h], .width = widths[i], .k = kernels[k]};
        check_correlation(plane);
        check_normalisation(plane);
      }
  check_normalisation((fk_plane){.height = 40, .width = 57, .k = 7});
}
