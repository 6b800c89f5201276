#include "check.h"

// A 3×3 kernel without a border over [rows + 2, width + 2, channels].
enum { taps = 9 };

typedef struct {
  size_t rows, width, channels;
} shape;

static size_t source_floats(const shape *s) { return (s->rows + 2) * (s->width + 2) * s->channels; }

static const float *tap_of(const float *x, const shape *s, size_t pixel, size_t tap) {
  const size_t row = pixel / s->width + tap / 3, column = pixel % s->width + tap % 3;
  return x + (row * (s->width + 2) + column) * s->channels;
}

static void place_taps(ptrdiff_t *places, const shape *s) {
  for (size_t t = 0; t < taps; t++) places[t] = (ptrdiff_t)((t / 3 * (s->width + 2) + t % 3) * s->channels);
}

static void check_forward(shape s) {
  begin_case("forward %zux%zu, %zu channels", s.rows, s.width, s.channels);
  const size_t step = s.channels + 2, n = s.rows * s.width * step;
  const float *x = random_floats(source_floats(&s)), *weights = random_floats(taps * s.channels);
  float *got = floats(n), *want = floats(n);
  ptrdiff_t places[taps], weight_rows[taps];
  place_taps(places, &s);
  for (size_t t = 0; t < taps; t++) weight_rows[t] = (ptrdiff_t)(t * s.channels);
  const fk_depthwise_band band = {
      .source = x, .source_row = (ptrdiff_t)((s.width + 2) * s.channels), .source_pixel = (ptrdiff_t)s.channels,
      .taps = places, .weight_rows = weight_rows, .tap_count = taps, .weights = weights, .output = got,
      .output_row = (ptrdiff_t)(s.width * step), .output_pixel = (ptrdiff_t)step, .rows = s.rows, .width = s.width,
      .channels = s.channels};
  fk_depthwise_forward(fk_selected(), &band);
  for (size_t p = 0; p < s.rows * s.width; p++)
    for (size_t c = 0; c < s.channels; c++) {
      float sum = 0;
      for (size_t t = 0; t < taps; t++)
        sum = multiply_add(tap_of(x, &s, p, t)[c], weights[t * s.channels + c], sum);
      want[p * step + c] = sum;
    }
  expect_same("output", got, want, n);
}

static void check_weight_gradient(shape s) {
  begin_case("weight gradient %zux%zu, %zu channels", s.rows, s.width, s.channels);
  const size_t pixels = s.rows * s.width;
  const float *x = random_floats(source_floats(&s)), *gradient = random_floats(pixels * s.channels);
  float *got = random_floats(taps * s.channels), *want = copy_of(got, taps * s.channels);
  ptrdiff_t places[taps];
  place_taps(places, &s);
  const fk_depthwise_gradient call = {
      .source = x, .source_row = (ptrdiff_t)((s.width + 2) * s.channels), .source_pixel = (ptrdiff_t)s.channels,
      .taps = places, .tap_count = taps, .d_output = gradient, .d_row = (ptrdiff_t)(s.width * s.channels),
      .d_pixel = (ptrdiff_t)s.channels, .rows = s.rows, .width = s.width, .channels = s.channels, .sums = got};
  fk_depthwise_weight_gradient(fk_selected(), &call);
  for (size_t t = 0; t < taps; t++)
    for (size_t c = 0; c < s.channels; c++)
      for (size_t p = 0; p < pixels; p++)
        want[t * s.channels + c] =
            multiply_add(tap_of(x, &s, p, t)[c], gradient[p * s.channels + c], want[t * s.channels + c]);
  expect_same("sums", got, want, taps * s.channels);
}

KERNEL_FAMILY(depthwise) {
  const size_t w = vector_width();
  const size_t channels[] = {1, w - 1, w, w + 1, 3 * w + 2}, widths[] = {1, 3, 4, 7, 9};
  for (size_t c = 0; c < COUNT(channels); c++)
    for (size_t i = 0; i < COUNT(widths); i++) {
      check_forward((shape){2, widths[i], channels[c]});
      check_weight_gradient((shape){2, widths[i], channels[c]});
    }
}
