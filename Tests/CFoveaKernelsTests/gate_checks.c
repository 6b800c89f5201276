#include "check.h"

static double sigmoid(double x) { return 1 / (1 + exp(-x)); }

// The perceptron: weights [hidden, channels] both.
static void check_perceptron(size_t h, size_t channels, bool biased) {
  begin_case("perceptron, %zu channels, %zu hidden%s", channels, h, biased ? ", biases" : "");
  const size_t n = h * channels;
  const float *pooled = random_floats(channels), *w1 = random_floats(n), *w2 = random_floats(n);
  const float *b1 = biased ? random_floats(h) : NULL, *b2 = biased ? random_floats(channels) : NULL;
  const float *dSum = random_floats(channels);
  float *hidden = floats(h), *channel = floats(channels), *dHidden = floats(h), *dPooled = floats(channels);
  const double roundings = (double)channels + 2;

  reference *want_hidden = references(h), *want_dHidden = references(h);
  for (size_t j = 0; j < h; j++) {
    for (size_t c = 0; c < channels; c++) {
      add_product(&want_hidden[j], pooled[c], w1[j * channels + c]);
      add_product(&want_dHidden[j], dSum[c], w2[j * channels + c]);
    }
    if (biased) add_value(&want_hidden[j], b1[j]);
    want_hidden[j].value = fmax(0, want_hidden[j].value);
  }
  fk_gate_hidden(hidden, pooled, w1, b1, h, channels);
  expect_near("hidden", hidden, want_hidden, roundings, h);

  reference *want_channel = references(channels), *want_dPooled = references(channels);
  for (size_t c = 0; c < channels; c++) {
    for (size_t j = 0; j < h; j++) add_product(&want_channel[c], hidden[j], w2[j * channels + c]);
    if (biased) add_value(&want_channel[c], b2[c]);
    // The sigmoid is nowhere steeper than 1/4, and adds its own roundings, six of at most 1.
    const double value = sigmoid(want_channel[c].value);
    want_channel[c] = (reference){value, want_channel[c].magnitude / 4 * ((double)h + 1) / 6 + 1};
  }
  fk_gate_channel(channel, hidden, w2, channels, b2, h, channels);
  expect_near("channel", channel, want_channel, 6, channels);

  for (size_t j = 0; j < h; j++)
    if (hidden[j] == 0) want_dHidden[j] = (reference){0, 0};
  fk_gate_hidden_backward(dHidden, dPooled, dSum, hidden, w1, w2, h, channels, 0.25f);
  expect_near("dHidden", dHidden, want_dHidden, roundings, h);
  for (size_t c = 0; c < channels; c++)
    for (size_t j = 0; j < h; j++) add_product(&want_dPooled[c], 0.25 * (double)dHidden[j], w1[j * channels + c]);
  expect_near("dPooled", dPooled, want_dPooled, (double)h + 2, channels);

  double *dChannel = doubles(channels);
  reference *want_dSum = references(channels);
  float *got = floats(channels);
  for (size_t c = 0; c < channels; c++) {
    dChannel[c] = dSum[c];
    add_product(&want_dSum[c], dChannel[c], (double)channel[c] * (1 - (double)channel[c]));
  }
  fk_gate_channel_backward(got, dChannel, channel, channels);
  expect_near("dSum", got, want_dSum, 2, channels);
}

static void check_apply(size_t pixels, size_t channels, bool residual, bool relu) {
  begin_case("apply, %zu pixels, %zu channels%s%s", pixels, channels, residual ? ", residual" : "", relu ? ", ReLU" : "");
  const size_t n = pixels * channels;
  const float *x = random_floats(n), *r = residual ? random_floats(n) : NULL, *dOutput = random_floats(n);
  const float *channel = random_floats(channels), *spatial = random_floats(pixels);
  float *output = floats(n), *want = floats(n), *gradient = floats(n), *dSpatial = floats(pixels);
  reference *want_dSpatial = references(pixels);
  fk_gate_apply(output, plain(x), r, channel, spatial, pixels, channels, relu);
  for (size_t i = 0; i < n; i++) {
    const float scaled = x[i] * channel[i % channels], s = spatial[i / channels];
    const float y = residual ? multiply_add(scaled, s, r[i]) : scaled * s;
    want[i] = relu && y <= 0 ? 0 : y;
  }
  expect_same("output", output, want, n);

  fk_gate_apply_backward(dSpatial, gradient, dOutput, relu ? output : NULL, plain(x), channel, pixels, channels);
  for (size_t i = 0; i < n; i++) {
    const float g = relu && output[i] <= 0 ? 0 : dOutput[i];
    want[i] = relu ? g : NAN;  // without ReLU, nothing is stored
    add_product(&want_dSpatial[i / channels], (double)g * (double)channel[i % channels], x[i]);
  }
  expect_same("gradient", gradient, want, n);
  expect_near("dSpatial", dSpatial, want_dSpatial, (double)channels + 2, pixels);
}

