/*
 * naive - statistics written a second time, by their definitions and slowly, for the tests of what the
 * program computes fast.
 */
#ifndef KDECAY_TESTS_NAIVE_H
#define KDECAY_TESTS_NAIVE_H

#include <stddef.h>

double naive_mean(const double *values, size_t n);
double naive_sd(const double *values, size_t n);

/* The share of the 2^n sign patterns whose |sum| is not below that of the values. */
double naive_sign_flip(const double *values, size_t n);

/* Holm's adjusted p of the member of a family of m whose p is `own`. */
double naive_holm(const double *p, size_t m, double own);

/* Half the width of the 95 % interval of a mean, of 2 values or more. */
double naive_half_width(const double *values, size_t n);

/* P(T > t) of Student's t; and the t that leaves 2.5 % above it. */
double naive_tail(double t, double freedom);
double naive_quantile(double freedom);

/* Arms over the same seeds; row 0 is the one with which all others are compared. */
struct naive_set {
    double value[10][32];
    size_t arms, seeds;
};

/* The largest |mean difference| to the first arm. */
double naive_largest(const struct naive_set *set);

/* The share of all orders of each seed's values whose largest is not below that of the set as it is. */
double naive_max_t(const struct naive_set *set);

#endif
