#include "base/file.h"
#include "base/memory.h"
#include "report/report.h"
#include "tests/results_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* last: cmocka has a macro of the name fail */
#include "tests/tests.h"

static const char plain_linear[] = "schedules/plain/linear", linear[] = "schedules/k2.0/linear",
                  knee[] = "schedules/k2.0/knee";

/* Means 10, 9, 9.5; squares around them sum to 0.025, 0.105, 0.025.
 * linear - plain: -1, -1.1, -0.9, -1, -1.2, -0.8, of sd sqrt(0.02): half width 2.570582 sqrt(0.02 /
 * 6) = 0.1484; knee - linear: 0.5, 0.6, 0.4, 0.5, 0.7, 0.3, the same; knee - plain: -0.5 six times.
 * All differences of one sign: p = 2 / 64. */
static const double plain_errors[] = {10.00, 10.10, 9.90, 10.05, 9.95, 10.00};
static const double linear_errors[] = {9.00, 9.00, 9.00, 9.05, 8.75, 9.20};
static const double knee_errors[] = {9.50, 9.60, 9.40, 9.55, 9.45, 9.50};

static struct fixture begin(void)
{
    struct fixture fixture = fixture_begin();
    fixture_variant(&fixture, plain_linear, "[schedule]\ndecay = linear\n");
    fixture_variant(&fixture, "schedules/plain/step",
                    "[schedule]\ndecay = step\nlr_end = 0\ndrops = 1\n");
    fixture_variant(&fixture, linear, "[schedule]\ndecay = linear\nk = 2\n");
    fixture_variant(&fixture, knee, "[schedule]\ndecay = knee\nhold = 0.33333333\n");
    fixture_variant(&fixture, "schedules/k2.0/constant",
                    "[schedule]\ndecay = constant\nlr = 0.0667\n");
    return fixture;
}

static void write_arms(const struct fixture *fixture, size_t n)
{
    fixture_write_arm(fixture, plain_linear, plain_errors, n);
    fixture_write_arm(fixture, linear, linear_errors, n);
    fixture_write_arm(fixture, knee, knee_errors, n);
}

static int write_report(const struct fixture *fixture, const char *experiments, struct error *error)
{
    const struct report_sources sources = {fixture->results, experiments, fixture->published};
    return report_write(&sources, fixture->out, error);
}

/* Make the report again; its table, to free(). `ending` as ".csv". */
static char *table_of(const struct fixture *fixture, const char *ending)
{
    struct error error;
    if (write_report(fixture, fixture->experiments, &error) != 0)
        fail_msg("%s", error.text);
    char *name = memory_text("tables/table-schedules%s", ending);
    char *bytes = fixture_read(fixture->out, name);
    free(name);
    return bytes;
}

static void expect(const char *bytes, const char *what)
{
    if (!strstr(bytes, what))
        fail_msg("\"%s\" is not in:\n%s", what, bytes);
}

/* 782 steps: the mean of 1 - (t / T)^k is 1 - 1/(k + 1) + 1/1564, nearly. The step's rates are 0.1
 * and 0.01: (0.055 - 0.0001) / 0.0999. The constant's: (0.0667 - 0.0001) / 0.0999. Against the
 * linear k = 2 stands one comparison; against the plain linear two, so that Holm doubles p. */
static void rows_and_groups(void **state)
{
    (void)state;
    struct fixture fixture = begin();
    write_arms(&fixture, 6);
    char *csv = table_of(&fixture, ".csv");
    char *expected = memory_text(
        "plain,linear,desk,2,0.501,6,10.00,0.07,-,-,-,-,-,-,-,-,schedules/plain/linear\n"
        "plain,\"step, lr_end 0, drops 1\",desk,2,0.550,0,-,-,linear,0,-,-,-,-,-,-,"
        "make run EXP=%s/schedules/plain/step.ini SEED=1\n"
        "k2.0,\"linear, k 2\",desk,2,0.667,6,9.00,0.14,linear,6,-1.00,-1.15,-0.85,0.0313,0.0625,"
        "no evidence,schedules/k2.0/linear\n"
        "k2.0,\"constant, lr 0.0667\",desk,2,0.667,0,-,-,\"linear, k 2\",0,-,-,-,-,-,-,"
        "make run EXP=%s/schedules/k2.0/constant.ini SEED=1\n"
        "k2.0,\"constant, lr 0.0667\",desk,2,0.667,0,-,-,linear,0,-,-,-,-,-,-,"
        "make run EXP=%s/schedules/k2.0/constant.ini SEED=1\n"
        "k2.0,\"knee, hold 0.333\",desk,2,0.667,6,9.50,0.07,\"linear, k 2\",6,+0.50,+0.35,+0.65,"
        "0.0313,0.0313,worse,schedules/k2.0/knee\n"
        "k2.0,\"knee, hold 0.333\",desk,2,0.667,6,9.50,0.07,linear,6,-0.50,-0.50,-0.50,0.0313,"
        "0.0625,no evidence,schedules/k2.0/knee\n",
        fixture.experiments, fixture.experiments, fixture.experiments);
    assert_string_equal(strchr(csv, '\n') + 1, expected);
    free(expected);
    free(csv);
    fixture_end(&fixture);
}

