/* The model of scaling against simulations that send every message, closed forms, and networks
 * counted by hand. */
#include "base/file.h"
#include "base/memory.h"
#include "bench/scaling_measure.h"
#include "network/pairwise_sum.h"
#include "report/benchmarks.h"
#include "report/ledger.h"
#include "report/scaling.h"
#include "report/scaling_report.h"
#include "tests/expect.h"
#include "tests/results_fixture.h"
#include "tests/scratch.h"

#include "tests/tests.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void expect_near(double value, double expected, double relative)
{
    if (!(fabs(value - expected) <= relative * fabs(expected)))
        fail_msg("%.12g where %.12g was expected", value, expected);
}

/* ---- Messages, one by one ------------------------------------------------------------------- */

enum { MOST_RANKS = 64 };

/* Awkward numbers, so that nothing cancels. */
static const struct scaling_link odd_link = {3e-6, 7e8};
static const double part_bytes = 104;

static double message(double bytes)
{
    return odd_link.latency + bytes / odd_link.bandwidth;
}

TEST(gather_as_recursive_doubling)
{
    for (int ranks = 1; ranks <= MOST_RANKS; ranks *= 2) {
        static int has[MOST_RANKS][MOST_RANKS], next[MOST_RANKS][MOST_RANKS];
        memset(has, 0, sizeof has);
        for (int r = 0; r < ranks; r++)
            has[r][r] = 1;
        double seconds = 0;
        for (int distance = 1; distance < ranks; distance *= 2) {
            int sent = 0;
            for (int part = 0; part < ranks; part++)
                sent += has[0][part];
            seconds += message(sent * part_bytes);
            memcpy(next, has, sizeof has);
            for (int r = 0; r < ranks; r++)
                for (int part = 0; part < ranks; part++)
                    next[r][part] |= has[r ^ distance][part];
            memcpy(has, next, sizeof has);
        }
        for (int r = 0; r < ranks; r++)
            for (int part = 0; part < ranks; part++)
                assert_true(has[r][part]);
        const struct scaling_exchanges five = {5, 5 * ranks * part_bytes};
        expect_near(scaling_gather(five, ranks, odd_link), 5 * seconds, 1e-12);
    }
}

/* In round i, rank r sends to r + i and receives from r - i. */
TEST(scatter_pair_by_pair)
{
    for (int ranks = 1; ranks <= 12; ranks++) {
        double seconds = 0;
        for (int round = 1; round < ranks; round++)
            seconds += message(part_bytes);
        const struct scaling_exchanges two = {2, 2 * ranks * part_bytes};
        expect_near(scaling_scatter(two, ranks, odd_link), 2 * seconds, 1e-12);
    }
}

TEST(reduce_as_recursive_doubling)
{
    for (int ranks = 1; ranks <= MOST_RANKS; ranks *= 2) {
        int sum[MOST_RANKS], next[MOST_RANKS];
        for (int r = 0; r < ranks; r++)
            sum[r] = r;
        double seconds = 0;
        for (int distance = 1; distance < ranks; distance *= 2) {
            for (int r = 0; r < ranks; r++)
                next[r] = sum[r] + sum[r ^ distance];
            memcpy(sum, next, sizeof sum);
            seconds += message(4);
        }
        for (int r = 0; r < ranks; r++)
            assert_int_equal(sum[r], ranks * (ranks - 1) / 2);
        expect_near(scaling_reduce((struct scaling_exchanges){3, 12}, ranks, odd_link), 3 * seconds,
                    1e-12);
    }
    /* other numbers need a stage more than the power of two below them */
    expect_near(scaling_reduce((struct scaling_exchanges){1, 0}, 6, odd_link), 9e-6, 1e-12);
}

/* ---- Networks counted by hand --------------------------------------------------------------- */

