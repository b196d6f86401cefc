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
 * Each is a folder of experiments, the name of the control in each of its groups (study.h), the
 * keys in which alone arms may differ, and columns of its own. An arm is compared with the control.
 * Where it has another k than the control, and k is not what the table is about, it is compared
 * with the arm of its group that differs from it in k alone; so each comparison is of one thing.
 *
 * Holm's family is all comparisons of a group. The least p of n pairs is 2 / 2^n, and of m
 * comparisons one must stay below 0.05 / m: under each table stands from how many pairs on there
 * can be evidence. The trend over k, below a group of the campaign with three or more arms that
 * have runs, is a family of its own (cells_trend_over_k()). The rest is as in thesis_table.h.
 *
 * Columns of counts (model_size.h) need no run. Those of the clock are named so: no digest has what
 * they are from.
 */
#ifndef KDECAY_STUDY_TABLES_H
#define KDECAY_STUDY_TABLES_H

#include "report/ledger.h"

/* Write OUT/tables/NAME.txt, .csv and .tex of each. 0; or -1 with *error set, where
 * study_collect() fails or an arm differs in more than its table is about. */
int study_tables_write(const struct ledger *ledger, const struct experiment_files *experiments,
                       const char *out, struct error *error);

/* The least number of pairs with which one of `comparisons` of a family can be evidence. */
size_t study_tables_pairs_needed(size_t comparisons);

#endif
