/*
 * plot_borders - data for the figures of Pad Net, from the measures of borders beside the logs
 * (borders.h), in the format of plot_data.h. Layers are the 3x3 convolutions except the stem,
 * numbered from 1 in the network's order.
 *
 *   border-maps.tsv     for each arm of pad-net/ with k = 1 that has measures a line "# arm: NAME,
 *                       n = N" and a block: layer; the rms of its output 0, 1, 2 and 3 pixels from
 *                       the border over that at 3 pixels, mean over the runs
 *   border-filters.tsv  for each such arm with learned padding a line "# arm: NAME, n = N" and for
 *                       each number of its filters a line "# tap: NAME" and a block: layer; rms
 *                       over the channels, mean over the runs. A tap is named "d, e", b is the
 *                       constant
 */
#ifndef KDECAY_PLOT_BORDERS_H
#define KDECAY_PLOT_BORDERS_H

#include "report/ledger.h"

/* Write both files below OUT/plots/. 0; or -1 with *error set if borders_read() refuses a measure,
 * or if logs contradict each other. */
int plot_borders_write(const struct ledger *ledger, const char *out, struct error *error);

#endif
