#include "check.h"

KERNEL_FAMILY(elementwise) {
  for (size_t n = 0; n <= 2 * vector_width() + 1; n++) {
    begin_case("%zu floats", n);
    const float *x = random_floats(n), *y = random_floats(n);
    float *want = floats(n), *got = copy_of(y, n);

    fk_add(got, x, n);
    for (size_t i = 0; i < n; i++) want[i] = y[i] + x[i];
    expect_same("add", got, want, n);

    got = copy_of(y, n);
    fk_scale(got, 0.7f, n);
    for (size_t i = 0; i < n; i++) want[i] = y[i] * 0.7f;
    expect_same("scale", got, want, n);

    got = copy_of(y, n);
    fk_axpy(got, 0.7f, x, n);
    for (size_t i = 0; i < n; i++) want[i] = multiply_add(0.7f, x[i], y[i]);
    expect_same("axpy", got, want, n);
  }
}
