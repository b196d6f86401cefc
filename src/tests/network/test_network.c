#include "base/memory.h"
#include "experiment/config.h"
#include "network/model_size.h"
#include "network/network.h"
#include "network/onednn.h"
#include "tests/network_fixture.h"
#include "tests/tests.h"
#include "train/optimizer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH = 8, CLASSES = 10, BATCH = 8, SHARDS = 4, PARTIAL = 5 };

static struct experiment experiment_of(const char *set, int depth)
{
    const int synthetic = strcmp(set, "made-up") == 0;
    char *text = memory_text("[run]\nscale = %s\n[data]\nset = %s\n%saugmentation = none\n"
                             "[network]\nfamily = preact\ndepth = %d\n[training]\nepochs = 1\n"
                             "batch = %d\nlast_batch = keep\nshards = %d\nmomentum = 0.9\n"
                             "nesterov = yes\nweight_decay = 1e-4\n[schedule]\ndecay = cosine\n"
                             "lr = 0.1\nlr_end = 0\nk = 2\n",
                             synthetic ? "smoke" : "full", set,
                             synthetic ? "train_pictures = 64\ntest_pictures = 32\n" : "", depth,
                             BATCH, SHARDS);
    return network_fixture_parse(text);
}

/* ---- A network with nothing left at 0 or 1, and its images ----------------------------------- */

static struct network *create_by(enum convolution convolution, enum precision precision, int depth,
                                 int threads)
{
    struct experiment experiment = experiment_of("made-up", depth);
    experiment.convolution = convolution;
    experiment.precision = precision;
    struct network *network = network_create(&experiment, threads);
    network_initialise(network, 3);
    network_fixture_spread(network_parameters(network));
    network_fixture_fill(network, BATCH, CLASSES, 5);
    return network;
}

static struct network *create(int depth, int threads)
{
    return create_by(CONVOLUTION_DIRECT, PRECISION_F32, depth, threads);
}

/* ---- The layers, from the paper --------------------------------------------------------------- */

/* A layer, and which layers made what it reads and what it adds to that first ("": nothing; the
 * stem reads the image); its output. */
struct expected_layer {
    enum layer_kind kind;
    const char *name, *reads, *adds;
    int kernel, stride, channels, side;
};

static const char *maker_of(const struct architecture *a, int activation)
{
    for (int l = 0; l < a->layer_count && activation != NO_ACTIVATION; l++)
        if (a->layers[l].output == activation)
            return a->layers[l].name;
    return "";
}

static void check_layer(const struct architecture *a, const struct expected_layer *expected)
{
    int l = 0;
    while (l < a->layer_count && strcmp(a->layers[l].name, expected->name) != 0)
        l++;
    assert_true(l < a->layer_count);
    const struct layer *layer = &a->layers[l];
    assert_int_equal(layer->kind, expected->kind);
    assert_int_equal(layer->input_count, 1);
    assert_string_equal(maker_of(a, layer->inputs[0]), expected->reads);
    assert_string_equal(maker_of(a, layer->addend), expected->adds);
    assert_int_equal(layer->kernel, expected->kernel);
    assert_int_equal(layer->stride, expected->stride);
    assert_int_equal(layer->padding, expected->kernel / 2);
    if (layer->kind == LAYER_HEAD) {
        assert_int_equal(layer->output, NO_ACTIVATION);
        return;
    }
    assert_int_equal(a->activations[layer->output].channels, expected->channels);
    assert_int_equal(a->activations[layer->output].height, expected->side);
    assert_int_equal(a->activations[layer->output].width, expected->side);
}

static void check_layers(int depth, int layers, const struct expected_layer *expected, size_t count)
{
    const struct experiment experiment = experiment_of("made-up", depth);
    struct architecture a;
    struct error error;
    assert_int_equal(architecture_build(&a, &experiment, &error), 0);
    assert_int_equal(a.layer_count, layers);
    for (size_t i = 0; i < count; i++) {
        check_layer(&a, &expected[i]);
        if (count == (size_t)layers) /* in this order */
            assert_string_equal(a.layers[i].name, expected[i].name);
    }
    architecture_free(&a);
}

/* He et al., arXiv 1603.05027, section 3, with shortcuts of option A. The first unit's shortcut
 * carries the activated value, all others the raw sum, which stands in place of the convolution. */
