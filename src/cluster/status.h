/*
 * status - the runs that are done and the runs to do: compares every experiment with the logs.
 *
 * A seed of an arm is in one of five states:
 *   present  it has a log of a finished or a diverged run, made with the file's current text
 *   stale    it has a log made with another text. Training refuses to overwrite it, so either restore
 *            the file or move the log away
 *   running  it has only an unfinished log (seed-N.tsv.part): a process trains, or it was stopped and
 *            `make run` resumes it from its checkpoint; the file cannot tell which. Or Slurm runs it
 *   queued   it waits in Slurm
 *   missing  it has none of these, and the seed is wanted
 *
 * The n seeds from run.first_seed on are wanted; n is run.seeds, or the number of the scale if the
 * experiment does not say it. With run.seeds = -1 no seed is wanted. Other seeds count as present,
 * stale or running, never as missing.
 */
#ifndef KDECAY_STATUS_H
#define KDECAY_STATUS_H

#include "base/error.h"
#include "experiment/config.h"
#include "report/ledger.h"

#include <stdio.h>

enum {
    /* one seed shows that the whole path works; a second one would show nothing more */
    STATUS_SMOKE_SEEDS = 1,
    /* the least number with which the p of a sign-flip test can be below 0.05 (see statistics.h). With
     * fewer seeds no errors can be evidence; He et al. (arXiv 1603.05027) and WRN (arXiv 1605.07146)
     * report medians of five */
    STATUS_DESK_SEEDS = 6,
    STATUS_FULL_SEEDS = STATUS_DESK_SEEDS,
};

int status_wanted_seeds(enum scale scale); /* if the experiment does not say it */

/* The first and the last seed that the experiment is to be run with. */
void status_seeds(const struct experiment *experiment, long *first, long *last);

struct status_options {
    struct project project;
    const char *queue; /* what squeue printed (slurm_queue.h); NULL: no Slurm */
    const char *part;  /* what status_to_do() keeps to: an experiment file, or a folder of
                              * them; NULL: all */
};

/* Write one line per arm with the number of its seeds in each state, a total for each scale, and a
 * total of all. Core-hours (threads x hours) are predicted for training one run: from the speed of the
 * arm's own logs; if there are none, of all logs of the same network and precision; if there are none,
 * from multiply-adds at the speed of all desk logs; else a dash. 0; or -1 with *error set if a source
 * cannot be read. */
int status_write(const struct status_options *options, FILE *out, struct error *error);

struct status_run {
    const struct experiment_file *file;
    long seed;
    double core_hours; /* predicted; NAN without a prediction */
};

/* 0; or -1 with *error set if no experiment of the scale (-1: of any) is in `part`, so that a wrong
 * name does not look like a part that is done. */
int status_check_part(const struct status_options *options, int scale, struct error *error);

/* The runs to do of a scale (-1: of all scales, one after another; the logs are read once): call `take`
 * with `to` and each seed that is missing or was stopped, but not with a seed that is in Slurm or
 * whose log another process has locked. The first seed of all arms comes first, then the second of
 * all, so that the arms have the same seeds if the list is cut short. `take` must not keep what the run
 * points to. 0, or -1 with *error set. */
int status_to_do(const struct status_options *options, int scale,
                 void (*take)(void *to, const struct status_run *run), void *to,
                 struct error *error);

/* Call `take` with `to` and each experiment, sorted by path, with the predicted core-hours of one
 * run. 0, or -1 with *error set. */
int status_costs(const struct status_options *options,
                 void (*take)(void *to, const struct experiment_file *file, double core_hours),
                 void *to, struct error *error);

/* Write the runs to do of a scale, as lines "EXPERIMENT SEED". 0; or -1 with *error set, also if
 * status_check_part() fails. */
int status_missing(const struct status_options *options, enum scale scale, FILE *out,
                   struct error *error);

#endif
