#include "base/file.h"
#include "base/memory.h"
#include "report/study_tables.h"
#include "tests/expect.h"
#include "tests/results_fixture.h"
#include "tests/tables.h"

#include "tests/tests.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Means 10, 9, 9.5; arm - control as in test_schedule_table.c: -1 with half width 0.1484, and -0.5
 * without spread. All differences of one sign: p = 2 / 64. */
static const double control[] = {10.00, 10.10, 9.90, 10.05, 9.95, 10.00};
static const double one_less[] = {9.00, 9.00, 9.00, 9.05, 8.75, 9.20};
static const double half_less[] = {9.50, 9.60, 9.40, 9.55, 9.45, 9.50};

/* The cells of the arm `name`. */
static void expect(const struct fixture *fixture, const char *table, const char *name,
                   const char *cells)
{
    char *row = memory_text("name: %s", name);
    tables_expect(fixture, table, row, cells);
    free(row);
}

static struct fixture precision(size_t n)
{
    struct fixture fixture = fixture_begin();
    fixture_variant(&fixture, "precision/f32", "");
    fixture_variant(&fixture, "precision/bf16", "[training]\nprecision = bf16\n");
    fixture_write_arm(&fixture, "precision/f32", control, n);
    fixture_write_arm(&fixture, "precision/bf16", one_less, n);
    return fixture;
}

/* The logs say 1.5 / 2 as the last training loss and 2000 images a second. */
TEST(columns_of_precision)
{
    struct fixture fixture = precision(6);
    tables_expect_column(&fixture, "table-precision", NULL, "name", "f32 | bf16");
    expect(&fixture, "table-precision", "f32",
           "group:  | scale: desk | epochs: 2 | train loss: 0.7500 | images/s (clock): 2000 | "
           "n: 6 | last epoch (%): 10.00 | sample sd: 0.07 | against: - | pairs: - | "
           "difference: - | 95% low: - | 95% high: - | sign-flip p: - | Holm p: - | verdict: - | "
           "arm, or what fills the row: precision/f32");
    expect(&fixture, "table-precision", "bf16",
           "train loss: 0.7500 | images/s (clock): 2000 | n: 6 | last epoch (%): 9.00 | "
           "sample sd: 0.14 | against: f32 | pairs: 6 | difference: -1.00 | 95% low: -1.15 | "
           "95% high: -0.85 | sign-flip p: 0.0313 | Holm p: 0.0313 | verdict: better | "
           "arm, or what fills the row: precision/bf16");
    tables_expect_text(
        &fixture, "table-precision.tex",
        "bf16 & \\fromruns{precision/bf16}{0.7500} & \\fromruns{precision/bf16}{2000} & "
        "\\fromruns{precision/bf16}{6} & \\fromruns{precision/bf16}{$9.00 \\pm 0.14$} & f32 & ");
    tables_expect_text(&fixture, "table-precision.txt",
                       "\nCIFAR-10, preact-20, polynomial, 2 epochs (scale: desk)\nf32 ");
    /* 12 runs of 2 threads, 2 epochs of 30 seconds */
    tables_expect_text(&fixture, "table-precision.txt",
                       "\nAll runs of this table: 0.40 core-hours, as logged.\n");
    char *sources = memory_text("precision/bf16:images-per-s\t2000\t3\timages/s (clock)\t%s/"
                                "precision/bf16/seed-1.tsv\t",
                                fixture.results);
    tables_expect_text(&fixture, "table-precision.sources.tsv", sources);
    free(sources);
    fixture_end(&fixture);
}

