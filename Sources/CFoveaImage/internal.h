// What the shim's own sources share.

#ifndef FOVEA_IMAGE_INTERNAL_H
#define FOVEA_IMAGE_INTERNAL_H

#include "include/fovea_image.h"

// Reports.

/// Sets code and message; returns the code.
int32_t fi_fail(fi_report *report, int32_t code, const char *format, ...) __attribute__((format(printf, 3, 4)));
/// Counts a warning and keeps the first one's text.
void fi_warn(fi_report *report, const char *message);

/// Appends to a growing buffer; false when memory ran out.
bool fi_buffer_append(fi_buffer *buffer, const uint8_t *bytes, size_t count);

// How long it takes.

/// When a decoder has to stop, by the clock of its thread's CPU; 0 for never.
typedef struct fi_deadline {
  uint64_t at;
} fi_deadline;

fi_deadline fi_deadline_after(uint64_t nanoseconds);
/// Whether it has passed; then the report says so. Takes a system call: ask once for many pixels.
bool fi_deadline_passed(const fi_deadline *deadline, fi_report *report);

// Where decoded rows go.

enum fi_conversion { FI_COPY, FI_OVER_BACKGROUND, FI_CMYK, FI_INVERTED_CMYK };

/// Turns rows as the decoder delivers them into pixels of the result, and puts them where the orientation wants
/// them: the pixel (x, y) as stored goes to `origin + x · step_x + y · step_y`.
typedef struct fi_sink {
  uint8_t *origin;
  ptrdiff_t step_x;
  ptrdiff_t step_y;
  uint32_t width;
  uint32_t height;
  int channels_in;
  int channels_out;
  enum fi_conversion conversion;
  uint8_t background[3];
} fi_sink;

/// `width` and `height` are those of the stored (scaled) image. False if `pixel_bytes` is not the result's size.
bool fi_sink_make(
    fi_sink *sink, const fi_request *request, uint32_t width, uint32_t height, int channels_in,
    enum fi_conversion conversion, uint8_t *pixels, size_t pixel_bytes);
/// Fills the result with the background.
void fi_sink_clear(const fi_sink *sink);
/// Where row `y` can be decoded in place, or NULL if it must pass through `fi_sink_rows`.
uint8_t *fi_sink_direct(const fi_sink *sink, uint32_t y);
/// Stores `rows` whole rows from row `y` on; they lie `stride` bytes apart.
void fi_sink_rows(const fi_sink *sink, const uint8_t *rows_in, size_t stride, uint32_t y, uint32_t rows);
/// Stores `count` pixels of row `y` at columns x, x + every, x + 2·every…, each as a block of the given size
/// (clipped to the image): a pass of an interlaced image.
void fi_sink_scatter(
    const fi_sink *sink, const uint8_t *row, uint32_t y, uint32_t x, uint32_t every, uint32_t count,
    uint32_t block_width, uint32_t block_height);

// EXIF.

/// The orientation (1 to 8) in a TIFF block, or 0 if it states none.
int32_t fi_exif_orientation(const uint8_t *tiff, size_t count);

// The formats.

int32_t fi_png_header(const uint8_t *bytes, size_t count, bool lenient, fi_header *header, fi_report *report);
int32_t fi_png_decode(
    const uint8_t *bytes, size_t count, const fi_request *request, uint8_t *pixels, size_t pixel_bytes,
    fi_report *report);
int32_t fi_jpeg_header(const uint8_t *bytes, size_t count, bool lenient, fi_header *header, fi_report *report);
int32_t fi_jpeg_decode(
    const uint8_t *bytes, size_t count, const fi_request *request, uint8_t *pixels, size_t pixel_bytes,
    fi_report *report);

/// What a walk over a JPEG's markers finds.
typedef struct fi_jpeg_markers {
  int32_t scans;
  int32_t orientation;
} fi_jpeg_markers;

void fi_jpeg_walk(const uint8_t *bytes, size_t count, fi_jpeg_markers *markers);

/// A PNG chunk's type as the number that its four letters make.
#define FI_CHUNK(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

/// What a walk over a PNG's chunks finds.
typedef struct fi_png_chunks {
  uint32_t width;
  uint32_t height;
  uint8_t bit_depth;
  uint8_t color_type;
  bool has_transparency;
  int32_t orientation;
} fi_png_chunks;

int32_t fi_png_walk(const uint8_t *bytes, size_t count, bool lenient, fi_png_chunks *chunks, fi_report *report);
/// Whether libpng is shown a chunk of this type. All others are passed over unread.
bool fi_png_is_needed(uint32_t type);

static inline uint32_t fi_big_endian_32(const uint8_t *bytes) {
  return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

#endif
