/*
 * max_t - several arms against one, tested together by permuting the arms within each seed.
 *
 * Every arm has one value for each seed, and the seed is a block. Of a set S of arms the hypothesis is
 * that they and the reference do not differ: then their values are exchangeable within each seed.
 * Its statistic is the largest |mean over seeds of (arm - reference)| of the arms in S, and its p is
 * the share of the permutations of these values, seed by seed, that give at least the observed one.
 * A common scale, as of a t, would change no order: all arms have the same seeds.
 *
 * The adjusted p of one arm is the largest p of all sets S that it is in (closed testing: Marcus, Peritz
 * and Gabriel 1976). So the probability of any false claim is at most the level whichever arms truly
 * differ, and no normal distribution is assumed. An arm alone gives the exact sign-flip test, so
 * that with n seeds no p is below 2/2^n, however many arms there are. (Westfall and Young 1993 have
 * the max-T of permutations.)
 *
 * A set of s arms has ((s + 1)!)^n permutations. Up to MAX_T_EXACT they are all enumerated; else
 * MAX_T_DRAWS random ones are drawn by counter-based numbers of a fixed seed, and p is
 * (1 + as extreme ones) / (1 + draws), which keeps the level (Phipson and Smyth 2010).
 */
#ifndef KDECAY_MAX_T_H
#define KDECAY_MAX_T_H

#include <stddef.h>

enum {
    MAX_T_EXACT = 1 << 21, /* permutations; 6^8 of eight seeds and two arms is below it */
    MAX_T_DRAWS = 49999,
    MAX_T_COMPARISONS = 8 /* 2^8 - 1 sets of arms */
};

struct max_t {
    const char *reason; /* NULL, or why there are no p: a constant string */
    size_t random;      /* how many of the sets of arms were tested by random permutations */
};

/* values[arm * seeds + seed], of `arms` arms, one of which is the reference. adjusted[arm] becomes
 * its p, NaN for the reference; NaN for all where there is a reason: fewer than 2 seeds or arms,
 * more than MAX_T_COMPARISONS arms besides the reference, or a value that is not finite. */
struct max_t max_t_test(const double *values, size_t arms, size_t seeds, size_t reference,
                        double *adjusted);

#endif
