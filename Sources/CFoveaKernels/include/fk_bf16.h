// Convolution with factors in bfloat16 and sums in 32-bit floats.
//
// A *unit* is 32 bits: two bf16 factors, the first in the low half, of which a product sums both at once. Units take the
// place of floats in everything that fk_conv.h addresses, so the same bands, patches and panels serve both precisions:
//
// - In fk_bf16_forward a unit of the source is two neighbouring channels of a pixel, and a unit of the weights two
//   neighbouring rows of a panel. Odd channels have a zero for a partner, on both sides.
// - In fk_bf16_weight_gradient, which sums over pixels, a unit is one channel of two output pixels, or what a tap reads
//   for them.
//
// Factors are rounded to nearest, ties to even; NaN stays NaN; denormals count as 0. The sums are those of VDPBF16PS: of
// each unit first the product of the high halves is added, then that of the low.
//
// Memory of units is declared as floats and only ever moved, so that no bit pattern is taken for a number.
#ifndef FK_BF16_H
#define FK_BF16_H

#include "fk_conv.h"
#include "fk_pool.h"

/// Whether that instruction set is FK_ISA_AVX512 on a CPU with AVX-512 BF16.
bool fk_bf16_is_native(fk_isa isa);
/// Whether these kernels may run for that instruction set: natively, or by an emulation that was asked for.
bool fk_has_bf16(fk_isa isa);
/// Whether FOVEA_BF16=emulate or fk_emulate_bf16 asked for the emulation.
bool fk_emulates_bf16(void);
/// Computes the same products with other instructions where VDPBF16PS is missing: slower than fp32, and only good for
/// finding out what the rounding does.
void fk_emulate_bf16(bool emulates);

/// fk_conv_forward over units.
void fk_bf16_forward(fk_isa isa, const fk_conv_band *band);
/// fk_conv_weight_gradient over units: `width` counts pairs of pixels, and `d_output` holds units too. Where a row's
/// pixels are odd in number, the last pair's second output gradient must be 0.
void fk_bf16_weight_gradient(fk_isa isa, const fk_conv_gradient *gradient);

/// A rectangle of an image that may reach over its edges, where everything is zero, or of every so many rows and columns.
typedef struct fk_bf16_window {
  const float *image;  ///< first of the channels of pixel (0, 0)
  ptrdiff_t height, width;
  size_t channels;     ///< of a pixel that are taken
  size_t pixel;        ///< floats (or units) from pixel to pixel
  bool narrow;         ///< fk_bf16_pair_pixels alone: whether the image is in units of two channels
  ptrdiff_t top, left; ///< may be negative
  size_t rows, columns;
  size_t row_step, column_step;  ///< the image's rows and columns from one of the window to the next
  size_t partner;      ///< fk_bf16_pair_pixels: columns from a pixel to the second of its pair
  size_t pitch;        ///< units from pixel to pixel of the result; zeros after the channels
} fk_bf16_window;

/// units[rows][columns][pitch]: the window's pixels, neighbouring channels together.
void fk_bf16_pair_channels(fk_isa isa, float *units, const fk_bf16_window *window);
/// units[rows][columns][pitch]: each channel of the window's pixels together with that of their partners.
void fk_bf16_pair_pixels(fk_isa isa, float *units, const fk_bf16_window *window);

/// fk_conv_pack of units: packed[row][0 ..< width] for rows 0 ..< ⌈rows / 2⌉.
void fk_bf16_pack(
    fk_isa isa, float *packed, size_t width, const float *weights, size_t stride, size_t rows, size_t columns);
/// fk_conv_pack_turned of units, of at most two vectors of columns.
void fk_bf16_pack_turned(
    fk_isa isa, float *packed, size_t width, const float *weights, size_t stride, size_t rows, size_t columns);

// ---- Maps in bf16 ----
//
// A map's units are pairs of neighbouring channels, as in fk_bf16_forward; its channels are even in number. Values are rounded
// as factors are.

/// units [n / 2] ← x [n]
void fk_bf16_round(fk_isa isa, float *units, const float *x, size_t n);
/// x [n] ← units [n / 2]
void fk_bf16_widen(fk_isa isa, float *x, const float *units, size_t n);
/// The largest value in the window, for each channel; a NaN where there is one.
void fk_bf16_window_max(fk_isa isa, float *y, const float *x, size_t channels, fk_window window);
/// fk_gate_pool_pixels and fk_gate_pool_channels of x in units.
void fk_bf16_gate_pool_pixels(
    fk_isa isa, float *sum, float *maximum, const float *x, size_t pixels, size_t channels);
void fk_bf16_gate_pool_channels(
    fk_isa isa, float *maximum, float *mean, fk_features x, const float *channel, size_t pixels, size_t channels);
/// fk_gate_apply of x, residual and output in units.
void fk_bf16_gate_apply(
    fk_isa isa, float *output, fk_features x, const float *residual, const float *channel, const float *spatial,
    size_t pixels, size_t channels, bool relu);
/// fk_conv_moments of pixels in units, `step` units apart.
void fk_bf16_moments(
    fk_isa isa, fk_moments *moments, const float *pixels, ptrdiff_t step, size_t count, size_t channels);
/// fk_normalize, fk_normalize_sums and fk_normalize_backward of x in units. y is in units too, unless it is `wide`; gradients are
/// floats.
void fk_bf16_normalize(
    fk_isa isa, float *y, bool wide, const float *x, const float *mean, const float *gain, const float *offset,
    size_t rows, size_t channels, bool relu);
void fk_bf16_normalize_sums(
    fk_isa isa, const float *dy, const float *x, const float *mean, const float *gain, const float *offset, size_t rows,
    size_t channels, bool relu, double *sums, double *products);
void fk_bf16_normalize_backward(
    fk_isa isa, float *dx, const float *dy, const float *x, const float *mean, const float *gain, const float *offset,
    const float *a, const float *b, size_t rows, size_t channels, bool relu);

#endif
