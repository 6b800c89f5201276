#define _GNU_SOURCE

#include "fovea_faults.h"

#if !defined(__has_feature)
#define __has_feature(x) 0
#endif
#if defined(__linux__) && defined(__GLIBC__) && !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
#define POSSIBLE 1
#else
#define POSSIBLE 0
#endif

static _Thread_local int allocations_left;

static void arm(int at) { allocations_left = at; }

static bool disarm(void) {
  bool met = allocations_left == 0;
  allocations_left = 0;
  return met;
}

bool fovea_faults_are_possible(void) { return POSSIBLE; }

#if POSSIBLE

#include <dlfcn.h>
#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>

static _Thread_local struct {
  int left;
  int error;
  bool met;
} faults[FOVEA_CALLS];

void fovea_fail(fovea_call call, int at, int error) {
  faults[call].error = error;
  faults[call].met = false;
  faults[call].left = at;
}

bool fovea_recover(fovea_call call) {
  faults[call].left = 0;
  return faults[call].met;
}

/// Whether this call is the one; then errno is set.
static bool fails(fovea_call call) {
  if (faults[call].left <= 0 || --faults[call].left != 0) return false;
  faults[call].met = true;
  errno = faults[call].error;
  return true;
}

/// The system's own function of a name, looked up once.
#define SYSTEM(name) \
  static __typeof__(&name) system_##name; \
  if (system_##name == NULL) system_##name = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

int fsync(int file) {
  SYSTEM(fsync);
  return fails(FOVEA_FSYNC) ? -1 : system_fsync(file);
}

int rename(const char *from, const char *to) {
  SYSTEM(rename);
  return fails(FOVEA_RENAME) ? -1 : system_rename(from, to);
}

int link(const char *from, const char *to) {
  SYSTEM(link);
  return fails(FOVEA_LINK) ? -1 : system_link(from, to);
}

ssize_t read(int file, void *bytes, size_t count) {
  SYSTEM(read);
  if (fails(FOVEA_READ)) return errno == 0 ? 0 : -1;
  return system_read(file, bytes, count);
}

ssize_t pread(int file, void *bytes, size_t count, off_t offset) {
  SYSTEM(pread);
  if (fails(FOVEA_PREAD)) return errno == 0 ? 0 : -1;
  return system_pread(file, bytes, count, offset);
}

ssize_t write(int file, const void *bytes, size_t count) {
  SYSTEM(write);
  return fails(FOVEA_WRITE) ? -1 : system_write(file, bytes, count);
}

int ftruncate(int file, off_t length) {
  SYSTEM(ftruncate);
  return fails(FOVEA_FTRUNCATE) ? -1 : system_ftruncate(file, length);
}

int flock(int file, int operation);
int flock(int file, int operation) {
  SYSTEM(flock);
  return fails(FOVEA_FLOCK) ? -1 : system_flock(file, operation);
}

int close(int file) {
  SYSTEM(close);
  int result = system_close(file);
  return fails(FOVEA_CLOSE) ? -1 : result;
}

int fstat(int file, struct stat *status) {
  SYSTEM(fstat);
  return fails(FOVEA_FSTAT) ? -1 : system_fstat(file, status);
}

int mkdir(const char *path, mode_t mode) {
  SYSTEM(mkdir);
  return fails(FOVEA_MKDIR) ? -1 : system_mkdir(path, mode);
}

void *mmap(void *address, size_t length, int protection, int flags, int file, off_t offset) {
  SYSTEM(mmap);
  return fails(FOVEA_MMAP) ? MAP_FAILED : system_mmap(address, length, protection, flags, file, offset);
}

// Under these names glibc has its own, so that nothing has to be looked up, which would itself allocate.
void *__libc_malloc(size_t count);
void *__libc_calloc(size_t number, size_t count);
void *__libc_realloc(void *bytes, size_t count);

static bool is_short(void) { return allocations_left > 0 && --allocations_left == 0; }

void *malloc(size_t count) { return is_short() ? NULL : __libc_malloc(count); }
void *calloc(size_t number, size_t count) { return is_short() ? NULL : __libc_calloc(number, count); }
void *realloc(void *bytes, size_t count) { return is_short() ? NULL : __libc_realloc(bytes, count); }

#else

void fovea_fail(fovea_call call, int at, int error) { (void)call, (void)at, (void)error; }
bool fovea_recover(fovea_call call) { return (void)call, false; }

#endif

int32_t fovea_read_header_without_memory(
    int at, bool *met, const uint8_t *bytes, size_t count, fi_header *header, fi_report *report) {
  arm(at);
  int32_t code = fi_read_header(bytes, count, false, header, report);
  *met = disarm();
  return code;
}

int32_t fovea_decode_without_memory(
    int at, bool *met, const uint8_t *bytes, size_t count, const fi_header *header, const fi_request *request,
    uint8_t *pixels, size_t pixel_bytes, fi_report *report) {
  arm(at);
  int32_t code = fi_decode(bytes, count, header, request, pixels, pixel_bytes, report);
  *met = disarm();
  return code;
}

int32_t fovea_encode_png_without_memory(
    int at, bool *met, const uint8_t *pixels, uint32_t width, uint32_t height, fi_report *report) {
  const uint8_t text[] = "tTitle\0a picture\0iComment\0two lines";
  fi_buffer buffer;
  arm(at);
  int32_t code = fi_encode_png(pixels, width, height, 3, 8, text, sizeof text, &buffer, report);
  *met = disarm();
  // A failed encoding leaves nothing to free, and freeing nothing is allowed.
  fi_buffer_free(&buffer);
  return code;
}

int32_t fovea_encode_jpeg_without_memory(
    int at, bool *met, const uint8_t *pixels, uint32_t width, uint32_t height, fi_report *report) {
  fi_buffer buffer;
  arm(at);
  int32_t code = fi_encode_jpeg(pixels, width, height, 90, &buffer, report);
  *met = disarm();
  fi_buffer_free(&buffer);
  return code;
}

fi_gunzip_status fovea_gunzip_without_memory(
    int at, bool *met, const uint8_t *input, size_t count, uint8_t *output, size_t capacity, size_t *written) {
  arm(at);
  fi_gunzip_status status = fi_gunzip(input, count, output, capacity, written);
  *met = disarm();
  return status;
}
