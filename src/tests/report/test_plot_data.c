#include "report/plot_data.h"

#include "base/file.h"
#include "base/memory.h"
#include "experiment/log.h"
#include "tests/results_fixture.h"

#include "tests/tests.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Reading ------------------------------------------------------------------------------ */

static struct fixture written(void)
{
    const struct ledger empty = {0};
    const struct experiment_files none = {0};
    struct fixture fixture = fixture_begin();
    struct error error;
    assert_int_equal(plot_data_write(&empty, &none, fixture.out, &error), 0);
    return fixture;
}

/* The numbers below a line of `columns` names, row by row. */
static double *read_numbers(const struct fixture *fixture, const char *name, const char *header,
                            size_t columns, size_t *rows)
{
    char *bytes = fixture_read(fixture->out, name);
    assert_memory_equal(bytes, header, strlen(header));
    double *numbers = NULL;
    size_t count = 0;
    char *at = strchr(bytes, '\n') + 1;
    for (*rows = 0; *at; ++*rows) {
        numbers = memory_resize(numbers, count + columns, sizeof *numbers);
        for (size_t c = 0; c < columns; c++) {
            char *end;
            numbers[count++] = strtod(at, &end);
            assert_true(end > at && *end == (c + 1 < columns ? '\t' : '\n'));
            at = end + 1;
        }
    }
    free(bytes);
    return numbers;
}

/* Nine digits were printed. */
static void assert_near(double shown, long double expected, const char *what, double k, double s)
{
    const double tolerance = fmax(1e-15, 6e-9 * fabs((double)expected));
    if (!(fabs(shown - (double)expected) <= tolerance))
        fail_msg("%s, k = %g, s = %g: expected %.10g, found %.10g", what, k, s, (double)expected,
                 shown);
}

/* ---- Schedules, by the formulas of the papers -------------------------------------------------
 */

enum { KS = 5, BASES = 10 };
static const double ks[KS] = {1, 1.5, 2, 3, 5};
static const char *const names[BASES] = {"linear", "cosine", "step", "exponential",  "tanh",
                                         "rex",    "knee",   "wsd",  "inverse-sqrt", "one-cycle"};

static const long double pi = 3.14159265358979323846L;

/* f(x) of the base of this index, x = s^k. */
static long double formula(int base, long double x)
{
    const long double q = 1e-3L;
    switch (base) {
    case 0:
        return 1 - x;
    case 1:
        return (1 + cosl(pi * x)) / 2;
    case 2:
        return x < 0.3L ? 1 : x < 0.6L ? 0.2L : x < 0.8L ? 0.04L : 0.008L;
    case 3:
        return (powl(q, x) - q) / (1 - q);
    case 4:
        return (1 - tanhl(-6 + 9 * x)) / 2;
    case 5:
        return (1 - x) / (0.5L + 0.5L * (1 - x));
    case 6:
        return fminl(1, 2 * (1 - x));
    case 7:
        return x < 0.8L ? 1 : 1 - sqrtl((x - 0.8L) / 0.2L);
    case 8:
        return fminl(x / 0.1L, sqrtl(0.1L / x));
    default:
        return x < 0.3L ? 0.52L - 0.48L * cosl(pi * x / 0.3L)
                        : (1 + cosl(pi * (x - 0.3L) / 0.7L)) / 2;
    }
}

/* Whether rounding decides on which side of a drop x is. */
static int at_drop(int base, long double x)
{
    return base == 2 &&
           (fabsl(x - 0.3L) < 1e-9L || fabsl(x - 0.6L) < 1e-9L || fabsl(x - 0.8L) < 1e-9L);
}

TEST(every_base)
{
    struct fixture fixture = written();
    size_t rows;
    const size_t columns = 1 + (BASES + 1) * KS;
    double *row = read_numbers(&fixture, "plots/bases.tsv",
                               "s\tlinear k = 1\tlinear k = 1.5\tlinear k = 2\t", columns, &rows);
    assert_int_equal(rows, 701);
    for (size_t i = 0; i < rows; i++) {
        const long double s = (long double)i / 700;
        assert_true(fabs(row[i * columns] - (double)s) < 1e-6);
        for (size_t k = 0; k < KS; k++) {
            const double *shown = row + i * columns + 1 + k;
            const long double x = powl(s, (long double)ks[k]);
            for (int b = 0; b < BASES; b++)
                if (!at_drop(b, x))
                    assert_near(shown[b * KS], formula(b, x), names[b], ks[k], (double)s);
            /* restarts after 1/7 and 3/7 */
            const long double t = (long double)i / 100;
            const long double part = i < 100 ? t : i < 300 ? (t - 1) / 2 : (t - 3) / 4;
            assert_near(shown[BASES * KS], formula(1, powl(part, (long double)ks[k])), "sgdr",
                        ks[k], (double)s);
        }
    }
    free(row);
    fixture_end(&fixture);
}

