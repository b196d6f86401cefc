/* Networks of Weight Blocks: how many numbers they are, how they start, and that they train, stop,
 * go on and are exported as ordinary ones. Their gradients are tested with those of all families.
 */
#include "base/file.h"
#include "base/memory.h"
#include "network/model_size.h"
#include "network/onednn.h"
#include "tests/network_fixture.h"
#include "tests/scratch.h"
#include "tests/tests.h"
#include "train/checkpoint.h"
#include "train/training.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 32, SHARDS = 4, SEED = 3, CLASSES = 10 };

static const char *const blocks[] = {
    "weights = expansion\nrows = 20\n", "weights = expansion\nrows = 200\n",
    "weights = bank\nrows = 20\n", "weights = search\nrows = 32\nbudget = 2000\n"};

enum { BLOCKS = sizeof blocks / sizeof blocks[0] };

/* The smallest pre-activation ResNet with `lines` more. */
static struct experiment experiment_of(const char *lines, enum precision precision)
{
    char *text = memory_text("family = preact\ndepth = 8\n%s", lines);
    struct experiment experiment = network_fixture_experiment(text, BATCH, SHARDS);
    experiment.precision = (int)precision;
    free(text);
    return experiment;
}

static int precision_count(void)
{
    return onednn_check_precision(PRECISION_BF16, NULL) == 0 ? 2 : 1;
}

/* ---- Numbers of parameters ------------------------------------------------------------------ */

#define PREACT_20 "family = preact\ndepth = 20\n"
#define PREACT_110 "family = preact\ndepth = 110\n"
#define WIDE "family = wide-resnet\nwidth = 8\ndepth = 16\n"

/* Parameters of the ordinary network, less 9 O I for each 3x3 convolution but the first, with
 * min(u, 9 O) I instead; worked out apart from the program. */
static const struct {
    const char *network;
    int rows;
    long long stored;
} stored[] = {{PREACT_20, 1, 3082},      {PREACT_20, 8, 7450},      {PREACT_20, 32, 22426},
              {PREACT_20, 128, 82330},   {PREACT_20, 256, 151450},  {PREACT_20, 576, 269722},
              {PREACT_20, 5000, 269722}, {PREACT_110, 1, 13162},    {PREACT_110, 8, 41050},
              {PREACT_110, 32, 136666},  {PREACT_110, 128, 519130}, {PREACT_110, 576, 1727962},
              {WIDE, 1, 181738},         {WIDE, 32, 277466},        {WIDE, 256, 969178},
              {WIDE, 576, 1957338},      {WIDE, 1440, 4510170}};

TEST(counts)
{
    for (size_t i = 0; i < sizeof stored / sizeof stored[0]; i++) {
        for (int bank = 0; bank < 2; bank++) {
            char *text = memory_text("%sweights = %s\nrows = %d\n", stored[i].network,
                                     bank ? "bank" : "expansion", stored[i].rows);
            const struct experiment experiment = network_fixture_experiment(text, BATCH, SHARDS);
            const struct model_size counts = model_size_of(&experiment);
            assert_int_equal(counts.stored, stored[i].stored);
            assert_true(counts.trained == counts.stored ||
                        (!bank && counts.trained > counts.stored && stored[i].rows > 144));
            assert_true(bank ? counts.extra_macs == 0 : counts.extra_macs > 0);
            free(text);
        }
    }
}

/* Of preact-20: 5 I O of 16 x 16 (6 of them), 16 x 32, 32 x 32 (5), 32 x 64, 64 x 64 (5), times 9
 * for the weights, times u for the rows. With u = 1000 each layer trains as many rows. */
TEST(numbers_that_make_weights)
{
    const struct experiment experiment =
        network_fixture_experiment(PREACT_20 "weights = expansion\nrows = 1000\n", BATCH, SHARDS);
    const long long pairs = 6 * 256 + 512 + 5 * 1024 + 2048 + 5 * 4096;
    const long long inputs = 6 * 16 + 16 + 5 * 32 + 32 + 5 * 64;
    const struct model_size counts = model_size_of(&experiment);
    assert_int_equal(counts.extra_macs, 9000 * pairs);
    assert_int_equal(counts.trained, 269722 - 9 * pairs + 1000 * inputs);
    assert_true(fabs(counts.extra_share - 9000.0 * (double)pairs / (40551040.0 * BATCH)) < 1e-12);
}

