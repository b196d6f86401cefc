#define _POSIX_C_SOURCE 200809L
#include "base/file.h"
#include "base/memory.h"
#include "network/model_size.h"
#include "report/ledger.h"
#include "report/published.h"
#include "report/report.h"
#include "report/table.h"
#include "tests/expect.h"
#include "tests/results_fixture.h"
#include "tests/tables.h"

#include "tests/tests.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char k1[] = "cifar10/preact-20/poly-k1.0", k2[] = "cifar10/preact-20/poly-k2.0";

/* Means 10 and 9; squares around them sum to 0.025 and 0.105; differences -1, -1.1, -0.9, -1,
 * -1.2, -0.8: mean -1, sd sqrt(0.02), half width 2.570582 sqrt(0.02 / 6) = 0.1484. */
static const double k1_errors[] = {10.00, 10.10, 9.90, 10.05, 9.95, 10.00};
static const double k2_errors[] = {9.00, 9.00, 9.00, 9.05, 8.75, 9.20};

static void expect_not(const struct fixture *fixture, const char *name, const char *what)
{
    char *bytes = fixture_read(fixture->out, name);
    if (strstr(bytes, what))
        fail_msg("%s: \"%s\" is in:\n%s", name, what, bytes);
    free(bytes);
}

TEST(published_tables)
{
    struct published_table table;
    struct error error;
    assert_int_equal(published_read_table("results/published/table-5-2.tsv", &table, &error), 0);
    assert_int_equal(table.count, 6);
    double gain = 0;
    for (size_t i = 0; i < table.count; i++)
        gain += table.rows[i].original - table.rows[i].ours;
    assert_true(gain > 3.78 && gain < 3.80); /* 1.11 + 0.43 + 1.08 + 0.58 + 0.27 + 0.32 */
    assert_string_equal(table.rows[3].depth, "28-10");
    published_free_table(&table);
    assert_int_equal(published_read_table("results/published/table-5-3.tsv", &table, &error), 0);
    assert_int_equal(table.count, 7);
    assert_string_equal(table.rows[0].note, "*");
    assert_true(table.rows[0].original == 25.21 && table.rows[6].ours == 17.07);
    published_free_table(&table);

    struct literature literature;
    assert_int_equal(
        published_read_literature("results/published/literature.tsv", &literature, &error), 0);
    const struct literature_row *matched =
        published_find(&literature, "CIFAR-10", "Wide ResNet", "28-10", "matched");
    assert_non_null(matched);
    assert_true(matched->error == 4.00);
    assert_null(
        published_find(&literature, "CIFAR-100", "ResNet (pre-activation)", "110", "matched"));
    published_free_literature(&literature);
}

TEST(published_errors)
{
    struct fixture fixture = fixture_begin();
    char *path = memory_text("%s/table.tsv", fixture.root);
    static const char columns[] =
        "network\tdepth\tparams_M\toriginal_error\tours_error\tk\tnote\tcited\tfolder\n";
    static const struct {
        const char *row, *message;
    } bad[] = {
        {"a\tb\tc\t6.37\t5.26\t2.0\t-\t-\n", "expected 9 fields separated by tabs, found 8"},
        {"a\tb\tc\t6,37\t5.26\t2.0\t-\t-\tf\n", "original_error = 6,37: expected a number"},
        {"a\tb\tc\t6.37\tnan\t2.0\t-\t-\tf\n", "ours_error = nan: expected a number"},
        {"a\tb\t\t6.37\t5.26\t2.0\t-\t-\tf\n", "field 3 is empty"},
        {"a\tb\tc\t6.37\t5.26\t2.0\t-\t-\tf", "expected a newline"},
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        char *text = memory_text("# comment\n%s%s", columns, bad[i].row);
        file_write(path, text, strlen(text));
        struct published_table table;
        struct error error;
        expect_failed(published_read_table(path, &table, &error), &error, "table.tsv:3: ");
        expect_words(error.text, bad[i].message);
        free(text);
    }
    free(path);
    fixture_end(&fixture);
}

