// CRC-32C by the instruction that many CPUs have for it.
#ifndef FK_CHECKSUM_H
#define FK_CHECKSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Whether this CPU has the instruction: SSE 4.2, or the CRC extension of arm64 where the program is compiled for it.
bool fk_has_crc32c(void);
/// The check's state after `count` more bytes; the state is neither inverted before nor after.
/// Only where `fk_has_crc32c` is true.
uint32_t fk_crc32c(uint32_t state, const void *bytes, size_t count);

#endif
