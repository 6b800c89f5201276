// Bodies of fk_cbam.h.
#include "columns.body.h"
#include "lanes.body.h"

// ---- The perceptron: weights [h, C], so that every loop runs along the channels ----

FK_INLINE float FK(dot)(const float *a, const float *b, size_t n) {
  vf sum = vf_zero(), other = vf_zero();
  size_t i = 0;
  for (; i + 2 * FK_W <= n; i += 2 * FK_W) {
    sum = vf_fma(vf_load(a + i), vf_load(b + i), sum);
    other = vf_fma(vf_load(a + i + FK_W), vf_load(b + i + FK_W), other);
  }
  for (; i + FK_W <= n; i += FK_W) sum = vf_fma(vf_load(a + i), vf_load(b + i), sum);
  if (i < n) other = vf_fma(vf_load_part(a + i, n - i, 0), vf_load_part(b + i, n - i, 0), other);
  return vf_sum(sum + other);
}

static void FK(gate_hidden)(float *hidden, const float *pooled, const float *w1, const float *b1, size_t h, size_t C) {
  for (size_t j = 0; j < h; j++) {
    float sum = FK(dot)(pooled, w1 + j * C, C) + (b1 ? b1[j] : 0.0f);
    hidden[j] = sum <= 0.0f ? 0.0f : sum;
  }
}

// Σ over j of factors[j]·weights[j, c], with C floats from row to row of the weights
FK_INLINE void FK(combined_block)(size_t c, int vectors, size_t lanes, vf sum[4], const float *factors,
                                  const float *weights, size_t h, size_t C) {
  for (size_t j = 0; j < h; j++)
    FK_UNROLL for (int v = 0; v < vectors; v++)
      sum[v] = vf_fma(vf_set1(factors[j]), vf_load_n(weights + j * C + c + v * FK_W, lanes), sum[v]);
}

FK_INLINE void FK(gate_channel_block)(size_t c, int vectors, size_t lanes, float *channel, const float *hidden,
                                      const float *w2, const float *bias, size_t h, size_t C) {
  vf sum[4];
  FK_UNROLL for (int v = 0; v < vectors; v++) sum[v] = bias ? vf_load_n(bias + c + v * FK_W, lanes) : vf_zero();
  FK(combined_block)(c, vectors, lanes, sum, hidden, w2, h, C);
  FK_UNROLL for (int v = 0; v < vectors; v++) vf_store_n(channel + c + v * FK_W, vf_sigmoid(sum[v]), lanes);
}
static void FK(gate_channel)(float *channel, const float *hidden, const float *w2, size_t row, const float *bias,
                             size_t h, size_t C) {
  FK_COLUMNS(C, gate_channel_block, channel, hidden, w2, bias, h, row);
}

FK_INLINE void FK(pooled_gradient_block)(size_t c, int vectors, size_t lanes, float *dPooled, const float *dHidden,
                                         const float *w1, size_t h, size_t C, float scale) {
  vf sum[4];
  FK_UNROLL for (int v = 0; v < vectors; v++) sum[v] = vf_zero();
  FK(combined_block)(c, vectors, lanes, sum, dHidden, w1, h, C);
  FK_UNROLL for (int v = 0; v < vectors; v++) vf_store_n(dPooled + c + v * FK_W, sum[v] * vf_set1(scale), lanes);
}
static void FK(gate_hidden_backward)(float *dHidden, float *dPooled, const float *dSum, const float *hidden,
                                     const float *w1, const float *w2, size_t h, size_t C, float scale) {
  for (size_t j = 0; j < h; j++) dHidden[j] = hidden[j] == 0.0f ? 0.0f : FK(dot)(dSum, w2 + j * C, C);
  FK_COLUMNS(C, pooled_gradient_block, dPooled, dHidden, w1, h, C, scale);
}

// ---- The pools of bands of pixels ----

FK_INLINE void FK(gate_join_block)(size_t c, int vectors, size_t lanes, float *pools, size_t bands, float scale, size_t C) {
  vf sum[4], maximum[4];
  FK_UNROLL for (int v = 0; v < vectors; v++) {
    const float *at = pools + c + v * FK_W;
    sum[v] = vf_load_n(at, lanes);
    maximum[v] = vf_load_n(at + C, lanes);
  }
  for (size_t band = 1; band < bands; band++)
    FK_UNROLL for (int v = 0; v < vectors; v++) {
      const float *at = pools + band * 2 * C + c + v * FK_W;
      sum[v] += vf_load_n(at, lanes);
      maximum[v] = vf_max(maximum[v], vf_load_n(at + C, lanes));
    }
  FK_UNROLL for (int v = 0; v < vectors; v++) {
    float *at = pools + c + v * FK_W;
    vf_store_n(at, sum[v] * vf_set1(scale), lanes);
    vf_store_n(at + C, vf_select(sum[v] == sum[v], maximum[v], sum[v]), lanes);
  }
}
static void FK(gate_join_pools)(float *pools, size_t bands, float scale, size_t C) {
  FK_COLUMNS(C, gate_join_block, pools, bands, scale, C);
}

#define GATE_LOAD(x, at, n) vf_load_n((x) + (at), n)
#define GATE_STORE(x, at, values, n) vf_store_n((x) + (at), values, n)
#include "gate.body.h"

