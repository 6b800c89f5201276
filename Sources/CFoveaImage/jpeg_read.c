// Decoding JPEG with libjpeg.

#include "internal.h"

#include <limits.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
// After jpeglib.h, which it needs.
#include <jerror.h>

enum { ROWS_AT_ONCE = 16 };

/// All that the decoder holds. It lives in the frame above the one that calls setjmp, so that its fields keep their
/// values over a jump.
typedef struct reader {
  struct jpeg_decompress_struct jpeg;
  struct jpeg_error_mgr errors;
  struct jpeg_progress_mgr progress;
  jmp_buf escape;
  fi_report *report;
  bool lenient;

  const uint8_t *bytes;
  size_t count;
  /// The two below only when decoding.
  const fi_request *request;
  fi_header *header;
  fi_deadline deadline;

  fi_sink sink;
  uint8_t *pixels;
  size_t pixel_bytes;
  uint8_t *strip;
  bool has_pixels;
} reader;

static int32_t code_of(int message) {
  switch (message) {
    case JWRN_JPEG_EOF:
    case JERR_INPUT_EOF:
    case JERR_INPUT_EMPTY: return FI_TRUNCATED;
    case JERR_SOF_UNSUPPORTED:
    case JERR_BAD_PRECISION:
    case JERR_ARITH_NOTIMPL:
    case JERR_NOT_COMPILED:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_EMPTY_IMAGE:
    case JERR_IMAGE_TOO_BIG:
    case JERR_COMPONENT_COUNT:
    case JERR_FRACT_SAMPLE_NOTIMPL:
    case JERR_CCIR601_NOTIMPL: return FI_UNSUPPORTED;
    case JERR_OUT_OF_MEMORY: return FI_NO_MEMORY;
    case JERR_NO_BACKING_STORE: return FI_OVER_MEMORY_LIMIT;
    default: return FI_CORRUPT;
  }
}

/// Leaves the decoder with libjpeg's current message.
static _Noreturn void give_up(reader *r) {
  char message[JMSG_LENGTH_MAX];
  r->errors.format_message((j_common_ptr)&r->jpeg, message);
  fi_fail(r->report, code_of(r->errors.msg_code), "%s", message);
  longjmp(r->escape, 1);
}

static void on_error(j_common_ptr jpeg) { give_up(jpeg->client_data); }

/// A warning means that libjpeg guessed at pixels: an error, unless damage is accepted.
static void on_message(j_common_ptr jpeg, int level) {
  if (level >= 0) return;
  reader *r = jpeg->client_data;
  if (!r->lenient) give_up(r);
  char message[JMSG_LENGTH_MAX];
  message[0] = 0;
  if (r->report->warnings == 0) r->errors.format_message(jpeg, message);
  fi_warn(r->report, message);
}

/// Called for every few rows of every scan. The walk over the markers has counted the scans already; this counts what the
/// decoder really meets.
static void on_progress(j_common_ptr common) {
  reader *r = common->client_data;
  if (fi_deadline_passed(&r->deadline, r->report)) longjmp(r->escape, 1);
  if (r->jpeg.input_scan_number <= r->request->scans) return;
  fi_fail(r->report, FI_TOO_MANY_SCANS, "more than %d scans", r->request->scans);
  longjmp(r->escape, 1);
}

static void read_header(reader *r) {
  jpeg_create_decompress(&r->jpeg);
  r->jpeg.client_data = r;
  jpeg_mem_src(&r->jpeg, r->bytes, (unsigned long)r->count);
  jpeg_read_header(&r->jpeg, TRUE);
  bool cmyk = r->jpeg.jpeg_color_space == JCS_CMYK || r->jpeg.jpeg_color_space == JCS_YCCK;
  r->jpeg.out_color_space = cmyk ? JCS_CMYK : JCS_RGB;
}

/// Bytes for coefficients (all of them where the image comes in several scans) and for rows in work.
static uint64_t working_memory(reader *r) {
  uint64_t blocks = 0;
  bool several = jpeg_has_multiple_scans(&r->jpeg);
  for (int i = 0; i < r->jpeg.num_components; i++) {
    const jpeg_component_info *c = &r->jpeg.comp_info[i];
    // One MCU's worth of blocks more in both directions, as libjpeg rounds up.
    uint64_t across = (uint64_t)c->width_in_blocks + (uint64_t)c->h_samp_factor;
    uint64_t down = (uint64_t)c->height_in_blocks + (uint64_t)c->v_samp_factor;
    blocks += across * (several ? down : 1);
  }
  uint64_t rows = (uint64_t)r->jpeg.image_width * (uint64_t)r->jpeg.num_components
                  * (uint64_t)(r->jpeg.max_v_samp_factor * DCTSIZE * 3 + ROWS_AT_ONCE);
  return blocks * sizeof(JBLOCK) + rows + (1 << 18);
}

