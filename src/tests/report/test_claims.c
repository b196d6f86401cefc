#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "tests/expect.h"
#include "tests/results_fixture.h"
#include "tests/scratch.h"
#include "tests/tables.h"

#include "tests/tests.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char k1_arm[] = "cifar10/preact-20/poly-k1.0",
                  k2_arm[] = "cifar10/preact-20/poly-k2.0";

/* Six pairs of one sign: p = 2 / 64. Mean differences of -1 (its interval, sd sqrt(0.02), half
 * width 0.1484, see test_report.c), -3 and +0. */
static const double k1[] = {10.00, 10.10, 9.90, 10.05, 9.95, 10.00};
static const double one_less[] = {9.00, 9.00, 9.00, 9.05, 8.75, 9.20};
static const double three_less[] = {7.00, 7.10, 6.90, 7.05, 6.95, 7.00};
static const double two_less[] = {8.31, 8.31, 8.31, 8.36, 8.06, 8.51}; /* by 1.69 */
static const double one_more[] = {11.00, 11.10, 10.90, 11.05, 10.95, 11.00};

/* A companion's text has a line for each of its claims, "W1  ..." to the last, and for no other. */
static void expect_own_claims(const struct fixture *fixture, const char *name, char letter,
                              int last)
{
    char *bytes = tables_file(fixture, name);
    int found = 0;
    for (const char *at = bytes; at; at = strchr(at, '\n')) {
        at += *at == '\n';
        if (strchr("CTWP", at[0]) && at[0] && at[1] >= '1' && at[1] <= '9' && at[2] == ' ')
            assert_true(at[0] == letter && at[1] == '1' + found++);
    }
    assert_int_equal(found, last);
    free(bytes);
}

/* 22.07 - 20.18 = 1.89 in the thesis's own table against at most 1.69; 6.37 - 5.26 = 1.11 is the
 * largest against matched baselines. */
