// Resampling of 8-bit images with fixed-point weights, as two separable passes.
//
// A weight is a 32-bit integer, 2^22 for one. An output byte is the weighted sum of its input bytes plus one half,
// shifted down by 22 and clamped to 0…255, so every instruction set gives the same bytes.
#ifndef FK_RESAMPLE_H
#define FK_RESAMPLE_H

#include <stddef.h>
#include <stdint.h>

/// Rows that fk_resample_rows takes at once.
#define FK_RESAMPLE_STRIP 16

/// Resamples up to 16 rows of RGB pixels along x.
///
/// Output pixel i is made of `counts[i]` input pixels from `starts[i]` on, with weights from `weights + i·stride`.
/// `first` and `end` bound the input pixels that any output needs. `scratch` holds 48·(end − first) + 48·width
/// bytes, each part rounded up to a multiple of 256.
void fk_resample_rows(uint8_t *out, size_t out_row_bytes, const uint8_t *in, size_t in_row_bytes, size_t rows,
                      size_t first, size_t end, size_t width, const int32_t *starts, const int32_t *counts,
                      const int32_t *weights, size_t stride, uint8_t *scratch);

/// One output row of `bytes` bytes from `count` input rows, `in_row_bytes` apart.
void fk_resample_column(uint8_t *out, const uint8_t *in, size_t in_row_bytes, size_t bytes, const int32_t *weights,
                        size_t count);

#endif
