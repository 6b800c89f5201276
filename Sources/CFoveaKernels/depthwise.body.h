// Depthwise products of fk_conv.h: every channel on its own, so a vector holds neighbouring channels, and the last
// channels of a count that fills no vector are read and written in part.

#define DEPTHWISE_PIXELS 4

FK_INLINE vf FK(depthwise_load)(const float *p, size_t left) {
  return left >= FK_W ? vf_load(p) : vf_load_part(p, left, 0);
}

FK_INLINE void FK(depthwise_tile)(
    const size_t L, const fk_depthwise_band *band, const float *x, float *y, size_t c, size_t left) {
  vf sum[DEPTHWISE_PIXELS];
  FK_UNROLL for (size_t j = 0; j < L; j++) sum[j] = vf_zero();
  for (size_t t = 0; t < band->tap_count; t++) {
    const vf w = FK(depthwise_load)(band->weights + band->weight_rows[t] + c, left);
    const float *tap = x + band->taps[t];
    FK_UNROLL for (size_t j = 0; j < L; j++)
      sum[j] = vf_fma(FK(depthwise_load)(tap + (ptrdiff_t)j * band->source_pixel, left), w, sum[j]);
  }
  FK_UNROLL for (size_t j = 0; j < L; j++, y += band->output_pixel) {
    if (left >= FK_W) vf_store(y, sum[j]);
    else vf_store_part(y, sum[j], left);
  }
}

static void FK(depthwise_forward)(const fk_depthwise_band *band) {
  for (size_t row = 0; row < band->rows; row++)
    for (size_t c = 0; c < band->channels; c += FK_W) {
      const size_t left = band->channels - c;
      const float *x = band->source + (ptrdiff_t)row * band->source_row + c;
      float *y = band->output + (ptrdiff_t)row * band->output_row + c;
      size_t p = 0;
      for (; p + DEPTHWISE_PIXELS <= band->width; p += DEPTHWISE_PIXELS) {
        if (left >= FK_W) FK(depthwise_tile)(DEPTHWISE_PIXELS, band, x, y, c, FK_W);
        else FK(depthwise_tile)(DEPTHWISE_PIXELS, band, x, y, c, left);
        x += DEPTHWISE_PIXELS * band->source_pixel;
        y += DEPTHWISE_PIXELS * band->output_pixel;
      }
      for (; p < band->width; p++, x += band->source_pixel, y += band->output_pixel)
        FK(depthwise_tile)(1, band, x, y, c, left);
    }
}

FK_INLINE void FK(depthwise_gradient_tile)(
    const size_t T, const fk_depthwise_gradient *g, const ptrdiff_t *taps, float *sums, size_t c, size_t left) {
  vf sum[DEPTHWISE_PIXELS];
  FK_UNROLL for (size_t t = 0; t < T; t++) sum[t] = FK(depthwise_load)(sums + t * g->channels + c, left);
  for (size_t row = 0; row < g->rows; row++) {
    const float *x = g->source + (ptrdiff_t)row * g->source_row + c;
    const float *d = g->d_output + (ptrdiff_t)row * g->d_row + c;
    for (size_t p = 0; p < g->width; p++, x += g->source_pixel, d += g->d_pixel) {
      const vf b = FK(depthwise_load)(d, left);
      FK_UNROLL for (size_t t = 0; t < T; t++) sum[t] = vf_fma(FK(depthwise_load)(x + taps[t], left), b, sum[t]);
    }
  }
  FK_UNROLL for (size_t t = 0; t < T; t++) {
    if (left >= FK_W) vf_store(sums + t * g->channels + c, sum[t]);
    else vf_store_part(sums + t * g->channels + c, sum[t], left);
  }
}

static void FK(depthwise_weight_gradient)(const fk_depthwise_gradient *g) {
  for (size_t c = 0; c < g->channels; c += FK_W) {
    const size_t left = g->channels - c;
    size_t t = 0;
    for (; t + DEPTHWISE_PIXELS <= g->tap_count; t += DEPTHWISE_PIXELS) {
      float *sums = g->sums + t * g->channels;
      if (left >= FK_W) FK(depthwise_gradient_tile)(DEPTHWISE_PIXELS, g, g->taps + t, sums, c, FK_W);
      else FK(depthwise_gradient_tile)(DEPTHWISE_PIXELS, g, g->taps + t, sums, c, left);
    }
    for (; t < g->tap_count; t++)
      FK(depthwise_gradient_tile)(1, g, g->taps + t, g->sums + t * g->channels, c, left);
  }
}

#undef DEPTHWISE_PIXELS