TEST(published_tables)
{
    struct fixture fixture = fixture_begin();
    tables_expect_column(
        &fixture, "claims", NULL, "claim",
        "C1 | C2 | C2a | C2b | C3 | C4 | T1 | W0 | W1 | W2 | W3 | W4 | W5 | W6 | P1 | P2 | P3");
    tables_claim(
        &fixture, "C1",
        "says: applies to any differentiable decay function | computed: holds by construction | "
        "thesis's own table: says nothing | matched baselines: - | desk runs: - | "
        "full scale: -");
    tables_claim(
        &fixture, "C2",
        "computed: - | thesis's own table: says nothing | matched baselines: says nothing | "
        "desk runs: no runs | full scale: untested at full scale");
    tables_claim(
        &fixture, "C3",
        "computed: - | thesis's own table: not consistent | matched baselines: consistent | "
        "desk runs: no runs | full scale: untested at full scale");
    tables_claim(
        &fixture, "C4",
        "computed: - | thesis's own table: consistent | matched baselines: no matched baseline "
        "| desk runs: no runs | full scale: untested at full scale");
    tables_claim(
        &fixture, "T1",
        "computed: - | thesis's own table: not built | matched baselines: - | desk runs: - | "
        "full scale: -");
    tables_claim(&fixture, "W1",
                 "computed: not built | thesis's own table: no table | matched baselines: - | "
                 "desk runs: not built | full scale: not built");
    tables_number(&fixture, "C1", "computed",
                  "bases built in; those that keep end points and k = 1",
                  "reference: 12 | new: 12 | difference: -");
    tables_expect_column(&fixture, "claims-numbers", "claim: C3 | evidence: thesis's own table",
                         "of",
                         "CIFAR-100, Wide ResNet 16-8, k = 1.5 | "
                         "CIFAR-100, Wide ResNet 28-10, k = 1.5");
    tables_number(&fixture, "C3", "thesis's own table", "CIFAR-100, Wide ResNet 16-8, k = 1.5",
                  "reference: 22.07 | new: 20.18 | difference: -1.89 | 95% low: - | pairs: - | "
                  "says: above the limit");
    tables_number(&fixture, "C3", "thesis's own table", "CIFAR-100, Wide ResNet 28-10, k = 1.5",
                  "reference: 20.50 | new: 18.81 | difference: -1.69 | says: the limit");
    tables_number(&fixture, "C3", "matched baselines",
                  "CIFAR-10, ResNet (pre-activation) 110, k = 2",
                  "reference: 6.37 | new: 5.26 | difference: -1.11 | says: the largest");
    tables_number(&fixture, "C3", "matched baselines", "CIFAR-100, Wide ResNet 16-8, k = 1.5",
                  "reference: 20.43 | new: 20.18 | difference: -0.25 | says: -");
    tables_number(&fixture, "C3", "matched baselines",
                  "mean gain of these 10: over the thesis's original, over the matched baseline",
                  "reference: 0.86 | new: 0.50 | difference: -0.36 | says: falls");
    tables_number(&fixture, "C3", "matched baselines", "largest gain of these 10, likewise",
                  "reference: 1.89 | new: 1.11 | difference: -0.78 | says: falls");
    tables_number(&fixture, "C4", "thesis's own table",
                  "CIFAR-10, Wide ResNet With SGDR 28-10, k = 1.5",
                  "reference: 3.86 | new: 3.59 | difference: -0.27 | says: lower");
    tables_number(&fixture, "C4", "matched baselines", "CIFAR-10, 28-10: T0=200, one cosine",
                  "reference: 3.86 | new: 3.59 | difference: -0.27 | says: cited by the thesis");
    tables_number(&fixture, "C4", "matched baselines", "CIFAR-10, 28-10: T0=1, Tmult=2",
                  "reference: 4.09 | new: 3.59 | difference: -0.50 | says: -");
    tables_expect_text(
        &fixture, "claims.tex",
        "C3 & \\frompublished{results/published/claims.tsv}{12}{the gain is at most 1.69 "
        "points} &");
    expect_own_claims(&fixture, "claims-weight-net.txt", 'W', 6);
    expect_own_claims(&fixture, "claims-pad-net.txt", 'P', 3);
    fixture_end(&fixture);
}

TEST(other_published_numbers)
{
    static const struct {
        const char *file, *old, *new, *claim, *words;
    } changes[] = {
        {"table-5-3.tsv", "20.18", "20.38", "C3", "thesis's own table: consistent"},
        {"table-5-3.tsv", "20.18", "20.37", "C3", "thesis's own table: not consistent"},
        {"claims.tsv", "\t1.69\t", "\t1.89\t", "C3", "thesis's own table: consistent"},
        {"table-5-2.tsv", "5.26", "4.67", "C3",
         "thesis's own table: not consistent | matched baselines: not consistent | desk runs: no "
         "runs"},
        {"table-5-2.tsv", "3.86\t3.59", "3.86\t3.86", "C4", "thesis's own table: not consistent"},
        {"literature.tsv", "cited\t3.86", "cited+matched\t3.86", "C4",
         "thesis's own table: consistent | matched baselines: see numbers"},
        {"table-5-2.tsv", "Wide ResNet With SGDR\t28-10\t36.5\t3.86\t3.59\t1.5",
         "Wide ResNet\t28-10\t36.5\t3.86\t3.59\t2.5", "C2", "thesis's own table: see numbers"},
    };
    for (size_t i = 0; i < COUNT(changes); i++) {
        struct fixture fixture = fixture_begin();
        fixture_publish(&fixture, changes[i].file, changes[i].old, changes[i].new);
        tables_claim(&fixture, changes[i].claim, changes[i].words);
        fixture_end(&fixture);
    }
}

