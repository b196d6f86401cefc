/*
 * selftest - can the audit fail? A copy of the results and experiments is forged or damaged
 * (mutation.h) once a run, and audited without training: a check must fail. A mutation that none
 * finds is missed, and described so that it can be looked at.
 *
 * Runs take the kinds of mutation in turn; everything in run r is drawn by (seed, r). The folders
 * are copied to COPY/results and COPY/experiments and the process works in COPY, because tables
 * name logs by their path. Whatever was in these folders before is removed.
 *
 * Output: a line `kind  tried  caught  missed  check n, check n ...` a kind, with the number of
 * those that each check caught; at last `selftest: N caught, N missed`.
 */
#ifndef KDECAY_SELFTEST_H
#define KDECAY_SELFTEST_H

#include <stdint.h>
#include <stdio.h>

struct selftest_options {
    const char *results, *experiments; /* folders; published numbers lie below results */
    const char *copy;                  /* folder to work in */
    uint32_t seed;
    long runs;
};

/* Returns the number of missed mutations. Dies where the audit fails before any mutation. */
long selftest_run(const struct selftest_options *options, FILE *out);

#endif
