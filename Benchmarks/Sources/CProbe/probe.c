#include "probe.h"

static volatile float sink;

#define PROBE(name, W, FMA)                                                    \
  static double name(long steps) {                                             \
    typedef float vector __attribute__((ext_vector_type(W)));                  \
    vector sum[12];                                                            \
    /* From 2 on: 1 would stay 1, and the compiler leave its chain out. */     \
    for (int i = 0; i < 12; i++) sum[i] = (vector)(float)(i + 2);              \
    vector a = (vector)0.999f, b = (vector)1e-3f;                              \
    for (long s = 0; s < steps; s++) {                                         \
      __asm__ volatile("" ::: "memory");                                       \
      _Pragma("unroll") for (int i = 0; i < 12; i++) sum[i] = FMA(sum[i], a, b); \
    }                                                                          \
    for (int i = 1; i < 12; i++) sum[0] += sum[i];                             \
    sink = sum[0][0];                                                          \
    return 2.0 * 12 * W * (double)steps;                                       \
  }

#define FUSED(x, y, z) __builtin_elementwise_fma(x, y, z)
#define APART(x, y, z) ((x) * (y) + (z))

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f,fma"))), apply_to = function)
PROBE(probe_16, 16, FUSED)
#pragma clang attribute pop
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
PROBE(probe_8, 8, FUSED)
#pragma clang attribute pop
PROBE(probe_4, 4, APART)
#else
PROBE(probe_4, 4, FUSED)
#endif

double fovea_probe(int width, long steps) {
#if defined(__x86_64__)
  if (width == 16) return probe_16(steps);
  if (width == 8) return probe_8(steps);
#endif
  return probe_4(steps);
}
