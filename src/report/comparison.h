/*
 * comparison - how arms are compared: by seed, in one endpoint, by the rules of statistics.h.
 *
 * The protocol names one endpoint: the test error after the last epoch. The tables compare arms by
 * it. Comparisons in another endpoint, or after an earlier epoch, are exploratory.
 */
#ifndef KDECAY_COMPARISON_H
#define KDECAY_COMPARISON_H

#include "base/statistics.h"
#include "report/ledger.h"
#include "report/question.h"

/* ---- Endpoints ---------------------------------------------------------------------------- */

enum endpoint { TEST_ERROR, TEST_LOSS, TRAIN_ERROR, ENDPOINTS };

struct endpoint_facts {
    const char *title; /* with its unit: "test error (%)" */
    const char *name;  /* part of value ids: "test-loss-"; "" of the test error */
    int decimals;      /* of a difference where it is shown */
};
extern const struct endpoint_facts endpoints[ENDPOINTS];

/* After epoch 1, 2, ..., or after the last one for LAST_EPOCH. Infinite if the run diverged. */
enum { LAST_EPOCH = 0 };
double endpoint_of(const struct log *log, enum endpoint endpoint, long epoch);

/* The mean after the last epoch, over the runs of an arm. NaN without a run. */
double endpoint_mean(const struct arm *arm, enum endpoint endpoint);

/* ---- Seeds -------------------------------------------------------------------------------- */

/* The runs of the *seeds seeds that all of `count` arms have: [seed][arm]. free() the array. */
const struct log **comparison_runs(const struct arm *const *arms, size_t count, size_t *seeds);

/* The last test errors of these runs: [arm][seed]. free() them. */
double *comparison_errors(const struct arm *const *arms, size_t count, size_t *seeds);

/* Whether each run of `arm` ends with the same error and state as the control's run of the same
 * seed. Then both are one training under two names, and their difference of 0 says nothing. */
int comparison_is_one_training(const struct arm *arm, const struct arm *control);

/* ---- Comparisons -------------------------------------------------------------------------- */

/* The paired differences of an endpoint, arm - control. */
struct comparison {
    enum endpoint endpoint;
    const struct arm *arm, *control; /* NULL: no comparison */
    const struct arm *const *trend;  /* of a trend: its arms; else NULL */
    size_t trend_count;
    int is_step;  /* of each k with the one below it (claims.h): another family than with k = 1 */
    size_t pairs; /* seeds that both have; of a trend, that all have */
    double mean;
    struct interval interval; /* Student's t, 95 % */
    double p;                 /* NAN after an earlier epoch than the last */
    double holm;              /* NAN until comparison_holm() */
    size_t comparisons;       /* of its family, runs or not; 0 until comparison_holm() */
    int is_null;              /* arm and control are one training by two names (question.h) */
};

extern const struct comparison comparison_none;

/* Compare last test errors; or another endpoint, after any epoch. All numbers are NaN if a run of
 * either arm diverged, even with a seed that the other arm does not have: otherwise a diverged run
 * would drop out of the comparison. Points to both arms. */
struct comparison comparison_of(const struct arm *arm, const struct arm *control);
struct comparison comparison_by(const struct arm *arm, const struct arm *control,
                                enum endpoint endpoint, long epoch);

/* The trend of the error over x, as a comparison of the last arm with the first and a family of its
 * own. Instead of a difference, each seed gives the slope of its least-squares line through the
 * errors of `count` >= 2 arms, in points per unit of x. With two arms at distance 1 this is their
 * difference. All numbers are NaN if a run diverged. Keeps `arms`. */
struct comparison comparison_trend(const struct arm *const *arms, const double *x, size_t count);

/* Select the arms that the trend over k uses and move them to the front: the first arm of each
 * k >= 1 that has runs. `arms` is sorted by k. Returns their number, 0 where none has k = 1. */
size_t comparison_select_k(const struct arm **arms, size_t count);

/* The trend of these arms over log2 k: points for a doubling of k. */
struct comparison comparison_trend_over_k(const struct arm *const *arms, size_t count);

/* Compare the arms at the front of `arms` (sorted by ledger_arms()) that differ only in k; returns
 * their number. Each is compared with the first one of k = 1 among them. They are one family of
 * Holm's, together with the question's comparisons that have no runs yet. The comparison of an arm
 * of k = 1 is comparison_none. Without such an arm there are no pairs. */
size_t comparison_with_k_1(const struct arm *arms, size_t count, const struct questions *questions,
                           struct comparison *comparisons);

/* Adjust the p of one family, the comparisons of a question (question.h): `count` comparisons, each
 * `stride` bytes behind the one before. All `planned` comparisons belong to the family, so that p
 * is not adjusted for fewer while some have no runs yet. A comparison without a p, and a planned
 * one that is not here, count as p = 1. comparison_none is left out. */
void comparison_holm(struct comparison *first, size_t stride, size_t count, size_t planned);

/* "better", "worse", "no evidence" or "not testable" (statistics.h); "null control". */
const char *comparison_word(const struct comparison *comparison);

#endif