TEST(layers_of_preact)
{
    const enum layer_kind CONV = LAYER_CONVOLUTION, BN = LAYER_BN_RELU, A = LAYER_SHORTCUT;
    const struct expected_layer preact_8[] = {
        {CONV, "stem", "", "", 3, 1, 16, 32},
        {BN, "stage1.unit1.norm1", "stem", "", 0, 0, 16, 32},
        {CONV, "stage1.unit1.conv1", "stage1.unit1.norm1", "", 3, 1, 16, 32},
        {BN, "stage1.unit1.norm2", "stage1.unit1.conv1", "", 0, 0, 16, 32},
        {CONV, "stage1.unit1.conv2", "stage1.unit1.norm2", "", 3, 1, 16, 32},
        {BN, "stage2.unit1.norm1", "stage1.unit1.conv2", "stage1.unit1.norm1", 0, 0, 16, 32},
        {A, "stage2.unit1.shortcut", "stage1.unit1.conv2", "", 0, 2, 32, 16},
        {CONV, "stage2.unit1.conv1", "stage2.unit1.norm1", "", 3, 2, 32, 16},
        {BN, "stage2.unit1.norm2", "stage2.unit1.conv1", "", 0, 0, 32, 16},
        {CONV, "stage2.unit1.conv2", "stage2.unit1.norm2", "", 3, 1, 32, 16},
        {BN, "stage3.unit1.norm1", "stage2.unit1.conv2", "stage2.unit1.shortcut", 0, 0, 32, 16},
        {A, "stage3.unit1.shortcut", "stage2.unit1.conv2", "", 0, 2, 64, 8},
        {CONV, "stage3.unit1.conv1", "stage3.unit1.norm1", "", 3, 2, 64, 8},
        {BN, "stage3.unit1.norm2", "stage3.unit1.conv1", "", 0, 0, 64, 8},
        {CONV, "stage3.unit1.conv2", "stage3.unit1.norm2", "", 3, 1, 64, 8},
        {BN, "norm", "stage3.unit1.conv2", "stage3.unit1.shortcut", 0, 0, 64, 8},
        {LAYER_HEAD, "classifier", "norm", "", 0, 0, 0, 0}};
    /* units that keep their shape */
    const struct expected_layer of_preact_14[] = {
        {BN, "stage1.unit2.norm1", "stage1.unit1.conv2", "stage1.unit1.norm1", 0, 0, 16, 32},
        {CONV, "stage1.unit2.conv1", "stage1.unit2.norm1", "", 3, 1, 16, 32},
        {BN, "stage2.unit1.norm1", "stage1.unit2.conv2", "stage1.unit1.conv2", 0, 0, 16, 32},
        {BN, "stage2.unit2.norm1", "stage2.unit1.conv2", "stage2.unit1.shortcut", 0, 0, 32, 16},
        {CONV, "stage2.unit2.conv1", "stage2.unit2.norm1", "", 3, 1, 32, 16},
        {BN, "stage3.unit1.norm1", "stage2.unit2.conv2", "stage2.unit1.conv2", 0, 0, 32, 16},
        {CONV, "stage3.unit2.conv1", "stage3.unit2.norm1", "", 3, 1, 64, 8},
        {BN, "norm", "stage3.unit2.conv2", "stage3.unit1.conv2", 0, 0, 64, 8}};
    check_layers(8, 17, preact_8, sizeof preact_8 / sizeof preact_8[0]);
    check_layers(14, 29, of_preact_14, sizeof of_preact_14 / sizeof of_preact_14[0]);
}

/* ---- Gradients ------------------------------------------------------------------------------- */

/* Along the gradient the network's own loss rises by the gradient's length. */
TEST(loss_rises_along_the_gradient)
{
    struct network *network = create(DEPTH, 1);
    struct parameters *parameters = network_parameters(network);
    const size_t count = parameters->trained_floats;
    network_forward_backward(network, BATCH);
    float *start = memory_floats(count), *gradient = memory_floats(count);
    memcpy(start, parameters->weight, count * sizeof *start);
    memcpy(gradient, parameters->gradient, count * sizeof *gradient);
    double squares = 0, loss[2];
    for (size_t i = 0; i < count; i++)
        squares += (double)gradient[i] * (double)gradient[i];
    const double length = 1e-2 / squares; /* changes the loss by about 1e-2 each way */
    for (int side = 0; side < 2; side++) {
        for (size_t i = 0; i < count; i++)
            parameters->weight[i] =
                (float)((double)start[i] + (side ? length : -length) * (double)gradient[i]);
        loss[side] = network_forward_backward(network, BATCH).loss_sum / BATCH;
    }
    network_fixture_near((loss[1] - loss[0]) / (2 * length), squares, 0.01,
                         "the slope of the loss");
    free(start);
    free(gradient);
    network_destroy(network);
}

