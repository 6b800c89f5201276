// bf16 values in units of two, for a body to include after it has its vector vocabulary. fk_bf16.h says what a unit is.
//
// With BF16_NATIVE, the conversions of AVX-512 BF16; without, the same numbers by integers.

typedef uint16_t FK(vh_t) __attribute__((ext_vector_type(FK_W)));
typedef uint32_t FK(vu_t) __attribute__((ext_vector_type(FK_W)));
#define vu FK(vu_t)

#ifdef BF16_NATIVE

typedef short FK(halves_t) __attribute__((ext_vector_type(32)));

// The units of 32 neighbouring values, a after b.
FK_INLINE vf FK(bf16_neighbours)(vf a, vf b) {
  return __builtin_bit_cast(vf, _mm512_cvtne2ps_pbh(__builtin_bit_cast(__m512, b), __builtin_bit_cast(__m512, a)));
}

// The units whose low halves are of `low` and whose high halves are of `high`.
FK_INLINE vf FK(bf16_pairs)(vf low, vf high) {
  FK(halves_t) both = __builtin_bit_cast(FK(halves_t), FK(bf16_neighbours)(low, high));
  return __builtin_bit_cast(
      vf, __builtin_shufflevector(
              both, both, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28,
              13, 29, 14, 30, 15, 31));
}

#else

// Rounded to bf16, in the high half.
FK_INLINE vu FK(bf16_round)(vf x) {
  const vu bits = __builtin_bit_cast(vu, x);
  const vu exponent = bits & 0x7f800000u;
  const vu rounded = bits + 0x7fffu + (bits >> 16 & 1u);
  const vu is_nan = __builtin_bit_cast(vu, x != x);
  const vu is_denormal = __builtin_bit_cast(vu, exponent == (vu)0u);
  vu result = (is_nan & (bits | 0x400000u)) | (~is_nan & rounded);
  result = (is_denormal & (bits & 0x80000000u)) | (~is_denormal & result);
  return result & 0xffff0000u;
}

FK_INLINE vf FK(bf16_pairs)(vf low, vf high) {
  return __builtin_bit_cast(vf, FK(bf16_round)(low) >> 16 | FK(bf16_round)(high));
}

FK_INLINE vf FK(bf16_neighbours)(vf a, vf b) {
#if FK_W == 16
  return FK(bf16_pairs)(
      __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30),
      __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31));
#elif FK_W == 8
  return FK(bf16_pairs)(
      __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14), __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15));
#else
  return FK(bf16_pairs)(__builtin_shufflevector(a, b, 0, 2, 4, 6), __builtin_shufflevector(a, b, 1, 3, 5, 7));
#endif
}

#endif

// n neighbouring values, an even number up to a vector's, each in the low half of a lane. Past the last one, zeros.
FK_INLINE vu FK(load_halves)(const float *units, size_t n) {
  FK(vh_t) halves = (FK(vh_t))(uint16_t)0;
  if (n == FK_W) memcpy(&halves, units, sizeof halves);
  else memcpy(&halves, units, n * sizeof(uint16_t));
  return __builtin_convertvector(halves, vu);
}

// The same as floats.
FK_INLINE vf FK(load_units)(const float *units, size_t n) {
  return __builtin_bit_cast(vf, FK(load_halves)(units, n) << 16);
}

FK_INLINE void FK(store_units)(float *units, vf values, size_t n) {
#ifdef BF16_NATIVE
  const __m256bh halves = _mm512_cvtneps_pbh(__builtin_bit_cast(__m512, values));
#else
  const FK(vh_t) halves = __builtin_convertvector(FK(bf16_round)(values) >> 16, FK(vh_t));
#endif
  if (n == FK_W) memcpy(units, &halves, sizeof halves);
  else memcpy(units, &halves, n * sizeof(uint16_t));
}
