#include "fovea_gunzip.h"

#include <limits.h>
#include <zlib.h>

// zlib counts in 32 bits, so long buffers go through in pieces.
static uInt piece(size_t left) { return left > UINT_MAX / 2 ? UINT_MAX / 2 : (uInt)left; }

fi_gunzip_status fi_gunzip(
    const uint8_t *input, size_t count, uint8_t *output, size_t capacity, size_t *written) {
  *written = 0;
  z_stream stream = {0};
  if (inflateInit2(&stream, 15 + 16) != Z_OK) return FI_GUNZIP_NO_MEMORY;
  size_t read = 0;
  fi_gunzip_status status = FI_GUNZIP_CORRUPT;
  uint8_t beyond;
  for (;;) {
    const uInt given = piece(count - read);
    const int full = *written == capacity;
    // With the output full, one more byte tells the end of the data from more data.
    const uInt room = full ? 1 : piece(capacity - *written);
    stream.next_in = (Bytef *)(input + read);
    stream.avail_in = given;
    stream.next_out = full ? &beyond : output + *written;
    stream.avail_out = room;
    const int result = inflate(&stream, Z_NO_FLUSH);
    const uInt produced = room - stream.avail_out;
    const uInt consumed = given - stream.avail_in;
    read += consumed;
    if (full && produced > 0) {
      status = FI_GUNZIP_FULL;
      break;
    }
    if (!full) *written += produced;
    if (result == Z_STREAM_END) {
      if (read == count) {
        status = FI_GUNZIP_DONE;
        break;
      }
      if (inflateReset(&stream) != Z_OK) break;
      continue;
    }
    if (result == Z_MEM_ERROR) {
      status = FI_GUNZIP_NO_MEMORY;
      break;
    }
    if (result != Z_OK && result != Z_BUF_ERROR) break;
    if (read == count && produced == 0) {
      status = FI_GUNZIP_TRUNCATED;
      break;
    }
    if (result == Z_BUF_ERROR && produced == 0 && consumed == 0) break;
  }
  inflateEnd(&stream);
  return status;
}
