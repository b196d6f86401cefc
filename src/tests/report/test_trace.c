#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "report/report.h"
#include "tests/expect.h"
#include "tests/results_fixture.h"
#include "tests/scratch.h"
#include "tests/sources.h"

#include "tests/tests.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* ---- Tables ------------------------------------------------------------------------------- */

static void write_report(const struct fixture *fixture, const char *results,
                         const char *experiments)
{
    const struct project project = {results, experiments, fixture->published};
    struct error error;
    expect_ok(report_write(&project, fixture->out, &error), &error);
}

static struct sources_of made(const struct fixture *fixture, const char *results,
                              const char *experiments)
{
    write_report(fixture, results, experiments);
    return (struct sources_of){.results = results,
                               .published = fixture->published,
                               .experiments = experiments,
                               .tables = memory_text("%s/tables", fixture->out)};
}

/* ---- Synthetic results ---------------------------------------------------------------------- */

static const double k1[] = {10.00, 10.10, 9.90, 10.05, 9.95, 10.02};
static const double k2[] = {9.01, 9.03, 9.04, 9.07, 8.75, 9.20};
static const double k3[] = {9.61, 9.43, 9.24, 9.17, 9.85};

/* Arms of every table, of six, five and one runs, one of them diverged, and one without a run. */
static struct fixture begin(void)
{
    struct fixture fixture = fixture_begin();
    fixture_write_arm(&fixture, "cifar10/preact-20/poly-k1.0", k1, 6);
    fixture_write_arm(&fixture, "cifar10/preact-20/poly-k2.0", k2, 6);
    fixture_add(&fixture, "cifar10/preact-20/poly-k3.0", "[schedule]\nk = 3\n", k3, 5);
    fixture_add(&fixture, "cifar100/preact-20/poly-k1.0", "[data]\nset = cifar100\n", k1, 1);
    fixture_add(&fixture, "cifar10/preact-110/poly-k1.0",
                "[run]\nscale = full\n[network]\ndepth = 110\n", k2, 3);
    fixture_add(&fixture, "cifar10/preact-110/poly-k2.0",
                "[run]\nscale = full\n[network]\ndepth = 110\n[schedule]\nk = 2\n", k3, 4);
    fixture_variant(&fixture, "cifar10/preact-110/step",
                    "[run]\nscale = full\n[network]\ndepth = 110\n[schedule]\ndecay = step\n"
                    "lr_end = 0\ndrops = 1\n");
    fixture_add(&fixture, "schedules/plain/linear", "[schedule]\ndecay = linear\n", k1, 6);
    fixture_add(&fixture, "schedules/plain/sgdr",
                "[schedule]\ndecay = cosine\ncycle = 1\ncycle_factor = 1\n", k2, 4);
    fixture_add(&fixture, "schedules/k2.0/linear", "[schedule]\ndecay = linear\nk = 2\n", k2, 6);
    fixture_add(&fixture, "schedules/k2.0/knee", "[schedule]\ndecay = knee\nhold = 0.33\n", k3, 5);
    fixture_variant(&fixture, "schedules/k2.0/constant",
                    "[schedule]\ndecay = constant\nlr = 0.0667\n");
    fixture_add(&fixture, "precision/f32", "", k1, 6);
    fixture_add(&fixture, "precision/bf16", "[training]\nprecision = bf16\n", k3, 5);
    fixture_add(&fixture, "campaign/cifar10/preact-20/k1.0", "", k1, 6);
    fixture_add(&fixture, "campaign/cifar10/preact-20/k2.0", "[schedule]\nk = 2\n", k2, 6);
    fixture_add(&fixture, "campaign/cifar10/preact-20/k5.0", "[schedule]\nk = 5\n", k3, 5);
    fixture_add(&fixture, "weight-net/ordinary-c16", "", k1, 6);
    fixture_add(&fixture, "weight-net/bank-u1", "[network]\nweights = bank\nrows = 1\n", k2, 6);
    fixture_add(&fixture, "weight-net/bank-u8", "[network]\nweights = bank\nrows = 8\n", k3, 5);
    fixture_add(&fixture, "weight-net/bank-u32", "[network]\nweights = bank\nrows = 32\n", k1, 6);
    fixture_add(&fixture, "weight-net/bank-u8-k2",
                "[network]\nweights = bank\nrows = 8\n[schedule]\nk = 2\n", k2, 6);
    fixture_add(&fixture, "pad-net/zero", "", k1, 6);
    fixture_add(&fixture, "pad-net/reflect", "[network]\npadding = reflect\n", k3, 5);
    fixture_add(&fixture, "pad-net/learned", "[network]\npadding = learned\n", k2, 6);
    fixture_write_diverged(&fixture, "cifar10/preact-20/poly-k3.0", 6);
    scratch_write(fixture.results, "benchmarks/ranks.tsv",
                  "# machine: made up\n"
                  "experiment\tranks\tthreads\tcores\tshards\tbatch\timages_per_s\n"
                  "cifar10/preact-20/poly-k1.0\t1\t1\t1\t16\t128\t16.31\n"
                  "cifar10/preact-20/poly-k1.0\t2\t1\t2\t16\t128\t31.27\n"
                  "cifar10/preact-20/poly-k1.0\t4\t1\t2\t16\t128\t28.59\n"
                  "cifar10/preact-20/poly-k1.0\t1\t1\t1\t4\t32\t15.4\n"
                  "cifar10/preact-20/poly-k1.0\t1\t1\t1\t1\t8\t12.5\n"
                  "cifar10/preact-20/poly-k1.0\t1\t1\t1\t1\t2\t9.7\n"
                  "cifar10/preact-110/poly-k1.0\t1\t1\t1\t16\t128\t3.44\n");
    return fixture;
}

