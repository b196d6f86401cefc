/*
 * statistics - how arms are compared, by rules fixed before any result was seen.
 *
 * Arms share their seeds, so a comparison is made of pairs: d_i = error of the arm - error of the
 * k = 1 arm with the same seed i (percentage points; below 0 is better). The unit of repetition is
 * the run. All runs share one test set; none of these numbers covers that.
 *
 * If a number does not exist (too few pairs, a diverged run), it is NaN, and the reason, a constant
 * string, says why. Otherwise the reason is NULL.
 */
#ifndef KDECAY_STATISTICS_H
#define KDECAY_STATISTICS_H

#include <stddef.h>

enum {
    STATISTICS_MIN_PAIRS = 6,       /* 2/2^n < 0.05 needs n >= 6 */
    STATISTICS_MAX_EXACT_PAIRS = 20 /* 2^n sign patterns are enumerated */
};

#define STATISTICS_LEVEL 0.05 /* of every test, two-sided */

/* NaN for n = 0; infinite if a value is. */
double statistics_mean(const double *values, size_t n);

/* Sample standard deviation, divisor n - 1. NaN for n < 2 or if a value is not finite. */
double statistics_sd(const double *values, size_t n);

struct interval {
    double low, high;
    const char *reason; /* why it does not exist */
};

/* Student-t interval of the mean of n differences: mean -+ t_{n-1, (1+level)/2} sd / sqrt(n). */
struct interval statistics_t_interval(const double *differences, size_t n, double level);

/* Exact two-sided sign-flip test of "the differences are symmetric around 0": the share of the
 * 2^n patterns of signs whose |mean| is at least the observed one, ties included. Its smallest
 * value is 2/2^n. */
double statistics_sign_flip(const double *differences, size_t n, const char **reason);

/* The least p of this test with n pairs, adjusted by Holm in a family of so many comparisons:
 * min(1, comparisons * 2 / 2^n). It is known before any run. */
double statistics_least_p(size_t n, size_t comparisons);

/* The least n for which that is below STATISTICS_LEVEL. With fewer pairs the family is not
 * testable: no result could be evidence. */
size_t statistics_pairs_needed(size_t comparisons);

/* Holm's step-down adjustment over one family: sorted p_(1) <= ... <= p_(m) become
 * max over j <= i of min(1, (m - j + 1) p_(j)). Members that are NaN are left out of the family
 * and stay NaN. `adjusted` may not overlap `p`. */
void statistics_holm(const double *p, size_t n, double *adjusted);

/* The lowest and the highest mean of n - 1 of the differences, each left out once: how much hangs on
 * one seed. Needs n >= 2; the reason as above. */
struct interval statistics_leave_one_out(const double *differences, size_t n);

/* Two one-sided t tests (Schuirmann 1987) of "the mean difference is not within -margin ..
 * margin": the larger p of the two. Below 0.05 the arms are equivalent within the margin, which is
 * so exactly if the 90 % interval lies within it. NaN for n < 2, or where a value is not finite; with
 * an sd of 0, 0 or 1. */
double statistics_tost(const double *differences, size_t n, double margin);

/* "not testable" where n is below statistics_pairs_needed() of the family's comparisons: no errors
 * could have been evidence. Else "better", "worse" or "no evidence": evidence is a Holm-adjusted p
 * below STATISTICS_LEVEL and an interval without 0, both. */
const char *statistics_verdict(size_t n, size_t comparisons, struct interval interval, double holm);

#endif
