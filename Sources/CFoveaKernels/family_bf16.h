// Includes FK_BODY as family.h does, and once more with the instructions of AVX-512 BF16, which the others emulate.
#include "family.h"

#if defined(__x86_64__)
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma"))), apply_to = function)
#define BF16_NATIVE
#define FK_SUFFIX avx512bf16
#define FK_W 16
#include "vector.body.h"
#include FK_BODY
#include "undef.h"
#undef BF16_NATIVE
#pragma clang attribute pop
#define FK_CALL_BF16(isa, name, ...) \
  (fk_bf16_is_native(isa) ? name##_avx512bf16(__VA_ARGS__) : FK_CALL_FOR(isa, name, __VA_ARGS__))
#else
#define FK_CALL_BF16(isa, name, ...) FK_CALL_FOR(isa, name, __VA_ARGS__)
#endif
