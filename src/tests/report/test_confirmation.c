#include "base/file.h"
#include "base/memory.h"
#include "report/report.h"
#include "tests/results_fixture.h"
#include "tests/sources.h"
#include "tests/tables.h"

#include "tests/tests.h"
#include <stdlib.h>
#include <string.h>

enum { FIRST_SEED = 7, SEEDS = 8 };

static const char k1[] = "confirmation/primary/k1.0", k3[] = "confirmation/primary/k3.0",
                  linear[] = "confirmation/controls/linear", knee[] = "confirmation/controls/knee",
                  cosine[] = "confirmation/controls/cosine", sgdr[] = "confirmation/controls/sgdr";

static void add_arm(const struct fixture *fixture, const char *arm, const char *schedule)
{
    char *text = memory_text("[run]\nfirst_seed = %d\nseeds = %d\nprotocol = %064d\n[schedule]\n%s",
                             FIRST_SEED, SEEDS, 7, schedule);
    fixture_variant(fixture, arm, text);
    free(text);
}

static struct fixture begin(void)
{
    struct fixture fixture = fixture_begin();
    add_arm(&fixture, k1, "decay = linear\n");
    add_arm(&fixture, k3, "decay = linear\nk = 3\n");
    add_arm(&fixture, linear, "decay = linear\nlr = 0.15\n");
    add_arm(&fixture, knee, "decay = knee\nhold = 0.5\n");
    add_arm(&fixture, cosine, "decay = cosine\nk = 2.667821\n");
    add_arm(&fixture, sgdr, "decay = cosine\ncycle = 1\n");
    return fixture;
}

/* The error of a run: `middle` and a part of its seed that is the same in all arms, and a part that
 * alternates between +spread and -spread. */
static void write_run(const struct fixture *fixture, const char *arm, int i, double middle,
                      double spread)
{
    fixture_write_log(fixture, fixture->results,
                      &(struct fixture_log){.arm = arm,
                                            .seed = FIRST_SEED + i,
                                            .error = middle + 0.1 * i + (i % 2 ? -spread : spread),
                                            .environment = i == 5 && arm == k1 ? "b" : "a"});
}

static void write_arm(const struct fixture *fixture, const char *arm, double middle, double spread)
{
    for (int i = 0; i < SEEDS; i++)
        write_run(fixture, arm, i, middle, spread);
}

/* Whether a made file holds `what`. */
static int holds(const struct fixture *fixture, const char *file, const char *what)
{
    char *bytes = fixture_read(fixture->out, file);
    const int found = strstr(bytes, what) != NULL;
    free(bytes);
    return found;
}

/* What the confirmation's table shows of an arm; and the word of a claim. */
static void expect_row(const struct fixture *fixture, const char *arm, const char *cells)
{
    char *row = memory_text("arm: %s", arm);
    tables_shows(fixture, "table-confirmation", row, cells);
    free(row);
}

static void expect_claim(const struct fixture *fixture, const char *claim, const char *word)
{
    char *row = memory_text("claim: %s", claim), *cell = memory_text("registered runs: %s", word);
    tables_shows(fixture, "claims", row, cell);
    free(cell);
    free(row);
}

/* The paper can cite the primary difference once it is there, and not before. */
static void expect_values(const struct fixture *fixture, int are_there)
{
    char *cited =
        memory_text("\\tracedvalue{%s:difference:%s}{\\fromruns{%s}{$-2.00$}}\n", k3, k1, k3);
    assert_int_equal(holds(fixture, "tables/table-confirmation.values.tex", cited), are_there);
    free(cited);
}

static const char macros[] = "tables/confirmation-macros.tex";

static const char exploratory[] = "table-confirmation-exploratory",
                  text[] = "tables/table-confirmation.txt";

/* Of a comparison that shows no number. */
#define NO_NUMBERS "difference: - | 95% low: - | 95% high: - | sign-flip p: - | Holm p: - | "
#define SEALED "last epoch (%): - | sample sd: - | pairs: - | " NO_NUMBERS "verdict: sealed"

/* The mean rate over 782 steps: of 1 - t/T it is 1/2 + 1/(2 T), of 1 - (t/T)^3 nearly 3/4 + 1/(2 T);
 * 0.0001 + 0.0999 times that is 0.05011 and 0.07509.
 *
 * Seven of eight pairs, of which every last error begins with 41 or 43: nothing but the logs
 * themselves shows one. With the last run they open, and those of the controls do not. */
