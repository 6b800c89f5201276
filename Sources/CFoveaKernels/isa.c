#define _GNU_SOURCE
#include "isa.h"
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(__aarch64__)
#define FK_BASELINE_NAME "neon"
#else
#define FK_BASELINE_NAME "baseline"
#endif
static const char *const names[] = {FK_BASELINE_NAME, "avx2", "avx512"};
static _Atomic int selected = -1;
static _Atomic int emulates_bf16 = -1;

bool fk_available(fk_isa isa) {
#if defined(__x86_64__)
  switch (isa) {
    case FK_ISA_AVX512:
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
             __builtin_cpu_supports("fma");
    case FK_ISA_AVX2:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    default:
      return true;
  }
#else
  return isa == FK_ISA_BASELINE;
#endif
}

static fk_isa choose(void) {
  const char *wish = getenv("FOVEA_KERNELS");
  for (int isa = FK_ISA_AVX512; isa >= FK_ISA_BASELINE; isa--) {
    if (!fk_available((fk_isa)isa)) continue;
    if (wish == NULL || *wish == 0 || strcmp(wish, names[isa]) == 0) return (fk_isa)isa;
  }
  return FK_ISA_BASELINE;
}

fk_isa fk_selected(void) {
  int isa = atomic_load_explicit(&selected, memory_order_relaxed);
  if (__builtin_expect(isa < 0, 0)) {
    isa = choose();
    atomic_store_explicit(&selected, isa, memory_order_relaxed);
  }
  return (fk_isa)isa;
}

bool fk_select(fk_isa isa) {
  if (!fk_available(isa)) return false;
  atomic_store_explicit(&selected, (int)isa, memory_order_relaxed);
  return true;
}

const char *fk_name(fk_isa isa) { return names[isa]; }

bool fk_bf16_is_native(fk_isa isa) {
#if defined(__x86_64__)
  return isa == FK_ISA_AVX512 && __builtin_cpu_supports("avx512bf16");
#else
  (void)isa;
  return false;
#endif
}

bool fk_emulates_bf16(void) {
  int emulates = atomic_load_explicit(&emulates_bf16, memory_order_relaxed);
  if (__builtin_expect(emulates < 0, 0)) {
    const char *wish = getenv("FOVEA_BF16");
    emulates = wish != NULL && strcmp(wish, "emulate") == 0;
    atomic_store_explicit(&emulates_bf16, emulates, memory_order_relaxed);
  }
  return emulates;
}

void fk_emulate_bf16(bool emulates) { atomic_store_explicit(&emulates_bf16, emulates, memory_order_relaxed); }

bool fk_has_bf16(fk_isa isa) { return fk_bf16_is_native(isa) || fk_emulates_bf16(); }

int fk_processor_count(void) {
#ifdef __linux__
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
#endif
  return (int)sysconf(_SC_NPROCESSORS_ONLN);
}
