/* How the tensors of a network start, how many numbers they are, and what stands between their
 * channels in memory. */
#include "base/memory.h"
#include "network/model_size.h"
#include "tests/network_fixture.h"
#include "tests/tests.h"
#include "train/optimizer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 4, SHARDS = 2, CLASSES = 10 };

static struct network *create(const char *text, uint32_t seed)
{
    const struct experiment experiment = network_fixture_experiment(text, BATCH, SHARDS);
    struct network *network = network_create(&experiment, 1);
    network_initialise(network, seed);
    return network;
}

static int ends_with(const char *name, const char *suffix)
{
    const size_t length = strlen(name), end = strlen(suffix);
    return length >= end && strcmp(name + length - end, suffix) == 0;
}

static float *values_of(const struct parameters *parameters, int t)
{
    float *values = memory_floats(parameters->tensors[t].count);
    parameters_get(parameters, t, TENSOR_WEIGHT, values);
    return values;
}

/* ---- First values -----------------------------------------------------------------------------
 */

struct moments {
    double count, mean, deviation, least, largest;
};

static struct moments moments_of(size_t count, const float *values)
{
    struct moments m = {.count = (double)count, .least = INFINITY, .largest = -INFINITY};
    double squares = 0;
    for (size_t i = 0; i < count; i++) {
        m.mean += (double)values[i] / m.count;
        m.least = fmin(m.least, (double)values[i]);
        m.largest = fmax(m.largest, (double)values[i]);
    }
    for (size_t i = 0; i < count; i++)
        squares += ((double)values[i] - m.mean) * ((double)values[i] - m.mean);
    m.deviation = sqrt(squares / m.count);
    return m;
}

/* n normal numbers have a mean within deviation / sqrt(n), and a sample deviation within
 * 1 / sqrt(2n) of the deviation: here within five times as much. */
static void check_normal(const char *name, struct moments m, double deviation)
{
    if (fabs(m.mean) > 5 * deviation / sqrt(m.count) ||
        fabs(m.deviation / deviation - 1) > 5 / sqrt(2 * m.count))
        fail_msg("%s: mean %g, deviation %g, expected 0 and %g", name, m.mean, m.deviation,
                 deviation);
}

/* All convolutions whose fan-in and fan-out differ; returns how many. */
static int check_convolutions(struct network *network, int fan_in)
{
    const struct parameters *parameters = network_parameters(network);
    int differ = 0;
    for (int t = 0; t < parameters->count; t++) {
        const struct tensor *tensor = &parameters->tensors[t];
        if (tensor->dim_count != 4)
            continue;
        const int channels = tensor->dims[fan_in], taps = tensor->dims[2] * tensor->dims[3];
        float *values = values_of(parameters, t);
        check_normal(tensor->name, moments_of(tensor->count, values),
                     sqrt(2.0 / (channels * taps)));
        free(values);
        differ += tensor->dims[0] != tensor->dims[1];
    }
    return differ;
}

/* The bound is 22 % for the smallest tensor, of 256 weights. Where fan-in and fan-out differ, by a
 * factor of two or more, the two deviations are 29 % apart or more, on at least 432 weights (17 %).
 */
TEST(deviation_of_convolutions)
{
    static const char *const texts[] = {"family = preact\nblock = bottleneck\ndepth = 11\n",
                                        "family = preact\nblock = bottleneck\ndepth = 11\n"
                                        "fan = out\n",
                                        "family = preact\nblock = bottleneck\ndepth = 11\n"
                                        "fan = in\n"};
    for (int i = 0; i < 3; i++) {
        struct network *network = create(texts[i], 1);
        assert_int_equal(check_convolutions(network, i == 2), 6);
        network_destroy(network);
    }
}

/* All BN scales of a network in a row; free() them. */
static float *scales_of(struct network *network, size_t *count)
{
    const struct parameters *parameters = network_parameters(network);
    float *all = memory_floats(parameters->floats);
    *count = 0;
    for (int t = 0; t < parameters->count; t++) {
        const struct tensor *tensor = &parameters->tensors[t];
        if (tensor->dim_count != 1 || !ends_with(tensor->name, ".weight"))
            continue;
        parameters_get(parameters, t, TENSOR_WEIGHT, all + *count);
        *count += tensor->count;
    }
    return all;
}

