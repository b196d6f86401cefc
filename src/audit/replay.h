/*
 * replay - runs made again, compared with the kept logs: what no forger of digests can pass.
 *
 * Where the environment keys are equal (onednn_environment()) every bit must be; elsewhere oneDNN
 * may round otherwise, and the losses must agree within the tolerances below. Each comparison that
 * holds leaves a note that says which of the two it was.
 *
 * The first steps of a few runs cost seconds where the whole run costs hours: they are drawn by a
 * seed that the auditor chooses, so that nobody who writes logs knows which.
 */
#ifndef KDECAY_REPLAY_H
#define KDECAY_REPLAY_H

#include "audit/check.h"
#include "report/ledger.h"

#include <stdint.h>

/* Relative, of the losses of the first REPLAY_FIRST_STEPS and of those up to REPLAY_STEPS; later
 * ones are not compared, as rounding grows from step to step. Measured between oneDNN's AVX2 and
 * AVX-512 kernels: preact-20 on CIFAR-10 at the rate 0.1 differs by 7.3e-5 at step 3, by 1.2e-2 at
 * step 9; the smoke runs by less. */
#define REPLAY_FIRST_LOSS 1e-3
#define REPLAY_STEP_LOSS 5e-2
/* The last train loss (nats) has had the whole run to drift apart. */
#define REPLAY_LAST_LOSS 0.25

enum { REPLAY_FIRST_STEPS = 3, REPLAY_STEPS = 10 };

/* Compare the logs below `folder` (NULL: none) with those of the same arm and seed. Kept smoke runs
 * in a precision that this CPU lacks are noted as skipped. */
void replay_check(const char *folder, const struct ledger *ledger, struct check *check);

struct replay_spot {
    uint32_t seed;    /* of the draw */
    long runs, steps; /* how many; logs keep LOG_STEP_LOSSES */
    int threads;
    const char *data, *kept; /* images, whitenings: as for training_open() */
};

/* Train the first steps of the drawn runs. Not drawn are runs that lie below `folder`, made again
 * as a whole, those without images and those in a precision that this CPU lacks. Dies where
 * images are there but are not CIFAR's. */
void replay_spot_check(const struct replay_spot *spot, const char *folder,
                       const struct ledger *ledger, struct check *check);

#endif
