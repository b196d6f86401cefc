/*
 * cost - what the cells of the thesis's two tables take, row by row.
 *
 * A row of the thesis asks for a network at k = 1 and at its own k; that of the same network "With
 * SGDR" for SGDR's arms. Of each the table shows the multiply-adds of training one run at the
 * thesis's k (of the longest SGDR run), 10^15 of them: forward passes of all images in all
 * epochs, as ledger_core_hours() counts them; these follow from the experiment alone. Then the
 * core-hours of one run and of all seeds of the row's arms, those of the literature's own recipe
 * among them, as `make status` predicts them, and the folder for `make submit`. Arms in bf16, which
 * repeat others faster, are not among them.
 */
#ifndef KDECAY_COST_H
#define KDECAY_COST_H

#include "cluster/status.h"

/* A line a row. 0, or -1 with *error set when a source cannot be read. */
int cost_write(const struct status_options *options, FILE *out, struct error *error);

#endif
