// The fused CBAM gate on one image x [pixels, C]: its sweeps over the features, and the channel gate's perceptron.
//
//   gated = x · channel[c] · spatial[p],  output = gated (+ residual), then max(0, ·) with a ReLU
//
// fk_plane.h has the spatial gate's planes; FoveaOps/CBAMGate says how all these follow on each other.
#ifndef FK_CBAM_H
#define FK_CBAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fk_norm.h"

// ---- Channel gate: the shared perceptron on pooled channels, weights [hidden, C] both ----

/// hidden [h] = max(0, w1·pooled + b1). b1 may be NULL.
void fk_gate_hidden(float *hidden, const float *pooled, const float *w1, const float *b1, size_t h, size_t channels);
/// channel [C] = sigmoid(Σ over h of hidden·w2 + bias), for some neighbouring channels: the rows of w2 lie `row` floats apart.
/// bias may be NULL.
void fk_gate_channel(float *channel, const float *hidden, const float *w2, size_t row, const float *bias, size_t h,
                     size_t channels);
/// From dChannel, the gradient of the gate: dSum [C], the gradient before the sigmoid.
void fk_gate_channel_backward(float *dSum, const double *dChannel, const float *channel, size_t channels);
/// dHidden [h] = w2·dSum where hidden > 0, else 0; and dPooled [C] = scale · Σ over h of dHidden·w1.
void fk_gate_hidden_backward(float *dHidden, float *dPooled, const float *dSum, const float *hidden, const float *w1,
                             const float *w2, size_t h, size_t channels, float scale);

// ---- Pools that need not remember where a maximum was ----
//
// Here and below fk_features are normalised on the way where they say so: with the bits of fk_normalize.

/// For each channel the sum over the pixels and the maximum, both [C]. Where the sum is no number, neither is the maximum.
void fk_gate_pool_pixels(float *sum, float *maximum, const float *x, size_t pixels, size_t channels);
/// From the sums and maxima of bands of pixels, [bands][2][C], the mean over all pixels and the maximum, in the first band's place.
/// Where a sum is no number, neither is the maximum.
void fk_gate_join_pools(float *pools, size_t bands, size_t pixels, size_t channels);
/// For each pixel the maximum and the mean over the channels of x·channel, both [pixels]. channel: [C]. A NaN among them shows
/// in the mean, and in the maximum or not.
void fk_gate_pool_channels(float *maximum, float *mean, fk_features x, const float *channel, size_t pixels,
                           size_t channels);

// ---- Both, on the features ----

/// output = x·channel·spatial (+ residual), and its ReLU. residual may be NULL.
void fk_gate_apply(float *output, fk_features x, const float *residual, const float *channel, const float *spatial,
                   size_t pixels, size_t channels, bool relu);
/// dSpatial [pixels] = Σ over channels of g·x·channel, where g is dOutput, or with `output` not NULL dOutput where
/// output > 0 and 0 elsewhere, which is then stored in `gradient`. gradient may be dOutput.
void fk_gate_apply_backward(float *dSpatial, float *gradient, const float *dOutput, const float *output,
                            fk_features x, const float *channel, size_t pixels, size_t channels);
/// dScaled = gradient·spatial + dMean, plus dMaximum in channel `where` of the pixel: the gradient of x·channel.
/// dChannel [C] = Σ over pixels of dScaled·x. dScaled may be gradient.
void fk_gate_scaled_backward(float *dScaled, double *dChannel, const float *gradient, fk_features x,
                             const float *spatial, const float *dMean, const float *dMaximum, const int32_t *where,
                             size_t pixels, size_t channels);
/// dx = dScaled·channel + dMean [C], plus dMaximum [C] at pixel `where` of the channel. dx may be dScaled.
void fk_gate_input_backward(float *dx, const float *dScaled, const float *channel, const float *dMean,
                            const float *dMaximum, const int32_t *where, size_t pixels, size_t channels);

#endif
