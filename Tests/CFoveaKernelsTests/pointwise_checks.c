#include "check.h"

static void check_one_by_one(size_t n) {
  begin_case("%zu floats", n);
  float *x = random_floats(n), *dy = random_floats(n);
  if (n > 2) x[2] = NAN;
  if (n > 1) x[1] = 0;
  float *want = floats(n), *got = floats(n);

  fk_relu(got, x, n);
  for (size_t i = 0; i < n; i++) want[i] = x[i] <= 0 ? 0 : x[i];
  expect_same("relu", got, want, n);

  fk_relu_backward(got, dy, x, n);
  for (size_t i = 0; i < n; i++) want[i] = x[i] <= 0 ? 0 : dy[i];
  expect_same("relu_backward", got, want, n);

  fk_sigmoid_backward(got, dy, x, n);
  for (size_t i = 0; i < n; i++) want[i] = dy[i] * (x[i] * (1 - x[i]));
  expect_same("sigmoid_backward", got, want, n);

  fk_sum(got, x, dy, n, false);
  for (size_t i = 0; i < n; i++) want[i] = x[i] + dy[i];
  expect_same("sum", got, want, n);

  fk_sum(got, x, dy, n, true);
  for (size_t i = 0; i < n; i++) want[i] = want[i] <= 0 ? 0 : want[i];
  expect_same("sum with relu", got, want, n);
}

// e^-x to 2 units in the last place, which are 4 roundings; the sum and the quotient add one each.
static void check_sigmoid(void) {
  const size_t n = 4001;
  begin_case("sigmoid");
  float *x = floats(n), *got = floats(n);
  reference *want = references(n);
  for (size_t i = 0; i < n; i++) {
    x[i] = ((float)i - 2000) * 0.043f + 0.001f;  // −86…86
    want[i].value = want[i].magnitude = 1 / (1 + exp(-(double)x[i]));
  }
  fk_sigmoid(got, x, n);
  expect_near("sigmoid", got, want, 6, n);

  float far[] = {-INFINITY, -1000, 1000, INFINITY, NAN};
  float ends[] = {0, 0, 1, 1, NAN};
  fk_sigmoid(far, far, COUNT(far));
  for (size_t i = 0; i < 2; i++)
    if (far[i] >= 0 && far[i] < 1e-37f) far[i] = 0;  // of the order of the smallest normal number
  expect_same("sigmoid far out", far, ends, COUNT(far));
}

static void check_rows_and_columns(size_t rows, size_t columns) {
  begin_case("%zu rows, %zu columns", rows, columns);
  const size_t n = rows * columns;
  const float *a = random_floats(n), *b = random_floats(n);
  const float *by_column = random_floats(columns), *by_row = random_floats(rows);
  float *want = floats(n), *got = floats(n), *row_sums = floats(rows);
  double *column_sums = doubles(columns);
  reference *of_rows = references(rows), *of_columns = references(columns);

  fk_scale_columns(got, a, by_column, rows, columns);
  for (size_t i = 0; i < n; i++) want[i] = a[i] * by_column[i % columns];
  expect_same("scale_columns", got, want, n);

  fk_scale_rows(got, a, by_row, rows, columns);
  for (size_t i = 0; i < n; i++) want[i] = a[i] * by_row[i / columns];
  expect_same("scale_rows", got, want, n);

  for (size_t i = 0; i < n; i++) {
    add_product(&of_rows[i / columns], a[i], b[i]);
    add_product(&of_columns[i % columns], a[i], b[i]);
  }
  fk_column_products(a, b, rows, columns, column_sums);
  expect_near_doubles("column_products", column_sums, of_columns, (double)rows + 1, columns);
  fk_row_products(a, b, rows, columns, row_sums);
  expect_near("row_products", row_sums, of_rows, (double)columns + 1, rows);
}

KERNEL_FAMILY(pointwise) {
  const size_t w = vector_width();
  for (size_t n = 0; n <= 2 * w + 1; n++) check_one_by_one(n);
  check_sigmoid();
  const size_t rows[] = {1, 3, w + 1, 65, 130}, columns[] = {1, w - 1, w, 3 * w + 2, 7 * w + 1};
  for (size_t r = 0; r < COUNT(rows); r++)
    for (size_t c = 0; c < COUNT(columns); c++) check_rows_and_columns(rows[r], columns[c]);
}