static struct scaling_traffic traffic_of(const char *more, int shards, int batch)
{
    char *folder = scratch_folder(), *path = memory_text("%s/a.ini", folder);
    char *text = memory_text(
        "[run]\nscale = smoke\n[data]\nset = made-up\ntrain_pictures = 64\ntest_pictures = 8\n"
        "augmentation = flip-crop\n"
        "[training]\nepochs = 1\nbatch = %d\nlast_batch = keep\nshards = %d\n"
        "momentum = 0.9\nnesterov = yes\nweight_decay = 1e-4\n"
        "[schedule]\ndecay = cosine\nlr = 0.1\nlr_end = 0\n[network]\n%s",
        batch, shards, more);
    scratch_write(folder, "a.ini", text);
    struct experiment experiment;
    struct architecture architecture;
    struct error error;
    if (config_load(path, NULL, 0, &experiment, &error) != 0 ||
        architecture_build(&architecture, &experiment, &error) != 0)
        fail_msg("%s", error.text);
    const struct scaling_traffic traffic = scaling_traffic_of(&architecture, shards, batch);
    architecture_free(&architecture);
    free(text);
    free(path);
    scratch_remove(folder);
    return traffic;
}

TEST(residual_network_by_hand)
{
    const struct scaling_traffic traffic = traffic_of("family = preact\ndepth = 20\n", 16, 128);
    /* 6 BN_RELU layers a stage, of which the first has the channels of the stage before; one at the
     * end */
    const int channels = 6 * 16 + (16 + 5 * 32) + (32 + 5 * 64) + 64;
    const int weights =
        9 * (3 * 16 + 6 * 16 * 16 + (16 * 32 + 5 * 32 * 32) + (32 * 64 + 5 * 64 * 64));
    assert_true(traffic.norms.count == 2 * 19);
    assert_true(traffic.norms.bytes == 2.0 * 16 * 16 * channels);
    assert_true(traffic.gradient.count == 2);
    assert_true(traffic.gradient.bytes == 4.0 * (weights + 65 * 10));
    assert_true(traffic.losses.count == 2 && traffic.losses.bytes == 12 * 128);
    assert_true(traffic.flags.count == 1 && traffic.flags.bytes == 4);
}

/* Growth 12: groups of 24, 18, 15 and 12 channels take 32, 32, 16 and 16 in memory. */
TEST(dense_network_by_hand)
{
    const struct scaling_traffic traffic =
        traffic_of("family = densenet-bc\ndepth = 10\ngrowth = 12\n", 8, 64);
    const int channels = (32 + 48) + 48 + (32 + 48) + 48 + (16 + 48) + 32;
    const int dense = 9 * 48 * 16; /* the 3x3 convolution of each layer */
    const int weights =
        9 * 3 * 32 + (32 * 48 + dense) + 48 * 32 + (32 * 48 + dense) + 48 * 16 + (16 * 48 + dense);
    assert_true(traffic.norms.count == 2 * 9);
    assert_true(traffic.norms.bytes == 2.0 * 16 * 8 * channels);
    assert_true(traffic.gradient.bytes == 4.0 * (weights + 28 * 10));
}

/* ---- Shares --------------------------------------------------------------------------------- */

/* Whether the pairwise sum of `shards` pieces ever has exactly [from, to) in one piece. */
static int has_range(int shards, int from, int to)
{
    for (int width = 1; width < 2 * shards; width *= 2)
        for (int start = 0; start < shards; start += width)
            if (start == from && (start + width < shards ? start + width : shards) == to)
                return 1;
    return 0;
}

TEST(ranks_that_keep_the_order_of_sums)
{
    for (int shards = 1; shards <= 40; shards++)
        for (int ranks = 1; ranks <= 48; ranks++) {
            int good = shards % ranks == 0;
            for (int r = 0; r < ranks && good; r++)
                good = has_range(shards, shards / ranks * r, shards / ranks * (r + 1));
            if (pairwise_divides(shards, ranks) != good)
                fail_msg("%d shards on %d ranks", shards, ranks);
        }
}

