#include "winograd_bf16.h"
#define FK_BODY "winograd_bf16.body.h"
#include "family_bf16.h"

void winograd_input_bf16(fk_isa isa, const fk_winograd_tiles *t) { FK_CALL_BF16(isa, winograd_input, t); }
void winograd_output_bf16(fk_isa isa, const fk_winograd_tiles *t) { FK_CALL_BF16(isa, winograd_output, t); }
