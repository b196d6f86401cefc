#define _POSIX_C_SOURCE 200809L
#include "base/file.h"
#include "base/memory.h"
#include "cluster/collect.h"
#include "cluster/slurm_arrays.h"
#include "cluster/slurm_queue.h"
#include "tests/expect.h"
#include "tests/results_fixture.h"
#include "tests/scratch.h"

#include "tests/tests.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char k1[] = "cifar10/preact-20/poly-k1.0", k2[] = "cifar10/preact-20/poly-k2.0";
static const double errors[] = {10, 10, 10, 10, 10, 10};

/* ---- Time limits -------------------------------------------------------------------------- */

TEST(time_limits)
{
    static const struct {
        int cpus, ranks, hours;
        double safety, core_hours;
        int minutes;
    } cases[] = {
        {1, 1, 24, 1, 0, 10},       /* the least */
        {1, 1, 24, 1, 1. / 6, 10},  /* 10 minutes exactly */
        {1, 1, 24, 1, 0.168, 20},   /* 10.08 minutes */
        {8, 1, 24, 2, 52, 780},     /* 2 x 52 x 60 / 8 */
        {8, 2, 24, 2, 52, 390},     /* two ranks: half of it */
        {4, 4, 24, 1.5, 100, 570},  /* 562.5 */
        {8, 1, 24, 2, 95.9, 1440},  /* 1438.5 */
        {8, 1, 24, 2, 1306, 1440},  /* the longest */
        {8, 1, 48, 2, 1306, 2880},  /* a longer one */
        {8, 1, 24, 2, NAN, 1440},   /* unknown */
        {1, 1, 1, 1, INFINITY, 60}, /* no overflow */
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct slurm_arrays_options options = {.cpus = cases[i].cpus,
                                                     .ranks = cases[i].ranks,
                                                     .hours = cases[i].hours,
                                                     .safety = cases[i].safety};
        assert_int_equal(slurm_arrays_minutes(&options, cases[i].core_hours), cases[i].minutes);
    }
}

/* ---- Queues ------------------------------------------------------------------------------- */

static char *write_queue(const char *folder, const char *text)
{
    scratch_write(folder, "queue", text);
    return memory_text("%s/queue", folder);
}

/* Every state of squeue's, jobs of others, and two lists. */
TEST(queues)
{
    char *folder = scratch_folder();
    struct text one = {0}, two = {0};
    for (long seed = 1; seed <= 7; seed++)
        slurm_queue_add_line(&one, "experiments/a b.ini", seed);
    slurm_queue_add_line(&two, "experiments/c.ini", 4294967295);
    char *first = slurm_queue_write_list(folder, &one),
         *second = slurm_queue_write_list(folder, &two);
    assert_string_not_equal(first, second);
    char *text = memory_text("PD 2 %s\nR 3 %s\nCG 4 %s\nRQ 5 %s\nS 6 %s\nR N/A kdecay-after\n"
                             "PD 1 somebody else's job\nPD 1 kdecay-0123456789abcdef\nR 1 %s\n",
                             first, first, first, first, first, second);
    char *path = write_queue(folder, text);
    struct slurm_queue queue;
    struct error error;
    expect_ok(slurm_queue_read(path, &queue, &error), &error);
    assert_int_equal(queue.count, 6);
    const int waits[] = {-1, 1, 0, 0, 1, 0, -1};
    for (long seed = 1; seed <= 7; seed++) {
        const struct slurm_queue_run *run = slurm_queue_find(&queue, "experiments/a b.ini", seed);
        assert_int_equal(run ? run->waits : -1, waits[seed - 1]);
    }
    assert_non_null(slurm_queue_find(&queue, "experiments/c.ini", 4294967295));
    assert_null(slurm_queue_find(&queue, "experiments/c.ini", 2));
    slurm_queue_free(&queue);
    static const char *const bad[] = {"PD 8 %s\n", "PD 0 %s\n", "PD 1-7 %s\n", "PD1%s\n"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        free(path);
        struct text broken = {0};
        text_add(&broken, "%.*s%s\n", (int)(strlen(bad[i]) - 3), bad[i], first);
        path = write_queue(folder, broken.bytes);
        expect_failed(slurm_queue_read(path, &queue, &error), &error, "expected");
        free(broken.bytes);
    }
    free(path);
    free(text);
    free(first);
    free(second);
    free(one.bytes);
    free(two.bytes);
    scratch_remove(folder);
}

