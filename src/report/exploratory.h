/*
 * exploratory - the studies' comparisons again, by analyses that no protocol registered.
 *
 * They have a table of their own, so that no column mixes registered and exploratory numbers. Each
 * row is a comparison that has pairs. The comparisons of one question (question.h) with the same
 * control are analysed together:
 *
 *   max-T p        by permutations within seeds (max_t.h) of the question's arms that have runs,
 *                  over the seeds that all of them and the control have
 *   leave one out  the lowest and the highest mean difference if one pair is left out
 *   pooled         the difference's 95 % interval and Holm-adjusted p by the seed + arm model
 *                  (two_way.h) of the same runs, with one variance for all arms
 *   equivalence p  two one-sided t tests of "within 0.3 points" (statistics_tost()). Below 0.05 the
 *                  arms are equally good within this margin, which is ours
 *   test loss      the second endpoint: the mean difference after the last epoch, over the same
 *                  pairs, with its 95 % t interval
 *
 * There are no verdicts.
 */
#ifndef KDECAY_EXPLORATORY_H
#define KDECAY_EXPLORATORY_H

#include "report/study.h"

/* Start the table; add the rows of a group that study_ask() has compared, by its questions; write
 * OUT/tables/table-exploratory.txt, .csv, .tex and free it. */
void exploratory_begin(struct table *table);
void exploratory_add(struct study_row *group, const struct questions *questions,
                     struct table *table);
void exploratory_end(struct table *table, const char *out);

#endif
