// The shim over libpng and libjpeg: bytes in, pixels out, and the way back.
//
// Every function is whole in itself: it installs its own error handler, works, frees what it took and returns a
// code. Nothing is kept between calls, nothing is global, and no caller's code runs inside a decoder.

#ifndef FOVEA_IMAGE_H
#define FOVEA_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// What came of a call.
enum fi_code {
  FI_OK = 0,
  /// Neither a PNG signature nor a JPEG start marker.
  FI_NOT_AN_IMAGE = 1,
  /// The data ends before the image does.
  FI_TRUNCATED = 2,
  /// The data contradicts itself or its checksums.
  FI_CORRUPT = 3,
  /// A legal file of a kind that the libraries do not read.
  FI_UNSUPPORTED = 4,
  /// More scans than `fi_request.scans`.
  FI_TOO_MANY_SCANS = 5,
  /// The decoder wants more than `fi_request.memory`.
  FI_OVER_MEMORY_LIMIT = 6,
  /// The system gave no memory.
  FI_NO_MEMORY = 7,
  /// The picture cannot be written in this format.
  FI_CANNOT_ENCODE = 8,
  /// More work than `fi_request.nanoseconds`.
  FI_OVER_TIME_LIMIT = 9,
};

enum fi_format { FI_PNG = 1, FI_JPEG = 2 };

/// What a file's samples stand for; alpha is told separately.
enum fi_color { FI_GRAY = 1, FI_RGB = 2, FI_PALETTE = 3, FI_INKS = 4 };

/// Why a call failed (`message`), and what the decoder grumbled about (`warning`, the first of `warnings`).
typedef struct fi_report {
  int32_t code;
  int32_t warnings;
  char message[208];
  char warning[208];
} fi_report;

/// What a file says of itself before any pixel is decoded.
typedef struct fi_header {
  /// An `fi_format`.
  int32_t format;
  /// As stored, before the orientation is applied.
  uint32_t width;
  uint32_t height;
  /// EXIF's 1 to 8; 1 where the file states none, or states nonsense.
  int32_t orientation;
  /// Channels of the raw pixels: 4 for PNG (RGBA), 3 (RGB) or 4 (CMYK) for JPEG.
  int32_t raw_channels;
  /// Whether pixels may be transparent: an alpha channel, or PNG's tRNS.
  bool has_alpha;
  /// An `fi_color`, as stored.
  int32_t color;
  /// Bits of a stored sample.
  int32_t bits;
  /// Start-of-scan markers in the whole file; 0 for PNG.
  int32_t scans;
  /// Bytes that the decoder will take beside the pixels it returns. An upper estimate.
  uint64_t working_memory;
} fi_header;

/// How to decode.
typedef struct fi_request {
  /// Applied while the pixels are stored: 1 to 8.
  int32_t orientation;
  /// 1, 2, 4 or 8: decode a JPEG at that fraction of its size. 1 for PNG.
  int32_t denominator;
  /// Raw pixels (see `fi_header.raw_channels`) instead of RGB.
  bool raw;
  /// Keep what can be read of damaged data, where strict decoding returns an error.
  bool lenient;
  /// What transparent pixels lie on, and what fills the part that damaged data leaves out.
  uint8_t background[3];
  /// Most scans of a JPEG.
  int32_t scans;
  /// Most bytes that the decoder may take beside the pixels.
  uint64_t memory;
  /// Most time of this thread's CPU, or 0 for as much as it takes. What files of a kind cost a byte or a pixel differs by
  /// factors of hundreds, and only the clock knows of all of them.
  uint64_t nanoseconds;
} fi_request;

/// The versions of the libraries that are in use, as they call themselves.
const char *fi_png_version(void);
/// libjpeg tells its version when a program is compiled with it.
const char *fi_jpeg_version(void);
const char *fi_zlib_version(void);

/// Lets the C library's allocator keep freed blocks of at most so many bytes, and so many bytes that nobody uses, for the
/// process's next blocks. Does nothing where it is not glibc's. Both less than 2 GiB.
void fi_keep_freed_memory(size_t largest_block, size_t unused);

/// Reads the header and walks the file's chunks or markers, without decoding.
int32_t fi_read_header(const uint8_t *bytes, size_t count, bool lenient, fi_header *header, fi_report *report);

/// Decodes a PNG or JPEG whose header is `header` into `pixels`, which holds exactly the bytes of the result:
/// width · height · (3, or `raw_channels` if raw), rows from the top, without padding.
int32_t fi_decode(
    const uint8_t *bytes, size_t count, const fi_header *header, const fi_request *request, uint8_t *pixels,
    size_t pixel_bytes, fi_report *report);

/// Encoded bytes, owned by the caller: free them with `fi_buffer_free`.
typedef struct fi_buffer {
  uint8_t *data;
  size_t count;
  size_t capacity;
} fi_buffer;

void fi_buffer_free(fi_buffer *buffer);

/// Writes a PNG. `channels` is 1 (gray) or 3 (RGB), `depth` 8, or 16 in the machine's byte order with one channel.
/// `text` is a run of entries: one byte 't' (tEXt, Latin-1) or 'i' (iTXt, UTF-8), the keyword and a zero byte, the
/// text and a zero byte.
int32_t fi_encode_png(
    const void *pixels, uint32_t width, uint32_t height, int32_t channels, int32_t depth, const uint8_t *text,
    size_t text_count, fi_buffer *out, fi_report *report);

/// Writes a baseline JPEG with chroma halved both ways (4:2:0) from RGB8.
int32_t fi_encode_jpeg(
    const uint8_t *pixels, uint32_t width, uint32_t height, int32_t quality, fi_buffer *out, fi_report *report);

#endif