static void text_and_latex(void **state)
{
    (void)state;
    struct fixture fixture = begin();
    write_arms(&fixture, 6);
    char *text = table_of(&fixture, ".txt"), *tex = table_of(&fixture, ".tex");
    expect(text,
           "-\nCIFAR-10, preact-20, f32, 2 epochs (scale: desk); each base as published, k = 1\n"
           "linear ");
    expect(text, "\n\nCIFAR-10, preact-20, f32, 2 epochs (scale: desk); mean factor 0.667, that of "
                 "k = 2\nlinear, k 2 ");
    char *commands = memory_text(":\n  make run EXP=%s/schedules/plain/step.ini SEED=1\n"
                                 "  make run EXP=%s/schedules/k2.0/constant.ini SEED=1\n",
                                 fixture.experiments, fixture.experiments);
    expect(text, commands);
    expect(tex, "knee, hold 0.333 & 0.667 & \\fromruns{schedules/k2.0/knee}{6} & "
                "\\fromruns{schedules/k2.0/knee}{$9.50 \\pm 0.07$} & linear, k 2 & "
                "\\fromruns{schedules/k2.0/knee}{6} & "
                "\\fromruns{schedules/k2.0/knee}{$+0.50$} & "
                "\\fromruns{schedules/k2.0/knee}{$[+0.35, +0.65]$} & "
                "\\fromruns{schedules/k2.0/knee}{0.0313} & "
                "\\fromruns{schedules/k2.0/knee}{worse} \\\\\n"
                " &  &  &  & linear & \\fromruns{schedules/k2.0/knee}{6} & ");
    free(commands);
    free(tex);
    free(text);
    fixture_end(&fixture);
}

/* Mean 0.54, sd sqrt(0.013), half width 2.776445 sqrt(0.013 / 5) = 0.1416; p = 2 / 32. */
static void five_seeds_are_no_evidence(void **state)
{
    (void)state;
    struct fixture fixture = begin();
    write_arms(&fixture, 5);
    char *csv = table_of(&fixture, ".csv");
    expect(csv,
           ",\"linear, k 2\",5,+0.54,+0.40,+0.68,0.0625,0.0625,no evidence,schedules/k2.0/knee");
    free(csv);
    fixture_end(&fixture);
}

/* Seeds 2 to 6 against 1 to 6: -1.1, -0.9, -1, -1.2, -0.8, half width 2.776445 sqrt(0.025 / 5) =
 * 0.1963. */
static void pairs_are_by_seed(void **state)
{
    (void)state;
    struct fixture fixture = begin();
    fixture_write_arm(&fixture, plain_linear, plain_errors, 6);
    fixture_write_arm(&fixture, linear, linear_errors, 6);
    char *first = memory_text("%s/%s/seed-1.tsv", fixture.results, linear);
    assert_int_equal(remove(first), 0);
    char *csv = table_of(&fixture, ".csv");
    expect(csv, ",5,9.00,0.16,linear,5,-1.00,-1.20,-0.80,0.0625,0.0625,no evidence,");
    free(csv);
    free(first);
    fixture_end(&fixture);
}

/* A diverged run, with a seed that the control has not, leaves its arm without comparisons; the
 * other arm's p is then alone in its family. */
static void diverged_arm(void **state)
{
    (void)state;
    struct fixture fixture = begin();
    write_arms(&fixture, 6);
    fixture_write_diverged(&fixture, knee, 7);
    char *csv = table_of(&fixture, ".csv");
    expect(csv,
           ",7,diverged: 1 of 7,-,\"linear, k 2\",6,-,-,-,-,-,no evidence,schedules/k2.0/knee");
    expect(csv, ",7,diverged: 1 of 7,-,linear,6,-,-,-,-,-,no evidence,schedules/k2.0/knee");
    expect(csv, ",linear,6,-1.00,-1.15,-0.85,0.0313,0.0313,better,schedules/k2.0/linear");
    free(csv);
    fixture_end(&fixture);
}

/* So does one of the control, for all that is compared with it. */
static void diverged_control(void **state)
{
    (void)state;
    struct fixture fixture = begin();
    write_arms(&fixture, 6);
    fixture_write_diverged(&fixture, plain_linear, 7);
    char *csv = table_of(&fixture, ".csv");
    expect(csv, ",7,diverged: 1 of 7,-,-,-,-,-,-,-,-,-,schedules/plain/linear");
    expect(csv, ",linear,6,-,-,-,-,-,no evidence,schedules/k2.0/linear");
    expect(csv, ",linear,6,-,-,-,-,-,no evidence,schedules/k2.0/knee");
    expect(csv, ",\"linear, k 2\",6,+0.50,+0.35,+0.65,0.0313,0.0313,worse,schedules/k2.0/knee");
    free(csv);
    fixture_end(&fixture);
}

