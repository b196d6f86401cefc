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
    struct assembly assembly;
    int *labels;              /* [batch] */
    double *losses;           /* [batch] */
    int *wrong;               /* [batch] */
    int count, busy;          /* pictures in the minibatch at hand; shards that have any */
    int training;             /* dropout acts */
    uint32_t seed, step;      /* of dropout's draws */
    network_watcher *watcher; /* of evaluations, or NULL */
    void *watcher_context;
};

struct network *network_create(const struct experiment *experiment, int threads)
{
    struct network *network = memory_zeroed(1, sizeof *network);
    const size_t batch = (size_t)experiment->batch;
    assembly_build(&network->assembly, experiment, threads);
    assembly_allocate(&network->assembly);
    network->labels = memory_zeroed(batch, sizeof *network->labels);
    network->losses = memory_zeroed(batch, sizeof *network->losses);
    network->wrong = memory_zeroed(batch, sizeof *network->wrong);
    return network;
}

void network_destroy(struct network *network)
{
    assembly_free(&network->assembly);
    free(network->labels);
    free(network->losses);
    free(network->wrong);
    free(network);
}

struct parameters *network_parameters(struct network *network)
{
    return &network->assembly.parameters;
}

void network_initialise(struct network *network, uint32_t seed)
{
    parameters_initialise(&network->assembly.parameters, seed);
}

int network_threads(const struct network *network)
{
    return network->assembly.threads;
}

struct network_pictures network_own_pictures(const struct network *network, int count)
{
    const struct assembly *a = &network->assembly;
    const int from = a->first_shard * a->shard_pictures;
    const int to = from + a->own_shards * a->shard_pictures;
    return (struct network_pictures){from, count < from ? from : count < to ? count : to};
}