TEST(rounds_of_the_busiest_thread)
{
    for (int shards = 1; shards <= 32; shards++)
        for (int threads = 1; threads <= 8; threads++) {
            int most = 0, load[8] = {0};
            for (int s = 0; s < shards; s++)
                load[s % threads]++;
            for (int t = 0; t < threads; t++)
                most = load[t] > most ? load[t] : most;
            assert_int_equal(scaling_rounds(shards, 1, threads), most);
            assert_int_equal(scaling_rounds(4 * shards, 4, threads), most);
        }
}

/* ---- Steps ---------------------------------------------------------------------------------- */

static const struct scaling_sample samples[] = {{1, 0.5}, {4, 1.1}, {16, 3.2}};

TEST(compute_between_samples)
{
    expect_near(scaling_compute(samples, 3, 1), 0.5, 1e-12);
    expect_near(scaling_compute(samples, 3, 2), 0.7, 1e-12);
    expect_near(scaling_compute(samples, 3, 4), 1.1, 1e-12);
    expect_near(scaling_compute(samples, 3, 10), 2.15, 1e-12);
    expect_near(scaling_compute(samples, 3, 16), 3.2, 1e-12);
    expect_near(scaling_compute(samples, 3, 20), 3.9, 1e-12);
    expect_near(scaling_compute(samples, 2, 16), 3.5, 1e-12);
    expect_near(scaling_compute(samples + 1, 2, 2), 0.55, 1e-12);
    expect_near(scaling_compute(samples + 1, 1, 2), 0.55, 1e-12);
    expect_near(scaling_compute(samples + 1, 1, 8), 2.2, 1e-12);
}

TEST(terms_of_a_step)
{
    struct scaling_setting setting = {.traffic = {.norms = {10, 4000},
                                                  .gradient = {2, 80000},
                                                  .losses = {2, 160},
                                                  .flags = {1, 4}},
                                      .link = {1e-5, 1e6},
                                      .samples = samples,
                                      .sample_count = 3,
                                      .shards = 16,
                                      .threads = 1};
    const struct scaling_step one = scaling_step_of(&setting, 1);
    assert_true(one.norms == 0 && one.gradient == 0 && one.rest == 0);
    expect_near(one.total, 3.2, 1e-12);
    const struct scaling_step four = scaling_step_of(&setting, 4);
    expect_near(four.compute, 1.1, 1e-12);
    expect_near(four.norms, 10 * 2e-5 + 0.003, 1e-12);
    expect_near(four.gradient, 2 * (3e-5 + 2e-5) + 2 * 0.06, 1e-12);
    expect_near(four.rest, 2 * 2e-5 + 0.00012 + 2 * (1e-5 + 4e-6), 1e-12);
    expect_near(four.total, four.compute + four.norms + four.gradient + four.rest, 1e-12);
    setting.threads = 4;
    expect_near(scaling_step_of(&setting, 4).compute, 0.5, 1e-12);
}

/* ---- The command ---------------------------------------------------------------------------- */

/* What it printed, to be freed, in *output. */
static void describe(const char *arguments, int expected, char **output)
{
    char *command = memory_text(
        "build/kdecay describe experiments/cifar10/preact-20/poly-k1.0.ini %s", arguments);
    if (scratch_run(command, output) != expected)
        fail_msg("%s: %s", command, *output);
    free(command);
}

