#include "network/architecture.h"

#include "base/memory.h"
#include "data/dataset.h"
#include "network/padding.h"
#include "network/row_search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Activations and layers ----------------------------------------------------------------- */

static int add_grouped(struct architecture *a, const int *groups, int count, int height, int width)
{
    a->activations =
        memory_resize(a->activations, (size_t)a->activation_count + 1, sizeof *a->activations);
    struct activation *activation = &a->activations[a->activation_count];
    *activation = (struct activation){.height = height,
                                      .width = width,
                                      .groups = memory_zeroed((size_t)count, sizeof *groups),
                                      .group_count = count};
    for (int g = 0; g < count; g++) {
        activation->groups[g] = groups[g];
        activation->channels += groups[g];
    }
    return a->activation_count++;
}

static int add_activation(struct architecture *a, int channels, int height, int width)
{
    return add_grouped(a, &channels, 1, height, width);
}

static struct layer *add_layer(struct architecture *a, enum layer_kind kind, const char *unit,
                               const char *name, const int *inputs, int count)
{
    a->layers = memory_resize(a->layers, (size_t)a->layer_count + 1, sizeof *a->layers);
    struct layer *layer = &a->layers[a->layer_count++];
    *layer = (struct layer){.kind = kind,
                            .inputs = memory_zeroed((size_t)count, sizeof *inputs),
                            .input_count = count,
                            .output = NO_ACTIVATION,
                            .addend = NO_ACTIVATION,
                            .section = a->layer_count > 1 ? layer[-1].section : 0};
    layer->section += kind == LAYER_BN_RELU;
    memcpy(layer->inputs, inputs, (size_t)count * sizeof *inputs);
    snprintf(layer->name, sizeof layer->name, "%s%s", unit, name);
    return layer;
}

/* The PAD of convolution `name`. Every pixel of the ring counts for all taps. */
static int add_pad(struct architecture *a, const char *unit, const char *name, int input)
{
    const struct activation in = a->activations[input];
    struct layer *layer = add_layer(a, LAYER_PAD, unit, name, &input, 1);
    snprintf(layer->name, sizeof layer->name, "%s%s.pad", unit, name);
    const int learned = a->padding == PADDING_LEARNED;
    layer->depth = learned ? a->padding_depth : padding_fixed(a->padding).depth;
    layer->reach = learned ? a->padding_reach : 0;
    const int taps = padding_taps(layer->depth, layer->reach);
    layer->parameters = learned ? in.channels * (taps + 1LL) : 0;
    layer->macs = 1LL * in.channels * taps * (2 * in.height + 2 * in.width + 4);
    return layer->output = add_grouped(a, in.groups, in.group_count, in.height + 2, in.width + 2);
}

static int add_partial(struct architecture *a, const char *unit, const char *name, int input)
{
    const struct activation in = a->activations[input];
    struct layer *layer = add_layer(a, LAYER_PARTIAL, unit, name, &input, 1);
    snprintf(layer->name, sizeof layer->name, "%s%s.partial", unit, name);
    return layer->output = add_activation(a, in.channels, in.height, in.width);
}

static int add_convolution(struct architecture *a, const char *unit, const char *name, int input,
                           int channels, int kernel, int stride)
{
    const enum padding padding = kernel == 3 && input != 0 ? a->padding : PADDING_ZERO;
    const int pads = padding != PADDING_ZERO && padding != PADDING_PARTIAL;
    if (pads)
        input = add_pad(a, unit, name, input);
    const struct activation in = a->activations[input];
    struct layer *layer = add_layer(a, LAYER_CONVOLUTION, unit, name, &input, 1);
    layer->kernel = kernel;
    layer->stride = stride;
    layer->padding = pads ? 0 : kernel / 2;
    layer->parameters = (long long)channels * in.channels * kernel * kernel;
    const int height = (in.height + 2 * layer->padding - kernel) / stride + 1;
    const int width = (in.width + 2 * layer->padding - kernel) / stride + 1;
    layer->macs = layer->parameters * height * width;
    const int output = layer->output = add_activation(a, channels, height, width);
    return padding == PADDING_PARTIAL ? add_partial(a, unit, name, output) : output;
}

