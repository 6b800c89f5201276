// Decoding PNG with libpng's classic interface.

#include "internal.h"

#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

/// libpng's own default. It bounds the rows that the decoder works on.
enum { LONGEST_SIDE = 1000000 };

/// How much file, and how many rows, pass between looks at the clock.
enum { BYTES_BETWEEN_LOOKS = 1 << 16, ROWS_BETWEEN_LOOKS = 16 };

/// All that the decoder holds. It lives in the frame above the one that calls setjmp, so that its fields keep their
/// values over a jump.
typedef struct reader {
  jmp_buf escape;
  fi_report *report;
  const fi_request *request;
  png_structp png;
  png_infop info;

  const uint8_t *bytes;
  size_t count;
  size_t at;
  /// End of the chunk that is being read; only there may whole chunks be passed over.
  size_t chunk_end;
  /// Where a chunk begins that is cut off, and how much data it has. 0 if there is none.
  size_t cut_at;
  size_t cut_length;

  fi_deadline deadline;
  size_t bytes_since_look;

  fi_sink sink;
  uint8_t *pixels;
  size_t pixel_bytes;
  uint8_t *row;
  /// A warning that means wrong pixels.
  bool is_damaged;
  /// Whether any pixel has been stored.
  bool has_pixels;
} reader;

static void on_error(png_structp png, png_const_charp message) {
  reader *r = png_get_error_ptr(png);
  if (r->report->code == FI_OK) {
    bool memory = strstr(message, "emory") != NULL;
    fi_fail(
        r->report, memory ? FI_NO_MEMORY : FI_CORRUPT, "%s%s%s", message, r->is_damaged ? ": " : "",
        r->is_damaged ? r->report->warning : "");
  }
  longjmp(r->escape, 1);
}

/// libpng sees only the chunks that make the pixels, so what it warns about is damage; except in the image data, where
/// damage is an error and a warning means bytes to spare after the last pixel.
static void on_warning(png_structp png, png_const_charp message) {
  reader *r = png_get_error_ptr(png);
  if (png_get_io_chunk_type(png) != FI_CHUNK('I', 'D', 'A', 'T')) r->is_damaged = true;
  fi_warn(r->report, message);
}

/// Moves over chunks that no one needs: text, profiles, times. libpng never parses, inflates or stores them.
static void skip_unneeded_chunks(reader *r) {
  while (r->at == r->chunk_end && r->count - r->at >= 12) {
    size_t length = fi_big_endian_32(r->bytes + r->at);
    size_t left = r->count - r->at - 12;
    bool needed = fi_png_is_needed(fi_big_endian_32(r->bytes + r->at + 4));
    // A chunk that is cut off was let through by the lenient walk only if it is image data.
    if (length > left) {
      r->chunk_end = SIZE_MAX;
      r->cut_at = r->at;
      r->cut_length = length < left + 4 ? length : left + 4;
      if (!needed) r->at = r->count;
      return;
    }
    r->chunk_end = r->at + 12 + length;
    if (needed) return;
    r->at = r->chunk_end;
  }
}

static void look_at_clock(reader *r) {
  r->bytes_since_look = 0;
  if (fi_deadline_passed(&r->deadline, r->report)) png_error(r->png, "");
}

static void on_read(png_structp png, png_bytep out, size_t count) {
  reader *r = png_get_io_ptr(png);
  // Compressed data may make hardly any rows: it is counted too.
  r->bytes_since_look += count;
  if (r->bytes_since_look >= BYTES_BETWEEN_LOOKS) look_at_clock(r);
  if (r->at == r->chunk_end) skip_unneeded_chunks(r);
  if (count > r->count - r->at) {
    r->at = r->count;
    fi_fail(r->report, FI_TRUNCATED, "the data ends within the image");
    png_error(png, "");
  }
  memcpy(out, r->bytes + r->at, count);
  // libpng reads a chunk's data in large pieces. Were it told the length that the chunk claims, it would ask for more
  // than there is and lose the last piece.
  if (count == 8 && r->at == r->cut_at) {
    for (int i = 0; i < 4; i++) out[i] = (uint8_t)(r->cut_length >> (24 - 8 * i));
  }
  r->at += count;
}

/// Asks libpng for 8-bit RGB, or RGBA where there is transparency or the caller wants it raw.
static void set_transformations(reader *r, bool has_alpha) {
  png_set_expand(r->png);
  png_set_scale_16(r->png);
  png_set_gray_to_rgb(r->png);
  if (r->request->raw && !has_alpha) png_set_add_alpha(r->png, 0xFF, PNG_FILLER_AFTER);
}

static void read_plain(reader *r) {
  for (uint32_t y = 0; y < r->sink.height; y++) {
    if (y % ROWS_BETWEEN_LOOKS == 0) look_at_clock(r);
    uint8_t *direct = fi_sink_direct(&r->sink, y);
    png_read_row(r->png, direct != NULL ? direct : r->row, NULL);
    if (direct == NULL) fi_sink_rows(&r->sink, r->row, 0, y, 1);
    r->has_pixels = true;
  }
}

