#include "network/model.h"

#include "base/memory.h"
#include "data/dataset.h"
#include "network/pad_layers.h"
#include "network/padding.h"
#include "network/ranks.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Values in memory ----------------------------------------------------------------------- */

static void measure_values(struct assembly *a)
{
    const size_t count = (size_t)a->architecture.value_count;
    a->padded = memory_zeroed(count, sizeof *a->padded);
    a->value_floats = memory_zeroed(count, sizeof *a->value_floats);
    for (int v = 0; v < a->architecture.value_count; v++) {
        const struct value *value = &a->architecture.values[v];
        a->padded[v] = architecture_padded_channels(&a->architecture, v, a->block);
        a->value_floats[v] = (size_t)a->padded[v] * (size_t)value->height * (size_t)value->width;
    }
}

static int is_padded(const struct assembly *a, int value)
{
    return a->padded[value] != a->architecture.values[value].channels;
}

/* Where each channel of a value lies in memory; free() it. */
static int *places_of(const struct assembly *a, int value)
{
    const struct value *v = &a->architecture.values[value];
    int *places = memory_zeroed((size_t)v->channels, sizeof *places), *next = places, first = 0;
    for (int g = 0; g < v->group_count; g++) {
        for (int c = 0; c < v->groups[g]; c++)
            *next++ = first + c;
        first += architecture_round_to_block(v->groups[g], a->block);
    }
    return places;
}

/* ---- Layers --------------------------------------------------------------------------------- */

static struct tensor tensor_of(const struct layer *layer, const char *suffix, enum initial initial,
                               int d0, int d1)
{
    struct tensor tensor = {.dims = {d0, d1, layer->kernel, layer->kernel},
                            .dim_count = d1 == 0              ? 1
                                         : layer->kernel == 0 ? 2
                                                              : 4,
                            .trained = 1,
                            .decayed = 1,
                            .initial = initial,
                            .section = NO_SECTION};
    snprintf(tensor.name, sizeof tensor.name, "%s.%s", layer->name, suffix);
    return tensor;
}

static int section_of(const struct assembly *a, const struct layer *layer)
{
    return passing_section(&a->architecture, (int)(layer - a->architecture.layers));
}

static struct dnn_conv *conv_of_shape(struct assembly *a, const struct conv_shape *shape)
{
    for (int c = 0; c < a->conv_count; c++)
        if (memcmp(&a->conv_shapes[c], shape, sizeof *shape) == 0)
            return a->convs[c];
    const size_t count = (size_t)a->conv_count + 1;
    a->convs = memory_resize(a->convs, count, sizeof *a->convs);
    a->conv_shapes = memory_resize(a->conv_shapes, count, sizeof *shape);
    a->conv_shapes[a->conv_count] = *shape;
    return a->convs[a->conv_count++] = dnn_conv_create(a->dnn, shape);
}

/* From canonical order to memory, through the padded tensor's own positions. */
static uint32_t *compose(const struct assembly *a, const struct layer *layer,
                         const uint32_t *positions)
{
    const int input = layer->inputs[0], taps = layer->kernel * layer->kernel;
    const int in = a->architecture.values[input].channels;
    const int out = a->architecture.values[layer->output].channels;
    int *in_place = places_of(a, input), *out_place = places_of(a, layer->output);
    uint32_t *composed = memory_zeroed((size_t)(out * in * taps), sizeof *composed), *at = composed;
    for (int o = 0; o < out; o++)
        for (int i = 0; i < in; i++)
            for (int t = 0; t < taps; t++)
                *at++ = positions[(out_place[o] * a->padded[input] + in_place[i]) * taps + t];
    free(in_place);
    free(out_place);
    return composed;
}

/* One for all Weight Blocks to as many channels. */
static const struct weight_table *table_of(struct assembly *a, const struct experiment *experiment,
                                           int out)
{
    for (int t = 0; t < a->table_count; t++)
        if (a->tables[t]->out == out)
            return a->tables[t];
    a->tables = memory_resize(a->tables, (size_t)a->table_count + 1, sizeof *a->tables);
    struct weight_table *table = a->tables[a->table_count++] = memory_zeroed(1, sizeof *table);
    weight_table_make(table, (enum weights)experiment->weights, out, experiment->rows,
                      (uint32_t)experiment->weights_seed);
    return table;
}

/* The rows that make the weights, the tensor that comes next. They start so that the weights have
 * the mean square that He's start gives: an expansion to more than it has rows spreads their
 * squares over its slots, any other keeps them. */
