#define FK_BODY "depthwise.body.h"
#include "family.h"

void fk_depthwise_forward(fk_isa isa, const fk_depthwise_band *band) { FK_CALL_FOR(isa, depthwise_forward, band); }

void fk_depthwise_weight_gradient(fk_isa isa, const fk_depthwise_gradient *gradient) {
  FK_CALL_FOR(isa, depthwise_weight_gradient, gradient);
}
