/*
 * two_way - the model "value = arm + seed + error" of arms that share their seeds.
 *
 * The errors are taken to be normal with one variance for all arms and seeds. It is estimated from
 * the whole table, with (arms - 1)(seeds - 1) degrees of freedom; a single pair has seeds - 1. Pooling
 * gains these degrees of freedom, and the equal variance is its assumption. So it is a sensitivity
 * analysis beside the tests of statistics.h, never a verdict.
 *
 * With A arms and S seeds, a value in every cell, and the means over arms, seeds and everything:
 *   residual   r_as = y_as - mean_a - mean_s + mean,   s^2 = sum r^2 / ((A - 1)(S - 1))
 *   difference of two arms   mean_a - mean_b -+ t s sqrt(2 / S)
 *   all arms alike   F = (S sum (mean_a - mean)^2 / (A - 1)) / s^2
 */
#ifndef KDECAY_TWO_WAY_H
#define KDECAY_TWO_WAY_H

#include "base/statistics.h"

struct two_way {
    const char *reason; /* NULL, or why there is no fit: a constant string */
    size_t seeds;
    double freedom, sd; /* of the residual */
    double f, f_p;      /* of "all arms are alike" */
};

/* values[arm * seeds + seed]. A reason, and NaN, for fewer than 2 arms or seeds, or a value that is
 * not finite. */
struct two_way two_way_fit(const double *values, size_t arms, size_t seeds);

/* Student-t interval of the difference of two arms' means, and the two-sided p of "it is 0". Both are
 * NaN without a fit. With an sd of 0 the p is 0, or 1 for a difference of 0. */
struct interval two_way_interval(const struct two_way *fit, double difference, double level);
double two_way_p(const struct two_way *fit, double difference);

#endif