TEST(sealed_until_complete)
{
    static const char *const made[] = {"tables/runs.csv",       "tables/runs.tex",
                                       "tables/macros.tex",     "tables/table-confirmation.csv",
                                       "tables/claims.csv",     "plots/over-k.tsv",
                                       "plots/curves.tsv",      "plots/differences.tsv",
                                       "plots/confirmation.tsv"};
    struct fixture fixture = begin();
    write_arm(&fixture, k3, 41.00, 0);
    for (int i = 0; i + 1 < SEEDS; i++)
        write_run(&fixture, k1, i, 43.00, 0);
    write_run(&fixture, knee, 0, 47.00, 0);
    tables_write(&fixture);
    for (size_t i = 0; i < COUNT(made); i++)
        if (holds(&fixture, made[i], "41.") || holds(&fixture, made[i], "43."))
            fail_msg("%s shows a sealed error", made[i]);
    expect_row(&fixture, "k3.0", "mean rate: 0.07509 | runs: 8 of 8 | " SEALED);
    expect_row(&fixture, "k1.0", "mean rate: 0.05011 | runs: 7 of 8 | " SEALED);
    fixture_expect(&fixture, text, "Runs: 15 of 16 of primary, 16 of 48 in all.");
    expect_claim(&fixture, "C2a", "sealed: 15 of 16 runs");
    expect_claim(&fixture, "C4", "sealed: 16 of 48 runs");
    fixture_expect(&fixture, macros,
                   "\\newcommand{\\PrimaryState}{sealed}\n"
                   "\\newcommand{\\LinearState}{sealed}\n");
    fixture_expect(&fixture, macros,
                   "\\newcommand{\\MeanRateState}{sealed}\n"
                   "\\newcommand{\\PrimaryRuns}{15}\n"
                   "\\newcommand{\\PrimaryNeeded}{16}\n"
                   "\\newcommand{\\AllRuns}{16}\n"
                   "\\newcommand{\\AllNeeded}{48}\n");
    expect_values(&fixture, 0);
    write_run(&fixture, k1, SEEDS - 1, 43.00, 0);
    tables_write(&fixture);
    expect_row(&fixture, "k1.0", "mean rate: 0.05011 | runs: 8 of 8 | last epoch (%): 43.35");
    fixture_expect(&fixture, macros,
                   "\\newcommand{\\PrimaryState}{better}\n"
                   "\\newcommand{\\LinearState}{sealed}\n");
    expect_values(&fixture, 1);
    expect_row(&fixture, "knee", "mean rate: 0.07509 | runs: 1 of 8 | " SEALED);
    tables_shows(&fixture, exploratory, "arm: k1.0",
                 "runs: 8 of 8 | max-T p: - | test loss: +0.0000");
    tables_shows(&fixture, "runs", "arm: confirmation/primary/k1.0 | seed: 14",
                 "last test error (%): 43.70");
    assert_false(holds(&fixture, "tables/runs.csv", "47.00"));
    fixture_end(&fixture);
}

/* Each number of a table is what the lines that it names give (sources.h). */
static void expect_traced(const struct fixture *fixture, const char *name)
{
    char *tables = memory_text("%s/tables", fixture->out);
    const struct sources_of of = {fixture->results, fixture->published, fixture->experiments,
                                  tables};
    struct sources sources = sources_read(&of, name);
    char *problem = sources_gap(&of, name, &sources);
    for (size_t i = 0; i < sources.count && !problem; i += sources_cell(&sources, i))
        problem = sources_problem(&of, &sources, i);
    if (problem)
        fail_msg("%s: %s", name, problem);
    assert_true(sources.count > 0);
    sources_free(&sources);
    free(tables);
}

/* k3.0 - k1.0: -2 and +-0.1 by turns, of sd sqrt(8 / 7) 0.1 = 0.10690; half width 2.364624 x
 * 0.10690 / sqrt(8) = 0.08937. All of one sign: p = 2/256 = 0.0078; times four 0.03125, which is
 * shown as 0.0313. With sgdr no difference is left: p = 1.
 *
 * Max-T, by counting all 6^8 permutations of three arms: k1.0 has its largest p together with knee,
 * 0.013546; linear together with knee, 0.092006. */