/* A BN_RELU over several activations: its output has their groups in a row. */
static int add_wide_norm(struct architecture *a, const char *unit, const char *name,
                         const int *inputs, int count)
{
    const struct activation first = a->activations[inputs[0]];
    struct layer *layer = add_layer(a, LAYER_BN_RELU, unit, name, inputs, count);
    int *groups = memory_zeroed((size_t)count, sizeof *groups);
    for (int i = 0; i < count; i++) {
        groups[i] = a->activations[inputs[i]].channels;
        layer->parameters += 2LL * groups[i];
    }
    layer->output = add_grouped(a, groups, count, first.height, first.width);
    free(groups);
    return layer->output;
}

static int add_norm(struct architecture *a, const char *unit, const char *name, int input,
                    int addend)
{
    const int output = add_wide_norm(a, unit, name, &input, 1);
    a->layers[a->layer_count - 1].addend = addend;
    return output;
}

static int add_shortcut(struct architecture *a, const char *unit, int input, int channels,
                        int stride)
{
    const struct activation in = a->activations[input];
    struct layer *layer = add_layer(a, LAYER_SHORTCUT, unit, "shortcut", &input, 1);
    layer->stride = stride;
    return layer->output = add_activation(a, channels, (in.height + stride - 1) / stride,
                                          (in.width + stride - 1) / stride);
}

static int add_pool(struct architecture *a, const char *unit, int input)
{
    const struct activation in = a->activations[input];
    struct layer *layer = add_layer(a, LAYER_POOL, unit, "pool", &input, 1);
    layer->stride = 2;
    return layer->output = add_activation(a, in.channels, in.height / 2, in.width / 2);
}

static int add_dropout(struct architecture *a, const char *unit, const char *name, int input,
                       double share)
{
    if (share == 0)
        return input;
    const struct activation in = a->activations[input];
    struct layer *layer = add_layer(a, LAYER_DROPOUT, unit, name, &input, 1);
    layer->dropout = share;
    return layer->output = add_activation(a, in.channels, in.height, in.width);
}

static void add_head(struct architecture *a, int input)
{
    const struct activation in = a->activations[input];
    struct layer *layer = add_layer(a, LAYER_HEAD, "", "classifier", &input, 1);
    layer->macs = (long long)a->classes * in.channels;
    layer->parameters = layer->macs + a->classes;
}

/* ---- Residual networks --------------------------------------------------------------------- */

/* Between two units: the last convolution and what is still to be added to it. The sum is taken by
 * the BN_RELU that follows, in place of the convolution. */
struct trunk {
    int sum, addend;
};

/* What tells the residual families apart. */
struct residual_style {
    int stem;        /* channels of the first convolution */
    int channels[3]; /* of the inner convolutions of each stage */
    int bottleneck;
    int option_a;        /* else projection */
    int activates_first; /* the first unit's shortcut carries the activated activation */
    double dropout;
};

static struct trunk add_unit(struct architecture *a, const struct residual_style *style,
                             const char *name, struct trunk in, int channels, int stride, int first)
{
    const int out = style->bottleneck ? 4 * channels : channels;
    const int changes = stride > 1 || a->activations[in.sum].channels != out;
    const int active = add_norm(a, name, "norm1", in.sum, in.addend);
    const int raw = in.sum; /* after norm1 it holds the whole sum */
    struct trunk trunk = {.addend = first && style->activates_first ? active : raw};
    if (changes)
        trunk.addend = style->option_a
                           ? add_shortcut(a, name, raw, out, stride)
                           : add_convolution(a, name, "shortcut", active, out, 1, stride);
    const int side = style->bottleneck ? 1 : 3;
    const int one = add_convolution(a, name, "conv1", active, channels, side, stride);
    int last = add_norm(a, name, "norm2", one, NO_ACTIVATION);
    last = add_dropout(a, name, "dropout", last, style->dropout);
    trunk.sum = add_convolution(a, name, "conv2", last, channels, 3, 1);
    if (style->bottleneck) {
        last = add_norm(a, name, "norm3", trunk.sum, NO_ACTIVATION);
        trunk.sum = add_convolution(a, name, "conv3", last, out, 1, 1);
    }
    return trunk;
}

