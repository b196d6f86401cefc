#include "network.h"

#include "dataset.h"
#include "dnn.h"
#include "flow.h"
#include "layers.h"
#include "memory.h"
#include "norm.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

/* What a layer needs to run; the fields of its own kind are set. */
struct unit {
    /* CONVOLUTION, HEAD */
    int weight; /* tensor */
    struct dnn_conv *conv;
    /* HEAD */
    int bias;
    struct head *heads; /* one a shard */
    /* NORM */
    int gamma, beta, running_mean, running_variance; /* tensors */
    struct norm norm;
};

struct network {
    struct architecture architecture;
    struct parameters parameters;
    struct flow flow;
    struct dnn *dnn;
    struct unit *units; /* one a layer */
    struct dnn_conv **convs;
    struct conv_shape *conv_shapes; /* of convs: layers of one shape share their primitives */
    int conv_count;
    int threads, shards, shard_pictures, block;
    float **maps;      /* [value][shard * shard floats] */
    float **gradients; /* [buffer], likewise */
    int *labels;       /* [batch] */
    double *losses;    /* [batch] */
    int *wrong;        /* [batch] */
    int count, busy;   /* pictures in the minibatch at hand; shards that have any */
};

/* ---- Building ------------------------------------------------------------------------------ */

static int add_tensor(struct network *network, const struct layer *layer, const char *suffix,
                      int trained, enum initial initial, int d0, int d1)
{
    struct tensor tensor = {.dims = {d0, d1, layer->kernel, layer->kernel},
                            .dim_count = d1 == 0              ? 1
                                         : layer->kernel == 0 ? 2
                                                              : 4,
                            .trained = trained,
                            .initial = initial};
    snprintf(tensor.name, sizeof tensor.name, "%s.%s", layer->name, suffix);
    return parameters_add(&network->parameters, &tensor);
}

static struct dnn_conv *conv_of_shape(struct network *network, const struct conv_shape *shape)
{
    for (int c = 0; c < network->conv_count; c++)
        if (memcmp(&network->conv_shapes[c], shape, sizeof *shape) == 0)
            return network->convs[c];
    const size_t count = (size_t)network->conv_count + 1;
    network->convs = memory_resize(network->convs, count, sizeof *network->convs);
    network->conv_shapes = memory_resize(network->conv_shapes, count, sizeof *shape);
    network->conv_shapes[network->conv_count] = *shape;
    return network->convs[network->conv_count++] = dnn_conv_create(network->dnn, shape);
}

static void build_convolution(struct network *network, const struct layer *layer, struct unit *unit)
{
    const struct value *in = &network->architecture.values[layer->input];
    const int out = network->architecture.values[layer->output].channels;
    const struct conv_shape shape = {.batch = network->shard_pictures,
                                     .in = in->channels,
                                     .out = out,
                                     .height = in->height,
                                     .width = in->width,
                                     .kernel = layer->kernel,
                                     .stride = layer->stride,
                                     .padding = layer->padding,
                                     .has_data_gradient = layer->input != 0};
    unit->conv = conv_of_shape(network, &shape);
    unit->weight = add_tensor(network, layer, "weight", 1, INITIAL_HE_OUT, out, in->channels);
    struct tensor *tensor = &network->parameters.tensors[unit->weight];
    tensor->floats = dnn_conv_weight_floats(unit->conv);
    tensor->positions = dnn_conv_positions(unit->conv);
    tensor->backward_positions = dnn_conv_backward_positions(unit->conv);
}

static void build_norm(struct network *network, const struct layer *layer, struct unit *unit)
{
    const int channels = network->architecture.values[layer->input].channels;
    unit->gamma = add_tensor(network, layer, "weight", 1, INITIAL_ONE, channels, 0);
    unit->beta = add_tensor(network, layer, "bias", 1, INITIAL_ZERO, channels, 0);
    unit->running_mean = add_tensor(network, layer, "running_mean", 0, INITIAL_ZERO, channels, 0);
    unit->running_variance = add_tensor(network, layer, "running_var", 0, INITIAL_ONE, channels, 0);
    norm_allocate(&unit->norm, channels, network->shards);
}

static struct extent extent_of(const struct network *network, int value, int shard)
{
    const struct value *v = &network->architecture.values[value];
    int count = network->count - shard * network->shard_pictures;
    count = count < 0 ? 0 : count > network->shard_pictures ? network->shard_pictures : count;
    return (struct extent){.pictures = network->shard_pictures,
                           .count = count,
                           .channels = v->channels,
                           .pixels = v->height * v->width,
                           .block = network->block};
}