TEST(slopes_of_four_bases)
{
    struct fixture fixture = written();
    size_t rows;
    const size_t columns = 1 + 4 * KS;
    double *row = read_numbers(&fixture, "plots/slopes.tsv", "s\tlinear k = 1\t", columns, &rows);
    assert_int_equal(rows, 701);
    for (size_t i = 0; i < rows; i++)
        for (size_t k = 0; k < KS; k++) {
            const long double s = (long double)i / 700, q = 1e-3L;
            const long double x = powl(s, (long double)ks[k]);
            const long double turn = (long double)ks[k] * powl(s, (long double)ks[k] - 1);
            const double *shown = row + i * columns + 1 + k;
            assert_near(shown[0 * KS], -turn, "linear", ks[k], (double)s);
            assert_near(shown[1 * KS], -pi / 2 * sinl(pi * x) * turn, "cosine", ks[k], (double)s);
            assert_near(shown[2 * KS], logl(q) * powl(q, x) / (1 - q) * turn, "exponential", ks[k],
                        (double)s);
            assert_near(shown[3 * KS], -0.5L / ((1 - x / 2) * (1 - x / 2)) * turn, "rex", ks[k],
                        (double)s);
        }
    free(row);
    fixture_end(&fixture);
}

TEST(areas)
{
    struct fixture fixture = written();
    size_t rows;
    const size_t columns = 1 + BASES;
    double *row = read_numbers(&fixture, "plots/area.tsv",
                               "k\tlinear\tcosine\tstep\texponential\ttanh\trex\tknee\twsd\t"
                               "inverse-sqrt\tone-cycle\n",
                               columns, &rows);
    assert_int_equal(rows, 96);
    for (size_t i = 0; i < rows; i++) {
        const double *shown = row + i * columns, k = (double)(i + 5) / 10;
        assert_true(shown[0] == k);
        assert_near(shown[1], (long double)k / ((long double)k + 1), "linear", k, NAN);
        /* by a finer midpoint sum than the program's */
        for (int b = 1; b < BASES && i % 19 == 0; b++) {
            enum { POINTS = 20000 };
            long double sum = 0;
            for (int p = 0; p < POINTS; p++)
                sum += formula(b, powl((p + 0.5L) / POINTS, (long double)k));
            if (!(fabs(shown[1 + b] - (double)(sum / POINTS)) < 3e-5))
                fail_msg("%s, k = %g: expected %.9g, found %.9g", names[b], k,
                         (double)(sum / POINTS), shown[1 + b]);
        }
    }
    const double *plain = row + 5 * columns;
    assert_near(plain[2], 0.5L, "cosine", 1, NAN);
    assert_near(plain[3], 0.3L + 0.2L * 0.3L + 0.04L * 0.2L + 0.008L * 0.2L, "step", 1, NAN);
    assert_near(plain[6], 2 - 2 * logl(2), "rex", 1, NAN);
    assert_near(plain[7], 0.75L, "knee", 1, NAN);
    assert_near(plain[8], 0.8L + 0.2L / 3, "wsd", 1, NAN);
    free(row);
    fixture_end(&fixture);
}

/* f(x) < 0.1 from the x on that solves f(x) = 0.1. */
TEST(low_rates)
{
    struct fixture fixture = written();
    const long double q = 1e-3L;
    const long double from[] = {0.9L, acosl(-0.8L) / pi, logl(q + 0.1L * (1 - q)) / logl(q),
                                0.9L / 0.95L, 0.95L};
    size_t rows;
    double *row = read_numbers(&fixture, "plots/low-rate.tsv",
                               "k\tlinear\tcosine\texponential\trex\tknee\n", 6, &rows);
    assert_int_equal(rows, 96);
    for (size_t i = 0; i < rows; i++) {
        const double k = (double)(i + 5) / 10;
        assert_true(row[i * 6] == k);
        for (int b = 0; b < 5; b++)
            assert_near(row[i * 6 + 1 + (size_t)b], 1 - powl(from[b], 1 / (long double)k),
                        "share of a base", k, b);
    }
    free(row);
    fixture_end(&fixture);
}