TEST(six_clear_seeds)
{
    struct fixture fixture = fixture_begin();
    fixture_write_arm(&fixture, k1, k1_errors, 6);
    fixture_write_arm(&fixture, k2, k2_errors, 6);
    tables_write(&fixture);
    tables_shows(&fixture, "table-5-2-desk", "k: 1",
                 "network: preact-20 | decay: polynomial | scale: desk | epochs: 2 | n: 6 | "
                 "last epoch (%): 10.00 | sample sd: 0.07 | test-selected best (%): 9.50 | "
                 "pairs: - | difference to k=1: - | 95% low: - | 95% high: - | sign-flip p: - | "
                 "Holm p: - | verdict: -");
    tables_shows(&fixture, "table-5-2-desk", "k: 2",
                 "network: preact-20 | decay: polynomial | scale: desk | epochs: 2 | n: 6 | "
                 "last epoch (%): 9.00 | sample sd: 0.14 | test-selected best (%): 8.50 | "
                 "pairs: 6 | difference to k=1: -1.00 | 95% low: -1.15 | 95% high: -0.85 | "
                 "sign-flip p: 0.0313 | Holm p: 0.0313 | verdict: better");
    fixture_expect(&fixture, "tables/table-5-2-desk.tex",
                   "\\fromruns{cifar10/preact-20/poly-k2.0}{$9.00 \\pm 0.14$}");
    fixture_expect(&fixture, "tables/table-5-2.txt", "better");
    fixture_expect(&fixture, "tables/table-5-3.txt", "(no desk-scale log yet)");
    fixture_expect(&fixture, "tables/macros.tex", "\\newcommand{\\DeskRunCount}{\\fromledger{12}}");
    fixture_expect(&fixture, "tables/macros.tex", "\\newcommand{\\CampaignVerdict}{--}");
    /* in these logs the state is the seed's */
    fixture_expect(&fixture, "tables/macros.tex", "\\newcommand{\\RepeatCount}{\\fromledger{6}}");
    fixture_expect(&fixture, "tables/macros.tex",
                   "\\newcommand{\\DeskMeanCifarOneZeroPreactTwoZeroPolyKTwoPointZero}"
                   "{\\fromruns{cifar10/preact-20/poly-k2.0}{9.00}}");
    fixture_expect(&fixture, "tables/runs.tex", "\\runanchor{cifar10/preact-20/poly-k1.0}");
    tables_shows(&fixture, "runs", "arm: cifar10/preact-20/poly-k2.0 | seed: 6",
                 "scale: desk | epochs: 2 | last test error (%): 9.20 | status: finished | "
                 "wall minutes: 1.0");
    tables_plots(&fixture, "plots/curves", "\n# k: 2\n", "epoch: 2", "error: -1");
    tables_plots(&fixture, "plots/thesis-cells", "# panel: CIFAR-100", "label: WRN 16-8",
                 "original: 22.07 | matched: 20.43 | ours: 20.18 | k: 1.5");
    fixture_expect(&fixture, "tables/number-macros.tex", "\\newcommand{\\KThree}{--}\n");
    fixture_end(&fixture);
}

TEST(two_seeds_are_no_evidence)
{
    struct fixture fixture = fixture_begin();
    fixture_write_arm(&fixture, k1, k1_errors, 2);
    fixture_write_arm(&fixture, k2, k2_errors, 2);
    tables_write(&fixture);
    /* differences -1 and -1.1: half width 12.7062 x 0.05 = 0.6353 */
    tables_shows(&fixture, "table-5-2-desk", "k: 2",
                 "n: 2 | last epoch (%): 9.00 | sample sd: 0.00 | test-selected best (%): 8.50 | "
                 "pairs: 2 | difference to k=1: -1.05 | 95% low: -1.69 | 95% high: -0.41 | "
                 "sign-flip p: 0.5000 | Holm p: 0.5000 | verdict: not testable (needs n = 6)");
    fixture_end(&fixture);
}

TEST(diverged_runs_count)
{
    struct fixture fixture = fixture_begin();
    fixture_write_arm(&fixture, k1, k1_errors, 2);
    fixture_write_arm(&fixture, k2, k2_errors, 1);
    fixture_write_diverged(&fixture, k2, 2);
    tables_write(&fixture);
    tables_shows(&fixture, "table-5-2-desk", "k: 2",
                 "n: 2 | last epoch (%): diverged: 1 of 2 | sample sd: - | "
                 "test-selected best (%): - | pairs: 2 | difference to k=1: - | 95% low: - | "
                 "95% high: - | sign-flip p: - | Holm p: - | verdict: not testable (needs n = 6)");
    tables_shows(&fixture, "runs", "arm: cifar10/preact-20/poly-k2.0 | seed: 2",
                 "last test error (%): - | status: diverged at step 4");
    expect_not(&fixture, "tables/macros.tex", "DeskMeanCifarOneZeroPreactTwoZeroPolyKTwo");
    fixture_end(&fixture);
}

