// The vector vocabulary of a body, for FK_W floats a vector.

typedef float FK(vf_t) __attribute__((ext_vector_type(FK_W)));
typedef int32_t FK(vi_t) __attribute__((ext_vector_type(FK_W)));
#define vf FK(vf_t)
#define vi FK(vi_t)

FK_INLINE vf FK(vf_load_)(const float *p) {
  vf v;
  memcpy(&v, p, sizeof v);
  return v;
}
#define vf_load FK(vf_load_)

FK_INLINE void FK(vf_store_)(float *p, vf v) { memcpy(p, &v, sizeof v); }
#define vf_store FK(vf_store_)

FK_INLINE vf FK(vf_set1_)(float x) { return (vf)x; }
#define vf_set1 FK(vf_set1_)
#define vf_zero() vf_set1(0.0f)

// The first n (at most FK_W) floats; the rest read as `fill`. Never touches memory past n.
FK_INLINE vf FK(vf_load_part_)(const float *p, size_t n, float fill) {
#if FK_W == 16
  return _mm512_mask_loadu_ps(_mm512_set1_ps(fill), (__mmask16)((1u << n) - 1), p);
#else
  float lanes[FK_W];
  vf_store(lanes, vf_set1(fill));
  size_t i = 0;
#if FK_W == 8
  if (n & 8) memcpy(lanes, p, 32), i = 8;
#endif
  if (n & 4) memcpy(lanes + i, p + i, 16), i += 4;
  if (n & 2) memcpy(lanes + i, p + i, 8), i += 2;
  if (n & 1) memcpy(lanes + i, p + i, 4);
  return vf_load(lanes);
#endif
}
#define vf_load_part FK(vf_load_part_)

FK_INLINE void FK(vf_store_part_)(float *p, vf v, size_t n) {
#if FK_W == 16
  _mm512_mask_storeu_ps(p, (__mmask16)((1u << n) - 1), v);
#else
  float lanes[FK_W];
  vf_store(lanes, v);
  size_t i = 0;
#if FK_W == 8
  if (n & 8) memcpy(p, lanes, 32), i = 8;
#endif
  if (n & 4) memcpy(p + i, lanes + i, 16), i += 4;
  if (n & 2) memcpy(p + i, lanes + i, 8), i += 2;
  if (n & 1) memcpy(p + i, lanes + i, 4);
#endif
}
#define vf_store_part FK(vf_store_part_)

// As above, and a plain load or store where n is the constant FK_W: one body serves whole vectors and the tail.
FK_INLINE vf FK(vf_load_n_)(const float *p, size_t n) {
  return n == FK_W ? vf_load(p) : vf_load_part(p, n, 0.0f);
}
#define vf_load_n FK(vf_load_n_)
FK_INLINE void FK(vf_store_n_)(float *p, vf v, size_t n) {
  if (n == FK_W) vf_store(p, v);
  else vf_store_part(p, v, n);
}
#define vf_store_n FK(vf_store_n_)

// a·b + c
FK_INLINE vf FK(vf_fma_)(vf a, vf b, vf c) {
#if FK_W == 4 && defined(__x86_64__)
  return a * b + c;
#else
  return __builtin_elementwise_fma(a, b, c);
#endif
}
#define vf_fma FK(vf_fma_)

// mask lanes are all ones (take a) or zero (take b), as comparisons give them
FK_INLINE vf FK(vf_select_)(vi mask, vf a, vf b) {
  return __builtin_bit_cast(vf, (__builtin_bit_cast(vi, a) & mask) | (__builtin_bit_cast(vi, b) & ~mask));
}
#define vf_select FK(vf_select_)

// Larger and smaller of each lane; where a lane of b is NaN, b's (a NaN must not vanish in a maximum).
FK_INLINE vf FK(vf_max_)(vf a, vf b) { return vf_select(a > b, a, b); }
#define vf_max FK(vf_max_)
FK_INLINE vf FK(vf_min_)(vf a, vf b) { return vf_select(a < b, a, b); }
#define vf_min FK(vf_min_)

// Horizontal sum by halves: a fixed order for a given width.
FK_INLINE float FK(vf_sum_)(vf v) {
  float lanes[FK_W];
  vf_store(lanes, v);
  FK_UNROLL for (int half = FK_W / 2; half > 0; half /= 2)
    for (int i = 0; i < half; i++) lanes[i] += lanes[i + half];
  return lanes[0];
}
#define vf_sum FK(vf_sum_)

FK_INLINE float FK(vf_hmax_)(vf v) {
  float lanes[FK_W];
  vf_store(lanes, v);
  FK_UNROLL for (int half = FK_W / 2; half > 0; half /= 2)
    for (int i = 0; i < half; i++) lanes[i] = lanes[i] > lanes[i + half] ? lanes[i] : lanes[i + half];
  return lanes[0];
}
#define vf_hmax FK(vf_hmax_)

// e^x to about 1 unit in the last place on −87…88, clamped outside. Range reduction by ln 2 in two parts, then the
// Taylor polynomial of degree 7 on ±ln 2 / 2, whose remainder is below 6e-9. Adding and taking away 1.5·2^23
// rounds to the nearest integer. NaN stays NaN.
FK_INLINE vf FK(vf_exp_)(vf x) {
  vf clamped = vf_min(vf_max(x, vf_set1(-87.0f)), vf_set1(88.0f));
  vf n = vf_fma(clamped, vf_set1(1.44269504088896341f), vf_set1(12582912.0f)) - vf_set1(12582912.0f);
  vf r = vf_fma(n, vf_set1(-0.693359375f), clamped);
  r = vf_fma(n, vf_set1(2.12194440e-4f), r);
  vf p = vf_set1(1.0f / 5040);
  p = vf_fma(p, r, vf_set1(1.0f / 720));
  p = vf_fma(p, r, vf_set1(1.0f / 120));
  p = vf_fma(p, r, vf_set1(1.0f / 24));
  p = vf_fma(p, r, vf_set1(1.0f / 6));
  p = vf_fma(p, r, vf_set1(0.5f));
  p = vf_fma(p, r, vf_set1(1.0f));
  p = vf_fma(p, r, vf_set1(1.0f));
  vi exponent = (__builtin_convertvector(n, vi) + 127) << 23;
  return vf_select(x == x, p * __builtin_bit_cast(vf, exponent), x);
}
#define vf_exp FK(vf_exp_)

FK_INLINE vf FK(vf_sigmoid_)(vf x) { return vf_set1(1.0f) / (vf_set1(1.0f) + vf_exp(-x)); }
#define vf_sigmoid FK(vf_sigmoid_)
