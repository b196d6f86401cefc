#include "architecture.h"

#include "dataset.h"
#include "memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int add_value(struct architecture *a, int channels, int height, int width)
{
    a->values = memory_resize(a->values, (size_t)a->value_count + 1, sizeof *a->values);
    a->values[a->value_count] = (struct value){channels, height, width};
    return a->value_count++;
}

static struct layer *add_layer(struct architecture *a, enum layer_kind kind, const char *unit,
                               const char *name, int input)
{
    a->layers = memory_resize(a->layers, (size_t)a->layer_count + 1, sizeof *a->layers);
    struct layer *layer = &a->layers[a->layer_count++];
    *layer = (struct layer){.kind = kind, .input = input, .output = NO_VALUE, .addend = NO_VALUE};
    snprintf(layer->name, sizeof layer->name, "%s%s", unit, name);
    return layer;
}

static int add_convolution(struct architecture *a, const char *unit, const char *name, int input,
                           int channels, int kernel, int stride)
{
    const struct value in = a->values[input];
    struct layer *layer = add_layer(a, LAYER_CONVOLUTION, unit, name, input);
    layer->kernel = kernel;
    layer->stride = stride;
    layer->padding = kernel / 2;
    layer->parameters = (long long)channels * in.channels * kernel * kernel;
    const int height = (in.height + 2 * layer->padding - kernel) / stride + 1;
    const int width = (in.width + 2 * layer->padding - kernel) / stride + 1;
    layer->macs = layer->parameters * height * width;
    return layer->output = add_value(a, channels, height, width);
}

static int add_norm(struct architecture *a, const char *unit, const char *name, int input,
                    int addend)
{
    const struct value in = a->values[input];
    struct layer *layer = add_layer(a, LAYER_NORM, unit, name, input);
    layer->addend = addend;
    layer->parameters = 2LL * in.channels;
    return layer->output = add_value(a, in.channels, in.height, in.width);
}

static int add_shortcut(struct architecture *a, const char *unit, int input, int channels,
                        int stride)
{
    const struct value in = a->values[input];
    struct layer *layer = add_layer(a, LAYER_SHORTCUT, unit, "shortcut", input);
    layer->stride = stride;
    return layer->output = add_value(a, channels, (in.height + stride - 1) / stride,
                                     (in.width + stride - 1) / stride);
}

static void add_head(struct architecture *a, int input)
{
    struct layer *layer = add_layer(a, LAYER_HEAD, "", "classifier", input);
    layer->macs = (long long)a->classes * a->values[input].channels;
    layer->parameters = layer->macs + a->classes;
}

/* The residual sum of a unit is taken by the NORM that follows it, so that a unit hands on two
 * values: its last convolution and what is still to be added. */
static void build_preact(struct architecture *a, int units)
{
    int sum = add_convolution(a, "", "stem", 0, 16, 3, 1), addend = NO_VALUE;
    for (int stage = 1; stage <= 3; stage++) {
        const int channels = 8 << stage;
        for (int unit = 1; unit <= units; unit++) {
            char name[LAYER_NAME / 2];
            snprintf(name, sizeof name, "stage%d.unit%d.", stage, unit);
            const int changes = stage > 1 && unit == 1, first = stage == 1 && unit == 1;
            const int active = add_norm(a, name, "norm1", sum, addend);
            const int raw = sum; /* after norm1 it holds the whole sum */
            const int middle = add_convolution(a, name, "conv1", active, channels, 3, 1 + changes);
            const int second = add_norm(a, name, "norm2", middle, NO_VALUE);
            sum = add_convolution(a, name, "conv2", second, channels, 3, 1);
            addend = first ? active : raw;
            if (changes)
                addend = add_shortcut(a, name, raw, channels, 2);
        }
    }
    add_head(a, add_norm(a, "", "norm", sum, addend));
}

int architecture_build(struct architecture *architecture, const struct experiment *experiment,
                       struct error *error)
{
    memset(architecture, 0, sizeof *architecture);
    architecture->classes = config_class_count(experiment);
    const int depth = experiment->depth, below = depth < 8 ? 8 : depth - (depth - 2) % 6;
    if (depth != below)
        return fail(error,
                    "network.depth = %d: a pre-activation ResNet has depth 6n+2; the nearest are "
                    "%d and %d",
                    depth, below, below + 6);
    add_value(architecture, PICTURE_CHANNELS, PICTURE_SIDE, PICTURE_SIDE);
    build_preact(architecture, (depth - 2) / 6);
    return 0;
}

void architecture_free(struct architecture *architecture)
{
    free(architecture->values);
    free(architecture->layers);
    memset(architecture, 0, sizeof *architecture);
}

void architecture_size(const struct architecture *architecture, long long *parameters,
                       long long *macs)
{
    *parameters = *macs = 0;
    for (int l = 0; l < architecture->layer_count; l++) {
        *parameters += architecture->layers[l].parameters;
        *macs += architecture->layers[l].macs;
    }
}
