/*
 * schedule_table - arms that differ only in the schedule: its shape, or its time at a high rate?
 *
 * k > 1 trains for longer at a high rate. The arms that match.h writes test whether k-decay's shape
 * matters, or only the mean rate. The table shows all arms below schedules/; each folder there is a
 * group:
 *
 *   schedules/plain/    every base as published, k = 1
 *   schedules/k2.0/     every base with the mean learning rate of the linear base with k = 2
 *
 * The rows are the arms that have logs, and the desk experiments that have none yet. All of them
 * must train the same network in the same way on the same images: outside the section schedule
 * their canonical texts are equal. In each group the arm `linear` comes first.
 *
 *   schedule      the decay, and the other keys of the schedule in which the arm differs from
 *                 plain/linear
 *   mean factor   (mean of L - Le) / (L0 - Le) over all training steps, with L0 and Le of
 *                 plain/linear, so that a constant rate below L0 can be compared, too
 *   comparisons   one row against the linear base of its own group (the same mean rate), and one
 *                 against plain/linear; an arm is not compared with itself. Holm's family is all
 *                 comparisons of one group with one control. The rest is as in thesis_table.h.
 */
#ifndef KDECAY_SCHEDULE_TABLE_H
#define KDECAY_SCHEDULE_TABLE_H

#include "report/ledger.h"

/* Write OUT/tables/table-schedules.txt, .csv and .tex. 0; or -1 with *error set if an arm
 * differs in more than the schedule, or if a group has no `linear`. */
int schedule_table_write(const struct ledger *ledger, const struct experiment_files *experiments,
                         const char *out, struct error *error);

#endif
