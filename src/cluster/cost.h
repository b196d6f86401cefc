/*
 * cost - the cost of the cells of the thesis's two tables, row by row.
 *
 * A row of the thesis needs a network at k = 1 and at its own k; a row "With SGDR" needs SGDR's arms
 * of that network. For each row the table shows:
 *   - the multiply-adds of one run at the thesis's k (or of the longest SGDR run), in units of 10^15:
 *     forward passes of all images in all epochs, as ledger_core_hours() counts them. They follow from
 *     the experiment alone;
 *   - the core-hours of one run, and of all seeds of the row's arms with those of the literature's own
 *     recipe, as `make status` predicts them. Arms in bf16 repeat others faster and are not included;
 *   - the folder for `make submit`.
 */
#ifndef KDECAY_COST_H
#define KDECAY_COST_H

#include "cluster/status.h"

/* Write one line per row. 0, or -1 with *error set if a source cannot be read. */
int cost_write(const struct status_options *options, FILE *out, struct error *error);

#endif
