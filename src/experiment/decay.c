#include "experiment/decay.h"

#include <math.h>
#include <string.h>

/* The long doubles of x86-64 and those of 128 bits have enough digits; a double has not. */
_Static_assert(sizeof(long double) > sizeof(double), "decay.c needs an extended long double");

static const long double pi = 3.14159265358979323846264338327950288L;

#define UNUSED(x) ((void)(x))

/* ---- Polynomial: (1 - s)^N; the base of arXiv 2004.05909 v1 ---------------------------------- */

static long double polynomial(const struct decay_shape *shape, long double s, long double rest)
{
    UNUSED(s);
    return powl(rest, shape->power);
}

static long double polynomial_slope(const struct decay_shape *shape, long double s,
                                    long double rest)
{
    UNUSED(s);
    return -shape->power * powl(rest, (long double)shape->power - 1);
}

/* B(1/k, N + 1) / k = Gamma(1 + 1/k) Gamma(N + 1) / Gamma(N + 1 + 1/k) */
static double polynomial_mean(const struct decay_shape *shape, double k)
{
    const long double power = shape->power, turn = 1 / (long double)k;
    return (double)expl(lgammal(turn + 1) + lgammal(power + 1) - lgammal(power + turn + 1));
}

/* ---- Cosine: (1 + cos(pi s)) / 2 [SGDR, arXiv 1608.03983] ------------------------------------ */

/* The same as sin^2(pi (1 - s) / 2), which does not cancel near s = 1. */
static long double cosine(const struct decay_shape *shape, long double s, long double rest)
{
    UNUSED(shape), UNUSED(s);
    const long double sine = sinl(pi / 2 * rest);
    return sine * sine;
}

static long double cosine_slope(const struct decay_shape *shape, long double s, long double rest)
{
    UNUSED(shape);
    return -pi / 2 * sinl(pi * (s < rest ? s : rest));
}

/* The cosine's series, term by term: the mean of s^(2nk) is 1 / (2nk + 1). */
static double cosine_mean(const struct decay_shape *shape, double k)
{
    UNUSED(shape);
    long double sum = 0, term = 1;
    for (int n = 0; n < 40; n++) {
        sum += term / (2 * n * (long double)k + 1);
        term *= -pi * pi / ((2 * n + 1) * (2 * n + 2));
    }
    return (double)((1 + sum) / 2);
}

/* ---- Step: drop_factor^d, d the number of drops so far; f(1) > 0 ----------------------------- */

static long double step(const struct decay_shape *shape, long double s, long double rest)
{
    UNUSED(rest);
    long double value = 1;
    for (int i = 0; i < shape->drop_count; i++)
        if (s >= (long double)shape->drop[i] / shape->drop_at)
            value *= shape->drop_factor;
    return value;
}

static long double zero(const struct decay_shape *shape, long double s, long double rest)
{
    UNUSED(shape), UNUSED(s), UNUSED(rest);
    return 0;
}

static double step_mean(const struct decay_shape *shape, double k)
{
    double mean = 0, value = 1, from = 0;
    for (int i = 0; i < shape->drop_count; i++) {
        const double to = pow(shape->drop[i] / shape->drop_at, 1 / k);
        mean += value * (to - from);
        value *= shape->drop_factor;
        from = to;
    }
    return mean + value * (1 - from);
}

/* ---- Linear: 1 - s [budgeted training, Li, Yumer and Ramanan, ICLR 2020] --------------------- */

static long double linear(const struct decay_shape *shape, long double s, long double rest)
{
    UNUSED(shape), UNUSED(s);
    return rest;
}

static long double linear_slope(const struct decay_shape *shape, long double s, long double rest)
{
    UNUSED(shape), UNUSED(s), UNUSED(rest);
    return -1;
}

static double linear_mean(const struct decay_shape *shape, double k)
{
    UNUSED(shape);
    return k / (k + 1);
}

/* ---- Exponential: L = L0 q^s, q = Le / L0, so f = (q^s - q) / (1 - q) ------------------------ */

/* The numerator is q (q^-rest - 1). */
static long double exponential(const struct decay_shape *shape, long double s, long double rest)
{
    UNUSED(s);
    const long double q = shape->ratio;
    return q * expm1l(-logl(q) * rest) / (1 - q);
}

static long double exponential_slope(const struct decay_shape *shape, long double s,
                                     long double rest)
{
    UNUSED(rest);
    const long double q = shape->ratio;
    return logl(q) * powl(q, s) / (1 - q);
}

