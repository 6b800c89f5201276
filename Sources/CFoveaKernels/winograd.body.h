// Transforms of fk_winograd.h. A one-dimensional transform maps an array of vectors (lanes are channels) to another;
// the two-dimensional one applies it to the columns of a tile and then to the rows of what came out. m is a constant
// where these are inlined, so every loop unrolls.
//
// The matrices, for interpolation points 0, 1, −1 (, 2, −2) and ∞:
//
//   m = 2   Bᵀ = 1  0 -1  0    G = 1    0   0      Aᵀ = 1 1  1  0
//                0  1  1  0        1/2  1/2 1/2         0 1 -1 -1
//                0 -1  1  0        1/2 -1/2 1/2
//                0  1  0 -1        0    0   1
//
//   m = 4   Bᵀ = 4  0 -5  0  1  0   G =  1/4    0     0     Aᵀ = 1 1  1 1  1 0
//                0 -4 -4  1  1  0       -1/6  -1/6  -1/6         0 1 -1 2 -2 0
//                0  4 -4 -1  1  0       -1/6   1/6  -1/6         0 1  1 4  4 0
//                0 -2 -1  2  1  0        1/24  1/12  1/6         0 1 -1 8 -8 1
//                0  2 -1 -2  1  0        1/24 -1/12  1/6
//                0  4  0 -5  0  1         0     0     1
//
// Of G's rows for m = 4 the divisors 4, -6, -6, 24, 24, 1 may be taken out and put on the rows of Bᵀ.

// winograd_bf16.body.h includes this too, for the transforms of maps in units alone: `image` and `residual` count channels, and
// WINO_UNITS of them share a place.
#ifndef WINO_UNITS
#define WINO_UNITS 1
#define WINO_LOAD vf_load_n
#define WINO_STORE vf_store_n
#endif

#define WINO_MAX 6
#define wino_times(c, a) (vf_set1(c) * (a))
#define wino_fma(c, a, b) vf_fma(vf_set1(c), a, b)

// Bᵀ d
FK_INLINE void FK(wino_b)(const size_t m, vf *o, const vf *d) {
  if (m == 2) {
    o[0] = d[0] - d[2];
    o[1] = d[1] + d[2];
    o[2] = d[2] - d[1];
    o[3] = d[1] - d[3];
    return;
  }
  const vf a = wino_fma(-4.0f, d[2], d[4]), b = wino_fma(-4.0f, d[1], d[3]);
  const vf c = d[4] - d[2], e = wino_times(2.0f, d[3] - d[1]);
  o[0] = wino_fma(4.0f, d[0], wino_fma(-5.0f, d[2], d[4]));
  o[1] = a + b;
  o[2] = a - b;
  o[3] = c + e;
  o[4] = c - e;
  o[5] = wino_fma(4.0f, d[1], wino_fma(-5.0f, d[3], d[5]));
}

// diag(1/4, −1/6, −1/6, 1/24, 1/24, 1) Bᵀ d for m = 4: with the divisors of G, which then is of whole numbers.
FK_INLINE void FK(wino_b_divided)(const size_t m, vf *o, const vf *d) {
  (void)m;
  const vf a = wino_fma(2.0f / 3, d[2], wino_times(-1.0f / 6, d[4]));
  const vf b = wino_fma(2.0f / 3, d[1], wino_times(-1.0f / 6, d[3]));
  const vf c = wino_times(1.0f / 24, d[4] - d[2]), e = wino_times(1.0f / 12, d[3] - d[1]);
  o[0] = wino_fma(0.25f, d[4], wino_fma(-1.25f, d[2], d[0]));
  o[1] = a + b;
  o[2] = a - b;
  o[3] = c + e;
  o[4] = c - e;
  o[5] = wino_fma(4.0f, d[1], wino_fma(-5.0f, d[3], d[5]));
}

// Aᵀ p
FK_INLINE void FK(wino_a)(const size_t m, vf *o, const vf *p) {
  if (m == 2) {
    o[0] = p[0] + p[1] + p[2];
    o[1] = p[1] - p[2] - p[3];
    return;
  }
  const vf a = p[1] + p[2], b = p[1] - p[2], c = p[3] + p[4], d = p[3] - p[4];
  o[0] = p[0] + a + c;
  o[1] = wino_fma(2.0f, d, b);
  o[2] = wino_fma(4.0f, c, a);
  o[3] = wino_fma(8.0f, d, b) + p[5];
}

