#include "base/file.h"
#include "base/memory.h"
#include "tests/expect.h"
#include "tests/results_fixture.h"
#include "tests/tables.h"

#include "tests/tests.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* The one row of a schedule, in a group, against a control, has these cells. */
static void expect(const struct fixture *fixture, const char *group, const char *schedule,
                   const char *against, const char *cells)
{
    char *row = memory_text("group: %s | schedule: %s | against: %s", group, schedule, against);
    tables_expect(fixture, "table-schedules", row, cells);
    free(row);
}

/* 782 steps: the mean of 1 - (t / T)^k is 1 - 1/(k + 1) + 1/1564, nearly. The step's rates are 0.1
 * and 0.01: (0.055 - 0.0001) / 0.0999. The constant's: (0.0667 - 0.0001) / 0.0999. With
 * constant, which has no runs yet, two comparisons are planned against the linear k = 2 and three
 * against the plain linear, so that Holm doubles and trebles p, and seven pairs are needed. */
TEST(rows_and_groups)
{
    struct fixture fixture = begin();
    write_arms(&fixture, 6);
    tables_expect_column(&fixture, "table-schedules", NULL, "schedule",
                         "linear | step, lr_end 0, drops 1 | linear, k 2 | constant, lr 0.0667 | "
                         "constant, lr 0.0667 | knee, hold 0.333 | knee, hold 0.333");
    tables_expect_column(&fixture, "table-schedules", "group: k2.0", "against",
                         "linear | linear, k 2 | linear | linear, k 2 | linear");
    expect(&fixture, "plain", "linear", "-",
           "scale: desk | epochs: 2 | mean factor: 0.501 | n: 6 | last epoch (%): 10.00 | "
           "sample sd: 0.07 | pairs: - | difference: - | Holm p: - | verdict: - | "
           "arm, or what fills the row: schedules/plain/linear");
    char *command = memory_text("mean factor: 0.550 | n: 0 | last epoch (%%): - | pairs: 0 | "
                                "difference: - | verdict: - | arm, or what fills the row: "
                                "make run EXP=%s/schedules/plain/step.ini SEED=1",
                                fixture.experiments);
    expect(&fixture, "plain", "step, lr_end 0, drops 1", "linear", command);
    free(command);
    expect(&fixture, "k2.0", "linear, k 2", "linear",
           "mean factor: 0.667 | last epoch (%): 9.00 | sample sd: 0.14 | pairs: 6 | "
           "difference: -1.00 | 95% low: -1.15 | 95% high: -0.85 | sign-flip p: 0.0313 | "
           "Holm p: 0.0938 | verdict: not testable (needs n = 7)");
    expect(&fixture, "k2.0", "constant, lr 0.0667", "linear, k 2", "mean factor: 0.667 | n: 0");
    expect(&fixture, "k2.0", "constant, lr 0.0667", "linear", "mean factor: 0.667 | n: 0");
    expect(&fixture, "k2.0", "knee, hold 0.333", "linear, k 2",
           "mean factor: 0.667 | n: 6 | last epoch (%): 9.50 | sample sd: 0.07 | pairs: 6 | "
           "difference: +0.50 | 95% low: +0.35 | 95% high: +0.65 | sign-flip p: 0.0313 | "
           "Holm p: 0.0625 | verdict: not testable (needs n = 7)");
    expect(&fixture, "k2.0", "knee, hold 0.333", "linear",
           "n: 6 | last epoch (%): 9.50 | difference: -0.50 | 95% low: -0.50 | 95% high: -0.50 | "
           "Holm p: 0.0938 | verdict: not testable (needs n = 7)");
    fixture_end(&fixture);
}

