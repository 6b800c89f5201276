// Bodies of fk_plane.h.
#include "columns.body.h"
#include "lanes.body.h"

FK_INLINE void FK(clear_step)(size_t i, size_t n, float *x) { vf_store_n(x + i, vf_zero(), n); }
FK_INLINE void FK(copy_step)(size_t i, size_t n, float *y, const float *x) { vf_store_n(y + i, vf_load_n(x + i, n), n); }

// Rows are short: a call of memcpy for each would take longer than the copy.
static void FK(plane_pad)(float *padded, const float *source, fk_plane plane) {
  const size_t stride = row_stride(plane), border = plane.k / 2;
  // From each row's last pixel to the next row's first.
  const size_t gap = stride - plane.width;
  float *pixels = padded + border * stride + border;
  FK_VECTORS(border * stride + border, clear_step, padded);
  for (size_t row = 0; row < plane.height; row++, pixels += stride) {
    FK_VECTORS(plane.width, copy_step, pixels, source + row * plane.width);
    if (row + 1 < plane.height) FK_VECTORS(gap, clear_step, pixels + plane.width);
  }
  pixels -= gap;
  FK_VECTORS((size_t)(padded + fk_plane_floats(plane) - pixels), clear_step, pixels);
}

// ---- Correlation ----

// FK_W columns of `rows` output rows, for constant k: an input vector, once loaded, serves every output row that it
// reaches, and so do a column's weights, which stay in registers: what limits are multiply-adds and not loads. Eight rows keep
// their units busy, which answer after four steps, two at a time. Each output's terms are added in the order of the planes,
// columns and rows of the kernel.
FK_INLINE void FK(correlate_rows)(float *output, size_t lanes, const float *planes, size_t count,
                                  const float *weights, fk_plane plane, int k, int rows) {
  size_t stride = row_stride(plane), size = fk_plane_floats(plane);
  vf sum[8];
  FK_UNROLL for (int j = 0; j < rows; j++) sum[j] = vf_zero();
  for (size_t p = 0; p < count; p++, planes += size, weights += k * k)
    for (int s = 0; s < k; s++) {
      vf weight[7];
      FK_UNROLL for (int r = 0; r < k; r++) weight[r] = vf_set1(weights[r * k + s]);
      FK_UNROLL for (int i = 0; i < rows + k - 1; i++) {
        const vf x = vf_load(planes + i * stride + s);
        FK_UNROLL for (int j = 0; j < rows; j++)
          if (i >= j && i - j < k) sum[j] = vf_fma(x, weight[i - j], sum[j]);
      }
    }
  FK_UNROLL for (int j = 0; j < rows; j++) vf_store_n(output + j * plane.width, sum[j], lanes);
}

FK_INLINE void FK(correlate)(float *output, const float *planes, size_t count, const float *weights, fk_plane plane,
                             int k) {
  size_t stride = row_stride(plane);
  for (size_t h = 0; h < plane.height;) {
    const int rows = plane.height - h >= 8 ? 8 : plane.height - h >= 4 ? 4 : 1;
    for (size_t w = 0; w < plane.width; w += FK_W) {
      size_t lanes = plane.width - w < FK_W ? plane.width - w : FK_W;
      float *out = output + h * plane.width + w;
      const float *in = planes + h * stride + w;
      if (rows == 8) FK(correlate_rows)(out, lanes, in, count, weights, plane, k, 8);
      else if (rows == 4) FK(correlate_rows)(out, lanes, in, count, weights, plane, k, 4);
      else FK(correlate_rows)(out, lanes, in, count, weights, plane, k, 1);
    }
    h += rows;
  }
}

// The same for any k, one vector of outputs after the other.
static void FK(correlate_any)(float *output, const float *planes, size_t count, const float *weights,
                              fk_plane plane) {
  size_t stride = row_stride(plane), size = fk_plane_floats(plane), k = plane.k;
  for (size_t h = 0; h < plane.height; h++)
    for (size_t w = 0; w < plane.width; w += FK_W) {
      vf sum = vf_zero();
      for (size_t p = 0; p < count; p++)
        for (size_t s = 0; s < k; s++)
          for (size_t r = 0; r < k; r++)
            sum = vf_fma(vf_load(planes + p * size + (h + r) * stride + w + s),
                         vf_set1(weights[(p * k + r) * k + s]), sum);
      vf_store_part(output + h * plane.width + w, sum, plane.width - w < FK_W ? plane.width - w : FK_W);
    }
}

static void FK(plane_correlate)(float *output, const float *planes, size_t count, const float *weights,
                                fk_plane plane) {
  if (plane.k == 7) FK(correlate)(output, planes, count, weights, plane, 7);
  else if (plane.k == 3) FK(correlate)(output, planes, count, weights, plane, 3);
  else FK(correlate_any)(output, planes, count, weights, plane);
}

// `taps` neighbouring weights of one row of the kernel: a vector of the gradient, once loaded, serves them all.
FK_INLINE void FK(correlate_taps)(float *dWeight, const float *input, const float *dOutput, fk_plane plane, int taps) {
  size_t stride = row_stride(plane), border = plane.k / 2;
  vf sum[FK_W > 8 ? FK_W : 8];
  FK_UNROLL for (int s = 0; s < (FK_W > 8 ? FK_W : 8); s++) sum[s] = vf_zero();
  for (size_t h = 0; h < plane.height; h++)
    for (size_t w = 0; w < plane.width; w += FK_W) {
      vf gradient = vf_load(dOutput + (h + border) * stride + border + w);
      FK_UNROLL for (int s = 0; s < taps; s++) sum[s] = vf_fma(gradient, vf_load(input + h * stride + w + s), sum[s]);
    }
  FK_UNROLL for (int start = 0; start < taps; start += FK_W) {
    vf total = FK(sums_of_rows)(sum + start);
    vf_store_part(dWeight + start, total, taps - start < FK_W ? taps - start : FK_W);
  }
}