static void add_rows(struct assembly *a, const struct experiment *experiment,
                     const struct layer *layer)
{
    const int in = a->architecture.values[layer->inputs[0]].channels;
    const int out = a->architecture.values[layer->output].channels, slots = SLOT_TAPS * out;
    const double spread = experiment->weights == WEIGHTS_EXPANSION && layer->rows < slots
                              ? (double)slots / layer->rows
                              : 1;
    const int channels = experiment->fan == FAN_IN ? in : out;
    struct tensor rows = {.dims = {layer->rows, in},
                          .dim_count = 2,
                          .trained = 1,
                          .decayed = 1,
                          .initial = INITIAL_NORMAL,
                          .deviation = sqrt(2.0 / (channels * SLOT_TAPS) * spread),
                          .section = NO_SECTION,
                          .block = table_of(a, experiment, out),
                          .weights = a->parameters.count + 1};
    snprintf(rows.name, sizeof rows.name, "%s.rows", layer->name);
    parameters_add(&a->parameters, &rows);
}

static enum conv_algorithm algorithm_for(const struct assembly *a,
                                         const struct experiment *experiment,
                                         const struct conv_shape *shape)
{
    if (experiment->convolution == CONVOLUTION_AUTO && dnn_suits_winograd(a->dnn, shape))
        return CONV_WINOGRAD;
    if (experiment->convolution == CONVOLUTION_WINOGRAD && dnn_suits_own_winograd(a->dnn, shape))
        return CONV_OWN_WINOGRAD;
    return CONV_DIRECT;
}

static void build_convolution(struct assembly *a, const struct experiment *experiment,
                              const struct layer *layer, struct unit *unit)
{
    const int input = layer->inputs[0];
    const struct value *in = &a->architecture.values[input];
    const int out = a->architecture.values[layer->output].channels;
    struct conv_shape shape = {.batch = a->shard_pictures,
                               .in = a->padded[input],
                               .out = a->padded[layer->output],
                               .height = in->height,
                               .width = in->width,
                               .kernel = layer->kernel,
                               .stride = layer->stride,
                               .padding = layer->padding,
                               .has_data_gradient = input != 0,
                               .precision = a->precision};
    shape.algorithm = algorithm_for(a, experiment, &shape);
    unit->conv = conv_of_shape(a, &shape);
    struct tensor tensor =
        tensor_of(layer, "weight", experiment->fan == FAN_IN ? INITIAL_HE_IN : INITIAL_HE_OUT, out,
                  in->channels);
    tensor.floats = dnn_conv_weight_floats(unit->conv);
    tensor.positions = dnn_conv_positions(unit->conv);
    tensor.backward_positions = dnn_conv_backward_positions(unit->conv);
    tensor.backward_count = dnn_conv_backward_count(unit->conv);
    tensor.forward_positions = dnn_conv_forward_positions(unit->conv);
    tensor.forward_count = dnn_conv_forward_count(unit->conv);
    if (is_padded(a, input) || is_padded(a, layer->output)) {
        tensor.positions = unit->positions = compose(a, layer, tensor.positions);
        if (tensor.backward_positions)
            tensor.backward_positions = unit->backward_positions =
                compose(a, layer, tensor.backward_positions);
        if (tensor.forward_positions)
            tensor.forward_positions = unit->forward_positions =
                compose(a, layer, tensor.forward_positions);
    }
    tensor.section = section_of(a, layer);
    if (layer->rows != 0) {
        tensor.trained = 0;
        tensor.generated = 1;
        add_rows(a, experiment, layer);
    }
    unit->weight = parameters_add(&a->parameters, &tensor);
}

/* One tensor [channels][taps + 1], in memory tap by tap (padding.h). Its decay would be one towards
 * zero padding. */
static void build_pad(struct assembly *a, const struct layer *layer, struct unit *unit)
{
    const int input = layer->inputs[0], taps = padding_taps(layer->depth, layer->reach);
    const int channels = a->architecture.values[input].channels, padded = a->padded[input];
    if (layer->parameters == 0) {
        const struct padding_filter fixed = padding_fixed(a->architecture.padding);
        unit->filter = memory_floats((size_t)(taps + 1) * (size_t)padded);
        for (int i = 0; i < taps * padded; i++)
            unit->filter[i] = fixed.tap[i / padded];
        return;
    }
    struct tensor tensor = tensor_of(layer, "filter", INITIAL_ZERO, channels, taps + 1);
    int *places = places_of(a, input);
    uint32_t *at = unit->positions =
        memory_zeroed((size_t)channels * (size_t)(taps + 1), sizeof *at);
    for (int c = 0; c < channels; c++)
        for (int t = 0; t <= taps; t++)
            *at++ = (uint32_t)(t * padded + places[c]);
    free(places);
    tensor.positions = unit->positions;
    tensor.floats = (size_t)(taps + 1) * (size_t)padded;
    tensor.decayed = 0;
    tensor.section = section_of(a, layer);
    unit->weight = parameters_add(&a->parameters, &tensor);
}