static void build_head(struct network *network, const struct layer *layer, struct unit *unit)
{
    const int channels = network->architecture.values[layer->input].channels;
    const int classes = network->architecture.classes;
    const size_t pictures = (size_t)network->shard_pictures;
    unit->weight = add_tensor(network, layer, "weight", 1, INITIAL_UNIFORM, classes, channels);
    unit->bias = add_tensor(network, layer, "bias", 1, INITIAL_ZERO, classes, 0);
    unit->heads = memory_zeroed((size_t)network->shards, sizeof *unit->heads);
    for (int s = 0; s < network->shards; s++)
        unit->heads[s] =
            (struct head){.classes = classes,
                          .pooled = memory_zeroed(pictures * (size_t)channels, sizeof(double)),
                          .logits = memory_zeroed(pictures * (size_t)classes, sizeof(double))};
}

static size_t value_floats(const struct network *network, int value)
{
    const struct value *v = &network->architecture.values[value];
    return (size_t)v->channels * (size_t)v->height * (size_t)v->width *
           (size_t)network->shard_pictures;
}

static void allocate_maps(struct network *network)
{
    const size_t values = (size_t)network->architecture.value_count;
    const size_t buffers = (size_t)network->flow.buffer_count;
    const size_t shards = (size_t)network->shards;
    network->maps = memory_zeroed(values, sizeof *network->maps);
    for (size_t v = 0; v < values; v++)
        network->maps[v] = memory_floats(shards * value_floats(network, (int)v));
    network->gradients = memory_zeroed(buffers, sizeof *network->gradients);
    for (size_t b = 0; b < buffers; b++)
        network->gradients[b] = memory_floats(shards * (size_t)network->shard_pictures *
                                              network->flow.buffer_floats[b]);
}

struct parameters *network_parameters(struct network *network)
{
    return &network->parameters;
}

void network_initialise(struct network *network, uint32_t seed)
{
    parameters_initialise(&network->parameters, seed);
}

/* ---- Pieces of memory ---------------------------------------------------------------------- */

float *network_input(struct network *network, int index)
{
    return network->maps[0] + (size_t)index * PICTURE_FLOATS;
}

int *network_label(struct network *network, int index)
{
    return &network->labels[index];
}

static float *map_of(const struct network *network, int value, int shard)
{
    return network->maps[value] + (size_t)shard * value_floats(network, value);
}

static float *gradient_map(const struct network *network, int buffer, int shard)
{
    if (buffer == NO_BUFFER)
        return NULL;
    return network->gradients[buffer] +
           (size_t)shard * (size_t)network->shard_pictures * network->flow.buffer_floats[buffer];
}

static float *value_of(const struct network *network, int tensor)
{
    return network->parameters.value + network->parameters.tensors[tensor].offset;
}

static float *gradient_of(const struct network *network, int tensor, int shard)
{
    return network->parameters.gradient[shard] + network->parameters.tensors[tensor].offset;
}

static const struct layer *layer_at(const struct network *network, int l)
{
    return &network->architecture.layers[l];
}

/* ---- NORM over the minibatch --------------------------------------------------------------- */

static int is_norm(const struct network *network, int l)
{
    return layer_at(network, l)->kind == LAYER_NORM;
}

/* The arenas exist once all tensors are known. */
static void connect_norms(struct network *network)
{
    for (int l = 0; l < network->architecture.layer_count; l++) {
        struct unit *unit = &network->units[l];
        if (!is_norm(network, l))
            continue;
        unit->norm.gamma = value_of(network, unit->gamma);
        unit->norm.beta = value_of(network, unit->beta);
        unit->norm.gamma_gradient = gradient_of(network, unit->gamma, 0);
        unit->norm.beta_gradient = gradient_of(network, unit->beta, 0);
        unit->norm.running_mean = value_of(network, unit->running_mean);
        unit->norm.running_variance = value_of(network, unit->running_variance);
    }
}

/* Values a channel in the minibatch. */
static double elements_of(const struct network *network, int l)
{
    return (double)network->count * extent_of(network, layer_at(network, l)->input, 0).pixels;
}

static void finish_forward(struct network *network, int l)
{
    norm_finish(&network->units[l].norm, network->busy, elements_of(network, l));
}

static void finish_backward(struct network *network, int l)
{
    norm_backward_finish(&network->units[l].norm, network->busy, elements_of(network, l));
}

