// Bodies of fk_pool.h.
#include "columns.body.h"
#include "lanes.body.h"

FK_INLINE vi FK(load_indices)(const int32_t *p, size_t n) {
  return __builtin_bit_cast(vi, vf_load_n((const float *)p, n));
}
FK_INLINE void FK(store_indices)(int32_t *p, vi v, size_t n) {
  vf_store_n((float *)p, __builtin_bit_cast(vf, v), n);
}

// A running maximum and where it was found.
FK_INLINE void FK(meet)(vf *maximum, vi *where, vf value, vi place) {
  vi greater = (value > *maximum) | (value != value);
  *maximum = greater ? value : *maximum;
  *where = greater ? place : *where;
}

// Joins two running maxima over interleaved places: of equal ones, the smaller place.
FK_INLINE void FK(join)(vf *maximum, vi *where, vf value, vi place) {
  vi greater = (value > *maximum) | (value != value) | ((value == *maximum) & (place < *where));
  *maximum = greater ? value : *maximum;
  *where = greater ? place : *where;
}

// ---- Over the pixels, for each channel ----

// Narrow blocks take several rows at once, `ways`, so that one row's addition need not wait for the row before.
FK_INLINE void FK(pool_rows)(const float *x, size_t C, size_t start, int vectors, size_t lanes, int ways, bool maxima,
                             bool normalizes, const vf average[4], const vf gain[4], const vf offset[4], vf sum[4],
                             vf maximum[4], vi where[4]) {
  FK_UNROLL for (int w = 0; w < ways; w++)
    FK_UNROLL for (int v = 0; v < vectors; v++) {
      vf value = vf_load_n(x + (start + w) * C + v * FK_W, lanes);
      if (normalizes) value = FK(normalized)(value - average[v], gain[v], offset[v]);
      sum[w * vectors + v] += value;
      if (maxima) FK(meet)(&maximum[w * vectors + v], &where[w * vectors + v], value, (vi)(int32_t)(start + w));
    }
}

FK_INLINE void FK(pool_pixels_block)(size_t c, int vectors, size_t lanes, fk_features features, size_t pixels, size_t C,
                                     float *mean, float *maxima, int32_t *places, bool wanted, bool normalizes) {
  const int ways = 4 / vectors;
  vf total[4], sum[4], maximum[4];
  vi where[4];
  FK_UNROLL for (int i = 0; i < 4; i++) {
    total[i] = vf_zero();
    maximum[i] = vf_set1(-INFINITY);
    where[i] = (vi)0;
  }
  const float *x = features.values + c;
  vf average[4], gain[4], offset[4];
  if (normalizes)
    FK_UNROLL for (int v = 0; v < vectors; v++) {
      average[v] = vf_load_n(features.mean + c + v * FK_W, lanes);
      gain[v] = vf_load_n(features.gain + c + v * FK_W, lanes);
      offset[v] = vf_load_n(features.offset + c + v * FK_W, lanes);
    }
  for (size_t start = 0; start < pixels; start += FK_CHUNK) {
    size_t end = start + FK_CHUNK < pixels ? start + FK_CHUNK : pixels, p = start;
    FK_UNROLL for (int i = 0; i < 4; i++) sum[i] = vf_zero();
    for (; p + ways <= end; p += ways)
      FK(pool_rows)(x, C, p, vectors, lanes, ways, wanted, normalizes, average, gain, offset, sum, maximum, where);
    for (; p < end; p++)
      FK(pool_rows)(x, C, p, vectors, lanes, 1, wanted, normalizes, average, gain, offset, sum, maximum, where);
    FK_UNROLL for (int i = 0; i < 4; i++) total[i] += sum[i];
  }
  FK_UNROLL for (int v = 0; v < vectors; v++) {
    FK_UNROLL for (int w = 1; w < ways; w++) {
      total[v] += total[w * vectors + v];
      FK(join)(&maximum[v], &where[v], maximum[w * vectors + v], where[w * vectors + v]);
    }
    size_t at = c + v * FK_W;
    if (mean) vf_store_n(mean + at, total[v] / vf_set1((float)pixels), lanes);
    if (wanted) {
      vf_store_n(maxima + at, maximum[v], lanes);
      FK(store_indices)(places + at, where[v], lanes);
    }
  }
}