/* The first NORM that reads the value, and where among its channels. */
static struct norm_group group_of(const struct assembly *a, int value, int first)
{
    struct norm_group group = {.first = first, .channels = a->padded[value]};
    for (int l = 0; !group.owner; l++) {
        const struct layer *layer = assembly_layer(a, l);
        group.owner_first = 0;
        for (int i = 0; layer->kind == LAYER_NORM && i < layer->input_count; i++) {
            if (layer->inputs[i] == value) {
                group.owner = &a->units[l].norm;
                break;
            }
            group.owner_first += a->padded[layer->inputs[i]];
        }
    }
    return group;
}

static void build_norm(struct assembly *a, const struct experiment *experiment,
                       const struct layer *layer, struct unit *unit)
{
    const int channels = a->architecture.values[layer->output].channels;
    const struct {
        const char *suffix;
        enum initial initial;
        int trained, *tensor;
    } parts[] = {{"weight", experiment->gamma == GAMMA_UNIFORM ? INITIAL_UNIT : INITIAL_ONE, 1,
                  &unit->gamma},
                 {"bias", INITIAL_ZERO, 1, &unit->beta},
                 {"running_mean", INITIAL_ZERO, 0, &unit->running_mean},
                 {"running_var", INITIAL_ONE, 0, &unit->running_variance}};
    if (is_padded(a, layer->output)) {
        int *places = places_of(a, layer->output);
        unit->positions = memory_zeroed((size_t)channels, sizeof *unit->positions);
        for (int c = 0; c < channels; c++)
            unit->positions[c] = (uint32_t)places[c];
        free(places);
    }
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        struct tensor tensor = tensor_of(layer, parts[i].suffix, parts[i].initial, channels, 0);
        tensor.trained = parts[i].trained;
        tensor.decayed = experiment->decayed == DECAY_ALL;
        tensor.floats = (size_t)a->padded[layer->output];
        tensor.positions = unit->positions;
        *parts[i].tensor = parameters_add(&a->parameters, &tensor);
    }
    const int count = layer->input_count;
    struct norm_group *groups = memory_zeroed((size_t)count, sizeof *groups);
    for (int i = 0, first = 0; i < count; first += groups[i++].channels)
        groups[i] = group_of(a, layer->inputs[i], first);
    norm_allocate(&unit->norm, groups, count, a->shards);
}

static void build_head(struct assembly *a, const struct experiment *experiment,
                       const struct layer *layer, struct unit *unit)
{
    const int input = layer->inputs[0], classes = a->architecture.classes;
    const int channels = a->architecture.values[input].channels;
    const size_t pictures = (size_t)a->shard_pictures;
    struct tensor weight = tensor_of(layer, "weight", INITIAL_UNIFORM, classes, channels);
    struct tensor bias = tensor_of(layer, "bias", INITIAL_ZERO, classes, 0);
    weight.section = bias.section = section_of(a, layer);
    bias.decayed = experiment->decayed == DECAY_ALL;
    unit->weight = parameters_add(&a->parameters, &weight);
    unit->bias = parameters_add(&a->parameters, &bias);
    unit->places = places_of(a, input);
    unit->heads = memory_zeroed((size_t)a->shards, sizeof *unit->heads);
    for (int s = 0; s < a->shards; s++)
        unit->heads[s] =
            (struct head){.classes = classes,
                          .channels = channels,
                          .places = unit->places,
                          .pooled = memory_zeroed(pictures * (size_t)channels, sizeof(double)),
                          .logits = memory_zeroed(pictures * (size_t)classes, sizeof(double)),
                          .slopes = memory_zeroed(pictures * (size_t)classes, sizeof(double))};
}

/* The arenas exist once all tensors are known. */
static void connect_norms(struct assembly *a)
{
    for (int l = 0; l < a->architecture.layer_count; l++) {
        struct unit *unit = &a->units[l];
        if (!assembly_is_norm(a, l))
            continue;
        unit->norm.gamma = assembly_value(a, unit->gamma);
        unit->norm.beta = assembly_value(a, unit->beta);
        unit->norm.gamma_gradient = assembly_gradient(a, unit->gamma);
        unit->norm.beta_gradient = assembly_gradient(a, unit->beta);
        unit->norm.running_mean = assembly_value(a, unit->running_mean);
        unit->norm.running_variance = assembly_value(a, unit->running_variance);
    }
}

