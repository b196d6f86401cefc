#include "base/statistics.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdint.h>

static const char too_few[] = "fewer than 2 pairs";
static const char not_finite[] = "a run diverged";

static int all_finite(const double *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(values[i]))
            return 0;
    return 1;
}

double statistics_mean(const double *values, size_t n)
{
    if (n == 0)
        return NAN;
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += values[i];
    return sum / (double)n;
}

double statistics_sd(const double *values, size_t n)
{
    if (n < 2 || !all_finite(values, n))
        return NAN;
    const double mean = statistics_mean(values, n);
    double squares = 0;
    for (size_t i = 0; i < n; i++)
        squares += (values[i] - mean) * (values[i] - mean);
    return sqrt(squares / (double)(n - 1));
}

struct interval statistics_t_interval(const double *differences, size_t n, double level)
{
    if (n < 2)
        return (struct interval){NAN, NAN, too_few};
    if (!all_finite(differences, n))
        return (struct interval){NAN, NAN, not_finite};
    const double mean = statistics_mean(differences, n);
    const double half = gsl_cdf_tdist_Pinv((1 + level) / 2, (double)(n - 1)) *
                        statistics_sd(differences, n) / sqrt((double)n);
    return (struct interval){mean - half, mean + half, NULL};
}

double statistics_sign_flip(const double *differences, size_t n, const char **reason)
{
    *reason = n < 2                            ? too_few
              : n > STATISTICS_MAX_EXACT_PAIRS ? "more than 20 pairs"
              : !all_finite(differences, n)    ? not_finite
                                               : NULL;
    if (*reason)
        return NAN;
    double observed = 0, scale = 0;
    for (size_t i = 0; i < n; i++) {
        observed += differences[i];
        scale += fabs(differences[i]);
    }
    /* sums of the same numbers in another order may differ in their last bits: those are ties */
    const double bar = fabs(observed) - 1e-12 * scale;
    const uint32_t patterns = UINT32_C(1) << n;
    uint32_t extreme = 0;
    for (uint32_t pattern = 0; pattern < patterns; pattern++) {
        double sum = 0;
        for (size_t i = 0; i < n; i++)
            sum += (pattern >> i & 1) ? -differences[i] : differences[i];
        extreme += fabs(sum) >= bar;
    }
    return (double)extreme / (double)patterns;
}

double statistics_least_p(size_t n, size_t comparisons)
{
    return fmin(1, (double)comparisons * ldexp(2, -(int)n));
}

size_t statistics_pairs_needed(size_t comparisons)
{
    size_t n = 1;
    while (!(statistics_least_p(n, comparisons) < STATISTICS_LEVEL))
        n++;
    return n;
}

void statistics_holm(const double *p, size_t n, double *adjusted)
{
    size_t members = 0;
    for (size_t i = 0; i < n; i++) {
        adjusted[i] = NAN;
        members += isnan(p[i]) ? 0 : 1;
    }
    /* families are small: take the smallest remaining p, again and again */
    double floor = 0;
    for (size_t left = members; left > 0; left--) {
        size_t smallest = n;
        for (size_t i = 0; i < n; i++)
            if (!isnan(p[i]) && isnan(adjusted[i]) && (smallest == n || p[i] < p[smallest]))
                smallest = i;
        floor = fmax(floor, fmin(1, (double)left * p[smallest]));
        adjusted[smallest] = floor;
    }
}

struct interval statistics_leave_one_out(const double *differences, size_t n)
{
    if (n < 2)
        return (struct interval){NAN, NAN, too_few};
    if (!all_finite(differences, n))
        return (struct interval){NAN, NAN, not_finite};
    struct interval range = {INFINITY, -INFINITY, NULL};
    for (size_t out = 0; out < n; out++) {
        double sum = 0;
        for (size_t i = 0; i < n; i++)
            sum += i == out ? 0 : differences[i];
        const double mean = sum / (double)(n - 1);
        range.low = fmin(range.low, mean);
        range.high = fmax(range.high, mean);
    }
    return range;
}

double statistics_tost(const double *differences, size_t n, double margin)
{
    const double mean = statistics_mean(differences, n), sd = statistics_sd(differences, n);
    if (isnan(sd))
        return NAN;
    /* the larger of the two p belongs to the nearer bound */
    const double room = margin - fabs(mean);
    if (!(sd > 0))
        return room > 0 ? 0 : 1;
    return gsl_cdf_tdist_Q(room / (sd / sqrt((double)n)), (double)(n - 1));
}

const char *statistics_verdict(size_t n, size_t comparisons, struct interval interval, double holm)
{
    if (n < statistics_pairs_needed(comparisons))
        return "not testable";
    if (interval.reason || !(holm < STATISTICS_LEVEL))
        return "no evidence";
    return interval.high < 0 ? "better" : interval.low > 0 ? "worse" : "no evidence";
}
