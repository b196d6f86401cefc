/*
 * measure - the numbers that a run is judged by, after any of its epochs: the test error, which the
 * protocol names, and also the test loss and the training error.
 *
 * The tables compare last test errors (cells.h). Figures and the paper's text also compare the other
 * measures, and all measures over the epochs. Those comparisons are exploratory and have no verdict.
 */
#ifndef KDECAY_MEASURE_H
#define KDECAY_MEASURE_H

#include "base/statistics.h"
#include "report/ledger.h"

enum measure { MEASURE_TEST_ERROR, MEASURE_TEST_LOSS, MEASURE_TRAIN_ERROR, MEASURES };

/* "test error (%)" */
const char *measure_name(enum measure measure);

/* After epoch 1, 2, ..., or after the last one for MEASURE_LAST; infinite if the run diverged. */
enum { MEASURE_LAST = 0 };
double measure_of(const struct log *log, enum measure measure, long epoch);

/* Its mean over the runs of an arm; infinite if one diverged, NaN without a run. */
double measure_mean(const struct arm *arm, enum measure measure, long epoch);

/* arm - control, over the seeds that both have. The interval is Student's t of 95 %. */
struct measure_difference {
    size_t pairs;
    double mean;
    struct interval interval;
};
struct measure_difference measure_compare(const struct arm *arm, const struct arm *control,
                                          enum measure measure, long epoch);

/* Whether each run of `arm` ends with the same error and state as the control's run of the same seed.
 * Then both are one training under two names, and their difference of 0 says nothing. */
int measure_same_training(const struct arm *arm, const struct arm *control);

#endif