/* One run has no sd and one pair no interval. Five: p = 2 / 32. */
TEST(few_runs)
{
    struct fixture fixture = precision(1);
    expect(&fixture, "table-precision", "bf16",
           "n: 1 | last epoch (%): 9.00 | sample sd: - | pairs: 1 | difference: -1.00 | 95% low: - "
           "| sign-flip p: - | Holm p: - | verdict: not testable (needs n = 6)");
    fixture_end(&fixture);
    fixture = precision(5);
    expect(&fixture, "table-precision", "bf16",
           "sign-flip p: 0.0625 | Holm p: 0.0625 | verdict: not testable (needs n = 6)");
    fixture_end(&fixture);
    fixture = precision(0);
    char *command = memory_text("train loss: - | images/s (clock): - | n: 0 | last epoch (%%): - | "
                                "against: f32 | pairs: 0 | difference: - | verdict: - | "
                                "arm, or what fills the row: make run "
                                "EXP=%s/precision/bf16.ini SEED=1",
                                fixture.experiments);
    expect(&fixture, "table-precision", "bf16", command);
    expect(&fixture, "table-precision", "f32", "n: 0 | against: - | pairs: - | verdict: -");
    free(command);
    fixture_end(&fixture);
}

/* A diverged run has no last loss, and leaves the arm without a comparison; its log has no epoch,
 * so that the clock's mean is that of the others. */
TEST(diverged_run)
{
    struct fixture fixture = precision(6);
    fixture_write_diverged(&fixture, "precision/bf16", 7);
    expect(&fixture, "table-precision", "bf16",
           "train loss: - | images/s (clock): 2000 | n: 7 | last epoch (%): diverged: 1 of 7 | "
           "sample sd: - | pairs: 6 | difference: - | 95% low: - | sign-flip p: - | Holm p: - | "
           "verdict: no evidence");
    fixture_end(&fixture);
}

static void write_k(const struct fixture *fixture, const char *arm, const char *k, const char *set,
                    const double *errors)
{
    char *text = memory_text("[data]\nset = %s\n[schedule]\nk = %s\n", set, k);
    fixture_add(fixture, arm, text, errors, errors ? 6 : 0);
    free(text);
}

/* A group an image set and decay, each with a control and a family of its own: two comparisons
 * double p on CIFAR-10, one on CIFAR-100 does not. The polynomial's group on CIFAR-10 is first, and
 * has three arms: so a trend. Its numbers were reckoned from the errors above by hand. */
