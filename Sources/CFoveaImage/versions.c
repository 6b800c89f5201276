// Which libraries these are.

#include "fovea_image.h"

#include <png.h>
#include <stdio.h>
#include <zlib.h>

#include <jpeglib.h>

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)

const char *fi_png_version(void) { return png_get_libpng_ver(NULL); }

const char *fi_jpeg_version(void) {
#ifdef LIBJPEG_TURBO_VERSION
  return "libjpeg-turbo " TEXT(LIBJPEG_TURBO_VERSION) ", version " TEXT(JPEG_LIB_VERSION) " of the interface";
#else
  return "version " TEXT(JPEG_LIB_VERSION) " of the interface";
#endif
}

const char *fi_zlib_version(void) { return zlibVersion(); }
