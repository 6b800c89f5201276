// Bodies of fk_norm.h.
#include "columns.body.h"
#include "lanes.body.h"

// Chan, Golub and LeVeque's update: `count` rows with (mean, deviations) meet one chunk, whose sums are taken about
// `center`, which is near its mean. See "Updating formulae and a pairwise algorithm", 1979.
FK_INLINE void FK(merge_moments)(double *mean, double *deviations, size_t count, vf center, vf first, vf second,
                                 size_t rows, size_t lanes) {
  float centers[FK_W], sums[FK_W], squares[FK_W];
  vf_store(centers, center);
  vf_store(sums, first);
  vf_store(squares, second);
  double before = (double)count, chunk = (double)rows, total = before + chunk;
  for (size_t i = 0; i < lanes; i++) {
    double shift = (double)sums[i] / chunk;
    double distance = (double)centers[i] + shift - mean[i];
    double own = (double)squares[i] - (double)sums[i] * shift;
    if (own < 0) own = 0;  // rounding; a NaN stays
    deviations[i] += own + distance * distance * (before * chunk / total);
    mean[i] += distance * (chunk / total);
  }
}

FK_INLINE void FK(moments_block)(size_t c, int vectors, size_t lanes, const float *x, size_t rows, size_t C,
                                 double *mean, double *deviations) {
  x += c, mean += c, deviations += c;
  size_t used = (size_t)(vectors - 1) * FK_W + lanes;
  for (size_t i = 0; i < used; i++) mean[i] = deviations[i] = 0;
  for (size_t start = 0; start < rows; start += FK_CHUNK) {
    size_t end = start + FK_CHUNK < rows ? start + FK_CHUNK : rows;
    vf center[4], first[4], second[4];
    vf other[4];
    FK_UNROLL for (int v = 0; v < vectors; v++) center[v] = other[v] = vf_zero();
    size_t r = start;
    for (; r + 2 <= end; r += 2)
      FK_UNROLL for (int v = 0; v < vectors; v++) {
        center[v] += vf_load_n(x + r * C + v * FK_W, lanes);
        other[v] += vf_load_n(x + (r + 1) * C + v * FK_W, lanes);
      }
    if (r < end)
      FK_UNROLL for (int v = 0; v < vectors; v++) center[v] += vf_load_n(x + r * C + v * FK_W, lanes);
    FK_UNROLL for (int v = 0; v < vectors; v++) {
      center[v] = (center[v] + other[v]) * vf_set1(1.0f / (float)(end - start));
      first[v] = second[v] = vf_zero();
    }
    for (r = start; r < end; r++)
      FK_UNROLL for (int v = 0; v < vectors; v++) {
        vf d = vf_load_n(x + r * C + v * FK_W, lanes) - center[v];
        first[v] += d;
        second[v] = vf_fma(d, d, second[v]);
      }
    FK_UNROLL for (int v = 0; v < vectors; v++)
      FK(merge_moments)(mean + v * FK_W, deviations + v * FK_W, start, center[v], first[v], second[v], end - start,
                        lanes);
  }
}

static void FK(channel_moments)(const float *x, size_t rows, size_t C, double *mean, double *deviations) {
  FK_COLUMNS(C, moments_block, x, rows, C, mean, deviations);
}

// The one definition of z: forward and the mask of backward must agree to the bit.
FK_INLINE vf FK(normalized)(vf centered, vf gain, vf offset) { return vf_fma(centered, gain, offset); }

FK_INLINE void FK(normalize_block)(size_t c, int vectors, size_t lanes, float *y, const float *x, const float *mean,
                                   const float *gain, const float *offset, size_t rows, size_t C, bool relu) {
  vf m[4], g[4], o[4];
  FK_UNROLL for (int v = 0; v < vectors; v++) {
    m[v] = vf_load_n(mean + c + v * FK_W, lanes);
    g[v] = vf_load_n(gain + c + v * FK_W, lanes);
    o[v] = vf_load_n(offset + c + v * FK_W, lanes);
  }
  for (size_t r = 0; r < rows; r++)
    FK_UNROLL for (int v = 0; v < vectors; v++) {
      size_t at = r * C + c + v * FK_W;
      vf z = FK(normalized)(vf_load_n(x + at, lanes) - m[v], g[v], o[v]);
      vf_store_n(y + at, relu ? vf_max(vf_zero(), z) : z, lanes);
    }
}

