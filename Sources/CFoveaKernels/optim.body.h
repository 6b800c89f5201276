// Bodies of fk_optim.h. Tails go through the same vector expression in a padded copy, so an element's bits do not
// depend on where in the range it lies.

static void FK(sgd)(float *p, const float *g, float *m, size_t n, float gscale, float rate, float momentum, float decay,
                    int nesterov) {
  vf vs = vf_set1(gscale), vr = vf_set1(-rate), vm = vf_set1(momentum), vd = vf_set1(decay);
  for (size_t i = 0; i < n; i += FK_W) {
    size_t left = n - i;
    int whole = left >= FK_W;
    vf pi = whole ? vf_load(p + i) : vf_load_part(p + i, left, 0);
    vf gi = whole ? vf_load(g + i) : vf_load_part(g + i, left, 0);
    vf mi = whole ? vf_load(m + i) : vf_load_part(m + i, left, 0);
    vf d = vf_fma(vd, pi, gi * vs);
    mi = vf_fma(vm, mi, d);
    vf u = nesterov ? vf_fma(vm, mi, d) : mi;
    pi = vf_fma(vr, u, pi);
    if (whole) {
      vf_store(m + i, mi);
      vf_store(p + i, pi);
    } else {
      vf_store_part(m + i, mi, left);
      vf_store_part(p + i, pi, left);
    }
  }
}

static void FK(sgd_plain)(float *p, const float *g, size_t n, float gscale, float rate, float decay) {
  vf vs = vf_set1(gscale), vr = vf_set1(-rate), vd = vf_set1(decay);
  for (size_t i = 0; i < n; i += FK_W) {
    size_t left = n - i;
    int whole = left >= FK_W;
    vf pi = whole ? vf_load(p + i) : vf_load_part(p + i, left, 0);
    vf gi = whole ? vf_load(g + i) : vf_load_part(g + i, left, 0);
    pi = vf_fma(vr, vf_fma(vd, pi, gi * vs), pi);
    if (whole)
      vf_store(p + i, pi);
    else
      vf_store_part(p + i, pi, left);
  }
}

static void FK(adamw)(float *p, const float *g, float *m, float *v, size_t n, float gscale, float shrink,
                      float one_minus_beta1, float beta2, float one_minus_beta2, float step, float root,
                      float epsilon) {
  vf vs = vf_set1(gscale), vk = vf_set1(shrink), v1 = vf_set1(one_minus_beta1), b2 = vf_set1(beta2);
  vf v2 = vf_set1(one_minus_beta2), vt = vf_set1(-step), vr = vf_set1(root), ve = vf_set1(epsilon);
  for (size_t i = 0; i < n; i += FK_W) {
    size_t left = n - i;
    int whole = left >= FK_W;
    vf pi = (whole ? vf_load(p + i) : vf_load_part(p + i, left, 0)) * vk;
    vf gi = (whole ? vf_load(g + i) : vf_load_part(g + i, left, 0)) * vs;
    vf mi = whole ? vf_load(m + i) : vf_load_part(m + i, left, 0);
    vf vi_ = whole ? vf_load(v + i) : vf_load_part(v + i, left, 0);
    mi = vf_fma(v1, gi - mi, mi);
    vi_ = vf_fma(v2 * gi, gi, b2 * vi_);
    vf denominator = __builtin_elementwise_sqrt(vi_) / vr + ve;
    pi = vf_fma(vt, mi / denominator, pi);
    if (whole) {
      vf_store(p + i, pi);
      vf_store(m + i, mi);
      vf_store(v + i, vi_);
    } else {
      vf_store_part(p + i, pi, left);
      vf_store_part(m + i, mi, left);
      vf_store_part(v + i, vi_, left);
    }
  }
}

static void FK(lerp)(float *y, const float *x, float weight, size_t n) {
  vf w = vf_set1(weight);
  size_t i = 0;
  for (; i + FK_W <= n; i += FK_W) {
    vf yi = vf_load(y + i);
    vf_store(y + i, vf_fma(w, vf_load(x + i) - yi, yi));
  }
  if (i < n) {
    vf yi = vf_load_part(y + i, n - i, 0);
    vf_store_part(y + i, vf_fma(w, vf_load_part(x + i, n - i, 0) - yi, yi), n - i);
  }
}

// Four chains of FK_W doubles hide the latency of the additions.
static double FK(sum_squares)(const float *x, size_t n) {
  typedef double chain __attribute__((ext_vector_type(FK_W)));
  chain sums[4] = {0, 0, 0, 0};
  size_t i = 0;
  for (; i + 4 * FK_W <= n; i += 4 * FK_W) {
    FK_UNROLL for (int k = 0; k < 4; k++) {
      chain d = __builtin_convertvector(vf_load(x + i + k * FK_W), chain);
      sums[k] += d * d;
    }
  }
  for (int k = 0; i < n; i += FK_W, k++) {
    chain d = __builtin_convertvector(n - i >= FK_W ? vf_load(x + i) : vf_load_part(x + i, n - i, 0), chain);
    sums[k] += d * d;
  }
  chain all = (sums[0] + sums[1]) + (sums[2] + sums[3]);
  double lanes[FK_W], total = 0;
  memcpy(lanes, &all, sizeof lanes);
  for (int k = 0; k < FK_W; k++) total += lanes[k];
  return total;
}
