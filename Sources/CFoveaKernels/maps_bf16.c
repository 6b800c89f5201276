#define FK_BODY "maps_bf16.body.h"
#include "family_bf16.h"

void fk_bf16_round(fk_isa isa, float *units, const float *x, size_t n) {
  FK_CALL_BF16(isa, bf16_round_all, units, x, n);
}
void fk_bf16_widen(fk_isa isa, float *x, const float *units, size_t n) { FK_CALL_BF16(isa, bf16_widen, x, units, n); }
void fk_bf16_window_max(fk_isa isa, float *y, const float *x, size_t channels, fk_window window) {
  FK_CALL_BF16(isa, bf16_window_max, y, x, channels, window);
}
void fk_bf16_gate_pool_pixels(
    fk_isa isa, float *sum, float *maximum, const float *x, size_t pixels, size_t channels) {
  FK_CALL_BF16(isa, gate_pool_pixels, sum, maximum, x, pixels, channels);
}
void fk_bf16_gate_pool_channels(
    fk_isa isa, float *maximum, float *mean, fk_features x, const float *channel, size_t pixels, size_t channels) {
  FK_CALL_BF16(isa, gate_pool_channels, maximum, mean, x, channel, pixels, channels);
}
void fk_bf16_gate_apply(
    fk_isa isa, float *output, fk_features x, const float *residual, const float *channel, const float *spatial,
    size_t pixels, size_t channels, bool relu) {
  FK_CALL_BF16(isa, gate_apply, output, x, residual, channel, spatial, pixels, channels, relu);
}
void fk_bf16_moments(
    fk_isa isa, fk_moments *moments, const float *pixels, ptrdiff_t step, size_t count, size_t channels) {
  FK_CALL_BF16(isa, conv_moments, moments, pixels, step, count, channels);
}
void fk_bf16_normalize(
    fk_isa isa, float *y, bool wide, const float *x, const float *mean, const float *gain, const float *offset,
    size_t rows, size_t channels, bool relu) {
  FK_CALL_BF16(isa, normalize, y, x, mean, gain, offset, rows, channels, relu, wide);
}
void fk_bf16_normalize_sums(
    fk_isa isa, const float *dy, const float *x, const float *mean, const float *gain, const float *offset, size_t rows,
    size_t channels, bool relu, double *sums, double *products) {
  FK_CALL_BF16(isa, normalize_sums, dy, x, mean, gain, offset, rows, channels, relu, sums, products);
}
void fk_bf16_normalize_backward(
    fk_isa isa, float *dx, const float *dy, const float *x, const float *mean, const float *gain, const float *offset,
    const float *a, const float *b, size_t rows, size_t channels, bool relu) {
  FK_CALL_BF16(isa, normalize_backward, dx, dy, x, mean, gain, offset, a, b, rows, channels, relu);
}
