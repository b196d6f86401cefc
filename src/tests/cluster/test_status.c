#define _POSIX_C_SOURCE 200809L
#include "base/file.h"
#include "base/memory.h"
#include "cluster/status.h"
#include "tests/expect.h"
#include "tests/results_fixture.h"
#include "tests/tables.h"

#include "tests/tests.h"
#include <stdlib.h>
#include <string.h>

static const char k1[] = "cifar10/preact-20/poly-k1.0", k2[] = "cifar10/preact-20/poly-k2.0";
static const double errors[] = {10, 10, 10, 10, 10, 10, 10};

static struct status_options options_of(const struct fixture *fixture)
{
    return (struct status_options){.project = fixture_project(fixture)};
}

/* The output of status_write() (scale -1) or status_missing(); free() it. */
static char *printed(const struct fixture *fixture, int scale)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    const struct status_options options = options_of(fixture);
    struct error error;
    expect_ok(scale < 0 ? status_write(&options, out, &error)
                        : status_missing(&options, scale, out, &error),
              &error);
    fclose(out);
    return text;
}

/* The numbers behind the arm (or "total") and the scale. */
static void expect_row(const struct fixture *fixture, const char *name, const char *scale,
                       const char *values)
{
    char *text = printed(fixture, -1), *csv = tables_printed(text, "arm ");
    char *row = memory_text("arm: %s | scale: %s", name, scale);
    tables_row(csv, row,
               "wanted | needed | present | running | missing | stale | core-hours a run | "
               "core-hours missing",
               values);
    free(row);
    free(csv);
    free(text);
}

static void write_part(const struct fixture *fixture, const char *arm, long seed)
{
    char *path = memory_text("%s/%s/seed-%ld.tsv.part", fixture->results, arm, seed);
    file_write(path, "# kdecay log: 1\n", 16);
    free(path);
}

static void write_experiment(const struct fixture *fixture, const char *name, const char *text)
{
    char *path = memory_text("%s/%s", fixture->experiments, name);
    file_write(path, text, strlen(text));
    free(path);
}

TEST(nothing_was_run)
{
    struct fixture fixture = fixture_begin();
    write_experiment(&fixture, "families/part.ini", "[training]\nepochs = 1\n");
    expect_row(&fixture, k1, "desk", "6 | 6 | 0 | 0 | 6 | 0 | - | -");
    expect_row(&fixture, k2, "desk", "6 | 6 | 0 | 0 | 6 | 0 | - | -");
    expect_row(&fixture, "total", "desk", "12 | - | 0 | 0 | 12 | 0 | - | -");
    expect_row(&fixture, "total", "all", "12 | - | 0 | 0 | 12 | 0 | - | -");
    char *text = printed(&fixture, -1);
    assert_null(strstr(text, "families"));
    free(text);
    fixture_end(&fixture);
}

TEST(every_state)
{
    struct fixture fixture = fixture_begin();
    /* k1: seeds 1 and 2 are done, 3 is unfinished, and 9 is not wanted */
    fixture_write_arm(&fixture, k1, errors, 2);
    write_part(&fixture, k1, 3);
    write_part(&fixture, k1, 9);
    /* k2: seed 1 of another learning rate, seed 2 diverged; a part beside a log does not count */
    fixture_experiment(&fixture, k2, 2, 0.2);
    fixture_write_arm(&fixture, k2, errors, 1);
    fixture_experiment(&fixture, k2, 2, 0.1);
    const struct fixture_log diverged = {.arm = k2, .seed = 2, .diverged_at = 4};
    fixture_write_log(&fixture, fixture.results, &diverged);
    write_part(&fixture, k2, 1);
    /* 2 x 50,000 images at 1000 a core-second are 0.0278 hours; k2 has no epoch of its own and
     * takes the speed of k1 */
    expect_row(&fixture, k1, "desk", "6 | 6 | 2 | 2 | 3 | 0 | 0.03 | 0.08");
    expect_row(&fixture, k2, "desk", "6 | 6 | 1 | 0 | 4 | 1 | 0.03 | 0.11");
    expect_row(&fixture, "total", "desk", "12 | - | 3 | 2 | 7 | 1 | - | 0.19");

    char *text = printed(&fixture, SCALE_DESK);
    struct text expected = {0};
    for (int seed = 3; seed <= 6; seed++)
        text_add(&expected, "%s/%s.ini %d\n%s/%s.ini %d\n", fixture.experiments, k1, seed,
                 fixture.experiments, k2, seed);
    assert_string_equal(text, expected.bytes);
    free(expected.bytes);
    free(text);
    fixture_end(&fixture);
}

