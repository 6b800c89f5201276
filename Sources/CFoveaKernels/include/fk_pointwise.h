// Loops in which each output depends on the inputs at the same place, and scalings by rows and columns.
// Outputs may be the same memory as any input.
#ifndef FK_POINTWISE_H
#define FK_POINTWISE_H

#include <stdbool.h>
#include <stddef.h>

/// y = max(0, x); NaN stays NaN.
void fk_relu(float *y, const float *x, size_t n);
/// dx = dy where y > 0, and 0 elsewhere; y is the output of the ReLU.
void fk_relu_backward(float *dx, const float *dy, const float *y, size_t n);
/// y = 1 / (1 + e^-x)
void fk_sigmoid(float *y, const float *x, size_t n);
/// dx = dy·y·(1 − y); y is the output of the sigmoid.
void fk_sigmoid_backward(float *dx, const float *dy, const float *y, size_t n);
/// y = a + b, or max(0, a + b) with `relu`.
void fk_sum(float *y, const float *a, const float *b, size_t n, bool relu);

/// y[r, c] = x[r, c]·scale[c]
void fk_scale_columns(float *y, const float *x, const float *scale, size_t rows, size_t columns);
/// y[r, c] = x[r, c]·scale[r]
void fk_scale_rows(float *y, const float *x, const float *scale, size_t rows, size_t columns);
/// sums[c] = Σ over r of a[r, c]·b[r, c], over short runs in float and then in double.
void fk_column_products(const float *a, const float *b, size_t rows, size_t columns, double *sums);
/// sums[r] = Σ over c of a[r, c]·b[r, c]
void fk_row_products(const float *a, const float *b, size_t rows, size_t columns, float *sums);

#endif
