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
    fk_isa isa, float *maximum, float *mean, const float *x, const float *channel, size_t pixels, size_t channels) {
  FK_CALL_BF16(isa, gate_pool_channels, maximum, mean, x, channel, pixels, channels);
}
void fk_bf16_gate_apply(
    fk_isa isa, float *output, const float *x, const float *residual, const float *channel, const float *spatial,
    size_t pixels, size_t channels, bool relu) {
  FK_CALL_BF16(isa, gate_apply, output, x, residual, channel, spatial, pixels, channels, relu);
}
