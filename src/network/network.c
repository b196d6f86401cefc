#include "network/network.h"

#include "base/memory.h"
#include "data/dataset.h"
#include "network/collectives.h"
#include "network/model.h"
#include "network/pad_layers.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

struct network {
    struct model model;
    int *labels;              /* [batch] */
    double *losses;           /* [batch] */
    int *wrong;               /* [batch] */
    int count, busy;          /* images in the minibatch at hand; shards that have any */
    int training;             /* dropout acts */
    uint32_t seed, step;      /* of dropout's draws */
    network_watcher *watcher; /* of evaluations, or NULL */
    void *watcher_context;
};

struct network *network_create(const struct experiment *experiment, int threads)
{
    struct network *network = memory_zeroed(1, sizeof *network);
    const size_t batch = (size_t)experiment->batch;
    model_build(&network->model, experiment, threads);
    model_allocate(&network->model);
    network->labels = memory_zeroed(batch, sizeof *network->labels);
    network->losses = memory_zeroed(batch, sizeof *network->losses);
    network->wrong = memory_zeroed(batch, sizeof *network->wrong);
    return network;
}

void network_destroy(struct network *network)
{
    model_free(&network->model);
    free(network->labels);
    free(network->losses);
    free(network->wrong);
    free(network);
}

struct parameters *network_parameters(struct network *network)
{
    return &network->model.parameters;
}

void network_initialise(struct network *network, uint32_t seed)
{
    parameters_initialise(&network->model.parameters, seed);
}

int network_threads(const struct network *network)
{
    return network->model.threads;
}

struct network_images network_own_images(const struct network *network, int count)
{
    const struct model *a = &network->model;
    const int from = a->first_shard * a->shard_images;
    const int to = from + a->own_shards * a->shard_images;
    return (struct network_images){from, count < from ? from : count < to ? count : to};
}

float *network_input(struct network *network, int index)
{
    const struct model *a = &network->model;
    return a->images + (size_t)(index - a->first_shard * a->shard_images) * IMAGE_FLOATS;
}

int *network_label(struct network *network, int index)
{
    return &network->labels[index];
}

void network_set_step(struct network *network, uint32_t seed, uint32_t step)
{
    network->seed = seed;
    network->step = step;
}

/* ---- What the free functions want to know --------------------------------------------------- */

static int valid_images(const struct network *network, int shard)
{
    const int images = network->model.shard_images;
    const int left = network->count - shard * images;
    return left < 0 ? 0 : left > images ? images : left;
}

static struct extent extent_of(const struct network *network, int activation, int shard)
{
    const struct model *a = &network->model;
    const struct activation *v = &a->architecture.activations[activation];
    return (struct extent){.images = a->shard_images,
                           .count = valid_images(network, shard),
                           .channels = a->padded[activation],
                           .pixels = v->height * v->width,
                           .block = a->block,
                           .wide_channels = a->padded[activation],
                           .precision = a->precision};
}

/* Of input `i` of a BN_RELU, as part of its output. */
static struct extent norm_extent(const struct network *network, int l, int i, int shard)
{
    const struct model *a = &network->model;
    const struct layer *layer = model_layer(a, l);
    struct extent extent = extent_of(network, layer->inputs[i], shard);
    extent.wide_channels = a->padded[layer->output];
    extent.wide_first = a->states[l].batch_norm.groups[i].first;
    return extent;
}

static struct shortcut_shape shortcut_of(const struct network *network, const struct layer *layer,
                                         int shard)
{
    const struct model *a = &network->model;
    const struct activation *in = &a->architecture.activations[layer->inputs[0]];
    return (struct shortcut_shape){.images = a->shard_images,
                                   .count = valid_images(network, shard),
                                   .channels = a->padded[layer->inputs[0]],
                                   .out_channels = a->padded[layer->output],
                                   .height = in->height,
                                   .width = in->width,
                                   .stride = layer->stride,
                                   .block = a->block,
                                   .precision = a->precision};
}

static struct pool_shape pool_of(const struct network *network, const struct layer *layer,
                                 int shard)
{
    const struct model *a = &network->model;
    const struct activation *in = &a->architecture.activations[layer->inputs[0]];
    return (struct pool_shape){.images = a->shard_images,
                               .count = valid_images(network, shard),
                               .channels = a->padded[layer->inputs[0]],
                               .height = in->height,
                               .width = in->width,
                               .block = a->block,
                               .precision = a->precision};
}

