// Winograd's convolution of 3×3 kernels at stride 1: the transforms.
//
// F(m×m, 3×3) computes m×m outputs from a tile of (m+2)×(m+2) inputs with one product for each of the tile's points
// instead of nine for each output (Winograd 1980; Lavin & Gray, "Fast Algorithms for Convolutional Neural Networks",
// CVPR 2016):
//
//   Y = Aᵀ [ (G g Gᵀ) ⊙ (Bᵀ d B) ] A
//
// Summed over channels, the product ⊙ is for each point of the tile a matrix product [tiles, C]·[C, O], and is done by
// fk_conv_forward; its gradient by fk_conv_weight_gradient. Everything here is a pass over memory. m is 2
// (interpolation at 0, ±1, ∞) or 4 (0, ±1, ±2, ∞).
//
// Transformed values lie in planes, one for each of the (m+2)² points in row order: plane[point][tile][channel].
// All channel counts are multiples of fk_vector_width(isa).
#ifndef FK_WINOGRAD_H
#define FK_WINOGRAD_H

#include <stdbool.h>
#include <stddef.h>

/// A rectangle of tiles of one image, and their transformed values.
typedef struct fk_winograd_tiles {
  size_t outputs;          ///< m: 2 or 4
  float *image;            ///< first of the channels of pixel (0, 0)
  ptrdiff_t height, width;
  size_t channels;         ///< of a pixel that are transformed
  size_t pixel;            ///< floats (or units) from pixel to pixel
  bool narrow;             ///< whether image and residual are units of two bf16 channels (fk_bf16.h); not of a gradient
  ptrdiff_t top, left;     ///< first row and column of the first tile; may lie outside of the image
  size_t rows, columns;    ///< tiles; they lie m pixels apart
  float *planes;           ///< first tile's first channel in the first plane
  size_t plane, pitch;     ///< floats from plane to plane and from tile to tile
  bool divided;            ///< of fk_winograd_input, m = 4: whether B carries G's divisors, for fk_winograd_kernels
  // Of fk_winograd_output alone:
  const float *bias;       ///< [channels], added to every pixel, or null
  const float *residual;   ///< added then, laid out as the image is, or null
  int relu;                ///< whether max(0, ·) ends it
} fk_winograd_tiles;

/// planes ← Bᵀ d B for the (m+2)² inputs d of each tile, zero outside of the image. Reads `image`.
void fk_winograd_input(fk_isa isa, const fk_winograd_tiles *tiles);
/// image ← Aᵀ M A, the m² outputs of each tile, with bias, residual and ReLU; what lies outside of the image is dropped.
void fk_winograd_output(fk_isa isa, const fk_winograd_tiles *tiles);
/// planes ← A d Aᵀ for the m² output gradients d of each tile, zero outside of the image. Reads `image`.
void fk_winograd_output_gradient(fk_isa isa, const fk_winograd_tiles *tiles);

/// planes ← G g Gᵀ for `count` weights of each tap, where planes lie `plane` and taps `tap` floats apart; with
/// `turned`, of the kernel turned by 180°.
void fk_winograd_weight(
    fk_isa isa, float *planes, size_t plane, const float *weight, size_t tap, size_t outputs, size_t count, int turned);
/// planes[point][row][column] ← G g Gᵀ for kernels that lie one behind the other, [rows][3·3][width], `width` of them at a time.
/// For m = 4 G is without its divisors, which fk_winograd_input put on the tiles: 54 operations for a kernel in place of 99.
void fk_winograd_kernels(
    fk_isa isa, float *planes, size_t plane, const float *kernels, size_t outputs, size_t rows, size_t width);
/// The extents of fk_winograd_few: constants, so that addresses need no registers.
enum {
  FK_WINOGRAD_FEW = 4,               ///< tiles of fk_winograd_few at most
  FK_WINOGRAD_FEW_PITCH = 512 + 16,  ///< floats from tile to tile
  FK_WINOGRAD_FEW_PLANE = FK_WINOGRAD_FEW * FK_WINOGRAD_FEW_PITCH + 16,  ///< floats from plane to plane
};

/// The products of a few tiles, m = 4, with weights that are transformed in registers and never stored.
typedef struct fk_winograd_few {
  const float *tiles;      ///< transformed, `divided`: first tile's first source channel in the first plane
  size_t count;            ///< tiles, 1 to FK_WINOGRAD_FEW
  const float *kernels;    ///< [source channel][3·3][target channel]
  const float *ahead;      ///< kernels laid out alike that are fetched meanwhile, or null
  const float *later;      ///< other memory to fetch meanwhile, or null
  size_t later_count;      ///< floats of it
  size_t in, out;          ///< source channels, any number, and target channels
  float *sums;             ///< [point][tile][target channel]
  size_t sum_plane;        ///< floats from point to point of the sums
  int adds;                ///< whether the products are added to what is there
} fk_winograd_few;

/// Whether fk_winograd_products is there: 6·FK_WINOGRAD_FEW sums must fit in registers.
int fk_winograd_has_products(fk_isa isa);
/// sums ← tiles · G g Gᵀ for every point: the bits that fk_winograd_kernels and fk_conv_forward (with the sums as its
/// residual, where they are added) give together.
void fk_winograd_products(fk_isa isa, const fk_winograd_few *few);

/// d_weight[3][3] ← Gᵀ s G for `count` floats, where planes lie `plane` and taps `tap` floats apart; with `adds`, added to
/// what is there.
void fk_winograd_weight_gradient(
    fk_isa isa, float *d_weight, size_t tap, const float *planes, size_t plane, size_t outputs, size_t count, int adds);

#endif
