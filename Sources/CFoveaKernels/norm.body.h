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

#define NORM_LOAD(x, at, n) vf_load_n((x) + (at), n)
#define NORM_STORE(y, at, values, n, wide) vf_store_n((y) + (at), values, n)
#include "normalize.body.h"
