#define FK_BODY "peak.body.h"
#include "fk_peak.h"
#include "family.h"

void fk_peak(float *sums, float a, float b, size_t steps) { FK_CALL(peak, sums, a, b, steps); }
