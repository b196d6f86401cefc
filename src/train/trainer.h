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
 * the same bits. A killed run goes on after the step of the last checkpoint: at most
 * `checkpoint_minutes`, a step and an evaluation are lost. SIGINT, SIGTERM or SIGUSR1 at any rank,
 * while it trains or still reads its images, end the step on all, then save a checkpoint, so that
 * no step is lost (a second signal kills).
 *
 * The minutes run from the end of one checkpoint to the beginning of the next, so that training
 * gets them whole however slow the disk is. Training waits while a checkpoint is digested, written
 * and flushed to the disk. It has 8 bytes a parameter: 292 MB of WRN-28-10, for which a busy
 * machine of two cores took 4 to 6 s, 1 % of 10 minutes.
 *
 * While it runs, RESULTS/ARM/seed-N.tsv.part shows the log so far; the last act renames it to .tsv.
 * A log that is there already is never overwritten. No two processes work on one log or one
 * checkpoint (file_lock).
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

/* Train, or go on, to the end, on all ranks together. Dies on any error, on a signal (die_stopped),
 * and where the log exists but tells of another experiment. Returns the path of the finished log;
 * free() it. */
char *trainer_run(const struct trainer_options *options);

#endif
