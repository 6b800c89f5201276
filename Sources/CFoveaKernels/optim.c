#define FK_BODY "optim.body.h"
#include "family.h"

void fk_sgd(float *p, const float *g, float *m, size_t n, float gscale, float rate, float momentum, float decay,
            int nesterov) {
  FK_CALL(sgd, p, g, m, n, gscale, rate, momentum, decay, nesterov);
}
void fk_sgd_plain(float *p, const float *g, size_t n, float gscale, float rate, float decay) {
  FK_CALL(sgd_plain, p, g, n, gscale, rate, decay);
}
void fk_adamw(float *p, const float *g, float *m, float *v, size_t n, float gscale, float shrink, float one_minus_beta1,
              float beta2, float one_minus_beta2, float step, float root, float epsilon) {
  FK_CALL(adamw, p, g, m, v, n, gscale, shrink, one_minus_beta1, beta2, one_minus_beta2, step, root, epsilon);
}
void fk_lerp(float *y, const float *x, float weight, size_t n) { FK_CALL(lerp, y, x, weight, n); }
double fk_sum_squares(const float *x, size_t n) { return FK_CALL(sum_squares, x, n); }
