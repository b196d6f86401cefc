/*
 * slurm_arrays - the runs that are still to be made, as job arrays for Slurm: one task a run.
 *
 * A job array has one time limit and one size of memory for all its tasks, so the runs are grouped
 * by scale, network, limit and memory; an array has at most `tasks` of them. Within it seed 1 of
 * all arms stands before seed 2, so that a campaign that is cut short leaves equal seeds.
 *
 * The time limit of a task, in minutes:
 *     safety x core-hours x 60 / (cpus x ranks)      up to the next 10, from 10 to 60 x hours
 * where the core-hours are those of `make status`. A run that needs more than the longest limit is
 * stopped before the limit, goes back into the queue and goes on from its checkpoint; so it does
 * when the prediction was too low. One without a prediction gets the longest limit.
 *
 * SIGTERM comes a tenth of the limit before its end, at most 10 minutes: what a step, or at worst
 * the evaluation after an epoch, may take.
 *
 * Memory for each CPU, MiB: 5/4 of what training takes in a rank, over its CPUs, up to the next
 * 128.
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

/* Write the lists, and a line for each array to `out`:
 *     NAME TASKS MINUTES SIGNAL-SECONDS MIB-A-CPU CORE-HOURS NETWORK
 * where CORE-HOURS are predicted for all its tasks, or "-". 0; or -1 with *error set, also where
 * status_check_part() says so. */
int slurm_arrays_write(const struct slurm_arrays_options *options, FILE *out, struct error *error);

#endif
