// The gate's pools that need not remember places, and its last sweep, for a body to include after lanes.body.h: features are read and
// written through GATE_LOAD(x, at, n) and GATE_STORE(x, at, values, n), n channels from value `at` on.

// ---- Pools ----

// Narrow blocks take several rows at once, so that one row's addition need not wait for the row before; sums run over
// chunks, so that they lose nothing that matters.
FK_INLINE void FK(gate_pool_pixels_block)(size_t c, int vectors, size_t lanes, float *sums, float *maxima,
                                          const float *x, size_t pixels, size_t C) {
  const int ways = 4 / vectors;
  vf total[4], sum[4], maximum[4];
  FK_UNROLL for (int i = 0; i < 4; i++) {
    total[i] = vf_zero();
    maximum[i] = vf_set1(-INFINITY);
  }
  for (size_t start = 0; start < pixels; start += FK_CHUNK) {
    const size_t end = start + FK_CHUNK < pixels ? start + FK_CHUNK : pixels;
    size_t p = start;
    FK_UNROLL for (int i = 0; i < 4; i++) sum[i] = vf_zero();
    for (; p + ways <= end; p += ways)
      FK_UNROLL for (int i = 0; i < ways * vectors; i++) {
        const vf value = GATE_LOAD(x, (p + i / vectors) * C + c + i % vectors * FK_W, lanes);
        sum[i] += value;
        maximum[i] = vf_max(maximum[i], value);
      }
    for (; p < end; p++)
      FK_UNROLL for (int i = 0; i < vectors; i++) {
        const vf value = GATE_LOAD(x, p * C + c + i * FK_W, lanes);
        sum[i] += value;
        maximum[i] = vf_max(maximum[i], value);
      }
    FK_UNROLL for (int i = 0; i < 4; i++) total[i] += sum[i];
  }
  FK_UNROLL for (int v = 0; v < vectors; v++) {
    FK_UNROLL for (int w = 1; w < ways; w++) {
      total[v] += total[w * vectors + v];
      maximum[v] = vf_max(maximum[v], maximum[w * vectors + v]);
    }
    // No NaN gets lost in a sum, as it may in a maximum.
    maximum[v] = vf_select(total[v] == total[v], maximum[v], total[v]);
    vf_store_n(sums + c + v * FK_W, total[v], lanes);
    vf_store_n(maxima + c + v * FK_W, maximum[v], lanes);
  }
}
static void FK(gate_pool_pixels)(float *sum, float *maximum, const float *x, size_t pixels, size_t C) {
  FK_COLUMNS(C, gate_pool_pixels_block, sum, maximum, x, pixels, C);
}

// Features from value `at`, of channel c, on.
FK_INLINE vf FK(gate_feature)(fk_features x, size_t at, size_t c, size_t n, bool normalizes) {
  const vf own = GATE_LOAD(x.values, at, n);
  if (!normalizes) return own;
  return FK(normalized)(own - vf_load_n(x.mean + c, n), vf_load_n(x.gain + c, n), vf_load_n(x.offset + c, n));
}

// The sums and maxima of four pixels, folded. Each gate is loaded once for all of them; of fewer than four, the last one takes
// the places of those that are missing.
FK_INLINE void FK(pool_four_pixels)(
    vf *sums, vf *maxima, fk_features x, size_t first, const float *channel, size_t C, size_t pixels, bool normalizes) {
  vf sum[4], maximum[4];
  size_t row[4];
  FK_UNROLL for (size_t i = 0; i < 4; i++) {
    sum[i] = vf_zero();
    maximum[i] = vf_set1(-INFINITY);
    row[i] = (first + (i < pixels ? i : pixels - 1)) * C;
  }
  size_t c = 0;
  if (C >= FK_W) {
    const vf gate = vf_load(channel);
    FK_UNROLL for (int i = 0; i < 4; i++) sum[i] = FK(gate_feature)(x, row[i], 0, FK_W, normalizes) * gate;
    if (C == FK_W) {
      // Sums and maxima of the same vectors share their moves between lanes.
      *sums = FK(sums_of_four)(sum);
      *maxima = FK(maxima_of_four)(sum);
      return;
    }
    FK_UNROLL for (int i = 0; i < 4; i++) maximum[i] = sum[i];
    c = FK_W;
  }
  for (; c + FK_W <= C; c += FK_W) {
    const vf gate = vf_load(channel + c);
    FK_UNROLL for (int i = 0; i < 4; i++) {
      const vf value = FK(gate_feature)(x, row[i] + c, c, FK_W, normalizes) * gate;
      sum[i] += value;
      maximum[i] = vf_max(maximum[i], value);
    }
  }
  if (c < C) {
    const vf gate = vf_load_part(channel + c, C - c, 0);
    FK_UNROLL for (int i = 0; i < 4; i++) {
      const vf value = FK(gate_feature)(x, row[i] + c, c, C - c, normalizes) * gate;
      sum[i] += value;
      // Lanes past the last channel must not win with their 0.
      float lanes[FK_W];
      vf_store(lanes, vf_set1(-INFINITY));
      vf_store_part(lanes, value, C - c);
      maximum[i] = vf_max(maximum[i], vf_load(lanes));
    }
  }
  *sums = FK(sums_of_four)(sum);
  *maxima = FK(maxima_of_four)(maximum);
}