static void describe(reader *r) {
  read_header(r);
  r->header->width = r->jpeg.image_width;
  r->header->height = r->jpeg.image_height;
  r->header->raw_channels = r->jpeg.out_color_space == JCS_CMYK ? 4 : 3;
  r->header->color = r->jpeg.out_color_space == JCS_CMYK ? FI_INKS
                     : r->jpeg.num_components == 1       ? FI_GRAY
                                                         : FI_RGB;
  r->header->bits = r->jpeg.data_precision;
  r->header->working_memory = working_memory(r);
}

static void make_sink(reader *r) {
  enum fi_conversion conversion = FI_COPY;
  int channels = r->jpeg.output_components;
  if (r->jpeg.out_color_space == JCS_CMYK && !r->request->raw) {
    // Adobe's programs store ink inverted, and say so by their marker alone.
    conversion = r->jpeg.saw_Adobe_marker ? FI_INVERTED_CMYK : FI_CMYK;
  }
  if (!fi_sink_make(
          &r->sink, r->request, r->jpeg.output_width, r->jpeg.output_height, channels, conversion, r->pixels,
          r->pixel_bytes)) {
    fi_fail(r->report, FI_CORRUPT, "the rows are not of the expected size");
    longjmp(r->escape, 1);
  }
  if (fi_sink_direct(&r->sink, 0) == NULL) {
    r->strip = malloc((size_t)r->jpeg.output_width * (size_t)channels * ROWS_AT_ONCE);
    if (r->strip == NULL) {
      fi_fail(r->report, FI_NO_MEMORY, "no memory for a strip of rows");
      longjmp(r->escape, 1);
    }
  }
}

/// Reads a strip of at most `ROWS_AT_ONCE` rows and stores it.
static void read_strip(reader *r) {
  size_t stride = (size_t)r->sink.width * (size_t)r->sink.channels_in;
  uint32_t first = r->jpeg.output_scanline, rows = r->sink.height - first;
  if (rows > ROWS_AT_ONCE) rows = ROWS_AT_ONCE;
  JSAMPROW places[ROWS_AT_ONCE];
  for (uint32_t i = 0; i < rows; i++) {
    places[i] = r->strip != NULL ? r->strip + i * stride : fi_sink_direct(&r->sink, first + i);
  }
  uint32_t done = 0;
  while (done < rows) done += jpeg_read_scanlines(&r->jpeg, places + done, rows - done);
  if (r->strip != NULL) fi_sink_rows(&r->sink, r->strip, stride, first, rows);
  r->has_pixels = true;
}

static void decode(reader *r) {
  r->deadline = fi_deadline_after(r->request->nanoseconds);
  read_header(r);
  r->jpeg.scale_num = 1;
  r->jpeg.scale_denom = (unsigned)r->request->denominator;
  uint64_t memory = r->request->memory;
  r->jpeg.mem->max_memory_to_use = memory < LONG_MAX ? (long)memory : LONG_MAX;
  r->progress.progress_monitor = on_progress;
  r->jpeg.progress = &r->progress;
  jpeg_calc_output_dimensions(&r->jpeg);
  make_sink(r);
  if (r->lenient) fi_sink_clear(&r->sink);
  jpeg_start_decompress(&r->jpeg);
  while (r->jpeg.output_scanline < r->jpeg.output_height) read_strip(r);
  jpeg_finish_decompress(&r->jpeg);
}

/// False if the decoder jumped out.
static bool guarded(reader *r, void (*work)(reader *)) {
  r->jpeg.err = jpeg_std_error(&r->errors);
  r->errors.error_exit = on_error;
  r->errors.emit_message = on_message;
  r->jpeg.client_data = r;
  if (setjmp(r->escape) != 0) return false;
  work(r);
  return true;
}

int32_t fi_jpeg_header(const uint8_t *bytes, size_t count, bool lenient, fi_header *header, fi_report *report) {
  fi_jpeg_markers markers;
  fi_jpeg_walk(bytes, count, &markers);
  header->scans = markers.scans;
  header->orientation = markers.orientation;
  reader r = {.report = report, .lenient = lenient, .bytes = bytes, .count = count, .header = header};
  guarded(&r, describe);
  jpeg_destroy_decompress(&r.jpeg);
  return report->code;
}

int32_t fi_jpeg_decode(
    const uint8_t *bytes, size_t count, const fi_request *request, uint8_t *pixels, size_t pixel_bytes,
    fi_report *report) {
  reader r = {
      .report = report,
      .lenient = request->lenient,
      .bytes = bytes,
      .count = count,
      .request = request,
      .pixels = pixels,
      .pixel_bytes = pixel_bytes,
  };
  bool whole = guarded(&r, decode);
  jpeg_destroy_decompress(&r.jpeg);
  free(r.strip);
  bool is_over_limit = report->code == FI_TOO_MANY_SCANS || report->code == FI_OVER_TIME_LIMIT;
  if (!whole && r.lenient && r.has_pixels && !is_over_limit) {
    fi_warn(report, report->message);
    report->code = FI_OK;
  }
  return report->code;
}
