// Body of fk_peak.h.

static void FK(peak)(float *sums, float a, float b, size_t steps) {
  vf chains[FK_PEAK_CHAINS];
#pragma unroll
  for (int i = 0; i < FK_PEAK_CHAINS; i++) chains[i] = vf_set1((float)i);
  vf factor = vf_set1(a), summand = vf_set1(b);
  for (size_t step = 0; step < steps; step++) {
    // Or the compiler would compute several rounds at once.
    __asm__ volatile("" ::: "memory");
#pragma unroll
    for (int i = 0; i < FK_PEAK_CHAINS; i++) chains[i] = vf_fma(chains[i], factor, summand);
  }
  for (int i = 0; i < FK_PEAK_CHAINS; i++) sums[i] = chains[i][0];
}
