// gzip files into memory of a fixed size.
#ifndef FOVEA_GUNZIP_H
#define FOVEA_GUNZIP_H

#include <stddef.h>
#include <stdint.h>

typedef enum {
  /// The whole file was read, its checksum was right, and it filled `written` bytes.
  FI_GUNZIP_DONE = 0,
  /// `capacity` bytes were written and there is more.
  FI_GUNZIP_FULL = 1,
  /// The file ends before its data do.
  FI_GUNZIP_TRUNCATED = 2,
  /// Not a gzip file, a wrong checksum, or bytes after the end.
  FI_GUNZIP_CORRUPT = 3,
  FI_GUNZIP_NO_MEMORY = 4,
} fi_gunzip_status;

/// Unpacks a gzip file (RFC 1952, members one after another as gzip does) into at most `capacity` bytes.
/// Memory beyond `output` is zlib's window: 32 KB.
fi_gunzip_status fi_gunzip(
    const uint8_t *input, size_t count, uint8_t *output, size_t capacity, size_t *written);

#endif
