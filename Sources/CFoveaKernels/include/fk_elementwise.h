// Elementwise loops and small reductions. n counts floats; pointers need no alignment.
#ifndef FK_ELEMENTWISE_H
#define FK_ELEMENTWISE_H

#include <stddef.h>

/// y ← y + x
void fk_add(float *y, const float *x, size_t n);
/// y ← y · s
void fk_scale(float *y, float s, size_t n);
/// y ← a·x + y
void fk_axpy(float *y, float a, const float *x, size_t n);

#endif
