// How one source becomes three sets of kernels.
//
// A family NAME has two files: NAME.body.h, the kernels written once with the vector type `vf`, and NAME.c, which
// includes `family.h` with FK_BODY set to the body's name. family.h includes the body once for each instruction
// set, inside a clang attribute push that turns that instruction set on, with FK(name) giving each copy its own
// name: FK(add) is add_avx512, add_avx2, add_baseline. NAME.c then defines the public functions with FK_CALL,
// which picks the copy that is in use, or FK_CALL_FOR,
// which picks the one that the caller names.
#ifndef FK_ISA_H
#define FK_ISA_H

#include "fovea_kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define FK_PASTE_(a, b) a##_##b
#define FK_PASTE(a, b) FK_PASTE_(a, b)
#define FK(name) FK_PASTE(name, FK_SUFFIX)

#define FK_INLINE static inline __attribute__((always_inline))
#define FK_UNROLL _Pragma("unroll")

#if defined(__x86_64__)
#define FK_CALL_FOR(isa, name, ...)                        \
  ((isa) == FK_ISA_AVX512 ? name##_avx512(__VA_ARGS__)     \
   : (isa) == FK_ISA_AVX2 ? name##_avx2(__VA_ARGS__)       \
                          : name##_baseline(__VA_ARGS__))
#else
#define FK_CALL_FOR(isa, name, ...) ((void)(isa), name##_baseline(__VA_ARGS__))
#endif
#define FK_CALL(name, ...) FK_CALL_FOR(fk_selected(), name, __VA_ARGS__)

#endif