static void check_input_gradient(size_t pixels, size_t channels) {
  begin_case("input gradient, %zu pixels, %zu channels", pixels, channels);
  const size_t n = pixels * channels;
  const float *gradient = random_floats(n), *x = random_floats(n);
  const float *spatial = random_floats(pixels), *mean_of_pixel = random_floats(pixels), *maximum = random_floats(pixels);
  const float *channel = random_floats(channels), *mean = random_floats(channels), *largest = random_floats(channels);
  int32_t *which = integers(pixels), *where = integers(channels);
  for (size_t p = 0; p < pixels; p++) which[p] = (int32_t)random_below((uint32_t)channels);
  for (size_t c = 0; c < channels; c++) where[c] = (int32_t)random_below((uint32_t)pixels);
  float *scaled = floats(n), *want_scaled = floats(n), *dx = floats(n), *want = floats(n);
  double *dChannel = doubles(channels);
  reference *want_dChannel = references(channels);
  for (size_t i = 0; i < n; i++) {
    const size_t p = i / channels, c = i % channels;
    const float d = multiply_add(gradient[i], spatial[p], mean_of_pixel[p]);
    want_scaled[i] = (size_t)which[p] == c ? d + maximum[p] : d;
    add_product(&want_dChannel[c], want_scaled[i], x[i]);
    want[i] = multiply_add(want_scaled[i], channel[c], mean[c]);
    if ((size_t)where[c] == p) want[i] += largest[c];
  }
  fk_gate_scaled_backward(scaled, dChannel, gradient, plain(x), spatial, mean_of_pixel, maximum, which, pixels, channels);
  expect_same("dScaled", scaled, want_scaled, n);
  expect_near_doubles("dChannel", dChannel, want_dChannel, 66, channels);
  fk_gate_input_backward(dx, scaled, channel, mean, largest, where, pixels, channels);
  expect_same("dx", dx, want, n);
}

static float larger(float value, float maximum) { return value > maximum || isnan(value) ? value : maximum; }

// The pools of inference, with a NaN that must show if there is a second pixel.
static void check_pools(size_t pixels, size_t channels) {
  begin_case("pools, %zu pixels, %zu channels", pixels, channels);
  const size_t n = pixels * channels;
  float *x = random_floats(n), *sum = floats(channels), *mean = floats(pixels);
  const float *channel = random_floats(channels);
  float *over_pixels = floats(channels), *over_channels = floats(pixels);
  float *want_over_pixels = floats(channels), *want_over_channels = floats(pixels);
  reference *want_sum = references(channels), *want_mean = references(pixels);
  for (int bad = 0; bad < 2; bad++) {
    if (bad) x[n / 2] = NAN;
    for (size_t c = 0; c < channels; c++) want_over_pixels[c] = -INFINITY;
    for (size_t p = 0; p < pixels; p++) want_over_channels[p] = -INFINITY;
    for (size_t i = 0; i < n; i++) {
      const size_t p = i / channels, c = i % channels;
      const float gated = x[i] * channel[c];
      want_over_pixels[c] = isnan(want_over_pixels[c]) ? NAN : larger(x[i], want_over_pixels[c]);
      want_over_channels[p] = larger(gated, want_over_channels[p]);
      if (bad) continue;
      add_value(&want_sum[c], x[i]);
      add_product(&want_mean[p], gated, 1 / (double)channels);
    }
    fk_gate_pool_pixels(sum, over_pixels, x, pixels, channels);
    fk_gate_pool_channels(over_channels, mean, plain(x), channel, pixels, channels);
    if (bad) {
      // It shows in the mean, and in the maximum or not.
      const size_t p = n / 2 / channels;
      const float nan = NAN;
      expect_same("mean with NaN", mean + p, &nan, 1);
      over_channels[p] = want_over_channels[p];
    }
    expect_same(bad ? "maximum over the pixels with NaN" : "maximum over the pixels", over_pixels, want_over_pixels,
                channels);
    expect_same(bad ? "maximum over the channels with NaN" : "maximum over the channels", over_channels,
                want_over_channels, pixels);
    if (bad) continue;
    expect_near("sum", sum, want_sum, (double)pixels, channels);
    expect_near("mean", mean, want_mean, (double)channels + 1, pixels);
  }
}

