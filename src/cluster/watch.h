/*
 * watch - runs under way and runs that wait, as their files tell of them.
 *
 * Read are the logs in the making (seed-N.tsv.part, which the trainer writes at the start, after
 * each epoch and when it is stopped), the times of these and of checkpoints, the kernel's list of
 * locks, and what squeue printed. Nothing is written and no lock is taken, so that no run is
 * disturbed. What happens within an epoch is in no file: the bar counts whole epochs, and the time
 * left is that of the epochs that are missing, at the pace of the last ones.
 */
#ifndef KDECAY_WATCH_H
#define KDECAY_WATCH_H

#include "base/error.h"

#include <stdio.h>
#include <time.h>

struct watch_options {
    const char *results;     /* folder of raw logs */
    const char *published;   /* folder of published numbers; may lie below `results` */
    const char *checkpoints; /* folder of checkpoints */
    const char *queue;       /* what squeue printed (see slurm_queue.h); NULL: no Slurm */
};

/* A line for each run, as it is at the time `now`: progress, epoch, the last epoch's training loss,
 * test error (%) and images/s, time left, age of log and checkpoint. A log that cannot be read has
 * its error below the table. 0, or -1 with *error set where the queue cannot be read. */
int watch_write(const struct watch_options *options, time_t now, FILE *out, struct error *error);

/* The same on the terminal, anew every few seconds, until the process is ended. Returns on an error
 * only: -1 with *error set. */
int watch_follow(const struct watch_options *options, struct error *error);

#endif
