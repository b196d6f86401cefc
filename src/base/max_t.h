/*
 * max_t - several arms against one, tested together by permuting the arms within each seed.
 *
 * Every arm has one value for each seed, and each seed is a block. The hypothesis of a set S of arms is
 * that they and the reference do not differ: then their values are exchangeable within each seed.
 * The statistic is the largest |mean over seeds of (arm - reference)| of the arms in S. The values are
 * permuted within each seed; p is the share of permutations whose statistic is at least the observed
 * one. Dividing by a common scale, as a t statistic does, would not change the order of the
 * permutations, since all arms have the same seeds.
 *
 * The adjusted p of an arm is the largest p of all sets S that contain it (closed testing: Marcus, Peritz
 * and Gabriel 1976). So the probability of any false claim is at most the level, whichever arms truly
 * differ, and no normal distribution is assumed. A set of one arm gives the exact sign-flip test. So
 * with n seeds no p is below 2/2^n, however many arms there are. (The max-T of permutations is from
 * Westfall and Young 1993.)
 *
 * A set of s arms has ((s + 1)!)^n permutations. Up to MAX_T_EXACT of them are enumerated. For larger
 * sets MAX_T_DRAWS random ones are drawn by counter-based numbers with a fixed seed, and p is
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

/* Input: values[arm * seeds + seed] of `arms` arms, one of which is the reference. Output:
 * adjusted[arm], the arm's p; NaN for the reference. All are NaN if there is a reason: fewer than 2
 * seeds or arms, more than MAX_T_COMPARISONS arms besides the reference, or a value that is not
 * finite. */
struct max_t max_t_test(const double *values, size_t arms, size_t seeds, size_t reference,
                        double *adjusted);

#endif
