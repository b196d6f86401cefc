/*
 * cells - the cells that all tables of arms share: numbers of an arm, and of a comparison.
 *
 * A number from an arm's logs is a link in LaTeX (see report.h) and has a value id (see trace.h). A
 * number that does not exist is "-". A diverged run makes the mean infinite; the cell says so, and
 * the arm has no comparison, hence no evidence.
 */
#ifndef KDECAY_CELLS_H
#define KDECAY_CELLS_H

#include "report/comparison.h"
#include "report/table.h"

/* LaTeX that shows `shown` (LaTeX, too) as a link to the source of an arm's number: \fromlog to the
 * row of its only run, or \fromruns to its runs in the ledger, or \fromledger if its runs are of
 * several experiment files. free() it. */
char *cells_link(const struct arm *arm, const char *shown);

/* ---- Cells -------------------------------------------------------------------------------- */

/* A number that is not from a log; a dash if it is not finite. `sign` is "+" to show the sign
 * always, else "". */
struct table_cell cells_number(double value, const char *sign, int decimals);

/* A published number, from a line of a file, followed by `mark`. Takes the id over. */
struct table_cell cells_published(double value, int decimals, const char *mark, char *id,
                                  const char *path, int line);

/* ---- Columns ------------------------------------------------------------------------------ */

/* A table whose rows begin with this struct can use the columns below (table.h). */
struct cells_row {
    const struct arm *arm;               /* NULL: dashes */
    const struct comparison *comparison; /* of that arm; not NULL where a column shows it */
};

/* Of an arm: its number of runs; the mean of its last errors, "8.37" or "diverged: 1 of 6"; their
 * sd; the mean of its best errors; "8.37 +- 0.10", for text and LaTeX only. */
struct table_cell cells_n(const void *row);
struct table_cell cells_mean(const void *row);
struct table_cell cells_sd(const void *row);
struct table_cell cells_best(const void *row);
struct table_cell cells_mean_and_sd(const void *row);

/* The mean of its last training losses; of the clock: its images a second and its core-hours. */
struct table_cell cells_loss(const void *row);
struct table_cell cells_rate(const void *row);
struct table_cell cells_logged_hours(const void *row);

/* Of a comparison: pairs, mean difference, ends of its interval, p, adjusted p, verdict; and
 * "[-1.15, -0.85]", for text and LaTeX only. */
struct table_cell cells_pairs(const void *row);
struct table_cell cells_difference(const void *row);
struct table_cell cells_low(const void *row);
struct table_cell cells_high(const void *row);
struct table_cell cells_p(const void *row);
struct table_cell cells_holm_p(const void *row);
struct table_cell cells_verdict(const void *row);
struct table_cell cells_interval(const void *row);

/* Append columns that tables share. The test's: ends of the interval, interval, p, adjusted p. The
 * result's: last error of the arm, pairs and difference, then the test's. */
void cells_add_test_columns(struct table *table);
void cells_add_result_columns(struct table *table);

/* Another number of a comparison; its value id is ARM:WHAT:CONTROL. A dash if it is not finite. */
struct table_cell cells_of_comparison(const void *row, const char *what, double value,
                                      const char *sign, int decimals);

#endif