/* A run that diverged with a seed that k = 1 does not have must not vanish from the comparison. */
TEST(diverged_run_without_a_pair_counts)
{
    struct fixture fixture = fixture_begin();
    fixture_write_arm(&fixture, k1, k1_errors, 6);
    fixture_write_arm(&fixture, k2, k2_errors, 6);
    fixture_write_diverged(&fixture, k2, 7);
    tables_write(&fixture);
    tables_shows(&fixture, "table-5-2-desk", "k: 2",
                 "n: 7 | last epoch (%): diverged: 1 of 7 | sample sd: - | "
                 "test-selected best (%): - | pairs: 6 | difference to k=1: - | 95% low: - | "
                 "95% high: - | sign-flip p: - | Holm p: - | verdict: no evidence");
    fixture_end(&fixture);
}

TEST(full_cells)
{
    struct fixture fixture = fixture_begin();
    fixture_variant(&fixture, "cifar10/preact-110/poly-k2.0",
                    "[run]\nscale = full\n[network]\ndepth = 110\n[schedule]\nk = 2\n");
    fixture_write_arm(&fixture, k1, k1_errors, 2);
    tables_write(&fixture);
    /* 2 x 50,000 images at 1000 a core-second, 6.2 times the multiply-adds: 0.17 hours */
    char *cells = memory_text("scale: full | precision: f32 | epochs: 2 | n: 0 | "
                              "test error (%%): - | sample sd (points): - | "
                              "core-hours (predicted): 0.2 | arm, or what fills the cell: make run "
                              "EXP=%s/cifar10/preact-110/poly-k2.0.ini SEED=1",
                              fixture.experiments);
    static const char row[] = "network: ResNet (pre-activation) | depth: 110 | k: ";
    char *two = memory_text("%s2.0", row), *one = memory_text("%s1.0", row);
    tables_shows(&fixture, "table-5-2-full", two, cells);
    tables_shows(&fixture, "table-5-2-full", one,
                 "decay: polynomial | scale: full | precision: - | epochs: - | n: 0 | "
                 "test error (%): - | sample sd (points): - | core-hours (predicted): - | "
                 "arm, or what fills the cell: no experiment file yet");
    expect_not(&fixture, "tables/table-5-2-full.csv", "10.0");
    tables_shows(&fixture, "table-5-2", "network: Wide ResNet | depth: 28-10",
                 "params (M): 36.5 | original (%): 4.17 | ours (%): 3.59 | k: 1.5 | "
                 "delta (points): -0.58 | matched baseline (%): 4.00 | "
                 "ours - matched (points): -0.41");
    tables_shows(&fixture, "table-5-3", "network: ResNet (pre-activation) | depth: 110",
                 "original (%): 25.21* | ours (%): 24.48 | k: 2.0 | delta (points): -0.73 | "
                 "matched baseline (%): - | ours - matched (points): - | "
                 "matched baseline from: - | original is: -");
    free(one);
    free(two);
    free(cells);
    fixture_end(&fixture);
}

/* The literature's own recipe stands in the row that cites it: steps above the k, SGDR's cosine in
 * the row of the same network "with SGDR". */
TEST(full_baselines)
{
    static const struct {
        const char *name, *text, *row;
    } arms[] = {{"step", "[run]\nscale = full\n[schedule]\ndecay = step\nlr_end = 0\ndrops = 1\n",
                 "network: Wide ResNet | depth: 28-10 | decay: step"},
                {"sgdr", "[run]\nscale = full\n[schedule]\ndecay = cosine\n",
                 "network: Wide ResNet With SGDR | depth: 28-10 | decay: cosine"}};
    struct fixture fixture = fixture_begin();
    for (size_t i = 0; i < COUNT(arms); i++) {
        char *arm = memory_text("cifar10/wrn-28-10/%s", arms[i].name);
        fixture_variant(&fixture, arm, arms[i].text);
        char *cells = memory_text("k: - | scale: full | precision: f32 | epochs: 2 | n: 0 | "
                                  "test error (%%): - | sample sd (points): - | "
                                  "core-hours (predicted): - | arm, or what fills the cell: make "
                                  "run EXP=%s/%s.ini SEED=1",
                                  fixture.experiments, arm);
        tables_expect(&fixture, "table-5-2-full", arms[i].row, cells);
        free(cells);
        free(arm);
    }
    tables_expect_column(&fixture, "table-5-2-full", "network: Wide ResNet | depth: 28-10", "decay",
                         "step | polynomial | polynomial");
    tables_expect_column(&fixture, "table-5-2-full", "network: Wide ResNet With SGDR", "decay",
                         "cosine");
    fixture_end(&fixture);
}

