// Products of fk_conv.h. A tile is L pixels of one row by V vectors of output channels (or, in the weight
// gradient, L values of a patch by V vectors), whose sums stay in registers over the whole inner sum.
//
// conv_bf16.body.h includes this too, for the products alone, with a multiply-add of its own.
#ifndef CONV_MULTIPLY_ADD
#define CONV_MULTIPLY_ADD vf_fma
#define CONV_NARROW(band) false
#define CONV_LOAD_NARROW vf_load_n
#define CONV_STORE_NARROW vf_store_n
#endif

// The largest tiles: sums, one panel row and one broadcast value fill the registers, and no compiler spills them.
#if FK_W == 16
#define CONV_L1 16
#define CONV_L2 14
#elif FK_W == 8
#define CONV_L1 12
#define CONV_L2 6
#elif defined(__aarch64__)
#define CONV_L1 16
#define CONV_L2 12
#else
#define CONV_L1 8
#define CONV_L2 5
#endif

// Tiles from 1 pixel up to the largest: X(pixels, vectors).
#define CONV_TILES_4(X, V) X(1, V) X(2, V) X(3, V) X(4, V)
#define CONV_TILES_5(X, V) CONV_TILES_4(X, V) X(5, V)
#define CONV_TILES_6(X, V) CONV_TILES_5(X, V) X(6, V)
#define CONV_TILES_8(X, V) CONV_TILES_6(X, V) X(7, V) X(8, V)
#define CONV_TILES_12(X, V) CONV_TILES_8(X, V) X(9, V) X(10, V) X(11, V) X(12, V)
#define CONV_TILES_14(X, V) CONV_TILES_12(X, V) X(13, V) X(14, V)
#define CONV_TILES_16(X, V) CONV_TILES_14(X, V) X(15, V) X(16, V)
#define CONV_TILES_UP_TO(n) FK_PASTE(CONV_TILES, n)

// How many tiles of at most `largest` cover `extent`, so that they differ by one pixel at most: a row of 32 is cut
// into 11 + 11 + 10, not into 14 + 14 + 4.
FK_INLINE size_t FK(conv_tile_count)(size_t extent, size_t largest) { return (extent + largest - 1) / largest; }

typedef struct {
  const float *x, *w, *bias, *residual;
  float *y;
  size_t columns;
  const char *ahead, *later;  // memory to fetch, so many bytes with every step of the sum
  size_t ahead_step, later_step;
} FK(conv_place);

// n channels from one of a pixel on, as floats or, where memory is narrow, as units.
FK_INLINE vf FK(conv_load)(const float *pixel, bool narrow, size_t channel, size_t n) {
  return narrow ? CONV_LOAD_NARROW(pixel + channel / 2, n) : vf_load_n(pixel + channel, n);
}
FK_INLINE void FK(conv_store)(float *pixel, bool narrow, size_t channel, vf values, size_t n) {
  if (narrow) CONV_STORE_NARROW(pixel + channel / 2, values, n);
  else vf_store_n(pixel + channel, values, n);
}