/* ---- The whole ------------------------------------------------------------------------------ */

static void allocate_maps(struct assembly *a)
{
    const size_t values = (size_t)a->architecture.value_count;
    const size_t buffers = (size_t)a->flow.buffer_count;
    const size_t pictures = (size_t)a->own_shards * (size_t)a->shard_pictures;
    const size_t bytes = precision_bytes(a->precision);
    a->maps = memory_zeroed(values, sizeof *a->maps);
    for (size_t v = 0; v < values; v++)
        if (!a->passing.is_passing[v])
            a->maps[v] = memory_aligned(pictures * a->value_floats[v], bytes);
    a->scratch = memory_zeroed((size_t)a->threads, sizeof *a->scratch);
    for (int w = 0; w < a->threads; w++)
        a->scratch[w] = memory_aligned((size_t)a->shard_pictures * a->passing.numbers, bytes);
    a->pad_work = memory_zeroed((size_t)a->threads, sizeof *a->pad_work);
    const size_t pad_floats = pad_layers_work(a);
    for (int w = 0; w < a->threads; w++)
        a->pad_work[w] = memory_floats(pad_floats);
    a->gradients = memory_zeroed(buffers, sizeof *a->gradients);
    for (size_t b = 0; b < buffers; b++)
        a->gradients[b] = memory_aligned(pictures * a->flow.buffer_floats[b], bytes);
    a->pictures =
        a->precision == PRECISION_F32 ? a->maps[0] : memory_floats(pictures * PICTURE_FLOATS);
}

void assembly_build(struct assembly *a, const struct experiment *experiment, int threads)
{
    memset(a, 0, sizeof *a);
    struct error error;
    a->precision = (enum precision)experiment->precision;
    if (architecture_build(&a->architecture, experiment, &error) != 0)
        die("%s", error.text);
    if (dnn_check_precision(a->precision, &error) != 0)
        die_lacking(error.text);
    a->shards = experiment->shards;
    a->own_shards = a->shards / ranks_count();
    a->first_shard = a->own_shards * ranks_rank();
    a->threads = threads > a->own_shards ? a->own_shards : threads;
    a->shard_pictures = experiment->batch / experiment->shards;
    a->dnn = dnn_open(a->threads);
    a->block = dnn_block(a->dnn);
    measure_values(a);
    a->units = memory_zeroed((size_t)a->architecture.layer_count, sizeof *a->units);
    for (int l = 0; l < a->architecture.layer_count; l++) {
        const struct layer *layer = assembly_layer(a, l);
        if (layer->kind == LAYER_CONVOLUTION)
            build_convolution(a, experiment, layer, &a->units[l]);
        else if (layer->kind == LAYER_NORM)
            build_norm(a, experiment, layer, &a->units[l]);
        else if (layer->kind == LAYER_HEAD)
            build_head(a, experiment, layer, &a->units[l]);
    }
    /* last, so that all others draw what they draw without them */
    for (int l = 0; l < a->architecture.layer_count; l++)
        if (assembly_layer(a, l)->kind == LAYER_PAD)
            build_pad(a, assembly_layer(a, l), &a->units[l]);
    a->parameters.precision = a->precision;
    a->parameters.first_shard = a->first_shard;
    flow_plan(&a->flow, &a->architecture, a->value_floats);
    passing_plan(&a->passing, &a->architecture, a->value_floats);
}

void assembly_allocate(struct assembly *a)
{
    parameters_allocate(&a->parameters, a->own_shards);
    connect_norms(a);
    allocate_maps(a);
}

void assembly_free(struct assembly *a)
{
    for (int l = 0; l < a->architecture.layer_count; l++) {
        struct unit *unit = &a->units[l];
        for (int s = 0; unit->heads && s < a->shards; s++) {
            free(unit->heads[s].pooled);
            free(unit->heads[s].logits);
            free(unit->heads[s].slopes);
        }
        free(unit->heads);
        free(unit->filter);
        free(unit->places);
        free(unit->positions);
        free(unit->backward_positions);
        free(unit->forward_positions);
        norm_free(&unit->norm);
    }
    if (a->precision != PRECISION_F32)
        free(a->pictures);
    for (int v = 0; a->maps && v < a->architecture.value_count; v++)
        free(a->maps[v]);
    for (int b = 0; a->gradients && b < a->flow.buffer_count; b++)
        free(a->gradients[b]);
    for (int w = 0; a->scratch && w < a->threads; w++)
        free(a->scratch[w]);
    for (int w = 0; a->pad_work && w < a->threads; w++)
        free(a->pad_work[w]);
    free(a->pad_work);
    free(a->scratch);
    for (int c = 0; c < a->conv_count; c++)
        dnn_conv_destroy(a->convs[c]);
    for (int t = 0; t < a->table_count; t++) {
        weight_table_free(a->tables[t]);
        free(a->tables[t]);
    }
    free(a->tables);
    free(a->maps);
    free(a->gradients);
    free(a->convs);
    free(a->conv_shapes);
    free(a->units);
    free(a->padded);
    free(a->value_floats);
    parameters_free(&a->parameters);
    flow_free(&a->flow);
    passing_free(&a->passing);
    dnn_close(a->dnn);
    architecture_free(&a->architecture);
}