TEST(groups_of_the_campaign)
{
    struct fixture fixture = fixture_begin();
    write_k(&fixture, "campaign/cifar100/preact-20/k1.0", "1", "cifar100", control);
    write_k(&fixture, "campaign/cifar100/preact-20/k2.0", "2", "cifar100", one_less);
    fixture_add(&fixture, "campaign/cifar10/cosine/k1.0", "[schedule]\ndecay = cosine\n", control,
                1);
    fixture_add(&fixture, "campaign/cifar10/sgdr/k1.0", "[schedule]\ndecay = cosine\ncycle = 1\n",
                control, 1);
    write_k(&fixture, "campaign/cifar10/preact-20/k1.0", "1", "cifar10", control);
    write_k(&fixture, "campaign/cifar10/preact-20/k1.5", "1.5", "cifar10", half_less);
    write_k(&fixture, "campaign/cifar10/preact-20/k10.0", "10", "cifar10", one_less);
    tables_expect_column(&fixture, "table-campaign", NULL, "arm, or what fills the row",
                         "campaign/cifar10/preact-20/k1.0 | campaign/cifar10/preact-20/k1.5 | "
                         "campaign/cifar10/preact-20/k10.0 | - | campaign/cifar10/cosine/k1.0 | "
                         "campaign/cifar10/sgdr/k1.0 | campaign/cifar100/preact-20/k1.0 | "
                         "campaign/cifar100/preact-20/k2.0");
    tables_expect(&fixture, "table-campaign", "group: cifar10/preact-20 | name: k1.0",
                  "scale: desk | k: 1 | n: 6 | last epoch (%): 10.00 | against: -");
    /* 6 runs of 2 threads, 2 epochs of 30 seconds: 0.2 core-hours */
    tables_expect(&fixture, "table-campaign", "group: cifar10/preact-20 | name: k1.5",
                  "k: 1.5 | core-hours (clock): 0.20 | n: 6 | last epoch (%): 9.50 | "
                  "against: k1.0 | pairs: 6 | difference: -0.50 | 95% low: -0.50 | "
                  "95% high: -0.50 | sign-flip p: 0.0313 | Holm p: 0.0625 | verdict: not testable "
                  "(needs n = 7)");
    tables_expect(
        &fixture, "table-campaign", "group: cifar10/preact-20 | name: k10.0",
        "k: 10 | difference: -1.00 | Holm p: 0.0625 | verdict: not testable (needs n = 7)");
    tables_expect(&fixture, "table-campaign", "group: cifar10/preact-20 | name: trend",
                  "k: - | core-hours (clock): - | n: - | last epoch (%): - | sample sd: - | "
                  "against: k1.0 | pairs: 6 | difference: -0.26 | 95% low: -0.31 | "
                  "95% high: -0.22 | sign-flip p: 0.0313 | Holm p: 0.0313 | verdict: better");
    tables_expect(&fixture, "table-campaign", "group: cifar10/cosine",
                  "name: k1.0 | core-hours (clock): 0.03 | n: 1 | sample sd: - | against: -");
    tables_expect(&fixture, "table-campaign", "group: cifar100/preact-20 | name: k2.0",
                  "difference: -1.00 | Holm p: 0.0313 | verdict: better");
    tables_expect_text(&fixture, "table-campaign.txt",
                       "\n\nCIFAR-10, preact-20, cosine, f32, 2 epochs (scale: desk)\nk1.0 ");
    tables_expect_text(&fixture, "table-campaign.txt",
                       "\n\nCIFAR-10, preact-20, sgdr, f32, 2 epochs (scale: desk)\nk1.0 ");
    tables_expect_text(
        &fixture, "macros.tex",
        "\\newcommand{\\CampaignHours}{\\fromledger{1.1}}\n"
        "\\newcommand{\\CampaignPairs}{\\fromruns{campaign/cifar10/preact-20/k10.0}{6}}\n"
        "\\newcommand{\\CampaignTrend}{\\fromruns{campaign/cifar10/preact-20/k10.0}{$-0.26$}}\n"
        "\\newcommand{\\CampaignInterval}{\\fromruns{campaign/cifar10/preact-20/k10.0}"
        "{$[-0.31, -0.22]$}}\n"
        "\\newcommand{\\CampaignVerdict}{\\fromruns{campaign/cifar10/preact-20/k10.0}{better}}\n"
        "\\newcommand{\\CampaignRestTrend}{\\fromruns{campaign/cifar10/preact-20/k10.0}{$-0.18$}}\n"
        "\\newcommand{\\CampaignRestInterval}{\\fromruns{campaign/cifar10/preact-20/k10.0}"
        "{$[-0.24, -0.13]$}}\n"
        "\\newcommand{\\CampaignLowest}{\\fromruns{campaign/cifar10/preact-20/k10.0}{10}}\n");
    fixture_end(&fixture);
}

/* An arm of another k is compared with the arm that differs from it in k alone, and is a question of
 * its own: neither doubles the p of the other. PL(1, 0) adds 2
 * numbers to each of the 624 channels that 3x3 convolutions read beside the stem's, of 269,722. */