static void FK(pool_pixels)(fk_features x, size_t pixels, size_t C, float *mean, float *maximum, int32_t *where) {
  if (maximum && x.mean) FK_COLUMNS(C, pool_pixels_block, x, pixels, C, mean, maximum, where, true, true);
  else if (maximum) FK_COLUMNS(C, pool_pixels_block, x, pixels, C, mean, maximum, where, true, false);
  else if (x.mean) FK_COLUMNS(C, pool_pixels_block, x, pixels, C, mean, maximum, where, false, true);
  else FK_COLUMNS(C, pool_pixels_block, x, pixels, C, mean, maximum, where, false, false);
}

// ---- Over the channels, for each pixel ----

// FK_W channels from c on of FK_W pixels from p on, gated: transposed, so that each vector is one channel of all these
// pixels and no step works across lanes. Past the last pixel the last one is read again.
FK_INLINE void FK(load_square)(vf square[FK_W], fk_features x, const float *gate, size_t p, size_t pixels, size_t c,
                               size_t n, size_t C, bool normalizes) {
  vf g = gate ? vf_load_n(gate + c, n) : vf_set1(1.0f), average, gain, offset;
  if (normalizes) {
    average = vf_load_n(x.mean + c, n);
    gain = vf_load_n(x.gain + c, n);
    offset = vf_load_n(x.offset + c, n);
  }
  FK_UNROLL for (int i = 0; i < FK_W; i++) {
    size_t pixel = p + i < pixels ? p + i : pixels - 1;
    vf value = vf_load_n(x.values + pixel * C + c, n);
    if (normalizes) value = FK(normalized)(value - average, gain, offset);
    square[i] = value * g;
  }
  FK(transpose)(square);
}

FK_INLINE void FK(pool_square)(vf square[FK_W], size_t c, int n, vf *maximum, vi *where, vf *sum) {
  FK_UNROLL for (int k = 0; k < FK_W; k++)
    if (k < n) FK(meet)(maximum, where, square[k], (vi)(int32_t)(c + k));
  // Lanes past the last channel hold 0 and add nothing.
  FK_UNROLL for (int half = FK_W / 2; half > 0; half /= 2)
    FK_UNROLL for (int k = 0; k < half; k++) square[k] += square[k + half];
  *sum += square[0];
}

FK_INLINE void FK(pool_channels_all)(fk_features x, const float *gate, size_t pixels, size_t C, float *maxima, float *means,
                                     size_t stride, int32_t *places, bool normalizes) {
  for (size_t p = 0; p < pixels; p += FK_W) {
    vf maximum = vf_set1(-INFINITY), sum = vf_zero(), square[FK_W];
    vi where = (vi)0;
    size_t c = 0;
    for (; c + FK_W <= C; c += FK_W) {
      FK(load_square)(square, x, gate, p, pixels, c, FK_W, C, normalizes);
      FK(pool_square)(square, c, FK_W, &maximum, &where, &sum);
    }
    if (c < C) {
      FK(load_square)(square, x, gate, p, pixels, c, C - c, C, normalizes);
      FK(pool_square)(square, c, (int)(C - c), &maximum, &where, &sum);
    }
    vf mean = sum / vf_set1((float)C);
    size_t n = pixels - p < FK_W ? pixels - p : FK_W;
    if (stride == 1) {
      vf_store_n(maxima + p, maximum, n);
      vf_store_n(means + p, mean, n);
    } else {
      float m[FK_W], s[FK_W];
      vf_store(m, maximum);
      vf_store(s, mean);
      for (size_t i = 0; i < n; i++) maxima[(p + i) * stride] = m[i], means[(p + i) * stride] = s[i];
    }
    if (places) FK(store_indices)(places + p, where, n);
  }
}

static void FK(pool_channels)(fk_features x, const float *gate, size_t pixels, size_t C, float *maxima, float *means,
                              size_t stride, int32_t *places) {
  if (x.mean) FK(pool_channels_all)(x, gate, pixels, C, maxima, means, stride, places, true);
  else FK(pool_channels_all)(x, gate, pixels, C, maxima, means, stride, places, false);
}

// ---- Over a window ----

