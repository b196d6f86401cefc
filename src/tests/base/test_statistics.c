#include "base/memory.h"
#include "tests/tests.h"

#include "base/max_t.h"
#include "base/rng.h"
#include "base/statistics.h"
#include "base/t_power.h"
#include "base/two_way.h"
#include "tests/naive.h"

#include <math.h>

static void near(double value, double expected, double tolerance)
{
    if (!(fabs(value - expected) <= tolerance))
        fail_msg("%.10g is not %.10g", value, expected);
}

TEST(mean_and_sd)
{
    const double values[] = {2, 4, 4, 4, 5, 5, 7, 9}; /* squares around 5 sum to 32 */
    near(statistics_mean(values, 8), 5, 1e-15);
    near(statistics_sd(values, 8), sqrt(32.0 / 7), 1e-15);
    assert_true(isnan(statistics_mean(values, 0)));
    assert_true(isnan(statistics_sd(values, 1)));
    const double diverged[] = {8.5, INFINITY};
    assert_true(isinf(statistics_mean(diverged, 2)));
    assert_true(isnan(statistics_sd(diverged, 2)));
}

/* Quantiles of Student's t as printed in tables: 12.7062 (1), 2.570582 (5), 2.262157 (9). */
TEST(t_interval)
{
    const double two[] = {-1, 1}; /* sd sqrt(2), so that the half width is the quantile */
    struct interval interval = statistics_t_interval(two, 2, 0.95);
    assert_null(interval.reason);
    near(interval.high, 12.7062, 5e-5);
    near(interval.low, -12.7062, 5e-5);
    const double six[] = {1, 1, 1, 3, 3, 3}; /* mean 2, sd sqrt(6/5) */
    interval = statistics_t_interval(six, 6, 0.95);
    near(interval.high, 2 + 2.570582 * sqrt(1.2 / 6), 1e-6);
    near(interval.low, 2 - 2.570582 * sqrt(1.2 / 6), 1e-6);
    const double ten[] = {0, 2, 0, 2, 0, 2, 0, 2, 0, 2}; /* mean 1, sd sqrt(10/9) */
    interval = statistics_t_interval(ten, 10, 0.95);
    near(interval.high, 1 + 2.262157 / 3, 1e-6);

    assert_string_equal(statistics_t_interval(two, 1, 0.95).reason, "fewer than 2 pairs");
    assert_true(isnan(statistics_t_interval(two, 1, 0.95).low));
    const double diverged[] = {1, INFINITY};
    assert_string_equal(statistics_t_interval(diverged, 2, 0.95).reason, "a run diverged");
}

/* NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2: upper critical values of Student's t
 * for 0.95, 0.975 and 0.995, printed with three decimals. Alternating -1 and 1, of a number of
 * values that is even, has mean 0 and sd sqrt(n / (n - 1)): the half width is the quantile / sqrt(n
 * - 1). */
TEST(t_quantiles)
{
    static const struct {
        size_t freedom;
        double quantile[3];
    } printed[] = {{1, {6.314, 12.706, 63.657}}, {3, {2.353, 3.182, 5.841}},
                   {5, {2.015, 2.571, 4.032}},   {7, {1.895, 2.365, 3.499}},
                   {9, {1.833, 2.262, 3.250}},   {15, {1.753, 2.131, 2.947}},
                   {19, {1.729, 2.093, 2.861}},  {29, {1.699, 2.045, 2.756}}};
    static const double levels[] = {0.90, 0.95, 0.99};
    double values[30];
    for (size_t i = 0; i < 30; i++)
        values[i] = i % 2 ? 1 : -1;
    for (size_t i = 0; i < COUNT(printed); i++)
        for (size_t level = 0; level < 3; level++) {
            const size_t n = printed[i].freedom + 1;
            const struct interval interval = statistics_t_interval(values, n, levels[level]);
            const double root = sqrt((double)printed[i].freedom);
            near(interval.high * root, printed[i].quantile[level], 5.01e-4);
            near(interval.low, -interval.high, 1e-12);
        }
}

