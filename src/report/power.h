/*
 * power - of each question (question.h), before and after its runs: what it can find.
 *
 *   comparisons  of the question, all one family of Holm's
 *   planned      pairs that are to be run, of the comparison with the fewest
 *   needed       pairs from which on it can be answered: the least p, 2/2^n, adjusted, below 0.05
 *   least p      what n = planned pairs can reach, adjusted
 *   pairs        that are there, of the comparison with the fewest
 *   sd           of the differences of a pair, points: of the question's own pairs, pooled over its
 *                comparisons, with their degrees of freedom; else, marked ~, of those on the same images, network and epochs
 *   n for X      pairs that find an effect of X points with this power, needed at least
 *   finds        the least effect that n = planned pairs find with this power, points
 *
 * The last two are of a paired t test at 0.05 / comparisons, by the noncentral t (t_power.h). They take
 * sd for the true one and the differences for normal.
 *
 * Sealed runs (registered.h) are counted, and their sd is not looked at.
 */
#ifndef KDECAY_POWER_H
#define KDECAY_POWER_H

#include "report/question.h"

#include <stdio.h>

struct power_options {
    struct project project;
    const char *part; /* only questions with an arm that is this file, or below this folder of
                              * experiments; NULL: all */
    double effect;    /* points, > 0 */
    double power;     /* between 0 and 1 */
    /* the seeds that it is to be run with */
    void (*seeds)(const struct experiment *experiment, long *first, long *last);
};

/* A line a question. 0; or -1 with *error set when a source cannot be read, or no question is in
 * `part`. */
int power_write(const struct power_options *options, FILE *out, struct error *error);

#endif
