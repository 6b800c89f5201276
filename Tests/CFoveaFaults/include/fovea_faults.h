// Faults that a disk or a memory brings once in a life, at the call where a test wants them.
//
// The program under test holds no hook for this: its tests are linked with functions of the system's names, which fail when
// told to and otherwise do what the system's do.

#ifndef FOVEA_FAULTS_H
#define FOVEA_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fovea_gunzip.h"
#include "fovea_image.h"

/// Whether calls can be made to fail here. Not under a sanitizer, which has put itself in the same place.
bool fovea_faults_are_possible(void);

// System calls, of this thread.

typedef enum fovea_call {
  FOVEA_FSYNC, FOVEA_RENAME, FOVEA_LINK, FOVEA_READ, FOVEA_PREAD, FOVEA_WRITE, FOVEA_FTRUNCATE, FOVEA_FLOCK,
  FOVEA_CLOSE, FOVEA_FSTAT, FOVEA_MKDIR, FOVEA_MMAP, FOVEA_CALLS,
} fovea_call;

/// From now on the `at`-th call (from 1), and only it, fails with this error number. With 0, a read finds the end of the file.
void fovea_fail(fovea_call call, int at, int error);
/// Nothing fails any more. Returns whether the call has failed.
bool fovea_recover(fovea_call call);

// Memory, of the one call: the `at`-th allocation of the thread in there finds none. `*met` tells whether there were so many.

int32_t fovea_read_header_without_memory(
    int at, bool *met, const uint8_t *bytes, size_t count, fi_header *header, fi_report *report);
int32_t fovea_decode_without_memory(
    int at, bool *met, const uint8_t *bytes, size_t count, const fi_header *header, const fi_request *request,
    uint8_t *pixels, size_t pixel_bytes, fi_report *report);
int32_t fovea_encode_png_without_memory(
    int at, bool *met, const uint8_t *pixels, uint32_t width, uint32_t height, fi_report *report);
int32_t fovea_encode_jpeg_without_memory(
    int at, bool *met, const uint8_t *pixels, uint32_t width, uint32_t height, fi_report *report);
fi_gunzip_status fovea_gunzip_without_memory(
    int at, bool *met, const uint8_t *input, size_t count, uint8_t *output, size_t capacity, size_t *written);

#endif