TEST(text_and_latex)
{
    struct fixture fixture = begin();
    write_arms(&fixture, 6);
    tables_expect_text(
        &fixture, "table-schedules.txt",
        "-\nCIFAR-10, preact-20, f32, 2 epochs (scale: desk); each base as published, k = 1\n"
        "linear ");
    tables_expect_text(
        &fixture, "table-schedules.txt",
        "\n\nCIFAR-10, preact-20, f32, 2 epochs (scale: desk); mean factor 0.667, that of "
        "k = 2\nlinear, k 2 ");
    char *commands = memory_text(":\n  make run EXP=%s/schedules/plain/step.ini SEED=1\n"
                                 "  make run EXP=%s/schedules/k2.0/constant.ini SEED=1\n",
                                 fixture.experiments, fixture.experiments);
    tables_expect_text(&fixture, "table-schedules.txt", commands);
    tables_expect_text(&fixture, "table-schedules.tex",
                       "knee, hold 0.333 & 0.667 & \\fromruns{schedules/k2.0/knee}{6} & "
                       "\\fromruns{schedules/k2.0/knee}{$9.50 \\pm 0.07$} & linear, k 2 & "
                       "\\fromruns{schedules/k2.0/knee}{6} & "
                       "\\fromruns{schedules/k2.0/knee}{$+0.50$} & "
                       "\\fromruns{schedules/k2.0/knee}{$[+0.35, +0.65]$} & "
                       "\\fromruns{schedules/k2.0/knee}{0.0625} & "
                       "\\fromruns{schedules/k2.0/knee}{not testable} \\\\\n"
                       " &  &  &  & linear & \\fromruns{schedules/k2.0/knee}{6} & ");
    free(commands);
    fixture_end(&fixture);
}

/* Mean 0.54, sd sqrt(0.013), half width 2.776445 sqrt(0.013 / 5) = 0.1416; p = 2 / 32, of two comparisons. */
TEST(five_seeds_are_no_evidence)
{
    struct fixture fixture = begin();
    write_arms(&fixture, 5);
    expect(&fixture, "k2.0", "knee, hold 0.333", "linear, k 2",
           "pairs: 5 | difference: +0.54 | 95% low: +0.40 | 95% high: +0.68 | "
           "sign-flip p: 0.0625 | Holm p: 0.1250 | verdict: not testable (needs n = 7)");
    fixture_end(&fixture);
}

/* Seeds 2 to 6 against 1 to 6: -1.1, -0.9, -1, -1.2, -0.8, half width 2.776445 sqrt(0.025 / 5) =
 * 0.1963. */
TEST(pairs_are_by_seed)
{
    struct fixture fixture = begin();
    fixture_write_arm(&fixture, plain_linear, plain_errors, 6);
    fixture_write_arm(&fixture, linear, linear_errors, 6);
    char *first = memory_text("%s/%s/seed-1.tsv", fixture.results, linear);
    assert_int_equal(remove(first), 0);
    expect(&fixture, "k2.0", "linear, k 2", "linear",
           "n: 5 | last epoch (%): 9.00 | sample sd: 0.16 | pairs: 5 | difference: -1.00 | "
           "95% low: -1.20 | 95% high: -0.80 | sign-flip p: 0.0625 | verdict: not testable (needs "
           "n = 7)");
    free(first);
    fixture_end(&fixture);
}

/* A diverged run, with a seed that the control has not, leaves its arm without comparisons; the
 * family stays as large as it was planned. */
TEST(diverged_arm)
{
    struct fixture fixture = begin();
    write_arms(&fixture, 6);
    fixture_write_diverged(&fixture, knee, 7);
    static const char diverged[] = "n: 7 | last epoch (%): diverged: 1 of 7 | sample sd: - | "
                                   "pairs: 6 | difference: - | 95% low: - | sign-flip p: - | "
                                   "Holm p: - | verdict: not testable (needs n = 7)";
    expect(&fixture, "k2.0", "knee, hold 0.333", "linear, k 2", diverged);
    expect(&fixture, "k2.0", "knee, hold 0.333", "linear", diverged);
    expect(&fixture, "k2.0", "linear, k 2", "linear",
           "difference: -1.00 | Holm p: 0.0938 | verdict: not testable (needs n = 7)");
    fixture_end(&fixture);
}