/* ---- Mutations ---------------------------------------------------------------------------- */

/* The cell that `first` starts must now have a problem. */
static void expect_problem(const struct sources_of *of, const struct sources *sources, size_t first,
                           const char *mutation)
{
    char *problem = sources_problem(of, sources, first);
    if (!problem)
        fail_msg("%s: %s was not noticed", sources->source[first].id, mutation);
    free(problem);
}

/* A file of another source, so that it exists: the first one of the index that is not this. */
static char *other_file(const struct sources *sources, const char *file)
{
    for (size_t i = 0; i < sources->count; i++)
        if (strcmp(sources->source[i].file, file) != 0)
            return sources->source[i].file;
    return NULL;
}

static void change_shown(char *shown)
{
    size_t at = strlen(shown);
    do
        at--;
    while (!isalnum((unsigned char)shown[at]));
    shown[at] = isdigit((unsigned char)shown[at]) ? (char)('0' + (shown[at] - '0' + 5) % 10) : '?';
}

/* Every change of every source is noticed. The number of changes. */
static size_t is_noticed(const struct sources_of *of, const char *name, struct sources *sources)
{
    size_t changes = 0, n;
    (void)name;
    for (size_t first = 0; first < sources->count; first += n) {
        n = sources_cell(sources, first);
        for (size_t i = first; i < first + n; i++) {
            struct source *source = &sources->source[i];
            const struct source kept = *source;
            source->line = kept.line + 1;
            expect_problem(of, sources, first, "the line after");
            source->line = kept.line - 1;
            expect_problem(of, sources, first, "the line before");
            source->line = kept.line;
            source->file = other_file(sources, kept.file);
            if (source->file) {
                expect_problem(of, sources, first, "another file");
                changes++;
            }
            *source = kept;
            changes += 2;
        }
        char *kept = sources->source[first].shown, *shown = memory_text("%s", kept);
        change_shown(shown);
        sources->source[first].shown = shown;
        expect_problem(of, sources, first, "another number");
        sources->source[first].shown = kept;
        free(shown);
        changes++;
    }
    return changes;
}

/* An index without the sources of its first, or of its last cell. */
static size_t lost_is_noticed(const struct sources_of *of, const char *name,
                              struct sources *sources)
{
    if (sources->count == 0)
        return 0;
    const size_t first = sources_cell(sources, 0);
    struct sources rest = {.source = sources->source + first, .count = sources->count - first};
    char *gap = sources_gap(of, name, &rest);
    assert_non_null(gap);
    free(gap);
    rest = (struct sources){.source = sources->source, .count = sources->count - 1};
    gap = sources_gap(of, name, &rest);
    char *problem = NULL;
    for (size_t i = 0; i < rest.count && !problem; i += sources_cell(&rest, i))
        problem = sources_problem(of, &rest, i);
    assert_true(gap || problem);
    free(problem);
    free(gap);
    return 1;
}

/* ---- Tests -------------------------------------------------------------------------------- */

TEST(synthetic_numbers)
{
    struct fixture fixture = begin();
    const struct sources_of of = made(&fixture, fixture.results, fixture.experiments);
    assert_true(sources_each_table(&of, sources_whole) > 300);
    free((char *)of.tables);
    fixture_end(&fixture);
}