TEST(arms_of_another_k)
{
    struct fixture fixture = fixture_begin();
    fixture_variant(&fixture, "pad-net/zero", "");
    fixture_variant(&fixture, "pad-net/learned", "[network]\npadding = learned\n");
    fixture_variant(&fixture, "pad-net/learned-k2",
                    "[network]\npadding = learned\n[schedule]\nk = 2\n");
    fixture_write_arm(&fixture, "pad-net/zero", control, 6);
    fixture_write_arm(&fixture, "pad-net/learned", half_less, 6);
    fixture_write_arm(&fixture, "pad-net/learned-k2", one_less, 6);
    expect(&fixture, "table-pad-net", "zero",
           "added parameters: 0 | added parameters (%): 0.00 | added multiply-adds (%): 0.00 | "
           "last epoch (%): 10.00");
    expect(&fixture, "table-pad-net", "learned",
           "added parameters: 1248 | added parameters (%): 0.46 | last epoch (%): 9.50 | "
           "against: zero | difference: -0.50 | sign-flip p: 0.0313 | Holm p: 0.0313 | verdict: "
           "better");
    expect(&fixture, "table-pad-net", "learned-k2",
           "added parameters: 1248 | last epoch (%): 9.00 | against: learned | "
           "difference: -0.50 | 95% low: -0.65 | 95% high: -0.35 | Holm p: 0.0313 | "
           "verdict: better");
    fixture_variant(&fixture, "pad-net/zero-k2", "[schedule]\nk = 2\n"); /* the control's own */
    fixture_write_arm(&fixture, "pad-net/zero-k2", one_less, 6);
    expect(&fixture, "table-pad-net", "zero-k2",
           "added parameters: 0 | against: zero | difference: -1.00 | Holm p: 0.0625 | "
           "verdict: not testable (needs n = 7)");
    fixture_end(&fixture);
}

/* Numbers as in test_claims.c. Of 24 channels, a network has 605,026 parameters: 9 x (3 x 24 + 6 x
 * 24^2 + 24 x 48 + 5 x 48^2 + 48 x 96 + 5 x 96^2), BN's 2 x (7 x 24 + 6 x 48 + 6 x 96), and 970. */
TEST(columns_of_weight_net)
{
    struct fixture fixture = fixture_begin();
    fixture_variant(&fixture, "weight-net/ordinary-c16", "");
    fixture_variant(&fixture, "weight-net/ordinary-c24", "[network]\nchannels = 24\n");
    fixture_variant(&fixture, "weight-net/bank-u8", "[network]\nweights = bank\nrows = 8\n");
    fixture_variant(&fixture, "weight-net/expansion-u1152",
                    "[network]\nweights = expansion\nrows = 1152\n");
    expect(&fixture, "table-weight-net", "ordinary-c16",
           "trained: 269722 | stored: 269722 | reduction (times): 1.00 | "
           "extra multiply-adds (%): 0.00 | n: 0 | against: -");
    expect(&fixture, "table-weight-net", "bank-u8",
           "trained: 7450 | stored: 7450 | reduction (times): 36.20 | "
           "extra multiply-adds (%): 0.00 | against: ordinary-c16");
    expect(&fixture, "table-weight-net", "expansion-u1152",
           "trained: 721306 | stored: 269722 | reduction (times): 1.00 | "
           "extra multiply-adds (%): 5.93 | against: ordinary-c16");
    expect(&fixture, "table-weight-net", "ordinary-c24",
           "trained: 605026 | stored: 605026 | reduction (times): 0.45 | against: ordinary-c16");
    fixture_end(&fixture);
}

/* What is the ordinary network by another name is in no family and takes no power from the others:
 * 576 rows are as many as 9 x 64, those of the widest convolution. Another draw is compared with the
 * first one. */
