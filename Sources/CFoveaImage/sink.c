// From the decoder's rows to the result's pixels: colour conversion and orientation in one pass, so that no second
// image is ever held.

#include "internal.h"

#include <string.h>

/// v / 255, rounded, for v in 0…65025.
static inline uint8_t divide_by_255(uint32_t v) {
  v += 128;
  return (uint8_t)((v + (v >> 8)) >> 8);
}

static inline __attribute__((always_inline)) void convert_pixel(
    const fi_sink *sink, enum fi_conversion conversion, int channels, const uint8_t *in, uint8_t *out) {
  switch (conversion) {
    case FI_COPY:
      for (int c = 0; c < channels; c++) out[c] = in[c];
      break;
    case FI_OVER_BACKGROUND: {
      uint32_t alpha = in[3];
      for (int c = 0; c < 3; c++) out[c] = divide_by_255(alpha * in[c] + (255 - alpha) * sink->background[c]);
      break;
    }
    case FI_CMYK:
      for (int c = 0; c < 3; c++) out[c] = divide_by_255((255u - in[c]) * (255u - in[3]));
      break;
    case FI_INVERTED_CMYK:
      for (int c = 0; c < 3; c++) out[c] = divide_by_255((uint32_t)in[c] * in[3]);
      break;
  }
}

/// One row's pixels, `step` bytes apart in the result.
static inline __attribute__((always_inline)) void convert_row(
    const fi_sink *sink, enum fi_conversion conversion, int channels, const uint8_t *in, int in_step, uint8_t *out,
    ptrdiff_t out_step, uint32_t count) {
  for (uint32_t x = 0; x < count; x++, in += in_step, out += out_step) {
    convert_pixel(sink, conversion, channels, in, out);
  }
}

/// Rows whose pixels lie below each other in the result: column by column, so that writes are neighbours.
static inline __attribute__((always_inline)) void convert_columns(
    const fi_sink *sink, enum fi_conversion conversion, int channels, const uint8_t *in, size_t stride, int in_step,
    uint8_t *out, uint32_t rows) {
  for (uint32_t x = 0; x < sink->width; x++) {
    const uint8_t *pixel = in + (size_t)x * (size_t)in_step;
    uint8_t *place = out + (ptrdiff_t)x * sink->step_x;
    for (uint32_t r = 0; r < rows; r++, pixel += stride, place += sink->step_y) {
      convert_pixel(sink, conversion, channels, pixel, place);
    }
  }
}

static inline __attribute__((always_inline)) void store_rows(
    const fi_sink *sink, enum fi_conversion conversion, int channels, const uint8_t *in, size_t stride, int in_step,
    uint32_t y, uint32_t rows) {
  uint8_t *out = sink->origin + (ptrdiff_t)y * sink->step_y;
  ptrdiff_t pixel = sink->channels_out;
  if (sink->step_x == pixel || sink->step_x == -pixel) {
    for (uint32_t r = 0; r < rows; r++, in += stride, out += sink->step_y) {
      convert_row(sink, conversion, channels, in, in_step, out, sink->step_x, sink->width);
    }
  } else {
    convert_columns(sink, conversion, channels, in, stride, in_step, out, rows);
  }
}

void fi_sink_rows(const fi_sink *sink, const uint8_t *in, size_t stride, uint32_t y, uint32_t rows) {
  // Constants here let the compiler make one tight loop per kind of pixel.
  switch (sink->conversion) {
    case FI_COPY:
      if (sink->channels_out == 3) {
        store_rows(sink, FI_COPY, 3, in, stride, 3, y, rows);
      } else {
        store_rows(sink, FI_COPY, 4, in, stride, 4, y, rows);
      }
      break;
    case FI_OVER_BACKGROUND: store_rows(sink, FI_OVER_BACKGROUND, 3, in, stride, 4, y, rows); break;
    case FI_CMYK: store_rows(sink, FI_CMYK, 3, in, stride, 4, y, rows); break;
    case FI_INVERTED_CMYK: store_rows(sink, FI_INVERTED_CMYK, 3, in, stride, 4, y, rows); break;
  }
}

void fi_sink_scatter(
    const fi_sink *sink, const uint8_t *row, uint32_t y, uint32_t x, uint32_t every, uint32_t count,
    uint32_t block_width, uint32_t block_height) {
  uint32_t bottom = sink->height - y < block_height ? sink->height : y + block_height;
  for (uint32_t i = 0; i < count; i++, x += every, row += sink->channels_in) {
    uint8_t pixel[4];
    convert_pixel(sink, sink->conversion, sink->channels_out, row, pixel);
    uint32_t right = sink->width - x < block_width ? sink->width : x + block_width;
    for (uint32_t v = y; v < bottom; v++) {
      for (uint32_t u = x; u < right; u++) {
        uint8_t *place = sink->origin + (ptrdiff_t)u * sink->step_x + (ptrdiff_t)v * sink->step_y;
        for (int c = 0; c < sink->channels_out; c++) place[c] = pixel[c];
      }
    }
  }
}

bool fi_sink_make(
    fi_sink *sink, const fi_request *request, uint32_t width, uint32_t height, int channels_in,
    enum fi_conversion conversion, uint8_t *pixels, size_t pixel_bytes) {
  ptrdiff_t pixel = request->raw ? channels_in : 3;
  size_t row_bytes, bytes;
  bool turned = request->orientation >= 5;
  if (__builtin_mul_overflow(turned ? height : width, (size_t)pixel, &row_bytes)) return false;
  if (__builtin_mul_overflow(row_bytes, (size_t)(turned ? width : height), &bytes)) return false;
  if (bytes != pixel_bytes || bytes > PTRDIFF_MAX) return false;

  ptrdiff_t row = (ptrdiff_t)row_bytes, right = (ptrdiff_t)width - 1, bottom = (ptrdiff_t)height - 1;
  ptrdiff_t at = 0, step_x = pixel, step_y = row;
  switch (request->orientation) {
    case 2: at = right * pixel, step_x = -pixel; break;
    case 3: at = bottom * row + right * pixel, step_x = -pixel, step_y = -row; break;
    case 4: at = bottom * row, step_y = -row; break;
    case 5: step_x = row, step_y = pixel; break;
    case 6: at = bottom * pixel, step_x = row, step_y = -pixel; break;
    case 7: at = bottom * pixel + right * row, step_x = -row, step_y = -pixel; break;
    case 8: at = right * row, step_x = -row, step_y = pixel; break;
    default: break;
  }
  *sink = (fi_sink){
      .origin = pixels + at,
      .step_x = step_x,
      .step_y = step_y,
      .width = width,
      .height = height,
      .channels_in = channels_in,
      .channels_out = (int)pixel,
      .conversion = conversion,
  };
  memcpy(sink->background, request->background, 3);
  return true;
}

void fi_sink_clear(const fi_sink *sink) {
  uint8_t pixel[4] = {sink->background[0], sink->background[1], sink->background[2], 255};
  for (uint32_t y = 0; y < sink->height; y++) {
    uint8_t *place = sink->origin + (ptrdiff_t)y * sink->step_y;
    for (uint32_t x = 0; x < sink->width; x++, place += sink->step_x) {
      for (int c = 0; c < sink->channels_out; c++) place[c] = pixel[c];
    }
  }
}

uint8_t *fi_sink_direct(const fi_sink *sink, uint32_t y) {
  if (sink->conversion != FI_COPY || sink->step_x != sink->channels_out) return NULL;
  return sink->origin + (ptrdiff_t)y * sink->step_y;
}
