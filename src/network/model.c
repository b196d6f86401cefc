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

static void measure_values(struct model *a)
{
    const size_t count = (size_t)a->architecture.activation_count;
    a->padded = memory_zeroed(count, sizeof *a->padded);
    a->activation_floats = memory_zeroed(count, sizeof *a->activation_floats);
    for (int v = 0; v < a->architecture.activation_count; v++) {
        const struct activation *activation = &a->architecture.activations[v];
        a->padded[v] = architecture_padded_channels(&a->architecture, v, a->block);
        a->activation_floats[v] =
            (size_t)a->padded[v] * (size_t)activation->height * (size_t)activation->width;
    }
}

static int is_padded(const struct model *a, int activation)
{
    return a->padded[activation] != a->architecture.activations[activation].channels;
}

/* Where each channel of an activation lies in memory; free() it. */
static int *channel_index_of(const struct model *a, int activation)
{
    const struct activation *v = &a->architecture.activations[activation];
    int *index = memory_zeroed((size_t)v->channels, sizeof *index), *next = index, first = 0;
    for (int g = 0; g < v->group_count; g++) {
        for (int c = 0; c < v->groups[g]; c++)
            *next++ = first + c;
        first += architecture_round_to_block(v->groups[g], a->block);
    }
    return index;
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

static int section_of(const struct model *a, const struct layer *layer)
{
    return recompute_section(&a->architecture, (int)(layer - a->architecture.layers));
}

static struct onednn_conv *conv_of_shape(struct model *a, const struct conv_shape *shape)
{
    for (int c = 0; c < a->conv_count; c++)
        if (memcmp(&a->conv_shapes[c], shape, sizeof *shape) == 0)
            return a->convs[c];
    const size_t count = (size_t)a->conv_count + 1;
    a->convs = memory_resize(a->convs, count, sizeof *a->convs);
    a->conv_shapes = memory_resize(a->conv_shapes, count, sizeof *shape);
    a->conv_shapes[a->conv_count] = *shape;
    return a->convs[a->conv_count++] = onednn_conv_create(a->onednn, shape);
}

/* From canonical order to memory, through the padded tensor's own positions. */
static uint32_t *compose(const struct model *a, const struct layer *layer,
                         const uint32_t *positions)
{
    const int input = layer->inputs[0], taps = layer->kernel * layer->kernel;
    const int in = a->architecture.activations[input].channels;
    const int out = a->architecture.activations[layer->output].channels;
    int *in_place = channel_index_of(a, input), *out_place = channel_index_of(a, layer->output);
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
static const struct weight_table *table_of(struct model *a, const struct experiment *experiment,
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
static void add_rows(struct model *a, const struct experiment *experiment,
                     const struct layer *layer)
{
    const int in = a->architecture.activations[layer->inputs[0]].channels;
    const int out = a->architecture.activations[layer->output].channels, slots = SLOT_TAPS * out;
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

static enum conv_algorithm algorithm_for(const struct model *a, const struct experiment *experiment,
                                         const struct conv_shape *shape)
{
    if (experiment->convolution == CONVOLUTION_AUTO && onednn_suits_winograd(a->onednn, shape))
        return CONV_WINOGRAD;
    if (experiment->convolution == CONVOLUTION_WINOGRAD &&
        onednn_suits_own_winograd(a->onednn, shape))
        return CONV_OWN_WINOGRAD;
    return CONV_DIRECT;
}

static void build_convolution(struct model *a, const struct experiment *experiment,
                              const struct layer *layer, struct layer_state *state)
{
    const int input = layer->inputs[0];
    const struct activation *in = &a->architecture.activations[input];
    const int out = a->architecture.activations[layer->output].channels;
    struct conv_shape shape = {.batch = a->shard_images,
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
    state->conv = conv_of_shape(a, &shape);
    struct tensor tensor =
        tensor_of(layer, "weight", experiment->fan == FAN_IN ? INITIAL_HE_IN : INITIAL_HE_OUT, out,
                  in->channels);
    tensor.floats = onednn_conv_weight_floats(state->conv);
    tensor.positions = onednn_conv_positions(state->conv);
    tensor.backward_positions = onednn_conv_backward_positions(state->conv);
    tensor.backward_count = onednn_conv_backward_count(state->conv);
    tensor.forward_positions = onednn_conv_forward_positions(state->conv);
    tensor.forward_count = onednn_conv_forward_count(state->conv);
    if (is_padded(a, input) || is_padded(a, layer->output)) {
        tensor.positions = state->positions = compose(a, layer, tensor.positions);
        if (tensor.backward_positions)
            tensor.backward_positions = state->backward_positions =
                compose(a, layer, tensor.backward_positions);
        if (tensor.forward_positions)
            tensor.forward_positions = state->forward_positions =
                compose(a, layer, tensor.forward_positions);
    }
    tensor.section = section_of(a, layer);
    if (layer->rows != 0) {
        tensor.trained = 0;
        tensor.generated = 1;
        add_rows(a, experiment, layer);
    }
    state->weight = parameters_add(&a->parameters, &tensor);
}

/* One tensor [channels][taps + 1], in memory tap by tap (padding.h). Its decay would be one towards
 * zero padding. */
static void build_pad(struct model *a, const struct layer *layer, struct layer_state *state)
{
    const int input = layer->inputs[0], taps = padding_taps(layer->depth, layer->reach);
    const int channels = a->architecture.activations[input].channels, padded = a->padded[input];
    if (layer->parameters == 0) {
        const struct padding_filter fixed = padding_fixed(a->architecture.padding);
        state->filter = memory_floats((size_t)(taps + 1) * (size_t)padded);
        for (int i = 0; i < taps * padded; i++)
            state->filter[i] = fixed.tap[i / padded];
        return;
    }
    struct tensor tensor = tensor_of(layer, "filter", INITIAL_ZERO, channels, taps + 1);
    int *index = channel_index_of(a, input);
    uint32_t *at = state->positions =
        memory_zeroed((size_t)channels * (size_t)(taps + 1), sizeof *at);
    for (int c = 0; c < channels; c++)
        for (int t = 0; t <= taps; t++)
            *at++ = (uint32_t)(t * padded + index[c]);
    free(index);
    tensor.positions = state->positions;
    tensor.floats = (size_t)(taps + 1) * (size_t)padded;
    tensor.decayed = 0;
    tensor.section = section_of(a, layer);
    state->weight = parameters_add(&a->parameters, &tensor);
}

/* The first BN_RELU that reads the activation, and where among its channels. */
static struct batch_norm_group group_of(const struct model *a, int activation, int first)
{
    struct batch_norm_group group = {.first = first, .channels = a->padded[activation]};
    for (int l = 0; !group.owner; l++) {
        const struct layer *layer = model_layer(a, l);
        group.owner_first = 0;
        for (int i = 0; layer->kind == LAYER_BN_RELU && i < layer->input_count; i++) {
            if (layer->inputs[i] == activation) {
                group.owner = &a->states[l].batch_norm;
                break;
            }
            group.owner_first += a->padded[layer->inputs[i]];
        }
    }
    return group;
}

static void build_norm(struct model *a, const struct experiment *experiment,
                       const struct layer *layer, struct layer_state *state)
{
    const int channels = a->architecture.activations[layer->output].channels;
    const struct {
        const char *suffix;
        enum initial initial;
        int trained, *tensor;
    } parts[] = {{"weight", experiment->gamma == GAMMA_UNIFORM ? INITIAL_UNIT : INITIAL_ONE, 1,
                  &state->gamma},
                 {"bias", INITIAL_ZERO, 1, &state->beta},
                 {"running_mean", INITIAL_ZERO, 0, &state->running_mean},
                 {"running_var", INITIAL_ONE, 0, &state->running_variance}};
    if (is_padded(a, layer->output)) {
        int *index = channel_index_of(a, layer->output);
        state->positions = memory_zeroed((size_t)channels, sizeof *state->positions);
        for (int c = 0; c < channels; c++)
            state->positions[c] = (uint32_t)index[c];
        free(index);
    }
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        struct tensor tensor = tensor_of(layer, parts[i].suffix, parts[i].initial, channels, 0);
        tensor.trained = parts[i].trained;
        tensor.decayed = experiment->decayed == WEIGHT_DECAY_ALL;
        tensor.floats = (size_t)a->padded[layer->output];
        tensor.positions = state->positions;
        *parts[i].tensor = parameters_add(&a->parameters, &tensor);
    }
    const int count = layer->input_count;
    struct batch_norm_group *groups = memory_zeroed((size_t)count, sizeof *groups);
    for (int i = 0, first = 0; i < count; first += groups[i++].channels)
        groups[i] = group_of(a, layer->inputs[i], first);
    batch_norm_allocate(&state->batch_norm, groups, count, a->shards);
}

static void build_head(struct model *a, const struct experiment *experiment,
                       const struct layer *layer, struct layer_state *state)
{
    const int input = layer->inputs[0], classes = a->architecture.classes;
    const int channels = a->architecture.activations[input].channels;
    const size_t images = (size_t)a->shard_images;
    struct tensor weight = tensor_of(layer, "weight", INITIAL_UNIFORM, classes, channels);
    struct tensor bias = tensor_of(layer, "bias", INITIAL_ZERO, classes, 0);
    weight.section = bias.section = section_of(a, layer);
    bias.decayed = experiment->decayed == WEIGHT_DECAY_ALL;
    state->weight = parameters_add(&a->parameters, &weight);
    state->bias = parameters_add(&a->parameters, &bias);
    state->channel_index = channel_index_of(a, input);
    state->heads = memory_zeroed((size_t)a->shards, sizeof *state->heads);
    for (int s = 0; s < a->shards; s++)
        state->heads[s] =
            (struct head){.classes = classes,
                          .channels = channels,
                          .channel_index = state->channel_index,
                          .pooled = memory_zeroed(images * (size_t)channels, sizeof(double)),
                          .logits = memory_zeroed(images * (size_t)classes, sizeof(double)),
                          .slopes = memory_zeroed(images * (size_t)classes, sizeof(double))};
}

/* The arenas exist once all tensors are known. */
static void connect_norms(struct model *a)
{
    for (int l = 0; l < a->architecture.layer_count; l++) {
        struct layer_state *state = &a->states[l];
        if (!model_is_bn_relu(a, l))
            continue;
        state->batch_norm.gamma = model_weights(a, state->gamma);
        state->batch_norm.beta = model_weights(a, state->beta);
        state->batch_norm.gamma_gradient = model_gradient(a, state->gamma);
        state->batch_norm.beta_gradient = model_gradient(a, state->beta);
        state->batch_norm.running_mean = model_weights(a, state->running_mean);
        state->batch_norm.running_variance = model_weights(a, state->running_variance);
    }
}

/* ---- The whole ------------------------------------------------------------------------------ */

static void allocate_maps(struct model *a)
{
    const size_t activations = (size_t)a->architecture.activation_count;
    const size_t buffers = (size_t)a->gradient_buffers.buffer_count;
    const size_t images = (size_t)a->own_shards * (size_t)a->shard_images;
    const size_t bytes = precision_bytes(a->precision);
    a->maps = memory_zeroed(activations, sizeof *a->maps);
    for (size_t v = 0; v < activations; v++)
        if (!a->recompute.in_scratch[v])
            a->maps[v] = memory_aligned(images * a->activation_floats[v], bytes);
    a->scratch = memory_zeroed((size_t)a->threads, sizeof *a->scratch);
    for (int w = 0; w < a->threads; w++)
        a->scratch[w] = memory_aligned((size_t)a->shard_images * a->recompute.numbers, bytes);
    a->pad_work = memory_zeroed((size_t)a->threads, sizeof *a->pad_work);
    const size_t pad_floats = pad_layers_work(a);
    for (int w = 0; w < a->threads; w++)
        a->pad_work[w] = memory_floats(pad_floats);
    a->gradients = memory_zeroed(buffers, sizeof *a->gradients);
    for (size_t b = 0; b < buffers; b++)
        a->gradients[b] = memory_aligned(images * a->gradient_buffers.buffer_floats[b], bytes);
    a->images = a->precision == PRECISION_F32 ? a->maps[0] : memory_floats(images * IMAGE_FLOATS);
}

void model_build(struct model *a, const struct experiment *experiment, int threads)
{
    memset(a, 0, sizeof *a);
    struct error error;
    a->precision = (enum precision)experiment->precision;
    if (architecture_build(&a->architecture, experiment, &error) != 0)
        die("%s", error.text);
    if (onednn_check_precision(a->precision, &error) != 0)
        die_lacking(error.text);
    a->shards = experiment->shards;
    a->own_shards = a->shards / ranks_count();
    a->first_shard = a->own_shards * ranks_rank();
    a->threads = threads > a->own_shards ? a->own_shards : threads;
    a->shard_images = experiment->batch / experiment->shards;
    a->onednn = onednn_open(a->threads);
    a->block = onednn_block(a->onednn);
    measure_values(a);
    a->states = memory_zeroed((size_t)a->architecture.layer_count, sizeof *a->states);
    for (int l = 0; l < a->architecture.layer_count; l++) {
        const struct layer *layer = model_layer(a, l);
        if (layer->kind == LAYER_CONVOLUTION)
            build_convolution(a, experiment, layer, &a->states[l]);
        else if (layer->kind == LAYER_BN_RELU)
            build_norm(a, experiment, layer, &a->states[l]);
        else if (layer->kind == LAYER_HEAD)
            build_head(a, experiment, layer, &a->states[l]);
    }
    /* last, so that all others draw what they draw without them */
    for (int l = 0; l < a->architecture.layer_count; l++)
        if (model_layer(a, l)->kind == LAYER_PAD)
            build_pad(a, model_layer(a, l), &a->states[l]);
    a->parameters.precision = a->precision;
    a->parameters.first_shard = a->first_shard;
    gradient_buffers_plan(&a->gradient_buffers, &a->architecture, a->activation_floats);
    recompute_plan(&a->recompute, &a->architecture, a->activation_floats);
}

void model_allocate(struct model *a)
{
    parameters_allocate(&a->parameters, a->own_shards);
    connect_norms(a);
    allocate_maps(a);
}

void model_free(struct model *a)
{
    for (int l = 0; l < a->architecture.layer_count; l++) {
        struct layer_state *state = &a->states[l];
        for (int s = 0; state->heads && s < a->shards; s++) {
            free(state->heads[s].pooled);
            free(state->heads[s].logits);
            free(state->heads[s].slopes);
        }
        free(state->heads);
        free(state->filter);
        free(state->channel_index);
        free(state->positions);
        free(state->backward_positions);
        free(state->forward_positions);
        batch_norm_free(&state->batch_norm);
    }
    if (a->precision != PRECISION_F32)
        free(a->images);
    for (int v = 0; a->maps && v < a->architecture.activation_count; v++)
        free(a->maps[v]);
    for (int b = 0; a->gradients && b < a->gradient_buffers.buffer_count; b++)
        free(a->gradients[b]);
    for (int w = 0; a->scratch && w < a->threads; w++)
        free(a->scratch[w]);
    for (int w = 0; a->pad_work && w < a->threads; w++)
        free(a->pad_work[w]);
    free(a->pad_work);
    free(a->scratch);
    for (int c = 0; c < a->conv_count; c++)
        onednn_conv_destroy(a->convs[c]);
    for (int t = 0; t < a->table_count; t++) {
        weight_table_free(a->tables[t]);
        free(a->tables[t]);
    }
    free(a->tables);
    free(a->maps);
    free(a->gradients);
    free(a->convs);
    free(a->conv_shapes);
    free(a->states);
    free(a->padded);
    free(a->activation_floats);
    parameters_free(&a->parameters);
    gradient_buffers_free(&a->gradient_buffers);
    recompute_free(&a->recompute);
    onednn_close(a->onednn);
    architecture_free(&a->architecture);
}

const struct layer *model_layer(const struct model *a, int layer)
{
    return &a->architecture.layers[layer];
}

int model_is_bn_relu(const struct model *a, int layer)
{
    return model_layer(a, layer)->kind == LAYER_BN_RELU;
}

void *model_map(const struct model *a, int activation, int shard, int worker)
{
    const size_t images = (size_t)a->shard_images;
    if (a->recompute.in_scratch[activation])
        return map_plus(a->precision, a->scratch[worker],
                        images * a->recompute.scratch_offset[activation]);
    return map_plus(a->precision, a->maps[activation],
                    (size_t)(shard - a->first_shard) * images * a->activation_floats[activation]);
}

void *model_gradient_map(const struct model *a, int buffer, int shard)
{
    if (buffer == NO_BUFFER)
        return NULL;
    return map_plus(a->precision, a->gradients[buffer],
                    (size_t)(shard - a->first_shard) * (size_t)a->shard_images *
                        a->gradient_buffers.buffer_floats[buffer]);
}

float *model_weights(const struct model *a, int tensor)
{
    return a->parameters.weight + a->parameters.tensors[tensor].offset;
}

float *model_gradient(const struct model *a, int tensor)
{
    return a->parameters.gradient + a->parameters.tensors[tensor].offset;
}

size_t model_bytes(const struct experiment *experiment, int ranks, int block)
{
    struct model a = {.block = block};
    struct error error;
    if (architecture_build(&a.architecture, experiment, &error) != 0)
        die("%s", error.text);
    measure_values(&a);
    gradient_buffers_plan(&a.gradient_buffers, &a.architecture, a.activation_floats);
    recompute_plan(&a.recompute, &a.architecture, a.activation_floats);
    size_t image_floats = 0, weights = 0, section = 0, largest_section = 0;
    for (int v = 0; v < a.architecture.activation_count; v++)
        image_floats += a.recompute.in_scratch[v] ? 0 : a.activation_floats[v];
    for (int b = 0; b < a.gradient_buffers.buffer_count; b++)
        image_floats += a.gradient_buffers.buffer_floats[b];
    for (int l = 0; l < a.architecture.layer_count; l++) {
        const struct layer *layer = model_layer(&a, l);
        size_t floats = (size_t)layer->parameters;
        if (layer->kind == LAYER_CONVOLUTION)
            floats = (size_t)a.padded[layer->inputs[0]] * (size_t)a.padded[layer->output] *
                     (size_t)(layer->kernel * layer->kernel);
        weights += floats + (layer->rows ? (size_t)layer->parameters : 0);
        section = layer->kind == LAYER_BN_RELU ? 0 : section + floats;
        largest_section = section > largest_section ? section : largest_section;
    }
    free(a.padded);
    free(a.activation_floats);
    const size_t scratch_floats = a.recompute.numbers;
    gradient_buffers_free(&a.gradient_buffers);
    recompute_free(&a.recompute);
    architecture_free(&a.architecture);
    const enum precision precision = (enum precision)experiment->precision;
    const size_t number = precision_bytes(precision), shards = (size_t)(experiment->shards / ranks);
    const size_t shard_images = (size_t)(experiment->batch / experiment->shards);
    size_t image = image_floats * number;
    /* activations, momentum and gradients; two positions a weight; a backward layout */
    size_t weight = (3 + 2) * sizeof(float) + number;
    if (precision != PRECISION_F32) { /* images as they come; a forward layout, its positions */
        image += IMAGE_FLOATS * sizeof(float);
        weight += number + sizeof(uint32_t);
    }
    /* a shard of activations that are not kept for each of two workers: more of them are little
     * beside the rest */
    const size_t scratch = 2 * shard_images * scratch_floats * number;
    return shards * shard_images * image + scratch + weights * weight +
           2 * shards * largest_section * sizeof(float);
}
