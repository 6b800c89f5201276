#include <string.h>

#include "include/fk_checksum.h"

#if defined(__x86_64__)

#include <nmmintrin.h>

bool fk_has_crc32c(void) { return __builtin_cpu_supports("sse4.2"); }

__attribute__((target("sse4.2"))) uint32_t fk_crc32c(uint32_t state, const void *bytes, size_t count) {
  const unsigned char *at = bytes;
  uint64_t crc = state;
  for (; count >= 8; count -= 8, at += 8) {
    uint64_t word;
    memcpy(&word, at, sizeof word);
    crc = _mm_crc32_u64(crc, word);
  }
  for (; count > 0; count--, at++) crc = _mm_crc32_u8((uint32_t)crc, *at);
  return (uint32_t)crc;
}

#elif defined(__ARM_FEATURE_CRC32)

#include <arm_acle.h>

bool fk_has_crc32c(void) { return true; }

uint32_t fk_crc32c(uint32_t state, const void *bytes, size_t count) {
  const unsigned char *at = bytes;
  for (; count >= 8; count -= 8, at += 8) {
    uint64_t word;
    memcpy(&word, at, sizeof word);
    state = __crc32cd(state, word);
  }
  for (; count > 0; count--, at++) state = __crc32cb(state, *at);
  return state;
}

#else

bool fk_has_crc32c(void) { return false; }

uint32_t fk_crc32c(uint32_t state, const void *bytes, size_t count) {
  (void)bytes, (void)count;
  return state;
}

#endif