// A d
FK_INLINE void FK(wino_a_turned)(const size_t m, vf *o, const vf *d) {
  if (m == 2) {
    o[0] = d[0];
    o[1] = d[0] + d[1];
    o[2] = d[0] - d[1];
    o[3] = -d[1];
    return;
  }
  const vf even = d[0] + d[2], odd = d[1] + d[3];
  const vf a = wino_fma(4.0f, d[2], d[0]), b = wino_fma(8.0f, d[3], wino_times(2.0f, d[1]));
  o[0] = d[0];
  o[1] = even + odd;
  o[2] = even - odd;
  o[3] = a + b;
  o[4] = a - b;
  o[5] = d[3];
}

// G g
FK_INLINE void FK(wino_g)(const size_t m, vf *o, const vf *g) {
  if (m == 2) {
    const vf a = wino_times(0.5f, g[0] + g[2]), b = wino_times(0.5f, g[1]);
    o[0] = g[0];
    o[1] = a + b;
    o[2] = a - b;
    o[3] = g[2];
    return;
  }
  const vf a = wino_times(-1.0f / 6, g[0] + g[2]), b = wino_times(-1.0f / 6, g[1]);
  const vf c = wino_fma(1.0f / 24, g[0], wino_times(1.0f / 6, g[2])), d = wino_times(1.0f / 12, g[1]);
  o[0] = wino_times(0.25f, g[0]);
  o[1] = a + b;
  o[2] = a - b;
  o[3] = c + d;
  o[4] = c - d;
  o[5] = g[2];
}

// G g for m = 4 without its divisors.
FK_INLINE void FK(wino_g_whole)(const size_t m, vf *o, const vf *g) {
  (void)m;
  const vf a = g[0] + g[2], c = wino_fma(4.0f, g[2], g[0]);
  o[0] = g[0];
  o[1] = a + g[1];
  o[2] = a - g[1];
  o[3] = wino_fma(2.0f, g[1], c);
  o[4] = wino_fma(-2.0f, g[1], c);
  o[5] = g[2];
}

// Gᵀ s
FK_INLINE void FK(wino_g_turned)(const size_t m, vf *o, const vf *s) {
  if (m == 2) {
    const vf a = wino_times(0.5f, s[1] + s[2]);
    o[0] = s[0] + a;
    o[1] = wino_times(0.5f, s[1] - s[2]);
    o[2] = a + s[3];
    return;
  }
  const vf a = s[1] + s[2], b = s[2] - s[1], c = s[3] + s[4], d = s[3] - s[4];
  o[0] = wino_fma(0.25f, s[0], wino_fma(-1.0f / 6, a, wino_times(1.0f / 24, c)));
  o[1] = wino_fma(1.0f / 6, b, wino_times(1.0f / 12, d));
  o[2] = wino_fma(-1.0f / 6, a, wino_fma(1.0f / 6, c, s[5]));
}

typedef void FK(wino_line)(const size_t m, vf *o, const vf *d);

// out[to][to] = T in[from][from] Tᵀ
FK_INLINE void FK(wino_square)(
    FK(wino_line) * line, const size_t m, const size_t from, const size_t to, vf out[WINO_MAX][WINO_MAX],
    vf in[WINO_MAX][WINO_MAX]) {
  vf half[WINO_MAX][WINO_MAX];
  FK_UNROLL for (size_t j = 0; j < from; j++) {
    vf column[WINO_MAX], result[WINO_MAX];
    FK_UNROLL for (size_t i = 0; i < from; i++) column[i] = in[i][j];
    line(m, result, column);
    FK_UNROLL for (size_t i = 0; i < to; i++) half[i][j] = result[i];
  }
  FK_UNROLL for (size_t i = 0; i < to; i++) line(m, out[i], half[i]);
}

// Stands in for pixels outside of the image.
#define WINO_ZEROS 512
static const float FK(wino_zeros)[WINO_ZEROS];

