#ifndef FOVEA_PROBE_H
#define FOVEA_PROBE_H

/// Runs `steps` rounds of twelve independent chains of multiply-adds and returns how many floating-point operations
/// that was. `width` is the floats of a vector: 16 (AVX-512), 8 (AVX2 with FMA), or 4 (the baseline).
double fovea_probe(int width, long steps);

#endif
