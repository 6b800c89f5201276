#define FK_BODY "pool.body.h"
#include "family.h"

void fk_pool_pixels(fk_features x, size_t pixels, size_t channels, float *mean, float *maximum, int32_t *where) {
  FK_CALL(pool_pixels, x, pixels, channels, mean, maximum, where);
}
void fk_pool_channels(fk_features x, const float *gate, size_t pixels, size_t channels, float *maximum, float *mean,
                      size_t stride, int32_t *where) {
  FK_CALL(pool_channels, x, gate, pixels, channels, maximum, mean, stride, where);
}
void fk_window_max(float *y, int32_t *where, const float *x, size_t channels, fk_window window) {
  FK_CALL(window_max, y, where, x, channels, window);
}
void fk_window_max_backward(float *dx, const float *dy, const int32_t *where, size_t channels, fk_window window) {
  FK_CALL(window_max_backward, dx, dy, where, channels, window);
}
void fk_window_sum(float *y, const float *x, size_t channels, fk_window window, float scale) {
  FK_CALL(window_sum, y, x, channels, window, scale);
}
void fk_window_sum_backward(float *dx, const float *dy, size_t channels, fk_window window, float scale) {
  FK_CALL(window_sum_backward, dx, dy, channels, window, scale);
}