TEST(questions_of_weight_net)
{
    static const struct {
        const char *name, *text, *cells;
    } arms[] = {{"ordinary-c16", "", "against: -"},
                {"ordinary-c24", "channels = 24\n",
                 "against: ordinary-c16 | Holm p: 0.0313 | verdict: better"},
                {"bank-u8", "weights = bank\nrows = 8\n",
                 "against: ordinary-c16 | Holm p: 0.0313 | verdict: better"},
                {"bank-u576", "weights = bank\nrows = 576\n",
                 "against: ordinary-c16 | sign-flip p: 0.0313 | Holm p: - | verdict: null control"},
                {"bank-u8-s1", "weights = bank\nrows = 8\nweights_seed = 1\n",
                 "against: bank-u8 | difference: +0.00 | Holm p: 1.0000 | verdict: no evidence"},
                {"expansion-u576", "weights = expansion\nrows = 576\n",
                 "against: ordinary-c16 | Holm p: - | verdict: null control"},
                {"expansion-u8", "weights = expansion\nrows = 8\n",
                 "against: ordinary-c16 | Holm p: 0.0313 | verdict: better"}};
    struct fixture fixture = fixture_begin();
    for (size_t i = 0; i < COUNT(arms); i++) {
        char *arm = memory_text("weight-net/%s", arms[i].name);
        char *text = memory_text("[network]\n%s", arms[i].text);
        fixture_add(&fixture, arm, text, i ? one_less : control, 6);
        free(text);
        free(arm);
    }
    for (size_t i = 0; i < COUNT(arms); i++)
        expect(&fixture, "table-weight-net", arms[i].name, arms[i].cells);
    fixture_end(&fixture);
}

TEST(no_arms)
{
    static const char *const folders[] = {"precision", "campaign", "weight-net", "pad-net"};
    struct fixture fixture = fixture_begin();
    for (size_t i = 0; i < COUNT(folders); i++) {
        char *table = memory_text("table-%s", folders[i]), *txt = memory_text("%s.txt", table);
        char *says = memory_text("\nno experiment below %s/ yet\n", folders[i]);
        tables_expect_text(&fixture, txt, says);
        tables_expect_column(&fixture, table, NULL, "name", "");
        free(says);
        free(txt);
        free(table);
    }
    fixture_end(&fixture);
}

TEST(refused_arms)
{
    static const struct {
        const char *arm, *text, *message;
    } bad[] = {
        {"precision/f16", "[training]\nepochs = 3\n",
         "precision/f16: expected to differ from precision/f32 in the precision of maps alone, or "
         "in k alone from an arm that does; move it out of precision/"},
        {"precision/k2", "[training]\nepochs = 3\nprecision = bf16\n[schedule]\nk = 2\n",
         "precision/k2: expected to differ from precision/f32 in"},
        {"precision/deep/bf16", "[training]\nprecision = bf16\n",
         "precision/deep/bf16: expected a f32.ini beside it, with which it is compared"},
        {"precision/full", "[run]\nscale = full\n", "precision/full: expected scale desk"},
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct fixture fixture = precision(0);
        fixture_variant(&fixture, bad[i].arm, bad[i].text);
        tables_refused(&fixture, bad[i].message);
        fixture_end(&fixture);
    }
}

/* A key is a whole name, a section all names that begin with it. */
TEST(keys_that_may_differ)
{
    static const char *const overrides[] = {"network.padding=learned", "network.padding_depth=2",
                                            "schedule.k=2"};
    struct experiment plain, one, two, all;
    struct error error;
    const char *path = "experiments/pad-net/zero.ini";
    assert_int_equal(config_load(path, NULL, 0, &plain, &error), 0);
    assert_int_equal(config_load(path, overrides, 1, &one, &error), 0);
    assert_int_equal(config_load(path, overrides, 2, &two, &error), 0);
    assert_int_equal(config_load(path, overrides, 3, &all, &error), 0);
    assert_true(ledger_same_but(&plain, &plain, "network.padding"));
    assert_true(ledger_same_but(&plain, &one, "schedule.k network.padding"));
    assert_false(ledger_same_but(&plain, &one, "network.pad"));
    assert_false(ledger_same_but(&one, &two, "network.padding"));
    assert_true(ledger_same_but(&plain, &two, "network.padding network.padding_depth"));
    assert_false(ledger_same_but(&plain, &all, "network."));
    assert_true(ledger_same_but(&plain, &all, "network. schedule."));
}
