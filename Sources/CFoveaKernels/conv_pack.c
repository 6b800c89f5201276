// Copies that prepare a convolution: a window of the input with its halo, and weights as panels. They move memory
// and do no arithmetic, so one compilation serves every instruction set.
#include "fovea_kernels.h"
#include <string.h>

void fk_conv_copy_window(float *scratch, const fk_conv_window *w) {
  const size_t channels = w->channels, pitch = w->pitch, line = w->columns * pitch;
  // Columns of the window before, in and after the image.
  const ptrdiff_t columns = (ptrdiff_t)w->columns;
  ptrdiff_t before = w->left < 0 ? -w->left : 0;
  if (before > columns) before = columns;
  ptrdiff_t end = w->width - w->left;
  if (end < before) end = before;
  if (end > columns) end = columns;
  for (size_t r = 0; r < w->rows; r++, scratch += line) {
    const ptrdiff_t row = w->top + (ptrdiff_t)r;
    if (row < 0 || row >= w->height || end == before) {
      memset(scratch, 0, line * sizeof(float));
      continue;
    }
    const float *image = w->image + (row * w->width + w->left + before) * (ptrdiff_t)channels;
    memset(scratch, 0, (size_t)before * pitch * sizeof(float));
    if (pitch == channels) {
      memcpy(scratch + (size_t)before * pitch, image, (size_t)(end - before) * channels * sizeof(float));
    } else {
      for (ptrdiff_t p = before; p < end; p++, image += channels)
        memcpy(scratch + (size_t)p * pitch, image, channels * sizeof(float));
    }
    memset(scratch + (size_t)end * pitch, 0, (size_t)(columns - end) * pitch * sizeof(float));
  }
}

void fk_conv_pack(float *packed, size_t width, const float *weights, size_t stride, size_t rows, size_t columns) {
  for (size_t r = 0; r < rows; r++, packed += width, weights += stride) {
    memcpy(packed, weights, columns * sizeof(float));
    memset(packed + columns, 0, (width - columns) * sizeof(float));
  }
}

typedef float four __attribute__((ext_vector_type(4)));

// Four rows of four, read with one stride and written with another, turned.
static inline void turn_4x4(float *to, size_t to_stride, const float *from, size_t from_stride) {
  four a, b, c, d;
  memcpy(&a, from, sizeof a);
  memcpy(&b, from + from_stride, sizeof b);
  memcpy(&c, from + 2 * from_stride, sizeof c);
  memcpy(&d, from + 3 * from_stride, sizeof d);
  const four ab_low = __builtin_shufflevector(a, b, 0, 4, 1, 5), ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
  const four cd_low = __builtin_shufflevector(c, d, 0, 4, 1, 5), cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  a = __builtin_shufflevector(ab_low, cd_low, 0, 1, 4, 5);
  b = __builtin_shufflevector(ab_low, cd_low, 2, 3, 6, 7);
  c = __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5);
  d = __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7);
  memcpy(to, &a, sizeof a);
  memcpy(to + to_stride, &b, sizeof b);
  memcpy(to + 2 * to_stride, &c, sizeof c);
  memcpy(to + 3 * to_stride, &d, sizeof d);
}

void fk_conv_pack_turned(
    float *packed, size_t width, const float *weights, size_t stride, size_t rows, size_t columns) {
  const size_t whole_columns = columns & ~(size_t)3, whole_rows = rows & ~(size_t)3;
  // Squares of a cache line: strides are powers of two as a rule, so that lines read long ago are gone.
  for (size_t first_row = 0; first_row < whole_rows; first_row += 16)
    for (size_t first_column = 0; first_column < whole_columns; first_column += 16)
      for (size_t r = first_row; r < first_row + 16 && r < whole_rows; r += 4)
        for (size_t c = first_column; c < first_column + 16 && c < whole_columns; c += 4)
          turn_4x4(packed + r * width + c, width, weights + c * stride + r, stride);
  for (size_t r = 0; r < rows; r++) {
    for (size_t c = r < whole_rows ? whole_columns : 0; c < columns; c++)
      packed[r * width + c] = weights[c * stride + r];
    memset(packed + r * width + columns, 0, (width - columns) * sizeof(float));
  }
}