TEST(without_matched_baselines)
{
    struct fixture fixture = fixture_begin();
    static const char file[] = "literature.tsv", cited[] = "\tcited+matched\t",
                      own[] = "\tmatched\t";
    fixture_publish(&fixture, file, cited, "\tcited\t");
    for (char *bytes; (bytes = fixture_read(fixture.published, file)) != NULL; free(bytes)) {
        const char *role = strstr(bytes, cited) ? cited : own;
        if (!strstr(bytes, role)) {
            free(bytes);
            break;
        }
        scratch_edit(fixture.published, file, role, role == cited ? "\tcited\t" : "\tother\t");
    }
    tables_claim(&fixture, "C3",
                 "thesis's own table: not consistent | matched baselines: no matched baseline");
    fixture_end(&fixture);
}

/* 1,727,962 and 1,146,842 parameters with 10 classes; with the bottleneck's alone, 1.1 would do. */
TEST(parameters_of_the_networks)
{
    struct fixture fixture = fixture_begin();
    fixture_variant(&fixture, "cifar10/preact-110/poly-k1.0",
                    "[run]\nscale = full\n[network]\ndepth = 110\n");
    fixture_variant(&fixture, "cifar10/preact-110-bottleneck/poly-k1.0",
                    "[run]\nscale = full\n[network]\ndepth = 110\nblock = bottleneck\n"
                    "shortcut = projection\n");
    tables_claim(&fixture, "T1", "thesis's own table: not consistent");
    tables_number(&fixture, "T1", "thesis's own table", "CIFAR-10, 110, parameters (M): preact-110",
                  "reference: 1.0 | new: 1.727962 | difference: -");
    tables_number(&fixture, "T1", "thesis's own table",
                  "CIFAR-10, 110, parameters (M): preact-110-bottleneck",
                  "reference: 1.0 | new: 1.146842 | difference: -");
    fixture_publish(&fixture, "table-5-2.tsv", "110\t1.0", "110\t1.1");
    tables_claim(&fixture, "T1", "thesis's own table: consistent");
    fixture_end(&fixture);
}

static void write_k(const struct fixture *fixture, const char *arm, const char *k,
                    const double *errors, size_t n)
{
    char *text = memory_text("[schedule]\nk = %s\n", k);
    fixture_add(fixture, arm, text, errors, n);
    free(text);
}

TEST(words_of_runs)
{
    struct fixture fixture = fixture_begin();
    fixture_write_arm(&fixture, k1_arm, k1, 5);
    fixture_write_arm(&fixture, k2_arm, one_less, 5);
    tables_claim(&fixture, "C2", "desk runs: not testable | full scale: untested at full scale");
    tables_claim(&fixture, "C3", "desk runs: not testable | full scale: untested at full scale");
    fixture_write_arm(&fixture, k1_arm, k1, 6);
    fixture_write_arm(&fixture, k2_arm, one_less, 6);
    tables_claim(&fixture, "C2", "desk runs: better | full scale: untested at full scale");
    tables_claim(&fixture, "C3", "desk runs: consistent | full scale: untested at full scale");
    tables_number(&fixture, "C2", "desk runs", "cifar10/preact-20/poly-k2.0 against k = 1",
                  "reference: 10.00 | new: 9.00 | difference: -1.00 | 95% low: -1.15 | "
                  "95% high: -0.85 | sign-flip p: 0.0313 | Holm p: 0.0313 | pairs: 6 | "
                  "says: better");
    tables_expect_text(&fixture, "claims.tex",
                       " & \\fromledger{better} & untested at full scale & ");
    fixture_write_arm(&fixture, k2_arm, two_less, 6); /* the interval is on both sides */
    tables_claim(&fixture, "C3", "desk runs: no evidence | full scale: untested at full scale");
    fixture_write_arm(&fixture, k2_arm, three_less, 6);
    tables_claim(&fixture, "C3", "desk runs: not consistent | full scale: untested at full scale");
    fixture_write_arm(&fixture, k2_arm, one_more, 6);
    tables_claim(&fixture, "C2", "desk runs: worse | full scale: untested at full scale");
    fixture_end(&fixture);
}

/* k = 1, 2, 4 lie at 0, 1, 2 doublings: the slope is half of the last error less the first,
 * whatever the middle one is. Two k > 1 double the p of each, not the trend's. */
