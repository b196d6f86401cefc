#define _XOPEN_SOURCE 700
#include "base/file.h"
#include "base/memory.h"
#include "cluster/slurm_queue.h"
#include "cluster/watch.h"
#include "experiment/log.h"
#include "tests/expect.h"
#include "tests/results_fixture.h"
#include "tests/tables.h"

#include "tests/tests.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <utime.h>

static const char arm[] = "cifar10/preact-20/poly-k2.0";
enum { NOW = 1000000000 };

/* The log of a run after one of two epochs, last written `age` seconds ago; its final path. */
static char *begin_run(const struct fixture *fixture, long seed, long age)
{
    const struct fixture_log what = {.arm = arm, .seed = seed, .error = 30};
    fixture_write_log(fixture, fixture->results, &what);
    char *path = log_path(fixture->results, arm, seed);
    char *part = memory_text("%s.part", path), *text = file_read(path, NULL, NULL);
    assert_non_null(text);
    char *second = strstr(text, "\n2\t");
    assert_non_null(second);
    file_write(part, text, (size_t)(second + 1 - text));
    assert_int_equal(remove(path), 0);
    assert_int_equal(utime(part, &(struct utimbuf){NOW - age, NOW - age}), 0);
    free(text);
    free(part);
    return path;
}

/* The output; free() it. */
static char *watched(const struct fixture *fixture, const char *queue)
{
    char *checkpoints = memory_text("%s/checkpoints", fixture->root), *text = NULL;
    const struct watch_options options = {.results = fixture->results,
                                          .published = fixture->published,
                                          .checkpoints = checkpoints,
                                          .queue = queue};
    size_t size = 0;
    struct error error;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    expect_ok(watch_write(&options, NOW, out, &error), &error);
    fclose(out);
    free(checkpoints);
    return text;
}

/* In the row of this seed of the arm. */
static void expect_row(const char *text, int seed, const char *columns, const char *values)
{
    char *csv = tables_printed(text, "run "), *row = memory_text("run: %s | seed: %d", arm, seed);
    tables_row(csv, row, columns, values);
    free(row);
    free(csv);
}

/* One of two epochs is done. The fixture's epochs took the seconds that the log says. */
TEST(shows_a_run)
{
    struct fixture fixture = fixture_begin();
    char *path = begin_run(&fixture, 3, 4000), *part = memory_text("%s.part", path);
    char *bytes = file_read(part, NULL, NULL);
    struct log log;
    struct error error;
    assert_int_equal(log_parse(bytes, part, &log, &error), 0);
    char *row = memory_text("- | [##########..........] | 1/2 | %.4f | %.2f | %.0f | %.0f s | "
                            "1 h 06 min ago | -",
                            log.rows[0].train_loss, log.rows[0].test_error,
                            log.rows[0].wall_images_per_s, log.rows[0].wall_seconds);
    char *text = watched(&fixture, NULL);
    expect_row(text, 3,
               "process | progress | epoch | train loss | test error (%) | images/s | time left | "
               "log written | checkpoint",
               row);
    free(text);
    free(row);
    free(bytes);
    free(part);
    free(path);
    log_free(&log);
    fixture_end(&fixture);
}

/* "here" while a process has the lock, "-" before and after; to look leaves all files as they were.
 * */
TEST(sees_the_lock_and_takes_none)
{
    struct fixture fixture = fixture_begin();
    char *path = begin_run(&fixture, 1, 10);
    struct file_lock lock = file_lock(path);
    char *held = watched(&fixture, NULL);
    expect_row(held, 1, "process", "here");
    file_unlock(&lock);
    char *freed = watched(&fixture, NULL);
    expect_row(freed, 1, "process", "-");
    char *part = memory_text("%s.part", path);
    struct stat about;
    assert_int_equal(stat(part, &about), 0);
    assert_int_equal(about.st_mtime, NOW - 10);
    size_t count = 0;
    char **files = file_list(fixture.results, "", &count);
    assert_int_equal(count, 1);
    free(files[0]);
    free(files);
    free(part);
    free(held);
    free(freed);
    free(path);
    fixture_end(&fixture);
}

/* A damaged log is named below the others. */
TEST(names_a_log_that_cannot_be_read)
{
    struct fixture fixture = fixture_begin();
    char *whole = begin_run(&fixture, 1, 10), *broken = begin_run(&fixture, 2, 10);
    char *part = memory_text("%s.part", broken);
    file_write(part, "# kdecay log: 1\nnonsense\n", 25);
    char *text = watched(&fixture, NULL);
    expect_row(text, 1, "process", "-");
    expect_words(text, "seed-2.tsv.part:");
    free(text);
    free(part);
    free(whole);
    free(broken);
    fixture_end(&fixture);
}

/* Tasks of Slurm: one waits, one writes the log that is there, one has ended. */
TEST(shows_the_queue)
{
    struct fixture fixture = fixture_begin();
    char *running = begin_run(&fixture, 1, 10);
    fixture_write_arm(&fixture, "cifar10/preact-20/poly-k1.0", (const double[]){30}, 1);
    char *own = memory_text("%s/%s.ini", fixture.experiments, arm);
    char *done = memory_text("%s/cifar10/preact-20/poly-k1.0.ini", fixture.experiments);
    struct text list = {0};
    slurm_queue_add_line(&list, own, 1);
    slurm_queue_add_line(&list, own, 2);
    slurm_queue_add_line(&list, done, 1);
    char *name = slurm_queue_write_list(fixture.root, &list);
    char *squeue = memory_text("R 1 %s\nPD 2 %s\nR 3 %s\n", name, name, name);
    char *file = memory_text("%s/queue", fixture.root);
    file_write(file, squeue, strlen(squeue));
    char *text = watched(&fixture, file), *csv = tables_printed(text, "run ");
    char *waits = memory_text("run: %s | seed: 2", own);
    expect_row(text, 1, "process", "Slurm");
    tables_row(csv, waits, "process | progress", "waits | -");
    assert_null(strstr(text, "poly-k1.0"));
    free(waits);
    free(csv);
    free(text);
    free(file);
    free(squeue);
    free(name);
    free(list.bytes);
    free(own);
    free(done);
    free(running);
    fixture_end(&fixture);
}

TEST(says_that_nothing_runs)
{
    struct fixture fixture = fixture_begin();
    char *text = watched(&fixture, NULL);
    expect_words(text, "no run is under way\n");
    free(text);
    fixture_end(&fixture);
}
