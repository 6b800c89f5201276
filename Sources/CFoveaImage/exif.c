// The one fact of EXIF that changes a picture: which way up it is.

#include "internal.h"

#include <string.h>

typedef struct tiff {
  const uint8_t *bytes;
  size_t count;
  bool big_endian;
} tiff;

/// Reads fail softly: past the end everything is zero, which no field here accepts. There are 8 bytes at least.
static uint32_t read_16(const tiff *t, size_t at) {
  if (at > t->count - 2) return 0;
  const uint8_t *b = t->bytes + at;
  return t->big_endian ? (uint32_t)(b[0] << 8 | b[1]) : (uint32_t)(b[1] << 8 | b[0]);
}

static uint32_t read_32(const tiff *t, size_t at) {
  if (at > t->count - 4) return 0;
  const uint8_t *b = t->bytes + at;
  if (t->big_endian) return fi_big_endian_32(b);
  return (uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 | (uint32_t)b[1] << 8 | b[0];
}

int32_t fi_exif_orientation(const uint8_t *bytes, size_t count) {
  // JPEG's segment begins so; PNG's chunk should not, but some writers copy the segment whole.
  if (count >= 6 && memcmp(bytes, "Exif\0\0", 6) == 0) bytes += 6, count -= 6;
  if (count < 8) return 0;
  tiff t = {bytes, count, bytes[0] == 'M'};
  if (memcmp(bytes, "II", 2) != 0 && memcmp(bytes, "MM", 2) != 0) return 0;
  if (read_16(&t, 2) != 42) return 0;

  size_t directory = read_32(&t, 4);
  uint32_t entries = read_16(&t, directory);
  for (uint32_t i = 0; i < entries; i++) {
    size_t entry = directory + 2 + (size_t)i * 12;
    if (entry >= count) return 0;
    if (read_16(&t, entry) != 0x0112) continue;
    // SHORT by the standard; BYTE and LONG are met too. The value lies left-justified in the entry itself.
    uint32_t value = 0;
    switch (read_16(&t, entry + 2)) {
      case 1: value = entry + 8 < count ? bytes[entry + 8] : 0; break;
      case 3: value = read_16(&t, entry + 8); break;
      case 4: value = read_32(&t, entry + 8); break;
      default: break;
    }
    return value >= 1 && value <= 8 ? (int32_t)value : 0;
  }
  return 0;
}