TEST(sign_flip)
{
    const char *reason;
    const double three[] = {1, 2, 3};
    near(statistics_sign_flip(three, 3, &reason), 2.0 / 8, 0);
    assert_null(reason);
    /* |sum| of the 8 patterns: 4, 2, 2, 0 and their mirrors; observed 2 */
    const double mixed[] = {1, 2, -1};
    near(statistics_sign_flip(mixed, 3, &reason), 6.0 / 8, 0);
    /* of the 16 patterns only 1 - 2 - 3 + 4 and its mirror have a smaller |sum| than 2 */
    const double four[] = {1, 2, 3, -4};
    near(statistics_sign_flip(four, 4, &reason), 14.0 / 16, 0);
    /* |7 - 2 S| >= 5 where the sum S of those flipped is 0, 1 (twice), 6 (twice) or 7 */
    const double repeated[] = {1, 2, 3, -1}; /* observed: 5 */
    near(statistics_sign_flip(repeated, 4, &reason), 6.0 / 16, 0);
    const double five[] = {3, 1, 4, 1, 5}; /* the least that five pairs can give: above 0.05 */
    near(statistics_sign_flip(five, 5, &reason), 2.0 / 32, 0);
    const double two[] = {-3, 1};
    near(statistics_sign_flip(two, 2, &reason), 1, 0);
    const double six[] = {-0.1, -0.2, -0.3, -0.4, -0.5, -0.6};
    near(statistics_sign_flip(six, 6, &reason), 2.0 / 64, 0);
    const double zeros[] = {0, 0};
    near(statistics_sign_flip(zeros, 2, &reason), 1, 0);
    /* equal except for the rounding of sums: 0.1 + 0.2 against 0.3 */
    const double ties[] = {0.1, 0.2, -0.3};
    near(statistics_sign_flip(ties, 3, &reason), 1, 0);

    double twenty[20];
    for (int i = 0; i < 20; i++)
        twenty[i] = 1 + i;
    near(statistics_sign_flip(twenty, 20, &reason), 2.0 / 1048576, 0);
    assert_null(reason);

    assert_true(isnan(statistics_sign_flip(three, 1, &reason)));
    assert_string_equal(reason, "fewer than 2 pairs");
    double many[21] = {0};
    assert_true(isnan(statistics_sign_flip(many, 21, &reason)));
    assert_string_equal(reason, "more than 20 pairs");
    many[3] = INFINITY;
    assert_true(isnan(statistics_sign_flip(many, 20, &reason)));
    assert_string_equal(reason, "a run diverged");
}

TEST(holm)
{
    double adjusted[4];
    const double p[] = {0.01, 0.04, 0.03, 0.005}; /* x2, x1, x2, x4, then not below the smaller */
    statistics_holm(p, 4, adjusted);
    near(adjusted[3], 0.02, 1e-15);
    near(adjusted[0], 0.03, 1e-15);
    near(adjusted[2], 0.06, 1e-15);
    near(adjusted[1], 0.06, 1e-15);
    const double ties[] = {0.9, 0.02, 0.5, 0.02}; /* x1 is below the 1 of x2; x4, and x3 below it */
    statistics_holm(ties, 4, adjusted);
    near(adjusted[1], 0.08, 1e-15);
    near(adjusted[3], 0.08, 1e-15);
    near(adjusted[2], 1, 1e-15);
    near(adjusted[0], 1, 1e-15);
    const double alone[] = {0.04};
    statistics_holm(alone, 1, adjusted);
    near(adjusted[0], 0.04, 0);
    const double with_missing[] = {NAN, 0.01, NAN, 0.04}; /* a family of two */
    statistics_holm(with_missing, 4, adjusted);
    near(adjusted[1], 0.02, 1e-15);
    near(adjusted[3], 0.04, 1e-15);
    assert_true(isnan(adjusted[0]) && isnan(adjusted[2]));
    const double missing[] = {0.6, NAN, 0.7};
    statistics_holm(missing, 3, adjusted);
    near(adjusted[0], 1, 0);
    assert_true(isnan(adjusted[1]));
    near(adjusted[2], 1, 0);
}

/* ---- What a family can say ------------------------------------------------------------------ */

