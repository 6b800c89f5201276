#include "check.h"

KERNEL_FAMILY(peak) {
  for (size_t steps = 0; steps < 5; steps++) {
    begin_case("%zu rounds", steps);
    float *want = floats(FK_PEAK_CHAINS), *got = floats(FK_PEAK_CHAINS);
    fk_peak(got, 0.75f, 0.5f, steps);
    for (int i = 0; i < FK_PEAK_CHAINS; i++) {
      want[i] = (float)i;
      for (size_t step = 0; step < steps; step++) want[i] = multiply_add(want[i], 0.75f, 0.5f);
    }
    expect_same("sums", got, want, FK_PEAK_CHAINS);
  }
}
