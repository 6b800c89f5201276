// The doors: which format is it, and the parts that both formats share.

#include "internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const uint8_t png_signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};

/// By content. A file that is cut within the signature is no image, because nothing tells what it was.
static int32_t sniff(const uint8_t *bytes, size_t count) {
  if (count >= 8 && memcmp(bytes, png_signature, 8) == 0) return FI_PNG;
  if (count >= 3 && bytes[0] == 0xFF && bytes[1] == 0xD8 && bytes[2] == 0xFF) return FI_JPEG;
  return 0;
}

int32_t fi_read_header(const uint8_t *bytes, size_t count, bool lenient, fi_header *header, fi_report *report) {
  memset(header, 0, sizeof *header);
  memset(report, 0, sizeof *report);
  header->format = sniff(bytes, count);
  switch (header->format) {
    case FI_PNG: return fi_png_header(bytes, count, lenient, header, report);
    case FI_JPEG: return fi_jpeg_header(bytes, count, lenient, header, report);
    default: return fi_fail(report, FI_NOT_AN_IMAGE, "not a PNG or JPEG file");
  }
}

int32_t fi_decode(
    const uint8_t *bytes, size_t count, const fi_header *header, const fi_request *request, uint8_t *pixels,
    size_t pixel_bytes, fi_report *report) {
  memset(report, 0, sizeof *report);
  switch (header->format) {
    case FI_PNG: return fi_png_decode(bytes, count, request, pixels, pixel_bytes, report);
    case FI_JPEG: return fi_jpeg_decode(bytes, count, request, pixels, pixel_bytes, report);
    default: return fi_fail(report, FI_NOT_AN_IMAGE, "not a PNG or JPEG file");
  }
}

int32_t fi_fail(fi_report *report, int32_t code, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(report->message, sizeof report->message, format, arguments);
  va_end(arguments);
  report->code = code;
  return code;
}

void fi_warn(fi_report *report, const char *message) {
  if (report->warnings == 0) snprintf(report->warning, sizeof report->warning, "%s", message);
  if (report->warnings < INT32_MAX) report->warnings++;
}

static uint64_t thread_time(void) {
  struct timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

fi_deadline fi_deadline_after(uint64_t nanoseconds) {
  return (fi_deadline){nanoseconds == 0 ? 0 : thread_time() + nanoseconds};
}

bool fi_deadline_passed(const fi_deadline *deadline, fi_report *report) {
  if (deadline->at == 0 || thread_time() < deadline->at) return false;
  fi_fail(report, FI_OVER_TIME_LIMIT, "the time is over");
  return true;
}

bool fi_buffer_append(fi_buffer *buffer, const uint8_t *bytes, size_t count) {
  // An empty buffer has no address, and memcpy takes none, not even for nothing.
  if (count == 0) return true;
  if (count > buffer->capacity - buffer->count) {
    size_t needed;
    if (__builtin_add_overflow(buffer->count, count, &needed)) return false;
    size_t capacity = buffer->capacity < SIZE_MAX / 2 ? buffer->capacity * 2 : needed;
    if (capacity < needed) capacity = needed;
    if (capacity < 4096) capacity = 4096;
    uint8_t *data = realloc(buffer->data, capacity);
    if (data == NULL) return false;
    buffer->data = data;
    buffer->capacity = capacity;
  }
  memcpy(buffer->data + buffer->count, bytes, count);
  buffer->count += count;
  return true;
}

void fi_buffer_free(fi_buffer *buffer) {
  free(buffer->data);
  memset(buffer, 0, sizeof *buffer);
}