/* Every row of the thesis has its full-scale arms: steps, k = 1 and the thesis's k, which differ
 * from each other in the schedule alone; all experiments can be loaded and their networks built. */
TEST(every_row_has_its_arms)
{
    struct experiment_files files;
    struct error error;
    expect_ok(ledger_read_experiments("experiments", &files, &error), &error);
    for (size_t i = 0; i < files.count; i++) {
        struct model_size size;
        if (model_size(&files.file[i].experiment, &size, &error) != 0)
            fail_msg("%s: %s", files.file[i].path, error.text);
    }
    static const char *const tables[] = {"table-5-2", "table-5-3"};
    for (size_t t = 0; t < 2; t++) {
        char *path = memory_text("results/published/%s.tsv", tables[t]);
        struct published_table table;
        assert_int_equal(published_read_table(path, &table, &error), 0);
        for (size_t r = 0; r < table.count; r++) {
            struct experiment arm[3];
            const double k[] = {1, 1, table.rows[r].k};
            char *name[] = {memory_text("%s/step", table.rows[r].folder),
                            memory_text("%s/poly-k1.0", table.rows[r].folder),
                            memory_text("%s/poly-k%.1f", table.rows[r].folder, k[2])};
            for (size_t i = 0; i < 3; i++) {
                char *file = memory_text("experiments/%s.ini", name[i]);
                expect_ok(config_load(file, NULL, 0, &arm[i], &error), &error);
                assert_true(arm[i].k == k[i] && arm[i].scale == SCALE_FULL);
                assert_int_equal(arm[i].decay, i ? DECAY_POLYNOMIAL : DECAY_STEP);
                free(file);
                free(name[i]);
            }
            arm[0].decay = arm[1].decay;
            arm[0].lr_end = arm[1].lr_end;
            arm[0].drops = arm[1].drops;
            arm[0].shape = arm[1].shape;
            arm[0].warmup_steps = arm[1].warmup_steps;
            arm[0].warmup_lr = arm[1].warmup_lr;
            arm[0].momentum_reset = arm[1].momentum_reset;
            assert_string_equal(config_digest(&arm[0]).hex, config_digest(&arm[1]).hex);
            arm[2].k = 1;
            assert_string_equal(config_digest(&arm[1]).hex, config_digest(&arm[2]).hex);
        }
        published_free_table(&table);
        free(path);
    }
    ledger_free_experiments(&files);
}

TEST(network_names)
{
    static const struct {
        struct experiment experiment;
        const char *name;
    } known[] = {
        {{.family = FAMILY_PREACT, .depth = 20, .channels = 16}, "preact-20"},
        {{.family = FAMILY_PREACT, .depth = 20, .channels = 8}, "preact-20-c8"},
        {{.family = FAMILY_PREACT, .depth = 164, .block = RESIDUAL_BOTTLENECK, .channels = 16},
         "preact-164-bottleneck"},
        {{.family = FAMILY_WIDE_RESNET, .depth = 28, .width = 10, .channels = 16}, "wrn-28-10"},
        {{.family = FAMILY_WIDE_RESNET,
          .depth = 16,
          .width = 1,
          .channels = 16,
          .weights = WEIGHTS_BANK,
          .rows = 32},
         "wrn-16-1-bank-u32"},
        {{.family = FAMILY_PREACT, .depth = 20, .channels = 16, .padding = PADDING_PARTIAL},
         "preact-20-pad-partial"},
        {{.family = FAMILY_PREACT,
          .depth = 20,
          .channels = 16,
          .padding = PADDING_LEARNED,
          .padding_depth = 2},
         "preact-20-pad-learned-d2"},
        {{.family = FAMILY_DENSENET_BC, .depth = 100, .growth = 12, .channels = 16},
         "densenet-bc-100-12"},
    };
    for (size_t i = 0; i < COUNT(known); i++) {
        char *name = ledger_network(&known[i].experiment);
        assert_string_equal(name, known[i].name);
        free(name);
    }
}