static void thesis_table_leaves_them_out(void **state)
{
    (void)state;
    struct fixture fixture = begin();
    write_arms(&fixture, 6);
    fixture_write_arm(&fixture, "cifar10/preact-20/poly-k2.0", linear_errors, 2);
    free(table_of(&fixture, ".csv"));
    char *desk = fixture_read(fixture.out, "tables/table-5-2-desk.csv");
    assert_string_equal(strchr(desk, '\n') + 1, "preact-20,polynomial,desk,2,2,2,9.00,0.00,8.50,"
                                                "0,-,-,-,-,-,no evidence\n");
    free(desk);
    fixture_end(&fixture);
}

static void no_arms(void **state)
{
    (void)state;
    struct fixture fixture = fixture_begin();
    char *csv = table_of(&fixture, ".csv"), *text = table_of(&fixture, ".txt");
    expect(text, "\nno experiment below schedules/ yet\n");
    assert_string_equal(strchr(csv, '\n') + 1, "");
    free(text);
    free(csv);
    fixture_end(&fixture);
}

static void refused_arms(void **state)
{
    (void)state;
    static const struct {
        const char *arm, *text, *message;
    } bad[] = {
        {"schedules/k2.0/cosine", "[training]\nepochs = 3\n[schedule]\ndecay = cosine\n",
         "schedules/k2.0/cosine: expected to differ from schedules/plain/linear in the schedule "
         "alone"},
        {"schedules/k3.0/cosine", "[schedule]\ndecay = cosine\n",
         "schedules/k3.0/cosine: expected a linear.ini beside it"},
    };
    struct error error;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct fixture fixture = begin();
        fixture_variant(&fixture, bad[i].arm, bad[i].text);
        assert_int_equal(write_report(&fixture, fixture.experiments, &error), -1);
        expect(error.text, bad[i].message);
        fixture_end(&fixture);
    }
    struct fixture fixture = fixture_begin();
    fixture_variant(&fixture, linear, "[schedule]\ndecay = linear\nk = 2\n");
    assert_int_equal(write_report(&fixture, fixture.experiments, &error), -1);
    expect(error.text, "schedules/k2.0/linear: expected an experiment schedules/plain/linear");
    fixture_variant(&fixture, plain_linear, "[run]\nscale = full\n[schedule]\ndecay = linear\n");
    fixture_variant(&fixture, linear, "[run]\nscale = full\n[schedule]\ndecay = linear\nk = 2\n");
    assert_int_equal(write_report(&fixture, fixture.experiments, &error), -1);
    expect(error.text, "schedules/plain/linear: expected scale desk");
    fixture_variant(&fixture, plain_linear, "[data]\nset = cifar100\n[schedule]\ndecay = linear\n");
    fixture_variant(&fixture, linear,
                    "[data]\nset = cifar100\n[schedule]\ndecay = linear\nk = 2\n");
    assert_int_equal(write_report(&fixture, fixture.experiments, &error), -1);
    expect(error.text, "schedules/plain/linear: expected CIFAR-10");
    fixture_end(&fixture);
}

/* The project's own arms: those of kK have the factor k / (k + 1), the constant rate, too. */
static void own_arms_have_equal_means(void **state)
{
    (void)state;
    struct fixture fixture = fixture_begin();
    struct error error;
    if (write_report(&fixture, "experiments", &error) != 0)
        fail_msg("%s", error.text);
    char *csv = fixture_read(fixture.out, "tables/table-schedules.csv");
    int lines[2] = {0, 0};
    for (char *line = strtok(csv, "\n"); line; line = strtok(NULL, "\n")) {
        const int three = strncmp(line, "k3.0,", 5) == 0;
        if (!three && strncmp(line, "k2.0,", 5) != 0)
            continue;
        expect(line, three ? ",0.750," : ",0.667,");
        lines[three]++;
    }
    assert_int_equal(lines[0], 17); /* linear, and eight others with two controls */
    assert_int_equal(lines[1], 17);
    free(csv);
    fixture_end(&fixture);
}

const struct CMUnitTest schedule_table_tests[] = {
    cmocka_unit_test(rows_and_groups),
    cmocka_unit_test(text_and_latex),
    cmocka_unit_test(five_seeds_are_no_evidence),
    cmocka_unit_test(pairs_are_by_seed),
    cmocka_unit_test(diverged_arm),
    cmocka_unit_test(diverged_control),
    cmocka_unit_test(thesis_table_leaves_them_out),
    cmocka_unit_test(no_arms),
    cmocka_unit_test(refused_arms),
    cmocka_unit_test(own_arms_have_equal_means),
};
const size_t schedule_table_test_count =
    sizeof schedule_table_tests / sizeof schedule_table_tests[0];