/* 6 pairs for one comparison, 8 for four, 9 for seven, 10 for nineteen: 2^n > 40 m. */
TEST(least_p)
{
    near(statistics_least_p(6, 1), 2.0 / 64, 0);
    near(statistics_least_p(6, 4), 0.125, 0);
    near(statistics_least_p(8, 4), 0.03125, 0);
    near(statistics_least_p(2, 19), 1, 0);
    near(statistics_least_p(0, 1), 1, 0);
    near(statistics_least_p(20, 3), 6.0 / 1048576, 0);
    static const size_t needed[][2] = {{1, 6}, {2, 7},  {3, 7},   {4, 8},  {6, 8},
                                       {7, 9}, {12, 9}, {13, 10}, {19, 10}};
    for (size_t i = 0; i < COUNT(needed); i++)
        assert_int_equal(statistics_pairs_needed(needed[i][0]), needed[i][1]);
}

/* It is the least p of the test, from pairs that all agree, adjusted by Holm. */
TEST(least_p_is_reached)
{
    double differences[10], p[7], adjusted[7];
    for (size_t i = 0; i < 10; i++)
        differences[i] = 1 + (double)i;
    for (size_t n = 2; n <= 10; n++)
        for (size_t m = 1; m <= 7; m++) {
            const char *reason;
            for (size_t i = 0; i < m; i++)
                p[i] = i == 0 ? statistics_sign_flip(differences, n, &reason) : 1;
            statistics_holm(p, m, adjusted);
            near(adjusted[0], statistics_least_p(n, m), 1e-15);
        }
}

TEST(leave_one_out)
{
    const double values[] = {1, 2, 6}; /* means of two: 4, 3.5, 1.5 */
    const struct interval range = statistics_leave_one_out(values, 3);
    near(range.low, 1.5, 1e-15);
    near(range.high, 4, 1e-15);
    assert_string_equal(statistics_leave_one_out(values, 1).reason, "fewer than 2 pairs");
    const double diverged[] = {1, INFINITY};
    assert_string_equal(statistics_leave_one_out(diverged, 2).reason, "a run diverged");
}

/* P(T > t) is 1/2 - atan(t) / pi with one degree of freedom, (1 - t / sqrt(t^2 + 2)) / 2 with two. */
TEST(tost)
{
    for (int i = -20; i <= 20; i++) {
        const long double shift = i / 10.0L, pi = acosl(-1), margin = 0.75L;
        const double two[] = {(double)shift - 1, (double)shift + 1}; /* sd / sqrt(2) is 1 */
        const long double t = margin - fabsl(shift);
        near(statistics_tost(two, 2, 0.75), (double)(0.5L - atanl(t) / pi), 1e-12);
        /* sd 1, over sqrt(3) */
        const double three[] = {(double)shift - 1, (double)shift, (double)shift + 1};
        const long double u = t * sqrtl(3);
        near(statistics_tost(three, 3, 0.75), (double)((1 - u / sqrtl(u * u + 2)) / 2), 1e-12);
    }
    /* below 0.05 exactly where the 90 % interval is within the margin */
    const double six[] = {0.1, -0.2, 0.3, 0.05, -0.1, 0.15};
    const struct interval interval = statistics_t_interval(six, 6, 0.90);
    near(statistics_tost(six, 6, interval.high), 0.05, 1e-9);
    assert_true(statistics_tost(six, 6, interval.high + 0.01) < 0.05);
    assert_true(statistics_tost(six, 6, interval.high - 0.01) > 0.05);
    const double same[] = {0, 0};
    near(statistics_tost(same, 2, 0.3), 0, 0);
    assert_true(isnan(statistics_tost(six, 1, 0.3)));
}

/* ---- Simulations ---------------------------------------------------------------------------- */

/* Arms that share seeds: normal errors beside an effect of each seed. */
static void simulate(uint32_t trial, double *values, size_t arms, size_t seeds)
{
    const struct rng rng = {77, RNG_PERMUTE};
    float errors[64], effects[16];
    rng_normal(rng, 2 * trial, 1, errors, arms * seeds);
    rng_normal(rng, 2 * trial + 1, 2, effects, seeds);
    for (size_t i = 0; i < arms * seeds; i++)
        values[i] = (double)errors[i] + (double)effects[i % seeds];
}

/* A share of `trials` is at most `expected`, and more than nothing; and at least `expected` where
 * it is exact: within four binomial deviations. */
static void check_share(size_t count, size_t trials, double expected, int exact)
{
    const double share = (double)count / (double)trials;
    const double slack = 4 * sqrt(expected * (1 - expected) / (double)trials);
    if (!(share <= expected + slack && (!exact || share >= expected - slack) && count > 0))
        fail_msg("%zu of %zu, expected %g", count, trials, expected);
}