TEST(schedules)
{
    struct fixture fixture = fixture_begin();
    tables_write(&fixture);
    tables_plots(&fixture, "plots/schedules", NULL, "s: 0",
                 "polynomial k = 1: 0.1 | cosine k = 5: 0.1");
    tables_plots(&fixture, "plots/schedules", NULL, "s: 0.5",
                 "polynomial k = 1: 0.05005 | polynomial k = 1.5: 0.0646800163 | "
                 "polynomial k = 2: 0.075025 | polynomial k = 3: 0.0875125 | "
                 "polynomial k = 5: 0.096878125 | cosine k = 1: 0.05");
    tables_plots(&fixture, "plots/schedules", NULL, "s: 1",
                 "polynomial k = 1: 0.0001 | polynomial k = 1.5: 0.0001 | "
                 "polynomial k = 2: 0.0001 | polynomial k = 3: 0.0001 | "
                 "polynomial k = 5: 0.0001 | cosine k = 1: 0");
    fixture_end(&fixture);
}

TEST(output_is_deterministic)
{
    struct fixture fixture = fixture_begin();
    fixture_write_arm(&fixture, k1, k1_errors, 2);
    tables_write(&fixture);
    size_t count = 0;
    char **path = file_list(fixture.out, "", &count);
    assert_true(count >= 17);
    char **before = memory_zeroed(count, sizeof *before);
    for (size_t i = 0; i < count; i++)
        before[i] = file_read(path[i], NULL, NULL);
    tables_write(&fixture);
    for (size_t i = 0; i < count; i++) {
        char *after = file_read(path[i], NULL, NULL);
        assert_non_null(after);
        assert_string_equal(before[i], after);
        free(after);
        free(before[i]);
        free(path[i]);
    }
    free(before);
    free(path);
    fixture_end(&fixture);
}

/* When the file was written, in nanoseconds. */
static long long time_of(const struct fixture *fixture, const char *name)
{
    char *path = memory_text("%s/%s", fixture->out, name);
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    free(path);
    return status.st_mtim.tv_sec * 1000000000LL + status.st_mtim.tv_nsec;
}

/* What make has drawn from it stays, then, too. */
TEST(equal_files_are_left_alone)
{
    struct fixture fixture = fixture_begin();
    fixture_write_arm(&fixture, k1, k1_errors, 2);
    fixture_write_arm(&fixture, k2, k2_errors, 2);
    tables_write(&fixture);
    const long long runs = time_of(&fixture, "tables/runs.tex"),
                    curves = time_of(&fixture, "plots/curves.tsv"),
                    bases = time_of(&fixture, "plots/bases.tsv"),
                    thesis = time_of(&fixture, "tables/table-5-2.tex");
    tables_write(&fixture);
    assert_true(runs == time_of(&fixture, "tables/runs.tex"));
    assert_true(curves == time_of(&fixture, "plots/curves.tsv"));
    fixture_write_arm(&fixture, k1, k1_errors, 3);
    fixture_write_arm(&fixture, k2, k2_errors, 3);
    tables_write(&fixture);
    assert_true(runs != time_of(&fixture, "tables/runs.tex"));
    assert_true(curves != time_of(&fixture, "plots/curves.tsv"));
    assert_true(bases == time_of(&fixture, "plots/bases.tsv"));
    assert_true(thesis == time_of(&fixture, "tables/table-5-2.tex"));
    fixture_end(&fixture);
}

TEST(environments)
{
    struct fixture fixture = fixture_begin();
    fixture_write_arm(&fixture, k1, k1_errors, 2);
    fixture_write_log(
        &fixture, fixture.results,
        &(struct fixture_log){.arm = k2, .seed = 1, .error = 9, .environment = "another machine"});
    fixture_experiment(&fixture, "cifar10/preact-20/poly-k3.0", 3, 0.1);
    fixture_write_arm(&fixture, "cifar10/preact-20/poly-k3.0", k1_errors, 1);
    tables_write(&fixture);
    char *text = fixture_read(fixture.out, "tables/environments.txt");
    const char *rule = strstr(text, "\n---"), *first = strchr(rule + 1, '\n') + 1;
    const char *second = strchr(first, '\n') + 1;
    assert_int_equal(strtol(first, NULL, 10), 3);
    assert_int_equal(strtol(second, NULL, 10), 1);
    assert_non_null(strstr(second, "  another machine  "));
    assert_non_null(strstr(first, " (3)\n"));
    assert_true(strchr(second, '\n')[1] == '\0');
    free(text);
    fixture_end(&fixture);
}

