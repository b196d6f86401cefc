#include "network/network.h"

#include "base/memory.h"
#include "data/dataset.h"
#include "network/batch_norm.h"
#include "network/convolution.h"
#include "network/head.h"
#include "network/layers.h"
#include "network/model_build.h"
#include "network/ranks.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

struct network {
    struct model model;
    network_watcher *watcher; /* of evaluations, or NULL */
    void *watcher_context;
};

struct network *network_create(const struct experiment *experiment, int threads)
{
    struct network *network = memory_zeroed(1, sizeof *network);
    model_build(&network->model, experiment, threads);
    model_allocate(&network->model);
    return network;
}

void network_destroy(struct network *network)
{
    model_free(&network->model);
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
    const struct model *model = &network->model;
    const int from = model->first_shard * model->shard_images;
    const int to = from + model->own_shards * model->shard_images;
    return (struct network_images){from, count < from ? from : count < to ? count : to};
}

float *network_input(struct network *network, int index)
{
    const struct model *model = &network->model;
    return model->images +
           (size_t)(index - model->first_shard * model->shard_images) * IMAGE_FLOATS;
}

int *network_label(struct network *network, int index)
{
    return &network->model.minibatch.labels[index];
}

void network_set_step(struct network *network, uint32_t seed, uint32_t step)
{
    network->model.minibatch.seed = seed;
    network->model.minibatch.step = step;
}

/* ---- One layer of one shard ----------------------------------------------------------------- */

/* The images come as planes of floats. Where the maps are floats, they come into the first map
 * itself. */
static void store_images(struct network *network, int shard)
{
    const struct model *model = &network->model;
    if (model->precision == PRECISION_F32)
        return;
    const float *image = network_input(network, shard * model->shard_images);
    bf16 *out = model_map(model, 0, shard, 0);
    for (int n = 0; n < model_count(model, shard); n++, image += IMAGE_FLOATS)
        for (int pixel = 0; pixel < IMAGE_PIXELS; pixel++)
            for (int channel = 0; channel < IMAGE_CHANNELS; channel++)
                *out++ = bf16_round(image[channel * IMAGE_PIXELS + pixel]);
}

typedef void layer_operation(const struct layer_call *call);

static void run(const struct network *network, int l, int shard, int worker,
                layer_operation *operation)
{
    const struct layer_call call = layers_call(&network->model, l, shard, worker);
    operation(&call);
}

static void forward(struct network *network, int l, int shard, int worker)
{
    const struct layer *layer = model_layer(&network->model, l);
    if (layer->inputs[0] == 0)
        store_images(network, shard);
    run(network, l, shard, worker, layers_ops(layer->kind)->forward);
}

static void backward(const struct network *network, int l, int shard, int worker)
{
    run(network, l, shard, worker, layers_ops(model_layer(&network->model, l)->kind)->backward);
}

/* ---- Passes --------------------------------------------------------------------------------- */

/* Worker `worker` has the shards [from, to); shards without images are left out. */
struct share {
    int worker, from, to;
};

static struct share share_of(const struct network *network)
{
    const int worker = omp_get_thread_num(), workers = omp_get_num_threads();
    const int first = network->model.first_shard, shards = network->model.own_shards;
    const int busy = network->model.minibatch.busy;
    struct share share = {worker, first + shards * worker / workers,
                          first + shards * (worker + 1) / workers};
    if (share.to > busy)
        share.to = busy > share.from ? busy : share.from;
    return share;
}

/* All threads have taken their sums; one finishes them while the others wait. */
static void meet(const struct model *model, int l, void (*finish)(const struct model *, int))
{
#pragma omp barrier
#pragma omp master
    finish(model, l);
#pragma omp barrier
}

/* Between two BN_RELU layers a shard runs alone on its thread, through all layers, so that its maps
 * stay in the core's cache. */
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
                run(network, next, s, share.worker, bn_relu_shard_sums);
        }
        if (next < layers)
            meet(&network->model, next, bn_relu_finish);
    }
}

/* Sets the gradients of a section's tensors to 0 in the shards that have no images. */
static void clear_idle(const struct model *model, int section)
{
    const struct parameters *p = &model->parameters;
    for (int t = 0; t < p->count; t++)
        for (int s = p->first_shard; s < p->first_shard + p->shards; s++)
            if (p->tensors[t].section == section && s >= model->minibatch.busy)
                memset(parameters_shard_gradient(p, t, s), 0, p->tensors[t].floats * sizeof(float));
}

/* Adds up the shards' gradients of a section's tensors; every thread does its part. */
static void reduce(struct model *model, int section)
{
    for (int t = 0; t < model->parameters.count; t++)
        if (model->parameters.tensors[t].section == section)
            parameters_reduce(&model->parameters, t, omp_get_thread_num(), omp_get_num_threads());
}

/* Runs those layers of a section again whose outputs its convolutions read and scratch memory held.
 */
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
                run(network, next, s, share.worker, bn_relu_shard_backward_sums);
        }
        const int section = next < 0 ? 0 : model_layer(&network->model, next)->section;