/* Another copy of the project: the same list has another name. */
TEST(names_of_two_copies)
{
    char *folder = scratch_folder(), *other = scratch_folder();
    struct text list = {0};
    slurm_queue_add_line(&list, "experiments/a.ini", 1);
    char *here = slurm_queue_write_list(folder, &list),
         *there = slurm_queue_write_list(other, &list);
    assert_string_not_equal(here, there);
    free(here);
    free(there);
    free(list.bytes);
    scratch_remove(folder);
    scratch_remove(other);
}

/* ---- Campaigns ---------------------------------------------------------------------------- */

static char *slurm_arrays_of(const struct fixture *fixture, const struct slurm_arrays_options *more)
{
    struct slurm_arrays_options options = *more;
    options.status = (struct status_options){.project = fixture_project(fixture)};
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    struct error error;
    expect_ok(slurm_arrays_write(&options, out, &error), &error);
    fclose(out);
    return text;
}

/* k1 has two of its six seeds; k2 none, and the network of the third arm is another one. Logs tell
 * 0.0278 core-hours of 40.55 M multiply-adds. */
TEST(arrays)
{
    struct fixture fixture = fixture_begin();
    fixture_write_arm(&fixture, k1, errors, 2);
    fixture_variant(&fixture, "cifar10/preact-110/poly-k1.0", "[network]\ndepth = 110\n");
    char *lists = memory_text("%s/lists", fixture.root);
    const struct slurm_arrays_options options = {.scale = SCALE_DESK,
                                                 .lists = lists,
                                                 .cpus = 1,
                                                 .ranks = 1,
                                                 .safety = 2,
                                                 .hours = 24,
                                                 .tasks = 7};
    char *text = slurm_arrays_of(&fixture, &options), *rest = NULL;
    /* 10 runs of preact-20 in arrays of 7 and 3; 2 x 0.1732 hours are 20.8 minutes */
    static const struct {
        const char *network;
        int tasks, minutes, signal;
        double hours;
    } expected[] = {{"preact-110", 6, 30, 180, 6 * 0.17324},
                    {"preact-20", 7, 10, 60, 7 * 0.027778},
                    {"preact-20", 3, 10, 60, 3 * 0.027778}};
    struct text tasks = {0};
    size_t i = 0;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest), i++) {
        char name[64], network[64];
        int count, minutes, signal, mib;
        double hours;
        assert_int_equal(sscanf(line, "%63s %d %d %d %d %lf %63s", name, &count, &minutes, &signal,
                                &mib, &hours, network),
                         7);
        assert_true(i < 3);
        assert_string_equal(network, expected[i].network);
        assert_int_equal(count, expected[i].tasks);
        assert_int_equal(minutes, expected[i].minutes);
        assert_int_equal(signal, expected[i].signal);
        assert_true(fabs(hours - expected[i].hours) < 0.006);
        assert_true(mib > 200 && mib % 128 == 0);
        char *file = memory_text("%s.list", name), *list = fixture_read(lists, file);
        if (i > 0)
            text_add(&tasks, "%s", list);
        free(list);
        free(file);
    }
    assert_int_equal(i, 3);
    /* equal seeds first */
    struct text wanted = {0};
    for (long seed = 1; seed <= 6; seed++) {
        if (seed > 2)
            text_add(&wanted, "%ld\t%s/%s.ini\n", seed, fixture.experiments, k1);
        text_add(&wanted, "%ld\t%s/%s.ini\n", seed, fixture.experiments, k2);
    }
    assert_string_equal(tasks.bytes, wanted.bytes);
    free(wanted.bytes);
    free(tasks.bytes);
    free(text);
    free(lists);
    fixture_end(&fixture);
}

/* ---- Collections -------------------------------------------------------------------------- */

static char *collected(const struct fixture *fixture, const char *from, long refused)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    assert_int_equal(collect(from, fixture->results, out), refused);
    fclose(out);
    return text;
}

