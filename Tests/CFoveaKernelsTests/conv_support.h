// What the checks of convolutions share.
#ifndef CONV_SUPPORT_H
#define CONV_SUPPORT_H

#include <stddef.h>

/// [length, channels] weights as panels for fk_conv_forward.
float *pack_weights(const float *weights, size_t length, size_t channels);
/// Columns of all panels together: whole vectors.
size_t packed_channels(size_t channels);

#endif