static void expect_trend_of_three(const struct fixture *fixture)
{
    static const char trend[] = "cifar10/preact-20/poly-k4.0, trend per doubling of k from "
                                "cifar10/preact-20/poly-k1.0";
    tables_expect_column(fixture, "claims-numbers", "claim: C2 | evidence: desk runs", "of",
                         "cifar10/preact-20/poly-k2.0 against k = 1 | "
                         "cifar10/preact-20/poly-k4.0 against k = 1 | "
                         "cifar10/preact-20/poly-k4.0, trend per doubling of k from "
                         "cifar10/preact-20/poly-k1.0");
    tables_number(fixture, "C2", "desk runs", "cifar10/preact-20/poly-k2.0 against k = 1",
                  "reference: 10.00 | new: 11.00 | difference: +1.00 | 95% low: +1.00 | "
                  "95% high: +1.00 | sign-flip p: 0.0313 | Holm p: 0.0625 | pairs: 6 | "
                  "says: not testable (needs n = 7)");
    tables_number(fixture, "C2", "desk runs", "cifar10/preact-20/poly-k4.0 against k = 1",
                  "new: 9.00 | difference: -1.00 | 95% low: -1.15 | 95% high: -0.85 | "
                  "Holm p: 0.0625 | says: not testable (needs n = 7)");
    tables_number(fixture, "C2", "desk runs", trend,
                  "reference: 10.00 | new: 9.00 | difference: -0.50 | 95% low: -0.57 | "
                  "95% high: -0.43 | sign-flip p: 0.0313 | Holm p: 0.0313 | pairs: 6 | "
                  "says: better");
}

TEST(trends)
{
    struct fixture fixture = fixture_begin();
    fixture_write_arm(&fixture, k1_arm, k1, 6);
    fixture_write_arm(&fixture, k2_arm, one_more, 6);
    write_k(&fixture, "cifar10/preact-20/poly-k4.0", "4", one_less, 6);
    tables_claim(&fixture, "C2", "desk runs: better | full scale: untested at full scale");
    expect_trend_of_three(&fixture);
    tables_expect_text(
        &fixture, "claims-numbers.sources.tsv",
        "cifar10/preact-20/poly-k4.0:alone-difference:cifar10/preact-20/poly-k1.0\t-0.50\t");
    /* another arm of k = 1 is neither a comparison nor a part of the trend */
    write_k(&fixture, "cifar10/preact-20/poly-k1.0-again", "1", three_less, 6);
    expect_trend_of_three(&fixture);
    /* a seed that the middle arm lacks is not in it */
    char *one = memory_text("%s/%s/seed-3.tsv", fixture.results, k2_arm);
    assert_int_equal(remove(one), 0);
    free(one);
    tables_number(
        &fixture, "C2", "desk runs",
        "cifar10/preact-20/poly-k4.0, trend per doubling of k from "
        "cifar10/preact-20/poly-k1.0",
        "sign-flip p: 0.0625 | Holm p: 0.0625 | pairs: 5 | says: not testable (needs n = 6)");
    /* the campaign is another family */
    fixture_variant(&fixture, "campaign/cifar10/preact-20/k1.0", "[training]\nepochs = 3\n");
    fixture_variant(&fixture, "campaign/cifar10/preact-20/k2.0",
                    "[training]\nepochs = 3\n[schedule]\nk = 2\n");
    fixture_write_arm(&fixture, "campaign/cifar10/preact-20/k1.0", k1, 6);
    fixture_write_arm(&fixture, "campaign/cifar10/preact-20/k2.0", three_less, 6);
    tables_claim(&fixture, "C2", "desk runs: better in 1 of 1 testable; 1 not testable");
    tables_claim(&fixture, "C3", "desk runs: not consistent | full scale: untested at full scale");
    /* a diverged run leaves no evidence, even of a seed that the others lack */
    fixture_write_diverged(&fixture, "campaign/cifar10/preact-20/k2.0", 7);
    tables_claim(&fixture, "C2",
                 "desk runs: no evidence in 1 testable; 1 not testable | full scale: untested at "
                 "full scale");
    fixture_end(&fixture);
}

