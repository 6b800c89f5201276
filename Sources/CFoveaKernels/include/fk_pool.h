// Pooling of one image [height, width, C] = [pixels, C].
//
// Of equal maxima the first counts, in the order of pixels or of channels. NaN is greater than all numbers: it must
// not vanish in a maximum.
#ifndef FK_POOL_H
#define FK_POOL_H

#include <stddef.h>
#include <stdint.h>

#include "fk_norm.h"

/// A window of output pixel: rows top..<bottom and columns left..<right of an image that is `width` pixels wide.
typedef struct fk_window {
  size_t width, top, bottom, left, right;
} fk_window;

/// For each channel the mean over the pixels, unless NULL, and the maximum and the first pixel that has it, unless
/// both are NULL: all [C].
void fk_pool_pixels(fk_features x, size_t pixels, size_t channels, float *mean, float *maximum, int32_t *where);

/// For each pixel the maximum of x·gate over the channels, the first channel that has it, and the mean.
/// gate: [C], or NULL for 1. maximum and mean lie `stride` floats apart from pixel to pixel; where is dense and may
/// be NULL.
void fk_pool_channels(fk_features x, const float *gate, size_t pixels, size_t channels, float *maximum, float *mean,
                      size_t stride, int32_t *where);

/// One output pixel of max pooling: y [C], and where [C] the pixel of the image.
void fk_window_max(float *y, int32_t *where, const float *x, size_t channels, fk_window window);
/// Adds dy [C] to dx, each channel at its pixel `where`, which lies in the window.
void fk_window_max_backward(float *dx, const float *dy, const int32_t *where, size_t channels, fk_window window);
/// y [C] = scale · the sum over the window.
void fk_window_sum(float *y, const float *x, size_t channels, fk_window window, float scale);
/// Adds scale·dy [C] to every pixel of the window of dx.
void fk_window_sum_backward(float *dx, const float *dy, size_t channels, fk_window window, float scale);

#endif
