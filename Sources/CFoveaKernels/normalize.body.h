// The normalisation of fk_norm.h, for a body to include after lanes.body.h: x is read through NORM_LOAD(x, at, n), and the forward
// pass writes through NORM_STORE(y, at, values, n, wide), n channels from value `at` on. Gradients are floats.

FK_INLINE void FK(normalize_block)(size_t c, int vectors, size_t lanes, float *y, const float *x, const float *mean,
                                   const float *gain, const float *offset, size_t rows, size_t C, bool relu,
                                   bool wide) {
  (void)wide;
  vf m[4], g[4], o[4];
  FK_UNROLL for (int v = 0; v < vectors; v++) {
    m[v] = vf_load_n(mean + c + v * FK_W, lanes);
    g[v] = vf_load_n(gain + c + v * FK_W, lanes);
    o[v] = vf_load_n(offset + c + v * FK_W, lanes);
  }
  for (size_t r = 0; r < rows; r++)
    FK_UNROLL for (int v = 0; v < vectors; v++) {
      size_t at = r * C + c + v * FK_W;
      vf z = FK(normalized)(NORM_LOAD(x, at, lanes) - m[v], g[v], o[v]);
      NORM_STORE(y, at, relu ? vf_max(vf_zero(), z) : z, lanes, wide);
    }
}

static void FK(normalize)(float *y, const float *x, const float *mean, const float *gain, const float *offset,
                          size_t rows, size_t C, bool relu, bool wide) {
  if (wide && relu) FK_COLUMNS(C, normalize_block, y, x, mean, gain, offset, rows, C, true, true);
  else if (wide) FK_COLUMNS(C, normalize_block, y, x, mean, gain, offset, rows, C, false, true);
  else if (relu) FK_COLUMNS(C, normalize_block, y, x, mean, gain, offset, rows, C, true, false);
  else FK_COLUMNS(C, normalize_block, y, x, mean, gain, offset, rows, C, false, false);
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
        vf centered = NORM_LOAD(x, at, lanes) - m[v];
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
      vf centered = NORM_LOAD(x, at, lanes) - m[v];
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

#undef NORM_LOAD
#undef NORM_STORE