/* Ever better until the last step: each k is better than k = 1, not each step up. Seven pairs do, as
 * three comparisons are a family. Another arm without runs makes it four, for which they do not. */
TEST(as_worded)
{
    static const double k1_errors[] = {10.00, 10.10, 9.90, 10.05, 9.95, 10.00, 10.00};
    static const double shift[] = {0, 0.1, -0.1, 0, 0.2, -0.2, 0.05};
    struct fixture fixture = fixture_begin();
    double k2[7], k3[7], k5[7];
    for (int i = 0; i < 7; i++) {
        k2[i] = k1_errors[i] - 1 + shift[i];
        k3[i] = k2[i] - 1;
        k5[i] = k3[i] + 0.5;
    }
    fixture_write_arm(&fixture, k1_arm, k1_errors, 7);
    fixture_write_arm(&fixture, k2_arm, k2, 7);
    write_k(&fixture, "cifar10/preact-20/poly-k3.0", "3", k3, 7);
    write_k(&fixture, "cifar10/preact-20/poly-k5.0", "5", k5, 7);
    tables_claim(&fixture, "C2a", "desk runs: better | full scale: untested at full scale");
    tables_claim(&fixture, "C2b", "desk runs: better in 2, worse in 1 of 3");
    tables_expect_column(&fixture, "claims-numbers", "claim: C2b", "of",
                         "cifar10/preact-20/poly-k2.0 against k = 1 | "
                         "cifar10/preact-20/poly-k3.0 against cifar10/preact-20/poly-k2.0 | "
                         "cifar10/preact-20/poly-k5.0 against cifar10/preact-20/poly-k3.0");
    tables_number(&fixture, "C2b", "desk runs",
                  "cifar10/preact-20/poly-k5.0 against cifar10/preact-20/poly-k3.0",
                  "difference: +0.50 | sign-flip p: 0.0156 | Holm p: 0.0469 | says: worse");
    write_k(&fixture, "cifar10/preact-20/poly-k7.0", "7", NULL, 0);
    tables_claim(&fixture, "C2a", "desk runs: not testable");
    fixture_end(&fixture);
}

/* Three families, so that no p is doubled: better, not testable and worse; k < 1 is not of the
 * claim.
 */
TEST(words_of_several_families)
{
    struct fixture fixture = fixture_begin();
    static const struct {
        const char *folder, *text;
        const double *errors;
        size_t n;
    } families[] = {{"preact-20", "", one_less, 6},
                    {"preact-32", "[network]\ndepth = 32\n", one_less, 5},
                    {"preact-44", "[network]\ndepth = 44\n", one_more, 6}};
    for (size_t i = 0; i < COUNT(families); i++) {
        char *control = memory_text("cifar10/%s/poly-k1.0", families[i].folder);
        char *arm = memory_text("cifar10/%s/poly-k2.0", families[i].folder);
        char *text = memory_text("%s[schedule]\nk = 2\n", families[i].text);
        if (i > 0) {
            fixture_variant(&fixture, control, families[i].text);
            fixture_variant(&fixture, arm, text);
        }
        fixture_write_arm(&fixture, control, k1, 6);
        fixture_write_arm(&fixture, arm, families[i].errors, families[i].n);
        free(text);
        free(arm);
        free(control);
    }
    tables_claim(&fixture, "C2",
                 "desk runs: better in 1, worse in 1 of 2 testable; 1 not testable");
    fixture_add(&fixture, "cifar10/preact-44/poly-k0.5",
                "[network]\ndepth = 44\n[schedule]\nk = 0.5\n", one_less, 2);
    tables_claim(&fixture, "C2",
                 "desk runs: better in 1, worse in 1 of 2 testable; 1 not testable");
    /* but Holm's family has it, so it is shown */
    tables_number(&fixture, "C2", "desk runs", "cifar10/preact-44/poly-k0.5 against k = 1",
                  "reference: 10.00 | new: 9.00");
    fixture_end(&fixture);
}