/* With b = 1/k, the mean of exp(-a s^k) is exp(-a) (1 + a / (b + 1) + a^2 / ((b + 1)(b + 2)) +
 * ...), Kummer's series of the incomplete gamma function, whose terms are all positive. */
static double exponential_mean(const struct decay_shape *shape, double k)
{
    const long double q = shape->ratio, a = -logl(q);
    long double sum = 0, term = 1;
    for (int n = 1; term > 1e-20L * sum; n++) {
        sum += term;
        term *= a / (1 / (long double)k + n);
    }
    return (double)((q * sum - q) / (1 - q));
}

/* ---- Tanh: (1 - tanh(l + (h - l) s)) / 2 [HTD, arXiv 1806.01593: l = -6, h = 3] -------------- */

/* Only nearly 1 and 0 at the ends. The formula is 1 / (1 + exp(2 x)). */
static long double hyperbolic(const struct decay_shape *shape, long double s, long double rest)
{
    UNUSED(rest);
    const long double low = shape->tanh_low, high = shape->tanh_high;
    return 1 / (1 + expl(2 * (low + (high - low) * s)));
}

static long double hyperbolic_slope(const struct decay_shape *shape, long double s,
                                    long double rest)
{
    const long double f = hyperbolic(shape, s, rest);
    return -2 * ((long double)shape->tanh_high - shape->tanh_low) * f * (1 - f);
}

static double hyperbolic_mean(const struct decay_shape *shape, double k)
{
    const double low = shape->tanh_low, high = shape->tanh_high;
    if (k != 1)
        return NAN;
    return 1 - (log1p(exp(2 * high)) - log1p(exp(2 * low))) / (2 * (high - low));
}

/* ---- REX: (1 - s) / ((1 - d) + d (1 - s)) [arXiv 2107.04197: d = 1/2] ------------------------ */

static long double rex(const struct decay_shape *shape, long double s, long double rest)
{
    UNUSED(s);
    return rest / (1 - (long double)shape->rex + shape->rex * rest);
}

static long double rex_slope(const struct decay_shape *shape, long double s, long double rest)
{
    UNUSED(s);
    const long double below = 1 - (long double)shape->rex + shape->rex * rest;
    return -(1 - (long double)shape->rex) / (below * below);
}

/* f = (1 - (1 - d) / (1 - d s)) / d, and 1 / (1 - d s) = 1 + d s + d^2 s^2 + ..., whose means with
 * s^k for s are d^n / (n k + 1). */
static double rex_mean(const struct decay_shape *shape, double k)
{
    const long double d = shape->rex;
    long double sum = 0, power = 1;
    if (d == 0)
        return linear_mean(shape, k);
    for (int n = 0; power > 1e-20L; n++) {
        sum += power / (n * (long double)k + 1);
        power *= d;
    }
    return (double)((1 - (1 - d) * sum) / d);
}

/* ---- Knee: 1 for a share, then linear [arXiv 2003.03977]; also the trapezoid ----------------- */

static long double knee(const struct decay_shape *shape, long double s, long double rest)
{
    return s <= shape->hold ? 1 : rest / (1 - (long double)shape->hold);
}

static long double knee_slope(const struct decay_shape *shape, long double s, long double rest)
{
    UNUSED(rest);
    return s <= shape->hold ? 0 : -1 / (1 - (long double)shape->hold);
}

static double knee_mean(const struct decay_shape *shape, double k)
{
    const double x = pow(shape->hold, 1 / k);
    return x + (1 - x - (1 - pow(x, k + 1)) / (k + 1)) / (1 - shape->hold);
}

/* ---- WSD: 1 for a share, then 1 - sqrt(p) [Haegele et al., arXiv 2405.18392] ----------------- */

/* p goes from 0 to 1 after the hold; 1 - sqrt(p) = (1 - p) / (1 + sqrt(p)). */
static long double wsd(const struct decay_shape *shape, long double s, long double rest)
{
    const long double cooldown = 1 - (long double)shape->hold;
    return s <= shape->hold ? 1 : rest / cooldown / (1 + sqrtl((s - shape->hold) / cooldown));
}

static long double wsd_slope(const struct decay_shape *shape, long double s, long double rest)
{
    UNUSED(rest);
    const long double cooldown = 1 - (long double)shape->hold;
    return s <= shape->hold ? 0 : -1 / (2 * sqrtl((s - shape->hold) * cooldown));
}

static double wsd_mean(const struct decay_shape *shape, double k)
{
    return k == 1 ? shape->hold + (1 - shape->hold) / 3 : NAN;
}