/* The layer's index keeps its draws apart from those of the other layers. */
static struct dropout_draws draws_of(const struct network *network, int l, int shard)
{
    return (struct dropout_draws){.rng = {network->seed, RNG_DROPOUT | (uint32_t)(l + 1) << 8},
                                  .epoch = network->step,
                                  .first = (uint32_t)(shard * network->model.shard_images)};
}

static struct head head_of(const struct network *network, int l, int shard)
{
    const struct model *a = &network->model;
    const struct layer_state *state = &a->states[l];
    struct head head = state->heads[shard];
    head.extent = extent_of(network, model_layer(a, l)->inputs[0], shard);
    head.weights = model_weights(a, state->weight);
    head.bias = model_weights(a, state->bias);
    return head;
}

/* ---- BN_RELU over the minibatch ----------------------------------------------------------------
 * */

/* Values a channel in the minibatch. */
static double elements_of(const struct network *network, int l)
{
    const int output = model_layer(&network->model, l)->output;
    return (double)network->count * extent_of(network, output, 0).pixels;
}

static void finish_forward(struct network *network, int l)
{
    collectives_sum_batch_norm(&network->model, &network->model.states[l].batch_norm);
    batch_norm_finish(&network->model.states[l].batch_norm, network->busy, elements_of(network, l));
}

static void finish_backward(struct network *network, int l)
{
    collectives_sum_batch_norm(&network->model, &network->model.states[l].batch_norm);
    batch_norm_backward_finish(&network->model.states[l].batch_norm, network->busy,
                               elements_of(network, l));
}

/* The maps that a BN_RELU reads and adds are kept ones, for which the worker does not matter. */
static void *kept_map(const struct network *network, int activation, int shard)
{
    return model_map(&network->model, activation, shard, 0);
}

static const void *addend_of(const struct network *network, const struct layer *layer, int shard)
{
    return layer->addend == NO_ACTIVATION ? NULL : kept_map(network, layer->addend, shard);
}

static void bn_relu_sums_shard(struct network *network, int l, int shard)
{
    const struct model *a = &network->model;
    const struct layer *layer = model_layer(a, l);
    const struct batch_norm *norm = &a->states[l].batch_norm;
    for (int i = 0; i < layer->input_count; i++)
        if (norm->groups[i].owner == norm)
            bn_relu_sums(norm_extent(network, l, i, shard),
                         kept_map(network, layer->inputs[i], shard),
                         addend_of(network, layer, shard), norm->running_mean,
                         batch_norm_shard_sums(norm, shard));
}

static void bn_relu_apply_shard(struct network *network, int l, int shard, int worker)
{
    const struct model *a = &network->model;
    const struct layer *layer = model_layer(a, l);
    const struct batch_norm *norm = &a->states[l].batch_norm;
    for (int i = 0; i < layer->input_count; i++)
        bn_relu_apply(norm_extent(network, l, i, shard), kept_map(network, layer->inputs[i], shard),
                      norm->scale, norm->shift, model_map(a, layer->output, shard, worker));
}

static struct bn_relu_backward norm_backward_of(const struct network *network, int l, int i,
                                                int shard)
{
    const struct model *a = &network->model;
    const struct batch_norm *norm = &a->states[l].batch_norm;
    const struct gradient_layer *gradient_buffers = &a->gradient_buffers.layers[l];
    return (struct bn_relu_backward){
        .x = kept_map(network, model_layer(a, l)->inputs[i], shard),
        .gradient = model_gradient_map(a, gradient_buffers->gradient, shard),
        .gradient2 = model_gradient_map(a, gradient_buffers->gradient2, shard),
        .scale = norm->scale,
        .shift = norm->shift,
        .mean = norm->mean,
        .offset = norm->offset,
        .slope = norm->slope};
}

static void bn_relu_backward_sums_shard(struct network *network, int l, int shard)
{
    const struct model *a = &network->model;
    for (int i = 0; i < model_layer(a, l)->input_count; i++) {
        const struct bn_relu_backward in = norm_backward_of(network, l, i, shard);
        bn_relu_backward_sums(norm_extent(network, l, i, shard), &in,
                              batch_norm_shard_sums(&a->states[l].batch_norm, shard));
    }
}

static void bn_relu_backward_apply_shard(struct network *network, int l, int shard)
{
    const struct model *a = &network->model;
    for (int i = 0; i < model_layer(a, l)->input_count; i++) {
        const struct gradient_input *gradient_buffers = &a->gradient_buffers.layers[l].inputs[i];
        const struct bn_relu_backward in = norm_backward_of(network, l, i, shard);
        bn_relu_backward_apply(norm_extent(network, l, i, shard), &in,
                               model_gradient_map(a, gradient_buffers->residual, shard),
                               model_gradient_map(a, gradient_buffers->target, shard));
    }
}

