/* Networks with other paddings than zeros: counts, where they start, threads, checkpoints. Their
 * losses and gradients are tested with the families. */
#include "base/memory.h"
#include "network/model_size.h"
#include "network/onednn.h"
#include "tests/network_fixture.h"
#include "tests/scratch.h"
#include "train/checkpoint.h"
#include "train/optimizer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/tests.h"

enum { BATCH = 8, SHARDS = 4, CLASSES = 10 };

#define PREACT "family = preact\ndepth = 8\n"
#define LEARNED PREACT "padding = learned\npadding_depth = 2\npadding_reach = 1\n"

static struct experiment experiment_of(const char *network, enum precision precision)
{
    struct experiment experiment = network_fixture_experiment(network, BATCH, SHARDS);
    experiment.precision = precision;
    experiment.convolution = CONVOLUTION_AUTO;
    return experiment;
}

static struct network *create(const char *text, enum precision precision, int threads)
{
    const struct experiment experiment = experiment_of(text, precision);
    struct network *network = network_create(&experiment, threads);
    network_initialise(network, 3);
    network_fixture_fill(network, BATCH, CLASSES, 5);
    return network;
}

static int lacks(enum precision precision)
{
    return onednn_check_precision(precision, NULL) != 0;
}

/* ---- Counts ---------------------------------------------------------------------------------- */

/* What a network has with `padding` more than with zeros. */
static void check_size(const char *network, const char *padding, long long parameters,
                       long long macs)
{
    char *text = memory_text("%s%s", network, padding);
    const struct experiment zero = experiment_of(network, PRECISION_F32);
    const struct experiment other = experiment_of(text, PRECISION_F32);
    const struct model_size without = model_size_of(&zero), with = model_size_of(&other);
    assert_true(with.trained - without.trained == parameters);
    assert_true(with.macs - without.macs == macs);
    free(text);
}

/* By hand. preact-110 has 36 convolutions to each of 16, 32 and 64 channels, of which the first of
 * the later stages reads the stage before: 36 x 16 + 16 + 35 x 32 + 32 + 35 x 64 = 3984 channels
 * are read, 37 x 16 x (4 x 32 + 4) + 36 x 32 x (4 x 16 + 4) + 35 x 64 x (4 x 8 + 4) = 237,120
 * pixels stand in rings. WRN-28-10 likewise: (16 + 8 x 160) x 132 + 8 x 320 x 68 + 7 x 640 x 36. */
TEST(counts)
{
    static const char preact[] = "family = preact\ndepth = 110\n";
    static const char wide[] = "family = wide-resnet\nwidth = 10\ndepth = 28\n";
    const long long ring = 237120;
    check_size(preact, "padding = learned\n", 7968, ring);
    check_size(preact, "padding = learned\npadding_depth = 2\n", 11952, 2 * ring);
    check_size(preact, "padding = learned\npadding_reach = 1\n", 15936, 3 * ring);
    check_size(preact, "padding = learned\npadding_depth = 2\npadding_reach = 1\n", 27888,
               6 * ring);
    check_size(wide, "padding = learned\npadding_depth = 2\npadding_reach = 1\n", 58352,
               6 * 506432);
    check_size(preact, "padding = replicate\n", 0, ring);
    check_size(preact, "padding = reflect\n", 0, 2 * ring);
    check_size(preact, "padding = extrapolate\n", 0, 2 * ring);
    check_size(preact, "padding = partial\n", 0, 0);
}

/* ---- A Padding Layer starts as zero padding -------------------------------------------------- */

/* Fails unless all tensors of the first network have the same bits in the second; or, with a
 * tolerance, differ by no more than that, of the largest value of the tensor. */
static void check_same(struct network *one, struct network *other, enum tensor_state which,
                       double tolerance)
{
    const struct parameters *p = network_parameters(one), *q = network_parameters(other);
    for (int t = 0; t < p->count; t++) {
        const struct tensor *tensor = &p->tensors[t];
        if (!tensor->trained && which != TENSOR_WEIGHT)
            continue;
        assert_string_equal(tensor->name, q->tensors[t].name);
        float *left = memory_floats(tensor->count), *right = memory_floats(tensor->count);
        parameters_get(p, t, which, left);
        parameters_get(q, t, which, right);
        double largest = 0, worst = 0;
        for (size_t i = 0; i < tensor->count; i++) {
            largest = fmax(largest, fabs((double)left[i]));
            worst = fmax(worst, fabs((double)left[i] - (double)right[i]));
        }
        const int same = memcmp(left, right, tensor->count * sizeof *left) == 0;
        if (!same && !(worst <= tolerance * largest))
            fail_msg("%s differs by %g of its largest value", tensor->name, worst / largest);
        free(left);
        free(right);
    }
}

static void check_same_logits(struct network *one, struct network *other)
{
    for (int n = 0; n < BATCH; n++)
        assert_memory_equal(network_logits(one, n), network_logits(other, n),
                            CLASSES * sizeof(double));
}