static void build_residual(struct architecture *a, const struct residual_style *style, int units)
{
    struct trunk trunk = {add_convolution(a, "", "stem", 0, style->stem, 3, 1), NO_ACTIVATION};
    for (int stage = 1; stage <= 3; stage++) {
        for (int unit = 1; unit <= units; unit++) {
            char name[LAYER_NAME / 2];
            snprintf(name, sizeof name, "stage%d.unit%d.", stage, unit);
            trunk = add_unit(a, style, name, trunk, style->channels[stage - 1],
                             stage > 1 && unit == 1 ? 2 : 1, stage == 1 && unit == 1);
        }
    }
    add_head(a, add_norm(a, "", "norm", trunk.sum, trunk.addend));
}

/* ---- DenseNet ------------------------------------------------------------------------------ */

static int add_dense_layer(struct architecture *a, const char *name, const int *inputs, int count,
                           int growth, double dropout)
{
    const int active = add_wide_norm(a, name, "norm1", inputs, count);
    int last = add_convolution(a, name, "conv1", active, 4 * growth, 1, 1);
    last = add_dropout(a, name, "dropout1", last, dropout);
    last = add_norm(a, name, "norm2", last, NO_ACTIVATION);
    last = add_convolution(a, name, "conv2", last, growth, 3, 1);
    return add_dropout(a, name, "dropout2", last, dropout);
}

static void build_densenet(struct architecture *a, int layers, int growth, double dropout)
{
    int *inputs = memory_zeroed((size_t)layers + 1, sizeof *inputs);
    inputs[0] = add_convolution(a, "", "stem", 0, 2 * growth, 3, 1);
    for (int block = 1; block <= 3; block++) {
        char name[LAYER_NAME / 2];
        for (int l = 1; l <= layers; l++) {
            snprintf(name, sizeof name, "block%d.layer%d.", block, l);
            inputs[l] = add_dense_layer(a, name, inputs, l, growth, dropout);
        }
        if (block == 3)
            break;
        snprintf(name, sizeof name, "transition%d.", block);
        const int active = add_wide_norm(a, name, "norm", inputs, layers + 1);
        const int half = a->activations[active].channels / 2;
        int last = add_convolution(a, name, "conv", active, half, 1, 1);
        last = add_dropout(a, name, "dropout", last, dropout);
        inputs[0] = add_pool(a, name, last);
    }
    add_head(a, add_wide_norm(a, "", "norm", inputs, layers + 1));
    free(inputs);
}

/* ---- Weight Blocks -------------------------------------------------------------------------- */

/* The 3x3 convolutions but the first; free() their indices. */
static int *shared_convolutions(const struct architecture *a, int *count)
{
    int *found = memory_zeroed((size_t)a->layer_count + 1, sizeof *found);
    *count = 0;
    for (int l = 0; l < a->layer_count; l++)
        if (a->layers[l].kind == LAYER_CONVOLUTION && a->layers[l].kernel == 3 &&
            a->layers[l].inputs[0] != 0)
            found[(*count)++] = l;
    return found;
}

/* The rows of each of these layers, as the experiment says or draws them. */
static int choose_rows(const struct architecture *a, const struct experiment *experiment,
                       const int *layers, int count, int *rows, struct error *error)
{
    int *in = memory_zeroed((size_t)count + 1, sizeof *in),
        *most = memory_zeroed((size_t)count + 1, sizeof *most);
    int status = 0;
    long long least = 0;
    for (int c = 0; c < count; c++) {
        const struct layer *layer = &a->layers[layers[c]];
        in[c] = a->activations[layer->inputs[0]].channels;
        most[c] = 9 * a->activations[layer->output].channels;
        rows[c] = experiment->rows;
        least +=
            experiment->weights == WEIGHTS_SEARCH ? row_search_numbers(rows[c], in[c], 1) : in[c];
        if (experiment->weights == WEIGHTS_SEARCH && rows[c] > most[c] && status == 0)
            status = error_set(error, "network.rows = %d: a search in %s has at most %d candidates",
                               rows[c], layer->name, most[c]);
    }
    if (status == 0 && experiment->budget != 0 && experiment->budget < least)
        status = error_set(
            error, "network.budget = %d: a row for each 3x3 convolution needs at least %lld",
            experiment->budget, least);
    if (status == 0 && experiment->weights == WEIGHTS_BANK && experiment->budget != 0 && count > 0)
        row_search_draw((uint32_t)experiment->rows_draw, in, most, count, experiment->budget, rows);
    free(in);
    free(most);
    return status;
}

