/*
 * t_power - what a paired t test can find, before its runs: the power, the pairs needed, the effect.
 *
 * With n pairs whose differences are normal with mean `effect` and deviation `sd`, the t of the
 * differences has the noncentral t distribution with n - 1 degrees of freedom and noncentrality
 * effect sqrt(n) / sd. The power is the probability that |t| is above the two-sided quantile. It is
 * computed, not simulated: the distribution by the series of Lenth (1989, algorithm AS 243).
 *
 * The verdict of statistics.h asks for the t interval and also for the exact sign-flip test with Holm's
 * adjustment. If there are enough pairs for the sign-flip test to conclude at all
 * (statistics_pairs_needed()), its power is close to that of a t test at level / comparisons, Holm's
 * first step. With only a few more pairs than that the power is somewhat lower, since the p values
 * are coarse. The tests simulate both.
 */
#ifndef KDECAY_T_POWER_H
#define KDECAY_T_POWER_H

#include <stddef.h>

enum { T_POWER_MOST_PAIRS = 1000 };

/* The power of a two-sided t test at a level: the probability that |t| is above its quantile. */
double t_power(double freedom, double noncentrality, double level);

/* The power with n >= 2 pairs; effect and sd > 0 have the same unit. */
double t_power_of_pairs(size_t n, double effect, double sd, double level);

/* The least n >= 2 with at least this power; 0 if more than T_POWER_MOST_PAIRS are needed. */
size_t t_power_pairs(double effect, double sd, double level, double power);

/* The least effect that n >= 2 pairs find with this power, accurate to 1e-6 sd; NaN for n < 2. */
double t_power_effect(size_t n, double sd, double level, double power);

#endif
