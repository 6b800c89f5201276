// What a family of checks has at hand.
//
// A family is one file: KERNEL_FAMILY(name) { … } defines its checks and registers them, and main runs them once for
// each instruction set. Each case begins with begin_case, takes its buffers from here, runs a kernel and a naive loop,
// and compares. Buffers end at memory that may not be read, begin behind bytes that must not change, and are gone when
// the next case begins.
//
// Two comparisons. Where the kernel's header promises an order of operations, the naive loop follows it and every bit
// must agree (expect_same). Elsewhere the naive loop is in double precision and sums the magnitudes of what it adds, and
// the kernel may be off by a number of roundings of these (expect_near): n roundings in a row are bounded by
// n · 2⁻²⁴ · magnitude whatever the order (Higham, "Accuracy and Stability of Numerical Algorithms", section 3.1), so
// the tolerance follows from the length of the sum and is no matter of taste.
#ifndef CHECK_H
#define CHECK_H

#include "fovea_kernels.h"
#include <math.h>
#include <string.h>

// The naive loops round every product: where a kernel fuses, multiply_add does.
#pragma STDC FP_CONTRACT OFF

#define KERNEL_FAMILY(name)                                                                              \
  static void check_##name(void);                                                                       \
  __attribute__((constructor)) static void register_##name(void) { register_family(#name, check_##name); } \
  static void check_##name(void)

void register_family(const char *name, void (*check)(void));

/// Names the case for messages, and frees the buffers of the one before.
__attribute__((format(printf, 1, 2))) void begin_case(const char *format, ...);

// ---- Buffers ----

/// n floats, NaN all of them: what is never written shows.
float *floats(size_t n);
/// n floats in −1…1, the same in every run.
float *random_floats(size_t n);
/// n multiples of 1/4 in −1…1: many are equal.
float *coarse_floats(size_t n);
/// n zeros.
float *zero_floats(size_t n);
float *copy_of(const float *values, size_t n);
double *doubles(size_t n);
int32_t *integers(size_t n);
uint8_t *bytes(size_t n);
/// Values that are read as they are, and values with a normalisation of random constants.
fk_features plain(const float *values);
fk_features normalized_features(const float *values, size_t channels);
/// 0 ..< limit
uint32_t random_below(uint32_t limit);

// ---- Naive arithmetic ----

/// Floats of a vector of the instruction set under test.
size_t vector_width(void);
/// a·b + c as the kernels of the instruction set under test compute it: one rounding, or two on SSE2.
float multiply_add(float a, float b, float c);

/// A value in double precision, and the sum of the magnitudes of all that was added to give it.
typedef struct reference {
  double value, magnitude;
} reference;

/// n zeros.
reference *references(size_t n);
static inline void add_product(reference *sum, double a, double b) {
  sum->value += a * b;
  sum->magnitude += fabs(a * b);
}
static inline void add_value(reference *sum, double a) { add_product(sum, a, 1); }

// ---- Comparisons ----

/// The same values. NaN is the same as NaN.
void expect_same(const char *what, const float *got, const float *want, size_t n);
void expect_same_integers(const char *what, const int32_t *got, const int32_t *want, size_t n);
void expect_same_bytes(const char *what, const uint8_t *got, const uint8_t *want, size_t n);
/// Off by no more than so many roundings of the magnitude.
void expect_near(const char *what, const float *got, const reference *want, double roundings, size_t n);
void expect_near_doubles(const char *what, const double *got, const reference *want, double roundings, size_t n);

#define COUNT(array) (sizeof(array) / sizeof *(array))

#endif