TEST(evaluation_changes_nothing)
{
    struct network *network = create(DEPTH, 2);
    const struct digest before = parameters_digest(network_parameters(network));
    for (int count = PARTIAL; count <= BATCH; count += BATCH - PARTIAL)
        network_evaluate(network, count);
    assert_string_equal(before.hex, parameters_digest(network_parameters(network)).hex);
    network_destroy(network);
}

/* ---- Threads -------------------------------------------------------------------------------- */

static void sgd(struct parameters *parameters)
{
    const struct experiment experiment = experiment_of("made-up", DEPTH);
    const struct sgd rule = sgd_of(&experiment);
    sgd_step(&rule, 0.05, parameters->trained_floats, parameters->weight, parameters->momentum,
             parameters->gradient);
    for (int t = 0; t < parameters->count; t++)
        parameters_renew_copies(parameters, t);
}

/* A few steps, one of them on a partial minibatch; the bits of all gradients and losses on the way
 * and of the parameters at the end. */
static struct digest bits_of_a_run(enum precision precision, int threads)
{
    static const int counts[] = {BATCH, PARTIAL, 1, BATCH};
    struct network *network = create_by(CONVOLUTION_DIRECT, precision, DEPTH, threads);
    struct parameters *parameters = network_parameters(network);
    struct digest chain = {""};
    for (int i = 0; i < (int)(sizeof counts / sizeof counts[0]); i++) {
        network_fixture_fill(network, BATCH, CLASSES, 20 + i);
        const struct pass_result result = network_forward_backward(network, counts[i]);
        char *loss = memory_text("%a %ld", result.loss_sum, result.wrong);
        chain = digest_chain(chain.hex, loss);
        free(loss);
        for (int t = 0; t < parameters->count; t++) {
            const size_t count = parameters->tensors[t].count;
            if (!parameters->tensors[t].trained)
                continue;
            float *gradient = memory_floats(count);
            parameters_get(parameters, t, TENSOR_GRADIENT, gradient);
            chain = digest_chain(chain.hex, digest_of(gradient, count * sizeof *gradient).hex);
            free(gradient);
        }
        sgd(parameters);
    }
    chain = digest_chain(chain.hex, parameters_digest(parameters).hex);
    network_destroy(network);
    return chain;
}

TEST(threads_change_no_bit)
{
    const struct digest one = bits_of_a_run(PRECISION_F32, 1);
    for (int threads = 2; threads <= 4; threads++)
        assert_string_equal(bits_of_a_run(PRECISION_F32, threads).hex, one.hex);
}

TEST(threads_are_at_most_one_a_shard)
{
    for (int threads = 1; threads <= 6; threads++) {
        struct network *network = create(DEPTH, threads);
        assert_int_equal(network_threads(network), threads < SHARDS ? threads : SHARDS);
        network_destroy(network);
    }
}

/* ---- bf16 ----------------------------------------------------------------------------------- */

static void skip_without_bf16(void)
{
    if (onednn_check_precision(PRECISION_BF16, NULL) != 0)
        skip();
}

TEST(threads_change_no_bit_of_bf16)
{
    skip_without_bf16();
    const struct digest one = bits_of_a_run(PRECISION_BF16, 1);
    assert_string_not_equal(one.hex, bits_of_a_run(PRECISION_F32, 1).hex);
    for (int threads = 2; threads <= 3; threads++)
        assert_string_equal(bits_of_a_run(PRECISION_BF16, threads).hex, one.hex);
}

/* |a - b| / |b| over all trained values of a state. */
static double distance(const struct parameters *a, const struct parameters *b,
                       enum tensor_state which)
{
    double difference = 0, length = 0;
    for (int t = 0; t < a->count; t++) {
        const size_t count = a->tensors[t].count;
        if (!a->tensors[t].trained)
            continue;
        float *left = memory_floats(count), *right = memory_floats(count);
        parameters_get(a, t, which, left);
        parameters_get(b, t, which, right);
        for (size_t i = 0; i < count; i++) {
            difference += pow((double)left[i] - (double)right[i], 2);
            length += pow((double)right[i], 2);
        }
        free(left);
        free(right);
    }
    return sqrt(difference / length);
}