/* n numbers uniform on [0,1): mean 1/2 and deviation sqrt(1/12), within 5 standard errors (of the
 * deviation: sqrt(1/60n), as its fourth moment 1/80 says). Of 600, the least and the
 * largest are within 1/50 of the ends, but for one time in e^12. */
TEST(first_scales)
{
    size_t count;
    struct network *network = create("family = preact\ndepth = 20\ngamma = uniform\n", 1);
    float *values = scales_of(network, &count);
    const struct moments m = moments_of(count, values);
    assert_true(count > 600);
    assert_true(m.least >= 0 && m.least < 0.02 && m.largest < 1 && m.largest > 0.98);
    assert_true(fabs(m.mean - 0.5) < 5 / sqrt(12 * m.count));
    assert_true(fabs(m.deviation - sqrt(1.0 / 12)) < 5 / sqrt(60 * m.count));
    /* no two scales are the same, so that no tensor repeats another one's draws */
    for (size_t i = 0; i < 32; i++)
        for (size_t j = 0; j < i; j++)
            assert_true(values[i] != values[j]);
    free(values);
    network_destroy(network);
    for (int i = 0; i < 2; i++) {
        network = create(
            i ? "family = preact\ndepth = 8\ngamma = one\n" : "family = preact\ndepth = 8\n", 1);
        values = scales_of(network, &count);
        for (size_t j = 0; j < count; j++)
            assert_true(values[j] == 1);
        free(values);
        network_destroy(network);
    }
}

/* BN's shifts and running means, biases: 0; running variances: 1; the classifier's weights uniform
 * within 1/8, with the deviation 1/8 sqrt(1/3). */
TEST(other_first_values)
{
    struct network *network = create("family = preact\ndepth = 8\n", 1);
    const struct parameters *parameters = network_parameters(network);
    for (int t = 0; t < parameters->count; t++) {
        const struct tensor *tensor = &parameters->tensors[t];
        float *values = values_of(parameters, t);
        const struct moments m = moments_of(tensor->count, values);
        if (ends_with(tensor->name, ".bias") || ends_with(tensor->name, ".running_mean"))
            assert_true(m.least == 0 && m.largest == 0);
        if (ends_with(tensor->name, ".running_var"))
            assert_true(m.least == 1 && m.largest == 1);
        if (strcmp(tensor->name, "classifier.weight") == 0) {
            assert_int_equal(tensor->count, 640);
            assert_true(m.least > -0.125 && m.largest < 0.125);
            assert_true(fabs(m.mean) < 5 * 0.125 * sqrt(1.0 / 3 / 640));
            assert_true(fabs(m.deviation / (0.125 * sqrt(1.0 / 3)) - 1) < 5 * sqrt(1.0 / 5 / 640));
        }
        free(values);
    }
    network_destroy(network);
}

TEST(seeds)
{
    static const char text[] = "family = densenet-bc\ngrowth = 12\ndepth = 10\ngamma = uniform\n";
    struct network *one = create(text, 1), *again = create(text, 1), *two = create(text, 2);
    const struct digest first = parameters_digest(network_parameters(one));
    assert_string_equal(parameters_digest(network_parameters(again)).hex, first.hex);
    assert_string_not_equal(parameters_digest(network_parameters(two)).hex, first.hex);
    network_destroy(one);
    network_destroy(again);
    network_destroy(two);
}

/* ---- Numbers of parameters ---------------------------------------------------------------------
 */

/* Worked out by hand where the papers give only "0.8M", "36.5M", "1.7M". Of DenseNet-BC, depth 10,
 * growth 12: stem 3 9 24; a layer on c channels 2c + 48c + 96 + 48 9 12, for c = 24, 18, 15;
 * transitions 2c + c c/2 for c = 36, 30; the last BN_RELU 54, the classifier 270 + 10. */
TEST(sizes)
{
    static const struct {
        const char *network;
        long long parameters;
    } cases[] = {
        {"family = densenet-bc\ngrowth = 12\ndepth = 10\n",
         648 + 3 * (96 + 5184) + 50 * (24 + 18 + 15) + (72 + 648) + (60 + 450) + 54 + 280},
        {"family = densenet-bc\ngrowth = 12\ndepth = 100\n", 769162},
        {"family = wide-resnet\nwidth = 10\ndepth = 28\n", 36479194},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct experiment experiment =
            network_fixture_experiment(cases[i].network, BATCH, SHARDS);
        assert_int_equal(model_size_of(&experiment).trained, cases[i].parameters);
    }
}

