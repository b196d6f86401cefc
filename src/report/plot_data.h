/*
 * plot_data - data for the figures, as tab-separated text: one file below OUT/plots/ for each
 * script of figures/. A line that begins with '#' is a comment; a number that does not exist is
 * NaN.
 *
 * These files show schedules, computed by the functions that train. A base has its name of decay.h,
 * L0 = 1 and Le = 0, so that the rate is the factor, and the numbers of
 * experiments/schedules/plain. linear is the polynomial with N = 1; exponential has Le / L0 = 1e-3;
 * step drops to a fifth at 0.3, 0.6 and 0.8 of training; sgdr is the cosine in three cycles, whose
 * lengths are 1, 2 and 4 parts.
 *
 *   schedules.tsv  s = t/T, then L(s) for k = 1, 1.5, 2, 3, 5: polynomial and cosine, L0 = 0.1
 *   bases.tsv      the same for the factor of every base; for sgdr, the value at the end of the
 *                  last cycle is the limit from the left
 *   slopes.tsv     the same for dL/dt in units of (L0 - Le) / T, four bases
 *   area.tsv       k, then the mean factor of every base: in closed form where one is known, else
 *                  by the midpoint rule
 *   low-rate.tsv   k, then the share of training with f < 0.1, five decreasing bases: by bisection
 *
 * plot_runs.h, plot_studies.h and plot_borders.h describe the other files; plot_thesis.h describes
 * thesis-cells.tsv, for which no log is read.
 *
 * Blocks are separated by two blank lines.
 */
#ifndef KDECAY_PLOT_DATA_H
#define KDECAY_PLOT_DATA_H

#include "report/ledger.h"

/* Write all files below OUT/plots/. 0; or -1 with *error set if logs or experiments contradict each
 * other. Dies if a file cannot be written. */
int plot_data_write(const struct ledger *ledger, const struct experiment_files *experiments,
                    const char *out, struct error *error);

#endif