/* Under no difference a family makes a claim in at most 5 % of the trials; the sign-flip test of 8
 * pairs and two comparisons has the level 0.05 almost: at 6/256 a comparison. */
TEST(holm_keeps_the_level)
{
    enum { TRIALS = 4000, ARMS = 3, SEEDS = 8 };
    size_t claims = 0;
    for (uint32_t trial = 0; trial < TRIALS; trial++) {
        double values[ARMS * SEEDS], p[ARMS - 1], adjusted[ARMS - 1];
        simulate(trial, values, ARMS, SEEDS);
        for (size_t a = 1; a < ARMS; a++) {
            double differences[SEEDS];
            const char *reason;
            for (size_t s = 0; s < SEEDS; s++)
                differences[s] = values[a * SEEDS + s] - values[s];
            p[a - 1] = statistics_sign_flip(differences, SEEDS, &reason);
        }
        statistics_holm(p, ARMS - 1, adjusted);
        claims += adjusted[0] < STATISTICS_LEVEL || adjusted[1] < STATISTICS_LEVEL;
    }
    check_share(claims, TRIALS, STATISTICS_LEVEL, 0);
}

/* No arm differs, or one differs by very much, which must not lead to a claim about the others. */
TEST(max_t_keeps_the_level)
{
    enum { TRIALS = 1500, ARMS = 3, SEEDS = 6 };
    for (int shifted = 0; shifted < 2; shifted++) {
        size_t claims = 0, found = 0;
        for (uint32_t trial = 0; trial < TRIALS; trial++) {
            double values[ARMS * SEEDS], p[ARMS];
            simulate(trial, values, ARMS, SEEDS);
            for (size_t s = 0; s < SEEDS; s++)
                values[2 * SEEDS + s] += shifted ? 30 : 0;
            assert_null(max_t_test(values, ARMS, SEEDS, 0, p).reason);
            claims += p[1] < STATISTICS_LEVEL || (!shifted && p[2] < STATISTICS_LEVEL);
            found += p[2] < STATISTICS_LEVEL;
        }
        check_share(claims, TRIALS, STATISTICS_LEVEL, 0);
        if (shifted)
            assert_int_equal(found, TRIALS);
    }
}

/* The pooled interval of a difference holds the true one in 95 % of the trials, and the F test of no
 * difference rejects in 5 %. */
TEST(pooled_intervals_cover)
{
    enum { TRIALS = 20000, ARMS = 4, SEEDS = 3 };
    size_t covered = 0, rejected = 0, p_low = 0;
    for (uint32_t trial = 0; trial < TRIALS; trial++) {
        double values[ARMS * SEEDS];
        simulate(trial, values, ARMS, SEEDS);
        for (size_t s = 0; s < SEEDS; s++)
            values[2 * SEEDS + s] += 5;
        struct two_way fit = two_way_fit(values, ARMS, SEEDS);
        const double difference =
            statistics_mean(&values[2 * SEEDS], SEEDS) - statistics_mean(&values[1 * SEEDS], SEEDS);
        const struct interval interval = two_way_interval(&fit, difference, 0.95);
        covered += interval.low <= 5 && interval.high >= 5;
        p_low += two_way_p(&fit, difference - 5) < 0.05;
        simulate(trial, values, ARMS, SEEDS);
        fit = two_way_fit(values, ARMS, SEEDS);
        rejected += fit.f_p < 0.05;
    }
    check_share(covered, TRIALS, 0.95, 1);
    check_share(p_low, TRIALS, 0.05, 1);
    check_share(rejected, TRIALS, 0.05, 1);
}

/* ---- max_t ---------------------------------------------------------------------------------- */

/* Arms of a block of values, the first of which is compared with the others. */
static double naive_p(const double *block, const int *arms, int size, int seeds)
{
    struct naive_set set = {.arms = (size_t)size, .seeds = (size_t)seeds};
    for (int a = 0; a < size; a++)
        for (int s = 0; s < seeds; s++)
            set.value[a][s] = block[arms[a] * seeds + s];
    return naive_max_t(&set);
}