/* Every convolution's weights as bf16 holds them. */
static void round_weights(struct parameters *parameters)
{
    for (int t = 0; t < parameters->count; t++) {
        const struct tensor *tensor = &parameters->tensors[t];
        if (tensor->dim_count != 4)
            continue;
        float *values = memory_floats(tensor->count);
        parameters_get(parameters, t, TENSOR_WEIGHT, values);
        for (size_t i = 0; i < tensor->count; i++)
            values[i] = bf16_widen(bf16_round(values[i]));
        parameters_set(parameters, t, TENSOR_WEIGHT, values);
        free(values);
    }
}

/* The loss to a thousandth (found: 6e-5). Gradients are moved further, by the ReLUs that rounding
 * switches: how far, tells the same network in f32 with its weights alone rounded (found: 0.055 of
 * the gradient; all of bf16's roundings, 0.075). */
static void check_bf16_is_near_f32(enum convolution convolution)
{
    struct network *half = create_by(convolution, PRECISION_BF16, DEPTH, 2);
    struct network *full = create(DEPTH, 2);
    struct network *rounded = create(DEPTH, 2);
    const struct parameters *parameters = network_parameters(full);
    assert_true(distance(network_parameters(half), parameters, TENSOR_WEIGHT) == 0);
    round_weights(network_parameters(rounded));
    for (int count = PARTIAL; count <= BATCH; count += BATCH - PARTIAL) {
        const struct pass_result expected = network_forward_backward(full, count);
        const struct pass_result found = network_forward_backward(half, count);
        network_forward_backward(rounded, count);
        network_fixture_near(found.loss_sum, expected.loss_sum, 1e-3, "the loss in bf16");
        assert_true(distance(network_parameters(half), parameters, TENSOR_GRADIENT) <
                    2 * distance(network_parameters(rounded), parameters, TENSOR_GRADIENT));
        network_fixture_near(network_evaluate(half, count).loss_sum,
                             network_evaluate(full, count).loss_sum, 1e-3,
                             "the evaluated loss in bf16");
    }
    network_destroy(half);
    network_destroy(full);
    network_destroy(rounded);
}

TEST(bf16_is_near_f32)
{
    skip_without_bf16();
    check_bf16_is_near_f32(CONVOLUTION_DIRECT);
    check_bf16_is_near_f32(CONVOLUTION_WINOGRAD);
}

/* Maps of half the size, and the arenas of weights twice. */
TEST(bytes_of_bf16)
{
    struct experiment experiment = experiment_of("cifar10", 20);
    experiment.batch = 4096;
    const size_t full = network_bytes(&experiment, 1);
    experiment.precision = PRECISION_BF16;
    const double ratio = (double)network_bytes(&experiment, 1) / (double)full;
    assert_true(ratio > 0.5 && ratio < 0.53);
}

/* ---- Shapes and sizes ------------------------------------------------------------------------ */

TEST(depths_that_do_not_exist)
{
    static const struct {
        int depth;
        const char *nearest;
    } cases[] = {{9, "8 and 14"}, {13, "8 and 14"}, {1, "8 and 14"}, {109, "104 and 110"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct experiment experiment = experiment_of("cifar10", cases[i].depth);
        struct architecture architecture;
        struct error error = {""};
        assert_int_equal(architecture_build(&architecture, &experiment, &error), -1);
        assert_non_null(strstr(error.text, cases[i].nearest));
        architecture_free(&architecture);
    }
}

TEST(sizes)
{
    static const struct {
        const char *set;
        int depth;
        long long parameters;
    } cases[] = {{"cifar10", 20, 269722},
                 {"cifar10", 32, 464154},
                 {"cifar10", 56, 853018},
                 {"cifar10", 110, 1727962},
                 {"cifar100", 110, 1733812}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct experiment experiment = experiment_of(cases[i].set, cases[i].depth);
        const struct model_size size = model_size_of(&experiment);
        assert_int_equal(size.trained, cases[i].parameters);
        if (cases[i].depth == 20)
            assert_int_equal((size.macs + 50000) / 100000, 406);
    }
}

/* The tensors that are trained are as many numbers as model_size() tells. */
TEST(size_is_that_of_the_tensors)
{
    struct network *network = create(DEPTH, 1);
    const struct parameters *parameters = network_parameters(network);
    const struct experiment experiment = experiment_of("made-up", DEPTH);
    long long found = 0;
    for (int t = 0; t < parameters->count; t++)
        if (parameters->tensors[t].trained)
            found += (long long)parameters->tensors[t].count;
    assert_int_equal(found, model_size_of(&experiment).trained);
    network_destroy(network);
}
