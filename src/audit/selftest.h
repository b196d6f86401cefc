/*
 * selftest - shows that the audit can fail. In each run a copy of results and experiments is forged or
 * damaged (mutation.h) and audited without training; a check must fail. If none does, the mutation is
 * missed, and the output describes it.
 *
 * Runs take the kinds of mutation in turn; everything in run r is drawn by (seed, r). The folders
 * are copied to COPY/results and COPY/experiments, and the process works in COPY, because tables
 * name logs by their path. Earlier files in these folders are removed.
 *
 * Output: for each kind a line `kind  tried  caught  missed  check n, check n ...`, with the number of
 * mutations that each check caught; at the end `selftest: N caught, N missed`.
 */
#ifndef KDECAY_SELFTEST_H
#define KDECAY_SELFTEST_H

#include "audit/mutation.h"

#include <stdint.h>
#include <stdio.h>

/* The files below the folders of an audit. */
struct mutation_project selftest_project(const struct audit_options *audit);
void selftest_project_free(struct mutation_project *project);

struct selftest_options {
    const char *results, *experiments; /* folders; published numbers lie below results */
    const char *copy;                  /* folder to work in */
    uint32_t seed;
    long runs;
};

/* Returns the number of missed mutations. Dies where the audit fails before any mutation. */
long selftest_run(const struct selftest_options *options, FILE *out);

#endif