/* Three arms against one, four seeds: 24^4 permutations of the largest set, all enumerated. */
TEST(max_t_is_its_definition)
{
    enum { ARMS = 4, SEEDS = 4, REFERENCE = 2 };
    static const int others[] = {0, 1, 3};
    double values[ARMS * SEEDS], p[ARMS], expected[ARMS] = {0};
    simulate(5, values, ARMS, SEEDS);
    for (size_t s = 0; s < SEEDS; s++)
        values[3 * SEEDS + s] += 2.5;
    const struct max_t result = max_t_test(values, ARMS, SEEDS, REFERENCE, p);
    assert_null(result.reason);
    assert_int_equal(result.random, 0);
    for (int set = 1; set < 8; set++) {
        int arms[ARMS] = {REFERENCE}, size = 1;
        for (int i = 0; i < 3; i++)
            if (set >> i & 1)
                arms[size++] = others[i];
        const double of_set = naive_p(values, arms, size, SEEDS);
        for (int i = 1; i < size; i++)
            expected[arms[i]] = fmax(expected[arms[i]], of_set);
    }
    for (int i = 0; i < 3; i++)
        near(p[others[i]], expected[others[i]], 1e-12);
    assert_true(isnan(p[REFERENCE]));
    assert_true(p[3] < p[0] && p[0] < 1);
}

TEST(max_t_of_one_arm_is_the_sign_flip_test)
{
    enum { SEEDS = 8 };
    for (uint32_t trial = 0; trial < 20; trial++) {
        double values[2 * SEEDS], p[2], differences[SEEDS];
        const char *reason;
        simulate(trial, values, 2, SEEDS);
        for (size_t s = 0; s < SEEDS; s++)
            differences[s] = values[SEEDS + s] - values[s];
        max_t_test(values, 2, SEEDS, 0, p);
        near(p[1], statistics_sign_flip(differences, SEEDS, &reason), 0);
    }
}

/* 24^5 permutations are too many for the program, so it draws some; here all are enumerated. */
TEST(max_t_draws_where_there_are_too_many)
{
    enum { ARMS = 4, SEEDS = 5 };
    static const int all[] = {0, 1, 2, 3};
    double values[ARMS * SEEDS], p[ARMS], again[ARMS];
    simulate(9, values, ARMS, SEEDS);
    for (size_t i = SEEDS; i < ARMS * SEEDS; i++)
        values[i] += 1; /* every arm differs alike, so that the whole set decides */
    const struct max_t result = max_t_test(values, ARMS, SEEDS, 0, p);
    assert_null(result.reason);
    assert_int_equal(result.random, 1);
    const double exact = naive_p(values, all, ARMS, SEEDS);
    double largest = 0;
    for (int a = 1; a < ARMS; a++)
        largest = fmax(largest, fabs(statistics_mean(&values[a * SEEDS], SEEDS) -
                                     statistics_mean(values, SEEDS)));
    for (int a = 1; a < ARMS; a++)
        if (fabs(fabs(statistics_mean(&values[a * SEEDS], SEEDS) - statistics_mean(values, SEEDS)) -
                 largest) < 1e-12)
            near(p[a], exact, 5 * sqrt(exact * (1 - exact) / MAX_T_DRAWS));
    max_t_test(values, ARMS, SEEDS, 0, again);
    for (int a = 1; a < ARMS; a++)
        near(again[a], p[a], 0);
}

TEST(max_t_says_why_not)
{
    double values[20] = {0}, p[10];
    assert_string_equal(max_t_test(values, 2, 1, 0, p).reason, "fewer than 2 seeds");
    assert_string_equal(max_t_test(values, 1, 2, 0, p).reason, "fewer than 2 arms");
    assert_string_equal(max_t_test(values, 10, 2, 0, p).reason, "more than 8 comparisons");
    assert_true(isnan(p[9]));
    values[3] = INFINITY;
    assert_string_equal(max_t_test(values, 2, 2, 0, p).reason, "a run diverged");
    values[3] = 0;
    assert_null(max_t_test(values, 2, 2, 0, p).reason); /* all alike: every permutation ties */
    near(p[1], 1, 0);
}

/* ---- two_way -------------------------------------------------------------------------------- */

/* Montgomery, Design and Analysis of Experiments, example 4.1 (vascular grafts, four pressures in six
 * blocks): mean square of the error 7.33 with 15 degrees of freedom, F = 8.11, P = 0.0019. */