/* A search stores its budget beside the rest, 2,458 in preact-20, or its candidates with a word for
 * each 32 of them in each of 18 layers. Each weight takes 1 + log2(u) multiply-adds. */
TEST(numbers_of_a_search)
{
    static const struct {
        int rows, budget;
        long long stored, trained, extra;
    } expected[] = {{128, 19968, 22426, 82330, 8 * 267264},
                    {128, 90000, 82330 + 72, 82330, 8 * 267264},
                    {16, 700, 3158, 12442, 5 * 267264},
                    {1, 642, 3100, 3082, 267264}};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        char *text = memory_text(PREACT_20 "weights = search\nrows = %d\nbudget = %d\n",
                                 expected[i].rows, expected[i].budget);
        const struct experiment experiment = network_fixture_experiment(text, BATCH, SHARDS);
        const struct model_size size = model_size_of(&experiment);
        assert_int_equal(size.stored, expected[i].stored);
        assert_int_equal(size.trained, expected[i].trained);
        assert_int_equal(size.extra_macs, expected[i].extra);
        free(text);
    }
}

/* The same by formula, of depth 6 n + 2 and c channels. Inputs of the 6 n convolutions but the stem: c (2 n
 * + 1 + 2 (2 n - 1) + 2 + 4 (2 n - 1)); their weights are 9 times the products with their outputs; the
 * rest are 27 c of the stem, 2 c (14 n + 1) of BN, 40 c + 10 of the classifier. Maps have 1024, 256 and 64
 * pixels. */
TEST(numbers_of_searches_by_formula)
{
    static const struct {
        int rows, levels, words;
    } candidates[] = {{1, 1, 1}, {8, 4, 1}, {32, 6, 1}, {128, 8, 4}};
    for (long long c = 4; c <= 24; c += 4)
        for (long long n = 1; n <= 5; n += 2)
            for (size_t i = 0; i < COUNT(candidates) && candidates[i].rows <= 9 * c; i++) {
                const long long u = candidates[i].rows, bits = 6 * n * candidates[i].words;
                const long long inputs = c * (14 * n - 3), weights = 9 * c * c * (42 * n - 10);
                const long long rest = c * (28 * n + 69) + 10, all = u * inputs + bits;
                const long long budgets[] = {inputs + bits, (inputs + all) / 2 + bits, all,
                                             2 * all};
                for (size_t b = 0; b < COUNT(budgets); b++) {
                    char *text = memory_text("family = preact\ndepth = %lld\nchannels = %lld\n"
                                             "weights = search\nrows = %lld\nbudget = %lld\n",
                                             6 * n + 2, c, u, budgets[b]);
                    const struct experiment e = network_fixture_experiment(text, BATCH, SHARDS);
                    const struct model_size size = model_size_of(&e);
                    assert_int_equal(size.trained, rest + u * inputs);
                    assert_int_equal(size.stored, rest + (budgets[b] < all ? budgets[b] : all));
                    assert_int_equal(size.extra_macs, candidates[i].levels * weights);
                    assert_int_equal(size.macs, 9 * c * c *
                                                        (2048 * n + 512 + 1024 * (2 * n - 1) + 512 +
                                                         1024 * (2 * n - 1)) +
                                                    27 * c * 1024 + 40 * c);
                    free(text);
                }
            }
}

/* Rows drawn for a budget store no more than it, and little less: the last layer leaves less than
 * a row of 64. */
TEST(numbers_of_draws)
{
    for (int draw = 0; draw < 20; draw++) {
        char *text = memory_text(PREACT_20 "weights = bank\nbudget = 9984\nrows_draw = %d\n", draw);
        const struct experiment experiment = network_fixture_experiment(text, BATCH, SHARDS);
        const long long found = model_size_of(&experiment).stored;
        assert_true(found <= 2458 + 9984 && found > 2458 + 9984 - 64);
        free(text);
    }
}

