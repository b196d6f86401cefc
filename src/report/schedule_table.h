/*
 * schedule_table - arms that differ in the schedule alone: shape against time at a high rate.
 *
 * k > 1 trains for longer at a high rate. Whether k-decay's shape matters, or only that mean, is
 * asked by the arms that match.h writes. An arm of this table is one whose name lies below
 * schedules/; each folder there is a group:
 *
 *   schedules/plain/    every base as published, k = 1
 *   schedules/k2.0/     every base with the mean learning rate of the linear base with k = 2
 *
 * The rows are the arms that have logs and the desk experiments that have none yet. All of them
 * must train the same network in the same way on the same images: what their canonical texts say
 * outside the section schedule is equal. In each group the arm `linear` comes first.
 *
 *   schedule      the decay and what else the arm says of it that plain/linear does not
 *   mean factor   (mean of L - Le) / (L0 - Le) over all steps that train, L0 and Le being those of
 *                 plain/linear: so that a constant rate below L0 compares, too
 *   comparisons   with the linear base of its own group (the same mean rate), and with
 *                 plain/linear; a row each, but for the arm itself. Holm's family is all
 *                 comparisons of one group with one control. The rest is as in thesis_table.h.
 */
#ifndef KDECAY_SCHEDULE_TABLE_H
#define KDECAY_SCHEDULE_TABLE_H

#include "report/ledger.h"

/* Write OUT/tables/table-schedules.txt, .csv and .tex. 0; or -1 with *error set, where an arm
 * differs in more than the schedule or a group has no `linear`. */
int schedule_table_write(const struct ledger *ledger, const struct experiment_files *experiments,
                         const char *out, struct error *error);

#endif