TEST(more_seeds_than_wanted)
{
    struct fixture fixture = fixture_begin();
    fixture_write_arm(&fixture, k1, errors, 7);
    expect_row(&fixture, k1, "desk", "6 | 6 | 7 | 0 | 0 | 0 | 0.03 | 0.00");
    fixture_end(&fixture);
}

/* A registered arm names its seeds; the first of each arm stands in the first round. */
TEST(seeds_of_the_experiment)
{
    static const char registered[] = "cifar10/preact-20/registered";
    struct fixture fixture = fixture_begin();
    fixture_variant(&fixture, registered, "[run]\nfirst_seed = 7\nseeds = 2\n");
    expect_row(&fixture, registered, "desk", "2 | - | 0 | 0 | 2 | 0 | - | -");
    char *text = printed(&fixture, SCALE_DESK);
    char *start = memory_text("%s/%s.ini 1\n%s/%s.ini 1\n%s/%s.ini 7\n%s/%s.ini 2\n",
                              fixture.experiments, k1, fixture.experiments, k2, fixture.experiments,
                              registered, fixture.experiments, k1);
    char *last = memory_text("%s/%s.ini 8\n", fixture.experiments, registered);
    assert_memory_equal(text, start, strlen(start));
    assert_non_null(strstr(text, last));
    assert_null(strstr(text, "registered.ini 9"));
    free(last);
    free(start);
    free(text);
    fixture_write_arm(&fixture, registered, errors, 3); /* seeds 1 to 3, of which none is wanted */
    write_part(&fixture, registered, 8);
    expect_row(&fixture, registered, "desk", "2 | - | 3 | 1 | 1 | 0 | 0.03 | 0.03");
    fixture_variant(&fixture, registered, "[run]\nseeds = -1\n"); /* those that a search asks for */
    expect_row(&fixture, registered, "desk", "0 | - | 0 | 1 | 0 | 3 | 0.03 | 0.00");
    text = printed(&fixture, SCALE_DESK);
    assert_null(strstr(text, "registered.ini"));
    free(text);
    fixture_end(&fixture);
}

TEST(scales_want_their_seeds)
{
    struct fixture fixture = fixture_begin();
    write_experiment(&fixture, "cifar10/preact-110/poly-k2.0.ini",
                     "include = ../preact-20/poly-k2.0.ini\n[run]\nscale = full\n"
                     "[network]\ndepth = 110\n");
    write_experiment(&fixture, "smoke/preact-8/poly-k2.0.ini",
                     "include = ../../cifar10/preact-20/poly-k2.0.ini\n[run]\nscale = smoke\n"
                     "[data]\nset = made-up\ntrain_pictures = 500\ntest_pictures = 200\n"
                     "[network]\ndepth = 8\n");
    fixture_write_arm(&fixture, k1, errors, 6);
    fixture_write_arm(&fixture, k2, errors, 6);
    /* 252.9 / 40.55 times the multiply-adds: 0.1732 hours */
    expect_row(&fixture, "cifar10/preact-110/poly-k2.0", "full",
               "6 | - | 0 | 0 | 6 | 0 | 0.17 | 1.04");
    expect_row(&fixture, "smoke/preact-8/poly-k2.0", "smoke",
               "1 | - | 0 | 0 | 1 | 0 | 0.00 | 0.00");
    expect_row(&fixture, "total", "full", "6 | - | 0 | 0 | 6 | 0 | - | 1.04");
    expect_row(&fixture, "total", "all", "19 | - | 12 | 0 | 7 | 0 | - | 1.04");
    char *text = printed(&fixture, SCALE_DESK);
    assert_string_equal(text ? text : "", "");
    free(text);
    text = printed(&fixture, SCALE_SMOKE);
    assert_non_null(strstr(text, "smoke/preact-8/poly-k2.0.ini 1\n"));
    free(text);
    fixture_end(&fixture);
}

