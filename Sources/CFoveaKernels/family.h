// Includes FK_BODY once for each instruction set. See isa.h. No include guard: each family includes it once.
//
// Inside a body: FK_W floats a vector, the types vf (FK_W floats) and vi (FK_W 32-bit integers), loads and stores
// without alignment, and vf_fma, which is fused on AVX2, AVX-512 and NEON and a product and a sum on SSE2.
#include "isa.h"
#include <math.h>
#include <string.h>

#if defined(__x86_64__)

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
#define FK_SUFFIX avx512
#define FK_W 16
#include "vector.body.h"
#include FK_BODY
#include "undef.h"
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define FK_SUFFIX avx2
#define FK_W 8
#include "vector.body.h"
#include FK_BODY
#include "undef.h"
#pragma clang attribute pop

#endif

#define FK_SUFFIX baseline
#define FK_W 4
#include "vector.body.h"
#include FK_BODY
#include "undef.h"