TEST(mutations)
{
    struct fixture fixture = begin();
    const struct sources_of of = made(&fixture, fixture.results, fixture.experiments);
    assert_true(sources_each_table(&of, is_noticed) > 1000);
    assert_true(sources_each_table(&of, lost_is_noticed) > 0);
    free((char *)of.tables);
    fixture_end(&fixture);
}

/* One id is one number: wherever it is shown with the same digits, it is the same text. */
TEST(ids_are_unique)
{
    struct fixture fixture = begin();
    const struct sources_of of = made(&fixture, fixture.results, fixture.experiments);
    struct sources all = {0};
    size_t count;
    char **path = file_list(of.tables, ".csv", &count);
    struct sources *index = memory_zeroed(count, sizeof *index);
    for (size_t i = 0; i < count; i++) {
        char *name = sources_table_name(path[i]);
        index[i] = sources_read(&of, name);
        for (size_t j = 0; j < index[i].count; j++) {
            all.source = memory_resize(all.source, all.count + 1, sizeof *all.source);
            all.source[all.count++] = index[i].source[j];
        }
        free(name);
        free(path[i]);
    }
    for (size_t i = 0; i < all.count; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(all.source[i].id, all.source[j].id) == 0 &&
                strcspn(all.source[i].shown, "*") == strcspn(all.source[j].shown, "*") &&
                strtod(all.source[i].shown, NULL) != strtod(all.source[j].shown, NULL))
                fail_msg("%s: %s and %s", all.source[i].id, all.source[i].shown,
                         all.source[j].shown);
    for (size_t i = 0; i < count; i++)
        sources_free(&index[i]);
    free(all.source);
    free(index);
    free(path);
    free((char *)of.tables);
    fixture_end(&fixture);
}

/* ---- The command -------------------------------------------------------------------------- */

static char *trace(const struct fixture *fixture, const char *id, int expected)
{
    return scratch_output(expected, "build/kdecay trace %s --results %s --experiments %s --out %s",
                          id, fixture->results, fixture->experiments, fixture->out);
}

TEST(command)
{
    struct fixture fixture = begin();
    write_report(&fixture, fixture.results, fixture.experiments);
    char *output = trace(&fixture, "cifar10/preact-20/poly-k2.0:last-error", 0);
    expect_words(output, "\n9.02: line 3 of ");
    expect_words(output, "/tables/table-5-2-desk.csv, column \"last epoch (%)\"\n");
    expect_words(output, "/results/cifar10/preact-20/poly-k2.0/seed-6.tsv:");
    expect_words(output, "\t9.2\t");
    expect_words(output, "arm cifar10/preact-20/poly-k2.0, seed 6; run-sha256 ");
    expect_words(output, "git checkout made up && make build/kdecay && build/kdecay train ");
    expect_words(output, "/cifar10/preact-20/poly-k2.0.ini --seed 6 --results build/again");
    free(output);
    output = trace(&fixture, "cifar10/preact-20/poly-k2.0/seed-6:epoch-1:test_error", 0);
    expect_words(output, "seed-6:epoch-1:test_error\n8.7\n");
    expect_words(output, "\t8.7\t");
    free(output);
    output = trace(&fixture, "table-5-2:wide-resnet-16-8:delta-matched", 0);
    expect_words(output, "\n-0.54: line 4 of ");
    expect_words(output, "Wide ResNet\t16-8\t11.0\t4.81\t3.73\t3.0");
    expect_words(output,
                 "CIFAR-10\tWide ResNet\t16-8\tmatched\t4.27\tmedian\t5\tstep, mean/std\tWRN16, "
                 "arXiv 1605.07146, table 5\n");
    free(output);
    output = trace(&fixture, "ranks:cifar10/preact-20/poly-k1.0:4:measured", 0);
    expect_words(output, "\n28.6: line 2 of ");
    expect_words(output, "/tables/scaling.csv, column \"4 ranks measured\"\n");
    expect_words(output, "/results/benchmarks/ranks.tsv:5\n");
    expect_words(output, "\t4\t1\t2\t16\t128\t28.59\n    the file    # machine: made up\n");
    free(output);
    output = trace(&fixture, "cifar10/preact-20/poly-k2.0:nothing", 1);
    expect_words(output, "no table below ");
    free(output);
    output = trace(&fixture, "cifar10/preact-20/poly-k2.0/seed-6:epoch-3:test_error", 1);
    expect_words(output, "expected a row of epoch 3 and a column test_error");
    free(output);
    fixture_end(&fixture);
}
