#include "network/batch_norm.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/simd.h"
#include "network/fused.h"
#include "network/layers.h"
#include "network/ranks.h"

#include <immintrin.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Passes over one map of a shard ---------------------------------------------------------- */

#define KERNELS f32x16
#define BLOCK 16
#define PRECISION PRECISION_F32
#include "network/batch_norm_kernels.h"

#define KERNELS f32x8
#define BLOCK 8
#define PRECISION PRECISION_F32
#include "network/batch_norm_kernels.h"

#define KERNELS bf16x16
#define BLOCK 16
#define PRECISION PRECISION_BF16
#include "network/batch_norm_kernels.h"

#define KERNELS native_bf16x16
#define BLOCK 16
#define PRECISION PRECISION_BF16
#define NATIVE __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")))
#include "network/batch_norm_kernels.h"

static const struct bn_relu_kernels *bf16_kernels(void)
{
    return __builtin_cpu_supports("avx512bf16") ? &native_bf16x16 : &bf16x16;
}

static const struct bn_relu_kernels *kernels_of(const struct extent *e)
{
    if (map_pixels(e) % 4 != 0 || e->channels % e->block != 0)
        BUG("a map whose pixels or channels the kernels cannot split");
    if (e->block == 16)
        return e->precision == PRECISION_BF16 ? bf16_kernels() : &f32x16;
    if (e->block != 8 || e->precision != PRECISION_F32)
        BUG("a map without kernels");
    return &f32x8;
}

/* The wide map, as if it were one. */
static struct extent wide_extent(const struct extent *e)
{
    struct extent wide = *e;
    wide.channels = e->wide_channels;
    return wide;
}

static struct plane_walk walk_of(const struct extent *e)
{
    const struct extent wide = wide_extent(e);
    return (struct plane_walk){.pixels = map_pixels(e),
                               .step = map_offset(e, 0, 0, 1),
                               .wide_step = map_offset(&wide, 0, 0, 1)};
}

/* A map from the plane of an image and a block of channels on; NULL stays NULL. */
static void *plane(const struct extent *e, const void *map, int image, int channel)
{
    return map ? map_plus(e->precision, map, map_offset(e, image, channel, 0)) : NULL;
}

static void *wide_plane(const struct extent *e, const void *map, int image, int channel)
{
    const struct extent wide = wide_extent(e);
    return map ? map_plus(e->precision, map, map_offset(&wide, image, e->wide_first + channel, 0))
               : NULL;
}

static void clear_sums(const struct extent *e, double *sums)
{
    const size_t bytes = (size_t)e->channels * sizeof *sums;
    memset(sums + e->wide_first, 0, bytes);
    memset(sums + e->wide_channels + e->wide_first, 0, bytes);
}

void bn_relu_sums(struct extent e, void *x, const void *addend, const float *pivot, double *sums)
{
    const struct bn_relu_kernels *kernels = kernels_of(&e);
    const struct plane_walk walk = walk_of(&e);
    clear_sums(&e, sums);
    for (int n = 0; n < e.count; n++) {
        for (int c = 0; c < e.channels; c += e.block) {
            const int w = e.wide_first + c;
            kernels->sums(walk, plane(&e, x, n, c), plane(&e, addend, n, c), pivot + w, sums + w,
                          sums + e.wide_channels + w);
        }
    }
}

void bn_relu_add(struct extent e, void *x, const void *addend)
{
    const struct bn_relu_kernels *kernels = kernels_of(&e);
    const struct plane_walk walk = walk_of(&e);
    for (int n = 0; n < e.count; n++)
        for (int c = 0; c < e.channels; c += e.block)
            kernels->add(walk, plane(&e, x, n, c), plane(&e, addend, n, c));
}

void bn_relu_apply(struct extent e, const void *x, const float *scale, const float *shift,
                   void *out)
{
    const struct bn_relu_kernels *kernels = kernels_of(&e);
    const struct plane_walk walk = walk_of(&e);
    for (int n = 0; n < e.count; n++) {
        for (int c = 0; c < e.channels; c += e.block) {
            const int w = e.wide_first + c;
            kernels->apply(walk, plane(&e, x, n, c), scale + w, shift + w,
                           wide_plane(&e, out, n, c));
        }
    }
}

static struct bn_relu_backward plane_of(const struct extent *e, const struct bn_relu_backward *in,
                                        int n, int c)
{
    struct bn_relu_backward moved = *in;
    moved.x = plane(e, in->x, n, c);
    moved.gradient = wide_plane(e, in->gradient, n, c);
    moved.gradient2 = wide_plane(e, in->gradient2, n, c);
    return moved;
}

