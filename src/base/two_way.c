#include "base/two_way.h"

#include "base/memory.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>

static const char *reason_against(const double *values, size_t arms, size_t seeds)
{
    for (size_t i = 0; i < arms * seeds; i++)
        if (!isfinite(values[i]))
            return "a run diverged";
    return seeds < 2 ? "fewer than 2 seeds" : arms < 2 ? "fewer than 2 arms" : NULL;
}

struct two_way two_way_fit(const double *values, size_t arms, size_t seeds)
{
    struct two_way fit = {.reason = reason_against(values, arms, seeds),
                          .seeds = seeds,
                          .freedom = NAN,
                          .sd = NAN,
                          .f = NAN,
                          .f_p = NAN};
    if (fit.reason)
        return fit;
    double *of_seed = memory_zeroed(seeds, sizeof *of_seed);
    const double mean = statistics_mean(values, arms * seeds);
    for (size_t s = 0; s < seeds; s++) {
        for (size_t a = 0; a < arms; a++)
            of_seed[s] += values[a * seeds + s];
        of_seed[s] /= (double)arms;
    }
    double between = 0, residual = 0;
    for (size_t a = 0; a < arms; a++) {
        const double of_arm = statistics_mean(&values[a * seeds], seeds);
        between += (double)seeds * (of_arm - mean) * (of_arm - mean);
        for (size_t s = 0; s < seeds; s++) {
            const double r = values[a * seeds + s] - of_arm - of_seed[s] + mean;
            residual += r * r;
        }
    }
    free(of_seed);
    fit.freedom = (double)(arms - 1) * (double)(seeds - 1);
    fit.sd = sqrt(residual / fit.freedom);
    if (fit.sd > 0) {
        fit.f = between / (double)(arms - 1) / (fit.sd * fit.sd);
        fit.f_p = gsl_cdf_fdist_Q(fit.f, (double)(arms - 1), fit.freedom);
    }
    return fit;
}

static double error_of_difference(const struct two_way *fit)
{
    return fit->sd * sqrt(2 / (double)fit->seeds);
}

struct interval two_way_interval(const struct two_way *fit, double difference, double level)
{
    if (fit->reason)
        return (struct interval){NAN, NAN, fit->reason};
    const double half =
        gsl_cdf_tdist_Pinv((1 + level) / 2, fit->freedom) * error_of_difference(fit);
    return (struct interval){difference - half, difference + half, NULL};
}

double two_way_p(const struct two_way *fit, double difference)
{
    if (fit->reason)
        return NAN;
    if (!(fit->sd > 0))
        return fabs(difference) > 0 ? 0 : 1;
    return 2 * gsl_cdf_tdist_Q(fabs(difference) / error_of_difference(fit), fit->freedom);
}
