#include "check.h"

// Maps in bf16: every kernel gives the bits of its counterpart on floats that are rounded before and after.

static size_t even_up(size_t n) { return n + n % 2; }

// The nearest value of 8 bits of precision, ties to even, of finite values that are no denormals.
static float rounded(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  bits = (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000u;
  memcpy(&x, &bits, sizeof x);
  return x;
}

static float *rounded_floats(size_t n) {
  float *x = random_floats(n);
  for (size_t i = 0; i < n; i++) x[i] = rounded(x[i]);
  return x;
}

static float *units_of(const float *x, size_t n) {
  float *units = floats(n / 2);
  fk_bf16_round(fk_selected(), units, x, n);
  return units;
}

static void expect_units(const char *what, const float *units, const float *want, size_t n) {
  float *got = floats(n), *expected = floats(n);
  fk_bf16_widen(fk_selected(), got, units, n);
  for (size_t i = 0; i < n; i++) expected[i] = rounded(want[i]);
  expect_same(what, got, expected, n);
}

static void check_conversions(size_t n) {
  begin_case("to bf16 and back, %zu values", n);
  const float *x = random_floats(n);
  expect_units("rounded", units_of(x, n), x, n);
}

static void check_gate(size_t pixels, size_t channels) {
  begin_case("gate in bf16, %zu pixels, %zu channels", pixels, channels);
  const fk_isa isa = fk_selected();
  const size_t n = pixels * channels;
  const float *x = rounded_floats(n), *residual = rounded_floats(n);
  const float *units = units_of(x, n), *residual_units = units_of(residual, n);
  const float *channel = random_floats(channels), *spatial = random_floats(pixels);
  float *sum = floats(channels), *maximum = floats(channels), *want_sum = floats(channels), *want = floats(channels);
  fk_bf16_gate_pool_pixels(isa, sum, maximum, units, pixels, channels);
  fk_gate_pool_pixels(want_sum, want, x, pixels, channels);
  expect_same("sum", sum, want_sum, channels);
  expect_same("maximum over the pixels", maximum, want, channels);
  float *over = floats(pixels), *mean = floats(pixels), *want_over = floats(pixels), *want_mean = floats(pixels);
  float *output = floats(n / 2), *want_output = floats(n);
  fk_features in_units = normalized_features(units, channels), in_floats = in_units;
  in_floats.values = x;
  for (int normalizes = 1; normalizes >= 0; normalizes--) {
    if (!normalizes) in_units.mean = in_floats.mean = NULL;
    fk_bf16_gate_pool_channels(isa, over, mean, in_units, channel, pixels, channels);
    fk_gate_pool_channels(want_over, want_mean, in_floats, channel, pixels, channels);
    expect_same("maximum over the channels", over, want_over, pixels);
    expect_same("mean", mean, want_mean, pixels);
    for (int ending = 0; ending < 3; ending++) {
      fk_bf16_gate_apply(isa, output, in_units, ending ? residual_units : NULL, channel, spatial, pixels, channels, ending == 2);
      fk_gate_apply(want_output, in_floats, ending ? residual : NULL, channel, spatial, pixels, channels, ending == 2);
      expect_units("gated", output, want_output, n);
    }
  }
}

static void check_normalization(size_t rows, size_t channels, bool relu) {
  begin_case("normalisation of bf16, %zu rows, %zu channels%s", rows, channels, relu ? ", ReLU" : "");
  const fk_isa isa = fk_selected();
  const size_t n = rows * channels;
  const float *x = rounded_floats(n), *units = units_of(x, n), *dy = random_floats(n);
  const float *mean = random_floats(channels), *gain = random_floats(channels), *offset = random_floats(channels);
  float *y = floats(n / 2), *wide = floats(n), *want = floats(n);
  fk_normalize(want, x, mean, gain, offset, rows, channels, relu);
  fk_bf16_normalize(isa, y, false, units, mean, gain, offset, rows, channels, relu);
  expect_units("normalised", y, want, n);
  fk_bf16_normalize(isa, wide, true, units, mean, gain, offset, rows, channels, relu);
  expect_same("normalised to floats", wide, want, n);
  double *sums = doubles(2 * channels), *want_sums = doubles(2 * channels);
  fk_bf16_normalize_sums(isa, dy, units, mean, gain, offset, rows, channels, relu, sums, sums + channels);
  fk_normalize_sums(dy, x, mean, gain, offset, rows, channels, relu, want_sums, want_sums + channels);
  float *dx = floats(n), *want_dx = floats(n), *rounds = floats(2 * channels), *want_rounds = floats(2 * channels);
  for (size_t i = 0; i < 2 * channels; i++) rounds[i] = (float)sums[i], want_rounds[i] = (float)want_sums[i];
  expect_same("sums", rounds, want_rounds, 2 * channels);
  fk_bf16_normalize_backward(isa, dx, dy, units, mean, gain, offset, mean, gain, rows, channels, relu);
  fk_normalize_backward(want_dx, dy, x, mean, gain, offset, mean, gain, rows, channels, relu);
  expect_same("gradient", dx, want_dx, n);
}

static void check_window(size_t channels) {
  begin_case("window of bf16, %zu channels", channels);
  const fk_window window = {.width = 5, .top = 1, .bottom = 3, .left = 2, .right = 5};
  const float *x = rounded_floats(3 * 5 * channels);
  float *y = floats(channels / 2), *want = floats(channels);
  int32_t *where = integers(channels);
  fk_bf16_window_max(fk_selected(), y, units_of(x, 3 * 5 * channels), channels, window);
  fk_window_max(want, where, x, channels, window);
  expect_units("maximum", y, want, channels);
}

KERNEL_FAMILY(maps) {
  const size_t w = vector_width();
  const size_t channels[] = {2, w - 2 ? w - 2 : 2, w, w + 2, 2 * w, even_up(3 * w + 1), 7 * w + 2}, pixels[] = {1, w + 1, 70};
  for (size_t c = 0; c < COUNT(channels); c++) {
    check_conversions(channels[c]);
    check_window(channels[c]);
    for (size_t p = 0; p < COUNT(pixels); p++) {
      check_gate(pixels[p], channels[c]);
      check_normalization(pixels[p], channels[c], p % 2);
    }
  }
}
