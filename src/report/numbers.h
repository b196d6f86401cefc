/*
 * numbers - the numbers of results that stand in the paper's text and in no table.
 *
 *     OUT/tables/numbers.csv, .tex, .sources.tsv   a row for each; of a difference its interval and
 *                                      pairs, too. LaTeX has the value id and the first source
 *     OUT/tables/number-macros.tex     \MACRO for each, the value with its link, and \MACROInterval
 *                                      and \MACROPairs, dashes where it is no difference
 *
 * Value ids of their own, beside those of trace.h:
 *   thesis:mean-gain-original   mean of original - ours over the thesis's cells that have a matched
 *                               baseline; likewise mean-gain-matched, largest-gain-original,
 *                               largest-gain-matched, cells, cells-matched
 *   ARM:leads-from-epoch:CONTROL   the first epoch from which on the arm's mean test error stays
 *                               below the control's
 *
 * A value that does not exist is a dash; numbers by count have no source. Registered arms (run.protocol) are in no number here.
 */
#ifndef KDECAY_NUMBERS_H
#define KDECAY_NUMBERS_H

#include "report/thesis_table.h"

/* 0, or -1 with *error set, when the logs contradict each other. */
int numbers_write(const struct ledger *ledger, const struct thesis_table *tables, size_t count,
                  const struct literature *literature, const char *out, struct error *error);

#endif
