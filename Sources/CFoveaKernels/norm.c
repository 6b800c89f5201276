#define FK_BODY "norm.body.h"
#include "family.h"

void fk_channel_moments(const float *x, size_t rows, size_t channels, double *mean, double *deviations) {
  FK_CALL(channel_moments, x, rows, channels, mean, deviations);
}

void fk_normalize(float *y, const float *x, const float *mean, const float *gain, const float *offset,
                  size_t rows, size_t channels, bool relu) {
  FK_CALL(normalize, y, x, mean, gain, offset, rows, channels, relu, true);
}

void fk_normalize_sums(const float *dy, const float *x, const float *mean, const float *gain, const float *offset,
                       size_t rows, size_t channels, bool relu, double *sums, double *products) {
  FK_CALL(normalize_sums, dy, x, mean, gain, offset, rows, channels, relu, sums, products);
}

void fk_normalize_backward(float *dx, const float *dy, const float *x, const float *mean, const float *gain,
                           const float *offset, const float *a, const float *b, size_t rows, size_t channels,
                           bool relu) {
  FK_CALL(normalize_backward, dx, dy, x, mean, gain, offset, a, b, rows, channels, relu);
}