static void norm_sums(struct network *network, int l, int shard)
{
    const struct layer *layer = layer_at(network, l);
    const struct norm *norm = &network->units[l].norm;
    const float *addend = layer->addend == NO_VALUE ? NULL : map_of(network, layer->addend, shard);
    layer_norm_sums(extent_of(network, layer->input, shard), map_of(network, layer->input, shard),
                    addend, norm->running_mean, norm_shard_sums(norm, shard));
}

static struct norm_backward norm_backward_of(const struct network *network, int l, int shard)
{
    const struct norm *norm = &network->units[l].norm;
    const struct flow_layer *flow = &network->flow.layers[l];
    return (struct norm_backward){.x = map_of(network, layer_at(network, l)->input, shard),
                                  .gradient = gradient_map(network, flow->gradient, shard),
                                  .gradient2 = gradient_map(network, flow->gradient2, shard),
                                  .scale = norm->scale,
                                  .shift = norm->shift,
                                  .mean = norm->mean,
                                  .offset = norm->offset,
                                  .slope = norm->slope};
}

static void norm_backward_sums(struct network *network, int l, int shard)
{
    const struct norm_backward in = norm_backward_of(network, l, shard);
    layer_norm_backward_sums(extent_of(network, layer_at(network, l)->input, shard), &in,
                             norm_shard_sums(&network->units[l].norm, shard));
}

/* ---- Making and unmaking ------------------------------------------------------------------- */

struct network *network_create(const struct experiment *experiment, int threads)
{
    struct network *network = memory_zeroed(1, sizeof *network);
    struct error error;
    if (architecture_build(&network->architecture, experiment, &error) != 0)
        die("%s", error.text);
    network->threads = threads > experiment->shards ? experiment->shards : threads;
    network->shards = experiment->shards;
    network->shard_pictures = experiment->batch / experiment->shards;
    network->dnn = dnn_open(network->threads);
    network->block = dnn_block(network->dnn);
    const int layers = network->architecture.layer_count;
    network->units = memory_zeroed((size_t)layers, sizeof *network->units);
    for (int l = 0; l < layers; l++) {
        const struct layer *layer = &network->architecture.layers[l];
        if (layer->kind == LAYER_CONVOLUTION)
            build_convolution(network, layer, &network->units[l]);
        else if (layer->kind == LAYER_NORM)
            build_norm(network, layer, &network->units[l]);
        else if (layer->kind == LAYER_HEAD)
            build_head(network, layer, &network->units[l]);
    }
    parameters_allocate(&network->parameters, network->shards);
    connect_norms(network);
    flow_plan(&network->flow, &network->architecture);
    allocate_maps(network);
    const size_t batch = (size_t)experiment->batch;
    network->labels = memory_zeroed(batch, sizeof *network->labels);
    network->losses = memory_zeroed(batch, sizeof *network->losses);
    network->wrong = memory_zeroed(batch, sizeof *network->wrong);
    return network;
}

void network_destroy(struct network *network)
{
    for (int l = 0; l < network->architecture.layer_count; l++) {
        struct unit *unit = &network->units[l];
        for (int s = 0; unit->heads && s < network->shards; s++) {
            free(unit->heads[s].pooled);
            free(unit->heads[s].logits);
        }
        free(unit->heads);
        norm_free(&unit->norm);
    }
    for (int v = 0; v < network->architecture.value_count; v++)
        free(network->maps[v]);
    for (int b = 0; b < network->flow.buffer_count; b++)
        free(network->gradients[b]);
    for (int c = 0; c < network->conv_count; c++)
        dnn_conv_destroy(network->convs[c]);
    free(network->maps);
    free(network->gradients);
    free(network->convs);
    free(network->conv_shapes);
    free(network->units);
    free(network->labels);
    free(network->losses);
    free(network->wrong);
    parameters_free(&network->parameters);
    flow_free(&network->flow);
    dnn_close(network->dnn);
    architecture_free(&network->architecture);
    free(network);
}

/* ---- One layer of one shard ---------------------------------------------------------------- */

static struct shortcut_shape shortcut_of(const struct network *network, const struct layer *layer,
                                         int shard)
{
    const struct value *in = &network->architecture.values[layer->input];
    return (struct shortcut_shape){.pictures = network->shard_pictures,
                                   .count = extent_of(network, layer->input, shard).count,
                                   .channels = in->channels,
                                   .out_channels =
                                       network->architecture.values[layer->output].channels,
                                   .height = in->height,
                                   .width = in->width,
                                   .stride = layer->stride,
                                   .block = network->block};
}