/* The text of a log up to its first row: what a run that has just begun has written. */
TEST(unfinished_runs)
{
    struct fixture fixture = fixture_begin();
    fixture_write_arm(&fixture, k1, k1_errors, 2);
    char *log = fixture_read(fixture.results, "cifar10/preact-20/poly-k1.0/seed-2.tsv");
    char *part = memory_text("%s/cifar10/preact-20/poly-k1.0/seed-2.tsv.part", fixture.results);
    char *whole = memory_text("%s/cifar10/preact-20/poly-k1.0/seed-2.tsv", fixture.results);
    *strstr(log, "# step-loss: ") = '\0';
    file_write(part, log, strlen(log));
    assert_int_equal(remove(whole), 0);
    tables_write(&fixture);
    fixture_expect(&fixture, "tables/runs.txt", "1 with a log, 1 unfinished");
    tables_shows(&fixture, "runs", "arm: cifar10/preact-20/poly-k1.0 | seed: 2",
                 "scale: desk | epochs: 2 | last test error (%): - | status: unfinished | "
                 "wall minutes: -");
    fixture_expect(&fixture, "tables/macros.tex", "\\LogCount}{\\fromledger{1}}");
    file_write(part, "half a log\n", 11);
    tables_write(&fixture);
    tables_shows(&fixture, "runs", "status: unreadable",
                 "seed: - | scale: - | epochs: - | last test error (%): - | wall minutes: - | "
                 "program: -");
    free(whole);
    free(part);
    free(log);
    fixture_end(&fixture);
}

TEST(misplaced_log_is_refused)
{
    struct fixture fixture = fixture_begin();
    const struct fixture_log what = {.arm = k1, .seed = 1, .error = 10};
    char *elsewhere = memory_text("%s/copy", fixture.results);
    fixture_write_log(&fixture, elsewhere, &what);
    free(elsewhere);
    tables_refused(&fixture, "expected it at");
    fixture_end(&fixture);
}

TEST(tables_escape)
{
    char *tex = table_tex_escaped("50% of a_b & {c} #1 $x$ \\ ~ ^ d/e");
    assert_string_equal(tex, "50\\% of a\\_b \\& \\{c\\} \\#1 \\$x\\$ \\textbackslash{} "
                             "\\textasciitilde{} \\textasciicircum{} d/\\allowbreak{}e");
    free(tex);
    static const struct table_column columns[] = {{"a", "A", 'l', NULL, TABLE_ALL, NULL},
                                                  {"b", "B", 'r', NULL, TABLE_ALL, NULL}};
    struct table table;
    struct text text = {0};
    table_begin(&table, columns, 2);
    table_add(&table, table_text("x, \"y\""));
    table_add(&table, table_dash());
    table_write_csv(&table, &text);
    table_write_text(&table, &text);
    table_write_tex(&table, "tabular", &text);
    assert_string_equal(text.bytes, "a,b\n\"x, \"\"y\"\"\",-\n"
                                    "a       b\n---------\nx, \"y\"  -\n"
                                    "{\\setlength{\\tabcolsep}{4pt}%\n\\begin{tabular}{@{}lr@{}}"
                                    "\n\\toprule\nA & B \\\\\n\\midrule\n"
                                    "x, \"y\" & -- \\\\\n\\bottomrule\n\\end{tabular}}\n");
    free(text.bytes);
    table_free(&table);
}

/* Logs are read by several threads; the error is that of the first bad path all the same. */
TEST(first_bad_log_is_named)
{
    struct fixture fixture = fixture_begin();
    fixture_write_arm(&fixture, k1, k1_errors, 6);
    for (int seed = 6; seed >= 3; seed--) {
        char *path = memory_text("%s/%s/seed-%d.tsv", fixture.results, k1, seed);
        file_write(path, "x", 1);
        free(path);
    }
    struct ledger ledger;
    struct error error;
    expect_failed(ledger_read(fixture.results, NULL, &ledger, &error), &error, "seed-3.tsv:1: ");
    fixture_end(&fixture);
}