float *network_input(struct network *network, int index)
{
    const struct assembly *a = &network->assembly;
    return a->pictures + (size_t)(index - a->first_shard * a->shard_pictures) * PICTURE_FLOATS;
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

static int valid_pictures(const struct network *network, int shard)
{
    const int pictures = network->assembly.shard_pictures;
    const int left = network->count - shard * pictures;
    return left < 0 ? 0 : left > pictures ? pictures : left;
}

static struct extent extent_of(const struct network *network, int value, int shard)
{
    const struct assembly *a = &network->assembly;
    const struct value *v = &a->architecture.values[value];
    return (struct extent){.pictures = a->shard_pictures,
                           .count = valid_pictures(network, shard),
                           .channels = a->padded[value],
                           .pixels = v->height * v->width,
                           .block = a->block,
                           .wide_channels = a->padded[value],
                           .precision = a->precision};
}

/* Of input `i` of a NORM, as part of its output. */
static struct extent norm_extent(const struct network *network, int l, int i, int shard)
{
    const struct assembly *a = &network->assembly;
    const struct layer *layer = assembly_layer(a, l);
    struct extent extent = extent_of(network, layer->inputs[i], shard);
    extent.wide_channels = a->padded[layer->output];
    extent.wide_first = a->units[l].norm.groups[i].first;
    return extent;
}

static struct shortcut_shape shortcut_of(const struct network *network, const struct layer *layer,
                                         int shard)
{
    const struct assembly *a = &network->assembly;
    const struct value *in = &a->architecture.values[layer->inputs[0]];
    return (struct shortcut_shape){.pictures = a->shard_pictures,
                                   .count = valid_pictures(network, shard),
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
    const struct assembly *a = &network->assembly;
    const struct value *in = &a->architecture.values[layer->inputs[0]];
    return (struct pool_shape){.pictures = a->shard_pictures,
                               .count = valid_pictures(network, shard),
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
                                  .first = (uint32_t)(shard * network->assembly.shard_pictures)};
}

static struct head head_of(const struct network *network, int l, int shard)
{
    const struct assembly *a = &network->assembly;
    const struct unit *unit = &a->units[l];
    struct head head = unit->heads[shard];
    head.extent = extent_of(network, assembly_layer(a, l)->inputs[0], shard);
    head.weights = assembly_value(a, unit->weight);
    head.bias = assembly_value(a, unit->bias);
    return head;
}

/* ---- NORM over the minibatch ---------------------------------------------------------------- */

/* Values a channel in the minibatch. */
static double elements_of(const struct network *network, int l)
{
    const int output = assembly_layer(&network->assembly, l)->output;
    return (double)network->count * extent_of(network, output, 0).pixels;
}

static void finish_forward(struct network *network, int l)
{
    exchange_sums(&network->assembly, &network->assembly.units[l].norm);
    norm_finish(&network->assembly.units[l].norm, network->busy, elements_of(network, l));
}

static void finish_backward(struct network *network, int l)
{
    exchange_sums(&network->assembly, &network->assembly.units[l].norm);
    norm_backward_finish(&network->assembly.units[l].norm, network->busy, elements_of(network, l));
}

/* The maps that a NORM reads and adds are kept ones, for which the worker does not matter. */
static void *kept_map(const struct network *network, int value, int shard)
{
    return assembly_map(&network->assembly, value, shard, 0);
}

static const void *addend_of(const struct network *network, const struct layer *layer, int shard)
{
    return layer->addend == NO_VALUE ? NULL : kept_map(network, layer->addend, shard);
}

static void norm_sums(struct network *network, int l, int shard)
{
    const struct assembly *a = &network->assembly;
    const struct layer *layer = assembly_layer(a, l);
    const struct norm *norm = &a->units[l].norm;
    for (int i = 0; i < layer->input_count; i++)
        if (norm->groups[i].owner == norm)
            layer_norm_sums(
                norm_extent(network, l, i, shard), kept_map(network, layer->inputs[i], shard),
                addend_of(network, layer, shard), norm->running_mean, norm_shard_sums(norm, shard));
}

static void norm_apply(struct network *network, int l, int shard, int worker)
{
    const struct assembly *a = &network->assembly;
    const struct layer *layer = assembly_layer(a, l);
    const struct norm *norm = &a->units[l].norm;
    for (int i = 0; i < layer->input_count; i++)
        layer_norm_apply(norm_extent(network, l, i, shard),
                         kept_map(network, layer->inputs[i], shard), norm->scale, norm->shift,
                         assembly_map(a, layer->output, shard, worker));
}

static struct norm_backward norm_backward_of(const struct network *network, int l, int i, int shard)
{
    const struct assembly *a = &network->assembly;
    const struct norm *norm = &a->units[l].norm;
    const struct flow_layer *flow = &a->flow.layers[l];
    return (struct norm_backward){.x = kept_map(network, assembly_layer(a, l)->inputs[i], shard),
                                  .gradient = assembly_gradient_map(a, flow->gradient, shard),
                                  .gradient2 = assembly_gradient_map(a, flow->gradient2, shard),
                                  .scale = norm->scale,
                                  .shift = norm->shift,
                                  .mean = norm->mean,
                                  .offset = norm->offset,
                                  .slope = norm->slope};
}

static void norm_backward_sums(struct network *network, int l, int shard)
{
    const struct assembly *a = &network->assembly;
    for (int i = 0; i < assembly_layer(a, l)->input_count; i++) {
        const struct norm_backward in = norm_backward_of(network, l, i, shard);
        layer_norm_backward_sums(norm_extent(network, l, i, shard), &in,
                                 norm_shard_sums(&a->units[l].norm, shard));
    }
}

static void norm_backward_apply(struct network *network, int l, int shard)
{
    const struct assembly *a = &network->assembly;
    for (int i = 0; i < assembly_layer(a, l)->input_count; i++) {
        const struct flow_input *flow = &a->flow.layers[l].inputs[i];
        const struct norm_backward in = norm_backward_of(network, l, i, shard);
        layer_norm_backward_apply(norm_extent(network, l, i, shard), &in,
                                  assembly_gradient_map(a, flow->residual, shard),
                                  assembly_gradient_map(a, flow->target, shard));
    }
}

/* ---- One layer of one shard ----------------------------------------------------------------- */

/* The pictures came as planes of floats; where the maps are floats, into the first map itself. */
static void store_pictures(struct network *network, int shard)
{
    const struct assembly *a = &network->assembly;
    if (a->precision == PRECISION_F32)
        return;
    const float *picture = network_input(network, shard * a->shard_pictures);
    bf16 *out = kept_map(network, 0, shard);
    for (int n = 0; n < valid_pictures(network, shard); n++, picture += PICTURE_FLOATS)
        for (int pixel = 0; pixel < PICTURE_PIXELS; pixel++)
            for (int channel = 0; channel < PICTURE_CHANNELS; channel++)
                *out++ = bf16_round(picture[channel * PICTURE_PIXELS + pixel]);
}

static void forward(struct network *network, int l, int shard, int worker)
{
    const struct assembly *a = &network->assembly;
    const struct layer *layer = assembly_layer(a, l);
    const struct unit *unit = &a->units[l];
    const void *x = assembly_map(a, layer->inputs[0], shard, worker);
    void *out = layer->output == NO_VALUE ? NULL : assembly_map(a, layer->output, shard, worker);
    const int first = shard * a->shard_pictures;
    if (layer->inputs[0] == 0)
        store_pictures(network, shard);
    switch (layer->kind) {
    case LAYER_CONVOLUTION:
        dnn_conv_forward(unit->conv, worker, x, parameters_forward(&a->parameters, unit->weight),
                         out);
        break;
    case LAYER_PAD:
    case LAYER_PARTIAL:
        pad_layer_forward(a, l, shard, worker, valid_pictures(network, shard));
        break;
    case LAYER_NORM:
        norm_apply(network, l, shard, worker);
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
    const struct assembly *a = &network->assembly;
    const struct unit *unit = &a->units[l];
    const struct flow_layer *flow = &a->flow.layers[l];
    const void *gradient = assembly_gradient_map(a, flow->gradient, shard);
    void *target = assembly_gradient_map(a, flow->inputs[0].target, shard);
    dnn_conv_backward_weights(
        unit->conv, worker, assembly_map(a, assembly_layer(a, l)->inputs[0], shard, worker),
        gradient, parameters_shard_gradient(&a->parameters, unit->weight, shard));
    if (target)
        dnn_conv_backward_data(unit->conv, worker, gradient,
                               parameters_backward(&a->parameters, unit->weight), target);
}

static void backward(struct network *network, int l, int shard, int worker)
{
    const struct assembly *a = &network->assembly;
    const struct layer *layer = assembly_layer(a, l);
    const struct unit *unit = &a->units[l];
    const struct flow_layer *flow = &a->flow.layers[l];
    const void *gradient = assembly_gradient_map(a, flow->gradient, shard);
    void *target = assembly_gradient_map(a, flow->inputs[0].target, shard);
    switch (layer->kind) {
    case LAYER_CONVOLUTION:
        backward_convolution(network, l, shard, worker);
        break;
    case LAYER_PAD:
    case LAYER_PARTIAL:
        pad_layer_backward(a, l, shard, worker, valid_pictures(network, shard));
        break;
    case LAYER_NORM:
        norm_backward_apply(network, l, shard);
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
        layer_head_backward(&head, parameters_shard_gradient(&a->parameters, unit->weight, shard),
                            parameters_shard_gradient(&a->parameters, unit->bias, shard), target);
        break;
    }
    }
}

/* ---- Passes --------------------------------------------------------------------------------- */

/* Shards [from, to) of worker `worker`; those without pictures are passed over. */
struct share {
    int worker, from, to;
};

static struct share share_of(const struct network *network)
{
    const int worker = omp_get_thread_num(), workers = omp_get_num_threads();
    const int first = network->assembly.first_shard, shards = network->assembly.own_shards;
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

/* From one NORM to the next a shard runs alone, so that its maps stay in its core's cache. */
static void forward_share(struct network *network, struct share share)
{
    const int layers = network->assembly.architecture.layer_count;
    for (int l = 0, next; l < layers; l = next) {
        next = l + 1;
        while (next < layers && !assembly_is_norm(&network->assembly, next))
            next++;
        for (int s = share.from; s < share.to; s++) {
            for (int i = l; i < next; i++)
                forward(network, i, s, share.worker);
            if (next < layers)
                norm_sums(network, next, s);
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
        const struct unit *unit = &network->assembly.units[i];
        const enum layer_kind kind = assembly_layer(&network->assembly, i)->kind;
        const int pads = kind == LAYER_PAD && !unit->filter;
        if (kind == LAYER_CONVOLUTION || kind == LAYER_HEAD || pads)
            what(network, unit->weight);
        if (kind == LAYER_HEAD)
            what(network, unit->bias);
    }
}

static void clear_idle(struct network *network, int tensor)
{
    const struct parameters *p = &network->assembly.parameters;
    for (int s = p->first_shard; s < p->first_shard + p->shards; s++)
        if (s >= network->busy)
            memset(parameters_shard_gradient(p, tensor, s), 0,
                   p->tensors[tensor].floats * sizeof(float));
}

static void reduce(struct network *network, int tensor)
{
    parameters_reduce(&network->assembly.parameters, tensor, omp_get_thread_num(),
                      omp_get_num_threads());
}

/* Make the passing values of the section once more that its convolutions read. */
static void run_again(struct network *network, int from, int to, int shard, int worker)
{
    for (int i = from < 0 ? 0 : from; i < to; i++)
        if (network->assembly.passing.again[i])
            forward(network, i, shard, worker);
}

static void backward_share(struct network *network, struct share share)
{
    for (int l = network->assembly.architecture.layer_count - 1, next; l >= 0; l = next) {
        next = l - 1;
        while (next >= 0 && !assembly_is_norm(&network->assembly, next))
            next--;
        for (int s = share.from; s < share.to; s++) {
            run_again(network, next, l, s, share.worker);
            for (int i = l; i > next; i--)
                backward(network, i, s, share.worker);
            if (next >= 0)
                norm_backward_sums(network, next, s);
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
    const struct assembly *a = &network->assembly;
    if (count < 1 || count > a->shards * a->shard_pictures)
        BUG("a minibatch of an impossible size");
    network->count = count;
    network->busy = (count + a->shard_pictures - 1) / a->shard_pictures;
    network->training = training;
}

static struct pass_result result_of(const struct network *network)
{
    struct pass_result result = {0, 0};
    exchange_results(&network->assembly, network->losses, network->wrong);
    for (int i = 0; i < network->count; i++) {
        result.loss_sum += network->losses[i];
        result.wrong += network->wrong[i];
    }
    return result;
}

struct pass_result network_train(struct network *network, int count)
{
    start(network, count, 1);
#pragma omp parallel num_threads(network->assembly.threads)
    {
        const struct share share = share_of(network);
        forward_share(network, share);
        backward_share(network, share);
    }
    exchange_gradients(&network->assembly);
#pragma omp parallel for num_threads(network->assembly.threads) schedule(dynamic)
    for (int t = 0; t < network->assembly.parameters.count; t++)
        parameters_pull_back(&network->assembly.parameters, t);
    return result_of(network);
}

static void evaluate_shard(struct network *network, int shard, int worker)
{
    for (int l = 0; l < network->assembly.architecture.layer_count; l++) {
        const struct layer *layer = assembly_layer(&network->assembly, l);
        if (layer->kind == LAYER_NORM && layer->addend != NO_VALUE)
            layer_norm_add(extent_of(network, layer->inputs[0], shard),
                           kept_map(network, layer->inputs[0], shard),
                           addend_of(network, layer, shard));
        forward(network, l, shard, worker);
        if (network->watcher && layer->output != NO_VALUE) {
            const struct extent extent = extent_of(network, layer->output, shard);
            network->watcher(network->watcher_context, layer, &extent,
                             assembly_map(&network->assembly, layer->output, shard, worker));
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
    for (int l = 0; l < network->assembly.architecture.layer_count; l++)
        if (assembly_is_norm(&network->assembly, l))
            norm_freeze(&network->assembly.units[l].norm);
#pragma omp parallel num_threads(network->assembly.threads)
    {
        const struct share share = share_of(network);
        for (int s = share.from; s < share.to; s++)
            evaluate_shard(network, s, share.worker);
    }
    return result_of(network);
}

const double *network_logits(const struct network *network, int index)
{
    const struct assembly *a = &network->assembly;
    const int pictures = a->shard_pictures, classes = a->architecture.classes;
    const struct unit *last = &a->units[a->architecture.layer_count - 1];
    return last->heads[index / pictures].logits + index % pictures * classes;
}

static int is_convolution(const struct network *network, int l)
{
    return assembly_layer(&network->assembly, l)->kind == LAYER_CONVOLUTION;
}

void network_convolve(struct network *network)
{
    const struct assembly *a = &network->assembly;
    const int layers = a->architecture.layer_count;
    start(network, a->shards * a->shard_pictures, 1);
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
    return dnn_seconds(network->assembly.dnn);
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
    return assembly_bytes(experiment, ranks, 16);
}

const char *network_onednn(const struct network *network)
{
    return dnn_version(network->assembly.dnn);
}

const char *network_environment(const struct network *network)
{
    return dnn_environment(network->assembly.dnn);
}

char *network_kernels(const struct network *network)
{
    const struct assembly *a = &network->assembly;
    struct text text = {0};
    for (int l = 0; l < a->architecture.layer_count; l++)
        if (assembly_layer(a, l)->kind == LAYER_CONVOLUTION)
            text_add(&text, "%s: %s\n", assembly_layer(a, l)->name,
                     dnn_conv_kernels(a->units[l].conv));
    return text.bytes;
}
