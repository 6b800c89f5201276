#define FK_BODY "plane.body.h"
#include "isa.h"

// Floats from one row of a padded plane to the next: whole vectors of the widest kind, and the border.
static size_t row_stride(fk_plane plane) { return (plane.width + 15) / 16 * 16 + plane.k - 1; }

#include "family.h"

size_t fk_plane_floats(fk_plane plane) { return row_stride(plane) * (plane.height + plane.k - 1); }

void fk_plane_pad(float *padded, const float *source, fk_plane plane) {
  FK_CALL(plane_pad, padded, source, plane);
}
void fk_plane_correlate(float *output, const float *planes, size_t count, const float *weights, fk_plane plane) {
  FK_CALL(plane_correlate, output, planes, count, weights, plane);
}
void fk_plane_correlate_weights(float *dWeight, const float *input, const float *dOutput, fk_plane plane) {
  FK_CALL(plane_correlate_weights, dWeight, input, dOutput, plane);
}
void fk_plane_moments(const float *x, size_t n, double *mean, double *deviations) {
  FK_CALL(plane_moments, x, n, mean, deviations);
}
void fk_plane_sigmoid(float *y, const float *x, size_t n, fk_affine affine) {
  FK_CALL(plane_sigmoid, y, x, n, affine);
}
void fk_plane_sigmoid_backward(float *gradient, const float *y, const float *x, size_t n, float mean, double *sum,
                               double *product) {
  FK_CALL(plane_sigmoid_backward, gradient, y, x, n, mean, sum, product);
}
void fk_plane_normalize_backward(float *padded, const float *dz, const float *x, fk_plane plane, fk_affine affine,
                                 float a, float b) {
  memset(padded, 0, fk_plane_floats(plane) * sizeof(float));
  FK_CALL(plane_normalize_backward, padded, dz, x, plane, affine, a, b);
}
