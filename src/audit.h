/*
 * audit - does what is claimed follow from what was logged? Trains nothing, takes seconds.
 *
 * Levels, each of which passes, fails or is skipped (with the reason; a skip is no pass):
 *   ledger        every *.tsv below results (but the published numbers) is a log whose chain and
 *                 digests hold, that lies at its own arm and seed, and whose experiment file
 *                 exists and has the digest that the log was made with. *.part files, unfinished
 *                 runs, are listed and do not fail (but the table of runs has a row for each, which
 *                 the level regeneration sees as it sees a new log); any other file does.
 *   schedule      the learning rate of each row is L(step - 1) computed anew, to a unit in the
 *                 last place of L0, and the steps are epoch x steps an epoch.
 *   size          parameters and MACs are those of the network built anew from the experiment.
 *   data          the pictures of CIFAR runs are the known ones (SHA-256 of the sorted records).
 *   regeneration  tables and plot data made anew have the digests that were kept beside the logs.
 *   drawing       figures and paper drawn anew have the digests that were kept, under the versions
 *                 that were kept with them; under others the paper has the words (drawn.h).
 *   replay        runs made again agree with the kept ones: bit for bit if their environment keys
 *                 are equal, else within AUDIT_FIRST_LOSS and AUDIT_LAST_LOSS. Kept smoke runs
 *                 in a precision that this CPU lacks are listed as skipped.
 *
 * Levels after the first look at the logs that the first could read.
 *
 * Output: a line `PASS|FAIL|SKIP  name  count checked  reason` a level, each failure on an indented
 * line of its own below it, at last `audit: N passed, N failed, N skipped`.
 */
#ifndef KDECAY_AUDIT_H
#define KDECAY_AUDIT_H

#include "error.h"

#include <stdio.h>

/* Between machines: the first step's loss sees only the forward pass, and rounding (relative); the
 * last train loss (nats) has had the whole run to drift apart. */
#define AUDIT_FIRST_LOSS 1e-3
#define AUDIT_LAST_LOSS 0.25

struct audit_options {
    const char *results, *experiments, *published; /* folders, as in report.h */
    const char *replay;                            /* folder of runs made again; NULL: none */
    const char *digests;    /* file of audit_keep(): "SHA-256  tables/table-5-2.txt" a line */
    const char *drawn;      /* list of what was drawn anew (drawn.h); NULL: nothing was */
    const char *kept_drawn; /* the list that was kept */
    const char *scratch;    /* folder to make the tables in; its tables/ and plots/ are emptied */
};

/* Returns the number of failed levels. */
int audit_run(const struct audit_options *options, FILE *out);

/* Make tables and plots in the scratch folder and keep their digests in options->digests; keep
 * options->drawn, unless it is NULL, as options->kept_drawn. 0, or -1 with *error set. */
int audit_keep(const struct audit_options *options, struct error *error);

#endif
