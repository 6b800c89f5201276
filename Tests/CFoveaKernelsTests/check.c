#define _GNU_SOURCE
#include "check.h"
#include "runner.h"
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

tally counted;
const char *family_under_test = "";
static char case_name[160];
static bool case_failed;

// ---- Buffers ----

enum { most_buffers = 256, before = 0xA5 };

static struct {
  unsigned char *pages, *start;
  size_t length;
} buffers[most_buffers];
static size_t buffer_count;
static uint64_t random_state;

static void complain(const char *format, ...);

void end_case(void) {
  for (size_t b = 0; b < buffer_count; b++) {
    for (unsigned char *p = buffers[b].pages; p < buffers[b].start; p++)
      if (*p != before) {
        complain("wrote %td bytes before a buffer", buffers[b].start - p);
        break;
      }
    munmap(buffers[b].pages, buffers[b].length);
  }
  buffer_count = 0;
}

void begin_case(const char *format, ...) {
  end_case();
  va_list list;
  va_start(list, format);
  vsnprintf(case_name, sizeof case_name, format, list);
  va_end(list);
  case_failed = false;
  random_state = 0x9E3779B97F4A7C15u;
  counted.cases++;
}

// Ends at the first byte of a page that may not be touched, up to the alignment of `size`.
static void *buffer(size_t n, size_t size) {
  const size_t page = (size_t)sysconf(_SC_PAGESIZE), used = n * size;
  const size_t length = (used + page - 1) / page * page + 2 * page;
  unsigned char *pages = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (buffer_count == most_buffers || pages == MAP_FAILED || mprotect(pages + length - page, page, PROT_NONE) != 0) {
    fprintf(stderr, "error: no memory for a case of %s: %s\n", family_under_test, case_name);
    exit(2);
  }
  unsigned char *start = pages + length - page - used;
  memset(pages, before, (size_t)(start - pages));
  buffers[buffer_count].pages = pages;
  buffers[buffer_count].start = start;
  buffers[buffer_count++].length = length;
  return start;
}

// Knuth's linear congruential generator; the high bits are good enough for values of tests.
uint32_t random_below(uint32_t limit) {
  random_state = random_state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)((random_state >> 32) * limit >> 32);
}

float *floats(size_t n) {
  float *values = buffer(n, sizeof(float));
  for (size_t i = 0; i < n; i++) values[i] = NAN;
  return values;
}

float *random_floats(size_t n) {
  float *values = buffer(n, sizeof(float));
  for (size_t i = 0; i < n; i++) values[i] = (float)random_below(1 << 24) * 0x1p-23f - 1;
  return values;
}

fk_features plain(const float *values) { return (fk_features){.values = values}; }

fk_features normalized_features(const float *values, size_t channels) {
  return (fk_features){
      .values = values, .mean = random_floats(channels), .gain = random_floats(channels), .offset = random_floats(channels)};
}

float *coarse_floats(size_t n) {
  float *values = buffer(n, sizeof(float));
  for (size_t i = 0; i < n; i++) values[i] = (float)random_below(9) * 0.25f - 1;
  return values;
}

float *zero_floats(size_t n) { return memset(buffer(n, sizeof(float)), 0, n * sizeof(float)); }

float *copy_of(const float *values, size_t n) {
  float *copy = buffer(n, sizeof(float));
  if (n > 0) memcpy(copy, values, n * sizeof(float));
  return copy;
}

double *doubles(size_t n) {
  double *values = buffer(n, sizeof(double));
  for (size_t i = 0; i < n; i++) values[i] = (double)NAN;
  return values;
}

int32_t *integers(size_t n) { return memset(buffer(n, sizeof(int32_t)), -1, n * sizeof(int32_t)); }
uint8_t *bytes(size_t n) { return memset(buffer(n, 1), 0xEE, n); }
reference *references(size_t n) { return memset(buffer(n, sizeof(reference)), 0, n * sizeof(reference)); }

// ---- Naive arithmetic ----

size_t vector_width(void) { return fk_vector_width(fk_selected()); }

float multiply_add(float a, float b, float c) {
#if defined(__x86_64__)
  if (fk_selected() == FK_ISA_BASELINE) return a * b + c;
#endif
  return fmaf(a, b, c);
}

// ---- Comparisons ----

// One line for each case: its first difference says enough.
static void complain(const char *format, ...) {
  if (case_failed) return;
  case_failed = true;
  counted.failures++;
  printf("%s, %s: %s: ", fk_name(fk_selected()), family_under_test, case_name);
  va_list list;
  va_start(list, format);
  vprintf(format, list);
  va_end(list);
  printf("\n");
}

void expect_same(const char *what, const float *got, const float *want, size_t n) {
  counted.values += n;
  for (size_t i = 0; i < n; i++)
    if (got[i] != want[i] && !(isnan(got[i]) && isnan(want[i]))) {
      complain("%s[%zu] is %.9g, not %.9g", what, i, (double)got[i], (double)want[i]);
      return;
    }
}

void expect_same_integers(const char *what, const int32_t *got, const int32_t *want, size_t n) {
  counted.values += n;
  for (size_t i = 0; i < n; i++)
    if (got[i] != want[i]) {
      complain("%s[%zu] is %d, not %d", what, i, got[i], want[i]);
      return;
    }
}

void expect_same_bytes(const char *what, const uint8_t *got, const uint8_t *want, size_t n) {
  counted.values += n;
  for (size_t i = 0; i < n; i++)
    if (got[i] != want[i]) {
      complain("%s[%zu] is %d, not %d", what, i, got[i], want[i]);
      return;
    }
}

static void expect_one_near(const char *what, size_t i, double got, reference want, double roundings) {
  counted.values++;
  const double allowed = roundings * 0x1p-24 * want.magnitude;
  if (!(fabs(got - want.value) <= allowed))  // NaN fails
    complain("%s[%zu] is %.9g, not %.9g ± %.2g", what, i, got, want.value, allowed);
}

void expect_near(const char *what, const float *got, const reference *want, double roundings, size_t n) {
  for (size_t i = 0; i < n; i++) expect_one_near(what, i, (double)got[i], want[i], roundings);
}

void expect_near_doubles(const char *what, const double *got, const reference *want, double roundings, size_t n) {
  for (size_t i = 0; i < n; i++) expect_one_near(what, i, got[i], want[i], roundings);
}

// ---- Memory out of bounds ----

static void stop(int signal) {
  (void)signal;
  complain("read or wrote past the end of a buffer");
  printf("kernels: stopped there\n");
  fflush(stdout);
  _exit(1);
}

void catch_faults(void) {
  signal(SIGSEGV, stop);
  signal(SIGBUS, stop);
}