FK_INLINE void FK(gate_pool_channels_all)(float *maxima, float *means, fk_features x, const float *channel, size_t pixels,
                                          size_t C, bool normalizes) {
  const vf count = vf_set1((float)C);
  size_t p = 0;
  for (; p + FK_W <= pixels; p += FK_W) {
    vf sum[FK_W / 4], maximum[FK_W / 4];
    FK_UNROLL for (size_t i = 0; i < FK_W / 4; i++)
      FK(pool_four_pixels)(sum + i, maximum + i, x, p + 4 * i, channel, C, 4, normalizes);
    vf_store(means + p, FK(sums_of_fours)(sum) / count);
    vf_store(maxima + p, FK(maxima_of_fours)(maximum));
  }
  if (p == pixels) return;
  vf sum[FK_W / 4], maximum[FK_W / 4];
  for (size_t i = 0; i < FK_W / 4; i++) {
    const size_t start = p + 4 * i < pixels ? p + 4 * i : pixels - 1;
    FK(pool_four_pixels)(sum + i, maximum + i, x, start, channel, C, pixels - start, normalizes);
  }
  vf_store_part(means + p, FK(sums_of_fours)(sum) / count, pixels - p);
  vf_store_part(maxima + p, FK(maxima_of_fours)(maximum), pixels - p);
}

static void FK(gate_pool_channels)(float *maxima, float *means, fk_features x, const float *channel, size_t pixels, size_t C) {
  if (x.mean) FK(gate_pool_channels_all)(maxima, means, x, channel, pixels, C, true);
  else FK(gate_pool_channels_all)(maxima, means, x, channel, pixels, C, false);
}

// ---- The features ----

FK_INLINE void FK(gate_apply_block)(size_t c, int vectors, size_t lanes, float *output, fk_features x,
                                    const float *residual, const float *channel, const float *spatial, size_t pixels,
                                    size_t C, bool relu, bool normalizes) {
  vf gate[4], mean[4], gain[4], offset[4];
  FK_UNROLL for (int v = 0; v < vectors; v++) {
    const size_t first = c + v * FK_W;
    gate[v] = vf_load_n(channel + first, lanes);
    if (!normalizes) continue;
    mean[v] = vf_load_n(x.mean + first, lanes);
    gain[v] = vf_load_n(x.gain + first, lanes);
    offset[v] = vf_load_n(x.offset + first, lanes);
  }
  for (size_t p = 0; p < pixels; p++) {
    vf s = vf_set1(spatial[p]);
    FK_UNROLL for (int v = 0; v < vectors; v++) {
      size_t at = p * C + c + v * FK_W;
      vf own = GATE_LOAD(x.values, at, lanes);
      if (normalizes) own = FK(normalized)(own - mean[v], gain[v], offset[v]);
      vf scaled = own * gate[v];
      vf y = residual ? vf_fma(scaled, s, GATE_LOAD(residual, at, lanes)) : scaled * s;
      GATE_STORE(output, at, relu ? vf_max(vf_zero(), y) : y, lanes);
    }
  }
}
FK_INLINE void FK(gate_apply_all)(float *output, fk_features x, const float *residual, const float *channel,
                                  const float *spatial, size_t pixels, size_t C, bool relu, bool normalizes) {
  if (residual && relu)
    FK_COLUMNS(C, gate_apply_block, output, x, residual, channel, spatial, pixels, C, true, normalizes);
  else if (residual)
    FK_COLUMNS(C, gate_apply_block, output, x, residual, channel, spatial, pixels, C, false, normalizes);
  else FK_COLUMNS(C, gate_apply_block, output, x, NULL, channel, spatial, pixels, C, relu, normalizes);
}
static void FK(gate_apply)(float *output, fk_features x, const float *residual, const float *channel,
                           const float *spatial, size_t pixels, size_t C, bool relu) {
  if (x.mean) FK(gate_apply_all)(output, x, residual, channel, spatial, pixels, C, relu, true);
  else FK(gate_apply_all)(output, x, residual, channel, spatial, pixels, C, relu, false);
}

#undef GATE_LOAD
#undef GATE_STORE
