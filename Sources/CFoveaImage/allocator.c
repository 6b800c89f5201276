// What becomes of freed memory.

#include "fovea_image.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

void fi_keep_freed_memory(size_t largest_block, size_t unused) {
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, (int)largest_block);
  mallopt(M_TRIM_THRESHOLD, (int)unused);
#else
  (void)largest_block, (void)unused;
#endif
}
