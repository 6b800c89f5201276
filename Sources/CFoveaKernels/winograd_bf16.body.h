// The transforms of fk_winograd.h from and to maps in bf16: the pixels of `narrow` images are units.
#include "bf16.body.h"

#define WINO_IMAGES_ONLY
#define WINO_UNITS 2
#define WINO_LOAD FK(load_units)
#define WINO_STORE FK(store_units)
#include "winograd.body.h"
#undef WINO_IMAGES_ONLY
