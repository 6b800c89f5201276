// Moving values between lanes, and small steps that several families share, for a body to include after it has its
// vector vocabulary.

// Sums run in float over so many rows and then in double: short enough that a float sum loses nothing that matters,
// and the rows are still in the first cache for a second look.
#undef FK_CHUNK
#define FK_CHUNK 64

// Adds each of the first `lanes` lanes to `sums`.
FK_INLINE void FK(add_to_double)(double *sums, vf v, size_t lanes) {
  float lane[FK_W];
  vf_store(lane, v);
  for (size_t i = 0; i < lanes; i++) sums[i] += (double)lane[i];
}

// The gradient behind a ReLU whose output or input is z. A NaN in z lets the gradient through, so that it shows.
FK_INLINE vf FK(behind_relu)(vf gradient, vf z) { return vf_select(z <= vf_zero(), vf_zero(), gradient); }

// The one definition of z = gain·(x − mean) + offset: wherever it is computed, its bits must agree.
FK_INLINE vf FK(normalized)(vf centered, vf gain, vf offset) { return vf_fma(centered, gain, offset); }

// Two vectors a and b, seen as blocks of `s` lanes: the even blocks of both, and the odd blocks of both.
#define FK_EVEN_LANE(l, s) ((l) & (s) ? FK_W + (l) - (s) : (l))
#define FK_ODD_LANE(l, s) ((l) & (s) ? FK_W + (l) : (l) + (s))
#if FK_W == 16
#define FK_SHUFFLE(a, b, LANE, s)                                                                               \
  __builtin_shufflevector(a, b, LANE(0, s), LANE(1, s), LANE(2, s), LANE(3, s), LANE(4, s), LANE(5, s),         \
                          LANE(6, s), LANE(7, s), LANE(8, s), LANE(9, s), LANE(10, s), LANE(11, s), LANE(12, s), \
                          LANE(13, s), LANE(14, s), LANE(15, s))
#elif FK_W == 8
#define FK_SHUFFLE(a, b, LANE, s)                                                                             \
  __builtin_shufflevector(a, b, LANE(0, s), LANE(1, s), LANE(2, s), LANE(3, s), LANE(4, s), LANE(5, s),       \
                          LANE(6, s), LANE(7, s))
#else
#define FK_SHUFFLE(a, b, LANE, s) __builtin_shufflevector(a, b, LANE(0, s), LANE(1, s), LANE(2, s), LANE(3, s))
#endif
#define FK_EVEN(a, b, s) FK_SHUFFLE(a, b, FK_EVEN_LANE, s)
#define FK_ODD(a, b, s) FK_SHUFFLE(a, b, FK_ODD_LANE, s)

// One step of a transposition: exchanges the blocks of `s` lanes beside the diagonal.
#define FK_EXCHANGE(rows, s)                                       \
  FK_UNROLL for (int i = 0; i < FK_W; i++) if (!(i & (s))) {       \
    vf even = FK_EVEN(rows[i], rows[i + (s)], s);                  \
    rows[i + (s)] = FK_ODD(rows[i], rows[i + (s)], s);             \
    rows[i] = even;                                                \
  }

// Lane j of rows[i] becomes lane i of rows[j].
FK_INLINE void FK(transpose)(vf rows[FK_W]) {
#if FK_W == 16
  FK_EXCHANGE(rows, 8)
#endif
#if FK_W >= 8
  FK_EXCHANGE(rows, 4)
#endif
  FK_EXCHANGE(rows, 2)
  FK_EXCHANGE(rows, 1)
}

// Joins lanes of two vectors, seen as blocks of `s` lanes: each even block of a with the odd one behind it in a's place, and
// likewise of b in the odd blocks' places.
#define FK_FOLD(a, b, s, join) join(FK_EVEN(a, b, s), FK_ODD(a, b, s))

// Lane i of the result joins every fourth lane of rows[i % 4].
#define FK_FOLD_FOUR(rows, join) \
  FK_FOLD(FK_FOLD(rows[0], rows[1], 1, join), FK_FOLD(rows[2], rows[3], 1, join), 2, join)

// From the folds of rows four by four, what all lanes of row i come to in lane i.
#if FK_W == 16
#define FK_FOLD_FOURS(fours, join) \
  FK_FOLD(FK_FOLD(fours[0], fours[1], 4, join), FK_FOLD(fours[2], fours[3], 4, join), 8, join)
#elif FK_W == 8
#define FK_FOLD_FOURS(fours, join) FK_FOLD(fours[0], fours[1], 4, join)
#else
#define FK_FOLD_FOURS(fours, join) fours[0]
#endif

FK_INLINE vf FK(sum_of_two)(vf a, vf b) { return a + b; }

FK_INLINE vf FK(sums_of_four)(const vf rows[4]) { return FK_FOLD_FOUR(rows, FK(sum_of_two)); }
FK_INLINE vf FK(sums_of_fours)(const vf fours[FK_W / 4]) { return FK_FOLD_FOURS(fours, FK(sum_of_two)); }
// The larger lanes. A NaN may get lost.
FK_INLINE vf FK(maxima_of_four)(const vf rows[4]) { return FK_FOLD_FOUR(rows, vf_max); }
FK_INLINE vf FK(maxima_of_fours)(const vf fours[FK_W / 4]) { return FK_FOLD_FOURS(fours, vf_max); }

// Lane i of the result is the sum of all lanes of rows[i], in the same order for every i.
FK_INLINE vf FK(sums_of_rows)(const vf rows[FK_W]) {
  vf fours[FK_W / 4];
  FK_UNROLL for (int i = 0; i < FK_W / 4; i++) fours[i] = FK(sums_of_four)(rows + 4 * i);
  return FK(sums_of_fours)(fours);
}

#undef FK_EVEN_LANE
#undef FK_ODD_LANE
#undef FK_SHUFFLE
#undef FK_EVEN
#undef FK_ODD
#undef FK_EXCHANGE
#undef FK_FOLD
#undef FK_FOLD_FOUR
#undef FK_FOLD_FOURS