static int add_weight_blocks(struct architecture *a, const struct experiment *experiment,
                             struct error *error)
{
    int count, *layers = shared_convolutions(a, &count);
    int *rows = memory_zeroed((size_t)count + 1, sizeof *rows);
    const int status = choose_rows(a, experiment, layers, count, rows, error);
    for (int c = 0; c < count && status == 0; c++) {
        struct layer *layer = &a->layers[layers[c]];
        if (experiment->weights == WEIGHTS_BANK &&
            rows[c] >= 9 * a->activations[layer->output].channels)
            continue;
        layer->rows = rows[c];
        layer->parameters = 1LL * layer->rows * a->activations[layer->inputs[0]].channels;
    }
    free(rows);
    free(layers);
    return status;
}

/* ---- Families ------------------------------------------------------------------------------ */

/* (depth - rest) / step, or -1 with the nearest two depths named. */
static int units_of_depth(int depth, int step, int rest, const char *family, struct error *error)
{
    const int smallest = step + rest;
    const int below = depth < smallest ? smallest : depth - (depth - rest) % step;
    if (depth == below)
        return (depth - rest) / step;
    return error_set(error, "network.depth = %d: a %s has depth %dn+%d; the nearest are %d and %d",
                     depth, family, step, rest, below, below + step);
}

int architecture_build(struct architecture *architecture, const struct experiment *experiment,
                       struct error *error)
{
    memset(architecture, 0, sizeof *architecture);
    architecture->classes = config_class_count(experiment);
    architecture->padding = experiment->padding;
    architecture->padding_depth = experiment->padding_depth;
    architecture->padding_reach = experiment->padding_reach;
    add_activation(architecture, IMAGE_CHANNELS, IMAGE_SIDE, IMAGE_SIDE);
    const int depth = experiment->depth, bottleneck = experiment->block == RESIDUAL_BOTTLENECK;
    const int first =
        experiment->channels * (experiment->family == FAMILY_WIDE_RESNET ? experiment->width : 1);
    const struct residual_style style = {.stem = experiment->channels,
                                         .channels = {first, 2 * first, 4 * first},
                                         .bottleneck = bottleneck,
                                         .option_a = experiment->family == FAMILY_PREACT &&
                                                     experiment->shortcut == SHORTCUT_A,
                                         .activates_first = experiment->family == FAMILY_PREACT,
                                         .dropout = experiment->dropout};
    int units;
    switch (experiment->family) {
    case FAMILY_PREACT:
        units = units_of_depth(
            depth, bottleneck ? 9 : 6, 2,
            bottleneck ? "pre-activation bottleneck ResNet" : "pre-activation ResNet", error);
        if (units > 0)
            build_residual(architecture, &style, units);
        break;
    case FAMILY_WIDE_RESNET:
        units = units_of_depth(depth, 6, 4, "Wide ResNet", error);
        if (units > 0)
            build_residual(architecture, &style, units);
        break;
    case FAMILY_DENSENET_BC:
        units = units_of_depth(depth, 6, 4, "DenseNet-BC", error);
        if (units > 0)
            build_densenet(architecture, units, experiment->growth, experiment->dropout);
        break;
    default:
        BUG("a family without layers");
    }
    if (units <= 0)
        return -1;
    return experiment->weights == WEIGHTS_FREE ? 0
                                               : add_weight_blocks(architecture, experiment, error);
}

void architecture_free(struct architecture *architecture)
{
    for (int v = 0; v < architecture->activation_count; v++)
        free(architecture->activations[v].groups);
    for (int l = 0; l < architecture->layer_count; l++)
        free(architecture->layers[l].inputs);
    free(architecture->activations);
    free(architecture->layers);
    memset(architecture, 0, sizeof *architecture);
}

int architecture_round_to_block(int channels, int block)
{
    return (channels + block - 1) / block * block;
}

int architecture_padded_channels(const struct architecture *architecture, int activation, int block)
{
    const struct activation *v = &architecture->activations[activation];
    int padded = 0;
    for (int g = 0; g < v->group_count; g++)
        padded += activation == 0 ? v->groups[g] : architecture_round_to_block(v->groups[g], block);
    return padded;
}
