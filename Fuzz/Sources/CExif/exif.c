#include "exif.h"
