/*
 * thesis_table - the thesis's tables, beside the literature's numbers, full-scale runs and desk
 * runs.
 *
 * A table has three parts that never mix. Each part says its scale:
 *   1. the thesis's own cells, as published, beside the literature's matched baseline;
 *   2. the same networks at full scale, from logs: the literature's own recipe (the step decay, or
 *   SGDR
 *      in the row that cites it), k = 1, and the thesis's k. A cell without a log is a dash, with
 *      the command that fills it and its predicted core-hours;
 *   3. the desk scale, from logs: small members of the same families.
 *
 * An arm belongs to the table if its name is below the table's folder. So the arms of schedules/,
 * which have a table of their own (schedule_table.h), are not here.
 *
 * Rules of part 3, and of the mean in part 2:
 *   - The error is the error after the last epoch. Mean and sample standard deviation are over all
 *     runs of an arm.
 *   - A diverged run makes the mean infinite. The arm then has no comparison, hence no evidence.
 *   - The best error over the epochs has a column of its own, labelled test-selected.
 *   - Differences are paired by seed with the arm that differs only in k and has k = 1. Holm's
 *     family is all other k of such an experiment. See statistics.h for the verdict.
 *
 * Core-hours are predicted by ledger_core_hours(), at the speed of all desk logs.
 */
#ifndef KDECAY_THESIS_TABLE_H
#define KDECAY_THESIS_TABLE_H

#include "report/inputs.h"

/* Write OUT/tables/NAME.txt (all parts) and, for each part, NAME.csv, NAME-full.csv, NAME-desk.csv
 * and the same as .tex. 0, or -1 with *error set. */
int thesis_table_write(const struct inputs *in, const struct thesis_table *table, const char *out,
                       struct error *error);

#endif
