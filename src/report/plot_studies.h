/*
 * plot_studies - data for the figures of the studies, from raw logs of the desk scale, in the format
 * of plot_data.h. A training with two names is drawn once. Registered arms (run.protocol) are left
 * out, as in plot_runs.h.
 *
 *   differences.tsv       every paired difference of last test errors: for each family a line
 *                         "# family: PANEL | WHAT" and a block of its arms: label, pairs, mean, the
 *                         ends of its 95 % t interval. PANEL is 1, or 2 for Weight Net, whose
 *                         differences are larger
 *   rate-map.tsv          schedules/: base, column (0 as published, 1 and 2 with the mean rate of
 *                         the linear base with k = 2 and k = 3), number of pairs, mean difference to
 *                         the plain linear base; 0 pairs and NaN where there is no run yet
 *   error-parameters.tsv  Weight Net's arms with k = 1 and the seed 0 of what is fixed: a line
 *                         "# panel: WHAT | EPOCHS | N", then "# series: NAME" and a block each of
 *                         expansion, null-control (question.h), bank and ordinary networks, and of search
 *                         and its basis (experiments/weight-search, not in N): label, stored numbers,
 *                         multiply-adds of one image's forward pass and of making the weights of a
 *                         minibatch per image (model_size.h), n, mean and deviation of the last errors.
 *                         Empty where no arm has a mean
 */
#ifndef KDECAY_PLOT_STUDIES_H
#define KDECAY_PLOT_STUDIES_H

#include "report/plot_runs.h"

/* Write all three below OUT/plots/. 0; or -1 with *error set, when logs or experiments contradict
 * each other. Dies when a file cannot be written. */
int plot_studies_write(const struct ledger *ledger, const struct experiment_files *experiments,
                       const struct plot_groups *groups, const char *out, struct error *error);

#endif