/// Adam7: the seven passes come as small images of their own, each pixel of which is put in its place at once, so
/// that no whole image is held besides the result. Where data may be missing, each pixel also covers those of the
/// later passes around it.
static void read_interlaced(reader *r) {
  for (int pass = 0; pass < PNG_INTERLACE_ADAM7_PASSES; pass++) {
    uint32_t columns = PNG_PASS_COLS(r->sink.width, pass), rows = PNG_PASS_ROWS(r->sink.height, pass);
    if (columns == 0) continue;
    uint32_t every_x = 1u << PNG_PASS_COL_SHIFT(pass), every_y = 1u << PNG_PASS_ROW_SHIFT(pass);
    // What one pixel stands for until the later passes come: down to the next row of this pass, and right to the
    // next pixel of any pass so far.
    uint32_t block_width = every_x - PNG_PASS_START_COL(pass), block_height = every_y - PNG_PASS_START_ROW(pass);
    bool cover = r->request->lenient;
    for (uint32_t i = 0; i < rows; i++) {
      if (i % ROWS_BETWEEN_LOOKS == 0) look_at_clock(r);
      png_read_row(r->png, r->row, NULL);
      fi_sink_scatter(
          &r->sink, r->row, PNG_PASS_START_ROW(pass) + i * every_y, PNG_PASS_START_COL(pass), every_x, columns,
          cover ? block_width : 1, cover ? block_height : 1);
      r->has_pixels = true;
    }
  }
}

static void prepare(reader *r) {
  r->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, r, on_error, on_warning);
  if (r->png != NULL) r->info = png_create_info_struct(r->png);
  if (r->info == NULL) {
    fi_fail(r->report, FI_NO_MEMORY, "no memory for the decoder");
    longjmp(r->escape, 1);
  }
  png_set_user_limits(r->png, LONGEST_SIDE, LONGEST_SIDE);
  png_set_chunk_malloc_max(r->png, 8000000);
  png_set_chunk_cache_max(r->png, 16);
  if (r->request->lenient) png_set_crc_action(r->png, PNG_CRC_WARN_USE, PNG_CRC_WARN_USE);
  png_set_read_fn(r->png, r, on_read);
  png_set_sig_bytes(r->png, 8);
  r->at = r->chunk_end = 8;
  r->deadline = fi_deadline_after(r->request->nanoseconds);
}

static void decode(reader *r) {
  prepare(r);
  png_read_info(r->png, r->info);
  uint32_t width = png_get_image_width(r->png, r->info), height = png_get_image_height(r->png, r->info);
  bool has_alpha = (png_get_color_type(r->png, r->info) & PNG_COLOR_MASK_ALPHA) != 0
                   || png_get_valid(r->png, r->info, PNG_INFO_tRNS) != 0;
  set_transformations(r, has_alpha);
  png_read_update_info(r->png, r->info);

  int channels = has_alpha || r->request->raw ? 4 : 3;
  bool over = has_alpha && !r->request->raw;
  if (png_get_rowbytes(r->png, r->info) != (size_t)width * (size_t)channels
      || !fi_sink_make(
          &r->sink, r->request, width, height, channels, over ? FI_OVER_BACKGROUND : FI_COPY, r->pixels,
          r->pixel_bytes)) {
    png_error(r->png, "the rows are not of the expected size");
  }
  r->row = png_malloc(r->png, (size_t)width * (size_t)channels);
  if (r->request->lenient) fi_sink_clear(&r->sink);
  if (png_get_interlace_type(r->png, r->info) == PNG_INTERLACE_ADAM7) {
    read_interlaced(r);
  } else {
    read_plain(r);
  }
  png_read_end(r->png, NULL);
}

/// False if the decoder jumped out.
static bool decode_guarded(reader *r) {
  if (setjmp(r->escape) != 0) return false;
  decode(r);
  return true;
}

int32_t fi_png_decode(
    const uint8_t *bytes, size_t count, const fi_request *request, uint8_t *pixels, size_t pixel_bytes,
    fi_report *report) {
  reader r = {
      .report = report,
      .request = request,
      .bytes = bytes,
      .count = count,
      .pixels = pixels,
      .pixel_bytes = pixel_bytes,
  };
  bool whole = decode_guarded(&r);
  if (r.png != NULL) {
    png_free(r.png, r.row);
    png_destroy_read_struct(&r.png, &r.info, NULL);
  }
  if (!whole && request->lenient && r.has_pixels && report->code != FI_OVER_TIME_LIMIT) {
    fi_warn(report, report->message);
    report->code = FI_OK;
  }
  if (whole && r.is_damaged && !request->lenient) {
    return fi_fail(report, FI_CORRUPT, "%s", report->warning);
  }
  return report->code;
}

int32_t fi_png_header(const uint8_t *bytes, size_t count, bool lenient, fi_header *header, fi_report *report) {
  fi_png_chunks chunks;
  int32_t code = fi_png_walk(bytes, count, lenient, &chunks, report);
  if (code != FI_OK) return code;
  if (chunks.width > LONGEST_SIDE || chunks.height > LONGEST_SIDE) {
    return fi_fail(
        report, FI_UNSUPPORTED, "%ux%u pixels, where a side may have %d", chunks.width, chunks.height, LONGEST_SIDE);
  }
  header->width = chunks.width;
  header->height = chunks.height;
  header->orientation = chunks.orientation;
  header->raw_channels = 4;
  header->has_alpha = chunks.has_transparency;
  header->color = chunks.color_type & 1 ? FI_PALETTE : chunks.color_type & 2 ? FI_RGB : FI_GRAY;
  header->bits = chunks.bit_depth;
  // libpng's two rows of at most 8 bytes a pixel with some slack, one row here, inflate's window and buffers.
  header->working_memory = (uint64_t)chunks.width * 24 + (1 << 18);
  return FI_OK;
}
