#define FK_BODY "pointwise.body.h"
#include "family.h"

void fk_relu(float *y, const float *x, size_t n) { FK_CALL(relu, y, x, n); }
void fk_relu_backward(float *dx, const float *dy, const float *y, size_t n) { FK_CALL(relu_backward, dx, dy, y, n); }
void fk_sigmoid(float *y, const float *x, size_t n) { FK_CALL(sigmoid, y, x, n); }
void fk_sigmoid_backward(float *dx, const float *dy, const float *y, size_t n) {
  FK_CALL(sigmoid_backward, dx, dy, y, n);
}
void fk_sum(float *y, const float *a, const float *b, size_t n, bool relu) { FK_CALL(sum, y, a, b, n, relu); }

void fk_scale_columns(float *y, const float *x, const float *scale, size_t rows, size_t columns) {
  FK_CALL(scale_columns, y, x, scale, rows, columns);
}
void fk_scale_rows(float *y, const float *x, const float *scale, size_t rows, size_t columns) {
  FK_CALL(scale_rows, y, x, scale, rows, columns);
}
void fk_column_products(const float *a, const float *b, size_t rows, size_t columns, double *sums) {
  FK_CALL(column_products, a, b, rows, columns, sums);
}
void fk_row_products(const float *a, const float *b, size_t rows, size_t columns, float *sums) {
  FK_CALL(row_products, a, b, rows, columns, sums);
}
