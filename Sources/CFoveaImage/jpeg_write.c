// Encoding JPEG with libjpeg.

#include "internal.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
// After jpeglib.h, which it needs.
#include <jerror.h>

/// In the frame above the one that calls setjmp, so that its fields keep their values over a jump.
typedef struct writer {
  struct jpeg_compress_struct jpeg;
  struct jpeg_error_mgr errors;
  struct jpeg_destination_mgr destination;
  jmp_buf escape;
  fi_report *report;
  fi_buffer *out;
  uint8_t chunk[16384];

  const uint8_t *pixels;
  uint32_t width;
  uint32_t height;
  int quality;
} writer;

static void on_error(j_common_ptr jpeg) {
  writer *w = jpeg->client_data;
  char message[JMSG_LENGTH_MAX];
  w->errors.format_message(jpeg, message);
  bool memory = w->errors.msg_code == JERR_OUT_OF_MEMORY;
  fi_fail(w->report, memory ? FI_NO_MEMORY : FI_CANNOT_ENCODE, "%s", message);
  longjmp(w->escape, 1);
}

static void on_message(j_common_ptr jpeg, int level) { (void)jpeg, (void)level; }

static void empty_chunk(j_compress_ptr jpeg, size_t count) {
  writer *w = jpeg->client_data;
  if (!fi_buffer_append(w->out, w->chunk, count)) {
    fi_fail(w->report, FI_NO_MEMORY, "no memory for the encoded image");
    longjmp(w->escape, 1);
  }
  w->destination.next_output_byte = w->chunk;
  w->destination.free_in_buffer = sizeof w->chunk;
}

static void on_start(j_compress_ptr jpeg) { empty_chunk(jpeg, 0); }

static boolean on_full(j_compress_ptr jpeg) {
  writer *w = jpeg->client_data;
  empty_chunk(jpeg, sizeof w->chunk);
  return TRUE;
}

static void on_end(j_compress_ptr jpeg) {
  writer *w = jpeg->client_data;
  empty_chunk(jpeg, sizeof w->chunk - w->destination.free_in_buffer);
}

static void encode(writer *w) {
  jpeg_create_compress(&w->jpeg);
  w->jpeg.client_data = w;
  w->destination.init_destination = on_start;
  w->destination.empty_output_buffer = on_full;
  w->destination.term_destination = on_end;
  w->jpeg.dest = &w->destination;
  w->jpeg.image_width = w->width;
  w->jpeg.image_height = w->height;
  w->jpeg.input_components = 3;
  w->jpeg.in_color_space = JCS_RGB;
  // The defaults are YCbCr at 4:2:0, the accurate integer DCT and the standard Huffman tables.
  jpeg_set_defaults(&w->jpeg);
  jpeg_set_quality(&w->jpeg, w->quality, TRUE);
  jpeg_start_compress(&w->jpeg, TRUE);
  size_t stride = (size_t)w->width * 3;
  while (w->jpeg.next_scanline < w->jpeg.image_height) {
    JSAMPROW row = (JSAMPROW)(w->pixels + w->jpeg.next_scanline * stride);
    jpeg_write_scanlines(&w->jpeg, &row, 1);
  }
  jpeg_finish_compress(&w->jpeg);
}

static void encode_guarded(writer *w) {
  w->jpeg.err = jpeg_std_error(&w->errors);
  w->errors.error_exit = on_error;
  w->errors.emit_message = on_message;
  w->jpeg.client_data = w;
  if (setjmp(w->escape) == 0) encode(w);
}

int32_t fi_encode_jpeg(
    const uint8_t *pixels, uint32_t width, uint32_t height, int32_t quality, fi_buffer *out, fi_report *report) {
  memset(out, 0, sizeof *out);
  memset(report, 0, sizeof *report);
  writer w = {
      .report = report, .out = out, .pixels = pixels, .width = width, .height = height, .quality = quality};
  encode_guarded(&w);
  jpeg_destroy_compress(&w.jpeg);
  if (report->code != FI_OK) fi_buffer_free(out);
  return report->code;
}
