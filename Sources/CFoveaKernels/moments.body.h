// fk_conv_moments, for a body to include: pixels are read through MOMENTS_LOAD(pixel, channel, n), n channels from one on.

typedef double FK(conv_double) __attribute__((ext_vector_type(FK_W)));
#define conv_double FK(conv_double)

// Takes a stretch of n pixels of `left` channels (a whole vector, or fewer) into their moments.
FK_INLINE void FK(conv_moments_stretch)(
    double *means, double *all_squares, double before, const float *x, size_t channel, ptrdiff_t step, size_t n,
    size_t left) {
  vf sum = vf_zero(), rest = vf_zero(), squares = vf_zero();
  for (size_t p = 0; p < n; p++) sum += MOMENTS_LOAD(x + (ptrdiff_t)p * step, channel, left);
  const vf centre = sum * vf_set1(1.0f / (float)n);
  for (size_t p = 0; p < n; p++) {
    vf d = MOMENTS_LOAD(x + (ptrdiff_t)p * step, channel, left) - centre;
    rest += d;
    squares = vf_fma(d, d, squares);
  }
  conv_double mean = (conv_double)0.0, square = (conv_double)0.0;
  memcpy(&mean, means, left * sizeof(double));
  memcpy(&square, all_squares, left * sizeof(double));
  // The centre is rounded; `rest` is what it is off by, and corrects both moments.
  const double count = (double)n, share = count / (before + count);
  const conv_double off = __builtin_convertvector(rest, conv_double) * (1.0 / count);
  const conv_double delta = __builtin_convertvector(centre, conv_double) + off - mean;
  square += __builtin_convertvector(squares, conv_double) - off * off * count + delta * delta * (before * share);
  mean += delta * share;
  memcpy(means, &mean, left * sizeof(double));
  memcpy(all_squares, &square, left * sizeof(double));
}

static void FK(conv_moments)(
    fk_moments *m, const float *pixels, ptrdiff_t step, size_t count, size_t channels) {
  for (size_t first = 0; first < count; first += 64) {
    const size_t n = count - first < 64 ? count - first : 64;
    const float *x = pixels + (ptrdiff_t)first * step;
    size_t c = 0;
    for (; c + FK_W <= channels; c += FK_W)
      FK(conv_moments_stretch)(m->mean + c, m->squares + c, (double)m->count, x, c, step, n, FK_W);
    if (c < channels)
      FK(conv_moments_stretch)(m->mean + c, m->squares + c, (double)m->count, x, c, step, n, channels - c);
    m->count += n;
  }
}

#undef conv_double

#undef MOMENTS_LOAD