/* With c channels, preact-20 has 9 c^2 (6 + 2 + 5 4 + 8 + 5 16) weights of 3x3 convolutions, 27 c
 * of the first, 86 c numbers of BN, 40 c + 10 of the classifier. */
TEST(other_channels)
{
    for (int c = 4; c <= 32; c += 4) {
        char *text = memory_text(PREACT_20 "channels = %d\n", c);
        const struct experiment experiment = network_fixture_experiment(text, BATCH, SHARDS);
        assert_int_equal(model_size_of(&experiment).trained, 1044 * c * c + 153 * c + 10);
        free(text);
    }
}

/* ---- First values --------------------------------------------------------------------------- */

static float *values_of(const struct parameters *parameters, int t)
{
    float *values = memory_floats(parameters->tensors[t].count);
    parameters_get(parameters, t, TENSOR_WEIGHT, values);
    return values;
}

/* The mean square of the weights of each block is the variance by which an ordinary layer starts,
 * within five of its standard deviations: sqrt(2 / n) for the n independent numbers, min(u, 9 O) I
 * or, of a bank, u I. Fan-in and fan-out differ by a factor of two in two of the layers. */
static void check_start(const char *lines, int fan_in)
{
    const struct experiment experiment = experiment_of(lines, PRECISION_F32);
    struct network *network = network_create(&experiment, 1);
    network_initialise(network, SEED);
    const struct parameters *p = network_parameters(network);
    int found = 0;
    for (int t = 0; t < p->count; t++) {
        const struct tensor *tensor = &p->tensors[t];
        if (!tensor->generated)
            continue;
        float *values = values_of(p, t);
        double squares = 0;
        for (size_t i = 0; i < tensor->count; i++)
            squares += (double)values[i] * (double)values[i] / (double)tensor->count;
        const double expected = 2.0 / (9 * tensor->dims[fan_in]);
        const int slots = 9 * tensor->dims[0];
        const int rows = experiment.rows < slots ? experiment.rows : slots;
        assert_true(fabs(squares / expected - 1) < 5 * sqrt(2.0 / (rows * tensor->dims[1])));
        free(values);
        found++;
    }
    assert_int_equal(found, 6);
    network_destroy(network);
}

TEST(weights_start_as_ordinary_ones)
{
    for (int fan_in = 0; fan_in < 2; fan_in++) {
        const char *fan = fan_in ? "in" : "out";
        static const char *const starts[] = {"weights = expansion\nrows = 60\n",
                                             "weights = expansion\nrows = 700\n",
                                             "weights = bank\nrows = 100\n"};
        for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
            char *lines = memory_text("fan = %s\n%s", fan, starts[i]);
            check_start(lines, fan_in);
            free(lines);
        }
    }
}

/* The stem, BN and the classifier, and with 200 rows the first stage's bank, too. */
TEST(all_else_starts_as_in_the_ordinary_network)
{
    static const char *const gamma = "gamma = uniform\n";
    const struct experiment ordinary = experiment_of(gamma, PRECISION_F32);
    for (int bank = 0; bank < 2; bank++) {
        char *lines =
            memory_text("%sweights = %s\nrows = 200\n", gamma, bank ? "bank" : "expansion");
        const struct experiment experiment = experiment_of(lines, PRECISION_F32);
        struct network *one = network_create(&ordinary, 1);
        struct network *other = network_create(&experiment, 1);
        network_initialise(one, SEED);
        network_initialise(other, SEED);
        const struct parameters *p = network_parameters(one), *q = network_parameters(other);
        int same = 0;
        for (int t = 0, u = 0; t < p->count; t++, u++) {
            if (q->tensors[u].block) {
                assert_string_equal(q->tensors[u + 1].name, p->tensors[t].name);
                u++;
                continue;
            }
            float *left = values_of(p, t), *right = values_of(q, u);
            assert_string_equal(q->tensors[u].name, p->tensors[t].name);
            assert_memory_equal(left, right, p->tensors[t].count * sizeof *left);
            same++;
            free(left);
            free(right);
        }
        assert_int_equal(same, p->count - (bank ? 4 : 6));
        network_destroy(one);
        network_destroy(other);
        free(lines);
    }
}