static void FK(normalize)(float *y, const float *x, const float *mean, const float *gain, const float *offset,
                          size_t rows, size_t C, bool relu) {
  if (relu) FK_COLUMNS(C, normalize_block, y, x, mean, gain, offset, rows, C, true);
  else FK_COLUMNS(C, normalize_block, y, x, mean, gain, offset, rows, C, false);
}

FK_INLINE vf FK(masked)(vf dy, vf z, bool relu) { return relu ? FK(behind_relu)(dy, z) : dy; }

FK_INLINE void FK(normalize_sums_block)(size_t c, int vectors, size_t lanes, const float *dy, const float *x,
                                        const float *mean, const float *gain, const float *offset, size_t rows,
                                        size_t C, bool relu, double *sums, double *products) {
  vf m[4], g[4], o[4];
  FK_UNROLL for (int v = 0; v < vectors; v++) {
    m[v] = vf_load_n(mean + c + v * FK_W, lanes);
    g[v] = vf_load_n(gain + c + v * FK_W, lanes);
    o[v] = vf_load_n(offset + c + v * FK_W, lanes);
  }
  size_t used = (size_t)(vectors - 1) * FK_W + lanes;
  for (size_t i = 0; i < used; i++) sums[c + i] = products[c + i] = 0;
  for (size_t start = 0; start < rows; start += FK_CHUNK) {
    size_t end = start + FK_CHUNK < rows ? start + FK_CHUNK : rows;
    vf s[4], p[4];
    FK_UNROLL for (int v = 0; v < vectors; v++) s[v] = p[v] = vf_zero();
    for (size_t r = start; r < end; r++)
      FK_UNROLL for (int v = 0; v < vectors; v++) {
        size_t at = r * C + c + v * FK_W;
        vf centered = vf_load_n(x + at, lanes) - m[v];
        vf dz = FK(masked)(vf_load_n(dy + at, lanes), FK(normalized)(centered, g[v], o[v]), relu);
        s[v] += dz;
        p[v] = vf_fma(dz, centered, p[v]);
      }
    FK_UNROLL for (int v = 0; v < vectors; v++) {
      FK(add_to_double)(sums + c + v * FK_W, s[v], lanes);
      FK(add_to_double)(products + c + v * FK_W, p[v], lanes);
    }
  }
}

static void FK(normalize_sums)(const float *dy, const float *x, const float *mean, const float *gain,
                               const float *offset, size_t rows, size_t C, bool relu, double *sums,
                               double *products) {
  if (relu) FK_COLUMNS(C, normalize_sums_block, dy, x, mean, gain, offset, rows, C, true, sums, products);
  else FK_COLUMNS(C, normalize_sums_block, dy, x, mean, gain, offset, rows, C, false, sums, products);
}

FK_INLINE void FK(normalize_backward_block)(size_t c, int vectors, size_t lanes, float *dx, const float *dy,
                                            const float *x, const float *mean, const float *gain,
                                            const float *offset, const float *a, const float *b, size_t rows,
                                            size_t C, bool relu) {
  vf m[4], g[4], o[4], constant[4], slope[4];
  FK_UNROLL for (int v = 0; v < vectors; v++) {
    m[v] = vf_load_n(mean + c + v * FK_W, lanes);
    g[v] = vf_load_n(gain + c + v * FK_W, lanes);
    o[v] = vf_load_n(offset + c + v * FK_W, lanes);
    constant[v] = vf_load_n(a + c + v * FK_W, lanes);
    slope[v] = vf_load_n(b + c + v * FK_W, lanes);
  }
  for (size_t r = 0; r < rows; r++)
    FK_UNROLL for (int v = 0; v < vectors; v++) {
      size_t at = r * C + c + v * FK_W;
      vf centered = vf_load_n(x + at, lanes) - m[v];
      vf dz = FK(masked)(vf_load_n(dy + at, lanes), FK(normalized)(centered, g[v], o[v]), relu);
      vf_store_n(dx + at, vf_fma(slope[v], centered, vf_fma(g[v], dz, constant[v])), lanes);
    }
}

static void FK(normalize_backward)(float *dx, const float *dy, const float *x, const float *mean, const float *gain,
                                   const float *offset, const float *a, const float *b, size_t rows, size_t C,
                                   bool relu) {
  if (relu) FK_COLUMNS(C, normalize_backward_block, dx, dy, x, mean, gain, offset, a, b, rows, C, true);
  else FK_COLUMNS(C, normalize_backward_block, dx, dy, x, mean, gain, offset, a, b, rows, C, false);
}