/* ---- Padded channels ------------------------------------------------------------------------ */

static void descend(struct network *network, const struct experiment *experiment)
{
    struct parameters *p = network_parameters(network);
    const struct sgd rule = sgd_of(experiment);
    sgd_step(&rule, 0.1, p->trained_floats, p->weight, p->momentum, p->gradient);
    for (int t = 0; t < p->count; t++)
        parameters_renew_copies(p, t);
}

/* The floats of a tensor's layout that none of its elements has. */
static uint8_t *padding_of(const struct tensor *tensor, size_t *count)
{
    uint8_t *padding = memory_zeroed(tensor->floats, 1);
    memset(padding, 1, tensor->floats);
    for (size_t i = 0; i < tensor->count; i++)
        padding[layout_place_of(&tensor->layouts.weights, i)] = 0;
    *count = 0;
    for (size_t i = 0; i < tensor->floats; i++)
        *count += padding[i];
    return padding;
}

static void check_zero(const struct tensor *tensor, const uint8_t *padding, const float *arena,
                       const char *what)
{
    for (size_t i = 0; i < tensor->floats; i++)
        if (padding[i] && arena[tensor->offset + i] != 0)
            fail_msg("%s: %s of a padded channel is %g", tensor->name, what,
                     (double)arena[tensor->offset + i]);
}

/* Padding is 0 in every arena. As the running variance starts at 0 there and follows that of the
 * maps, and the mean likewise, these tell that every map that a BN_RELU has read was 0, too.
 * Returns how many floats are padding. */
static size_t check_padding(const struct parameters *p)
{
    size_t all = 0;
    for (int t = 0; t < p->count; t++) {
        const struct tensor *tensor = &p->tensors[t];
        size_t count;
        uint8_t *padding = padding_of(tensor, &count);
        check_zero(tensor, padding, p->weight, "value");
        if (tensor->trained) {
            check_zero(tensor, padding, p->momentum, "momentum");
            check_zero(tensor, padding, p->gradient, "gradient");
        }
        if (tensor->dim_count == 4 && tensor->dims[0] == 12)
            assert_true(count > 0);
        free(padding);
        all += count;
    }
    return all;
}

/* Growth 12 fills neither blocks of 8 nor of 16. The canonical tensors are as many numbers as the
 * network has parameters, and they all move. */
TEST(padded_channels_stay_0)
{
    const char text[] = "family = densenet-bc\ngrowth = 12\ndepth = 16\ndropout = 0.2\n"
                        "gamma = uniform\n";
    const struct experiment experiment = network_fixture_experiment(text, BATCH, SHARDS);
    struct network *network = create(text, 1);
    const struct parameters *p = network_parameters(network);
    network_fixture_spread(network_parameters(network));
    assert_true(check_padding(p) > 0);
    float *first = memory_floats(p->floats);
    memcpy(first, p->weight, p->floats * sizeof *first);
    for (int step = 0; step < 4; step++) {
        network_fixture_fill(network, BATCH, CLASSES, 30 + step);
        network_set_step(network, 1, (uint32_t)step);
        network_forward_backward(network, step == 2 ? 1 : BATCH);
        descend(network, &experiment);
        check_padding(p);
        network_evaluate(network, BATCH);
        check_padding(p);
    }
    const long long parameters = model_size_of(&experiment).trained;
    long long found = 0, moved = 0;
    for (int t = 0; t < p->count; t++) {
        const struct tensor *tensor = &p->tensors[t];
        float *values = values_of(p, t);
        for (size_t i = 0; i < tensor->count && tensor->trained; i++)
            moved +=
                values[i] != first[tensor->offset + layout_place_of(&tensor->layouts.weights, i)];
        found += tensor->trained ? (long long)tensor->count : 0;
        free(values);
    }
    assert_int_equal(found, parameters);
    assert_true(moved > found - found / 100); /* but for a gradient that rounding hides */
    free(first);
    network_destroy(network);
}