// Where the pixels of a tile of from×from lie, row by row.
FK_INLINE void FK(wino_places)(
    const float *places[WINO_MAX][WINO_MAX], const fk_winograd_tiles *t, ptrdiff_t top, ptrdiff_t left, size_t channel,
    const size_t from) {
  const ptrdiff_t pitch = (ptrdiff_t)t->pixel;
  const ptrdiff_t below = t->height - top, beside = t->width - left;
  const float *row = t->image + (top * t->width + left) * pitch + (ptrdiff_t)(channel / WINO_UNITS);
  if (top >= 0 && left >= 0 && below >= (ptrdiff_t)from && beside >= (ptrdiff_t)from) {
    FK_UNROLL for (size_t i = 0; i < from; i++, row += t->width * pitch) {
      const float *place = row;
      FK_UNROLL for (size_t j = 0; j < from; j++, place += pitch) places[i][j] = place;
    }
    return;
  }
  _Pragma("nounroll") for (ptrdiff_t i = 0; i < (ptrdiff_t)from; i++, row += t->width * pitch) {
    const bool isRow = i >= -top && i < below;
    const float *place = row;
    _Pragma("nounroll") for (ptrdiff_t j = 0; j < (ptrdiff_t)from; j++, place += pitch)
      places[i][j] = isRow && j >= -left && j < beside ? place : FK(wino_zeros);
  }
}

FK_INLINE void FK(wino_read)(
    const fk_winograd_tiles *t, FK(wino_line) * line, const size_t m, const size_t from, const size_t to) {
  for (size_t r = 0; r < t->rows; r++)
    for (size_t q = 0; q < t->columns; q++)
      for (size_t start = 0; start < t->channels; start += WINO_ZEROS) {
        const size_t rest = t->channels - start, count = rest < WINO_ZEROS ? rest : WINO_ZEROS;
        const float *places[WINO_MAX][WINO_MAX];
        FK(wino_places)(places, t, t->top + (ptrdiff_t)(r * m), t->left + (ptrdiff_t)(q * m), start, from);
        float *planes = t->planes + (r * t->columns + q) * t->pitch + start;
        for (size_t c = 0; c < count; c += FK_W) {
          vf half[WINO_MAX][WINO_MAX];
          FK_UNROLL for (size_t j = 0; j < from; j++) {
            vf column[WINO_MAX], result[WINO_MAX];
            FK_UNROLL for (size_t i = 0; i < from; i++) column[i] = WINO_LOAD(places[i][j] + c / WINO_UNITS, FK_W);
            line(m, result, column);
            FK_UNROLL for (size_t i = 0; i < to; i++) half[i][j] = result[i];
          }
          float *point = planes + c;
          FK_UNROLL for (size_t i = 0; i < to; i++) {
            vf result[WINO_MAX];
            line(m, result, half[i]);
            FK_UNROLL for (size_t j = 0; j < to; j++, point += t->plane) vf_store(point, result[j]);
          }
        }
      }
}

FK_INLINE void FK(wino_write)(const fk_winograd_tiles *t, const size_t m) {
  const ptrdiff_t pitch = (ptrdiff_t)t->pixel, row_pitch = t->width * pitch;
  for (size_t r = 0; r < t->rows; r++)
    for (size_t q = 0; q < t->columns; q++) {
      const ptrdiff_t top = t->top + (ptrdiff_t)(r * m), left = t->left + (ptrdiff_t)(q * m);
      const ptrdiff_t corner = top * row_pitch + left * pitch;
      float *tile = t->image + corner;
      const float *residual = t->residual ? t->residual + corner : NULL;
      const float *planes = t->planes + (r * t->columns + q) * t->pitch;
      const size_t below = (size_t)(t->height - top), beside = (size_t)(t->width - left);
      for (size_t c = 0; c < t->channels; c += FK_W) {
        vf in[WINO_MAX][WINO_MAX], out[WINO_MAX][WINO_MAX];
        FK_UNROLL for (size_t i = 0; i < m + 2; i++)
          FK_UNROLL for (size_t j = 0; j < m + 2; j++) in[i][j] = vf_load(planes + (i * (m + 2) + j) * t->plane + c);
        FK(wino_square)(FK(wino_a), m, m + 2, m, out, in);
        const vf bias = t->bias ? vf_load(t->bias + c) : vf_zero();
        FK_UNROLL for (size_t i = 0; i < m; i++)
          FK_UNROLL for (size_t j = 0; j < m; j++)
            if (i < below && j < beside) {
              const ptrdiff_t at = (ptrdiff_t)i * row_pitch + (ptrdiff_t)j * pitch + (ptrdiff_t)(c / WINO_UNITS);
              vf y = out[i][j] + bias;
              if (residual) y += WINO_LOAD(residual + at, FK_W);
              WINO_STORE(tile + at, t->relu ? vf_max(vf_zero(), y) : y, FK_W);
            }
      }
    }
}

static void FK(winograd_input)(const fk_winograd_tiles *t) {
  if (t->outputs == 2) FK(wino_read)(t, FK(wino_b), 2, 4, 4);
  else if (t->divided) FK(wino_read)(t, FK(wino_b_divided), 4, 6, 6);
  else FK(wino_read)(t, FK(wino_b), 4, 6, 6);
}

