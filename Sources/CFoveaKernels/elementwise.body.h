// Bodies of fk_elementwise.h. Tails run the same expression one float at a time, so an element's bits do not depend
// on where in the range it lies.

FK_INLINE float FK(fma1)(float a, float b, float c) {
#if FK_W == 4 && defined(__x86_64__)
  return a * b + c;
#else
  return __builtin_fmaf(a, b, c);
#endif
}

static void FK(add)(float *y, const float *x, size_t n) {
  size_t i = 0;
  for (; i + FK_W <= n; i += FK_W) vf_store(y + i, vf_load(y + i) + vf_load(x + i));
  for (; i < n; i++) y[i] += x[i];
}

static void FK(scale)(float *y, float s, size_t n) {
  size_t i = 0;
  for (; i + FK_W <= n; i += FK_W) vf_store(y + i, vf_load(y + i) * vf_set1(s));
  for (; i < n; i++) y[i] *= s;
}

static void FK(axpy)(float *y, float a, const float *x, size_t n) {
  size_t i = 0;
  for (; i + FK_W <= n; i += FK_W) vf_store(y + i, vf_fma(vf_set1(a), vf_load(x + i), vf_load(y + i)));
  for (; i < n; i++) y[i] = FK(fma1)(a, x[i], y[i]);
}
