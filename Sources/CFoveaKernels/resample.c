#define FK_BODY "resample.body.h"
// 64-byte vectors are passed to functions that are always inlined, so no calling convention is at stake.
#pragma clang diagnostic ignored "-Wpsabi"
#include "family.h"

void fk_resample_rows(uint8_t *out, size_t out_row_bytes, const uint8_t *in, size_t in_row_bytes, size_t rows,
                      size_t first, size_t end, size_t width, const int32_t *starts, const int32_t *counts,
                      const int32_t *weights, size_t stride, uint8_t *scratch) {
  FK_CALL(resample_rows, out, out_row_bytes, in, in_row_bytes, rows, first, end, width, starts, counts, weights,
          stride, scratch);
}

void fk_resample_column(uint8_t *out, const uint8_t *in, size_t in_row_bytes, size_t bytes, const int32_t *weights,
                        size_t count) {
  FK_CALL(resample_column, out, in, in_row_bytes, bytes, weights, count);
}
