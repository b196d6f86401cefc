/*
 * trainer - one run: from an experiment and a seed to a raw log.
 *
 *     for every epoch:
 *         order the images by the seed; for every minibatch in that order:
 *             move and standardise the images, forward, backward, one step of SGD,
 *             save a checkpoint if the last one is `checkpoint_minutes` old
 *         evaluate on the test images, add a row to the log, save a checkpoint
 *
 * A run is a pure function of experiment, seed, images and environment key (onednn_environment):
 * killed at any moment and called again, on any number of threads and ranks (ranks.h), it ends with
 * the same bits. A killed run resumes after the step of the last checkpoint. It loses at most
 * `checkpoint_minutes`, a step and an evaluation. SIGINT, SIGTERM or SIGUSR1 may reach any rank,
 * while it trains or still reads its images. Then all ranks finish the step and save a checkpoint,
 * so no step is lost. (A second signal kills.)
 *
 * The minutes count from the end of one checkpoint to the start of the next, so a slow disk takes
 * no time from training. Training waits while a checkpoint is digested, written and flushed to the
 * disk. A checkpoint has 8 bytes per parameter: 292 MB for WRN-28-10, for which a busy machine with
 * two cores took 4 to 6 s, 1 % of 10 minutes.
 *
 * While it runs, RESULTS/ARM/seed-N.tsv.part shows the log so far; at the end it is renamed to .tsv.
 * An existing log is never overwritten. Two processes never work on one log or one checkpoint
 * (file_lock).
 */
#ifndef KDECAY_TRAINER_H
#define KDECAY_TRAINER_H

#include "experiment/config.h"

struct trainer_options {
    const struct experiment *experiment;
    long seed;                 /* 0 .. 2^32-1 */
    int threads;               /* of this rank, 1 or more */
    const char *data;          /* folder of the images */
    const char *results;       /* folder of logs */
    const char *checkpoints;   /* folder of checkpoints and of fitted whitenings */
    double checkpoint_minutes; /* 0 or more; 0: a checkpoint after every step */
    const char *program;       /* for the log: version */
    const char *compiler;      /* for the log: compiler and flags */
};

/* Start or resume the run and train to the end, on all ranks together. Dies on any error, on a signal
 * (die_stopped), and if the log exists but holds another experiment. Returns the path of the finished
 * log; free() it. */
char *trainer_run(const struct trainer_options *options);

#endif