static struct head head_of(const struct network *network, int l, int shard)
{
    const struct unit *unit = &network->units[l];
    struct head head = unit->heads[shard];
    head.extent = extent_of(network, layer_at(network, l)->input, shard);
    head.weights = value_of(network, unit->weight);
    head.bias = value_of(network, unit->bias);
    return head;
}

static void forward(struct network *network, int l, int shard, int worker)
{
    const struct layer *layer = layer_at(network, l);
    const struct unit *unit = &network->units[l];
    const float *x = map_of(network, layer->input, shard);
    float *out = layer->output == NO_VALUE ? NULL : map_of(network, layer->output, shard);
    const int first = shard * network->shard_pictures;
    switch (layer->kind) {
    case LAYER_CONVOLUTION:
        dnn_conv_forward(unit->conv, worker, x, value_of(network, unit->weight), out);
        break;
    case LAYER_NORM:
        layer_norm_apply(extent_of(network, layer->input, shard), x, unit->norm.scale,
                         unit->norm.shift, out);
        break;
    case LAYER_SHORTCUT:
        layer_shortcut(shortcut_of(network, layer, shard), x, out);
        break;
    case LAYER_HEAD: {
        const struct head head = head_of(network, l, shard);
        layer_head(&head, x, network->labels + first, network->count, network->losses + first,
                   network->wrong + first);
        break;
    }
    }
}

static void backward(struct network *network, int l, int shard, int worker)
{
    const struct layer *layer = layer_at(network, l);
    const struct unit *unit = &network->units[l];
    const struct flow_layer *flow = &network->flow.layers[l];
    const float *gradient = gradient_map(network, flow->gradient, shard);
    float *target = gradient_map(network, flow->target, shard);
    switch (layer->kind) {
    case LAYER_CONVOLUTION:
        dnn_conv_backward_weights(unit->conv, worker, map_of(network, layer->input, shard),
                                  gradient, gradient_of(network, unit->weight, shard));
        if (target)
            dnn_conv_backward_data(unit->conv, worker, gradient,
                                   network->parameters.backward +
                                       network->parameters.tensors[unit->weight].backward_offset,
                                   target);
        break;
    case LAYER_NORM: {
        const struct norm_backward in = norm_backward_of(network, l, shard);
        layer_norm_backward_apply(extent_of(network, layer->input, shard), &in,
                                  gradient_map(network, flow->residual, shard), target);
        break;
    }
    case LAYER_SHORTCUT:
        layer_shortcut_backward(shortcut_of(network, layer, shard), gradient, target);
        break;
    case LAYER_HEAD: {
        const struct head head = head_of(network, l, shard);
        layer_head_backward(&head, gradient_of(network, unit->weight, shard),
                            gradient_of(network, unit->bias, shard), target);
        break;
    }
    }
}

/* ---- Passes -------------------------------------------------------------------------------- */

/* Shards [from, to) of worker `worker`; those without pictures are passed over. */
struct share {
    int worker, from, to;
};