FK_INLINE vf FK(apply_backward_step)(size_t c, size_t n, vf sum, float *gradient, const float *dOutput,
                                     const float *output, vf x, const float *channel) {
  vf g = vf_load_n(dOutput + c, n);
  if (output) {
    g = FK(behind_relu)(g, vf_load_n(output + c, n));
    vf_store_n(gradient + c, g, n);
  }
  return vf_fma(g * vf_load_n(channel + c, n), x, sum);
}
FK_INLINE void FK(gate_apply_backward_all)(float *dSpatial, float *gradient, const float *dOutput, const float *output,
                                           fk_features x, const float *channel, size_t pixels, size_t C, bool normalizes) {
  for (size_t start = 0; start < pixels; start += FK_W) {
    size_t n = pixels - start < FK_W ? pixels - start : FK_W;
    vf sum[FK_W];
    for (size_t i = 0; i < FK_W; i++) {
      sum[i] = vf_zero();
      if (i >= n) continue;
      size_t at = (start + i) * C, c = 0;
      const float *own = output ? output + at : NULL;
      for (; c + FK_W <= C; c += FK_W)
        sum[i] = FK(apply_backward_step)(c, FK_W, sum[i], gradient + at, dOutput + at, own,
                                         FK(gate_feature)(x, at + c, c, FK_W, normalizes), channel);
      if (c < C)
        sum[i] = FK(apply_backward_step)(c, C - c, sum[i], gradient + at, dOutput + at, own,
                                         FK(gate_feature)(x, at + c, c, C - c, normalizes), channel);
    }
    vf_store_n(dSpatial + start, FK(sums_of_rows)(sum), n);
  }
}
static void FK(gate_apply_backward)(float *dSpatial, float *gradient, const float *dOutput, const float *output,
                                    fk_features x, const float *channel, size_t pixels, size_t C) {
  if (x.mean) FK(gate_apply_backward_all)(dSpatial, gradient, dOutput, output, x, channel, pixels, C, true);
  else FK(gate_apply_backward_all)(dSpatial, gradient, dOutput, output, x, channel, pixels, C, false);
}

FK_INLINE void FK(scaled_backward_block)(size_t c, int vectors, size_t lanes, float *dScaled, double *dChannel,
                                         const float *gradient, fk_features x, const float *spatial,
                                         const float *dMean, const float *dMaximum, const int32_t *where,
                                         size_t pixels, size_t C, bool normalizes) {
  int32_t numbers[FK_W];
  for (int i = 0; i < FK_W; i++) numbers[i] = (int32_t)c + i;
  vi first;
  memcpy(&first, numbers, sizeof first);
  vf average[4], gain[4], offset[4];
  if (normalizes)
    FK_UNROLL for (int v = 0; v < vectors; v++) {
      average[v] = vf_load_n(x.mean + c + v * FK_W, lanes);
      gain[v] = vf_load_n(x.gain + c + v * FK_W, lanes);
      offset[v] = vf_load_n(x.offset + c + v * FK_W, lanes);
    }
  size_t used = (size_t)(vectors - 1) * FK_W + lanes;
  for (size_t i = 0; i < used; i++) dChannel[c + i] = 0;
  for (size_t start = 0; start < pixels; start += FK_CHUNK) {
    size_t end = start + FK_CHUNK < pixels ? start + FK_CHUNK : pixels;
    vf sum[4];
    FK_UNROLL for (int v = 0; v < vectors; v++) sum[v] = vf_zero();
    for (size_t p = start; p < end; p++) {
      vf s = vf_set1(spatial[p]), mean = vf_set1(dMean[p]), maximum = vf_set1(dMaximum[p]);
      vi here = (vi)where[p];
      FK_UNROLL for (int v = 0; v < vectors; v++) {
        size_t at = p * C + c + v * FK_W;
        vf d = vf_fma(vf_load_n(gradient + at, lanes), s, mean);
        d += vf_select(first + v * FK_W == here, maximum, vf_zero());
        vf_store_n(dScaled + at, d, lanes);
        vf own = vf_load_n(x.values + at, lanes);
        if (normalizes) own = FK(normalized)(own - average[v], gain[v], offset[v]);
        sum[v] = vf_fma(d, own, sum[v]);
      }
    }
    FK_UNROLL for (int v = 0; v < vectors; v++) FK(add_to_double)(dChannel + c + v * FK_W, sum[v], lanes);
  }
}
static void FK(gate_scaled_backward)(float *dScaled, double *dChannel, const float *gradient, fk_features x,
                                     const float *spatial, const float *dMean, const float *dMaximum,
                                     const int32_t *where, size_t pixels, size_t C) {
  if (x.mean)
    FK_COLUMNS(C, scaled_backward_block, dScaled, dChannel, gradient, x, spatial, dMean, dMaximum, where, pixels, C, true);
  else
    FK_COLUMNS(C, scaled_backward_block, dScaled, dChannel, gradient, x, spatial, dMean, dMaximum, where, pixels, C, false);
}

FK_INLINE void FK(input_backward_block)(size_t c, int vectors, size_t lanes, float *dx, const float *dScaled,
                                        const float *channel, const float *dMean, size_t pixels, size_t C) {
  vf gate[4], mean[4];
  FK_UNROLL for (int v = 0; v < vectors; v++) {
    gate[v] = vf_load_n(channel + c + v * FK_W, lanes);
    mean[v] = dMean ? vf_load_n(dMean + c + v * FK_W, lanes) : vf_zero();
  }
  for (size_t p = 0; p < pixels; p++)
    FK_UNROLL for (int v = 0; v < vectors; v++) {
      size_t at = p * C + c + v * FK_W;
      vf_store_n(dx + at, vf_fma(vf_load_n(dScaled + at, lanes), gate[v], mean[v]), lanes);
    }
}
static void FK(gate_input_backward)(float *dx, const float *dScaled, const float *channel, const float *dMean,
                                    size_t pixels, size_t C) {
  FK_COLUMNS(C, input_backward_block, dx, dScaled, channel, dMean, pixels, C);
}