static void FK(plane_correlate_weights)(float *dWeight, const float *input, const float *dOutput, fk_plane plane) {
  size_t stride = row_stride(plane);
  for (size_t r = 0; r < plane.k; r++, input += stride, dWeight += plane.k) {
    if (plane.k == 7) FK(correlate_taps)(dWeight, input, dOutput, plane, 7);
    else if (plane.k == 3) FK(correlate_taps)(dWeight, input, dOutput, plane, 3);
    else
      for (size_t s = 0; s < plane.k; s++) FK(correlate_taps)(dWeight + s, input + s, dOutput, plane, 1);
  }
}

// ---- Normalisation and sigmoid of the one channel ----

// Sums two series over x, `step(place, lanes, center, &first, &second)`, in float over chunks and then in double.
#undef FK_SERIES
#define FK_SERIES(n, step, a, b, ...)                                                            \
  do {                                                                                           \
    double a_[FK_W] = {0}, b_[FK_W] = {0};                                                       \
    for (size_t start_ = 0; start_ < (n); start_ += FK_CHUNK * FK_W) {                           \
      size_t end_ = start_ + FK_CHUNK * FK_W < (n) ? start_ + FK_CHUNK * FK_W : (n), i_ = start_; \
      vf first_ = vf_zero(), second_ = vf_zero();                                                \
      for (; i_ + FK_W <= end_; i_ += FK_W) FK(step)(i_, FK_W, &first_, &second_, __VA_ARGS__);  \
      if (i_ < end_) FK(step)(i_, end_ - i_, &first_, &second_, __VA_ARGS__);                    \
      FK(add_to_double)(a_, first_, FK_W);                                                       \
      FK(add_to_double)(b_, second_, FK_W);                                                      \
    }                                                                                            \
    (a) = (b) = 0;                                                                               \
    for (int lane_ = 0; lane_ < FK_W; lane_++) (a) += a_[lane_], (b) += b_[lane_];               \
  } while (0)

FK_INLINE void FK(deviation_step)(size_t i, size_t n, vf *first, vf *second, const float *x, float center) {
  vf d = (n == FK_W ? vf_load(x + i) : vf_load_part(x + i, n, center)) - vf_set1(center);
  *first += d;
  *second = vf_fma(d, d, *second);
}

static void FK(plane_moments)(const float *x, size_t n, double *mean, double *deviations) {
  double sum, rest, squares;
  FK_SERIES(n, deviation_step, sum, squares, x, 0.0f);
  float center = (float)(sum / (double)n);
  FK_SERIES(n, deviation_step, rest, squares, x, center);
  // What rounding the center left over.
  *mean = (double)center + rest / (double)n;
  squares -= rest * rest / (double)n;
  *deviations = squares < 0 ? 0 : squares;
}

FK_INLINE void FK(plane_sigmoid_step)(size_t i, size_t n, float *y, const float *x, vf mean, vf gain, vf offset) {
  vf_store_n(y + i, vf_sigmoid(vf_fma(vf_load_n(x + i, n) - mean, gain, offset)), n);
}
static void FK(plane_sigmoid)(float *y, const float *x, size_t n, fk_affine affine) {
  FK_VECTORS(n, plane_sigmoid_step, y, x, vf_set1(affine.mean), vf_set1(affine.gain), vf_set1(affine.offset));
}

FK_INLINE void FK(sigmoid_gradient_step)(size_t i, size_t n, vf *first, vf *second, float *gradient, const float *y,
                                         const float *x, vf mean) {
  vf s = vf_load_n(y + i, n);
  vf dz = vf_load_n(gradient + i, n) * (s * (vf_set1(1.0f) - s));
  vf_store_n(gradient + i, dz, n);
  *first += dz;
  *second = vf_fma(dz, vf_load_n(x + i, n) - mean, *second);
}
static void FK(plane_sigmoid_backward)(float *gradient, const float *y, const float *x, size_t n, float mean,
                                       double *sum, double *product) {
  FK_SERIES(n, sigmoid_gradient_step, *sum, *product, gradient, y, x, vf_set1(mean));
}

FK_INLINE void FK(normalize_gradient_step)(size_t i, size_t n, float *dx, const float *dz, const float *x,
                                           fk_affine affine, float a, float b) {
  vf constant = vf_fma(vf_set1(affine.gain), vf_load_n(dz + i, n), vf_set1(a));
  vf_store_n(dx + i, vf_fma(vf_set1(b), vf_load_n(x + i, n) - vf_set1(affine.mean), constant), n);
}
static void FK(plane_normalize_backward)(float *padded, const float *dz, const float *x, fk_plane plane,
                                         fk_affine affine, float a, float b) {
  size_t stride = row_stride(plane), border = plane.k / 2;
  for (size_t row = 0; row < plane.height; row++, dz += plane.width, x += plane.width)
    FK_VECTORS(plane.width, normalize_gradient_step, padded + (row + border) * stride + border, dz, x, affine, a, b);
}
