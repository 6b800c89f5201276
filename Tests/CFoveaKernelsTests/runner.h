// What check.c and main.c share.
#ifndef RUNNER_H
#define RUNNER_H

#include <stddef.h>

typedef struct tally {
  size_t cases, values, failures;
} tally;

extern tally counted;
extern const char *family_under_test;

/// Checks the last case's surroundings and frees its buffers.
void end_case(void);
/// Turns a touch of forbidden memory into a message and exit code 1.
void catch_faults(void);

#endif
