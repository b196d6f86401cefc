/*
 * power - what each question (question.h) can find, before and after its runs.
 *
 *   comparisons  the number of the question's comparisons, all in one family of Holm's
 *   planned      the number of planned pairs, in the comparison with the fewest
 *   needed       the least number of pairs with which the question can be answered: the least p,
 *                2/2^n, adjusted, is then below 0.05
 *   least p      the least adjusted p that n = planned pairs can reach
 *   pairs        the number of existing pairs, in the comparison with the fewest
 *   sd           the sd of the differences, in points, with its degrees of freedom: from the
 *                question's own pairs, pooled over its comparisons; if there are none, marked ~,
 *                from pairs on the same images, network and epochs
 *   n for X      the number of pairs that find an effect of X points with this power; never below
 *                needed
 *   finds        the least effect, in points, that n = planned pairs find with this power
 *
 * The last two are for a paired t test at the level 0.05 / comparisons, by the noncentral t
 * (t_power.h). They assume that sd is the true one and that the differences are normal.
 *
 * Sealed runs (registered.h) are counted, and their sd is not looked at.
 */
#ifndef KDECAY_POWER_H
#define KDECAY_POWER_H

#include "report/question.h"

#include <stdio.h>

struct power_options {
    struct project project;
    const char *part; /* only questions with an arm that is this file, or that is below this folder
                       * of experiments; NULL: all */
    double effect;    /* points, > 0 */
    double power;     /* between 0 and 1 */
    /* the first and last seed of the arm's planned runs */
    void (*seeds)(const struct experiment *experiment, long *first, long *last);
};

/* Write one line per question. 0; or -1 with *error set if a source cannot be read, or if no
 * question is in `part`. */
int power_write(const struct power_options *options, FILE *out, struct error *error);

#endif
