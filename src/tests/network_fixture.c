#include "tests/network_fixture.h"

#include "base/memory.h"
#include "data/dataset.h"
#include "tests/expect.h"
#include "tests/tests.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* How far a tensor is moved to either side. Among a million values before a ReLU some lie within
 * the reach of any step, and one that passes its kink costs up to 1e-3; none does with this step.
 * What is left of the difference of two losses in double is good to 1e-15 / 1e-8. */
static const double step = 1e-8;

/* Of a tensor's largest gradient, or its length along a direction. Found: below 2e-5. */
static const double gradient_tolerance = 1e-4;

struct experiment network_fixture_parse(char *text)
{
    struct experiment experiment;
    struct error error = {""};
    expect_ok(config_parse(text, "text", &experiment, &error), &error);
    free(text);
    return experiment;
}

struct experiment network_fixture_experiment(const char *network, int batch, int shards)
{
    char *text = memory_text("[run]\nscale = smoke\n[data]\nset = made-up\ntrain_pictures = 64\n"
                             "test_pictures = 32\naugmentation = none\n[network]\n%s[training]\n"
                             "epochs = 1\nbatch = %d\nlast_batch = keep\nshards = %d\n"
                             "momentum = 0.9\nnesterov = yes\nweight_decay = 1e-4\n[schedule]\n"
                             "decay = cosine\nlr = 0.1\nlr_end = 0\n",
                             network, batch, shards);
    return network_fixture_parse(text);
}

void network_fixture_spread(struct parameters *parameters)
{
    uint64_t state = 11;
    for (int t = 0; t < parameters->count; t++) {
        const struct tensor *tensor = &parameters->tensors[t];
        if (tensor->initial != INITIAL_ZERO && tensor->initial != INITIAL_ONE)
            continue;
        float *values = memory_floats(tensor->count);
        for (size_t i = 0; i < tensor->count; i++)
            values[i] = (float)((tensor->initial == INITIAL_ONE) + 0.4 * reference_number(&state));
        parameters_set(parameters, t, TENSOR_WEIGHT, values);
        free(values);
    }
}

void network_fixture_fill(struct network *network, int images, int classes, int seed)
{
    uint64_t state = (uint64_t)seed;
    for (int n = 0; n < images; n++) {
        float *image = network_input(network, n);
        const double mean = reference_number(&state);
        for (int i = 0; i < IMAGE_FLOATS; i++)
            image[i] = (float)(mean + reference_number(&state));
        *network_label(network, n) = (int)((1 + reference_number(&state)) / 2 * classes);
    }
}

void network_fixture_near(double value, double expected, double relative, const char *what)
{
    if (!(fabs(value - expected) <= relative * fabs(expected)))
        fail_msg("%s is %.9g, expected %.9g", what, value, expected);
}

/* The central difference of the naive loss along `direction`. */
static double slope(const struct network_fixture_loss *naive, const struct reference_tensor *tensor,
                    const double *direction)
{
    double *kept = memory_zeroed(tensor->count, sizeof *kept), loss[2], squares = 0;
    memcpy(kept, tensor->values, tensor->count * sizeof *kept);
    for (size_t i = 0; i < tensor->count; i++)
        squares += direction[i] * direction[i];
    const double times = step / sqrt(squares);
    for (int side = 0; side < 2; side++) {
        for (size_t i = 0; i < tensor->count; i++)
            tensor->values[i] = kept[i] + (side ? times : -times) * direction[i];
        loss[side] = naive->loss(naive->reference, tensor->name);
    }
    memcpy(tensor->values, kept, tensor->count * sizeof *kept);
    free(kept);
    return (loss[1] - loss[0]) / (2 * times);
}

static void check_slope(const struct network_fixture_loss *naive,
                        const struct reference_tensor *tensor, const float *gradient,
                        const double *direction, double scale)
{
    double found = 0;
    for (size_t i = 0; i < tensor->count; i++)
        found += (double)gradient[i] * direction[i];
    const double expected = slope(naive, tensor, direction);
    if (!(fabs(found - expected) <= gradient_tolerance * scale))
        fail_msg("gradient of %s: %.9g, expected %.9g (the largest is %.3g)", tensor->name, found,
                 expected, scale);
}

/* 7919 is prime to every size that occurs, so that the walk meets no element twice. */
static void check_tensor(const struct network_fixture_loss *naive,
                         const struct reference_tensor *tensor, const float *gradient,
                         size_t elements)
{
    double *direction = memory_zeroed(tensor->count, sizeof *direction);
    double largest = 0, squares = 0;
    uint64_t state = tensor->count;
    reference_numbers(&state, tensor->count, direction);
    for (size_t i = 0; i < tensor->count; i++) {
        largest = fmax(largest, fabs((double)gradient[i]));
        squares += (double)gradient[i] * (double)gradient[i];
    }
    assert_true(largest > 0);
    check_slope(naive, tensor, gradient, direction, sqrt(squares));
    memset(direction, 0, tensor->count * sizeof *direction);
    for (size_t i = 0; i < elements && i < tensor->count; i++) {
        const size_t element = i * 7919 % tensor->count;
        direction[element] = 1;
        check_slope(naive, tensor, gradient, direction, largest);
        direction[element] = 0;
    }
    free(direction);
    naive->loss(naive->reference, tensor->name);
}

static int ends_with(const char *name, const char *suffix)
{
    const size_t length = strlen(name), end = strlen(suffix);
    return length >= end && strcmp(name + length - end, suffix) == 0;
}

int network_fixture_check_gradients(const struct parameters *parameters,
                                    const struct network_fixture_loss *loss, size_t elements)
{
    int checked = 0;
    for (int t = 0; t < parameters->count; t++) {
        const struct tensor *tensor = &parameters->tensors[t];
        if (tensor->generated)
            continue;
        if (!tensor->trained) {
            assert_true(ends_with(tensor->name, ".running_mean") ||
                        ends_with(tensor->name, ".running_var"));
            continue;
        }
        float *gradient = memory_floats(tensor->count);
        parameters_get(parameters, t, TENSOR_GRADIENT, gradient);
        check_tensor(loss, &loss->tensors[t], gradient, elements);
        free(gradient);
        checked++;
    }
    return checked;
}
