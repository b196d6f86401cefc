/*
 * numbers - results that the paper shows in its text, but in no table.
 *
 *     OUT/tables/numbers.csv, .tex, .sources.tsv   a row for each number; a difference has an interval
 *                                      and pairs, too. LaTeX shows the value id and the first source
 *     OUT/tables/number-macros.tex     for each number \MACRO, the value with its link, and
 *                                      \MACROInterval and \MACROPairs, which are dashes if it is not a
 *                                      difference
 *
 * Value ids of their own, beside those of trace.h:
 *   thesis:mean-gain-original   mean of original - ours over the thesis's cells that have a matched
 *                               baseline; likewise mean-gain-matched, largest-gain-original,
 *                               largest-gain-matched, cells, cells-matched
 *   ARM:leads-from-epoch:CONTROL   the first epoch from which on the arm's mean test error stays
 *                               below the control's
 *
 * A value that does not exist is a dash. Counts have no source. No number here uses registered arms
 * (run.protocol).
 */
#ifndef KDECAY_NUMBERS_H
#define KDECAY_NUMBERS_H

#include "report/inputs.h"

/* 0, or -1 with *error set, when the logs contradict each other. */
int numbers_write(const struct inputs *in, const char *out, struct error *error);

#endif
