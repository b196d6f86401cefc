/* The benchmark's own arithmetic: which columns, and that their numbers agree with each other. How
 * fast anything is, no test says. PyTorch is a shell script here, so that its rates are known. */
#define _XOPEN_SOURCE 700
#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "network/network.h"
#include "tests/expect.h"
#include "tests/results_fixture.h"
#include "tests/scratch.h"
#include "tests/tables.h"

#include "tests/tests.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char experiment_text[] =
    "[run]\nscale = smoke\n[data]\nset = made-up\ntrain_pictures = 32\ntest_pictures = 16\n"
    "augmentation = flip-crop\n[network]\nfamily = preact\ndepth = 8\n"
    "[training]\nepochs = 1\nbatch = 16\nlast_batch = keep\nshards = 4\n"
    "momentum = 0.9\nnesterov = yes\nweight_decay = 1e-4\n"
    "[schedule]\ndecay = cosine\nlr = 0.1\nlr_end = 0\n";

/* By layout, allocator and round; the largest median is that of channels-last, plain. */
static const char torch_text[] =
    "#!/bin/sh\n"
    "[ \"$1\" = version ] && { echo 9.9; exit; }\n"
    "[ \"$2 $3\" = '--precision f32' ] || [ \"$2 $3\" = '--precision bf16' ] || exit 1\n"
    "[ \"$6 $7 $8 $9\" = '--threads 2 --seconds 0' ] || exit 1\n"
    "grep -q '^network.depth = 8$' \"$1\" || exit 1\n"
    "case $5-${MALLOC_TRIM_THRESHOLD_:-plain} in\n"
    "contiguous-plain) echo train 10; echo peak 1048576;;\n"
    "contiguous-*) echo a line; echo no such luck >&2; exit 3;;\n"
    "channels-last-plain)\n"
    "    echo >> \"$1.calls\"\n"
    "    case $(wc -l < \"$1.calls\") in 1) echo train 900;; 2) echo train 1;; 3) echo train 20;; "
    "esac\n"
    "    echo peak 7340032;;\n"
    "*) echo train 19; echo peak 2097152;;\n"
    "esac\n";

static char *start(void)
{
    char *folder = scratch_folder();
    scratch_write(folder, "a.ini", experiment_text);
    scratch_write(folder, "torch.sh", torch_text);
    char *script = memory_text("%s/torch.sh", folder);
    assert_int_equal(chmod(script, 0755), 0);
    free(script);
    return folder;
}

static void run_bench(const char *folder, const char *more)
{
    free(scratch_output(0, "build/kdecay bench %s/a.ini --seconds 0 --out %s/out %s", folder,
                        folder, more));
}

/* Of the f32 row of bench.csv. */
static const char row[] = "network: preact-8 | precision: f32";

static double number(const char *csv, const char *column)
{
    char *cell = tables_cell(csv, row, column), *end;
    const double value = strtod(cell, &end);
    if (end == cell || *end != '\0' || !(value > 0) || !isfinite(value))
        fail_msg("%s: expected a number above 0 for %s", cell, column);
    free(cell);
    return value;
}

static void expect_cell(const char *csv, const char *column, const char *expected)
{
    char *cell = tables_cell(csv, row, column);
    assert_string_equal(cell, expected);
    free(cell);
}

/* Shown with few digits, one after the point at the least. */
static void expect_near(double value, double expected)
{
    if (!(fabs(value - expected) <= 0.02 * expected + 0.06))
        fail_msg("%g where %g was expected", value, expected);
}

TEST(columns_agree)
{
    char *folder = start();
    char *more = memory_text("--threads 2 --rounds 3 --torch %s/torch.sh", folder);
    run_bench(folder, more);
    free(more);
    char *csv = fixture_read(folder, "out/bench.csv");
    expect_cell(csv, "batch", "16");
    assert_true(number(csv, "fill (%)") < 100);
    assert_true(number(csv, "convolutions (%)") < 100);
    assert_true(fabs(number(csv, "convolutions (%)") + number(csv, "rest (%)") - 100) < 0.11);
    const double train = number(csv, "train (images/s)"), limit = number(csv, "limit (images/s)");
    expect_near(number(csv, "of limit (%)"), 100 * train / limit);
    expect_near(number(csv, "speed-up"), train / number(csv, "1 thread (images/s)"));
    number(csv, "evaluate (images/s)");
    assert_true(number(csv, "peak (MiB)") < 4096);
    /* of preact-8: the stem; three stages of two convolutions of 3x3, the first one of the second
     * and third stage of half the multiply-adds; the classifier */
    const double whole = 9 * 16 * 16 * 1024;
    const double macs = 27 * 16 * 1024 + (4 + 2 * 0.5) * whole + 64 * 10;
    const double machine = number(csv, "machine (images/s)");
    expect_near(machine, 1e9 * number(csv, "multiply-adds (G/s)") / (3 * macs));
    expect_near(number(csv, "limit of machine (%)"), 100 * limit / machine);
    expect_near(number(csv, "of machine (%)"), 100 * train / machine);
    number(csv, "copies (GB/s)");
    char *instruction = tables_cell(csv, row, "instruction");
    assert_string_not_equal(instruction, "-");
    free(instruction);
    /* the middle of 900, 1 and 20, above the 10 and 19 of the others */
    expect_cell(csv, "PyTorch (images/s)", "20.00");
    expect_near(number(csv, "PyTorch of limit (%)"), 100 * 20 / limit);
    expect_near(number(csv, "ratio"), train / 20);
    expect_cell(csv, "PyTorch peak (MiB)", "7");
    expect_cell(csv, "PyTorch layout", "channels-last");
    expect_cell(csv, "PyTorch allocator", "plain");
    free(csv);
    char *text = fixture_read(folder, "out/bench.txt");
    assert_non_null(strstr(text, "; PyTorch 9.9\n"));
    assert_non_null(
        strstr(text, "preact-8, f32, PyTorch, contiguous, keeping: skipped: no such luck\n"));
    free(text);
    scratch_remove(folder);
}