const struct layer *assembly_layer(const struct assembly *a, int layer)
{
    return &a->architecture.layers[layer];
}

int assembly_is_norm(const struct assembly *a, int layer)
{
    return assembly_layer(a, layer)->kind == LAYER_NORM;
}

void *assembly_map(const struct assembly *a, int value, int shard, int worker)
{
    const size_t pictures = (size_t)a->shard_pictures;
    if (a->passing.is_passing[value])
        return map_plus(a->precision, a->scratch[worker], pictures * a->passing.place[value]);
    return map_plus(a->precision, a->maps[value],
                    (size_t)(shard - a->first_shard) * pictures * a->value_floats[value]);
}

void *assembly_gradient_map(const struct assembly *a, int buffer, int shard)
{
    if (buffer == NO_BUFFER)
        return NULL;
    return map_plus(a->precision, a->gradients[buffer],
                    (size_t)(shard - a->first_shard) * (size_t)a->shard_pictures *
                        a->flow.buffer_floats[buffer]);
}

float *assembly_value(const struct assembly *a, int tensor)
{
    return a->parameters.value + a->parameters.tensors[tensor].offset;
}

float *assembly_gradient(const struct assembly *a, int tensor)
{
    return a->parameters.gradient + a->parameters.tensors[tensor].offset;
}

size_t assembly_bytes(const struct experiment *experiment, int ranks, int block)
{
    struct assembly a = {.block = block};
    struct error error;
    if (architecture_build(&a.architecture, experiment, &error) != 0)
        die("%s", error.text);
    measure_values(&a);
    flow_plan(&a.flow, &a.architecture, a.value_floats);
    passing_plan(&a.passing, &a.architecture, a.value_floats);
    size_t picture_floats = 0, weights = 0, section = 0, largest_section = 0;
    for (int v = 0; v < a.architecture.value_count; v++)
        picture_floats += a.passing.is_passing[v] ? 0 : a.value_floats[v];
    for (int b = 0; b < a.flow.buffer_count; b++)
        picture_floats += a.flow.buffer_floats[b];
    for (int l = 0; l < a.architecture.layer_count; l++) {
        const struct layer *layer = assembly_layer(&a, l);
        size_t floats = (size_t)layer->parameters;
        if (layer->kind == LAYER_CONVOLUTION)
            floats = (size_t)a.padded[layer->inputs[0]] * (size_t)a.padded[layer->output] *
                     (size_t)(layer->kernel * layer->kernel);
        weights += floats + (layer->rows ? (size_t)layer->parameters : 0);
        section = layer->kind == LAYER_NORM ? 0 : section + floats;
        largest_section = section > largest_section ? section : largest_section;
    }
    free(a.padded);
    free(a.value_floats);
    const size_t scratch_floats = a.passing.numbers;
    flow_free(&a.flow);
    passing_free(&a.passing);
    architecture_free(&a.architecture);
    const enum precision precision = (enum precision)experiment->precision;
    const size_t number = precision_bytes(precision), shards = (size_t)(experiment->shards / ranks);
    const size_t shard_pictures = (size_t)(experiment->batch / experiment->shards);
    size_t picture = picture_floats * number;
    /* values, momentum and gradients; two positions a weight; a backward layout */
    size_t weight = (3 + 2) * sizeof(float) + number;
    if (precision != PRECISION_F32) { /* pictures as they come; a forward layout, its positions */
        picture += PICTURE_FLOATS * sizeof(float);
        weight += number + sizeof(uint32_t);
    }
    /* a shard of passing values for each of two workers: more of them are little beside the rest */
    const size_t passing = 2 * shard_pictures * scratch_floats * number;
    return shards * shard_pictures * picture + passing + weights * weight +
           2 * shards * largest_section * sizeof(float);
}