/* So does one of the control, for all that is compared with it. */
TEST(diverged_control)
{
    struct fixture fixture = begin();
    write_arms(&fixture, 6);
    fixture_write_diverged(&fixture, plain_linear, 7);
    expect(&fixture, "plain", "linear", "-", "n: 7 | last epoch (%): diverged: 1 of 7");
    expect(&fixture, "k2.0", "linear, k 2", "linear",
           "pairs: 6 | difference: - | Holm p: - | verdict: not testable (needs n = 7)");
    expect(&fixture, "k2.0", "knee, hold 0.333", "linear",
           "pairs: 6 | difference: - | Holm p: - | verdict: not testable (needs n = 7)");
    expect(&fixture, "k2.0", "knee, hold 0.333", "linear, k 2",
           "pairs: 6 | difference: +0.50 | Holm p: 0.0625 | verdict: not testable (needs n = 7)");
    fixture_end(&fixture);
}

TEST(thesis_table_leaves_them_out)
{
    struct fixture fixture = begin();
    write_arms(&fixture, 6);
    fixture_write_arm(&fixture, "cifar10/preact-20/poly-k2.0", linear_errors, 2);
    tables_expect(&fixture, "table-5-2-desk", "network: preact-20",
                  "decay: polynomial | epochs: 2 | k: 2 | n: 2 | last epoch (%): 9.00 | "
                  "sample sd: 0.00 | test-selected best (%): 8.50 | pairs: 0 | "
                  "verdict: not testable (needs n = 6)");
    tables_expect_column(&fixture, "table-5-2-desk", NULL, "k", "2");
    fixture_end(&fixture);
}

TEST(no_arms)
{
    struct fixture fixture = fixture_begin();
    tables_expect_text(&fixture, "table-schedules.txt", "\nno experiment below schedules/ yet\n");
    tables_expect_column(&fixture, "table-schedules", NULL, "schedule", "");
    fixture_end(&fixture);
}

TEST(refused_arms)
{
    static const struct {
        const char *arm, *text, *message;
    } bad[] = {
        {"schedules/k2.0/cosine", "[training]\nepochs = 3\n[schedule]\ndecay = cosine\n",
         "schedules/k2.0/cosine: expected to differ from schedules/plain/linear in the schedule "
         "alone"},
        {"schedules/k3.0/cosine", "[schedule]\ndecay = cosine\n",
         "schedules/k3.0/cosine: expected a linear.ini beside it"},
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct fixture fixture = begin();
        fixture_variant(&fixture, bad[i].arm, bad[i].text);
        tables_refused(&fixture, bad[i].message);
        fixture_end(&fixture);
    }
    struct fixture fixture = fixture_begin();
    fixture_variant(&fixture, linear, "[schedule]\ndecay = linear\nk = 2\n");
    tables_refused(&fixture,
                   "schedules/k2.0/linear: expected an experiment schedules/plain/linear");
    fixture_variant(&fixture, plain_linear, "[run]\nscale = full\n[schedule]\ndecay = linear\n");
    fixture_variant(&fixture, linear, "[run]\nscale = full\n[schedule]\ndecay = linear\nk = 2\n");
    tables_refused(&fixture, "schedules/plain/linear: expected scale desk");
    fixture_variant(&fixture, plain_linear, "[data]\nset = cifar100\n[schedule]\ndecay = linear\n");
    fixture_variant(&fixture, linear,
                    "[data]\nset = cifar100\n[schedule]\ndecay = linear\nk = 2\n");
    tables_refused(&fixture, "schedules/plain/linear: expected CIFAR-10");
    fixture_end(&fixture);
}

/* 17 rows with this factor. */
static void expect_factors(const struct fixture *fixture, const char *group, const char *factor)
{
    struct text all = {0};
    for (int i = 0; i < 17; i++)
        text_add(&all, "%s%s", i ? " | " : "", factor);
    tables_expect_column(fixture, "table-schedules", group, "mean factor", all.bytes);
    free(all.bytes);
}

/* The project's own arms: those of kK have the factor k / (k + 1), the constant rate, too. */
TEST(own_arms_have_equal_means)
{
    struct fixture fixture = fixture_begin();
    free(fixture.experiments);
    fixture.experiments = memory_text("experiments");
    /* linear, and eight others with two controls */
    expect_factors(&fixture, "group: k2.0", "0.667");
    expect_factors(&fixture, "group: k3.0", "0.750");
    fixture_end(&fixture);
}