/* The script has no right to run by itself here. Its rate is low, but it is not 0. */
TEST(another_interpreter)
{
    char *folder = start();
    char *more = memory_text("--threads 2 --rounds 1 --torch %s/torch.txt --python sh", folder);
    scratch_write(
        folder, "torch.txt",
        "[ $1 = version ] && { echo 9.9; exit; }\necho train 0.0004; echo peak 1048576\n");
    run_bench(folder, more);
    free(more);
    char *csv = fixture_read(folder, "out/bench.csv");
    expect_cell(csv, "PyTorch (images/s)", "0.0004");
    number(csv, "PyTorch of limit (%)");
    free(csv);
    scratch_remove(folder);
}

/* Version 99.10 is newer than 99.9; an interpreter without PyTorch fails. */
TEST(newest_torch)
{
    char *folder = scratch_folder();
    const char *const scripts[][2] = {{"python3", "#!/bin/sh\necho 99.9.1\n"},
                                      {"python3.8", "#!/bin/sh\necho 99.10.0+cpu\n"},
                                      {"python3.11", "#!/bin/sh\necho 99.11; exit 1\n"},
                                      {"python3.12", "#!/bin/sh\necho 99.2\n"}};
    for (size_t i = 0; i < COUNT(scripts); i++) {
        char *path = memory_text("%s/%s", folder, scripts[i][0]);
        scratch_write(folder, scripts[i][0], scripts[i][1]);
        assert_int_equal(chmod(path, 0755), 0);
        free(path);
    }
    char *expected = memory_text("%s/python3.8\n", folder);
    char *output = scratch_output(0, "PATH=/usr/bin:/bin:%s src/bench/newest_torch.sh", folder);
    assert_string_equal(output, expected);
    free(output);
    free(expected);
    scratch_remove(folder);
}

/* A measurement is a line of rounds.csv, and the table shows their middle. */
TEST(medians_of_rounds)
{
    char *folder = start();
    run_bench(folder, "--threads 1 --rounds 3");
    char *csv = fixture_read(folder, "out/bench.csv");
    char *rounds = fixture_read(folder, "out/rounds.csv");
    double train[3];
    for (int r = 0; r < 3; r++) {
        char *start_of_row = memory_text("\npreact-8,f32,%d,\"kdecay, 1 thread\",", r + 1);
        const char *at = strstr(rounds, start_of_row);
        assert_non_null(at);
        train[r] = strtod(at + strlen(start_of_row), NULL);
        free(start_of_row);
    }
    const double low = fmin(train[0], fmin(train[1], train[2]));
    const double high = fmax(train[0], fmax(train[1], train[2]));
    const double middle = train[0] + train[1] + train[2] - low - high;
    assert_true(fabs(number(csv, "train (images/s)") - middle) <= 0.5 + 1e-5 * middle);
    expect_cell(csv, "1 thread (images/s)", "-");
    expect_cell(csv, "speed-up", "-");
    expect_cell(csv, "PyTorch (images/s)", "-");
    expect_cell(csv, "ratio", "-");
    char *text = fixture_read(folder, "out/bench.txt");
    assert_non_null(strstr(text, "PyTorch: skipped: not asked for\n"));
    free(text);
    free(rounds);
    free(csv);
    scratch_remove(folder);
}

/* A precision has a row, or a reason. */
TEST(every_precision_is_told_of)
{
    char *folder = start();
    run_bench(folder, "--threads 2 --rounds 1 --torch nowhere/torch.sh");
    char *csv = fixture_read(folder, "out/bench.csv"),
         *text = fixture_read(folder, "out/bench.txt");
    assert_true(!strstr(csv, "\npreact-8,bf16,") == !!strstr(text, "preact-8, bf16: skipped: ") ||
                strstr(text, "preact-8, bf16, kdecay, 2 threads: skipped: "));
    assert_non_null(strstr(text, "PyTorch: skipped: kdecay: nowhere/torch.sh: cannot be run"));
    free(csv);
    free(text);
    scratch_remove(folder);
}

/* network_convolve() runs every convolution of every shard, nothing else, and the clock counts. */
TEST(convolutions_alone)
{
    char *folder = start(), *path = memory_text("%s/a.ini", folder);
    struct experiment experiment;
    struct error error;
    expect_ok(config_load(path, NULL, 0, &experiment, &error), &error);
    struct network *network = network_create(&experiment, 2);
    network_initialise(network, 1);
    const struct parameters *p = network_parameters(network);
    const struct digest before = parameters_digest(p);
    for (int s = 0; s < p->shards; s++) /* of the stem, whose gradient comes last */
        for (size_t i = 0; i < p->tensors[0].floats; i++)
            parameters_shard_gradient(p, 0, s)[i] = NAN;
    assert_true(network_convolution_seconds(network) == 0);
    const double started = clock_seconds();
    network_convolve(network);
    const double once = network_convolution_seconds(network);
    assert_true(once > 0 && once <= 2 * (clock_seconds() - started));
    assert_string_equal(parameters_digest(p).hex, before.hex);
    for (int s = 0; s < p->shards; s++)
        for (size_t i = 0; i < p->tensors[0].floats; i++)
            assert_true(isfinite(parameters_shard_gradient(p, 0, s)[i]) != 0);
    network_forward_backward(network, experiment.batch);
    assert_true(network_convolution_seconds(network) > once);
    network_destroy(network);
    free(path);
    scratch_remove(folder);
}