FK_INLINE void FK(conv_tile)(const size_t L, const size_t V, const fk_conv_band *band, const FK(conv_place) * at) {
  vf sum[16][2];
  FK_UNROLL for (size_t j = 0; j < L; j++) FK_UNROLL for (size_t v = 0; v < V; v++) sum[j][v] = vf_zero();
  const float *restrict w = at->w;
  const ptrdiff_t step = band->source_pixel;
  const size_t length = band->patch.run_length;
  const char *ahead = at->ahead, *later = at->later;
  const size_t ahead_step = at->ahead_step, later_step = at->later_step;
  for (size_t r = 0; r < band->patch.run_count; r++) {
    const float *restrict x = at->x + band->patch.runs[r];
    for (size_t k = 0; k < length; k++) {
      __builtin_prefetch(ahead, 0, 2);
      __builtin_prefetch(later, 0, 2);
      ahead += ahead_step;
      later += later_step;
      vf b[2];
      FK_UNROLL for (size_t v = 0; v < V; v++) b[v] = vf_load(w + v * FK_W);
      w += V * FK_W;
      FK_UNROLL for (size_t j = 0; j < L; j++) {
        vf a = vf_set1(x[(ptrdiff_t)j * step + (ptrdiff_t)k]);
        FK_UNROLL for (size_t v = 0; v < V; v++) sum[j][v] = CONV_MULTIPLY_ADD(a, b[v], sum[j][v]);
      }
    }
  }
  if (at->bias) {
    FK_UNROLL for (size_t v = 0; v < V; v++) {
      size_t left = at->columns - v * FK_W;
      vf bias = left >= FK_W ? vf_load(at->bias + v * FK_W) : vf_load_part(at->bias + v * FK_W, left, 0);
      FK_UNROLL for (size_t j = 0; j < L; j++) sum[j][v] += bias;
    }
  }
  const bool narrow = CONV_NARROW(band);
  if (at->residual) {
    const float *residual = at->residual;
    FK_UNROLL for (size_t j = 0; j < L; j++, residual += band->output_pixel)
      FK_UNROLL for (size_t v = 0; v < V; v++) {
        const size_t left = at->columns - v * FK_W;
        sum[j][v] += FK(conv_load)(residual, narrow, v * FK_W, left >= FK_W ? FK_W : left);
      }
  }
  if (band->relu) {
    FK_UNROLL for (size_t j = 0; j < L; j++)
      FK_UNROLL for (size_t v = 0; v < V; v++) sum[j][v] = vf_max(vf_zero(), sum[j][v]);
  }
  float *y = at->y;
  if (__builtin_expect(at->columns == V * FK_W, 1)) {
    FK_UNROLL for (size_t j = 0; j < L; j++, y += band->output_pixel)
      FK_UNROLL for (size_t v = 0; v < V; v++) FK(conv_store)(y, narrow, v * FK_W, sum[j][v], FK_W);
    return;
  }
  // Only the last vector can be partly filled.
  const size_t left = at->columns - (V - 1) * FK_W;
  FK_UNROLL for (size_t j = 0; j < L; j++, y += band->output_pixel) {
    FK_UNROLL for (size_t v = 0; v + 1 < V; v++) FK(conv_store)(y, narrow, v * FK_W, sum[j][v], FK_W);
    FK(conv_store)(y, narrow, (V - 1) * FK_W, sum[j][V - 1], left);
  }
}

#define CONV_TILE(L, V)                                                                              \
  static void FK(conv_tile_##L##x##V)(const fk_conv_band *band, const FK(conv_place) * at) {         \
    FK(conv_tile)(L, V, band, at);                                                                   \
  }
CONV_TILES_UP_TO(CONV_L1)(CONV_TILE, 1)
CONV_TILES_UP_TO(CONV_L2)(CONV_TILE, 2)

static void (*const FK(conv_tiles)[2][17])(const fk_conv_band *, const FK(conv_place) *) = {
#define CONV_ENTRY(L, V) [V - 1][L] = FK(conv_tile_##L##x##V),
    CONV_TILES_UP_TO(CONV_L1)(CONV_ENTRY, 1) CONV_TILES_UP_TO(CONV_L2)(CONV_ENTRY, 2)};

// Fetches memory ahead in shares, one before each tile.
typedef struct {
  const char *next, *end;
} FK(conv_fetch);

FK_INLINE FK(conv_fetch) FK(conv_fetch_start)(fk_ahead ahead) {
  return (FK(conv_fetch)){(const char *)ahead.start, (const char *)(ahead.start + ahead.count)};
}

FK_INLINE size_t FK(conv_fetch_share)(const FK(conv_fetch) * fetch, size_t tiles) {
  return (size_t)(fetch->end - fetch->next) / tiles + 64;
}