/* ---- One layer of one shard ----------------------------------------------------------------- */

/* The images came as planes of floats; where the maps are floats, into the first map itself. */
static void store_images(struct network *network, int shard)
{
    const struct model *a = &network->model;
    if (a->precision == PRECISION_F32)
        return;
    const float *image = network_input(network, shard * a->shard_images);
    bf16 *out = kept_map(network, 0, shard);
    for (int n = 0; n < valid_images(network, shard); n++, image += IMAGE_FLOATS)
        for (int pixel = 0; pixel < IMAGE_PIXELS; pixel++)
            for (int channel = 0; channel < IMAGE_CHANNELS; channel++)
                *out++ = bf16_round(image[channel * IMAGE_PIXELS + pixel]);
}

static void forward(struct network *network, int l, int shard, int worker)
{
    const struct model *a = &network->model;
    const struct layer *layer = model_layer(a, l);
    const struct layer_state *state = &a->states[l];
    const void *x = model_map(a, layer->inputs[0], shard, worker);
    void *out = layer->output == NO_ACTIVATION ? NULL : model_map(a, layer->output, shard, worker);
    const int first = shard * a->shard_images;
    if (layer->inputs[0] == 0)
        store_images(network, shard);
    switch (layer->kind) {
    case LAYER_CONVOLUTION:
        onednn_conv_forward(state->conv, worker, x,
                            parameters_forward(&a->parameters, state->weight), out);
        break;
    case LAYER_PAD:
    case LAYER_PARTIAL:
        pad_layer_forward(a, l, shard, worker, valid_images(network, shard));
        break;
    case LAYER_BN_RELU:
        bn_relu_apply_shard(network, l, shard, worker);
        break;
    case LAYER_SHORTCUT:
        layer_shortcut(shortcut_of(network, layer, shard), x, out);
        break;
    case LAYER_POOL:
        layer_pool(pool_of(network, layer, shard), x, out);
        break;
    case LAYER_DROPOUT:
        layer_dropout(extent_of(network, layer->output, shard),
                      network->training ? layer->dropout : 0, draws_of(network, l, shard), x, out);
        break;
    case LAYER_HEAD: {
        const struct head head = head_of(network, l, shard);
        layer_head(&head, x, network->labels + first, network->count, network->losses + first,
                   network->wrong + first);
        break;
    }
    }
}

static void backward_convolution(struct network *network, int l, int shard, int worker)
{
    const struct model *a = &network->model;
    const struct layer_state *state = &a->states[l];
    const struct gradient_layer *gradient_buffers = &a->gradient_buffers.layers[l];
    const void *gradient = model_gradient_map(a, gradient_buffers->gradient, shard);
    void *target = model_gradient_map(a, gradient_buffers->inputs[0].target, shard);
    onednn_conv_backward_weights(
        state->conv, worker, model_map(a, model_layer(a, l)->inputs[0], shard, worker), gradient,
        parameters_shard_gradient(&a->parameters, state->weight, shard));
    if (target)
        onednn_conv_backward_data(state->conv, worker, gradient,
                                  parameters_backward(&a->parameters, state->weight), target);
}

static void backward(struct network *network, int l, int shard, int worker)
{
    const struct model *a = &network->model;
    const struct layer *layer = model_layer(a, l);
    const struct layer_state *state = &a->states[l];
    const struct gradient_layer *gradient_buffers = &a->gradient_buffers.layers[l];
    const void *gradient = model_gradient_map(a, gradient_buffers->gradient, shard);
    void *target = model_gradient_map(a, gradient_buffers->inputs[0].target, shard);
    switch (layer->kind) {
    case LAYER_CONVOLUTION:
        backward_convolution(network, l, shard, worker);
        break;
    case LAYER_PAD:
    case LAYER_PARTIAL:
        pad_layer_backward(a, l, shard, worker, valid_images(network, shard));
        break;
    case LAYER_BN_RELU:
        bn_relu_backward_apply_shard(network, l, shard);
        break;
    case LAYER_SHORTCUT:
        layer_shortcut_backward(shortcut_of(network, layer, shard), gradient, target);
        break;
    case LAYER_POOL:
        layer_pool_backward(pool_of(network, layer, shard), gradient, target);
        break;
    case LAYER_DROPOUT:
        layer_dropout(extent_of(network, layer->output, shard), layer->dropout,
                      draws_of(network, l, shard), gradient, target);
        break;
    case LAYER_HEAD: {
        const struct head head = head_of(network, l, shard);
        layer_head_backward(&head, parameters_shard_gradient(&a->parameters, state->weight, shard),
                            parameters_shard_gradient(&a->parameters, state->bias, shard), target);
        break;
    }
    }
}

