// Bodies of fk_resample.h.
//
// Along x, an interleaved RGB row gives a vector nothing to hold on to: the weights change from pixel to pixel. So 16
// rows are turned on their side first: byte i of all 16 rows becomes one 16-byte vector, and a weight is the same
// for the whole vector.

typedef uint8_t FK(u8x16) __attribute__((ext_vector_type(16)));
typedef int32_t FK(i32x16) __attribute__((ext_vector_type(16)));

#define FK_ONE_HALF (1 << 21)

FK_INLINE FK(u8x16) FK(load16)(const uint8_t *p) {
  FK(u8x16) v;
  memcpy(&v, p, sizeof v);
  return v;
}

FK_INLINE void FK(store16)(uint8_t *p, FK(u8x16) v) { memcpy(p, &v, sizeof v); }

FK_INLINE FK(i32x16) FK(widen16)(FK(u8x16) v) { return __builtin_convertvector(v, FK(i32x16)); }

FK_INLINE FK(u8x16) FK(narrow16)(FK(i32x16) sum) {
  sum = sum >> 22;
  sum = __builtin_elementwise_max(sum, (FK(i32x16))0);
  sum = __builtin_elementwise_min(sum, (FK(i32x16))255);
  return __builtin_convertvector(sum, FK(u8x16));
}

// Transposes a 16×16 block of bytes: four times the perfect shuffle of its 256 bytes.
FK_INLINE void FK(transpose16)(FK(u8x16) a[16]) {
  FK_UNROLL for (int stage = 0; stage < 4; stage++) {
    FK(u8x16) b[16];
    FK_UNROLL for (int i = 0; i < 8; i++) {
      b[2 * i] = __builtin_shufflevector(a[i], a[i + 8], 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      b[2 * i + 1] =
          __builtin_shufflevector(a[i], a[i + 8], 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    }
    FK_UNROLL for (int i = 0; i < 16; i++) a[i] = b[i];
  }
}

// Bytes 0..<n of 16 rows (the last row stands in for missing ones) to n vectors of 16 bytes.
static void FK(rows_to_strip)(uint8_t *strip, const uint8_t *in, size_t row_bytes, size_t rows, size_t n) {
  FK(u8x16) block[16];
  for (size_t i = 0; i < n; i += 16) {
    size_t part = n - i < 16 ? n - i : 16;
    for (size_t r = 0; r < 16; r++) {
      const uint8_t *row = in + (r < rows ? r : rows - 1) * row_bytes + i;
      if (part == 16) {
        block[r] = FK(load16)(row);
      } else {
        uint8_t bytes[16] = {0};
        memcpy(bytes, row, part);
        block[r] = FK(load16)(bytes);
      }
    }
    FK(transpose16)(block);
    for (size_t r = 0; r < 16; r++) FK(store16)(strip + 16 * (i + r), block[r]);
  }
}

static void FK(strip_to_rows)(uint8_t *out, size_t row_bytes, const uint8_t *strip, size_t rows, size_t n) {
  FK(u8x16) block[16];
  for (size_t i = 0; i < n; i += 16) {
    size_t part = n - i < 16 ? n - i : 16;
    for (size_t r = 0; r < 16; r++) block[r] = FK(load16)(strip + 16 * (i + r));
    FK(transpose16)(block);
    for (size_t r = 0; r < rows; r++) memcpy(out + r * row_bytes + i, &block[r], part);
  }
}

static void FK(resample_rows)(uint8_t *out, size_t out_row_bytes, const uint8_t *in, size_t in_row_bytes, size_t rows,
                              size_t first, size_t end, size_t width, const int32_t *starts, const int32_t *counts,
                              const int32_t *weights, size_t stride, uint8_t *scratch) {
  uint8_t *turned = scratch + ((48 * (end - first) + 255) & ~(size_t)255);
  FK(rows_to_strip)(scratch, in + 3 * first, in_row_bytes, rows, 3 * (end - first));
  for (size_t x = 0; x < width; x++) {
    const uint8_t *p = scratch + 48 * ((size_t)starts[x] - first);
    const int32_t *w = weights + x * stride;
    FK(i32x16) red = (FK(i32x16))FK_ONE_HALF, green = red, blue = red;
    for (int32_t t = 0; t < counts[x]; t++, p += 48) {
      FK(i32x16) weight = (FK(i32x16))w[t];
      red += FK(widen16)(FK(load16)(p)) * weight;
      green += FK(widen16)(FK(load16)(p + 16)) * weight;
      blue += FK(widen16)(FK(load16)(p + 32)) * weight;
    }
    FK(store16)(turned + 48 * x, FK(narrow16)(red));
    FK(store16)(turned + 48 * x + 16, FK(narrow16)(green));
    FK(store16)(turned + 48 * x + 32, FK(narrow16)(blue));
  }
  FK(strip_to_rows)(out, out_row_bytes, turned, rows, 3 * width);
}

static void FK(resample_column)(uint8_t *out, const uint8_t *in, size_t in_row_bytes, size_t bytes,
                                const int32_t *weights, size_t count) {
  size_t i = 0;
  for (; i + 32 <= bytes; i += 32) {
    FK(i32x16) low = (FK(i32x16))FK_ONE_HALF, high = low;
    const uint8_t *p = in + i;
    for (size_t t = 0; t < count; t++, p += in_row_bytes) {
      FK(i32x16) weight = (FK(i32x16))weights[t];
      low += FK(widen16)(FK(load16)(p)) * weight;
      high += FK(widen16)(FK(load16)(p + 16)) * weight;
    }
    FK(store16)(out + i, FK(narrow16)(low));
    FK(store16)(out + i + 16, FK(narrow16)(high));
  }
  for (; i < bytes; i++) {
    int32_t sum = FK_ONE_HALF;
    for (size_t t = 0; t < count; t++) sum += in[t * in_row_bytes + i] * weights[t];
    sum >>= 22;
    out[i] = (uint8_t)(sum < 0 ? 0 : sum > 255 ? 255 : sum);
  }
}

#undef FK_ONE_HALF