TEST(two_way_published)
{
    static const double values[] = {90.3, 89.2, 98.2, 93.9, 87.4, 97.9, 92.5, 89.5,
                                    90.6, 94.7, 87.0, 95.8, 85.5, 90.8, 89.6, 86.2,
                                    88.0, 93.4, 82.5, 89.5, 85.6, 87.4, 78.9, 90.7};
    const struct two_way fit = two_way_fit(values, 4, 6);
    assert_null(fit.reason);
    near(fit.freedom, 15, 0);
    near(fit.sd * fit.sd, 7.33, 5e-3);
    near(fit.f, 8.11, 5e-3);
    near(fit.f_p, 0.0019, 5e-5);
    /* t of 15 degrees of freedom, 0.975: 2.131 */
    const struct interval interval = two_way_interval(&fit, 7.05, 0.95);
    near(interval.high - 7.05, 2.131 * sqrt(7.33 * 2 / 6), 2e-3);
}

/* With two arms it is the paired t test. With three, P(F > f) is (1 + 2 f / freedom)^(-freedom/2). */
TEST(two_way_closed_forms)
{
    enum { SEEDS = 7 };
    double values[3 * SEEDS], differences[SEEDS];
    simulate(3, values, 3, SEEDS);
    for (size_t s = 0; s < SEEDS; s++)
        differences[s] = values[SEEDS + s] - values[s];
    const struct two_way pair = two_way_fit(values, 2, SEEDS);
    const double mean = statistics_mean(differences, SEEDS);
    const struct interval paired = statistics_t_interval(differences, SEEDS, 0.95);
    const struct interval pooled = two_way_interval(&pair, mean, 0.95);
    near(pooled.low, paired.low, 1e-12);
    near(pooled.high, paired.high, 1e-12);
    near(two_way_p(&pair, mean), pair.f_p, 1e-12); /* F is the square of t */
    const struct two_way fit = two_way_fit(values, 3, SEEDS);
    near(fit.f_p, (double)powl(1 + 2 * (long double)fit.f / 12, -6), 1e-14);
    values[4] = INFINITY;
    assert_string_equal(two_way_fit(values, 3, SEEDS).reason, "a run diverged");
    assert_true(isnan(two_way_p(&(struct two_way){.reason = "none"}, 1)));
    assert_string_equal(two_way_fit(values + 8, 2, 1).reason, "fewer than 2 seeds");
}

/* ---- t_power -------------------------------------------------------------------------------- */

/* The mean over U = sqrt(chi^2 / freedom) of P(Z + delta > c U) + P(Z + delta < -c U), by Simpson's
 * rule; 12 is beyond all that counts. */
static long double integrated_power(int freedom, long double delta, long double quantile)
{
    enum { NODES = 100000 };
    const long double half = freedom / 2.0L, step = 12.0L / NODES;
    long double sum = 0;
    for (int i = 1; i <= NODES; i++) {
        const long double u = i * step;
        const long double density =
            2 * expl(half * logl(half) - lgammal(half) + (freedom - 1) * logl(u) - half * u * u);
        const long double p = erfcl((quantile * u - delta) / sqrtl(2)) / 2 +
                              erfcl((quantile * u + delta) / sqrtl(2)) / 2;
        sum += (i == NODES ? 1 : i % 2 ? 4 : 2) * density * p;
    }
    /* the end at 0: the density of one degree of freedom is not 0 there, and p is 1 at delta = 0 */
    if (freedom == 1)
        sum += 2 * sqrtl(0.5L) / sqrtl(acosl(-1)) *
               (erfcl(-delta / sqrtl(2)) / 2 + erfcl(delta / sqrtl(2)) / 2);
    return sum * step / 3;
}

