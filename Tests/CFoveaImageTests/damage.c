// Decodes image files whole, cut off and with changed bytes, by every road through the shim. What it finds is found by the
// sanitizers that it is compiled with (Scripts/sanitize); here only counts are checked.
//
// usage: damage FILE…

#include "fovea_gunzip.h"
#include "fovea_image.h"
#include "internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static long decoded, refused;

static uint32_t random_state = 2463534242u;

static uint32_t next_random(void) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 17;
  random_state ^= random_state << 5;
  return random_state;
}

static size_t shrunk(uint32_t side, int32_t denominator) { return ((size_t)side + denominator - 1) / denominator; }

/// Decodes into a buffer of the very size that it takes.
static void decode(const uint8_t *bytes, size_t count, const fi_header *header, fi_request request) {
  size_t channels = request.raw ? (size_t)header->raw_channels : 3;
  size_t size = shrunk(header->width, request.denominator) * shrunk(header->height, request.denominator) * channels;
  uint8_t *pixels = malloc(size);
  fi_report report;
  if (fi_decode(bytes, count, header, &request, pixels, size, &report) == FI_OK) decoded++;
  else refused++;
  free(pixels);
}

static void try_all(const uint8_t *bytes, size_t count, int thorough) {
  for (int lenient = 0; lenient <= 1; lenient++) {
    fi_header header;
    fi_report report;
    if (fi_read_header(bytes, count, lenient != 0, &header, &report) != FI_OK ||
        (uint64_t)header.width * header.height > 1 << 20) {
      refused++;
      continue;
    }
    fi_request request = {.orientation = header.orientation, .denominator = 1, .lenient = lenient != 0,
                          .background = {255, 255, 255}, .scans = 100, .memory = 64 << 20};
    decode(bytes, count, &header, request);
    if (!thorough) continue;
    for (int32_t orientation = 1; orientation <= 8; orientation++) {
      for (int32_t denominator = 1; denominator <= (header.format == FI_JPEG ? 8 : 1); denominator *= 2) {
        request.orientation = orientation;
        request.denominator = denominator;
        decode(bytes, count, &header, request);
      }
    }
    request = (fi_request){.orientation = 1, .denominator = 1, .raw = true, .scans = 100, .memory = 64 << 20};
    decode(bytes, count, &header, request);
    request.memory = 1;
    request.scans = 0;
    decode(bytes, count, &header, request);
  }
}

static void damage(const uint8_t *bytes, size_t count) {
  try_all(bytes, count, 1);
  // A copy of the exact length each time: a byte too far is then seen.
  for (size_t length = 0; length < count; length += 1 + length / 16) {
    uint8_t *copy = malloc(length ? length : 1);
    memcpy(copy, bytes, length);
    try_all(copy, length, 0);
    fi_exif_orientation(copy, length);
    free(copy);
  }
  uint8_t *copy = malloc(count);
  for (int round = 0; round < 300; round++) {
    memcpy(copy, bytes, count);
    int changes = 1 + (int)(next_random() % 4);
    // The head of a file decides most.
    for (int i = 0; i < changes; i++) {
      size_t range = round % 2 && count > 512 ? 512 : count;
      copy[next_random() % range] ^= (uint8_t)(1u << next_random() % 8);
    }
    try_all(copy, count, 0);
    fi_exif_orientation(copy, count);
    uint8_t unpacked[64];
    size_t written;
    copy[0] = 0x1F;
    copy[1] = 0x8B;
    fi_gunzip(copy, count, unpacked, sizeof unpacked, &written);
  }
  free(copy);
}

static void write_and_read_back(void) {
  uint16_t pixels[31 * 17 * 3];
  for (size_t i = 0; i < sizeof pixels / 2; i++) pixels[i] = (uint16_t)next_random();
  const uint8_t text[] = "tTitle\0a picture\0iComment\0two lines\0";
  fi_report report;
  fi_buffer buffer = {0};
  const struct { int32_t channels, depth; } kinds[] = {{1, 8}, {3, 8}, {1, 16}};
  for (size_t i = 0; i < 3; i++) {
    if (fi_encode_png(pixels, 31, 17, kinds[i].channels, kinds[i].depth, text, sizeof text - 1, &buffer, &report) != FI_OK)
      abort();
    try_all(buffer.data, buffer.count, 1);
    fi_buffer_free(&buffer);
    buffer = (fi_buffer){0};
  }
  if (fi_encode_jpeg((const uint8_t *)pixels, 31, 17, 90, &buffer, &report) != FI_OK) abort();
  try_all(buffer.data, buffer.count, 1);
  fi_buffer_free(&buffer);
}

int main(int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    FILE *file = fopen(argv[i], "rb");
    if (!file) return perror(argv[i]), 1;
    uint8_t *bytes = malloc(1 << 20);
    size_t count = fread(bytes, 1, 1 << 20, file);
    fclose(file);
    damage(bytes, count);
    free(bytes);
  }
  write_and_read_back();
  printf("%d images: %ld decodings, %ld refusals\n", argc - 1, decoded, refused);
  return decoded > 0 && refused > 0 ? 0 : 1;
}