TEST(families)
{
    struct fixture fixture = begin();
    write_arm(&fixture, k3, 41.00, 0.1);
    write_arm(&fixture, k1, 43.00, 0);
    write_arm(&fixture, linear, 42.00, 0);
    write_arm(&fixture, knee, 40.00, 0);
    write_arm(&fixture, cosine, 41.50, 0);
    write_arm(&fixture, sgdr, 41.00, 0.1);
    tables_write(&fixture);
    expect_row(&fixture, "k1.0",
               "mean rate: 0.05011 | runs: 8 of 8 | last epoch (%): 43.35 | sample sd: 0.24 | "
               "pairs: 8 | difference: -2.00 | 95% low: -2.09 | 95% high: -1.91 | "
               "sign-flip p: 0.0078 | Holm p: 0.0078 | verdict: better");
    expect_row(&fixture, "linear",
               "difference: -1.00 | 95% low: -1.09 | 95% high: -0.91 | sign-flip p: 0.0078 | "
               "Holm p: 0.0313 | verdict: better");
    expect_row(&fixture, "knee",
               "difference: +1.00 | 95% low: +0.91 | 95% high: +1.09 | sign-flip p: 0.0078 | "
               "Holm p: 0.0313 | verdict: worse");
    expect_row(&fixture, "cosine",
               "difference: -0.50 | 95% low: -0.59 | 95% high: -0.41 | sign-flip p: 0.0078 | "
               "Holm p: 0.0313 | verdict: better");
    expect_row(&fixture, "sgdr",
               "difference: +0.00 | 95% low: +0.00 | 95% high: +0.00 | sign-flip p: 1.0000 | "
               "Holm p: 1.0000 | verdict: no evidence");
    fixture_expect(&fixture, text,
                   "Pairs of two environments, which stay in the result:\n"
                   "seed 12: k3.0 on a");
    fixture_expect(&fixture, "plots/confirmation.tsv", "\n1\tk1.0\tbetter\t-2\t-2.08937");
    fixture_expect(&fixture, "plots/confirmation.tsv", "\n3\t7\t1.1\n");
    expect_claim(&fixture, "C2a", "better at k = 3");
    expect_claim(&fixture, "C4", "no evidence at k = 3");
    static const char *const max_t[][2] = {
        {"k1.0", "0.0135"}, {"linear", "0.0920"}, {"sgdr", "1.0000"}};
    for (size_t i = 0; i < COUNT(max_t); i++) {
        char *row = memory_text("arm: %s", max_t[i][0]);
        char *cells = memory_text("runs: 8 of 8 | max-T p: %s", max_t[i][1]);
        tables_shows(&fixture, exploratory, row, cells);
        free(cells);
        free(row);
    }
    fixture_expect(&fixture, macros,
                   "\\newcommand{\\LinearState}{better}\n"
                   "\\newcommand{\\KneeState}{worse}\n"
                   "\\newcommand{\\CosineState}{better}\n"
                   "\\newcommand{\\SgdrState}{no evidence}\n"
                   "\\newcommand{\\MeanRateState}{worse}\n");
    write_arm(&fixture, knee, 41.00, 0.1);
    tables_write(&fixture);
    fixture_expect(&fixture, macros, "\\newcommand{\\MeanRateState}{no evidence}\n");
    write_arm(&fixture, knee, 43.00, 0);
    tables_write(&fixture);
    fixture_expect(&fixture, macros, "\\newcommand{\\MeanRateState}{better}\n");
    expect_traced(&fixture, "table-confirmation");
    expect_traced(&fixture, "table-confirmation-exploratory");
    fixture_end(&fixture);
}

/* A run that diverged counts as run, and leaves its arm without a comparison. */
TEST(diverged)
{
    struct fixture fixture = begin();
    write_arm(&fixture, k3, 41.00, 0.1);
    for (int i = 0; i + 1 < SEEDS; i++)
        write_run(&fixture, k1, i, 43.00, 0);
    fixture_write_diverged(&fixture, k1, FIRST_SEED + SEEDS - 1);
    tables_write(&fixture);
    expect_row(&fixture, "k1.0",
               "mean rate: 0.05011 | runs: 8 of 8 | last epoch (%): diverged: 1 of 8 | "
               "sample sd: - | pairs: 8 | " NO_NUMBERS "verdict: no evidence");
    fixture_expect(&fixture, macros, "\\newcommand{\\PrimaryState}{no evidence}\n");
    fixture_end(&fixture);
}