// Whatever reads features and normalises them on the way gives the bits that it gives of features normalised beforehand.
static void check_normalized(size_t pixels, size_t channels) {
  begin_case("normalised on the way, %zu pixels, %zu channels", pixels, channels);
  const size_t n = pixels * channels;
  const fk_features x = normalized_features(random_floats(n), channels);
  float *z = floats(n);
  fk_normalize(z, x.values, x.mean, x.gain, x.offset, pixels, channels, false);
  const float *residual = random_floats(n), *channel = random_floats(channels), *spatial = random_floats(pixels);
  const float *of_pixel = random_floats(pixels), *gradient = random_floats(n);
  float *got = floats(n), *want = floats(n), *got_sums = floats(2 * pixels), *want_sums = floats(2 * pixels);
  for (int ending = 0; ending < 3; ending++) {
    fk_gate_apply(got, x, ending ? residual : NULL, channel, spatial, pixels, channels, ending == 2);
    fk_gate_apply(want, plain(z), ending ? residual : NULL, channel, spatial, pixels, channels, ending == 2);
    expect_same("output", got, want, n);
  }
  const float *output = copy_of(want, n);
  fk_gate_apply_backward(got_sums, got, gradient, output, x, channel, pixels, channels);
  fk_gate_apply_backward(want_sums, want, gradient, output, plain(z), channel, pixels, channels);
  expect_same("gradient", got, want, n);
  expect_same("dSpatial", got_sums, want_sums, pixels);
  fk_gate_pool_channels(got_sums, got_sums + pixels, x, channel, pixels, channels);
  fk_gate_pool_channels(want_sums, want_sums + pixels, plain(z), channel, pixels, channels);
  expect_same("pools over the channels", got_sums, want_sums, 2 * pixels);
  int32_t *where = integers(pixels), *want_where = integers(pixels);
  fk_pool_channels(x, channel, pixels, channels, got_sums, got_sums + pixels, 1, where);
  fk_pool_channels(plain(z), channel, pixels, channels, want_sums, want_sums + pixels, 1, want_where);
  expect_same("pools over the channels with places", got_sums, want_sums, 2 * pixels);
  expect_same_integers("channels of maxima", where, want_where, pixels);
  double *dChannel = doubles(channels), *want_dChannel = doubles(channels);
  fk_gate_scaled_backward(got, dChannel, gradient, x, spatial, of_pixel, of_pixel, where, pixels, channels);
  fk_gate_scaled_backward(want, want_dChannel, gradient, plain(z), spatial, of_pixel, of_pixel, where, pixels, channels);
  expect_same("dScaled", got, want, n);
  float *rounds = floats(2 * channels), *want_rounds = floats(2 * channels);
  for (size_t c = 0; c < channels; c++) rounds[c] = (float)dChannel[c], want_rounds[c] = (float)want_dChannel[c];
  expect_same("dChannel", rounds, want_rounds, channels);
  int32_t *pixel = integers(channels), *want_pixel = integers(channels);
  fk_pool_pixels(x, pixels, channels, rounds, rounds + channels, pixel);
  fk_pool_pixels(plain(z), pixels, channels, want_rounds, want_rounds + channels, want_pixel);
  expect_same("pools over the pixels", rounds, want_rounds, 2 * channels);
  expect_same_integers("pixels of maxima", pixel, want_pixel, channels);
}

// Bands' pools joined are those of all pixels; a NaN shows from whichever band.
static void check_joined_pools(size_t bands, size_t channels) {
  begin_case("pools of %zu bands joined, %zu channels", bands, channels);
  const size_t pixels = 3, n = pixels * channels;
  float *x = random_floats(bands * n), *pools = floats(bands * 2 * channels), *want = floats(channels);
  for (size_t bad = 0; bad <= bands; bad++) {  // in no band first
    if (bad) x[(bad - 1) * n + channels - 1] = NAN;
    reference *mean = references(channels);
    for (size_t c = 0; c < channels; c++) want[c] = -INFINITY;
    for (size_t i = 0; i < bands * n; i++) {
      const size_t c = i % channels;
      want[c] = isnan(want[c]) || isnan(x[i]) ? NAN : larger(x[i], want[c]);
      if (!bad) add_product(&mean[c], x[i], 1 / (double)(bands * pixels));
    }
    for (size_t band = 0; band < bands; band++) {
      float *own = pools + band * 2 * channels;
      fk_gate_pool_pixels(own, own + channels, x + band * n, pixels, channels);
    }
    fk_gate_join_pools(pools, bands, bands * pixels, channels);
    expect_same(bad ? "maximum with NaN" : "maximum", pools + channels, want, channels);
    if (!bad) expect_near("mean", pools, mean, (double)(bands * pixels) + 2, channels);
    if (bad) x[(bad - 1) * n + channels - 1] = 0;
  }
}

KERNEL_FAMILY(gate) {
  const size_t w = vector_width();
  const size_t channels[] = {1, w - 1, w, 3 * w + 2, 7 * w + 1}, pixels[] = {1, w + 1, 66};
  for (size_t c = 0; c < COUNT(channels); c++) {
    check_perceptron(1, channels[c], true);
    check_perceptron(5, channels[c], c % 2);
    for (size_t bands = 1; bands < 4; bands++) check_joined_pools(bands, channels[c]);
    for (size_t p = 0; p < COUNT(pixels); p++) {
      for (int options = 0; options < 4; options++) check_apply(pixels[p], channels[c], options & 1, options & 2);
      check_input_gradient(pixels[p], channels[c]);
      check_pools(pixels[p], channels[c]);
      check_normalized(pixels[p], channels[c]);
    }
  }
}
