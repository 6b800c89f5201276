// The innermost loops, compiled once for each instruction set.
//
// Every kernel here works on a plain range of memory, knows nothing of threads and allocates nothing.
// Tiling, packing order, threads and the choice of kernel are Swift's (FoveaOps).
#ifndef FOVEA_KERNELS_H
#define FOVEA_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Instruction sets that the kernels are compiled for, from the narrowest to the widest.
typedef enum fk_isa {
  FK_ISA_BASELINE = 0,  ///< SSE2 on x86-64, NEON on arm64: 4 floats a vector
  FK_ISA_AVX2 = 1,      ///< AVX2 and FMA: 8 floats a vector
  FK_ISA_AVX512 = 2,    ///< AVX-512 F, BW, DQ, VL: 16 floats a vector
} fk_isa;

/// The instruction set in use: the widest that the CPU has, unless FOVEA_KERNELS or fk_select says otherwise.
fk_isa fk_selected(void);
/// Whether this CPU can run kernels of that instruction set.
bool fk_available(fk_isa isa);
/// Uses another instruction set from now on, for tests and measurements. False where the CPU lacks it.
bool fk_select(fk_isa isa);
/// "baseline" ("neon" on arm64), "avx2" or "avx512".
const char *fk_name(fk_isa isa);
/// How many processors this process may run on.
int fk_processor_count(void);

/// Tells the core that this thread is waiting in a loop.
static inline void fk_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

#include "fk_conv.h"
#include "fk_bf16.h"
#include "fk_elementwise.h"
#include "fk_optim.h"
#include "fk_cbam.h"
#include "fk_norm.h"
#include "fk_plane.h"
#include "fk_winograd.h"
#include "fk_resample.h"
#include "fk_pool.h"
#include "fk_pointwise.h"
#include "fk_checksum.h"
#include "fk_peak.h"

#endif
