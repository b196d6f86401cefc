/*
 * status - what is done and what is still to do: every experiment against the logs that there are.
 *
 * A seed of an arm is in one of five states:
 *   present  it has a log, of a finished or a diverged run, made with what the file says now
 *   stale    it has a log of another text than the file's; training refuses to overwrite it, so
 *            either the file is restored or the log is moved away
 *   running  it has a log in the making only (seed-N.tsv.part): some process trains, or one was
 *            stopped and `make run` goes on from its checkpoint; the file cannot tell which. Or
 *            Slurm runs it
 *   queued   it waits in Slurm
 *   missing  nothing, and the seed is one of those wanted
 *
 * Wanted are the n seeds from run.first_seed on; n is run.seeds or, where the experiment does not
 * say, the number of its scale; with run.seeds = -1 none is wanted. Logs of other seeds count where they are present, stale or running,
 * and never as missing.
 */
#ifndef KDECAY_STATUS_H
#define KDECAY_STATUS_H

#include "base/error.h"
#include "experiment/config.h"
#include "report/ledger.h"

#include <stdio.h>

enum {
    /* shows that the whole path works; another seed shows it no better */
    STATUS_SMOKE_SEEDS = 1,
    /* the least with which a sign-flip test can fall below 0.05 (see statistics.h): with fewer the
     * verdict is "no evidence" whatever the errors are, as with the medians of five that He et al.
     * (arXiv 1603.05027) and WRN (arXiv 1605.07146) report */
    STATUS_DESK_SEEDS = 6,
    STATUS_FULL_SEEDS = STATUS_DESK_SEEDS,
};

int status_wanted_seeds(enum scale scale); /* where the experiment does not say */

/* The first and the last seed that the experiment is to be run with. */
void status_seeds(const struct experiment *experiment, long *first, long *last);

struct status_options {
    struct project project;
    const char *queue; /* what squeue printed (slurm_queue.h); NULL: no Slurm */
    const char *part;  /* what status_to_do() keeps to: an experiment file, or a folder of
                              * them; NULL: all */
};

/* One line an arm with the numbers of its seeds in each state, a total a scale and one of all.
 * Core-hours (threads x hours) are predicted for training one run: at the speed of the arm's own
 * present logs; else of all of the same network and precision; else by multiply-adds at that of all
 * desk logs; a dash where there is none.
 * 0; or -1 with *error set when a source cannot be read. */
int status_write(const struct status_options *options, FILE *out, struct error *error);

struct status_run {
    const struct experiment_file *file;
    long seed;
    double core_hours; /* predicted; NAN where nothing tells */
};

/* 0; or -1 with *error set where no experiment of the scale (-1: of any) is in `part`, so that a
 * wrong name is not taken for a part that is done. */
int status_check_part(const struct status_options *options, int scale, struct error *error);

/* What is to be run for a scale (-1: for all, one after the other, the logs read once): call `take`
 * with `to` and each seed that is missing or was stopped; neither with those in Slurm nor with
 * those whose log another process has locked. The first seed of all arms comes first, then the
 * second of all, so that whenever it is cut short the arms have the same seeds. `take` may keep
 * nothing that the run points to. 0, or -1 with *error set. */
int status_to_do(const struct status_options *options, int scale,
                 void (*take)(void *to, const struct status_run *run), void *to,
                 struct error *error);

/* Call `take` with `to` and each experiment, sorted by path, with the predicted core-hours of one
 * run. 0, or -1 with *error set. */
int status_costs(const struct status_options *options,
                 void (*take)(void *to, const struct experiment_file *file, double core_hours),
                 void *to, struct error *error);

/* What is to be run for a scale, as lines "EXPERIMENT SEED". 0, or -1 with *error set, also where
 * status_check_part() says so. */
int status_missing(const struct status_options *options, enum scale scale, FILE *out,
                   struct error *error);

#endif