/* ---- Passes --------------------------------------------------------------------------------- */

/* Shards [from, to) of worker `worker`; those without images are passed over. */
struct share {
    int worker, from, to;
};

static struct share share_of(const struct network *network)
{
    const int worker = omp_get_thread_num(), workers = omp_get_num_threads();
    const int first = network->model.first_shard, shards = network->model.own_shards;
    struct share share = {worker, first + shards * worker / workers,
                          first + shards * (worker + 1) / workers};
    if (share.to > network->busy)
        share.to = network->busy > share.from ? network->busy : share.from;
    return share;
}

/* Everybody's sums are in; one thread finishes them while the others wait. */
static void meet(struct network *network, int l, void (*finish)(struct network *, int))
{
#pragma omp barrier
#pragma omp master
    finish(network, l);
#pragma omp barrier
}

/* From one BN_RELU to the next a shard runs alone, so that its maps stay in its core's cache. */
static void forward_share(struct network *network, struct share share)
{
    const int layers = network->model.architecture.layer_count;
    for (int l = 0, next; l < layers; l = next) {
        next = l + 1;
        while (next < layers && !model_is_bn_relu(&network->model, next))
            next++;
        for (int s = share.from; s < share.to; s++) {
            for (int i = l; i < next; i++)
                forward(network, i, s, share.worker);
            if (next < layers)
                bn_relu_sums_shard(network, next, s);
        }
        if (next < layers)
            meet(network, next, finish_forward);
    }
}

/* Call `what` for the tensors of layers l, l-1, ..., next+1 whose gradients are made by shards. */
static void for_section(struct network *network, int l, int next,
                        void (*what)(struct network *, int tensor))
{
    for (int i = l; i > next; i--) {
        const struct layer_state *state = &network->model.states[i];
        const enum layer_kind kind = model_layer(&network->model, i)->kind;
        const int pads = kind == LAYER_PAD && !state->filter;
        if (kind == LAYER_CONVOLUTION || kind == LAYER_HEAD || pads)
            what(network, state->weight);
        if (kind == LAYER_HEAD)
            what(network, state->bias);
    }
}

static void clear_idle(struct network *network, int tensor)
{
    const struct parameters *p = &network->model.parameters;
    for (int s = p->first_shard; s < p->first_shard + p->shards; s++)
        if (s >= network->busy)
            memset(parameters_shard_gradient(p, tensor, s), 0,
                   p->tensors[tensor].floats * sizeof(float));
}

static void reduce(struct network *network, int tensor)
{
    parameters_reduce(&network->model.parameters, tensor, omp_get_thread_num(),
                      omp_get_num_threads());
}

/* Run the layers of the section once more whose outputs its convolutions read and scratch memory
 * held. */
static void rerun_section(struct network *network, int from, int to, int shard, int worker)
{
    for (int i = from < 0 ? 0 : from; i < to; i++)
        if (network->model.recompute.rerun[i])
            forward(network, i, shard, worker);
}

static void backward_share(struct network *network, struct share share)
{
    for (int l = network->model.architecture.layer_count - 1, next; l >= 0; l = next) {
        next = l - 1;
        while (next >= 0 && !model_is_bn_relu(&network->model, next))
            next--;
        for (int s = share.from; s < share.to; s++) {
            rerun_section(network, next, l, s, share.worker);
            for (int i = l; i > next; i--)
                backward(network, i, s, share.worker);
            if (next >= 0)
                bn_relu_backward_sums_shard(network, next, s);
        }
#pragma omp master
        for_section(network, l, next, clear_idle);
        if (next >= 0) {
            meet(network, next, finish_backward);
        } else {
#pragma omp barrier
        }
        for_section(network, l, next, reduce);
    }
}

static void start(struct network *network, int count, int training)
{
    const struct model *a = &network->model;
    if (count < 1 || count > a->shards * a->shard_images)
        BUG("a minibatch of an impossible size");
    network->count = count;
    network->busy = (count + a->shard_images - 1) / a->shard_images;
    network->training = training;
}

static struct pass_result result_of(const struct network *network)
{
    struct pass_result result = {0, 0};
    collectives_gather_results(&network->model, network->losses, network->wrong);
    for (int i = 0; i < network->count; i++) {
        result.loss_sum += network->losses[i];
        result.wrong += network->wrong[i];
    }
    return result;
}

