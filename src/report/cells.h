/*
 * cells - code that all tables of arms share: comparisons of two arms, and the cells that show them.
 *
 * A number from an arm's logs is a link in LaTeX (see report.h) and has a value id (see trace.h). A
 * number that does not exist is "-". A diverged run makes the mean infinite; the cell says so, and
 * the arm has no comparison, hence no evidence.
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

/* All numbers are NaN if a run of either arm diverged, even with a seed that the other arm does not
 * have: otherwise a diverged run would drop out of the comparison. Points to both arms. */
struct comparison cells_compare(const struct arm *arm, const struct arm *control);
struct comparison cells_compare_by(const struct arm *arm, const struct arm *control,
                                   const struct endpoint *endpoint);

/* The trend of the error over x, as a comparison of the last arm with the first. Instead of a
 * difference, each seed gives the slope of its least-squares line through the errors of `count` >= 2
 * arms, in points per unit of x. With two arms at distance 1 this is their difference. All numbers
 * are NaN if a run diverged. Keeps `arms`. */
struct comparison cells_trend(const struct arm *const *arms, const double *x, size_t count);

/* Select the arms that the trend over k uses and move them to the front. `arms` is sorted by k;
 * selected is the first arm of each k >= 1 that has runs. x becomes log2 k. Returns their number, 0
 * where none has k = 1. */
size_t cells_over_k(const struct arm **arms, double *x, size_t count);

/* The trend of these arms over log2 k, in points for a doubling of k, as a family of its own. Moves the
 * arms to the front. No comparison if they are fewer than three. */
struct comparison cells_trend_over_k(const struct arm **arms, size_t count);

/* The last errors of the seeds that all of `count` arms have, [arm][seed], to free(). NaN in a
 * diverged run. */
double *cells_shared_errors(const struct arm *const *arms, size_t count, size_t *seeds);

/* Adjust the p of one family, the comparisons of a question (question.h). All `planned` comparisons
 * belong to it, so that p is not adjusted for fewer while some have no runs yet. A comparison
 * without a p, and a planned one that is not in `family`, count as p = 1. A member that is NULL or no
 * comparison is left out. */
void cells_holm(struct comparison *const *family, size_t count, size_t planned);

/* "better", "worse", "no evidence" or "not testable" (statistics.h); "null control". */
const char *cells_verdict_word(const struct comparison *comparison);

/* Compare the arms at the front of `arms` (sorted by ledger_arms()) that differ only in k; returns
 * their number. Each is compared with the first one of k = 1 among them. They are one family of Holm's,
 * together with the question's comparisons that have no runs yet. The comparison of an arm of k = 1
 * is cells_no_comparison. Without such an arm there are no pairs. */
size_t cells_compare_k(const struct arm *arms, size_t count, const struct questions *questions,
                       struct comparison *comparisons);

/* LaTeX that shows `shown` (LaTeX, too) as a link to the source of an arm's number: \fromlog to the
 * row of its only run, or \fromruns to its runs in the ledger, or \fromledger if its runs are of
 * several experiment files. free() it. */
char *cells_link(const struct arm *arm, const char *shown);

/* ---- Cells -------------------------------------------------------------------------------- */

/* A number that is not from a log; a dash if it is not finite. `sign` is "+" to show the sign always,
 * else "". */
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

/* Another number of a comparison, of the value id ARM:WHAT:CONTROL; a dash where it is not finite. */
struct table_cell cells_of_comparison(const void *row, const char *what, double value,
                                      const char *sign, int decimals);

#endif