/* ---- Inverse square root: min(s / w, sqrt(w / s)) [Vaswani et al., arXiv 1706.03762] --------- */

/* f(0) = 0, f(w) = 1, f(1) = sqrt(w). */
static long double inverse_sqrt(const struct decay_shape *shape, long double s, long double rest)
{
    UNUSED(rest);
    return s < shape->rise ? s / shape->rise : sqrtl(shape->rise / s);
}

static long double inverse_sqrt_slope(const struct decay_shape *shape, long double s,
                                      long double rest)
{
    UNUSED(rest);
    return s < shape->rise ? 1 / (long double)shape->rise : -sqrtl(shape->rise / s) / (2 * s);
}

static double inverse_sqrt_mean(const struct decay_shape *shape, double k)
{
    const double w = shape->rise, x = pow(w, 1 / k);
    const double falling = k == 2 ? -log(x) : (1 - pow(x, 1 - k / 2)) / (1 - k / 2);
    return x / (k + 1) + sqrt(w) * falling;
}

/* ---- One cycle: a cosine up from `start`, a cosine down [arXiv 1708.07120] ------------------- */

/* As PyTorch's OneCycleLR, whose defaults are rise = 0.3 and L0 / 25 at the start. f(0) = start. */
static long double one_cycle(const struct decay_shape *shape, long double s, long double rest)
{
    const long double rise = shape->rise, start = shape->start;
    const long double sine = sinl(pi / 2 * (s < rise ? s / rise : rest / (1 - rise)));
    return s < rise ? start + (1 - start) * sine * sine : sine * sine;
}

static long double one_cycle_slope(const struct decay_shape *shape, long double s, long double rest)
{
    const long double rise = shape->rise, start = shape->start;
    return s < rise ? (1 - start) * pi / (2 * rise) * sinl(pi * s / rise)
                    : -pi / (2 * (1 - rise)) * sinl(pi * rest / (1 - rise));
}

static double one_cycle_mean(const struct decay_shape *shape, double k)
{
    return k == 1 ? (1 + shape->rise * shape->start) / 2 : NAN;
}

/* ---- Constant: 1, at the end too ------------------------------------------------------------- */

static long double constant(const struct decay_shape *shape, long double s, long double rest)
{
    UNUSED(shape), UNUSED(s), UNUSED(rest);
    return 1;
}

static double constant_mean(const struct decay_shape *shape, double k)
{
    UNUSED(shape), UNUSED(k);
    return 1;
}

/* ---- The table ------------------------------------------------------------------------------- */

const struct decay decays[] = {
    {"polynomial", "schedule.power", "(1 - s)^N", polynomial, polynomial_slope, polynomial_mean},
    {"cosine", "", "(1 + cos(pi s)) / 2", cosine, cosine_slope, cosine_mean},
    {"step", "schedule.drops schedule.drop_factor", "drop_factor^(drops so far)", step, zero,
     step_mean},
    {"linear", "", "1 - s", linear, linear_slope, linear_mean},
    {"exponential", "", "(q^s - q) / (1 - q), q = lr_end / lr", exponential, exponential_slope,
     exponential_mean},
    {"tanh", "schedule.tanh_low schedule.tanh_high", "(1 - tanh(low + (high - low) s)) / 2",
     hyperbolic, hyperbolic_slope, hyperbolic_mean},
    {"rex", "schedule.rex", "(1 - s) / (1 - d s)", rex, rex_slope, rex_mean},
    {"knee", "schedule.hold", "min(1, (1 - s) / (1 - hold))", knee, knee_slope, knee_mean},
    {"wsd", "schedule.hold", "1, after hold 1 - sqrt((s - hold) / (1 - hold))", wsd, wsd_slope,
     wsd_mean},
    {"inverse-sqrt", "schedule.rise", "min(s / rise, sqrt(rise / s))", inverse_sqrt,
     inverse_sqrt_slope, inverse_sqrt_mean},
    {"one-cycle", "schedule.rise schedule.start", "a cosine from start to 1 at rise, then to 0",
     one_cycle, one_cycle_slope, one_cycle_mean},
    {"constant", "", "1", constant, zero, constant_mean},
};
const size_t decay_count = sizeof decays / sizeof decays[0];

int decay_index(const char *name, size_t length)
{
    for (size_t i = 0; i < decay_count; i++)
        if (strlen(decays[i].name) == length && memcmp(decays[i].name, name, length) == 0)
            return (int)i;
    return -1;
}
