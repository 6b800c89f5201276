// One-channel planes [height, width]: the spatial gate's k×k convolution, its normalisation and its sigmoid.
#ifndef FK_PLANE_H
#define FK_PLANE_H

#include <stddef.h>

/// A plane with zeros around it: k/2 on every side, and more at the end of each row, so that whole vectors can be
/// read there. k is odd.
typedef struct fk_plane {
  size_t height, width, k;
} fk_plane;

/// Floats of one padded plane.
size_t fk_plane_floats(fk_plane plane);
/// padded ← source [height, width] with zeros around it.
void fk_plane_pad(float *padded, const float *source, fk_plane plane);
/// output [height, width] = Σ over the padded `planes`, one behind the other, of their correlation with
/// weights [planes, k, k].
void fk_plane_correlate(float *output, const float *planes, size_t count, const float *weights, fk_plane plane);
/// dWeight [k, k]: the correlation of two padded planes, the input's and the output gradient's.
void fk_plane_correlate_weights(float *dWeight, const float *input, const float *dOutput, fk_plane plane);

/// How the one channel is normalised: z = gain·(x − mean) + offset.
typedef struct fk_affine {
  float mean, gain, offset;
} fk_affine;

/// The mean of n floats and the sum of squared deviations from it, in double.
void fk_plane_moments(const float *x, size_t n, double *mean, double *deviations);
/// y = sigmoid(z)
void fk_plane_sigmoid(float *y, const float *x, size_t n, fk_affine affine);
/// gradient ← dz = gradient·y·(1 − y), from that of y to that of z; sum = Σ dz, product = Σ dz·(x − mean), in double.
void fk_plane_sigmoid_backward(float *gradient, const float *y, const float *x, size_t n, float mean, double *sum,
                               double *product);
/// padded ← dx = gain·dz + a + b·(x − mean), with zeros around it.
void fk_plane_normalize_backward(float *padded, const float *dz, const float *x, fk_plane plane, fk_affine affine,
                                float a, float b);

#endif