TEST(described_ranks)
{
    char *text = NULL;
    describe("--ranks 64 --latency 10 --bandwidth 0.1 --threads 1 "
             "--images-per-second 100 --set training.shards=12 --set "
             "training.batch=120",
             0, &text);
    static const int allowed[] = {1, 3, 6, 12};
    const char *row = strstr(text, "efficiency\n");
    assert_non_null(row);
    row += strlen("efficiency\n");
    for (int i = 0; i < 4; i++, row = strchr(row, '\n') + 1) {
        int ranks, shards;
        double compute, norms, gradient, rest, total, rate, efficiency;
        assert_int_equal(sscanf(row, "%d %d %lf %lf %lf %lf %lf %lf %lf", &ranks, &shards, &compute,
                                &norms, &gradient, &rest, &total, &rate, &efficiency),
                         9);
        assert_int_equal(ranks, allowed[i]);
        assert_int_equal(shards, 12 / ranks);
        expect_near(compute, 1200.0 / ranks, 1e-6);
        expect_near(total, compute + norms + gradient + rest, 1e-5);
        expect_near(rate, 120e3 / total, 1e-3);
        expect_near(efficiency, 120e3 / (ranks * total), 1e-2);
        if (ranks == 3) {
            expect_near(norms, 38 * 0.02 + 2 * 688 * 16 * 12 * 2.0 / 3 / 1e5, 1e-3);
            expect_near(gradient, 2 * 0.04 + 2 * 1073384 * 2.0 / 3 / 1e5, 1e-3);
        }
    }
    assert_memory_equal(row, "12 shards are for 12 ranks at most", 34);
    free(text);
}

TEST(describe_says_what_is_missing)
{
    static const char *const bad[][2] = {
        {"--ranks 4", "--ranks needs --latency US"},
        {"--ranks 4 --latency 1", "--latency needs --bandwidth GBS"},
        {"--ranks 4 --latency 0 --bandwidth 1", "--latency 0: expected a number above 0"},
        {"--ranks 4 --latency 1 --bandwidth x", "--bandwidth x: expected a number above 0"},
        {"--ranks 4 --latency 1 --bandwidth 1 --threads 1000 --set training.shards=128",
         "--images-per-second"},
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        char *text = NULL;
        describe(bad[i][0], 1, &text);
        expect_words(text, bad[i][1]);
        free(text);
    }
}

TEST(measured_here)
{
    char *text = NULL;
    describe("--ranks 1 --latency 1 --bandwidth 1 --threads 1 --set network.depth=8 "
             "--set training.batch=8 --set training.shards=8",
             0, &text);
    const char *at = strstr(text, "measured here with 1 thread; 1 shard a thread ");
    assert_non_null(at);
    double one, four;
    assert_int_equal(sscanf(at,
                            "measured here with 1 thread; 1 shard a thread %lf ms, 4 shards a "
                            "thread %lf ms",
                            &one, &four),
                     2);
    assert_true(one > 0 && four > 0);
    free(text);
}

/* ---- Kept measurements ---------------------------------------------------------------------- */

static const char header[] = "# a comment\nexperiment\tranks\tthreads\tcores\tshards\tbatch\t"
                             "images_per_s\n";

static void keep(const struct fixture *fixture, const char *rows)
{
    char *path = memory_text("%s/benchmarks/ranks.tsv", fixture->results);
    char *text = memory_text("%s%s", header, rows);
    file_write(path, text, strlen(text));
    free(text);
    free(path);
}

static int report(const struct fixture *fixture, struct error *error)
{
    struct experiment_files files;
    if (ledger_read_experiments(fixture->experiments, &files, error) != 0)
        fail_msg("%s", error->text);
    const int status = scaling_report_write(fixture->results, &files, fixture->out, error);
    ledger_free_experiments(&files);
    return status;
}

/* preact-20, a batch of 128 in 16 shards: 16 images a second on one rank, a shard of 8 takes 0.64
 * s. */
