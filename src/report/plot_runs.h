/*
 * plot_runs - data for the figures of k, from raw logs of the desk scale, in the format of
 * plot_data.h. A group is a set of arms that differ only in k; k = 1 and at least one other k must
 * have finished runs. The first group is the one with the most finished runs. Two kinds of arms are
 * left out: an arm that is the same training as an earlier one under another name, and registered
 * arms (run.protocol), which have a table of their own.
 *
 *   over-k.tsv     of the first group: a line "# panel: WHAT | EPOCHS | N"; then for each measure
 *                  (comparison.h) a line "# measure: NAME | its mean at k = 1", a block of the
 *                  other arms (k, pairs, mean difference to k = 1 with the same seed, the ends of
 *                  its 95 % t interval) and a block of the runs (k, difference)
 *   curves.tsv     of the first group: "# panel: ..." as above; for each k but 1 a line "# k: K"
 *                  and a block over the epochs: epoch, then of the test error and of the test loss
 *                  the mean difference to k = 1 and the ends of its 95 % t interval
 *   budget.tsv     k = 2 less k = 1 in every group that has both: for each image set and network a
 *                  line "# series: NAME", a block of its groups (epochs, pairs, mean difference,
 *                  ends of its interval) and a block of the runs (epochs, difference)
 *
 * A mean is NaN if a run diverged. The ends of an interval that does not exist are NaN.
 */
#ifndef KDECAY_PLOT_RUNS_H
#define KDECAY_PLOT_RUNS_H

#include "report/comparison.h"

struct text;

/* `count` arms sorted by k, of one base; the first has k = 1. */
struct plot_group {
    const struct arm **arm;
    size_t count, finished; /* finished: runs */
};

/* All groups of both image sets. The group with the most finished runs comes first. */
struct plot_groups {
    struct arms arms[2];
    struct plot_group *group;
    size_t count;
};

/* 0; or -1 with *error set and nothing to free if the logs contradict each other. */
int plot_groups_read(const struct ledger *ledger, struct plot_groups *groups, struct error *error);
void plot_groups_free(struct plot_groups *groups);

/* Append "\tVALUE"; "\tNaN" if it is not finite. */
void plot_add_number(struct text *text, double value);

/* The least and the greatest number of runs of some arms, and how many of all runs diverged. */
struct plot_tally {
    size_t low, high, diverged;
};
void plot_count(struct plot_tally *tally, const struct arm *arm);

/* Append "n = 3 to 6, 1 diverged" and end the line. */
void plot_add_tally(struct text *text, const struct plot_tally *tally);

/* Append the mean and the ends of the interval. */
void plot_add_difference(struct text *text, const struct comparison *difference);

/* Write the text to OUT/plots/NAME.tsv, take it over. */
void plot_write(const char *out, const char *name, struct text *text);

/* Write all three below OUT/plots/. Dies when a file cannot be written. */
void plot_runs_write(const struct plot_groups *groups, const char *out);

#endif