/* At full scale the same rules; desk runs say nothing there. */
TEST(words_of_full_scale)
{
    struct fixture fixture = fixture_begin();
    static const char full[] = "[run]\nscale = full\n[network]\ndepth = 110\n";
    char *text = memory_text("%s[schedule]\nk = 2\n", full);
    fixture_variant(&fixture, "cifar10/preact-110/poly-k1.0", full);
    fixture_variant(&fixture, "cifar10/preact-110/poly-k2.0", text);
    free(text);
    fixture_write_arm(&fixture, "cifar10/preact-110/poly-k1.0", k1, 6);
    tables_claim(&fixture, "C2", "desk runs: no runs | full scale: untested at full scale");
    fixture_write_arm(&fixture, "cifar10/preact-110/poly-k2.0", three_less, 6);
    tables_claim(&fixture, "C2", "desk runs: no runs | full scale: better");
    tables_claim(&fixture, "C3", "desk runs: no runs | full scale: not consistent");
    fixture_end(&fixture);
}

/* Against restarts: only what differs in the schedule alone, k = 1 not, one family. */
TEST(against_restarts)
{
    struct fixture fixture = fixture_begin();
    fixture_variant(&fixture, "schedules/plain/linear", "[schedule]\ndecay = linear\n");
    fixture_add(&fixture, "schedules/plain/sgdr",
                "[schedule]\ndecay = cosine\ncycle = 1\ncycle_factor = 1\n", k1, 6);
    tables_claim(&fixture, "C4", "desk runs: no runs | full scale: untested at full scale");
    fixture_write_arm(&fixture, "schedules/plain/linear", one_less, 6);
    fixture_add(&fixture, "schedules/plain/sgdr-k2",
                "[schedule]\ndecay = cosine\ncycle = 1\ncycle_factor = 1\nk = 2\n", one_more, 6);
    fixture_add(&fixture, "cifar10/preact-32/poly-k2.0",
                "[network]\ndepth = 32\n[schedule]\nk = 2\n", one_less, 6);
    tables_claim(&fixture, "C4", "desk runs: no runs | full scale: untested at full scale");
    fixture_write_arm(&fixture, k2_arm, one_less, 6);
    tables_claim(&fixture, "C4", "desk runs: better | full scale: untested at full scale");
    tables_number(&fixture, "C4", "desk runs",
                  "cifar10/preact-20/poly-k2.0 against schedules/plain/sgdr",
                  "reference: 10.00 | new: 9.00 | difference: -1.00 | Holm p: 0.0313 | "
                  "pairs: 6 | says: better");
    write_k(&fixture, "cifar10/preact-20/poly-k3.0", "3", one_more, 6);
    tables_claim(&fixture, "C4", "desk runs: not testable | full scale: untested at full scale");
    fixture_end(&fixture);
}

TEST(errors)
{
    static const struct {
        const char *old, *new, *message;
    } bad[] = {
        {"\tgain\t", "\tloss\t",
         "claims.tsv:12: claim C3: expected a rule of claims_rules.h or =WORD, found loss"},
        {"\t1.69\t", "\tmany\t", "claims.tsv:12: limit = many: expected a number"},
        {"\t1.69\t", "\t-\t", "claims.tsv:12: claim C3: expected a limit, which the rule gain"},
        {"\t0.5\t", "\t-\t", "claim P2: expected a limit, which the rule effect"},
        {"C2\t5-2, 5-3\t-", "C2\t5-2, 5-3", "claims.tsv:9: expected 13 fields"},
        {"registered\tsays", "registered\ttext",
         "claims.tsv:7: expected \"says\" as the name of column 12"},
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct fixture fixture = fixture_begin();
        fixture_publish(&fixture, "claims.tsv", bad[i].old, bad[i].new);
        tables_refused(&fixture, bad[i].message);
        fixture_end(&fixture);
    }
}
