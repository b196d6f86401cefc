/*
 * plot_thesis - the cells of the thesis's tables beside their baselines, in the form of
 * plot_data.h.
 *
 *   thesis-cells.tsv  for each table a line "# panel: SET" and a block of its cells: label,
 *                     original, matched baseline (NaN without one), ours, k; errors in %
 */
#ifndef KDECAY_PLOT_THESIS_H
#define KDECAY_PLOT_THESIS_H

#include "report/thesis_cell.h"

/* Write it below OUT/plots/. Dies when it cannot be written. */
void plot_thesis_write(const struct thesis_cells *cells, const char *out);

#endif
