/*
 * cells - what the tables of arms share: one arm against another, and the cells that show it.
 *
 * A number that an arm's logs gave is a link in LaTeX (see report.h); what does not exist is "-". A
 * diverged run makes the mean infinite, which the cell says, and leaves the arm without a
 * comparison, hence without evidence.
 */
#ifndef KDECAY_CELLS_H
#define KDECAY_CELLS_H

#include "ledger.h"
#include "statistics.h"
#include "table.h"

/* The paired differences of last errors, arm - control (points), by statistics.h. */
struct comparison {
    size_t pairs; /* seeds that both have */
    double mean;
    struct interval interval;
    double p, holm; /* holm: NAN until cells_holm() */
};

/* NaN all over where a run of either diverged, with a seed that the other has or not: else a
 * diverged run would be dropped from the comparison. */
struct comparison cells_compare(const struct arm *arm, const struct arm *control);

/* Adjust the p of one family. A member that is NULL is left out. */
void cells_holm(struct comparison *const *family, size_t count);

/* LaTeX that shows `shown` (LaTeX, too) as a link to where an arm's number came from: \fromlog to
 * the row of its one run, or \fromruns to its runs in the ledger. free() it. */
char *cells_link(const struct arm *arm, const char *shown);

/* The next cell of the table: */

void cells_add_dash(struct table *table);

/* A number, or a dash where it is not finite. `sign` is "+" to show it always, else "". `arm` is
 * where it came from, or NULL. */
void cells_add_number(struct table *table, double value, const char *sign, int decimals,
                      const struct arm *arm);

/* "8.37", "8.37 +- 0.10", or "diverged: 1 of 6". */
void cells_add_mean(struct table *table, const struct arm *arm);
void cells_add_mean_and_sd(struct table *table, const struct arm *arm);

/* "[-1.15, -0.85]", or a dash. */
void cells_add_interval(struct table *table, struct interval interval, const struct arm *arm);

#endif
