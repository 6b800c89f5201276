// Encoding PNG with libpng's classic interface.

#include "internal.h"

#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

/// In the frame above the one that calls setjmp, so that its fields keep their values over a jump.
typedef struct writer {
  jmp_buf escape;
  fi_report *report;
  fi_buffer *out;
  png_structp png;
  png_infop info;

  const uint8_t *pixels;
  uint32_t width;
  uint32_t height;
  int channels;
  int depth;
  const uint8_t *text;
  size_t text_count;
} writer;

static void on_error(png_structp png, png_const_charp message) {
  writer *w = png_get_error_ptr(png);
  if (w->report->code == FI_OK) {
    fi_fail(w->report, strstr(message, "emory") != NULL ? FI_NO_MEMORY : FI_CANNOT_ENCODE, "%s", message);
  }
  longjmp(w->escape, 1);
}

static void on_warning(png_structp png, png_const_charp message) {
  writer *w = png_get_error_ptr(png);
  fi_warn(w->report, message);
}

static void on_write(png_structp png, png_bytep bytes, size_t count) {
  writer *w = png_get_io_ptr(png);
  if (fi_buffer_append(w->out, bytes, count)) return;
  fi_fail(w->report, FI_NO_MEMORY, "no memory for the encoded image");
  png_error(png, "");
}

static void on_flush(png_structp png) { (void)png; }

/// The zero-terminated string at `*at`, which then moves past it.
static char *next_string(writer *w, size_t *at) {
  const uint8_t *start = w->text + *at;
  const uint8_t *end = *at < w->text_count ? memchr(start, 0, w->text_count - *at) : NULL;
  if (end == NULL) png_error(w->png, "a text entry without an end");
  *at += (size_t)(end - start) + 1;
  return (char *)start;
}

static void set_text(writer *w) {
  size_t at = 0;
  while (at < w->text_count) {
    png_text entry;
    memset(&entry, 0, sizeof entry);
    entry.compression = w->text[at++] == 'i' ? PNG_ITXT_COMPRESSION_NONE : PNG_TEXT_COMPRESSION_NONE;
    entry.key = next_string(w, &at);
    entry.text = next_string(w, &at);
    entry.text_length = strlen(entry.text);
    png_set_text(w->png, w->info, &entry, 1);
  }
}

static void encode(writer *w) {
  w->png = png_create_write_struct(PNG_LIBPNG_VER_STRING, w, on_error, on_warning);
  if (w->png != NULL) w->info = png_create_info_struct(w->png);
  if (w->info == NULL) {
    fi_fail(w->report, FI_NO_MEMORY, "no memory for the encoder");
    longjmp(w->escape, 1);
  }
  png_set_write_fn(w->png, w, on_write, on_flush);
  png_set_user_limits(w->png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_set_IHDR(
      w->png, w->info, w->width, w->height, w->depth, w->channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB,
      PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  set_text(w);
  png_write_info(w->png, w->info);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  if (w->depth == 16) png_set_swap(w->png);
#endif
  size_t stride = (size_t)w->width * (size_t)w->channels * (size_t)(w->depth / 8);
  for (uint32_t y = 0; y < w->height; y++) png_write_row(w->png, w->pixels + y * stride);
  png_write_end(w->png, w->info);
}

static void encode_guarded(writer *w) {
  if (setjmp(w->escape) == 0) encode(w);
}

int32_t fi_encode_png(
    const void *pixels, uint32_t width, uint32_t height, int32_t channels, int32_t depth, const uint8_t *text,
    size_t text_count, fi_buffer *out, fi_report *report) {
  memset(out, 0, sizeof *out);
  memset(report, 0, sizeof *report);
  writer w = {
      .report = report,
      .out = out,
      .pixels = pixels,
      .width = width,
      .height = height,
      .channels = channels,
      .depth = depth,
      .text = text,
      .text_count = text_count,
  };
  encode_guarded(&w);
  if (w.png != NULL) png_destroy_write_struct(&w.png, &w.info);
  if (report->code != FI_OK) fi_buffer_free(out);
  return report->code;
}
