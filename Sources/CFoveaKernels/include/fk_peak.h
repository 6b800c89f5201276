// What the CPU's multipliers can do at best, for comparison with what a program gets out of them.
#ifndef FK_PEAK_H
#define FK_PEAK_H

#include <stddef.h>

/// Chains of multiply-adds that run side by side: more than a core needs to keep its units busy.
enum { FK_PEAK_CHAINS = 12 };

/// `steps` rounds of x ← x·a + b on FK_PEAK_CHAINS vectors of registers. Two operations a float and round.
/// `sums` gets FK_PEAK_CHAINS floats, one of each chain, which begin as 0, 1, 2…
void fk_peak(float *sums, float a, float b, size_t steps);

#endif