FK_INLINE void FK(window_max_block)(size_t c, int vectors, size_t lanes, float *y, int32_t *places, const float *x,
                                    size_t C, fk_window w) {
  vf maximum[4];
  vi where[4];
  FK_UNROLL for (int v = 0; v < vectors; v++) {
    maximum[v] = vf_set1(-INFINITY);
    where[v] = (vi)(int32_t)(w.top * w.width + w.left);
  }
  for (size_t row = w.top; row < w.bottom; row++)
    for (size_t p = row * w.width + w.left; p < row * w.width + w.right; p++)
      FK_UNROLL for (int v = 0; v < vectors; v++)
        FK(meet)(&maximum[v], &where[v], vf_load_n(x + p * C + c + v * FK_W, lanes), (vi)(int32_t)p);
  FK_UNROLL for (int v = 0; v < vectors; v++) {
    vf_store_n(y + c + v * FK_W, maximum[v], lanes);
    FK(store_indices)(places + c + v * FK_W, where[v], lanes);
  }
}
static void FK(window_max)(float *y, int32_t *where, const float *x, size_t C, fk_window window) {
  FK_COLUMNS(C, window_max_block, y, where, x, C, window);
}

FK_INLINE void FK(window_max_backward_block)(size_t c, int vectors, size_t lanes, float *dx, const float *dy,
                                             const int32_t *places, size_t C, fk_window w) {
  vf gradient[4];
  vi where[4];
  FK_UNROLL for (int v = 0; v < vectors; v++) {
    gradient[v] = vf_load_n(dy + c + v * FK_W, lanes);
    where[v] = FK(load_indices)(places + c + v * FK_W, lanes);
  }
  for (size_t row = w.top; row < w.bottom; row++)
    for (size_t p = row * w.width + w.left; p < row * w.width + w.right; p++)
      FK_UNROLL for (int v = 0; v < vectors; v++) {
        float *at = dx + p * C + c + v * FK_W;
        vf own = vf_select(where[v] == (vi)(int32_t)p, gradient[v], vf_zero());
        vf_store_n(at, vf_load_n(at, lanes) + own, lanes);
      }
}
static void FK(window_max_backward)(float *dx, const float *dy, const int32_t *where, size_t C, fk_window window) {
  FK_COLUMNS(C, window_max_backward_block, dx, dy, where, C, window);
}

FK_INLINE void FK(window_sum_block)(size_t c, int vectors, size_t lanes, float *y, const float *x, size_t C,
                                    fk_window w, float scale) {
  vf sum[4];
  FK_UNROLL for (int v = 0; v < vectors; v++) sum[v] = vf_zero();
  for (size_t row = w.top; row < w.bottom; row++)
    for (size_t p = row * w.width + w.left; p < row * w.width + w.right; p++)
      FK_UNROLL for (int v = 0; v < vectors; v++) sum[v] += vf_load_n(x + p * C + c + v * FK_W, lanes);
  FK_UNROLL for (int v = 0; v < vectors; v++) vf_store_n(y + c + v * FK_W, sum[v] * vf_set1(scale), lanes);
}
static void FK(window_sum)(float *y, const float *x, size_t C, fk_window window, float scale) {
  FK_COLUMNS(C, window_sum_block, y, x, C, window, scale);
}

FK_INLINE void FK(window_sum_backward_block)(size_t c, int vectors, size_t lanes, float *dx, const float *dy, size_t C,
                                             fk_window w, float scale) {
  vf own[4];
  FK_UNROLL for (int v = 0; v < vectors; v++) own[v] = vf_load_n(dy + c + v * FK_W, lanes) * vf_set1(scale);
  for (size_t row = w.top; row < w.bottom; row++)
    for (size_t p = row * w.width + w.left; p < row * w.width + w.right; p++)
      FK_UNROLL for (int v = 0; v < vectors; v++) {
        float *at = dx + p * C + c + v * FK_W;
        vf_store_n(at, vf_load_n(at, lanes) + own[v], lanes);
      }
}
static void FK(window_sum_backward)(float *dx, const float *dy, size_t C, fk_window window, float scale) {
  FK_COLUMNS(C, window_sum_backward_block, dx, dy, C, window, scale);
}
