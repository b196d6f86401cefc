/*
 * watch - shows running and waiting runs, from their files.
 *
 * It reads unfinished logs (seed-N.tsv.part, which the trainer writes at the start, after each epoch
 * and when it is stopped), the times of these files and of checkpoints, the kernel's list of locks,
 * and the output of squeue. It writes nothing and takes no lock, so it disturbs no run. No file shows
 * what happens within an epoch: the bar counts whole epochs, and the time left is the predicted time
 * of the missing epochs, at the speed of the last ones.
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

/* Write a line for each run at the time `now`: progress, epoch, the last epoch's training loss, test
 * error (%) and images/s, time left, age of log and checkpoint. If a log cannot be read, its error
 * stands below the table. 0, or -1 with *error set if the queue cannot be read. */
int watch_write(const struct watch_options *options, time_t now, FILE *out, struct error *error);

/* The same on the terminal, repeated every few seconds until the process is ended. Returns only on an
 * error: -1 with *error set. */
int watch_follow(const struct watch_options *options, struct error *error);

#endif
