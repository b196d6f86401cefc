/*
 * study_tables - tables of desk arms that differ in one thing, each beside its control.
 *
 *   table-precision   precision/: the precision of maps; control f32
 *   table-campaign    campaign/:  k, over 30 epochs; a group for each image set, network and
 *                     decay, preact-20 with the polynomial first; control k1.0
 *   table-weight-net  weight-net/: where the 3x3 weights come from, and channels; control
 *                     ordinary-c16
 *   table-pad-net     pad-net/: what stands around a map; control zero
 *
 * Each is a folder of experiments, the name of the control in each of its groups (study.h), what
 * arms may differ in, and columns of its own. What an arm is compared with, and which comparisons
 * are one family of Holm's, question.h says. The trend over k, below a group of the campaign with
 * three or more arms that have runs, is a family of its own (cells_trend_over_k()). The rest is as
 * in thesis_table.h.
 *
 * Columns of counts (model_size.h) need no run. Those of the clock are named so: no digest has what
 * they are from.
 */
#ifndef KDECAY_STUDY_TABLES_H
#define KDECAY_STUDY_TABLES_H

#include "report/ledger.h"

/* Write OUT/tables/NAME.txt, .csv and .tex of each, and table-exploratory (exploratory.h). 0; or -1 with *error set, where
 * study_collect() fails or an arm differs in more than its table is about. */
int study_tables_write(const struct ledger *ledger, const struct experiment_files *experiments,
                       const char *out, struct error *error);

#endif
