// Checks every family of kernels on every instruction set of this CPU against naive loops.
//
// usage: kernel-checks [FAMILY ...]
//
// FOVEA_KERNELS limits it to one instruction set. Exit codes: 0 all agree, 1 some do not (a line for each case), 2 usage.
#include "check.h"
#include "runner.h"
#include <stdio.h>
#include <stdlib.h>

enum { most_families = 64 };

static struct {
  const char *name;
  void (*check)(void);
} families[most_families];
static size_t family_count;

// Kept in the order of names: the order of constructors is the linker's.
void register_family(const char *name, void (*check)(void)) {
  if (family_count == most_families) abort();
  size_t at = family_count++;
  for (; at > 0 && strcmp(families[at - 1].name, name) > 0; at--) families[at] = families[at - 1];
  families[at].name = name;
  families[at].check = check;
}

static bool wanted(const char *name, int count, char **names) {
  for (int i = 0; i < count; i++)
    if (strcmp(names[i], name) == 0) return true;
  return count == 0;
}

static bool known(const char *name) {
  for (size_t f = 0; f < family_count; f++)
    if (strcmp(families[f].name, name) == 0) return true;
  return false;
}

static void run(fk_isa isa, int count, char **names) {
  if (!fk_select(isa)) return;
  size_t run = 0;
  const tally start = counted;
  for (size_t f = 0; f < family_count; f++) {
    if (!wanted(families[f].name, count, names)) continue;
    family_under_test = families[f].name;
    families[f].check();
    end_case();
    run++;
  }
  printf("%s: %zu families, %zu cases, %zu values compared, %zu cases differ\n", fk_name(isa), run,
         counted.cases - start.cases, counted.values - start.values, counted.failures - start.failures);
}

int main(int argc, char **argv) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  for (int i = 1; i < argc; i++)
    if (!known(argv[i])) {
      fprintf(stderr, "error: no family of kernels is called '%s'. There are:", argv[i]);
      for (size_t f = 0; f < family_count; f++) fprintf(stderr, " %s", families[f].name);
      fprintf(stderr, "\n");
      return 2;
    }
  const char *wish = getenv("FOVEA_KERNELS");
  const fk_isa chosen = fk_selected();
  const bool only = wish != NULL && *wish != 0;
  if (only && strcmp(wish, fk_name(chosen)) != 0) {
    fprintf(stderr, "error: this CPU has no instruction set '%s', FOVEA_KERNELS's wish\n", wish);
    return 2;
  }
  catch_faults();
  for (int isa = FK_ISA_BASELINE; isa <= FK_ISA_AVX512; isa++)
    if (!only || (fk_isa)isa == chosen) run((fk_isa)isa, argc - 1, argv + 1);
  if (counted.failures > 0) {
    printf("kernels: %zu of %zu cases differ\n", counted.failures, counted.cases);
    return 1;
  }
  printf("kernels: all %zu cases agree\n", counted.cases);
  return 0;
}
