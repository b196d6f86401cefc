/*
 * slurm_arrays - the runs to do, as job arrays for Slurm, with one task per run.
 *
 * All tasks of a job array have the same time limit and the same size of memory. So the runs are
 * grouped by scale, network, limit and memory, with at most `tasks` runs per array. In an array, seed 1
 * of all arms comes before seed 2, so that all arms have the same seeds if a campaign is cut short.
 *
 * The time limit of a task, in minutes:
 *     safety x core-hours x 60 / (cpus x ranks)      up to the next 10, from 10 to 60 x hours
 * where the core-hours are those of `make status`. A run that needs more time than the longest limit,
 * or more than predicted, is stopped before the limit, goes back into the queue and resumes from its
 * checkpoint. A run without a prediction gets the longest limit.
 *
 * SIGTERM comes a tenth of the limit before its end, at most 10 minutes. This is enough for a step, or
 * for the evaluation after an epoch.
 *
 * Memory for each CPU, in MiB: 5/4 of the memory that training takes in a rank, divided by the rank's
 * CPUs, rounded up to a multiple of 128.
 */
#ifndef KDECAY_SLURM_ARRAYS_H
#define KDECAY_SLURM_ARRAYS_H

#include "cluster/status.h"

struct slurm_arrays_options {
    struct status_options status;
    int scale;         /* -1: all */
    const char *lists; /* folder of lists, see slurm_queue.h */
    int cpus, ranks;   /* CPUs of a rank; ranks of a run */
    double safety;     /* 1 or more */
    int hours;         /* the longest time limit */
    int tasks;         /* of an array, at most */
};

/* The time limit of one run in minutes; `core_hours` may be NAN. */
int slurm_arrays_minutes(const struct slurm_arrays_options *options, double core_hours);

/* Write the lists, and write to `out` a line for each array:
 *     NAME TASKS MINUTES SIGNAL-SECONDS MIB-A-CPU CORE-HOURS NETWORK
 * where CORE-HOURS are predicted for all its tasks, or "-". 0; or -1 with *error set, also if
 * status_check_part() fails. */
int slurm_arrays_write(const struct slurm_arrays_options *options, FILE *out, struct error *error);

#endif
