#define FK_BODY "cbam.body.h"
#include "family.h"

void fk_gate_hidden(float *hidden, const float *pooled, const float *w1, const float *b1, size_t h, size_t channels) {
  FK_CALL(gate_hidden, hidden, pooled, w1, b1, h, channels);
}
void fk_gate_channel(float *channel, const float *hidden, const float *w2, size_t row, const float *bias, size_t h,
                     size_t channels) {
  FK_CALL(gate_channel, channel, hidden, w2, row, bias, h, channels);
}
void fk_gate_join_pools(float *pools, size_t bands, size_t pixels, size_t channels) {
  FK_CALL(gate_join_pools, pools, bands, 1.0f / (float)pixels, channels);
}
void fk_gate_channel_backward(float *dSum, const double *dChannel, const float *channel, size_t channels) {
  for (size_t c = 0; c < channels; c++) dSum[c] = (float)(dChannel[c] * channel[c] * (1.0 - channel[c]));
}
void fk_gate_hidden_backward(float *dHidden, float *dPooled, const float *dSum, const float *hidden, const float *w1,
                             const float *w2, size_t h, size_t channels, float scale) {
  FK_CALL(gate_hidden_backward, dHidden, dPooled, dSum, hidden, w1, w2, h, channels, scale);
}
void fk_gate_pool_pixels(float *sum, float *maximum, const float *x, size_t pixels, size_t channels) {
  FK_CALL(gate_pool_pixels, sum, maximum, x, pixels, channels);
}
void fk_gate_pool_channels(float *maximum, float *mean, fk_features x, const float *channel, size_t pixels,
                           size_t channels) {
  FK_CALL(gate_pool_channels, maximum, mean, x, channel, pixels, channels);
}
void fk_gate_apply(float *output, fk_features x, const float *residual, const float *channel, const float *spatial,
                   size_t pixels, size_t channels, bool relu) {
  FK_CALL(gate_apply, output, x, residual, channel, spatial, pixels, channels, relu);
}
void fk_gate_apply_backward(float *dSpatial, float *gradient, const float *dOutput, const float *output,
                            fk_features x, const float *channel, size_t pixels, size_t channels) {
  FK_CALL(gate_apply_backward, dSpatial, gradient, dOutput, output, x, channel, pixels, channels);
}
void fk_gate_scaled_backward(float *dScaled, double *dChannel, const float *gradient, fk_features x,
                             const float *spatial, const float *dMean, const float *dMaximum, const int32_t *where,
                             size_t pixels, size_t channels) {
  FK_CALL(gate_scaled_backward, dScaled, dChannel, gradient, x, spatial, dMean, dMaximum, where, pixels, channels);
}
void fk_gate_input_backward(float *dx, const float *dScaled, const float *channel, const float *dMean,
                            const float *dMaximum, const int32_t *where, size_t pixels, size_t channels) {
  FK_CALL(gate_input_backward, dx, dScaled, channel, dMean, pixels, channels);
  if (dMaximum)
    for (size_t c = 0; c < channels; c++) dx[(size_t)where[c] * channels + c] += dMaximum[c];
}
