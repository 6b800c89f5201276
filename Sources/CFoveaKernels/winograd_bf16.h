// The transforms of fk_winograd.h for narrow images.
#ifndef WINOGRAD_BF16_H
#define WINOGRAD_BF16_H

#include "fovea_kernels.h"

void winograd_input_bf16(fk_isa isa, const fk_winograd_tiles *tiles);
void winograd_output_bf16(fk_isa isa, const fk_winograd_tiles *tiles);

#endif
