/*
 * slurm_queue - the runs that wait or run in Slurm.
 *
 * A campaign is submitted as job arrays. Each has a list, a file in a folder of lists:
 *     FOLDER/kdecay-0123456789abcdef.list        one line SEED <TAB> EXPERIMENT per task, task 1 first
 * and its job has the list's name, kdecay-0123456789abcdef. So job name and task number in squeue's
 * output identify a run, and Slurm gets no path of ours. The digits are the digest of the folder's
 * absolute path and the list, so the campaigns of two copies of the project are never confused.
 */
#ifndef KDECAY_SLURM_QUEUE_H
#define KDECAY_SLURM_QUEUE_H

#include "base/memory.h"

#include <stddef.h>

struct slurm_queue_run {
    char *experiment; /* path of its file, as in the list */
    long seed;
    int waits; /* 1: queued; 0: started, or about to end */
};

struct slurm_queue {
    struct slurm_queue_run *run;
    size_t count;
};

/* Read what `squeue --noheader --array --format '%t %K %j'` has printed into the file `path`; the
 * lists are in the folder of that file. A job without a list there is not ours and is left out.
 * 0; or -1 with *error set and nothing to free. */
int slurm_queue_read(const char *path, struct slurm_queue *queue, struct error *error);
void slurm_queue_free(struct slurm_queue *queue);

/* The run of this experiment file and seed; NULL if it is not in the queue. */
const struct slurm_queue_run *slurm_queue_find(const struct slurm_queue *queue,
                                               const char *experiment, long seed);

/* Add a task to a list. */
void slurm_queue_add_line(struct text *list, const char *experiment, long seed);
/* Write the list into the folder; returns its name, free() it. Dies if it cannot be written. */
char *slurm_queue_write_list(const char *folder, const struct text *list);

#endif
