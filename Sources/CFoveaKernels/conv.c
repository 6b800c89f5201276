#define FK_BODY "conv.body.h"
#include "family.h"

size_t fk_vector_width(fk_isa isa) { return isa == FK_ISA_AVX512 ? 16 : isa == FK_ISA_AVX2 ? 8 : 4; }

void fk_conv_forward(fk_isa isa, const fk_conv_band *band) { FK_CALL_FOR(isa, conv_forward, band); }

void fk_conv_weight_gradient(fk_isa isa, const fk_conv_gradient *gradient) {
  FK_CALL_FOR(isa, conv_weight_gradient, gradient);
}

void fk_conv_moments(
    fk_isa isa, fk_moments *moments, const float *pixels, ptrdiff_t step, size_t count, size_t channels) {
  FK_CALL_FOR(isa, conv_moments, moments, pixels, step, count, channels);
}