static void expect_last_line(char *text, const char *line)
{
    char *end = memory_text("%s\n", line);
    expect_words(text, end);
    free(end);
    free(text);
}

TEST(collections)
{
    struct fixture fixture = fixture_begin();
    char *from = memory_text("%s/from", fixture.root), *slash = memory_text("%s//", from);
    for (long seed = 1; seed <= 4; seed++) {
        const struct fixture_log log = {.arm = k1, .seed = seed, .error = 10};
        fixture_write_log(&fixture, from, &log);
        if (seed == 2) /* known */
            fixture_write_log(&fixture, fixture.results, &log);
        struct fixture_log other = log;
        other.loss_factor = 1.5;
        if (seed == 3) /* another result */
            fixture_write_log(&fixture, fixture.results, &other);
        other.environment = "b"; /* is no part of what the run digest covers */
        other.loss_factor = 1;
        if (seed == 4) /* agrees */
            fixture_write_log(&fixture, fixture.results, &other);
    }
    char *name = memory_text("%s/seed-1.tsv", k1), *third = memory_text("%s/seed-3.tsv", k1);
    char *kept = fixture_read(fixture.results, third);
    expect_last_line(collected(&fixture, slash, 1), "1 copied, 1 known, 1 agree, 1 refused");
    expect_last_line(collected(&fixture, from, 1), "0 copied, 2 known, 1 agree, 1 refused");
    char *now = fixture_read(fixture.results, third);
    assert_string_equal(now, kept);
    char *source = fixture_read(from, name), *copy = fixture_read(fixture.results, name);
    assert_string_equal(copy, source);

    /* one that is damaged, and one under another seed's name */
    source[strlen(source) / 2] ^= 1;
    char *seventh = memory_text("%s/%s/seed-7.tsv", from, k1);
    file_write(seventh, copy, strlen(copy));
    free(seventh);
    seventh = memory_text("%s/%s/seed-1.tsv", from, k1);
    file_write(seventh, source, strlen(source));
    expect_last_line(collected(&fixture, from, 3), "0 copied, 1 known, 1 agree, 3 refused");
    char *absent = memory_text("%s/%s/seed-7.tsv", fixture.results, k1);
    assert_false(file_exists(absent));
    free(absent);
    free(seventh);
    free(source);
    free(copy);
    free(now);
    free(kept);
    free(name);
    free(third);
    free(from);
    free(slash);
    fixture_end(&fixture);
}

/* ---- Costs -------------------------------------------------------------------------------- */

/* 10^15 multiply-adds by hand: macs of `describe` x 50,000 images x epochs. */
TEST(costs)
{
    char *text = scratch_output(0, "build/kdecay cost");
    /* WRN-28-10: 5.2 G multiply-adds, 200 epochs; SGDR's arms are the second row's, and theirs is
     * the longer one; DenseNet-BC-250-24: 5,418,941,784 x 50,000 x 300 */
    static const struct {
        const char *row;
        double peta;
        int arms;
    } rows[] = {{"table-5-2  Wide ResNet              28-10 ", 52.4, 5},
                {"table-5-2  Wide ResNet With SGDR    28-10 ", 52.4, 3},
                {"table-5-3  DenseNet (growth-k=24)   250 ", 81.3, 3}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *line = strstr(text, rows[i].row);
        assert_non_null(line);
        double peta, run, cell, all;
        int arms;
        assert_int_equal(sscanf(line + strlen(rows[i].row), "%lf %lf %lf %d %lf", &peta, &run,
                                &cell, &arms, &all),
                         5);
        assert_true(fabs(peta - rows[i].peta) < 0.06);
        assert_int_equal(arms, rows[i].arms);
        assert_true(fabs(cell - 6 * run) <= 3);
        assert_true(all <= cell * arms + 3);
    }
    free(text);
}

/* ---- Scripts ------------------------------------------------------------------------------ */

TEST(scripts)
{
    char *folder = scratch_folder();
    scratch_expect(0, " 0 failed\n",
                   "unset MAKEFLAGS MFLAGS MAKELEVEL; src/tests/submit.sh build/kdecay %s", folder);
    scratch_remove(folder);
}