static void FK(winograd_output)(const fk_winograd_tiles *t) {
  if (t->outputs == 2) FK(wino_write)(t, 2);
  else FK(wino_write)(t, 4);
}

#ifndef WINO_IMAGES_ONLY

static void FK(winograd_output_gradient)(const fk_winograd_tiles *t) {
  if (t->outputs == 2) FK(wino_read)(t, FK(wino_a_turned), 2, 2, 4);
  else FK(wino_read)(t, FK(wino_a_turned), 4, 4, 6);
}

FK_INLINE void FK(wino_weight)(
    FK(wino_line) * line, float *planes, size_t plane, const float *weight, size_t tap, const size_t m, size_t count,
    int turned) {
  for (size_t c = 0; c < count; c += FK_W) {
    vf in[WINO_MAX][WINO_MAX], out[WINO_MAX][WINO_MAX];
    FK_UNROLL for (size_t i = 0; i < 3; i++)
      FK_UNROLL for (size_t j = 0; j < 3; j++)
        in[i][j] = vf_load(weight + (turned ? 8 - (i * 3 + j) : i * 3 + j) * tap + c);
    FK(wino_square)(line, m, 3, m + 2, out, in);
    FK_UNROLL for (size_t i = 0; i < m + 2; i++)
      FK_UNROLL for (size_t j = 0; j < m + 2; j++) vf_store(planes + (i * (m + 2) + j) * plane + c, out[i][j]);
  }
}

static void FK(winograd_weight)(
    float *planes, size_t plane, const float *weight, size_t tap, size_t outputs, size_t count, int turned) {
  if (outputs == 2) FK(wino_weight)(FK(wino_g), planes, plane, weight, tap, 2, count, turned);
  else FK(wino_weight)(FK(wino_g), planes, plane, weight, tap, 4, count, turned);
}

static void FK(winograd_kernels)(
    float *planes, size_t plane, const float *kernels, size_t outputs, size_t rows, size_t width) {
  for (size_t r = 0; r < rows; r++, planes += width, kernels += 9 * width) {
    if (outputs == 2) FK(wino_weight)(FK(wino_g), planes, plane, kernels, width, 2, width, 0);
    else FK(wino_weight)(FK(wino_g_whole), planes, plane, kernels, width, 4, width, 0);
  }
}

FK_INLINE void FK(wino_weight_gradient)(
    float *d_weight, size_t tap, const float *planes, size_t plane, const size_t m, size_t count, int adds) {
  for (size_t c = 0; c < count; c += FK_W) {
    vf in[WINO_MAX][WINO_MAX], out[WINO_MAX][WINO_MAX];
    FK_UNROLL for (size_t i = 0; i < m + 2; i++)
      FK_UNROLL for (size_t j = 0; j < m + 2; j++) in[i][j] = vf_load(planes + (i * (m + 2) + j) * plane + c);
    FK(wino_square)(FK(wino_g_turned), m, m + 2, 3, out, in);
    FK_UNROLL for (size_t i = 0; i < 3; i++)
      FK_UNROLL for (size_t j = 0; j < 3; j++) {
        float *place = d_weight + (i * 3 + j) * tap + c;
        vf_store(place, adds ? vf_load(place) + out[i][j] : out[i][j]);
      }
  }
}

static void FK(winograd_weight_gradient)(
    float *d_weight, size_t tap, const float *planes, size_t plane, size_t outputs, size_t count, int adds) {
  if (outputs == 2) FK(wino_weight_gradient)(d_weight, tap, planes, plane, 2, count, adds);
  else FK(wino_weight_gradient)(d_weight, tap, planes, plane, 4, count, adds);
}

// Source channels whose kernels stay in the first cache while all rows of points are made of them.
#define WINO_FEW_CHANNELS 32

