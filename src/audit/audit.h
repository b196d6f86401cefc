/*
 * audit - checks that the claims follow from the logs.
 *
 * Checks (see check.h for their verdicts):
 *   logs          every *.tsv below results, except the published numbers, is a whole log: it has all
 *                 columns, each row's digest is chained to the rows above, and the digest of all
 *                 bytes is right.
 *   ledger        every log is at the path of its arm and seed, and no run is there under two seeds.
 *                 Its experiment file exists and has the digest that is in the log. Arms without
 *                 logs and unfinished runs (*.part) are listed and do not fail. (But the table of
 *                 runs has a row for each unfinished run, so the check regeneration notices it, as
 *                 it notices a new log.) Any other file fails, except lists of digests and
 *                 RESULTS/README.md.
 *   registration  a registered arm still has its protocol, its logs carry the protocol's digest, and
 *                 no log was started before the protocol was committed (registration.h).
 *   sources       every byte of every file below results and experiments is as audit_keep() saw it,
 *                 and no file is new or gone. Left out are *.part files, hidden files and the list
 *                 itself, whose every change contradicts the files.
 *   schedule      the learning rate of each row equals a new computation of L(step - 1), to a unit in
 *                 the last place of L0. The steps are epoch x steps per epoch. The numbers of rows
 *                 and of step losses are right.
 *   size          parameters and MACs are those of a network that is built again from the experiment.
 *   data          the images of CIFAR runs are the known ones (SHA-256 of the sorted records).
 *   regeneration  tables and plot data are made again; they have the digests that were kept beside
 *                 the logs.
 *   claims        has no check of its own: regeneration covers the table of verdicts.
 *   drawing       figures and paper are drawn again; they have the kept digests if the system and the
 *                 versions are the kept ones. Otherwise only the words of the paper are compared
 *                 (drawn.h).
 *   page          the page's data (src/page/data.mjs) are made again; they have the kept digests.
 *   replay, spot  runs are trained again, completely or only their first steps; see replay.h.
 *   environment   judges nothing. It lists how this machine and program differ from those that made
 *                 the logs.
 *
 * The first check reads the logs. The other checks use only the logs that it could read.
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

/* Run all checks; checks_free() them. The audit passes if no check has VERDICT_FAIL. */
void audit_run(const struct audit_options *options, struct checks *checks);

/* Make tables and plots in the scratch folder and keep their digests in options->digests. Keep the
 * list options->drawn in options->kept_drawn, unless it is NULL, and options->page likewise. Then
 * keep the digests of all sources in options->sources. 0, or -1 with *error set. */
int audit_keep(const struct audit_options *options, struct error *error);
/* Keep only the digests of the sources. */
int audit_keep_sources(const struct audit_options *options, struct error *error);

#endif