TEST(power_is_the_integral)
{
    static const struct {
        int freedom;
        double quantile; /* of 0.975, as printed in tables */
    } cases[] = {{1, 12.7062047361747}, {5, 2.57058183563631}, {15, 2.13144954555978}};
    for (size_t i = 0; i < COUNT(cases); i++)
        for (double delta = 0; delta < 9; delta += 1.5)
            near(t_power(cases[i].freedom, delta, 0.05),
                 (double)integrated_power(cases[i].freedom, delta, cases[i].quantile), 1e-10);
    near(t_power(7, 0, 0.0125), 0.0125, 1e-12);
    near(t_power(9, -2.5, 0.05), t_power(9, 2.5, 0.05), 0);
    near(t_power(3, 40, 0.05), 1, 1e-12); /* e^-800 is below all doubles */
    near(t_power_of_pairs(6, 0.5, 1e-9, 0.05), 1, 0); /* at once; its series has 10^18 terms */
    near(t_power_of_pairs(2, 0.5, 0, 0.05), 1, 0);
    assert_true(isnan(t_power_of_pairs(2, 0, 0, 0.05)));
    const double quantile = 12.706204736432095; /* of t with 1 degree of freedom [any table] */
    near(t_power(1, 20 * quantile * (1 - 1e-9), 0.05), 1, 1e-12);
}

/* R's power.t.test(n = 20, delta = 1, sd = 1) for two groups, 38 degrees of freedom: 0.8689528 for the
 * nearer tail, 0.868953 with strict = TRUE for both, as here. Cohen (1988), G*Power: paired tests of d =
 * 0.2, 0.5, 0.8 with power 0.80 need 199, 34 and 15 pairs. */
TEST(power_published)
{
    near(t_power(38, sqrt(10), 0.05), 0.868953, 5e-7);
    assert_int_equal(t_power_pairs(0.2, 1, 0.05, 0.8), 199);
    assert_int_equal(t_power_pairs(0.5, 1, 0.05, 0.8), 34);
    assert_int_equal(t_power_pairs(4, 5, 0.05, 0.8), 15);
    assert_int_equal(t_power_pairs(0.001, 1, 0.05, 0.8), 0);
    for (size_t n = 2; n < 40; n += 5) {
        const double effect = t_power_effect(n, 0.4, 0.05 / 4, 0.8);
        near(t_power_of_pairs(n, effect, 0.4, 0.05 / 4), 0.8, 1e-5);
        assert_int_equal(t_power_pairs(effect * (1 + 1e-6), 0.4, 0.05 / 4, 0.8), n);
    }
    assert_true(isnan(t_power_effect(1, 1, 0.05, 0.8)));
}

/* Of the t test as computed; and of the sign-flip test, which at 12 pairs is nearly as good. */
TEST(power_is_what_happens)
{
    enum { TRIALS = 3000, PAIRS = 12 };
    size_t by_t = 0, by_flips = 0;
    for (uint32_t trial = 0; trial < TRIALS; trial++) {
        float normal[PAIRS];
        double differences[PAIRS];
        const char *reason;
        rng_normal((struct rng){78, RNG_PERMUTE}, trial, 1, normal, PAIRS);
        for (size_t i = 0; i < PAIRS; i++)
            differences[i] = 0.9 + (double)normal[i];
        by_t += statistics_t_interval(differences, PAIRS, 0.95).low > 0;
        by_flips += statistics_sign_flip(differences, PAIRS, &reason) < 0.05;
    }
    const double power = t_power_of_pairs(PAIRS, 0.9, 1, 0.05);
    check_share(by_t, TRIALS, power, 1);
    near((double)by_flips / TRIALS, power, 0.05);
}

/* ---- Verdicts ------------------------------------------------------------------------------- */

TEST(verdict)
{
    const struct interval below = {-0.5, -0.1, NULL}, above = {0.1, 0.5, NULL};
    const struct interval around = {-0.1, 0.5, NULL}, none = {NAN, NAN, "a run diverged"};
    assert_string_equal(statistics_verdict(6, 1, below, 0.03), "better");
    assert_string_equal(statistics_verdict(6, 1, above, 0.03), "worse");
    assert_string_equal(statistics_verdict(6, 1, around, 0.03), "no evidence");
    assert_string_equal(statistics_verdict(6, 1, below, 0.05), "no evidence");
    assert_string_equal(statistics_verdict(6, 1, below, NAN), "no evidence");
    assert_string_equal(statistics_verdict(6, 1, none, 0.03), "no evidence");
    assert_string_equal(statistics_verdict(8, 4, below, 0.04), "better");
    /* too few pairs for any errors */
    assert_string_equal(statistics_verdict(5, 1, below, 0.03), "not testable");
    assert_string_equal(statistics_verdict(7, 4, below, 0.03), "not testable");
    assert_string_equal(statistics_verdict(0, 1, none, NAN), "not testable");
}