/* The first values, the logits of the first step and of an evaluation after it have equal bits; so
 * have the first step's gradients (tolerance 0), unless oneDNN sums them in another order. */
static void check_start(const char *zero_text, const char *learned_text, enum precision precision,
                        double tolerance)
{
    struct network *zero = create(zero_text, precision, 2);
    struct network *learned = create(learned_text, precision, 2);
    check_same(zero, learned, TENSOR_WEIGHT, 0);
    network_forward_backward(zero, BATCH);
    network_forward_backward(learned, BATCH);
    check_same_logits(zero, learned);
    check_same(zero, learned, TENSOR_GRADIENT, tolerance);
    network_evaluate(zero, BATCH);
    network_evaluate(learned, BATCH);
    check_same_logits(zero, learned);
    network_destroy(zero);
    network_destroy(learned);
}

static int has_kernel(enum precision precision, const char *name)
{
    struct network *network = create(PREACT, precision, 1);
    char *kernels = network_kernels(network);
    const int has = strstr(kernels, name) != NULL;
    free(kernels);
    network_destroy(network);
    return has;
}

/* The kernels jit:avx2 sum in another order on a map with a ring. */
TEST(start)
{
    check_start(PREACT, LEARNED, PRECISION_F32, has_kernel(PRECISION_F32, "jit:avx2") ? 2e-6 : 0);
}

/* So does the kernel brg_conv_bwd of oneDNN 3; each of its gradients may then round to the next
 * bf16. */
TEST(start_in_bf16)
{
    if (lacks(PRECISION_BF16))
        skip();
    check_start(PREACT, LEARNED, PRECISION_BF16,
                has_kernel(PRECISION_BF16, "brg_conv_bwd") ? 0x1p-8 : 0);
}

/* With Winograd in the last stage, where the tiles of backward data lie elsewhere on a map with a
 * ring: its gradients are other roundings of the same. */
TEST(start_of_winograd)
{
    static const char wide[] = "family = wide-resnet\nwidth = 2\ndepth = 10\n";
    char *learned = memory_text("%spadding = learned\n", wide);
    check_start(wide, learned, PRECISION_F32, 1e-5);
    free(learned);
}

/* ---- Threads and checkpoints ----------------------------------------------------------------- */

static void step(struct network *network, int seed, int count)
{
    const struct experiment experiment = experiment_of(PREACT, PRECISION_F32);
    const struct sgd rule = sgd_of(&experiment);
    struct parameters *parameters = network_parameters(network);
    network_fixture_fill(network, BATCH, CLASSES, seed);
    network_forward_backward(network, count);
    sgd_step(&rule, 0.05, parameters->trained_floats, parameters->weight, parameters->momentum,
             parameters->gradient);
    for (int t = 0; t < parameters->count; t++)
        parameters_renew_copies(parameters, t);
}

/* After a few steps, one of them on a part of a minibatch. */
static struct digest bits_of_a_run(const char *text, enum precision precision, int threads)
{
    static const int counts[] = {BATCH, 5, BATCH};
    struct network *network = create(text, precision, threads);
    network_fixture_spread(network_parameters(network));
    for (int i = 0; i < 3; i++)
        step(network, 20 + i, counts[i]);
    const struct digest digest = parameters_digest(network_parameters(network));
    network_destroy(network);
    return digest;
}

TEST(threads_change_no_bit)
{
    static const char *const texts[] = {LEARNED, PREACT "padding = partial\n",
                                        PREACT "padding = extrapolate\n"};
    for (int precision = PRECISION_F32; precision <= PRECISION_BF16; precision++)
        for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
            if (lacks(precision))
                continue;
            const struct digest one = bits_of_a_run(texts[i], precision, 1);
            for (int threads = 2; threads <= 3; threads++)
                assert_string_equal(bits_of_a_run(texts[i], precision, threads).hex,
                                    one.hex);
        }
}

/* A network that takes up another's checkpoint goes on as that one does. */
TEST(checkpoint)
{
    char *folder = scratch_folder(), *path = memory_text("%s/a.safetensors", folder), *log = NULL;
    struct network *first = create(LEARNED, PRECISION_F32, 2);
    struct network *second = create(LEARNED, PRECISION_F32, 2);
    struct error error;
    struct progress place = {.epoch = 1};
    step(first, 31, BATCH);
    checkpoint_save(path, network_parameters(first), &place, "");
    assert_int_equal(checkpoint_load(path, network_parameters(second), &place, &log, &error), 0);
    step(first, 32, BATCH);
    step(second, 32, BATCH);
    assert_string_equal(parameters_digest(network_parameters(first)).hex,
                        parameters_digest(network_parameters(second)).hex);
    free(log);
    network_destroy(first);
    network_destroy(second);
    free(path);
    scratch_remove(folder);
}