// One row of a tile's points (i) for L tiles and a vector of target channels: 6·L sums stay in registers while the row's six
// weights are made of the kernel's nine.
FK_INLINE void FK(wino_few_row)(
    const size_t i, const size_t L, const fk_winograd_few *few, size_t first, size_t count, size_t start,
    const char **later, size_t later_step, vf sums[WINO_MAX][FK_WINOGRAD_FEW]) {
  vf sum[WINO_MAX][FK_WINOGRAD_FEW];
  FK_UNROLL for (size_t j = 0; j < 6; j++) FK_UNROLL for (size_t t = 0; t < L; t++) sum[j][t] = sums[j][t];
  // One pointer for the nine taps, which are multiples of four distances away: with a pointer for each, the general registers would
  // not do.
  const size_t tap = few->out * sizeof(float);
  const size_t taps[9] = {0, tap, 2 * tap, 3 * tap, 4 * tap, 5 * tap, 2 * (3 * tap), 7 * tap, 8 * tap};
  const char *w = (const char *)(few->kernels + first * 9 * few->out + start);
  const float *restrict v = few->tiles + 6 * i * FK_WINOGRAD_FEW_PLANE + first;
  // The rows share the taps to fetch, a line or two with every step of the sums: all at once they would hold the products up.
  const ptrdiff_t ahead = few->ahead ? (const char *)few->ahead - (const char *)few->kernels : 0;
  const ptrdiff_t fetched = ahead + (ptrdiff_t)(i * tap), fetched_too = fetched + (ptrdiff_t)(6 * tap);
  for (size_t k = 0; k < count; k++, w += 9 * tap) {
    __asm__("" : "+r"(w));  // or the compiler keeps nine pointers all the same
    __builtin_prefetch(w + fetched, 0, 2);
    __builtin_prefetch(*later, 0, 2);
    *later += later_step;
    if (i < 3) __builtin_prefetch(w + fetched_too, 0, 2);
    vf half[WINO_MAX], u[WINO_MAX];
    FK_UNROLL for (size_t j = 0; j < 3; j++) {
      vf column[WINO_MAX], result[WINO_MAX];
      FK_UNROLL for (size_t l = 0; l < 3; l++) column[l] = vf_load((const float *)(w + taps[l * 3 + j]));
      FK(wino_g_whole)(4, result, column);
      half[j] = result[i];
    }
    FK(wino_g_whole)(4, u, half);
    FK_UNROLL for (size_t j = 0; j < 6; j++)
      FK_UNROLL for (size_t t = 0; t < L; t++)
        sum[j][t] = vf_fma(vf_set1(v[j * FK_WINOGRAD_FEW_PLANE + t * FK_WINOGRAD_FEW_PITCH + k]), u[j], sum[j][t]);
  }
  FK_UNROLL for (size_t j = 0; j < 6; j++) FK_UNROLL for (size_t t = 0; t < L; t++) sums[j][t] = sum[j][t];
}

FK_INLINE void FK(wino_few)(const size_t L, const fk_winograd_few *few) {
  const size_t steps = (few->out + FK_W - 1) / FK_W * few->in * 6, bytes = few->later_count * sizeof(float);
  const size_t later_step = bytes / steps < 64 ? (bytes + steps - 1) / steps : 64;
  const char *later = (const char *)(bytes ? few->later : few->kernels);
  for (size_t start = 0; start < few->out; start += FK_W) {
    vf sums[WINO_MAX][WINO_MAX][FK_WINOGRAD_FEW];
    memset(sums, 0, sizeof sums);
    for (size_t first = 0; first < few->in; first += WINO_FEW_CHANNELS) {
      const size_t left = few->in - first, count = left < WINO_FEW_CHANNELS ? left : WINO_FEW_CHANNELS;
      FK_UNROLL for (size_t i = 0; i < 6; i++) FK(wino_few_row)(i, L, few, first, count, start, &later, later_step, sums[i]);
    }
    for (size_t p = 0; p < 36; p++)
      FK_UNROLL for (size_t t = 0; t < L; t++) {
        float *place = few->sums + p * few->sum_plane + t * few->out + start;
        const vf sum = sums[p / 6][p % 6][t];
        vf_store(place, few->adds ? sum + vf_load(place) : sum);
      }
  }
}

#if FK_W == 16 || defined(__aarch64__)
static int FK(winograd_has_products)(void) { return 1; }
static void FK(winograd_products)(const fk_winograd_few *few) {
  switch (few->count) {
    case 1: FK(wino_few)(1, few); break;
    case 2: FK(wino_few)(2, few); break;
    case 3: FK(wino_few)(3, few); break;
    case 4: FK(wino_few)(4, few); break;
  }
}
#else
static int FK(winograd_has_products)(void) { return 0; }
static void FK(winograd_products)(const fk_winograd_few *few) { (void)few; }
#endif

#undef WINO_FEW_CHANNELS
#endif

#undef WINO_UNITS
#undef WINO_LOAD
#undef WINO_STORE
#undef WINO_MAX
#undef WINO_ZEROS
#undef wino_times
#undef wino_fma
