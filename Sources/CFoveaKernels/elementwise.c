#define FK_BODY "elementwise.body.h"
#include "family.h"

void fk_add(float *y, const float *x, size_t n) { FK_CALL(add, y, x, n); }
void fk_scale(float *y, float s, size_t n) { FK_CALL(scale, y, s, n); }
void fk_axpy(float *y, float a, const float *x, size_t n) { FK_CALL(axpy, y, a, x, n); }