FK_INLINE void FK(conv_fetch_some)(FK(conv_fetch) * fetch, size_t share) {
  const char *end = (size_t)(fetch->end - fetch->next) > share ? fetch->next + share : fetch->end;
  for (; fetch->next < end; fetch->next += 64) __builtin_prefetch(fetch->next, 0, 2);
  if (fetch->next > fetch->end) fetch->next = fetch->end;
}

// Has a share fetched line by line while a tile is summed in so many steps, which is free; only what is too much for that is
// fetched at once.
FK_INLINE void FK(conv_fetch_within)(FK(conv_fetch) * fetch, size_t share, size_t steps, FK(conv_place) * at) {
  if (share > 64 * steps) {
    FK(conv_fetch_some)(fetch, share - 64 * steps);
    share = 64 * steps;
  }
  const size_t left = (size_t)(fetch->end - fetch->next);
  at->ahead_step = left && steps ? (share + steps - 1) / steps : 0;
  at->ahead = left ? fetch->next : (const char *)at->w;
  fetch->next = left > share ? fetch->next + share : fetch->end;
}

// The same as far as it is free.
FK_INLINE void FK(conv_fetch_later)(FK(conv_fetch) * fetch, size_t share, size_t steps, FK(conv_place) * at) {
  const size_t left = (size_t)(fetch->end - fetch->next);
  if (share > left) share = left;
  at->later_step = share >= 64 * steps ? 64 : (share + steps - 1) / steps;
  at->later = share ? fetch->next : (const char *)at->w;
  fetch->next += share;
}

static void FK(conv_forward)(const fk_conv_band *band) {
  FK(conv_fetch) fetch = FK(conv_fetch_start)(band->ahead);
  FK(conv_fetch) later = FK(conv_fetch_start)(band->later);
  const size_t patch = band->patch.run_count * band->patch.run_length;
  FK(conv_place) at = {.w = band->weights};
  for (size_t o = 0; o < band->channels; o += 2 * FK_W) {
    const size_t left = band->channels - o;
    const size_t vectors = left > FK_W ? 2 : 1;
    const size_t tiles = FK(conv_tile_count)(band->width, vectors == 2 ? CONV_L2 : CONV_L1);
    const size_t pixels = band->width / tiles, larger = band->width % tiles;
    const size_t share = FK(conv_fetch_share)(&fetch, band->rows * tiles);
    const size_t later_share = FK(conv_fetch_share)(&later, band->rows * tiles);
    at.bias = band->bias ? band->bias + o : NULL;
    at.columns = left < vectors * FK_W ? left : vectors * FK_W;
    for (size_t row = 0; row < band->rows; row++) {
      at.x = band->source + (ptrdiff_t)row * band->source_row;
      const ptrdiff_t start = (ptrdiff_t)row * band->output_row + (ptrdiff_t)(CONV_NARROW(band) ? o / 2 : o);
      at.y = band->output + start;
      at.residual = band->residual ? band->residual + start : NULL;
      for (size_t t = 0; t < tiles; t++) {
        const size_t L = pixels + (t < larger);
        FK(conv_fetch_within)(&fetch, share, patch, &at);
        FK(conv_fetch_later)(&later, later_share, patch, &at);
        FK(conv_tiles)[vectors - 1][L](band, &at);
        at.x += (ptrdiff_t)L * band->source_pixel;
        at.y += (ptrdiff_t)L * band->output_pixel;
        if (at.residual) at.residual += (ptrdiff_t)L * band->output_pixel;
      }
    }
    at.w += patch * vectors * FK_W;
  }
}

