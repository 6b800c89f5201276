#include "check.h"

// Weights of `count` taps that sum to 2^22, with lobes below 0 and above 1: some sums must be clamped.
static void make_weights(int32_t *weights, size_t count) {
  int32_t rest = 1 << 22;
  for (size_t t = 0; t + 1 < count; t++) rest -= weights[t] = (int32_t)random_below(1 << 22) / (int32_t)count - (1 << 19);
  weights[count - 1] = rest;
}

static uint8_t clamped(int64_t sum) {
  sum >>= 22;
  return (uint8_t)(sum < 0 ? 0 : sum > 255 ? 255 : sum);
}

static uint8_t *random_bytes(size_t n) {
  uint8_t *values = bytes(n);
  for (size_t i = 0; i < n; i++) values[i] = (uint8_t)random_below(256);
  return values;
}

static void check_column(size_t length, size_t count) {
  begin_case("column of %zu bytes from %zu rows", length, count);
  const size_t row = length + 3;
  const uint8_t *in = random_bytes(row * (count - 1) + length);
  uint8_t *got = bytes(length), *want = bytes(length);
  int32_t *weights = integers(count);
  make_weights(weights, count);
  for (size_t i = 0; i < length; i++) {
    int64_t sum = 1 << 21;
    for (size_t t = 0; t < count; t++) sum += (int64_t)in[t * row + i] * weights[t];
    want[i] = clamped(sum);
  }
  fk_resample_column(got, in, row, length, weights, count);
  expect_same_bytes("bytes", got, want, length);
}

static size_t rounded_up(size_t n) { return (n + 255) / 256 * 256; }

static void check_rows(size_t rows, size_t from, size_t to) {
  begin_case("%zu rows from %zu to %zu pixels", rows, from, to);
  const size_t most = 4, in_row = 3 * from + 5, out_row = 3 * to + 7;
  const uint8_t *in = random_bytes(in_row * (rows - 1) + 3 * from);
  uint8_t *got = bytes(out_row * (rows - 1) + 3 * to), *want = bytes(out_row * (rows - 1) + 3 * to);
  int32_t *starts = integers(to), *counts = integers(to), *weights = integers(to * most);
  size_t first = from, end = 0;
  for (size_t x = 0; x < to; x++) {
    counts[x] = 1 + (int32_t)random_below((uint32_t)(from < most ? from : most));
    starts[x] = (int32_t)random_below((uint32_t)from - (uint32_t)counts[x] + 1);
    make_weights(weights + x * most, (size_t)counts[x]);
    if ((size_t)starts[x] < first) first = (size_t)starts[x];
    if ((size_t)(starts[x] + counts[x]) > end) end = (size_t)(starts[x] + counts[x]);
  }
  for (size_t r = 0; r < rows; r++)
    for (size_t i = 0; i < 3 * to; i++) {
      int64_t sum = 1 << 21;
      for (size_t t = 0; t < (size_t)counts[i / 3]; t++)
        sum += (int64_t)in[r * in_row + 3 * ((size_t)starts[i / 3] + t) + i % 3] * weights[i / 3 * most + t];
      want[r * out_row + i] = clamped(sum);
    }
  uint8_t *scratch = bytes(rounded_up(48 * (end - first)) + rounded_up(48 * to));
  fk_resample_rows(got, out_row, in, in_row, rows, first, end, to, starts, counts, weights, most, scratch);
  expect_same_bytes("bytes", got, want, out_row * (rows - 1) + 3 * to);
}

KERNEL_FAMILY(resample) {
  const size_t lengths[] = {1, 3, 31, 32, 33, 64, 100}, extents[] = {1, 5, 6, 17, 33};
  for (size_t i = 0; i < COUNT(lengths); i++)
    for (size_t count = 1; count <= 5; count++) check_column(lengths[i], count);
  for (size_t rows = 1; rows <= FK_RESAMPLE_STRIP; rows += 3)
    for (size_t i = 0; i < COUNT(extents); i++)
      for (size_t j = 0; j < COUNT(extents); j++) check_rows(rows, extents[i], extents[j]);
}