void bn_relu_backward_sums(struct extent e, const struct bn_relu_backward *in, double *sums)
{
    const struct bn_relu_kernels *kernels = kernels_of(&e);
    const struct plane_walk walk = walk_of(&e);
    clear_sums(&e, sums);
    for (int n = 0; n < e.count; n++) {
        for (int c = 0; c < e.channels; c += e.block) {
            const struct bn_relu_backward at = plane_of(&e, in, n, c);
            const int w = e.wide_first + c;
            kernels->backward_sums(walk, &at, w, sums + w, sums + e.wide_channels + w);
        }
    }
}

void bn_relu_backward_apply(struct extent e, const struct bn_relu_backward *in,
                            const void *residual, void *out)
{
    const struct bn_relu_kernels *kernels = kernels_of(&e);
    const struct plane_walk walk = walk_of(&e);
    for (int n = 0; n < e.count; n++) {
        for (int c = 0; c < e.channels; c += e.block) {
            const struct bn_relu_backward at = plane_of(&e, in, n, c);
            kernels->backward_apply(walk, &at, e.wide_first + c, plane(&e, residual, n, c),
                                    plane(&e, out, n, c));
        }
    }
    map_clear_invalid(&e, out);
}

/* ---- Across shards --------------------------------------------------------------------------- */

static const double epsilon = 1e-5, momentum = 0.1;

void batch_norm_allocate(struct batch_norm *norm, struct batch_norm_group *groups, int group_count,
                         int shards)
{
    norm->groups = groups;
    norm->group_count = group_count;
    norm->channels = 0;
    for (int g = 0; g < group_count; g++)
        norm->channels += groups[g].channels;
    const size_t count = (size_t)norm->channels;
    norm->sums = memory_zeroed((size_t)shards * 2 * count, sizeof *norm->sums);
    norm->batch = memory_zeroed(count, sizeof *norm->batch);
    norm->variance = memory_zeroed(count, sizeof *norm->variance);
    norm->deviation = memory_zeroed(count, sizeof *norm->deviation);
    norm->scale = memory_floats(count);
    norm->shift = memory_floats(count);
    norm->mean = memory_floats(count);
    norm->offset = memory_floats(count);
    norm->slope = memory_floats(count);
}

void batch_norm_free(struct batch_norm *norm)
{
    free(norm->groups);
    free(norm->sums);
    free(norm->batch);
    free(norm->variance);
    free(norm->deviation);
    free(norm->scale);
    free(norm->shift);
    free(norm->mean);
    free(norm->offset);
    free(norm->slope);
}

double *batch_norm_shard_sums(const struct batch_norm *norm, int shard)
{
    return norm->sums + (size_t)shard * 2 * (size_t)norm->channels;
}

/* The sum over shards of entry `index` of [2][channels]. */
static double sum_shards(const struct batch_norm *norm, int shards, int index)
{
    double sum = 0;
    for (int s = 0; s < shards; s++)
        sum += batch_norm_shard_sums(norm, s)[index];
    return sum;
}

static float blend(float running, double now)
{
    return (float)((1 - momentum) * (double)running + momentum * now);
}

/* Mean and variance of one channel; the sums are of differences to the running mean. */
static void take_moments(struct batch_norm *norm, int shards, double elements, int c)
{
    const double off = sum_shards(norm, shards, c) / elements;
    const double square = sum_shards(norm, shards, norm->channels + c) / elements;
    const double difference = square - off * off;
    norm->batch[c] = (double)norm->running_mean[c] + off;
    /* rounding may leave less than nothing; a NaN must stay one, so that it reaches the loss */
    norm->variance[c] = difference < 0 ? 0 : difference;
}

static void finish_channel(struct batch_norm *norm, double elements, int c)
{
    const double mean = norm->batch[c], variance = norm->variance[c];
    const double deviation = 1 / sqrt(variance + epsilon);
    const double scale = (double)norm->gamma[c] * deviation;
    const double unbiased = elements > 1 ? variance * elements / (elements - 1) : variance;
    norm->deviation[c] = deviation;
    norm->mean[c] = (float)mean;
    norm->scale[c] = (float)scale;
    norm->shift[c] = (float)((double)norm->beta[c] - mean * scale);
    norm->running_mean[c] = blend(norm->running_mean[c], mean);
    norm->running_variance[c] = blend(norm->running_variance[c], unbiased);
}

void batch_norm_finish(struct batch_norm *norm, int shards, double elements)
{
    for (int g = 0; g < norm->group_count; g++) {
        const struct batch_norm_group *group = &norm->groups[g];
        for (int i = 0; i < group->channels; i++) {
            const int c = group->first + i, there = group->owner_first + i;
            if (group->owner == norm) {
                take_moments(norm, shards, elements, c);
            } else {
                norm->batch[c] = group->owner->batch[there];
                norm->variance[c] = group->owner->variance[there];
            }
            finish_channel(norm, elements, c);
        }
    }
}

