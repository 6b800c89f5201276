#include "check.h"

// NaN is greater than all numbers; of equal values the first stays.
static bool greater(float value, float maximum) { return value > maximum || (isnan(value) && !isnan(maximum)); }

static void check_pixels(size_t pixels, size_t channels) {
  begin_case("%zu pixels of %zu channels, over the pixels", pixels, channels);
  float *x = coarse_floats(pixels * channels);
  float *mean = floats(channels), *maximum = floats(channels), *want = floats(channels);
  int32_t *where = integers(channels), *want_where = integers(channels);
  reference *want_mean = references(channels);
  for (size_t c = 0; c < channels; c++) {
    want[c] = -INFINITY;
    for (size_t p = 0; p < pixels; p++) {
      add_product(&want_mean[c], x[p * channels + c], 1 / (double)pixels);
      if (greater(x[p * channels + c], want[c])) want[c] = x[p * channels + c], want_where[c] = (int32_t)p;
    }
  }
  fk_pool_pixels(plain(x), pixels, channels, mean, maximum, where);
  expect_near("mean", mean, want_mean, (double)pixels + 1, channels);
  expect_same("maximum", maximum, want, channels);
  expect_same_integers("where", where, want_where, channels);
  fk_pool_pixels(plain(x), pixels, channels, mean, NULL, NULL);
  expect_near("mean alone", mean, want_mean, (double)pixels + 1, channels);

  const size_t bad = random_below((uint32_t)pixels);
  x[bad * channels + channels - 1] = want[channels - 1] = NAN;
  want_where[channels - 1] = (int32_t)bad;
  fk_pool_pixels(plain(x), pixels, channels, NULL, maximum, where);
  expect_same("maximum with NaN", maximum, want, channels);
  expect_same_integers("where with NaN", where, want_where, channels);
}

static void check_channels(size_t pixels, size_t channels, bool gated, size_t stride) {
  begin_case("%zu pixels of %zu channels, over the channels, stride %zu%s", pixels, channels, stride, gated ? ", gated" : "");
  float *x = coarse_floats(pixels * channels);
  const float *gate = gated ? coarse_floats(channels) : NULL;
  const size_t n = (pixels - 1) * stride + 1;
  float *maximum = floats(n), *mean = floats(n), *want = floats(n), *means = floats(pixels);
  int32_t *where = integers(pixels), *want_where = integers(pixels);
  reference *want_mean = references(pixels);
  if (pixels > 1) x[channels + channels / 2] = NAN;
  for (size_t p = 0; p < pixels; p++) {
    float *largest = &want[p * stride];
    *largest = -INFINITY;
    for (size_t c = 0; c < channels; c++) {
      const float value = gated ? x[p * channels + c] * gate[c] : x[p * channels + c];
      add_product(&want_mean[p], value, 1 / (double)channels);
      if (greater(value, *largest)) *largest = value, want_where[p] = (int32_t)c;
    }
    if (isnan(want_mean[p].value)) want_mean[p] = (reference){0, 0};
  }
  fk_pool_channels(plain(x), gate, pixels, channels, maximum, mean, stride, where);
  for (size_t p = 0; p < pixels; p++) means[p] = isnan(*(want + p * stride)) && isnan(mean[p * stride]) ? 0 : mean[p * stride];
  expect_same("maximum", maximum, want, n);
  expect_same_integers("where", where, want_where, pixels);
  expect_near("mean", means, want_mean, (double)channels + 2, pixels);
}

static void check_window(fk_window w, size_t channels) {
  begin_case("window %zu...%zu by %zu...%zu, %zu channels", w.top, w.bottom, w.left, w.right, channels);
  const size_t n = w.bottom * w.width * channels;
  const float *x = coarse_floats(n), *dy = random_floats(channels), *before = random_floats(n);
  float *y = floats(channels), *want = floats(channels), *sum = floats(channels);
  float *dx = copy_of(before, n), *want_dx = copy_of(before, n);
  float *spread = copy_of(before, n), *want_spread = copy_of(before, n);
  int32_t *where = integers(channels), *want_where = integers(channels);
  reference *want_sum = references(channels);
  for (size_t c = 0; c < channels; c++) {
    want[c] = -INFINITY;
    for (size_t row = w.top; row < w.bottom; row++)
      for (size_t column = w.left; column < w.right; column++) {
        const size_t p = row * w.width + column, at = p * channels + c;
        if (greater(x[at], want[c])) want[c] = x[at], want_where[c] = (int32_t)p;
        add_product(&want_sum[c], x[at], 0.3);
        want_spread[at] += dy[c] * 0.3f;
      }
    want_dx[(size_t)want_where[c] * channels + c] += dy[c];
  }
  fk_window_max(y, where, x, channels, w);
  expect_same("maximum", y, want, channels);
  expect_same_integers("where", where, want_where, channels);
  fk_window_max_backward(dx, dy, where, channels, w);
  expect_same("gradient of the maximum", dx, want_dx, n);
  fk_window_sum(sum, x, channels, w, 0.3f);
  const double roundings = (double)((w.bottom - w.top) * (w.right - w.left)) + 2;  // and that of 0.3
  expect_near("sum", sum, want_sum, roundings, channels);
  fk_window_sum_backward(spread, dy, channels, w, 0.3f);
  expect_same("gradient of the sum", spread, want_spread, n);
}

KERNEL_FAMILY(pool) {
  const size_t w = vector_width();
  const size_t pixels[] = {1, 3, w + 1, 67, 200}, channels[] = {1, w - 1, w, 3 * w + 2, 7 * w + 1};
  for (size_t c = 0; c < COUNT(channels); c++) {
    for (size_t p = 0; p < COUNT(pixels); p++) {
      check_pixels(pixels[p], channels[c]);
      check_channels(pixels[p], channels[c], p % 2, 1);
      check_channels(pixels[p], channels[c], p % 2 == 0, 2);
    }
    check_window((fk_window){.width = 5, .top = 1, .bottom = 4, .left = 2, .right = 5}, channels[c]);
    check_window((fk_window){.width = 3, .top = 0, .bottom = 1, .left = 0, .right = 1}, channels[c]);
  }
}
