/*
 * exploratory - the comparisons of the studies once more, by analyses that no protocol registered.
 *
 * They stand in a table of their own, so that no column has registered and exploratory numbers. A row
 * is a comparison that has pairs; of one question (question.h), its members that share a control:
 *
 *   max-T p        of the question's arms with runs, permuted within seeds (max_t.h), over the seeds
 *                  that all of them and the control have
 *   leave one out  the lowest and the highest mean difference without one of the pairs
 *   pooled         difference's 95 % interval and Holm-adjusted p by the seed + arm model (two_way.h) of
 *                  the same runs: one variance for all arms
 *   equivalence p  two one-sided t tests of "within 0.3 points" (statistics_tost()): below 0.05 the
 *                  arms are as good as each other within that margin, which is ours
 *   test loss      the second endpoint: mean difference after the last epoch, over the same pairs, with
 *                  its 95 % t interval
 *
 * There are no verdicts.
 */
#ifndef KDECAY_EXPLORATORY_H
#define KDECAY_EXPLORATORY_H

#include "report/study.h"

/* Start the table; add the rows of a group that study_ask() has compared; write
 * OUT/tables/table-exploratory.txt, .csv, .tex and free it. */
void exploratory_begin(struct table *table);
void exploratory_add(const struct study_row *group, size_t count, struct table *table);
void exploratory_end(struct table *table, const char *out);

#endif
