// A walk over a JPEG's markers, without decoding: how many scans there are, and which way up the picture is.

#include "internal.h"

#include <string.h>

/// Past the entropy-coded data: the place of the next 0xFF that begins a marker other than a restart.
static size_t skip_entropy_coded(const uint8_t *bytes, size_t count, size_t at) {
  while (at < count) {
    const uint8_t *found = memchr(bytes + at, 0xFF, count - at);
    if (found == NULL) return count;
    at = (size_t)(found - bytes);
    if (at + 1 >= count) return count;
    uint8_t code = bytes[at + 1];
    if (code != 0x00 && code != 0xFF && (code < 0xD0 || code > 0xD7)) return at;
    at += code == 0xFF ? 1 : 2;
  }
  return count;
}

void fi_jpeg_walk(const uint8_t *bytes, size_t count, fi_jpeg_markers *markers) {
  *markers = (fi_jpeg_markers){.scans = 0, .orientation = 0};
  size_t at = 2;
  while (at + 1 < count) {
    // As libjpeg does: anything up to the next 0xFF is passed over, and 0xFF may be repeated.
    uint8_t code = bytes[at + 1];
    if (bytes[at] != 0xFF || code == 0xFF || code == 0x00) {
      at++;
      continue;
    }
    at += 2;
    if (code == 0xD9) break;
    if (code == 0x01 || (code >= 0xD0 && code <= 0xD8)) continue;
    if (at + 2 > count) break;
    size_t length = (size_t)bytes[at] << 8 | bytes[at + 1];
    if (length < 2 || length > count - at) break;
    if (code == 0xE1 && markers->orientation == 0 && markers->scans == 0 && length >= 8
        && memcmp(bytes + at + 2, "Exif\0", 5) == 0) {
      markers->orientation = fi_exif_orientation(bytes + at + 2, length - 2);
    }
    at += length;
    if (code == 0xDA) {
      if (markers->scans < INT32_MAX) markers->scans++;
      at = skip_entropy_coded(bytes, count, at);
    }
  }
  if (markers->orientation == 0) markers->orientation = 1;
}
