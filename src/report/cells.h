/*
 * cells - what the tables of arms share: one arm against another, and the cells that show it.
 *
 * A number that an arm's logs gave is a link in LaTeX (see report.h) and has a value id (see
 * trace.h); what does not exist is "-". A diverged run makes the mean infinite, which the cell
 * says, and leaves the arm without a comparison, hence without evidence.
 */
#ifndef KDECAY_CELLS_H
#define KDECAY_CELLS_H

#include "base/statistics.h"
#include "report/ledger.h"
#include "report/question.h"
#include "report/table.h"

/* A number of a finished run that arms are compared by. */
struct endpoint {
    const char *name; /* part of value ids; "" of the last error */
    int decimals;     /* of a difference where it is shown */
    double (*of)(const struct log *log);
};
extern const struct endpoint cells_last_error; /* test error after the last epoch, points */
extern const struct endpoint cells_last_loss;  /* test loss after the last epoch */
extern const struct endpoint cells_last_train; /* training error of the last epoch, points */

/* The paired differences of an endpoint, arm - control, by statistics.h. */
struct comparison {
    const struct endpoint *endpoint;
    const struct arm *arm, *control; /* NULL: no comparison */
    const struct arm *const *trend;  /* of a trend: its arms; else NULL */
    size_t trend_count;
    int is_step;  /* of each k with the one below it (claims.h): another family than with k = 1 */
    size_t pairs; /* seeds that both have; of a trend, that all have */
    double mean;
    struct interval interval;
    double p, holm;     /* holm: NAN until cells_holm() */
    size_t comparisons; /* of its family, runs or not; 0 until cells_holm() */
    int is_null;        /* arm and control are one training by two names (question.h) */
};

extern const struct comparison cells_no_comparison;

/* NaN all over where a run of either diverged, with a seed that the other has or not: else a
 * diverged run would be dropped from the comparison. Points to both arms. */
struct comparison cells_compare(const struct arm *arm, const struct arm *control);
struct comparison cells_compare_by(const struct arm *arm, const struct arm *control,
                                   const struct endpoint *endpoint);

/* The trend of the error over x: instead of a difference, each seed gives the slope of its
 * least-squares line through the errors of `count` >= 2 arms, points per unit of x. With two arms
 * at distance 1 it is their difference. The last arm against the first; NaN all over where a run
 * diverged. Keeps `arms`. */
struct comparison cells_trend(const struct arm *const *arms, const double *x, size_t count);

/* Select the arms that the trend over k uses and move them to the front. `arms` is sorted by k;
 * selected is the first arm of each k >= 1 that has runs. x becomes log2 k. Returns their number, 0
 * where none has k = 1. */
size_t cells_over_k(const struct arm **arms, double *x, size_t count);

/* The trend over log2 k, points for a doubling of k, as a family of its own, of those arms, which
 * it moves to the front. No comparison where they are fewer than three. */
struct comparison cells_trend_over_k(const struct arm **arms, size_t count);

/* The last errors of the seeds that all of `count` arms have, [arm][seed], to free(). NaN in a
 * diverged run. */
double *cells_shared_errors(const struct arm *const *arms, size_t count, size_t *seeds);

/* Adjust the p of one family, the comparisons of a question (question.h). All that were planned
 * belong to it, so that a p is not adjusted for fewer because some have no runs yet: those of a
 * comparison that has no p, and what `planned` is more than there are, count as 1. A member that is
 * NULL or no comparison is left out. */
void cells_holm(struct comparison *const *family, size_t count, size_t planned);

/* "better", "worse", "no evidence" or "not testable" (statistics.h); "null control". */
const char *cells_verdict_word(const struct comparison *comparison);

/* The first of `arms` (as ledger_arms() sorted them) that differ in k alone; their number. Compares
 * each with the first of k = 1 among them, all as one family of Holm's, with those of the questions
 * that have no runs yet; the comparison of an arm of k = 1 is cells_no_comparison. Without such an
 * arm there are no pairs. */
size_t cells_compare_k(const struct arm *arms, size_t count, const struct questions *questions,
                       struct comparison *comparisons);

/* LaTeX that shows `shown` (LaTeX, too) as a link to where an arm's number came from: \fromlog to
 * the row of its one run, or \fromruns to its runs in the ledger; \fromledger where they are not of
 * one experiment file. free() it. */
char *cells_link(const struct arm *arm, const char *shown);

/* ---- Cells -------------------------------------------------------------------------------- */

/* A number that no log gave, or a dash where it is not finite. `sign` is "+" to show it always,
 * else "". */
struct table_cell cells_number(double value, const char *sign, int decimals);

/* A number as published at a line of a file; `mark` stands behind it. Takes the id over. */
struct table_cell cells_published(double value, int decimals, const char *mark, char *id,
                                  const char *path, int line);

/* ---- Columns ------------------------------------------------------------------------------ */

/* How columns of a table are filled (table.h) whose rows begin with this. */
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

/* Another number of a comparison, of the value id ARM:WHAT:CONTROL; a dash where it is not finite. */
struct table_cell cells_of_comparison(const void *row, const char *what, double value,
                                      const char *sign, int decimals);

#endif