struct pass_result network_forward(struct network *network, int count)
{
    start(network, count, 1);
#pragma omp parallel num_threads(network->model.threads)
    forward_share(network, share_of(network));
    return result_of(network);
}

void network_backward(struct network *network)
{
#pragma omp parallel num_threads(network->model.threads)
    backward_share(network, share_of(network));
}

void network_sum_gradients(struct network *network)
{
    collectives_sum_gradients(&network->model);
#pragma omp parallel for num_threads(network->model.threads) schedule(dynamic)
    for (int t = 0; t < network->model.parameters.count; t++)
        parameters_pull_back(&network->model.parameters, t);
}

struct pass_result network_forward_backward(struct network *network, int count)
{
    const struct pass_result result = network_forward(network, count);
    network_backward(network);
    network_sum_gradients(network);
    return result;
}

static void evaluate_shard(struct network *network, int shard, int worker)
{
    for (int l = 0; l < network->model.architecture.layer_count; l++) {
        const struct layer *layer = model_layer(&network->model, l);
        if (layer->kind == LAYER_BN_RELU && layer->addend != NO_ACTIVATION)
            bn_relu_add(extent_of(network, layer->inputs[0], shard),
                        kept_map(network, layer->inputs[0], shard),
                        addend_of(network, layer, shard));
        forward(network, l, shard, worker);
        if (network->watcher && layer->output != NO_ACTIVATION) {
            const struct extent extent = extent_of(network, layer->output, shard);
            network->watcher(network->watcher_context, layer, &extent,
                             model_map(&network->model, layer->output, shard, worker));
        }
    }
}

void network_watch(struct network *network, network_watcher *watcher, void *context)
{
    network->watcher = watcher;
    network->watcher_context = context;
}

struct pass_result network_evaluate(struct network *network, int count)
{
    start(network, count, 0);
    for (int l = 0; l < network->model.architecture.layer_count; l++)
        if (model_is_bn_relu(&network->model, l))
            batch_norm_freeze(&network->model.states[l].batch_norm);
#pragma omp parallel num_threads(network->model.threads)
    {
        const struct share share = share_of(network);
        for (int s = share.from; s < share.to; s++)
            evaluate_shard(network, s, share.worker);
    }
    return result_of(network);
}

const double *network_logits(const struct network *network, int index)
{
    const struct model *a = &network->model;
    const int images = a->shard_images, classes = a->architecture.classes;
    const struct layer_state *last = &a->states[a->architecture.layer_count - 1];
    return last->heads[index / images].logits + index % images * classes;
}

static int is_convolution(const struct network *network, int l)
{
    return model_layer(&network->model, l)->kind == LAYER_CONVOLUTION;
}

void network_convolve(struct network *network)
{
    const struct model *a = &network->model;
    const int layers = a->architecture.layer_count;
    start(network, a->shards * a->shard_images, 1);
#pragma omp parallel num_threads(a->threads)
    {
        const struct share share = share_of(network);
        for (int l = 0; l < layers; l++)
            for (int s = share.from; s < share.to && is_convolution(network, l); s++)
                forward(network, l, s, share.worker);
        for (int l = layers - 1; l >= 0; l--)
            for (int s = share.from; s < share.to && is_convolution(network, l); s++)
                backward_convolution(network, l, s, share.worker);
    }
}

double network_convolution_seconds(const struct network *network)
{
    return onednn_seconds(network->model.onednn);
}

/* ---- Descriptions --------------------------------------------------------------------------- */

void network_size(const struct experiment *experiment, long long *parameters, long long *macs)
{
    struct architecture architecture;
    struct error error;
    if (architecture_build(&architecture, experiment, &error) != 0)
        die("%s", error.text);
    architecture_size(&architecture, parameters, macs);
    architecture_free(&architecture);
}

size_t network_bytes(const struct experiment *experiment, int ranks)
{
    return model_bytes(experiment, ranks, 16);
}

const char *network_onednn(const struct network *network)
{
    return onednn_version(network->model.onednn);
}

const char *network_environment(const struct network *network)
{
    return onednn_environment(network->model.onednn);
}

char *network_kernels(const struct network *network)
{
    const struct model *a = &network->model;
    struct text text = {0};
    for (int l = 0; l < a->architecture.layer_count; l++)
        if (model_layer(a, l)->kind == LAYER_CONVOLUTION)
            text_add(&text, "%s: %s\n", model_layer(a, l)->name,
                     onednn_conv_kernels(a->states[l].conv));
    return text.bytes;
}
