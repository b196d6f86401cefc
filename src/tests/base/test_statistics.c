#include "tests/tests.h"

#include "base/statistics.h"

#include <math.h>

static void near(double value, double expected, double tolerance)
{
    if (!(fabs(value - expected) <= tolerance))
        fail_msg("%.10g is not %.10g", value, expected);
}

static void mean_and_sd(void **state)
{
    (void)state;
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
static void t_interval(void **state)
{
    (void)state;
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
static void t_quantiles(void **state)
{
    (void)state;
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
    for (size_t i = 0; i < sizeof printed / sizeof printed[0]; i++)
        for (size_t level = 0; level < 3; level++) {
            const size_t n = printed[i].freedom + 1;
            const struct interval interval = statistics_t_interval(values, n, levels[level]);
            const double root = sqrt((double)printed[i].freedom);
            near(interval.high * root, printed[i].quantile[level], 5.01e-4);
            near(interval.low, -interval.high, 1e-12);
        }
}

static void sign_flip(void **state)
{
    (void)state;
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
    /* equal but for the rounding of sums: 0.1 + 0.2 against 0.3 */
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

static void holm(void **state)
{
    (void)state;
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

static void verdict(void **state)
{
    (void)state;
    const struct interval below = {-0.5, -0.1, NULL}, above = {0.1, 0.5, NULL};
    const struct interval around = {-0.1, 0.5, NULL}, none = {NAN, NAN, "a run diverged"};
    assert_string_equal(statistics_verdict(6, below, 0.03), "better");
    assert_string_equal(statistics_verdict(6, above, 0.03), "worse");
    assert_string_equal(statistics_verdict(6, around, 0.03), "no evidence");
    assert_string_equal(statistics_verdict(6, below, 0.05), "no evidence");
    assert_string_equal(statistics_verdict(6, below, NAN), "no evidence");
    assert_string_equal(statistics_verdict(5, below, 0.03), "no evidence");
    assert_string_equal(statistics_verdict(6, none, 0.03), "no evidence");
}

const struct CMUnitTest statistics_tests[] = {
    cmocka_unit_test(mean_and_sd), cmocka_unit_test(t_interval), cmocka_unit_test(t_quantiles),
    cmocka_unit_test(sign_flip),   cmocka_unit_test(holm),       cmocka_unit_test(verdict),
};
const size_t statistics_test_count = sizeof statistics_tests / sizeof statistics_tests[0];