/* ---- Training ------------------------------------------------------------------------------- */

static void open_stepper(struct training *training, const struct experiment *experiment,
                         int threads)
{
    training_open(training, experiment, SEED, threads, "none", "none");
    network_initialise(training->network, SEED);
}

/* Steps from, from+1, ... to; returns the last one's loss. */
static double run(struct training *training, long from, long to)
{
    double loss = 0;
    for (long step = from; step <= to; step++) {
        const int count = training_load_batch(training, step);
        loss = network_forward_backward(training->network, count).loss_sum;
        training_sgd_update(training, step);
    }
    return loss;
}

/* The parameters' digest after some steps. */
static struct digest digest_after(const struct experiment *experiment, int threads, long steps)
{
    struct training training;
    open_stepper(&training, experiment, threads);
    run(&training, 1, steps);
    const struct digest digest = parameters_digest(network_parameters(training.network));
    training_close(&training);
    return digest;
}

/* At first, and after two steps: parameters, momentum, running statistics. */
TEST(a_whole_bank_is_the_ordinary_network)
{
    for (int p = 0; p < precision_count(); p++) {
        const struct experiment ordinary = experiment_of("", p);
        for (long steps = 0; steps <= 2; steps += 2) {
            const struct digest expected = digest_after(&ordinary, 2, steps);
            for (int rows = 575; rows <= 577; rows++) {
                char *lines = memory_text("weights = bank\nrows = %d\n", rows);
                const struct experiment bank = experiment_of(lines, p);
                const struct digest found = digest_after(&bank, 1, steps);
                assert_int_equal(strcmp(found.hex, expected.hex) == 0, rows >= 576);
                free(lines);
            }
        }
    }
}

static struct experiment winograd_experiment(const char *lines)
{
    char *text = memory_text("family = wide-resnet\nwidth = 2\ndepth = 10\n%s", lines);
    struct experiment experiment = network_fixture_experiment(text, BATCH, SHARDS);
    experiment.convolution = CONVOLUTION_AUTO;
    free(text);
    return experiment;
}

/* Its last stage has 128 channels. */
static int uses_winograd(const struct experiment *experiment)
{
    struct network *network = network_create(experiment, 1);
    char *kernels = network_kernels(network);
    const int found = strstr(kernels, "wino") != NULL;
    free(kernels);
    network_destroy(network);
    return found;
}

TEST(a_whole_bank_by_winograd)
{
    const struct experiment ordinary = winograd_experiment("");
    if (!uses_winograd(&ordinary))
        skip(); /* the CPU has no AVX-512, or oneDNN no Winograd */
    const struct digest expected = digest_after(&ordinary, 1, 2);
    for (int rows = 1151; rows <= 1152; rows++) {
        char *lines = memory_text("weights = bank\nrows = %d\n", rows);
        const struct experiment bank = winograd_experiment(lines);
        assert_true(uses_winograd(&bank));
        assert_int_equal(strcmp(digest_after(&bank, 2, 2).hex, expected.hex) == 0, rows == 1152);
        free(lines);
    }
}

TEST(threads_change_no_bit)
{
    for (int p = 0; p < precision_count(); p++) {
        for (int b = 0; b < BLOCKS; b++) {
            const struct experiment experiment = experiment_of(blocks[b], p);
            const struct digest one = digest_after(&experiment, 1, 3);
            for (int threads = 2; threads <= 3; threads++)
                assert_string_equal(digest_after(&experiment, threads, 3).hex, one.hex);
        }
    }
}

/* After two steps saved, into a network with other values; the third step then comes to the same
 * bits, which it does only if weights and copies were made anew. The file has the rows alone. */
