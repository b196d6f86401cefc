/*
 * audit - does what is claimed follow from what was logged?
 *
 * Checks (see check.h for their verdicts):
 *   logs          every *.tsv below results (but the published numbers) is a whole log: all its
 *                 columns, each row's digest chained to the rows above, the digest of all bytes.
 *   ledger        every log lies at its own arm and seed, no run stands there under two seeds, and
 *                 its experiment file exists and has the digest that the log was made with. Arms
 *                 without logs and *.part files, unfinished runs, are listed and do not fail (but
 *                 the table of runs has a row for each, which the check regeneration sees as it
 *                 sees a new log); any file but logs, unfinished runs, lists of digests and
 *                 RESULTS/README.md does.
 *   registration  an arm that a protocol registered still has it, its logs carry it, and none was
 *                 started before it was committed (registration.h).
 *   sources       every byte of every file below results and experiments is what audit_keep() saw,
 *                 and no file is new or gone. Left out: *.part files, hidden files and the list
 *                 itself, any change of which contradicts the files.
 *   schedule      the learning rate of each row is L(step - 1) computed anew, to a unit in the last
 *                 place of L0, the steps are epoch x steps an epoch, and there are as many rows and
 *                 step losses as the run took.
 *   size          parameters and MACs are those of the network built anew from the experiment.
 *   data          the images of CIFAR runs are the known ones (SHA-256 of the sorted records).
 *   regeneration  tables and plot data made anew have the digests that were kept beside the logs.
 *   claims        the verdict table is among them. It has no check of its own.
 *   drawing       figures and paper drawn anew have the digests that were kept, under the system
 *                 and versions that were kept with them; under others the paper has the words
 *                 (drawn.h).
 *   page          the data of the page (src/page/data.mjs) made anew have the digests that were kept.
 *   replay, spot  runs made again, wholly or their first steps; see replay.h.
 *   environment   judges nothing: where the machine and program that made the logs differ from
 *                 these.
 *
 * Checks after the first look at the logs that the first could read.
 */
#ifndef KDECAY_AUDIT_H
#define KDECAY_AUDIT_H

#include "audit/check.h"
#include "audit/replay.h"
#include "base/error.h"

struct audit_options {
    struct project project;
    const char *replay;      /* folder of runs made again; NULL: none */
    struct replay_spot spot; /* runs 0: none */
    const char *digests;     /* file of audit_keep(): "SHA-256  tables/table-5-2.txt" a line */
    const char *sources;    /* likewise: "SHA-256  results/smoke/..." or "experiments/..." a line */
    const char *drawn;      /* list of what was drawn anew (drawn.h); NULL: nothing was */
    const char *kept_drawn; /* the list that was kept */
    const char *page;       /* list of the page's data made anew; NULL: they were not */
    const char *kept_page;  /* the list that was kept */
    const char *protocols;  /* dates of protocols (registration.h); NULL: unknown */
    const char *scratch;    /* folder to make the tables in; its tables/ and plots/ are emptied */
    const char *program, *compiler; /* what runs, in a log's words */
};

/* Run all checks; checks_free() them. What they found is right when none has VERDICT_FAIL. */
void audit_run(const struct audit_options *options, struct checks *checks);

/* Make tables and plots in the scratch folder and keep their digests in options->digests; keep
 * options->drawn, unless it is NULL, in options->kept_drawn, and options->page likewise; then keep
 * the digests of all sources in options->sources. 0, or -1 with *error set. */
int audit_keep(const struct audit_options *options, struct error *error);
/* The sources alone. */
int audit_keep_sources(const struct audit_options *options, struct error *error);

#endif
