// Bodies of fk_pointwise.h. Each step runs at place i for n lanes: whole vectors, then the tail.
#include "columns.body.h"
#include "lanes.body.h"

FK_INLINE void FK(relu_step)(size_t i, size_t n, float *y, const float *x) {
  vf_store_n(y + i, vf_max(vf_zero(), vf_load_n(x + i, n)), n);
}
static void FK(relu)(float *y, const float *x, size_t n) { FK_VECTORS(n, relu_step, y, x); }

FK_INLINE void FK(relu_backward_step)(size_t i, size_t n, float *dx, const float *dy, const float *y) {
  vf_store_n(dx + i, FK(behind_relu)(vf_load_n(dy + i, n), vf_load_n(y + i, n)), n);
}
static void FK(relu_backward)(float *dx, const float *dy, const float *y, size_t n) {
  FK_VECTORS(n, relu_backward_step, dx, dy, y);
}

FK_INLINE void FK(sigmoid_step)(size_t i, size_t n, float *y, const float *x) {
  vf_store_n(y + i, vf_sigmoid(vf_load_n(x + i, n)), n);
}
static void FK(sigmoid)(float *y, const float *x, size_t n) { FK_VECTORS(n, sigmoid_step, y, x); }

FK_INLINE void FK(sigmoid_backward_step)(size_t i, size_t n, float *dx, const float *dy, const float *y) {
  vf s = vf_load_n(y + i, n);
  vf_store_n(dx + i, vf_load_n(dy + i, n) * (s * (vf_set1(1.0f) - s)), n);
}
static void FK(sigmoid_backward)(float *dx, const float *dy, const float *y, size_t n) {
  FK_VECTORS(n, sigmoid_backward_step, dx, dy, y);
}

FK_INLINE void FK(sum_step)(size_t i, size_t n, float *y, const float *a, const float *b, bool relu) {
  vf s = vf_load_n(a + i, n) + vf_load_n(b + i, n);
  vf_store_n(y + i, relu ? vf_max(vf_zero(), s) : s, n);
}
static void FK(sum)(float *y, const float *a, const float *b, size_t n, bool relu) {
  if (relu) FK_VECTORS(n, sum_step, y, a, b, true);
  else FK_VECTORS(n, sum_step, y, a, b, false);
}

FK_INLINE void FK(scale_columns_block)(size_t c, int vectors, size_t lanes, float *y, const float *x,
                                       const float *scale, size_t rows, size_t C) {
  vf s[4];
  FK_UNROLL for (int v = 0; v < vectors; v++) s[v] = vf_load_n(scale + c + v * FK_W, lanes);
  for (size_t r = 0; r < rows; r++)
    FK_UNROLL for (int v = 0; v < vectors; v++) {
      size_t at = r * C + c + v * FK_W;
      vf_store_n(y + at, vf_load_n(x + at, lanes) * s[v], lanes);
    }
}
static void FK(scale_columns)(float *y, const float *x, const float *scale, size_t rows, size_t C) {
  FK_COLUMNS(C, scale_columns_block, y, x, scale, rows, C);
}

FK_INLINE void FK(scale_rows_block)(size_t c, int vectors, size_t lanes, float *y, const float *x,
                                    const float *scale, size_t rows, size_t C) {
  for (size_t r = 0; r < rows; r++)
    FK_UNROLL for (int v = 0; v < vectors; v++) {
      size_t at = r * C + c + v * FK_W;
      vf_store_n(y + at, vf_load_n(x + at, lanes) * vf_set1(scale[r]), lanes);
    }
}
static void FK(scale_rows)(float *y, const float *x, const float *scale, size_t rows, size_t C) {
  FK_COLUMNS(C, scale_rows_block, y, x, scale, rows, C);
}

FK_INLINE void FK(column_products_block)(size_t c, int vectors, size_t lanes, const float *a, const float *b,
                                         size_t rows, size_t C, double *sums) {
  size_t used = (size_t)(vectors - 1) * FK_W + lanes;
  for (size_t i = 0; i < used; i++) sums[c + i] = 0;
  for (size_t start = 0; start < rows; start += FK_CHUNK) {
    size_t end = start + FK_CHUNK < rows ? start + FK_CHUNK : rows;
    vf s[4];
    FK_UNROLL for (int v = 0; v < vectors; v++) s[v] = vf_zero();
    for (size_t r = start; r < end; r++)
      FK_UNROLL for (int v = 0; v < vectors; v++) {
        size_t at = r * C + c + v * FK_W;
        s[v] = vf_fma(vf_load_n(a + at, lanes), vf_load_n(b + at, lanes), s[v]);
      }
    FK_UNROLL for (int v = 0; v < vectors; v++) FK(add_to_double)(sums + c + v * FK_W, s[v], lanes);
  }
}
static void FK(column_products)(const float *a, const float *b, size_t rows, size_t C, double *sums) {
  FK_COLUMNS(C, column_products_block, a, b, rows, C, sums);
}

static void FK(row_products)(const float *a, const float *b, size_t rows, size_t C, float *sums) {
  for (size_t r = 0; r < rows; r += FK_W) {
    vf s[FK_W];
    for (size_t i = 0; i < FK_W; i++) {
      size_t row = (r + i < rows ? r + i : rows - 1) * C;
      s[i] = vf_zero();
      size_t c = 0;
      for (; c + FK_W <= C; c += FK_W) s[i] = vf_fma(vf_load(a + row + c), vf_load(b + row + c), s[i]);
      if (c < C) s[i] = vf_fma(vf_load_part(a + row + c, C - c, 0), vf_load_part(b + row + c, C - c, 0), s[i]);
    }
    vf_store_part(sums + r, FK(sums_of_rows)(s), rows - r < FK_W ? rows - r : FK_W);
  }
}
