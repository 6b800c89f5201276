#include "check.h"

// A chunk is summed in float about a center near its mean, and chunks in double, so no sum is longer than a chunk; the
// center's own roundings pass into the deviations. Both moments are held to the largest deviation.
static void check_moments(size_t rows, size_t channels, float around) {
  begin_case("moments around %g, %zu rows, %zu channels", (double)around, rows, channels);
  const size_t n = rows * channels;
  float *x = random_floats(n);
  double *mean = doubles(channels), *deviations = doubles(channels);
  reference *want_mean = references(channels), *want_deviations = references(channels);
  for (size_t i = 0; i < n; i++) {
    x[i] += around;
    want_mean[i % channels].value += (double)x[i] / (double)rows;
  }
  for (size_t i = 0; i < n; i++) {
    const size_t c = i % channels;
    const double d = (double)x[i] - want_mean[c].value;
    want_deviations[c].value += d * d;
    want_mean[c].magnitude = fmax(want_mean[c].magnitude, fabs(d));
  }
  for (size_t c = 0; c < channels; c++) {
    // A difference from a rounded center near a mean far from 0.
    want_mean[c].magnitude += fabs((double)around) * 0x1p-17;
    want_deviations[c].magnitude = (double)rows * want_mean[c].magnitude * want_mean[c].magnitude;
  }
  fk_channel_moments(x, rows, channels, mean, deviations);
  expect_near_doubles("mean", mean, want_mean, 2 * 66, channels);
  expect_near_doubles("deviations", deviations, want_deviations, 4 * 66, channels);
}

static void check_normalize(size_t rows, size_t channels, bool relu) {
  begin_case("normalize%s, %zu rows, %zu channels", relu ? " with ReLU" : "", rows, channels);
  const size_t n = rows * channels;
  const float *x = random_floats(n), *dy = random_floats(n);
  const float *mean = random_floats(channels), *gain = random_floats(channels), *offset = random_floats(channels);
  const float *a = random_floats(channels), *b = random_floats(channels);
  float *y = floats(n), *dx = floats(n), *want_y = floats(n), *want_dx = floats(n);
  double *sums = doubles(channels), *products = doubles(channels);
  reference *want_sums = references(channels), *want_products = references(channels);
  for (size_t i = 0; i < n; i++) {
    const size_t c = i % channels;
    const float centered = x[i] - mean[c], z = multiply_add(centered, gain[c], offset[c]);
    const bool passes = !relu || z > 0;
    const float dz = passes ? dy[i] : 0;
    want_y[i] = passes ? z : 0;
    want_dx[i] = multiply_add(b[c], centered, multiply_add(gain[c], dz, a[c]));
    add_value(&want_sums[c], dz);
    add_product(&want_products[c], dz, centered);
  }
  fk_normalize(y, x, mean, gain, offset, rows, channels, relu);
  expect_same("y", y, want_y, n);
  fk_normalize_sums(dy, x, mean, gain, offset, rows, channels, relu, sums, products);
  expect_near_doubles("sums", sums, want_sums, 66, channels);
  expect_near_doubles("products", products, want_products, 66, channels);
  fk_normalize_backward(dx, dy, x, mean, gain, offset, a, b, rows, channels, relu);
  expect_same("dx", dx, want_dx, n);
}

KERNEL_FAMILY(norm) {
  const size_t w = vector_width();
  const size_t rows[] = {1, 2, 63, 65, 200}, channels[] = {1, w - 1, w, 3 * w + 2, 7 * w + 1};
  for (size_t r = 0; r < COUNT(rows); r++)
    for (size_t c = 0; c < COUNT(channels); c++) {
      check_moments(rows[r], channels[c], 0);
      check_moments(rows[r], channels[c], 1000);
      check_moments(rows[r], channels[c], 1e6f);
      check_normalize(rows[r], channels[c], false);
      check_normalize(rows[r], channels[c], true);
    }
}
