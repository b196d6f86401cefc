#include "base/decimal.h"
#include "base/memory.h"
#include "base/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/tests.h"

static void expect(double value, const char *sign, int decimals, const char *expected)
{
    char *text = decimal_text(value, sign, decimals);
    assert_string_equal(text, expected);
    free(text);
}

/* Ties whose binary fractions lie on either side. */
TEST(ties_go_away_from_zero)
{
    expect(-1.575, "+", 2, "-1.58");
    expect(1.575, "+", 2, "+1.58");
    expect(-0.145, "+", 2, "-0.15");
    expect(0.265, "", 2, "0.27");
    expect(0.005, "", 2, "0.01");
    expect(1.005, "", 2, "1.01");
    expect(2.675, "", 2, "2.68");
    expect(43.175, "", 2, "43.18");
    expect(28.425, "+", 2, "+28.43");
    expect(0.5, "", 0, "1");
    expect(2.5, "", 0, "3");
}

TEST(all_else_is_as_printf_has_it)
{
    static const double values[] = {0,    1,       -1,     0.004, -0.004, 99.994,   99.996,
                                    1e-9, 12.3449, 12.346, 1e300, -1e16,  INFINITY, -INFINITY};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        for (int decimals = 0; decimals <= 4; decimals++) {
            char *expected = memory_text("%+.*f", decimals, values[i]);
            expect(values[i], "+", decimals, expected);
            free(expected);
        }
    char *text = decimal_text(NAN, "", 2);
    assert_non_null(strstr(text, "nan"));
    free(text);
}

/* The mean of n errors whose hundredths add up to m, as the program takes it, against integers. */
TEST(means_of_errors)
{
    for (long n = 1; n <= 20; n++)
        for (long m = 0; m < 10000 * n; m += n < 3 ? 1 : 37) {
            double error[20];
            for (long i = 0; i < n; i++)
                error[i] = (double)(m / n + (i < m % n)) / 100;
            const long rounded = (2 * m + n) / (2 * n);
            char *expected = memory_text("%ld.%02ld", rounded / 100, rounded % 100);
            char *mirror = memory_text("-%s", expected);
            const double mean = statistics_mean(error, (size_t)n);
            expect(mean, "", 2, expected);
            expect(-mean, "", 2, mirror);
            free(mirror);
            free(expected);
        }
}
