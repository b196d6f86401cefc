#include "network/model_build.h"

#include "base/memory.h"
#include "data/dataset.h"
#include "network/convolution.h"
#include "network/fused.h"
#include "network/layers.h"
#include "network/ranks.h"

#include <stdlib.h>
#include <string.h>

/* Activations that the backward pass does not need lodge in its largest buffer. */
static void plan_lodgings(struct model *model)
{
    const struct gradient_buffers *buffers = &model->gradient_buffers;
    int largest = 0;
    for (int b = 1; b < buffers->buffer_count; b++)
        if (buffers->buffer_floats[b] > buffers->buffer_floats[largest])
            largest = b;
    for (int v = 0; v < model->architecture.activation_count; v++) {
        const int lodges = model->recompute.forward_only[v] && !model->recompute.in_scratch[v] &&
                           model->activation_floats[v] <= buffers->buffer_floats[largest];
        model->lodging[v] = lodges ? largest : NO_BUFFER;
    }
}

/* What follows from the experiment and the block alone. */
static void plan(struct model *model, const struct experiment *experiment, int block)
{
    struct error error;
    if (architecture_build(&model->architecture, experiment, &error) != 0)
        die("%s", error.text);
    const struct architecture *architecture = &model->architecture;
    const size_t count = (size_t)architecture->activation_count;
    model->block = block;
    model->precision = experiment->precision;
    model->shards = experiment->shards;
    model->shard_images = experiment->batch / experiment->shards;
    model->extents = memory_zeroed(count, sizeof *model->extents);
    model->activation_floats = memory_zeroed(count, sizeof *model->activation_floats);
    model->lodging = memory_zeroed(count, sizeof *model->lodging);
    for (int v = 0; v < architecture->activation_count; v++) {
        const int channels = architecture_padded_channels(architecture, v, block);
        model->extents[v] = (struct extent){.images = model->shard_images,
                                            .channels = channels,
                                            .height = architecture->activations[v].height,
                                            .width = architecture->activations[v].width,
                                            .block = block,
                                            .precision = model->precision,
                                            .wide_channels = channels};
        model->activation_floats[v] = (size_t)channels * (size_t)map_pixels(&model->extents[v]);
    }
    fused_mark(model, experiment);
    gradient_buffers_plan(&model->gradient_buffers, architecture, model->activation_floats);
    recompute_plan(&model->recompute, architecture, model->activation_floats);
    plan_lodgings(model);
}

void model_build(struct model *model, const struct experiment *experiment, int threads)
{
    memset(model, 0, sizeof *model);
    struct error error;
    if (onednn_check_precision(experiment->precision, &error) != 0)
        die_lacking(error.text);
    model->own_shards = experiment->shards / ranks_count();
    model->first_shard = model->own_shards * ranks_rank();
    model->threads = threads > model->own_shards ? model->own_shards : threads;
    model->onednn = onednn_open(model->threads);
    plan(model, experiment, onednn_block(model->onednn));
    const int layers = model->architecture.layer_count;
    model->states = memory_zeroed((size_t)layers, sizeof *model->states);
    /* PADs last, so that the tensors of all others draw what they draw without them */
    for (int pads = 0; pads < 2; pads++)
        for (int l = 0; l < layers; l++) {
            const enum layer_kind kind = model_layer(model, l)->kind;
            if ((kind == LAYER_PAD) == pads && layers_ops(kind)->build)
                model->states[l] = layers_ops(kind)->build(model, experiment, l);
        }
    model->parameters.precision = model->precision;
    model->parameters.first_shard = model->first_shard;
    model->parameters.budget = experiment->weights == WEIGHTS_SEARCH ? experiment->budget : 0;
}

/* Whether an activation has memory of its own. */
static int has_map(const struct model *model, int activation)
{
    return !model->recompute.in_scratch[activation] && model->lodging[activation] == NO_BUFFER;
}

/* A worker's scratch memory, for one image. */
static size_t scratch_numbers(const struct model *model)
{
    return model->recompute.numbers + model->gradient_buffers.scratch_floats;
}

static void allocate_maps(struct model *model)
{
    const size_t activations = (size_t)model->architecture.activation_count;
    const size_t buffers = (size_t)model->gradient_buffers.buffer_count;
    const size_t images = (size_t)model->own_shards * (size_t)model->shard_images;
    const size_t threads = (size_t)model->threads, bytes = precision_bytes(model->precision);
    model->maps = memory_zeroed(activations, sizeof *model->maps);
    for (size_t v = 0; v < activations; v++)
        if (has_map(model, (int)v))
            model->maps[v] = memory_aligned(images * model->activation_floats[v], bytes);
    model->scratch = memory_zeroed(threads, sizeof *model->scratch);
    model->work = memory_zeroed(threads, sizeof *model->work);
    for (size_t w = 0; w < threads; w++) {
        model->scratch[w] =
            memory_aligned((size_t)model->shard_images * scratch_numbers(model), bytes);
        model->work[w] = memory_floats(model->work_floats);
    }
    model->gradients = memory_zeroed(buffers, sizeof *model->gradients);
    for (size_t b = 0; b < buffers; b++)
        model->gradients[b] =
            memory_aligned(images * model->gradient_buffers.buffer_floats[b], bytes);
    model->images =
        model->precision == PRECISION_F32 ? model->maps[0] : memory_floats(images * IMAGE_FLOATS);
}