static void check_checkpoint(const struct experiment *experiment, const char *path)
{
    struct training saved, loaded;
    open_stepper(&saved, experiment, 1);
    run(&saved, 1, 2);
    const struct parameters *p = network_parameters(saved.network);
    checkpoint_save(path, p, &(struct progress){.epoch = 1}, "");
    open_stepper(&loaded, experiment, 2);
    run(&loaded, 1, 1);
    struct progress place;
    struct error error;
    char *log = NULL;
    assert_int_equal(
        checkpoint_load(path, network_parameters(loaded.network), &place, &log, &error), 0);
    free(log);
    assert_true(run(&saved, 3, 3) == run(&loaded, 3, 3));
    assert_string_equal(parameters_digest(network_parameters(loaded.network)).hex,
                        parameters_digest(p).hex);
    char *bytes = file_read(path, NULL, &error);
    assert_non_null(strstr(bytes + 8, "\"stem.weight\""));
    assert_non_null(strstr(bytes + 8, "\"stage1.unit1.conv1.rows\""));
    assert_non_null(strstr(bytes + 8, "\"momentum.stage1.unit1.conv1.rows\""));
    assert_null(strstr(bytes + 8, "stage1.unit1.conv1.weight"));
    free(bytes);
    training_close(&saved);
    training_close(&loaded);
}

TEST(checkpoints)
{
    char *folder = scratch_folder(), *path = memory_text("%s/c.safetensors", folder);
    for (int p = 0; p < precision_count(); p++)
        for (int b = 0; b < BLOCKS; b++) {
            const struct experiment experiment = experiment_of(blocks[b], p);
            check_checkpoint(&experiment, path);
        }
    free(path);
    scratch_remove(folder);
}

/* With gradient 0, Nesterov's first step takes lr (1 + momentum) decay from each number; of a bank,
 * times the slots of its row: 9 O / 20 of them, rounded down or up. */
TEST(weight_decay)
{
    for (int b = 0; b < BLOCKS; b++) {
        struct experiment experiment = experiment_of(blocks[b], PRECISION_F32);
        experiment.weight_decay = 1e-2;
        struct training training;
        open_stepper(&training, &experiment, 1);
        const struct parameters *p = network_parameters(training.network);
        memset(p->gradient, 0, p->trained_floats * sizeof *p->gradient);
        float *before = memory_floats(p->trained_floats);
        memcpy(before, p->weight, p->trained_floats * sizeof *before);
        const double once = training_sgd_update(&training, 1) * 1.9 * 1e-2;
        for (int t = 0; t < p->count; t++) {
            const struct tensor *tensor = &p->tensors[t];
            if (!tensor->block)
                continue;
            const int bank = experiment.weights == WEIGHTS_BANK;
            const int slots = bank ? 9 * p->tensors[tensor->weights].dims[0] : 20;
            for (size_t i = tensor->offset; i < tensor->offset + tensor->count; i++) {
                const double old = (double)before[i], taken = old - (double)p->weight[i];
                const double few = slots / 20, many = (slots + 19) / 20;
                const double off = fmin(fabs(taken - few * once * old), /* one of the two is 0 */
                                        fabs(taken - many * once * old));
                assert_true(off < 1e-6 * fabs(old));
            }
        }
        free(before);
        training_close(&training);
    }
}

/* ---- Export --------------------------------------------------------------------------------- */

