// Products of fk_bf16.h: the tiles of conv.body.h over units, and the passes that make units.
//
// With BF16_NATIVE, VDPBF16PS and the conversions of AVX-512 BF16; without, the same numbers by shifts and two
// multiply-adds.

#include "bf16.body.h"

#ifdef BF16_NATIVE

// sum + both products of each unit.
FK_INLINE vf FK(bf16_dot)(vf a, vf b, vf sum) {
  return __builtin_bit_cast(
      vf, _mm512_dpbf16_ps(
              __builtin_bit_cast(__m512, sum), __builtin_bit_cast(__m512bh, a), __builtin_bit_cast(__m512bh, b)));
}

#else

FK_INLINE vf FK(bf16_dot)(vf a, vf b, vf sum) {
  const vu x = __builtin_bit_cast(vu, a), y = __builtin_bit_cast(vu, b);
  sum = vf_fma(__builtin_bit_cast(vf, x & 0xffff0000u), __builtin_bit_cast(vf, y & 0xffff0000u), sum);
  return vf_fma(__builtin_bit_cast(vf, x << 16), __builtin_bit_cast(vf, y << 16), sum);
}

#endif

#define CONV_MULTIPLY_ADD FK(bf16_dot)
#define CONV_PRODUCTS_ONLY
#define CONV_NARROW(band) (band)->narrow
#define CONV_LOAD_NARROW FK(load_units)
#define CONV_STORE_NARROW FK(store_units)
#include "conv.body.h"
#undef CONV_PRODUCTS_ONLY
#undef CONV_NARROW
#undef CONV_LOAD_NARROW
#undef CONV_STORE_NARROW
#undef CONV_MULTIPLY_ADD

// The units of `count` neighbouring values.
FK_INLINE void FK(bf16_stream)(float *units, const float *x, size_t count) {
  size_t i = 0;
  for (; i + 2 * FK_W <= count; i += 2 * FK_W)
    vf_store(units + i / 2, FK(bf16_neighbours)(vf_load(x + i), vf_load(x + i + FK_W)));
  if (i == count) return;
  const size_t left = count - i, first = left < FK_W ? left : FK_W;
  const vf a = vf_load_n(x + i, first);
  const vf b = left > FK_W ? vf_load_part(x + i + FK_W, left - FK_W, 0.0f) : vf_zero();
  vf_store_n(units + i / 2, FK(bf16_neighbours)(a, b), (left + 1) / 2);
}

FK_INLINE void FK(bf16_clear)(float *units, size_t count) {
  if (count > 0) memset(units, 0, count * sizeof(float));
}

// Columns of the window from `before` up to `end` lie in the image.
FK_INLINE void FK(bf16_inside)(const fk_bf16_window *w, size_t *before, size_t *end) {
  const ptrdiff_t step = (ptrdiff_t)w->column_step, columns = (ptrdiff_t)w->columns;
  ptrdiff_t first = w->left < 0 ? (-w->left + step - 1) / step : 0;
  ptrdiff_t past = w->left < w->width ? (w->width - w->left + step - 1) / step : 0;
  if (first > columns) first = columns;
  if (past < first) past = first;
  if (past > columns) past = columns;
  *before = (size_t)first;
  *end = (size_t)past;
}

static void FK(bf16_pair_channels)(float *units, const fk_bf16_window *w) {
  size_t before, end;
  FK(bf16_inside)(w, &before, &end);
  const size_t used = (w->channels + 1) / 2;
  const bool is_dense = w->column_step == 1 && w->pixel == w->channels && 2 * w->pitch == w->channels;
  for (size_t r = 0; r < w->rows; r++, units += w->columns * w->pitch) {
    const ptrdiff_t row = w->top + (ptrdiff_t)(r * w->row_step);
    if (row < 0 || row >= w->height || end == before) {
      FK(bf16_clear)(units, w->columns * w->pitch);
      continue;
    }
    const size_t step = w->column_step * w->pixel;
    const float *x = w->image + (row * w->width + w->left) * (ptrdiff_t)w->pixel + (ptrdiff_t)(before * step);
    FK(bf16_clear)(units, before * w->pitch);
    if (is_dense) {
      FK(bf16_stream)(units + before * w->pitch, x, (end - before) * w->channels);
    } else {
      for (size_t c = before; c < end; c++, x += step) {
        FK(bf16_stream)(units + c * w->pitch, x, w->channels);
        FK(bf16_clear)(units + c * w->pitch + used, w->pitch - used);
      }
    }
    FK(bf16_clear)(units + end * w->pitch, (w->columns - end) * w->pitch);
  }
}