FK_INLINE void FK(conv_gradient_tile)(
    const size_t L, const size_t V, const fk_conv_gradient *g, const float *source, float *sums) {
  vf sum[16][2];
  FK_UNROLL for (size_t j = 0; j < L; j++)
    FK_UNROLL for (size_t v = 0; v < V; v++) sum[j][v] = g->starts ? vf_zero() : vf_load(sums + (j * V + v) * FK_W);
  for (size_t n = 0; n < g->images; n++)
    for (size_t row = 0; row < g->rows; row++) {
      const float *restrict x = source + (ptrdiff_t)n * g->source_image + (ptrdiff_t)row * g->source_row;
      const float *restrict d = g->d_output + (ptrdiff_t)n * g->d_image + (ptrdiff_t)row * g->d_row;
      for (size_t p = 0; p < g->width; p++, x += g->source_pixel, d += g->d_pixel) {
        vf b[2];
        FK_UNROLL for (size_t v = 0; v < V; v++) b[v] = vf_load(d + v * FK_W);
        FK_UNROLL for (size_t j = 0; j < L; j++) {
          vf a = vf_set1(x[j]);
          FK_UNROLL for (size_t v = 0; v < V; v++) sum[j][v] = CONV_MULTIPLY_ADD(a, b[v], sum[j][v]);
        }
      }
    }
  FK_UNROLL for (size_t j = 0; j < L; j++)
    FK_UNROLL for (size_t v = 0; v < V; v++) vf_store(sums + (j * V + v) * FK_W, sum[j][v]);
}

#define CONV_GRADIENT_TILE(L, V)                                                                     \
  static void FK(conv_gradient_tile_##L##x##V)(                                                      \
      const fk_conv_gradient *g, const float *source, float *sums) {                                 \
    FK(conv_gradient_tile)(L, V, g, source, sums);                                                   \
  }
CONV_TILES_UP_TO(CONV_L1)(CONV_GRADIENT_TILE, 1)
CONV_TILES_UP_TO(CONV_L2)(CONV_GRADIENT_TILE, 2)

static void (*const FK(conv_gradient_tiles)[2][17])(const fk_conv_gradient *, const float *, float *) = {
#define CONV_GRADIENT_ENTRY(L, V) [V - 1][L] = FK(conv_gradient_tile_##L##x##V),
    CONV_TILES_UP_TO(CONV_L1)(CONV_GRADIENT_ENTRY, 1) CONV_TILES_UP_TO(CONV_L2)(CONV_GRADIENT_ENTRY, 2)};

static void FK(conv_weight_gradient)(const fk_conv_gradient *g) {
  const size_t length = g->patch.run_length;
  const size_t tiles = FK(conv_tile_count)(length, g->vectors == 2 ? CONV_L2 : CONV_L1);
  const size_t values = length / tiles, larger = length % tiles;
  FK(conv_fetch) source_fetch = FK(conv_fetch_start)(g->ahead_source);
  FK(conv_fetch) output_fetch = FK(conv_fetch_start)(g->ahead_output);
  const size_t source_share = FK(conv_fetch_share)(&source_fetch, g->patch.run_count * tiles);
  const size_t output_share = FK(conv_fetch_share)(&output_fetch, g->patch.run_count * tiles);
  float *sums = g->sums;
  for (size_t r = 0; r < g->patch.run_count; r++) {
    const float *source = g->source + g->patch.runs[r];
    for (size_t t = 0; t < tiles; t++) {
      const size_t L = values + (t < larger);
      FK(conv_fetch_some)(&source_fetch, source_share);
      FK(conv_fetch_some)(&output_fetch, output_share);
      FK(conv_gradient_tiles)[g->vectors - 1][L](g, source, sums);
      source += L;
      sums += L * g->vectors * FK_W;
    }
  }
}

#ifndef CONV_PRODUCTS_ONLY

#define MOMENTS_LOAD(x, at, n) vf_load_n((x) + (at), n)
#include "moments.body.h"

#undef CONV_MULTIPLY_ADD
#undef CONV_NARROW
#undef CONV_LOAD_NARROW
#undef CONV_STORE_NARROW
#endif

#undef CONV_L1
#undef CONV_L2
#undef CONV_TILES_4
#undef CONV_TILES_5
#undef CONV_TILES_6
#undef CONV_TILES_8
#undef CONV_TILES_12
#undef CONV_TILES_14
#undef CONV_TILES_16
#undef CONV_TILES_UP_TO
#undef CONV_TILE
#undef CONV_ENTRY
#undef CONV_GRADIENT_TILE
#undef CONV_GRADIENT_ENTRY