/* Set every tensor of an ordinary network from the file, by name and offsets. */
static void read_export(const char *path, struct parameters *p)
{
    size_t size = 0;
    struct error error;
    char *bytes = file_read(path, &size, &error);
    assert_non_null(bytes);
    uint64_t length;
    memcpy(&length, bytes, sizeof length); /* little-endian, as this machine is */
    size_t all = 0;
    for (int t = 0; t < p->count; t++) {
        const struct tensor *tensor = &p->tensors[t];
        char *name =
            memory_text("\"%s\":{\"dtype\":\"F32\",\"shape\":[%d", tensor->name, tensor->dims[0]);
        const char *at = strstr(bytes + 8, name);
        assert_non_null(at);
        size_t from, to;
        assert_int_equal(sscanf(strstr(at, "data_offsets"), "data_offsets\":[%zu,%zu]", &from, &to),
                         2);
        assert_int_equal(to - from, tensor->count * sizeof(float));
        float *values = memory_floats(tensor->count);
        memcpy(values, bytes + 8 + length + from, to - from);
        parameters_set(p, t, TENSOR_WEIGHT, values);
        all += to - from;
        free(values);
        free(name);
    }
    assert_int_equal(size, 8 + length + all); /* and nothing else */
    assert_non_null(strstr(bytes + 8, "# seed: 3"));
    free(bytes);
}

static const char training[] =
    "[run]\nscale = smoke\n[data]\nset = made-up\ntrain_pictures = 64\ntest_pictures = 32\n"
    "augmentation = none\n[network]\nfamily = preact\ndepth = 8\n%s[training]\nepochs = 1\n"
    "batch = 32\nlast_batch = keep\nshards = 4\nmomentum = 0.9\nnesterov = yes\n"
    "weight_decay = 1e-4\nprecision = %s\n[schedule]\ndecay = cosine\nlr = 0.1\nlr_end = 0\n";

/* Trained by the program, exported by the program: the ordinary network says the same, bit for
 * bit, of images that it has not seen. */
static void check_export(const char *lines, const char *precision)
{
    char *folder = scratch_folder(), *text = memory_text(training, lines, precision);
    scratch_write(folder, "experiments/a.ini", text);
    char *to = memory_text("%s/a.safetensors", folder), *output = NULL;
    char *export = memory_text("build/kdecay export %s/experiments/a.ini --seed 3 --out %s "
                               "--checkpoints %s/c",
                               folder, to, folder);
    char *train = memory_text("build/kdecay train %s/experiments/a.ini --seed 3 --threads 2 "
                              "--results %s/r --checkpoints %s/c",
                              folder, folder, folder);
    assert_int_equal(scratch_run(export, &output), 1);
    assert_non_null(strstr(output, "train the experiment with this seed first"));
    free(output);
    assert_int_equal(scratch_run(train, NULL), 0);
    assert_int_equal(scratch_run(export, &output), 0);
    assert_non_null(strstr(output, "after epoch 1 of 1"));
    const struct experiment experiment = network_fixture_parse(text);
    char *plain = memory_text(training, "", precision), *log = NULL;
    const struct experiment ordinary = network_fixture_parse(plain);
    struct network *trained = network_create(&experiment, 1);
    struct network *folded = network_create(&ordinary, 1);
    char *path =
        memory_text("%s/c/a/seed-3-%.8s.safetensors", folder, config_digest(&experiment).hex);
    struct progress place;
    struct error error;
    assert_int_equal(checkpoint_load(path, network_parameters(trained), &place, &log, &error), 0);
    read_export(to, network_parameters(folded));
    network_fixture_fill(trained, BATCH, CLASSES, 8);
    network_fixture_fill(folded, BATCH, CLASSES, 8);
    network_evaluate(trained, BATCH);
    network_evaluate(folded, BATCH);
    for (int n = 0; n < BATCH; n++)
        assert_memory_equal(network_logits(trained, n), network_logits(folded, n),
                            CLASSES * sizeof(double));
    network_destroy(trained);
    network_destroy(folded);
    free(log);
    free(path);
    free(output);
    free(train);
    free(export);
    free(to);
    scratch_remove(folder);
}

TEST(export)
{
    for (int p = 0; p < precision_count(); p++) {
        check_export("weights = expansion\nrows = 200\n", p ? "bf16" : "f32");
        check_export("weights = bank\nrows = 20\n", p ? "bf16" : "f32");
        check_export("weights = bank\nbudget = 2000\nrows_draw = 1\n", p ? "bf16" : "f32");
        check_export("weights = search\nrows = 32\nbudget = 2000\n", p ? "bf16" : "f32");
    }
}
