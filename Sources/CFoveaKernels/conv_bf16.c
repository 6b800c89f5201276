#define FK_BODY "conv_bf16.body.h"
#include "family_bf16.h"

void fk_bf16_forward(fk_isa isa, const fk_conv_band *band) { FK_CALL_BF16(isa, conv_forward, band); }

void fk_bf16_weight_gradient(fk_isa isa, const fk_conv_gradient *gradient) {
  FK_CALL_BF16(isa, conv_weight_gradient, gradient);
}

void fk_bf16_pair_channels(fk_isa isa, float *units, const fk_bf16_window *window) {
  FK_CALL_BF16(isa, bf16_pair_channels, units, window);
}

void fk_bf16_pair_pixels(fk_isa isa, float *units, const fk_bf16_window *window) {
  FK_CALL_BF16(isa, bf16_pair_pixels, units, window);
}

void fk_bf16_pack(
    fk_isa isa, float *packed, size_t width, const float *weights, size_t stride, size_t rows, size_t columns) {
  FK_CALL_BF16(isa, bf16_pack, packed, width, weights, stride, rows, columns);
}

void fk_bf16_pack_turned(
    fk_isa isa, float *packed, size_t width, const float *weights, size_t stride, size_t rows, size_t columns) {
  FK_CALL_BF16(isa, bf16_pack_turned, packed, width, weights, stride, rows, columns);
}
