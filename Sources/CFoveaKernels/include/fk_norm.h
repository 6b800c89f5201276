// Batch normalisation over rows [rows, C]: every channel has its own mean and scale.
//
// With z = gain·(x − mean) + offset, the output is z, or max(0, z) with `relu`. Backward recomputes z from x for the
// mask, in the same operations, so that nothing but x need be kept.
#ifndef FK_NORM_H
#define FK_NORM_H

#include <stdbool.h>
#include <stddef.h>

/// Values [pixels, C] that are read as they are, or, where `mean` is not NULL, normalised on the way: as z above, with mean, gain and
/// offset of each channel, [C].
typedef struct fk_features {
  const float *values;
  const float *mean, *gain, *offset;
} fk_features;

/// The mean of each channel and the sum of squared deviations from it, both [C].
void fk_channel_moments(const float *x, size_t rows, size_t channels, double *mean, double *deviations);

/// y = z or max(0, z). y may be x.
void fk_normalize(float *y, const float *x, const float *mean, const float *gain, const float *offset,
                  size_t rows, size_t channels, bool relu);

/// With dz = dy, or with `relu` dy where z > 0 and 0 elsewhere: sums = Σ dz and products = Σ dz·(x − mean), both [C].
void fk_normalize_sums(const float *dy, const float *x, const float *mean, const float *gain, const float *offset,
                       size_t rows, size_t channels, bool relu, double *sums, double *products);

/// dx = gain·dz + a + b·(x − mean). dx may be dy.
void fk_normalize_backward(float *dx, const float *dy, const float *x, const float *mean, const float *gain,
                           const float *offset, const float *a, const float *b, size_t rows, size_t channels,
                           bool relu);

#endif
