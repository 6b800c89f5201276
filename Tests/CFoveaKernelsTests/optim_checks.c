#include "check.h"

static void check_sgd(size_t n, int nesterov) {
  begin_case("SGD of %zu floats%s", n, nesterov ? ", Nesterov" : "");
  const float *p = random_floats(n), *g = random_floats(n), *m = random_floats(n);
  const float scale = 0.25f, rate = 0.1f, momentum = 0.9f, decay = 5e-4f;
  float *new_p = copy_of(p, n), *new_m = copy_of(m, n), *plain = copy_of(p, n);
  reference *want_p = references(n), *want_m = references(n), *want_plain = references(n);
  for (size_t i = 0; i < n; i++) {
    reference gradient = {0, 0}, step;
    add_product(&gradient, scale, g[i]);
    add_product(&gradient, decay, p[i]);
    want_m[i] = gradient;
    add_product(&want_m[i], momentum, m[i]);
    step = nesterov ? gradient : want_m[i];
    if (nesterov) {
      step.value += momentum * want_m[i].value;
      step.magnitude += momentum * want_m[i].magnitude;
    }
    want_p[i] = (reference){p[i] - rate * step.value, fabs((double)p[i]) + rate * step.magnitude};
    want_plain[i] = (reference){p[i] - rate * gradient.value, fabs((double)p[i]) + rate * gradient.magnitude};
  }
  fk_sgd(new_p, g, new_m, n, scale, rate, momentum, decay, nesterov);
  expect_near("velocity", new_m, want_m, 5, n);
  expect_near("parameter", new_p, want_p, 8, n);
  fk_sgd_plain(plain, g, n, scale, rate, decay);
  expect_near("plain parameter", plain, want_plain, 5, n);
}

static void check_adamw(size_t n) {
  begin_case("AdamW of %zu floats", n);
  const float *p = random_floats(n), *g = random_floats(n), *m = random_floats(n);
  const float scale = 0.5f, shrink = 0.999f, one_minus_beta1 = 0.1f, beta2 = 0.99f, one_minus_beta2 = 0.01f;
  const float rate = 0.01f, root = 0.3f, epsilon = 1e-3f;
  float *v = random_floats(n);
  for (size_t i = 0; i < n; i++) v[i] = fabsf(v[i]);
  float *new_p = copy_of(p, n), *new_m = copy_of(m, n), *new_v = copy_of(v, n);
  reference *want_p = references(n), *want_m = references(n), *want_v = references(n);
  for (size_t i = 0; i < n; i++) {
    const double gradient = (double)scale * g[i];
    add_value(&want_m[i], m[i]);
    add_product(&want_m[i], one_minus_beta1, gradient);
    add_product(&want_m[i], -one_minus_beta1, m[i]);
    add_product(&want_v[i], beta2, v[i]);
    add_product(&want_v[i], one_minus_beta2, gradient * gradient);
    const double size = rate / (sqrt(want_v[i].value) / root + epsilon);
    add_product(&want_p[i], p[i], shrink);
    want_p[i].value -= size * want_m[i].value;
    want_p[i].magnitude += size * want_m[i].magnitude;
  }
  fk_adamw(new_p, g, new_m, new_v, n, scale, shrink, one_minus_beta1, beta2, one_minus_beta2, rate, root, epsilon);
  expect_near("first moment", new_m, want_m, 5, n);
  expect_near("second moment", new_v, want_v, 6, n);
  // Half of the second moment's roundings pass through the root.
  expect_near("parameter", new_p, want_p, 16, n);
}

static void check_sums(size_t n) {
  begin_case("averages and squares of %zu floats", n);
  const float *x = random_floats(n), *y = random_floats(n);
  float *got = copy_of(y, n);
  reference *want = references(n), squares = {0, 0};
  for (size_t i = 0; i < n; i++) {
    add_value(&want[i], y[i]);
    add_product(&want[i], 0.3f, x[i]);
    add_product(&want[i], -0.3f, y[i]);
    add_product(&squares, x[i], x[i]);
  }
  fk_lerp(got, x, 0.3f, n);
  expect_near("lerp", got, want, 4, n);
  // In double precision, whose roundings are 2²⁹ times finer.
  const double sum = fk_sum_squares(x, n);
  expect_near_doubles("sum_squares", &sum, &squares, ((double)n + 1) * 0x1p-28, 1);
}

KERNEL_FAMILY(optim) {
  const size_t w = vector_width();
  for (size_t n = 0; n <= 2 * w + 1; n++) {
    check_sgd(n, 0);
    check_sgd(n, 1);
    check_adamw(n);
    check_sums(n);
  }
  check_sums(11 * w + 3);
}
