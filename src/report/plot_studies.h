/*
 * plot_studies - data for the figures of the studies, from raw logs of the desk scale, in the
 * format of plot_data.h. A training with two names is drawn once. Registered arms (run.protocol)
 * are left out, as in plot_runs.h.
 *
 *   differences.tsv       every paired difference of last test errors: for each family a line
 *                         "# family: PANEL | WHAT" and a block of its arms: label, pairs, mean, the
 *                         ends of its 95 % t interval. PANEL is 1, or 2 for Weight Net, whose
 *                         differences are larger
 *   rate-map.tsv          the arms below schedules/: base, column, number of pairs, mean difference
 *                         to the plain linear base. Column 0 is the base as published; columns 1
 *                         and 2 have the mean rate of the linear base with k = 2 and k = 3. 0 pairs
 *                         and NaN if there is no run yet
 *   error-parameters.tsv  Weight Net's arms with k = 1 and the seed 0 of the fixed weights: a line
 *                         "# panel: WHAT | EPOCHS | N"; then a line "# series: NAME" and a block
 *                         for each of expansion, null-control (question.h), bank, ordinary, and
 *                         search (experiments/weight-search: the search and its basis, which N
 *                         leaves out). A line of a block has: label, stored numbers, multiply-adds
 *                         per image, n, mean and deviation of the last errors. The multiply-adds
 *                         are those of the forward pass, and the share of making a minibatch's
 *                         weights (model_size.h). The file is empty if no arm has a mean
 */
#ifndef KDECAY_PLOT_STUDIES_H
#define KDECAY_PLOT_STUDIES_H

#include "report/plot_runs.h"

/* Write all three below OUT/plots/. 0; or -1 with *error set, when logs or experiments contradict
 * each other. Dies when a file cannot be written. */
int plot_studies_write(const struct ledger *ledger, const struct experiment_files *experiments,
                       const struct plot_groups *groups, const char *out, struct error *error);

#endif
