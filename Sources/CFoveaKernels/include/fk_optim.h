// One pass over a parameter, its gradient and its optimiser state. n counts floats; pointers need no alignment.
#ifndef FK_OPTIM_H
#define FK_OPTIM_H

#include <stddef.h>

/// g' = gscale·g + decay·p;  m ← momentum·m + g';  p ← p − rate·(nesterov ? g' + momentum·m : m).
void fk_sgd(float *p, const float *g, float *m, size_t n, float gscale, float rate, float momentum, float decay,
            int nesterov);
/// The same without momentum: p ← p − rate·(gscale·g + decay·p).
void fk_sgd_plain(float *p, const float *g, size_t n, float gscale, float rate, float decay);
/// g' = gscale·g;  p ← p·shrink;  m ← m + (1 − beta1)·(g' − m);  v ← beta2·v + (1 − beta2)·g'²;
/// p ← p − step·m / (√v / root + epsilon).
void fk_adamw(float *p, const float *g, float *m, float *v, size_t n, float gscale, float shrink, float one_minus_beta1,
              float beta2, float one_minus_beta2, float step, float root, float epsilon);
/// y ← y + weight·(x − y)
void fk_lerp(float *y, const float *x, float weight, size_t n);
/// Sum of x² in double precision, in an order that depends on n and the instruction set alone.
double fk_sum_squares(const float *x, size_t n);

#endif
