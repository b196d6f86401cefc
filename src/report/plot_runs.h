/*
 * plot_runs - what the figures of runs draw, from raw logs of the desk scale, in the form of
 * plot_data.h. A group is the arms that differ in k alone, of two k or more and with a finished
 * run; the first is the one that has most finished runs.
 *
 *   error-k.tsv    a panel for each group, that with most finished runs first: "# panel: WHAT |
 *                  EPOCHS | N", a block of the arms (k, n, mean of the last errors in %, its 95 % t
 *                  interval), a block of the runs (k, error)
 *   pairs.tsv      of the first group, if it has k = 1: "# panel: ..." as above and a block of the
 *                  other arms (k, pairs, mean of the differences of last errors to k = 1 with the
 *                  same seed in points, its 95 % t interval); "# trend" and a block of two points
 *                  of the line whose slope is the trend of the tables (k, difference), a row of NaN
 *                  where one of these means is of other seeds than the trend; for each seed "#
 *                  seed: N" and a block of its runs (k, error, difference)
 *   training.tsv   of the first group: the epochs of its finished runs, a block a run under its
 *                  quoted title "ARM, seed N", and behind those of an arm their mean, "ARM, n = N"
 *   error-area.tsv the arms that differ in the schedule alone, of the setting that has most of
 *                  them, two or more; of those that are the same experiment the first. "# panel:
 *                  ..." as above, then for each base a block "# base: NAME" of the arms: mean
 *                  factor, k, n, mean and standard deviation of the last errors in %. The factor is
 *                  (mean L - Le) / (L0 - Le) over the steps, with the largest L0 of those arms, so
 *                  that a constant rate has the place of its own rate
 *   error-parameters.tsv
 *                  Weight Net's arms with k = 1 and the seed 0 of what is fixed. "# panel: ..." as
 *                  above, then "# series: NAME" and a block each of expansion, bank and ordinary
 *                  networks: stored numbers (model_size.h), n, mean and deviation. Empty where
 *                  no arm has a mean
 *
 * The mean of an arm with a diverged run is NaN.
 */
#ifndef KDECAY_PLOT_RUNS_H
#define KDECAY_PLOT_RUNS_H

#include "report/ledger.h"

/* Write all five below OUT/plots/. 0; or -1 with *error set, when the logs contradict each other.
 * Dies when a file cannot be written. */
int plot_runs_write(const struct ledger *ledger, const char *out, struct error *error);

#endif