#pragma omp master
        clear_idle(&network->model, section);
        if (next >= 0) {
            meet(&network->model, next, bn_relu_backward_finish);
        } else {
#pragma omp barrier
        }
        reduce(&network->model, section);
        const struct parameters *p = &network->model.parameters;
        if (p->scratch[0] == p->scratch[1]) {
#pragma omp barrier /* the next section's gradients take the place of these */
        }
    }
}

static void start(struct network *network, int count, int training)
{
    struct model *model = &network->model;
    if (count < 1 || count > model->shards * model->shard_images)
        BUG("a minibatch of an impossible size");
    model->minibatch.count = count;
    model->minibatch.busy = (count + model->shard_images - 1) / model->shard_images;
    model->minibatch.training = training;
}

static struct pass_result result_of(const struct model *model)
{
    const struct minibatch *minibatch = &model->minibatch;
    const size_t images = (size_t)model->own_shards * (size_t)model->shard_images;
    struct pass_result result = {0, 0};
    ranks_gather(minibatch->losses, images * sizeof *minibatch->losses);
    ranks_gather(minibatch->wrong, images * sizeof *minibatch->wrong);
    for (int i = 0; i < minibatch->count; i++) {
        result.loss_sum += minibatch->losses[i];
        result.wrong += minibatch->wrong[i];
    }
    return result;
}

struct pass_result network_forward(struct network *network, int count)
{
    start(network, count, 1);
#pragma omp parallel num_threads(network->model.threads)
    forward_share(network, share_of(network));
    return result_of(&network->model);
}

void network_backward(struct network *network)
{
#pragma omp parallel num_threads(network->model.threads)
    backward_share(network, share_of(network));
}

/* Tensors that lie next to each other are sent together; parameters_allocate() placed them so. The
 * gradients of BN are equal on all ranks already. */
static void sum_over_ranks(const struct parameters *p)
{
    size_t from = 0, to = 0;
    for (int i = 0; i < p->count; i++) {
        const struct tensor *tensor = &p->tensors[i];
        if (tensor->section == NO_SECTION)
            continue;
        if (tensor->offset != to) {
            ranks_pairwise_sum(p->gradient + from, to - from);
            from = tensor->offset;
        }
        to = parameters_end(tensor);
    }
    ranks_pairwise_sum(p->gradient + from, to - from);
}

void network_sum_gradients(struct network *network)
{
    struct parameters *parameters = &network->model.parameters;
    sum_over_ranks(parameters);
#pragma omp parallel for num_threads(network->model.threads) schedule(dynamic)
    for (int t = 0; t < parameters->count; t++)
        parameters_pull_back(parameters, t);
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
    const struct model *model = &network->model;
    for (int l = 0; l < model->architecture.layer_count; l++) {
        const int output = model_layer(model, l)->output;
        forward(network, l, shard, worker);
        const int is_made =
            output != NO_ACTIVATION &&
            !(model_is_bn_relu(model, l) && model_layer(model, l)->fused); /* fused.h */
        if (network->watcher && is_made) {
            const struct extent extent =
                map_valid(&model->extents[output], model_count(model, shard));
            network->watcher(network->watcher_context, model_layer(model, l), &extent,
                             model_map(model, output, shard, worker));
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
            bn_relu_freeze(&network->model, l);
#pragma omp parallel num_threads(network->model.threads)
    {
        const struct share share = share_of(network);
        for (int s = share.from; s < share.to; s++)
            evaluate_shard(network, s, share.worker);
    }
    return result_of(&network->model);
}

const double *network_logits(const struct network *network, int index)
{
    return head_logits(&network->model, index);
}

static int is_convolution(const struct network *network, int l)
{
    return model_layer(&network->model, l)->kind == LAYER_CONVOLUTION;
}

void network_convolve(struct network *network)
{
    const struct model *model = &network->model;
    const int layers = model->architecture.layer_count;
    start(network, model->shards * model->shard_images, 1);
#pragma omp parallel num_threads(model->threads)
    {
        const struct share share = share_of(network);
        for (int l = 0; l < layers; l++)
            for (int s = share.from; s < share.to && is_convolution(network, l); s++)
                forward(network, l, s, share.worker);
        for (int l = layers - 1; l >= 0; l--)
            for (int s = share.from; s < share.to && is_convolution(network, l); s++)
                backward(network, l, s, share.worker);
    }
}

double network_convolution_seconds(const struct network *network)
{
    return onednn_seconds(network->model.onednn);
}

/* ---- Descriptions --------------------------------------------------------------------------- */

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
    const struct model *model = &network->model;
    struct text text = {0};
    for (int l = 0; l < model->architecture.layer_count; l++)
        if (is_convolution(network, l))
            text_add(&text, "%s: %s\n", model_layer(model, l)->name, convolution_kernels(model, l));
    return text.bytes;
}