TEST(predictions_of_kept_measurements)
{
    struct fixture fixture = fixture_begin();
    keep(&fixture, "cifar10/preact-20/poly-k1.0\t1\t1\t1\t16\t128\t16\n"
                   "cifar10/preact-20/poly-k1.0\t4\t1\t2\t16\t128\t28\n"
                   "cifar10/preact-20/poly-k1.0\t1\t1\t1\t1\t8\t12.5\n"
                   "cifar10/preact-20/poly-k1.0\t1\t1\t1\t1\t4\t10\n");
    struct error error;
    expect_ok(report(&fixture, &error), &error);
    char *text = fixture_read(fixture.out, "plots/scaling.tsv");
    const char *row = strstr(text, "\n1\t");
    assert_memory_equal(text, "# panel: preact-20 | batch 128\n", 31);
    for (int ranks = 1; ranks <= 32; ranks *= 2, row = strchr(row + 1, '\n')) {
        int shown, shards;
        double rate[2], efficiency[2];
        assert_int_equal(sscanf(row, "%d %d %lf %lf %lf %lf", &shown, &shards, &rate[0],
                                &efficiency[0], &rate[1], &efficiency[1]),
                         6);
        assert_int_equal(shown, ranks);
        assert_int_equal(shards, ranks > 16 ? ranks : 16);
        const double stages = log2(ranks), kept = (ranks - 1.0) / ranks;
        for (int i = 0; i < 2; i++) {
            const double alpha = i ? 30e-6 : 1.5e-6, beta = i ? 1 / 1.25e9 : 1 / 12.5e9;
            const double seconds = (ranks > 16 ? 0.4 : 0.64 + 7.36 / 15 * (16.0 / ranks - 1)) +
                                   (38 + 2 + 2 + 1) * stages * alpha + 2 * (ranks - 1) * alpha +
                                   kept * beta * (688.0 * 32 * shards + 2 * 1073384 + 12 * 128) +
                                   stages * 4 * beta;
            expect_near(rate[i], 128 / seconds, 1e-5);
            expect_near(efficiency[i], 800 / (ranks * seconds), 1e-5);
        }
    }
    /* no measurement of shards of 2: the curve ends; 28 of two cores' 32 are measured */
    assert_string_equal(row, "\n\n\n# ranks\tcores\timages_per_s\tefficiency\n1\t1\t16\t100\n"
                             "4\t2\t28\t87.5\n");
    free(text);
    text = fixture_read(fixture.out, "tables/scaling.tex");
    char *link = memory_text("\\fromlog{%s/benchmarks/ranks.tsv}{4}{28.0}", fixture.results);
    assert_non_null(strstr(text, link));
    free(link);
    free(text);
    /* such a file is no log */
    struct ledger ledger;
    assert_int_equal(ledger_read(fixture.results, NULL, &ledger, &error), 0);
    assert_int_equal(ledger.count, 0);
    ledger_free(&ledger);
    fixture_end(&fixture);
}

TEST(nothing_measured)
{
    struct fixture fixture = fixture_begin();
    struct error error;
    assert_int_equal(report(&fixture, &error), 0);
    char *text = fixture_read(fixture.out, "plots/scaling.tsv");
    assert_string_equal(text, "# no measurements\n");
    free(text);
    fixture_end(&fixture);
}

TEST(broken_measurements)
{
    static const char *const bad[][2] = {
        {"cifar10/preact-20/poly-k1.0\t1\t1\t2\t16\t128\t16\n", "ranks.tsv:3: expected an arm"},
        {"cifar10/preact-20/poly-k1.0\t1\t1\t1\t16\t120\t16\n", "ranks.tsv:3: expected an arm"},
        {"cifar10/preact-20/poly-k1.0\t1\t1\t1\t16\t128\t-1\n", "ranks.tsv:3: expected an arm"},
        {"cifar10/preact-20/poly-k1.0\t1\t1\t1\t16\t128\tinf\n", "ranks.tsv:3: expected an arm"},
        {"cifar10/preact-20/poly-k1.0\t1\t1\t1\t16\t128\t16\tx\n",
         "ranks.tsv:3: expected 7 fields"},
        {"cifar10/preact-20/poly-k1.0\t1\t1\t1\t16\t128\t16", "ranks.tsv:3: expected a newline"},
        {"cifar10/nowhere\t1\t1\t1\t16\t128\t16\n", "ranks.tsv:3: there is no experiment"},
        {"experiment\n", "ranks.tsv:3: expected 7 fields"},
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct fixture fixture = fixture_begin();
        struct error error;
        keep(&fixture, bad[i][0]);
        assert_int_equal(report(&fixture, &error), -1);
        expect_words(error.text, bad[i][1]);
        fixture_end(&fixture);
    }
}
