#define FK_BODY "conv_bf16.body.h"
#include "family.h"

// And once more, with the instructions that the others emulate.
#if defined(__x86_64__)
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma"))), apply_to = function)
#define BF16_NATIVE
#define FK_SUFFIX avx512bf16
#define FK_W 16
#include "vector.body.h"
#include FK_BODY
#include "undef.h"
#undef BF16_NATIVE
#pragma clang attribute pop
#define BF16_CALL(isa, name, ...) \
  (fk_bf16_is_native(isa) ? name##_avx512bf16(__VA_ARGS__) : FK_CALL_FOR(isa, name, __VA_ARGS__))
#else
#define BF16_CALL(isa, name, ...) FK_CALL_FOR(isa, name, __VA_ARGS__)
#endif

void fk_bf16_forward(fk_isa isa, const fk_conv_band *band) { BF16_CALL(isa, conv_forward, band); }

void fk_bf16_weight_gradient(fk_isa isa, const fk_conv_gradient *gradient) {
  BF16_CALL(isa, conv_weight_gradient, gradient);
}

void fk_bf16_pair_channels(fk_isa isa, float *units, const fk_bf16_window *window) {
  BF16_CALL(isa, bf16_pair_channels, units, window);
}

void fk_bf16_pair_pixels(fk_isa isa, float *units, const fk_bf16_window *window) {
  BF16_CALL(isa, bf16_pair_pixels, units, window);
}

void fk_bf16_pack(
    fk_isa isa, float *packed, size_t width, const float *weights, size_t stride, size_t rows, size_t columns) {
  BF16_CALL(isa, bf16_pack, packed, width, weights, stride, rows, columns);
}

void fk_bf16_pack_turned(
    fk_isa isa, float *packed, size_t width, const float *weights, size_t stride, size_t rows, size_t columns) {
  BF16_CALL(isa, bf16_pack_turned, packed, width, weights, stride, rows, columns);
}
