/*
 * study_tables - tables of desk arms that differ in one thing, each compared with a control.
 *
 *   table-precision   precision/: the precision of feature maps; control f32
 *   table-campaign    campaign/:  k, over 30 epochs; a group for each image set, network and
 *                     decay, preact-20 with the polynomial first; control k1.0
 *   table-weight-net  weight-net/: the source of the 3x3 weights, and channels; control
 *                     ordinary-c16
 *   table-pad-net     pad-net/: the padding around a map; control zero
 *
 * Each table has a folder of experiments, the name of the control in each of its groups (study.h),
 * the keys in which arms may differ, and columns of its own. question.h says what an arm is
 * compared with, and which comparisons are one family of Holm's. A group of the campaign with three
 * or more arms that have runs also shows the trend over k, a family of its own
 * (comparison_trend_over_k()). The rest is as in thesis_table.h.
 *
 * Columns of counts (model_size.h) need no run. Columns of clock times say so in their names: no
 * digest covers these numbers.
 */
#ifndef KDECAY_STUDY_TABLES_H
#define KDECAY_STUDY_TABLES_H

#include "report/ledger.h"

/* Write OUT/tables/NAME.txt, .csv and .tex of each, and table-exploratory (exploratory.h). 0; or -1
 * with *error set if study_collect() fails, or if an arm differs in another key. */
int study_tables_write(const struct ledger *ledger, const struct experiment_files *experiments,
                       const char *out, struct error *error);

#endif
