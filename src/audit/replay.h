/*
 * replay - trains runs again and compares them with the kept logs. Forged digests cannot pass this.
 *
 * If the environment keys are equal (onednn_environment()), every bit must be equal. Otherwise oneDNN
 * may round differently, and the losses must agree within the tolerances below. Each successful
 * comparison leaves a note that says which of the two it was.
 *
 * A whole run costs hours; the first steps of a few runs cost seconds. These runs are drawn by a seed
 * that the auditor chooses, so nobody who writes logs knows them in advance.
 */
#ifndef KDECAY_REPLAY_H
#define KDECAY_REPLAY_H

#include "audit/check.h"
#include "report/ledger.h"

#include <stdint.h>

/* Relative tolerances, for the losses of the first REPLAY_FIRST_STEPS and of those up to REPLAY_STEPS.
 * Later losses are not compared, since rounding grows from step to step. Measured, preact-20 on CIFAR-10 and
 * CIFAR-100 at the rate 0.1, step 3 and step 10 at most:
 *
 *     f32    AVX2 against AVX-512 kernels                      7.3e-5   1.2e-2 (step 9)
 *     f32    oneDNN 2.6.3 against 3.7.2, AVX-512               0        0
 *     bf16   oneDNN 2.6.3 with AMX against 3.7.2 and 2.6.3
 *            without, 32 runs                                  2.0e-3   2.1e-2
 *
 * The smoke runs differ by less; on one Zen 5 those of 2.6.3 and 3.7.2 have equal bits, in bf16 as
 * well. */
#define REPLAY_FIRST_LOSS 1e-3
#define REPLAY_FIRST_LOSS_BF16 5e-3
#define REPLAY_STEP_LOSS 5e-2
/* For the last train loss (nats), which may drift during the whole run. */
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

/* Train the first steps of the drawn runs. Some runs are not drawn: those below `folder`, which were
 * trained again completely, those whose images are missing, and those in a precision that this CPU
 * lacks. Dies if images exist but are not CIFAR's. */
void replay_spot_check(const struct replay_spot *spot, const char *folder,
                       const struct ledger *ledger, struct check *check);

#endif
