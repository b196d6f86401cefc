#define _POSIX_C_SOURCE 200809L
/* What `kdecay power` prints, of synthetic logs whose numbers are worked out here. */
#include "base/file.h"
#include "base/memory.h"
#include "report/power.h"
#include "tests/expect.h"
#include "tests/results_fixture.h"
#include "tests/tables.h"

#include "tests/tests.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char k1[] = "cifar10/preact-20/poly-k1.0", k2[] = "cifar10/preact-20/poly-k2.0";

static void six_seeds(const struct experiment *experiment, long *first, long *last)
{
    *first = experiment->first_seed;
    *last = *first + (experiment->seeds ? experiment->seeds : 6) - 1;
}

static struct power_options options_of(const struct fixture *fixture)
{
    return (struct power_options){
        .project = fixture_project(fixture), .effect = 0.5, .power = 0.8, .seeds = six_seeds};
}

/* What is printed, as CSV; free() it. */
static char *printed(const struct power_options *options)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    struct error error;
    expect_ok(power_write(options, out, &error), &error);
    fclose(out);
    char *csv = tables_printed(text, "question ");
    free(text);
    return csv;
}

/* The first columns of a question's row, and the last one. */
static void expect(const struct power_options *options, const char *question, const char *values)
{
    char *csv = printed(options), *row = memory_text("question: %s", question);
    tables_row(csv, row, "comparisons | planned | needed | least p | pairs | sd | can conclude",
               values);
    free(row);
    free(csv);
}

/* A number there; NaN for "-". */
static double number(const struct power_options *options, const char *question, const char *column)
{
    char *csv = printed(options), *row = memory_text("question: %s", question), *end;
    char *cell = tables_cell(csv, row, column);
    const double value = strtod(cell, &end);
    const int none = end == cell;
    free(cell);
    free(row);
    free(csv);
    return none ? NAN : value;
}

/* Differences -1 and 1 around 0: an sd of sqrt(2) with one degree of freedom. Cohen's tables have 65
 * pairs for d = 0.35, that is 0.5 / sqrt(2) = 0.354: 65 x (0.35 / 0.354)^2 = 64.6 or a little more. */
TEST(before_and_after_runs)
{
    struct fixture fixture = fixture_begin();
    struct power_options options = options_of(&fixture);
    static const char k[] = "cifar10/preact-20: k", pairs[] = "n for 0.5", finds[] = "finds";
    expect(&options, k, "1 | 6 | 6 | 0.0313 | 0 | - | testable");
    assert_true(isnan(number(&options, k, pairs)) && isnan(number(&options, k, finds)));
    const double ten[] = {10, 10}, around[] = {9, 11};
    fixture_write_arm(&fixture, k1, ten, 2);
    fixture_write_arm(&fixture, k2, around, 2);
    expect(&options, k, "1 | 6 | 6 | 0.0313 | 2 | 1.41 (1) | testable");
    assert_true(fabs(number(&options, k, pairs) - 65) <= 1);
    /* of six pairs d is 1.43 (G*Power 3.1, sensitivity) */
    const double found = number(&options, k, finds);
    assert_true(found > 1.41 * 1.41 && found < 1.45 * 1.42);
    /* a family of four */
    fixture_experiment(&fixture, "cifar10/preact-20/poly-k3.0", 3, 0.1);
    fixture_experiment(&fixture, "cifar10/preact-20/poly-k4.0", 4, 0.1);
    fixture_experiment(&fixture, "cifar10/preact-20/poly-k5.0", 5, 0.1);
    expect(&options, k, "4 | 6 | 8 | 0.1250 | 0 | 1.41 (1) | not testable (needs n = 8)");
    assert_true(number(&options, k, pairs) > 66 && isnan(number(&options, k, finds)));
    fixture_end(&fixture);
}

/* What a protocol registered is counted, and not looked at before it is complete; a question that has
 * no sd takes that of the same network, images and epochs. */
TEST(registered_runs_are_not_looked_at)
{
    static const char one[] = "confirmation/primary/k1.0", other[] = "confirmation/primary/k3.0";
    static const char protocol[] =
        "[run]\nseeds = 3\nprotocol = "
        "727d7daf21f944e23bad5392dbf03adf6c7e0a4db8c1ab2ae5de62a2dc2307af\n";
    struct fixture fixture = fixture_begin();
    struct power_options options = options_of(&fixture);
    char *with_k = memory_text("%s[schedule]\nk = 3\n", protocol);
    fixture_variant(&fixture, one, protocol);
    fixture_variant(&fixture, other, with_k);
    free(with_k);
    const double ten[] = {10, 10, 10}, apart[] = {9, 11, 10};
    fixture_write_arm(&fixture, one, ten, 3);
    fixture_write_arm(&fixture, other, apart, 2);
    static const char primary[] = "confirmation/primary: k";
    expect(&options, primary, "1 | 3 | 6 | 0.2500 | 2 | - | not testable (needs n = 6)");
    assert_true(isnan(number(&options, primary, "finds")));
    const double close[] = {10.1, 9.9};
    fixture_write_arm(&fixture, k1, ten, 2);
    fixture_write_arm(&fixture, k2, close, 2);
    expect(&options, primary, "1 | 3 | 6 | 0.2500 | 2 | ~0.14 (1) | not testable (needs n = 6)");
    fixture_write_arm(&fixture, other, apart, 3);
    expect(&options, primary, "1 | 3 | 6 | 0.2500 | 3 | 1.00 (2) | not testable (needs n = 6)");
    fixture_end(&fixture);
}

TEST(a_part)
{
    struct fixture fixture = fixture_begin();
    struct power_options options = options_of(&fixture);
    char *folder = memory_text("%s/cifar10", fixture.experiments);
    char *arm = memory_text("%s/%s.ini", fixture.experiments, k2);
    char *control = memory_text("%s/%s.ini", fixture.experiments, k1);
    const char *const parts[] = {folder, arm};
    for (int i = 0; i < 2; i++) {
        options.part = parts[i];
        expect(&options, "cifar10/preact-20: k", "1 | 6 | 6 | 0.0313 | 0 | - | testable");
    }
    struct error error;
    options.part = control;
    expect_failed(power_write(&options, stdout, &error), &error, "no comparison");
    free(folder);
    free(arm);
    free(control);
    fixture_end(&fixture);
}
