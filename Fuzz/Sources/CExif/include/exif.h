#ifndef FUZZ_EXIF_H
#define FUZZ_EXIF_H

#include <stddef.h>
#include <stdint.h>

/// As Sources/CFoveaImage/internal.h has it: 1 to 8, or 0 where none is stated.
int32_t fi_exif_orientation(const uint8_t *bytes, size_t count);

#endif
