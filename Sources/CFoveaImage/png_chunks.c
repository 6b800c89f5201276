// A walk over a PNG's chunks before libpng sees them: every length against the bytes that are left, the structure,
// and the few facts that are needed early.

#include "internal.h"

#include <string.h>

bool fi_png_is_needed(uint32_t type) {
  switch (type) {
    case FI_CHUNK('I', 'H', 'D', 'R'):
    case FI_CHUNK('P', 'L', 'T', 'E'):
    case FI_CHUNK('t', 'R', 'N', 'S'):
    case FI_CHUNK('I', 'D', 'A', 'T'):
    case FI_CHUNK('I', 'E', 'N', 'D'): return true;
    default: return false;
  }
}

static bool is_letter(uint8_t c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

/// CRC-32 of a chunk's type and data. Bit by bit: only eXIf is checked here, libpng checks what it reads.
static uint32_t crc_32(const uint8_t *bytes, size_t count) {
  uint32_t crc = 0xFFFFFFFF;
  for (size_t i = 0; i < count; i++) {
    crc ^= bytes[i];
    for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (0xEDB88320 & (0 - (crc & 1)));
  }
  return ~crc;
}

typedef struct walk {
  fi_png_chunks *chunks;
  fi_report *report;
  bool lenient;
  bool begun;
  enum { BEFORE_DATA, IN_DATA, AFTER_DATA } data;
  bool ended;
} walk;

static int32_t take_header(walk *w, const uint8_t *data, uint32_t length) {
  if (w->begun) return fi_fail(w->report, FI_CORRUPT, "a second IHDR chunk");
  if (length != 13) return fi_fail(w->report, FI_CORRUPT, "IHDR of %u bytes, not 13", length);
  w->begun = true;
  w->chunks->width = fi_big_endian_32(data);
  w->chunks->height = fi_big_endian_32(data + 4);
  w->chunks->bit_depth = data[8];
  w->chunks->color_type = data[9];
  if (w->chunks->width == 0 || w->chunks->height == 0 || (w->chunks->width | w->chunks->height) > INT32_MAX) {
    return fi_fail(
        w->report, FI_CORRUPT, "a size of %ux%u pixels in IHDR", w->chunks->width, w->chunks->height);
  }
  return FI_OK;
}

static void take_exif(walk *w, const uint8_t *chunk, uint32_t length) {
  if (w->chunks->orientation != 0 || length > 0x10000) return;
  if (crc_32(chunk + 4, (size_t)length + 4) != fi_big_endian_32(chunk + 8 + length)) {
    fi_warn(w->report, "eXIf: CRC error, orientation ignored");
    return;
  }
  w->chunks->orientation = fi_exif_orientation(chunk + 8, length);
}

/// One whole chunk, from its length field on.
static int32_t take_chunk(walk *w, const uint8_t *chunk, uint32_t length, uint32_t type) {
  if (!w->begun && type != FI_CHUNK('I', 'H', 'D', 'R')) {
    if (type == FI_CHUNK('C', 'g', 'B', 'I')) {
      return fi_fail(w->report, FI_UNSUPPORTED, "Apple's CgBI variant, which is not standard PNG");
    }
    return fi_fail(w->report, FI_CORRUPT, "the first chunk is %.4s, not IHDR", (const char *)chunk + 4);
  }
  if (type != FI_CHUNK('I', 'D', 'A', 'T') && w->data == IN_DATA) w->data = AFTER_DATA;
  switch (type) {
    case FI_CHUNK('I', 'H', 'D', 'R'): return take_header(w, chunk + 8, length);
    case FI_CHUNK('I', 'D', 'A', 'T'):
      if (w->data == AFTER_DATA && !w->lenient) {
        return fi_fail(w->report, FI_CORRUPT, "the IDAT chunks are not consecutive");
      }
      w->data = IN_DATA;
      return FI_OK;
    case FI_CHUNK('t', 'R', 'N', 'S'):
      if (w->data == BEFORE_DATA) w->chunks->has_transparency = true;
      return FI_OK;
    case FI_CHUNK('e', 'X', 'I', 'f'): take_exif(w, chunk, length); return FI_OK;
    case FI_CHUNK('P', 'L', 'T', 'E'): return FI_OK;
    case FI_CHUNK('I', 'E', 'N', 'D'): w->ended = true; return FI_OK;
    default:
      if (chunk[4] & 0x20) return FI_OK;  // ancillary
      return fi_fail(w->report, FI_UNSUPPORTED, "an unknown critical chunk, %.4s", (const char *)chunk + 4);
  }
}

static int32_t finish(walk *w) {
  if (!w->begun) return fi_fail(w->report, FI_TRUNCATED, "the data ends before the image's size");
  if (w->data == BEFORE_DATA) {
    return fi_fail(w->report, w->ended ? FI_CORRUPT : FI_TRUNCATED, "there is no image data (no IDAT chunk)");
  }
  w->chunks->has_transparency |= (w->chunks->color_type & 4) != 0;
  if (w->chunks->orientation == 0) w->chunks->orientation = 1;
  return FI_OK;
}

int32_t fi_png_walk(const uint8_t *bytes, size_t count, bool lenient, fi_png_chunks *chunks, fi_report *report) {
  memset(chunks, 0, sizeof *chunks);
  walk w = {.chunks = chunks, .report = report, .lenient = lenient};
  size_t at = 8;
  while (!w.ended) {
    size_t left = count - at;
    if (left < 12) {
      if (!lenient) return fi_fail(report, FI_TRUNCATED, "the data ends without an IEND chunk");
      break;
    }
    const uint8_t *chunk = bytes + at;
    uint32_t length = fi_big_endian_32(chunk), type = fi_big_endian_32(chunk + 4);
    for (int i = 4; i < 8; i++) {
      if (is_letter(chunk[i])) continue;
      if (lenient && w.data != BEFORE_DATA) return finish(&w);
      return fi_fail(report, FI_CORRUPT, "a chunk type of bytes %08X", type);
    }
    if (length > left - 12) {
      // Image data that is cut off can still be read as far as it goes; any other chunk is of no use in part.
      if (lenient && w.begun) {
        if (type == FI_CHUNK('I', 'D', 'A', 'T')) w.data = IN_DATA;
        break;
      }
      return fi_fail(
          report, FI_TRUNCATED, "the chunk %.4s claims %u bytes, %zu are left", (const char *)chunk + 4, length,
          left - 12);
    }
    int32_t code = take_chunk(&w, chunk, length, type);
    if (code != FI_OK) return code;
    at += 12 + (size_t)length;
  }
  return finish(&w);
}