void batch_norm_freeze(struct batch_norm *norm)
{
    for (int c = 0; c < norm->channels; c++) {
        const double scale =
            (double)norm->gamma[c] / sqrt((double)norm->running_variance[c] + epsilon);
        norm->scale[c] = (float)scale;
        norm->shift[c] = (float)((double)norm->beta[c] - (double)norm->running_mean[c] * scale);
    }
}

void batch_norm_backward_finish(struct batch_norm *norm, int shards, double elements)
{
    for (int c = 0; c < norm->channels; c++) {
        const double sum = sum_shards(norm, shards, c);
        const double product = sum_shards(norm, shards, norm->channels + c);
        const double deviation = norm->deviation[c], scale = (double)norm->scale[c];
        norm->gamma_gradient[c] = (float)(product * deviation);
        norm->beta_gradient[c] = (float)sum;
        norm->offset[c] = (float)(-scale * sum / elements);
        norm->slope[c] = (float)(-scale * deviation * deviation * product / elements);
    }
}

/* ---- The layer BN_RELU ----------------------------------------------------------------------- */

struct bn_relu_state {
    struct batch_norm norm;
    int gamma, beta, running_mean, running_variance; /* tensors */
    struct extent *extents;                          /* [input], each as part of the output */
};

/* The first BN_RELU that reads the activation, and where among its channels. `own` is the layer
 * that is being built. */
static struct batch_norm_group group_of(const struct model *model, const struct bn_relu_state *own,
                                        int activation, int first)
{
    struct batch_norm_group group = {.first = first,
                                     .channels = model->extents[activation].channels};
    for (int l = 0; !group.owner; l++) {
        const struct layer *layer = model_layer(model, l);
        const struct bn_relu_state *other = model->states[l];
        group.owner_first = 0;
        for (int i = 0; layer->kind == LAYER_BN_RELU && i < layer->input_count; i++) {
            if (layer->inputs[i] == activation) {
                group.owner = &(other ? other : own)->norm;
                break;
            }
            group.owner_first += model->extents[layer->inputs[i]].channels;
        }
    }
    return group;
}

/* One number per channel, at the channel's place. */
static struct layout layout_of(const struct model *model, int activation)
{
    const int channels = model->architecture.activations[activation].channels;
    struct layout layout =
        layout_create((size_t)model->extents[activation].channels, channels, 1, 1);
    int *index = model_channel_index(model, activation);
    for (int c = 0; c < channels; c++)
        layout.out[c] = (uint32_t)index[c];
    free(index);
    return layout;
}

static void add_tensors(struct model *model, const struct experiment *experiment,
                        const struct layer *layer, struct bn_relu_state *state)
{
    const int channels = model->architecture.activations[layer->output].channels;
    const struct {
        const char *suffix;
        enum initial initial;
        int trained, *tensor;
    } parts[] = {{"weight", experiment->gamma == GAMMA_UNIFORM ? INITIAL_UNIT : INITIAL_ONE, 1,
                  &state->gamma},
                 {"bias", INITIAL_ZERO, 1, &state->beta},
                 {"running_mean", INITIAL_ZERO, 0, &state->running_mean},
                 {"running_var", INITIAL_ONE, 0, &state->running_variance}};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        struct tensor tensor = model_tensor(layer, parts[i].suffix, parts[i].initial, channels, 0);
        tensor.trained = parts[i].trained;
        tensor.decayed = experiment->decayed == WEIGHT_DECAY_ALL;
        tensor.layouts.weights = layout_of(model, layer->output);
        *parts[i].tensor = parameters_add(&model->parameters, &tensor);
    }
}

static void *build(struct model *model, const struct experiment *experiment, int l)
{
    struct bn_relu_state *state = memory_zeroed(1, sizeof *state);
    const struct layer *layer = model_layer(model, l);
    add_tensors(model, experiment, layer, state);
    const size_t count = (size_t)layer->input_count;
    struct batch_norm_group *groups = memory_zeroed(count, sizeof *groups);
    state->extents = memory_zeroed(count, sizeof *state->extents);
    for (int i = 0, first = 0; i < layer->input_count; first += groups[i++].channels) {
        groups[i] = group_of(model, state, layer->inputs[i], first);
        state->extents[i] = model->extents[layer->inputs[i]];
        state->extents[i].wide_channels = model->extents[layer->output].channels;
        state->extents[i].wide_first = first;
    }
    batch_norm_allocate(&state->norm, groups, layer->input_count, model->shards);
    return state;
}

static void connect(const struct model *model, void *of)
{
    struct bn_relu_state *state = of;
    state->norm.gamma = model_weights(model, state->gamma);
    state->norm.beta = model_weights(model, state->beta);
    state->norm.gamma_gradient = model_gradient(model, state->gamma);
    state->norm.beta_gradient = model_gradient(model, state->beta);
    state->norm.running_mean = model_weights(model, state->running_mean);
    state->norm.running_variance = model_weights(model, state->running_variance);
}