// The units of two pixels, either of which may be absent and counts as 0.
FK_INLINE void FK(bf16_pair)(float *units, const float *x, const float *y, size_t channels) {
  size_t c = 0;
  if (x && y) {
    for (; c + FK_W <= channels; c += FK_W) vf_store(units + c, FK(bf16_pairs)(vf_load(x + c), vf_load(y + c)));
  } else {
    for (; c + FK_W <= channels; c += FK_W)
      vf_store(units + c, FK(bf16_pairs)(x ? vf_load(x + c) : vf_zero(), y ? vf_load(y + c) : vf_zero()));
  }
  if (c == channels) return;
  const size_t left = channels - c;
  const vf low = x ? vf_load_part(x + c, left, 0.0f) : vf_zero();
  const vf high = y ? vf_load_part(y + c, left, 0.0f) : vf_zero();
  vf_store_part(units + c, FK(bf16_pairs)(low, high), left);
}

// The same of pixels that are in units already, of two channels each. Absent ones are zeros.
FK_INLINE void FK(bf16_pair_units)(float *units, const float *x, const float *y, size_t channels) {
  for (size_t c = 0; c < channels; c += FK_W) {
    const size_t left = channels - c, n = left < FK_W ? left : FK_W;
    const vu low = x ? FK(load_halves)(x + c / 2, n) : (vu)0u;
    const vu high = y ? FK(load_halves)(y + c / 2, n) : (vu)0u;
    vf_store_n(units + c, __builtin_bit_cast(vf, low | high << 16), n);
  }
}

static void FK(bf16_pair_pixels)(float *units, const fk_bf16_window *w) {
  for (size_t r = 0; r < w->rows; r++) {
    const ptrdiff_t row = w->top + (ptrdiff_t)(r * w->row_step);
    if (row < 0 || row >= w->height) {
      FK(bf16_clear)(units, w->columns * w->pitch);
      units += w->columns * w->pitch;
      continue;
    }
    const float *pixels = w->image + row * w->width * (ptrdiff_t)w->pixel;
    ptrdiff_t column = w->left;
    for (size_t c = 0; c < w->columns; c++, column += (ptrdiff_t)w->column_step, units += w->pitch) {
      const ptrdiff_t second = column + (ptrdiff_t)w->partner;
      const float *x = column >= 0 && column < w->width ? pixels + column * (ptrdiff_t)w->pixel : NULL;
      const float *y = second >= 0 && second < w->width ? pixels + second * (ptrdiff_t)w->pixel : NULL;
      if (w->narrow) FK(bf16_pair_units)(units, x, y, w->channels);
      else FK(bf16_pair)(units, x, y, w->channels);
      FK(bf16_clear)(units + w->channels, w->pitch - w->channels);
    }
  }
}

static void FK(bf16_pack)(
    float *packed, size_t width, const float *weights, size_t stride, size_t rows, size_t columns) {
  for (size_t r = 0; r < rows; r += 2, packed += width, weights += 2 * stride) {
    FK(bf16_pair)(packed, weights, r + 1 < rows ? weights + stride : NULL, columns);
    FK(bf16_clear)(packed + columns, width - columns);
  }
}

static void FK(bf16_pack_turned)(
    float *packed, size_t width, const float *weights, size_t stride, size_t rows, size_t columns) {
  // A vector of units of each column, row by row, then turned.
  float units[2 * FK_W * FK_W];
  for (size_t r = 0; r < rows; r += 2 * FK_W, packed += FK_W * width) {
    const size_t n = rows - r < 2 * FK_W ? rows - r : 2 * FK_W;
    for (size_t c = 0; c < columns; c++) FK(bf16_stream)(units + c * FK_W, weights + c * stride + r, n);
    fk_conv_pack_turned(packed, width, units, FK_W, (n + 1) / 2, columns);
  }
}
