// What fk_bf16.h does with maps: conversions, statistics, normalisation, pools and the attention gate.
#include "bf16.body.h"
#include "columns.body.h"
#include "lanes.body.h"

#define GATE_LOAD(x, at, n) FK(load_units)((x) + (at) / 2, n)
#define GATE_STORE(x, at, values, n) FK(store_units)((x) + (at) / 2, values, n)
#include "gate.body.h"

#define NORM_LOAD(x, at, n) FK(load_units)((x) + (at) / 2, n)
#define NORM_STORE(y, at, values, n, wide) \
  ((wide) ? vf_store_n((y) + (at), values, n) : FK(store_units)((y) + (at) / 2, values, n))
#include "normalize.body.h"

#define MOMENTS_LOAD(x, at, n) FK(load_units)((x) + (at) / 2, n)
#include "moments.body.h"

FK_INLINE void FK(round_step)(size_t i, size_t n, float *units, const float *x) {
  FK(store_units)(units + i / 2, vf_load_n(x + i, n), n);
}
static void FK(bf16_round_all)(float *units, const float *x, size_t n) { FK_VECTORS(n, round_step, units, x); }

FK_INLINE void FK(widen_step)(size_t i, size_t n, float *x, const float *units) {
  vf_store_n(x + i, FK(load_units)(units + i / 2, n), n);
}
static void FK(bf16_widen)(float *x, const float *units, size_t n) { FK_VECTORS(n, widen_step, x, units); }

// The larger, and a NaN where there is one.
FK_INLINE vf FK(larger)(vf maximum, vf value) {
  return vf_select((value > maximum) | (value != value), value, maximum);
}

FK_INLINE void FK(window_max_block)(size_t c, int vectors, size_t lanes, float *y, const float *x, size_t C, fk_window w) {
  vf maximum[4];
  FK_UNROLL for (int v = 0; v < vectors; v++) maximum[v] = vf_set1(-INFINITY);
  for (size_t row = w.top; row < w.bottom; row++)
    for (size_t p = row * w.width + w.left; p < row * w.width + w.right; p++)
      FK_UNROLL for (int v = 0; v < vectors; v++)
        maximum[v] = FK(larger)(maximum[v], FK(load_units)(x + (p * C + c) / 2 + v * FK_W / 2, lanes));
  FK_UNROLL for (int v = 0; v < vectors; v++) FK(store_units)(y + c / 2 + v * FK_W / 2, maximum[v], lanes);
}
static void FK(bf16_window_max)(float *y, const float *x, size_t C, fk_window window) {
  FK_COLUMNS(C, window_max_block, y, x, C, window);
}
