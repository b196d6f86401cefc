/*
 * numbers - results that the paper shows in its text, but in no table.
 *
 *   OUT/tables/numbers.csv, .tex, .sources.tsv   one row per number. A difference has an interval
 *                 and a number of pairs, too. LaTeX shows the value id and the first source
 *   OUT/tables/number-macros.tex   three macros per number: \MACRO, the value with its link; and
 *                 \MACROInterval and \MACROPairs, which are dashes if the number is no difference
 *
 * Some numbers have a value id that trace.h does not list:
 *   thesis:mean-gain-original   mean of original - ours over the thesis's cells that have a matched
 *                 baseline; likewise mean-gain-matched, largest-gain-original,
 *                 largest-gain-matched, cells, cells-matched
 *   ARM:leads-from-epoch:CONTROL   the first epoch from which on the arm's mean test error stays
 *                 below the control's
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