void model_allocate(struct model *model)
{
    const size_t batch = (size_t)model->shards * (size_t)model->shard_images;
    struct minibatch *minibatch = &model->minibatch;
    parameters_allocate(&model->parameters, model->own_shards);
    for (int l = 0; l < model->architecture.layer_count; l++) {
        const struct layer_ops *ops = layers_ops(model_layer(model, l)->kind);
        if (ops->connect)
            ops->connect(model, model->states[l]);
    }
    allocate_maps(model);
    minibatch->labels = memory_zeroed(batch, sizeof *minibatch->labels);
    minibatch->losses = memory_zeroed(batch, sizeof *minibatch->losses);
    minibatch->wrong = memory_zeroed(batch, sizeof *minibatch->wrong);
}

/* An array of `count` blocks, or NULL. */
static void free_all(void **blocks, int count)
{
    for (int i = 0; blocks && i < count; i++)
        free(blocks[i]);
    free(blocks);
}

static void free_plan(struct model *model)
{
    free(model->extents);
    free(model->activation_floats);
    free(model->lodging);
    gradient_buffers_free(&model->gradient_buffers);
    recompute_free(&model->recompute);
    architecture_free(&model->architecture);
}

void model_free(struct model *model)
{
    for (int l = 0; l < model->architecture.layer_count; l++) {
        const struct layer_ops *ops = layers_ops(model_layer(model, l)->kind);
        if (ops->free)
            ops->free(model->states[l]);
    }
    free_all(model->states, model->architecture.layer_count);
    convolution_free_shared(model);
    free(model->minibatch.labels);
    free(model->minibatch.losses);
    free(model->minibatch.wrong);
    if (model->precision != PRECISION_F32)
        free(model->images);
    free_all(model->maps, model->architecture.activation_count);
    free_all(model->gradients, model->gradient_buffers.buffer_count);
    free_all(model->scratch, model->threads);
    free_all(model->work, model->threads);
    parameters_free(&model->parameters);
    onednn_close(model->onednn);
    free_plan(model);
}

size_t model_bytes(const struct experiment *experiment, int ranks, int block)
{
    struct model model = {0};
    plan(&model, experiment, block);
    size_t image_floats = 0, weights = 0, section = 0, largest_section = 0;
    for (int v = 0; v < model.architecture.activation_count; v++)
        image_floats += has_map(&model, v) ? model.activation_floats[v] : 0;
    for (int b = 0; b < model.gradient_buffers.buffer_count; b++)
        image_floats += model.gradient_buffers.buffer_floats[b];
    for (int l = 0; l < model.architecture.layer_count; l++) {
        const struct layer *layer = model_layer(&model, l);
        size_t floats = (size_t)layer->parameters;
        if (layer->kind == LAYER_CONVOLUTION)
            floats = (size_t)model.extents[layer->inputs[0]].channels *
                     (size_t)model.extents[layer->output].channels *
                     (size_t)(layer->kernel * layer->kernel);
        weights += floats + (layer->rows ? (size_t)layer->parameters : 0);
        section = layer->kind == LAYER_BN_RELU ? 0 : section + floats;
        largest_section = section > largest_section ? section : largest_section;
    }
    const size_t scratch_floats = scratch_numbers(&model);
    const size_t number = precision_bytes(model.precision), shards = (size_t)(model.shards / ranks);
    const size_t shard_images = (size_t)model.shard_images;
    const int is_f32 = model.precision == PRECISION_F32;
    free_plan(&model);
    size_t image = image_floats * number;
    /* weights, momentum and gradients; a backward layout */
    size_t weight = 3 * sizeof(float) + number;
    if (!is_f32) { /* images as they come; a forward layout */
        image += IMAGE_FLOATS * sizeof(float);
        weight += number;
    }
    /* A shard of activations that are not kept, for each of two workers: more workers add little
     * beside the rest. */
    const size_t scratch = 2 * shard_images * scratch_floats * number;
    return shards * shard_images * image + scratch + weights * weight +
           parameters_scratch_floats(shards, largest_section) * sizeof(float);
}
