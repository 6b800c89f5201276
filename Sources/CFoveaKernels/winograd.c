#include "winograd_bf16.h"
#define FK_BODY "winograd.body.h"
#include "family.h"

void fk_winograd_input(fk_isa isa, const fk_winograd_tiles *t) {
  if (t->narrow) winograd_input_bf16(isa, t);
  else FK_CALL_FOR(isa, winograd_input, t);
}
void fk_winograd_output(fk_isa isa, const fk_winograd_tiles *t) {
  if (t->narrow) winograd_output_bf16(isa, t);
  else FK_CALL_FOR(isa, winograd_output, t);
}
void fk_winograd_output_gradient(fk_isa isa, const fk_winograd_tiles *t) { FK_CALL_FOR(isa, winograd_output_gradient, t); }

void fk_winograd_weight(
    fk_isa isa, float *planes, size_t plane, const float *weight, size_t tap, size_t outputs, size_t count, int turned) {
  FK_CALL_FOR(isa, winograd_weight, planes, plane, weight, tap, outputs, count, turned);
}

void fk_winograd_kernels(
    fk_isa isa, float *planes, size_t plane, const float *kernels, size_t outputs, size_t rows, size_t width) {
  FK_CALL_FOR(isa, winograd_kernels, planes, plane, kernels, outputs, rows, width);
}

void fk_winograd_weight_gradient(
    fk_isa isa, float *d_weight, size_t tap, const float *planes, size_t plane, size_t outputs, size_t count, int adds) {
  FK_CALL_FOR(isa, winograd_weight_gradient, d_weight, tap, planes, plane, outputs, count, adds);
}

int fk_winograd_has_products(fk_isa isa) { return FK_CALL_FOR(isa, winograd_has_products); }
void fk_winograd_products(fk_isa isa, const fk_winograd_few *few) { FK_CALL_FOR(isa, winograd_products, few); }
