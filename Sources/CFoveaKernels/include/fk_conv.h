// Convolution, one band at a time.
//
// A band is a rectangle of output pixels. Its products read the input where it lies, or in a scratch copy with
// zeros around it: `runs` says where, relative to the first value that an output pixel reads, each contiguous piece
// of its patch begins. (The taps of a kernel's row are neighbours in [H, W, C] memory, so a 3×3 patch is three runs
// of 3·C floats.) The patch matrix is so addressed and never written.
//
// Calls name their instruction set: a convolution is many calls that share one packing, and must not change its mind
// in between.
//
// Packed weights: panels of two vectors of output channels, each [patch length][panel width], zeros where
// the last panel has channels to spare. A last panel whose channels fit one vector is one vector wide.
#ifndef FK_CONV_H
#define FK_CONV_H

#include "fovea_kernels.h"

/// Floats of a vector.
size_t fk_vector_width(fk_isa isa);

/// Where the runs of a patch lie.
typedef struct fk_conv_patch {
  const ptrdiff_t *runs;  ///< offset of each run from an output pixel's base, in floats
  size_t run_count;
  size_t run_length;  ///< floats, the same for all runs
} fk_conv_patch;

/// Memory that the caller will read next: fetched into the second cache meanwhile, which is free, where waiting for it later
/// is not. fk_conv_forward fetches it line by line within its sums, the weight gradient between tiles. Count 0 for none.
typedef struct fk_ahead {
  const float *start;
  size_t count;  ///< floats
} fk_ahead;

typedef struct fk_conv_band {
  const float *source;      ///< base of the band's first output pixel
  ptrdiff_t source_row;     ///< floats from base to base, one output row down
  ptrdiff_t source_pixel;   ///< floats from base to base, one output pixel on
  fk_conv_patch patch;
  const float *weights;     ///< packed
  const float *bias;        ///< [channels], or null
  const float *residual;    ///< added to the sums, laid out as the output is, or null; may be the output itself
  bool relu;                ///< whether max(0, ·) ends it
  bool narrow;              ///< fk_bf16_forward alone: whether residual and output are units, and their steps count these
  float *output;            ///< first channel of the band's first pixel
  ptrdiff_t output_row, output_pixel;  ///< steps in floats
  size_t rows, width;       ///< pixels
  size_t channels;          ///< output channels to compute
  fk_ahead ahead;
  fk_ahead later;           ///< likewise, as far as it is free; the rest is left
} fk_conv_band;

/// output[row, pixel, o] = Σ patch[row, pixel, k] · weights[k, o] + bias[o] + residual[row, pixel, o], and its ReLU:
/// summed in the order of k in one chain of multiply-adds from 0, whatever the tile; the bias and then the residual are
/// added last.
void fk_conv_forward(fk_isa isa, const fk_conv_band *band);

typedef struct fk_conv_gradient {
  const float *source;  ///< as in fk_conv_band
  ptrdiff_t source_image, source_row, source_pixel;
  fk_conv_patch patch;
  const float *d_output;  ///< readable for `vectors` whole vectors at every pixel
  ptrdiff_t d_image, d_row, d_pixel;
  size_t images, rows, width;
  size_t vectors;  ///< 1 or 2: the panel's width
  float *sums;     ///< [patch length][vectors · vector width]
  bool starts;     ///< whether the sums start from 0 rather than from what is there
  fk_ahead ahead_source, ahead_output;
} fk_conv_gradient;

/// sums[k, o] += Σ over images, rows and pixels, in this order, of patch[pixel, k] · d_output[pixel, o].
void fk_conv_weight_gradient(fk_isa isa, const fk_conv_gradient *gradient);

typedef struct fk_depthwise_band {
  const float *source;
  ptrdiff_t source_row, source_pixel;
  const ptrdiff_t *taps;          ///< offset of each tap from an output pixel's base
  const ptrdiff_t *weight_rows;   ///< offset of each tap's row of `channels` weights
  size_t tap_count;
  const float *weights;
  float *output;
  ptrdiff_t output_row, output_pixel;
  size_t rows, width, channels;
} fk_depthwise_band;

/// output[row, pixel, c] = Σ over taps, in their order, of source[…, c] · weights[tap, c].
void fk_depthwise_forward(fk_isa isa, const fk_depthwise_band *band);

typedef struct fk_depthwise_gradient {
  const float *source;
  ptrdiff_t source_row, source_pixel;
  const ptrdiff_t *taps;
  size_t tap_count;
  const float *d_output;
  ptrdiff_t d_row, d_pixel;
  size_t rows, width, channels;
  float *sums;  ///< [taps][channels], added to
} fk_depthwise_gradient;

/// sums[tap, c] += Σ over rows and pixels of source[…, c] · d_output[…, c].
void fk_depthwise_weight_gradient(fk_isa isa, const fk_depthwise_gradient *gradient);

/// A rectangle of an image [height][width][channels] that may reach over its edges.
typedef struct fk_conv_window {
  const float *image;
  ptrdiff_t height, width;
  size_t channels;
  ptrdiff_t top, left;    ///< may be negative
  size_t rows, columns;
  size_t pitch;           ///< floats from pixel to pixel of the copy, at least `channels`
} fk_conv_window;

/// scratch[rows][columns][0 ..< channels] = the window, zeros outside of the image. What lies between two pixels' channels
/// is nobody's: it may be written or not.
void fk_conv_copy_window(float *scratch, const fk_conv_window *window);

/// packed[row][0 ..< width] = weights[row·stride + 0 ..< columns], then zeros.
void fk_conv_pack(float *packed, size_t width, const float *weights, size_t stride, size_t rows, size_t columns);
/// packed[row][0 ..< width] = weights[column·stride + row] for columns 0 ..< columns, then zeros.
void fk_conv_pack_turned(
    float *packed, size_t width, const float *weights, size_t stride, size_t rows, size_t columns);

/// Running count, means and sums of squared deviations of channels.
typedef struct fk_moments {
  double *mean, *squares;  ///< [channels]
  size_t count;
} fk_moments;

/// Takes in pixels, `step` floats apart. Each stretch of up to 64 is centred on its own mean before it is squared, so a
/// large mean costs no digits; stretches are combined in double precision (Chan, Golub & LeVeque 1979).
void fk_conv_moments(
    fk_isa isa, fk_moments *moments, const float *pixels, ptrdiff_t step, size_t count, size_t channels);

#endif
