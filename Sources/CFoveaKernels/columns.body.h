// Loops over the channels of rows [rows, C], for a body to include after it has its vector vocabulary.
//
// A kernel that keeps something for each channel in registers is written for a block of `vectors` vectors of
// channels, the last of them with `lanes` lanes in use, and FK_COLUMNS calls it for block after block: four vectors
// at once while they last, then two, then one, then the tail. `vectors` and `lanes` are constants everywhere but in
// the tail, so the compiler unrolls the loops over them.

#undef FK_COLUMNS
#define FK_COLUMNS(C, kernel, ...)                                                                        \
  do {                                                                                                    \
    size_t c_ = 0;                                                                                        \
    for (; c_ + 4 * FK_W <= (C); c_ += 4 * FK_W) FK(kernel)(c_, 4, FK_W, __VA_ARGS__);                    \
    for (; c_ + 2 * FK_W <= (C); c_ += 2 * FK_W) FK(kernel)(c_, 2, FK_W, __VA_ARGS__);                    \
    for (; c_ + FK_W <= (C); c_ += FK_W) FK(kernel)(c_, 1, FK_W, __VA_ARGS__);                            \
    if (c_ < (C)) FK(kernel)(c_, 1, (C)-c_, __VA_ARGS__);                                                 \
  } while (0)

// One row's vectors at a time, for kernels that keep nothing.
#undef FK_VECTORS
#define FK_VECTORS(n, step, ...)                                                   \
  do {                                                                             \
    size_t i_ = 0;                                                                 \
    for (; i_ + FK_W <= (n); i_ += FK_W) FK(step)(i_, FK_W, __VA_ARGS__);          \
    if (i_ < (n)) FK(step)(i_, (n)-i_, __VA_ARGS__);                               \
  } while (0)