/* 100,000 images at 1000 a core-second are 0.028 hours, of every network here. By all logs, the
 * 40.55 million multiply-adds of preact-20 would take 2 x 40.55 / (40.55 + 12.24) times that. */
TEST(speed_of_the_same_network)
{
    static const char small[] = "cifar10/preact-8/poly-k1.0", bf16[] = "cifar10/preact-20/bf16";
    struct fixture fixture = fixture_begin();
    fixture_variant(&fixture, small, "[network]\ndepth = 8\n");
    fixture_variant(&fixture, bf16, "[training]\nprecision = bf16\n");
    fixture_write_arm(&fixture, k1, errors, 1);
    fixture_write_arm(&fixture, small, errors, 1);
    expect_row(&fixture, k2, "desk", "6 | 6 | 0 | 0 | 6 | 0 | 0.03 | 0.17");
    expect_row(&fixture, bf16, "desk", "6 | - | 0 | 0 | 6 | 0 | 0.04 | 0.26");
    fixture_end(&fixture);
}

/* Two more k make a family of three, of which six pairs can say nothing; an arm that is compared with
 * nothing needs none. */
TEST(what_cannot_conclude)
{
    struct fixture fixture = fixture_begin();
    fixture_experiment(&fixture, "cifar10/preact-20/poly-k3.0", 3, 0.1);
    fixture_experiment(&fixture, "cifar10/preact-20/poly-k5.0", 5, 0.1);
    fixture_variant(&fixture, "cifar10/preact-20/other", "[training]\nbatch = 64\n");
    fixture_variant(&fixture, "campaign/a", "[run]\nseeds = 8\n");
    fixture_variant(&fixture, "campaign/b", "[run]\nseeds = 8\n[schedule]\nk = 2\n");
    expect_row(&fixture, k1, "desk", "6 | not testable: 7 | 0 | 0 | 6 | 0 | - | -");
    expect_row(&fixture, k2, "desk", "6 | not testable: 7 | 0 | 0 | 6 | 0 | - | -");
    expect_row(&fixture, "cifar10/preact-20/other", "desk", "6 | - | 0 | 0 | 6 | 0 | - | -");
    expect_row(&fixture, "campaign/b", "desk", "8 | 6 | 0 | 0 | 8 | 0 | - | -");
    fixture_end(&fixture);
}

TEST(unreadable_sources)
{
    struct fixture fixture = fixture_begin();
    const struct status_options options = options_of(&fixture);
    struct error error;
    write_experiment(&fixture, "cifar10/bad.ini", "[run]\nscale = huge\n");
    expect_failed(status_write(&options, stdout, &error), &error, "bad.ini:2: ");
    assert_int_equal(status_missing(&options, SCALE_DESK, stdout, &error), -1);
    write_experiment(&fixture, "cifar10/bad.ini", "include = preact-20/poly-k1.0.ini\n");
    char *path = memory_text("%s/cifar10/seed-1.tsv", fixture.results);
    file_write(path, "no log\n", 7);
    expect_failed(status_write(&options, stdout, &error), &error, "seed-1.tsv");
    free(path);
    fixture_end(&fixture);
}

/* Published numbers may lie below the results; they are not read as logs. */
TEST(published_numbers_are_not_logs)
{
    struct fixture fixture = fixture_begin();
    char *published = memory_text("%s/published", fixture.results);
    char *path = memory_text("%s/table.tsv", published);
    file_write(path, "not a log\n", 10);
    struct status_options options = options_of(&fixture);
    options.project.published = published;
    FILE *out = fopen("/dev/null", "w");
    assert_non_null(out);
    struct error error;
    expect_ok(status_write(&options, out, &error), &error);
    fclose(out);
    free(path);
    free(published);
    fixture_end(&fixture);
}
