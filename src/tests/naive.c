#include "tests/naive.h"

#include "base/memory.h"

#include <math.h>

double naive_mean(const double *values, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += values[i];
    return sum / (double)n;
}

double naive_sd(const double *values, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += pow(values[i] - naive_mean(values, n), 2);
    return sqrt(sum / (double)(n - 1));
}

static double flips(const double *values, size_t n, double sum, double least)
{
    if (n == 0)
        return fabs(sum) >= least - 1e-9 ? 1 : 0;
    return flips(values + 1, n - 1, sum + *values, least) +
           flips(values + 1, n - 1, sum - *values, least);
}

double naive_sign_flip(const double *values, size_t n)
{
    return flips(values, n, 0, fabs(naive_mean(values, n)) * (double)n) / pow(2, (double)n);
}

/* Each p up to it is multiplied by the number of those that are not smaller; equal ones count in their
 * order. */
double naive_holm(const double *p, size_t m, double own)
{
    double adjusted = 0;
    for (size_t i = 0; i < m; i++) {
        size_t smaller = 0;
        for (size_t j = 0; j < m; j++)
            smaller += p[j] < p[i] || (!(p[j] > p[i]) && j < i) ? 1 : 0;
        if (p[i] <= own)
            adjusted = fmax(adjusted, fmin(1, (double)(m - smaller) * p[i]));
    }
    return adjusted;
}

/* Quantiles 0.975 of Student's t as printed in tables. */
double naive_half_width(const double *values, size_t n)
{
    static const double t[] = {12.706205, 4.302653, 3.182446, 2.776445, 2.570582, 2.446912,
                               2.364624,  2.306004, 2.262157, 2.228139, 2.200985};
    const double quantile = n - 2 < COUNT(t) ? t[n - 2] : naive_quantile((double)(n - 1));
    return quantile * naive_sd(values, n) / sqrt((double)n);
}

/* By Simpson's rule over the density. */
double naive_tail(double t, double freedom)
{
    enum { STEPS = 20000 };
    const double scale =
        exp(lgamma((freedom + 1) / 2) - lgamma(freedom / 2)) / sqrt(freedom * acos(-1));
    double sum = 0;
    for (int i = 0; i <= STEPS; i++) {
        const double x = t * i / STEPS;
        sum += (i == 0 || i == STEPS ? 1
                : i % 2              ? 4
                                     : 2) *
               scale * pow(1 + x * x / freedom, -(freedom + 1) / 2);
    }
    return 0.5 - sum * t / STEPS / 3;
}

double naive_quantile(double freedom)
{
    double low = 0, high = 20;
    for (int i = 0; i < 60; i++) {
        const double middle = (low + high) / 2;
        if (naive_tail(middle, freedom) > 0.025)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* ---- Max-T --------------------------------------------------------------------------------- */

double naive_largest(const struct naive_set *set)
{
    double largest = 0;
    for (size_t a = 1; a < set->arms; a++)
        largest = fmax(largest, fabs(naive_mean(set->value[a], set->seeds) -
                                     naive_mean(set->value[0], set->seeds)));
    return largest;
}

/* Every order of the set's values of every seed, by Heap's recursion. */
static void count_orders(struct naive_set *set, size_t seed, size_t left, double bar,
                         double *extreme, double *all)
{
    if (seed == set->seeds) {
        *all += 1;
        *extreme += naive_largest(set) >= bar - 1e-9;
    } else if (left == 1) {
        count_orders(set, seed + 1, set->arms, bar, extreme, all);
    } else {
        for (size_t i = 0; i < left; i++) {
            double *one = &set->value[i][seed], *other = &set->value[left - 1][seed], kept = *one;
            *one = *other;
            *other = kept;
            count_orders(set, seed, left - 1, bar, extreme, all);
            *other = *one;
            *one = kept;
        }
    }
}

double naive_max_t(const struct naive_set *set)
{
    struct naive_set orders = *set;
    double extreme = 0, all = 0;
    count_orders(&orders, 0, set->arms, naive_largest(set), &extreme, &all);
    return extreme / all;
}