static void free_state(void *of)
{
    struct bn_relu_state *state = of;
    batch_norm_free(&state->norm);
    free(state->extents);
}

static void *input_map(const struct layer_call *call, int activation)
{
    return model_map(call->model, activation, call->shard, call->worker);
}

static const void *addend_of(const struct layer_call *call)
{
    const int addend = call->layer->addend;
    return addend == NO_ACTIVATION ? NULL : input_map(call, addend);
}

void bn_relu_shard_sums(const struct layer_call *call)
{
    const struct bn_relu_state *state = call->state;
    for (int i = 0; i < call->layer->input_count; i++)
        if (state->norm.groups[i].owner == &state->norm)
            bn_relu_sums(map_valid(&state->extents[i], call->in.count),
                         input_map(call, call->layer->inputs[i]), addend_of(call),
                         state->norm.running_mean,
                         batch_norm_shard_sums(&state->norm, call->shard));
}

/* In training the sums have added the addend already, for this pass and for its rerun. */
static void forward(const struct layer_call *call)
{
    const struct bn_relu_state *state = call->state;
    for (int i = 0; i < call->layer->input_count && !call->layer->fused; i++) {
        const struct extent extent = map_valid(&state->extents[i], call->in.count);
        void *x = input_map(call, call->layer->inputs[i]);
        if (!call->model->minibatch.training && addend_of(call))
            bn_relu_add(extent, x, addend_of(call));
        bn_relu_apply(extent, x, state->norm.scale, state->norm.shift, call->out);
    }
}

static struct bn_relu_backward backward_of(const struct layer_call *call, int input)
{
    const struct batch_norm *norm = &((const struct bn_relu_state *)call->state)->norm;
    const int gradient2 = call->model->gradient_buffers.layers[call->index].gradient2;
    return (struct bn_relu_backward){
        .x = input_map(call, call->layer->inputs[input]),
        .gradient = call->gradient,
        .gradient2 = model_gradient_map(call->model, gradient2, call->shard, call->worker),
        .scale = norm->scale,
        .shift = norm->shift,
        .mean = norm->mean,
        .offset = norm->offset,
        .slope = norm->slope};
}

void bn_relu_shard_backward_sums(const struct layer_call *call)
{
    const struct bn_relu_state *state = call->state;
    for (int i = 0; i < call->layer->input_count && !call->layer->fused; i++) {
        const struct bn_relu_backward in = backward_of(call, i);
        bn_relu_backward_sums(map_valid(&state->extents[i], call->in.count), &in,
                              batch_norm_shard_sums(&state->norm, call->shard));
    }
}

static void backward(const struct layer_call *call)
{
    const struct model *model = call->model;
    const struct bn_relu_state *state = call->state;
    if (call->layer->fused) {
        fused_backward(call);
        return;
    }
    for (int i = 0; i < call->layer->input_count; i++) {
        const struct gradient_input *buffers =
            &model->gradient_buffers.layers[call->index].inputs[i];
        const struct bn_relu_backward in = backward_of(call, i);
        bn_relu_backward_apply(
            map_valid(&state->extents[i], call->in.count), &in,
            model_gradient_map(model, buffers->residual, call->shard, call->worker),
            model_gradient_map(model, buffers->target, call->shard, call->worker));
    }
}

typedef void finish(struct batch_norm *norm, int shards, double elements);

/* With the sums of all shards on all ranks. */
static void finish_with(const struct model *model, int l, finish *function)
{
    struct bn_relu_state *state = model->states[l];
    ranks_gather(state->norm.sums, (size_t)model->own_shards * 2 * (size_t)state->norm.channels *
                                       sizeof *state->norm.sums);
    function(&state->norm, model->minibatch.busy,
             (double)model->minibatch.count * map_pixels(&state->extents[0]));
}

void bn_relu_finish(const struct model *model, int layer)
{
    finish_with(model, layer, batch_norm_finish);
}

void bn_relu_backward_finish(const struct model *model, int layer)
{
    finish_with(model, layer, batch_norm_backward_finish);
}

void bn_relu_freeze(const struct model *model, int layer)
{
    struct bn_relu_state *state = model->states[layer];
    batch_norm_freeze(&state->norm);
}

const struct batch_norm *bn_relu_norm(const struct model *model, int layer)
{
    const struct bn_relu_state *state = model->states[layer];
    return &state->norm;
}

const struct layer_ops bn_relu_ops = {.name = "bn + relu",
                                      .is_cheap = 1,
                                      .build = build,
                                      .connect = connect,
                                      .forward = forward,
                                      .backward = backward,
                                      .free = free_state};
