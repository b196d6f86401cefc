#include "base/t_power.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

/* P(T <= t) for t >= 0, by Lenth; x = t^2 / (t^2 + freedom), h = delta^2 / 2:
 *   Phi(-delta) + 1/2 sum over j of (p_j I_x(j + 1/2, freedom / 2) + q_j I_x(j + 1, freedom / 2)),
 *   p_j = e^-h h^j / j!,   q_j = delta e^-h h^j / (sqrt(2) Gamma(j + 3/2))
 * The terms grow up to j = h and then fall as those of a Poisson distribution do: nothing counts
 * that is 12 of its deviations before h. Logarithms keep e^-h from vanishing.
 *
 * T is (normal + delta) / (chi / sqrt(freedom)). From delta = 20 t on, T <= t takes a normal below
 * -delta / 2 or a chi above 10 sqrt(freedom), both less likely than 1e-22; and up to delta = -20,
 * T > t takes a normal above 20. */
static double noncentral_t(double t, double freedom, double delta)
{
    if (isnan(delta))
        return NAN;
    if (delta <= -20 || delta >= 20 * fmax(t, 1))
        return delta < 0;
    const double x = t * t / (t * t + freedom), h = delta * delta / 2;
    double sum = 0;
    for (double j = floor(fmax(0, h - 12 * sqrt(h)));; j++) {
        const double power = h > 0 ? j * log(h) : j > 0 ? -INFINITY : 0;
        const double p = exp(-h + power - lgamma(j + 1));
        const double q = delta / sqrt(2) * exp(-h + power - lgamma(j + 1.5));
        sum +=
            p * gsl_cdf_beta_P(x, j + 0.5, freedom / 2) + q * gsl_cdf_beta_P(x, j + 1, freedom / 2);
        if (j > h && p + fabs(q) < 1e-17)
            break;
    }
    return gsl_cdf_ugaussian_P(-delta) + sum / 2;
}

double t_power(double freedom, double noncentrality, double level)
{
    const double quantile = gsl_cdf_tdist_Qinv(level / 2, freedom), delta = fabs(noncentrality);
    /* P(T <= -t) is P(T > t) with -delta */
    return 1 - noncentral_t(quantile, freedom, delta) + 1 - noncentral_t(quantile, freedom, -delta);
}

double t_power_of_pairs(size_t n, double effect, double sd, double level)
{
    return t_power((double)(n - 1), effect * sqrt((double)n) / sd, level);
}

size_t t_power_pairs(double effect, double sd, double level, double power)
{
    for (size_t n = 2; n <= T_POWER_MOST_PAIRS; n++)
        if (t_power_of_pairs(n, effect, sd, level) >= power)
            return n;
    return 0;
}

double t_power_effect(size_t n, double sd, double level, double power)
{
    if (n < 2)
        return NAN;
    double low = 0, high = 1; /* in units of sd */
    while (t_power_of_pairs(n, high, 1, level) < power)
        high *= 2;
    while (high - low > 1e-7) {
        const double middle = (low + high) / 2;
        if (t_power_of_pairs(n, middle, 1, level) < power)
            low = middle;
        else
            high = middle;
    }
    return high * sd;
}