static struct share share_of(const struct network *network)
{
    const int worker = omp_get_thread_num(), workers = omp_get_num_threads();
    struct share share = {worker, network->shards * worker / workers,
                          network->shards * (worker + 1) / workers};
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
    const int layers = network->architecture.layer_count;
    for (int l = 0, next; l < layers; l = next) {
        next = l + 1;
        while (next < layers && !is_norm(network, next))
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

static void backward_share(struct network *network, struct share share)
{
    for (int l = network->architecture.layer_count - 1, next; l >= 0; l = next) {
        next = l - 1;
        while (next >= 0 && !is_norm(network, next))
            next--;
        for (int s = share.from; s < share.to; s++) {
            for (int i = l; i > next; i--)
                backward(network, i, s, share.worker);
            if (next >= 0)
                norm_backward_sums(network, next, s);
        }
        if (next >= 0)
            meet(network, next, finish_backward);
    }
}

static void reduce_share(struct network *network)
{
    const size_t workers = (size_t)omp_get_num_threads(), worker = (size_t)omp_get_thread_num();
    const size_t lines = network->parameters.trained_floats * sizeof(float) / CACHE_LINE;
    const size_t line = CACHE_LINE / sizeof(float);
    parameters_reduce(&network->parameters, lines * worker / workers * line,
                      lines * (worker + 1) / workers * line);
}

/* A shard without pictures adds nothing to the gradients. */
static void start(struct network *network, int count)
{
    if (count < 1 || count > network->shards * network->shard_pictures)
        BUG("a minibatch of an impossible size");
    network->count = count;
    network->busy = (count + network->shard_pictures - 1) / network->shard_pictures;
    for (int s = network->busy; s < network->shards; s++)
        memset(network->parameters.gradient[s], 0,
               network->parameters.trained_floats * sizeof(float));
}

static struct pass_result result_of(const struct network *network)
{
    struct pass_result result = {0, 0};
    for (int i = 0; i < network->count; i++) {
        result.loss_sum += network->losses[i];
        result.wrong += network->wrong[i];
    }
    return result;
}

struct pass_result network_train(struct network *network, int count)
{
    start(network, count);
#pragma omp parallel num_threads(network->threads)
    {
        const struct share share = share_of(network);
        forward_share(network, share);
        backward_share(network, share);
#pragma omp barrier
        reduce_share(network);
    }
    return result_of(network);
}

static void evaluate_shard(struct network *network, int shard, int worker)
{
    for (int l = 0; l < network->architecture.layer_count; l++) {
        const struct layer *layer = layer_at(network, l);
        if (layer->kind == LAYER_NORM && layer->addend != NO_VALUE)
            layer_norm_add(extent_of(network, layer->input, shard),
                           map_of(network, layer->input, shard),
                           map_of(network, layer->addend, shard));
        forward(network, l, shard, worker);
    }
}

struct pass_result network_evaluate(struct network *network, int count)
{
    start(network, count);
    for (int l = 0; l < network->architecture.layer_count; l++)
        if (is_norm(network, l))
            norm_freeze(&network->units[l].norm);
#pragma omp parallel num_threads(network->threads)
    {
        const struct share share = share_of(network);
        for (int s = share.from; s < share.to; s++)
            evaluate_shard(network, s, share.worker);
    }
    return result_of(network);
}

/* ---- Descriptions -------------------------------------------------------------------------- */

int network_threads(const struct network *network)
{
    return network->threads;
}

void network_size(const struct experiment *experiment, long long *parameters, long long *macs)
{
    struct architecture architecture;
    struct error error;
    if (architecture_build(&architecture, experiment, &error) != 0)
        die("%s", error.text);
    architecture_size(&architecture, parameters, macs);
    architecture_free(&architecture);
}

const char *network_onednn(const struct network *network)
{
    return dnn_version(network->dnn);
}

const char *network_environment(const struct network *network)
{
    return dnn_environment(network->dnn);
}

char *network_kernels(const struct network *network)
{
    struct text text = {0};
    for (int l = 0; l < network->architecture.layer_count; l++)
        if (layer_at(network, l)->kind == LAYER_CONVOLUTION)
            text_add(&text, "%s: %s\n", layer_at(network, l)->name,
                     dnn_conv_kernels(network->units[l].conv));
    return text.bytes;
}

void network_describe(const struct network *network, FILE *out)
{
    static const char *const kinds[] = {"convolution", "bn + relu", "shortcut", "classifier"};
    fprintf(out, "%-22s %-12s %-12s %-12s %10s %13s  %s\n", "layer", "kind", "input", "output",
            "parameters", "multiply-adds", "oneDNN: forward, backward data, backward weights");
    for (int l = 0; l < network->architecture.layer_count; l++) {
        const struct layer *layer = layer_at(network, l);
        char shape[2][40];
        for (int i = 0; i < 2; i++) {
            const int value = i ? layer->output : layer->input;
            if (value == NO_VALUE)
                snprintf(shape[i], sizeof shape[i], "%d", network->architecture.classes);
            else
                snprintf(shape[i], sizeof shape[i], "%dx%dx%d",
                         network->architecture.values[value].channels,
                         network->architecture.values[value].height,
                         network->architecture.values[value].width);
        }
        fprintf(out, "%-22s %-12s %-12s %-12s %10lld %13lld  %s\n", layer->name, kinds[layer->kind],
                shape[0], shape[1], layer->parameters, layer->macs,
                layer->kind == LAYER_CONVOLUTION ? dnn_conv_kernels(network->units[l].conv) : "");
    }
    long long parameters, macs;
    architecture_size(&network->architecture, &parameters, &macs);
    fprintf(out, "parameters %lld\nmacs %lld\n", parameters, macs);
}
