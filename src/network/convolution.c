#include "network/convolution.h"

#include "base/memory.h"
#include "network/fused.h"
#include "network/layers.h"
#include "network/pointwise.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct convolution_state {
    struct onednn_conv *conv;    /* shared; NULL with: */
    struct pointwise *pointwise; /* the layer's own */
    int weight;                  /* tensor; of a Weight Block the one that it generates */
};

/* ---- Building ------------------------------------------------------------------------------- */

static struct onednn_conv *conv_of_shape(struct model *model, const struct conv_shape *shape)
{
    for (int c = 0; c < model->conv_count; c++)
        if (memcmp(&model->conv_shapes[c], shape, sizeof *shape) == 0)
            return model->convs[c];
    const size_t count = (size_t)model->conv_count + 1;
    model->convs = memory_resize(model->convs, count, sizeof *model->convs);
    model->conv_shapes = memory_resize(model->conv_shapes, count, sizeof *shape);
    model->conv_shapes[model->conv_count] = *shape;
    return model->convs[model->conv_count++] = onednn_conv_create(model->onednn, shape);
}

/* Of the layer's channels, from the layouts of all channels in memory, which groups' padding is part
 * of. */
static struct layouts own_channels(const struct model *model, const struct layer *layer,
                                   const struct layouts *all)
{
    const int input = layer->inputs[0], output = layer->output;
    int *in = model_channel_index(model, input), *out = model_channel_index(model, output);
    const struct layouts own =
        layouts_select(all, model->architecture.activations[output].channels, out,
                       model->architecture.activations[input].channels, in);
    free(in);
    free(out);
    return own;
}

/* The fixed part of Weight Blocks, shared by all that have as many output channels and
 * rows. */
static const struct weight_table *table_of(struct model *model, const struct experiment *experiment,
                                           int out, int rows)
{
    for (int t = 0; t < model->table_count; t++)
        if (model->tables[t]->out == out && model->tables[t]->rows == rows)
            return model->tables[t];
    model->tables =
        memory_resize(model->tables, (size_t)model->table_count + 1, sizeof *model->tables);
    struct weight_table *table = model->tables[model->table_count++] =
        memory_zeroed(1, sizeof *table);
    weight_table_make(table, experiment->weights, out, rows, (uint32_t)experiment->weights_seed);
    return table;
}

/* Adds the rows of a Weight Block; the weights that they make are the next tensor. The rows start
 * so that the weights have the mean square of He's initialisation: an expansion with more slots
 * than rows spreads the rows' squares over its slots, any other keeps them. A search starts as if
 * all its rows were open. */
static void add_rows(struct model *model, const struct experiment *experiment,
                     const struct layer *layer)
{
    const int in = model->architecture.activations[layer->inputs[0]].channels;
    const int out = model->architecture.activations[layer->output].channels,
              slots = SLOT_TAPS * out;
    const double spread = experiment->weights != WEIGHTS_BANK && layer->rows < slots
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
                          .block = table_of(model, experiment, out, layer->rows),
                          .weights = model->parameters.count + 1};
    snprintf(rows.name, sizeof rows.name, "%s.rows", layer->name);
    parameters_add(&model->parameters, &rows);
}

static enum conv_algorithm algorithm_for(const struct model *model,
                                         const struct experiment *experiment,
                                         const struct conv_shape *shape)
{
    if (experiment->convolution == CONVOLUTION_AUTO && onednn_suits_winograd(model->onednn, shape))
        return CONV_WINOGRAD;
    if ((experiment->convolution == CONVOLUTION_WINOGRAD ||
         experiment->convolution == CONVOLUTION_FUSED) &&
        onednn_suits_own_winograd(model->onednn, shape))
        return CONV_OWN_WINOGRAD;
    return CONV_DIRECT;
}

/* A convolution that is one pass with the BN_RELU before it. */
static struct layouts create_fused(struct model *model, int l, struct convolution_state *state)
{
    const struct pointwise *pointwise = state->pointwise = fused_create(model, l);
    if (pointwise_scratch(pointwise) > model->work_floats)
        model->work_floats = pointwise_scratch(pointwise);
    struct layouts all = pointwise_layouts(pointwise);
    const struct layouts own = own_channels(model, model_layer(model, l), &all);
    layouts_free(&all);
    return own;
}

/* A convolution behind onednn.h. */
static struct layouts create_conv(struct model *model, const struct experiment *experiment, int l,
                                  struct convolution_state *state)
{
    const struct layer *layer = model_layer(model, l);
    const int input = layer->inputs[0];
    const struct activation *in = &model->architecture.activations[input];
    struct conv_shape shape = {.batch = model->shard_images,
                               .in = model->extents[input].channels,
                               .out = model->extents[layer->output].channels,
                               .height = in->height,
                               .width = in->width,
                               .kernel = layer->kernel,
                               .stride = layer->stride,
                               .padding = layer->padding,
                               .has_data_gradient = input != 0,
                               .precision = model->precision};
    shape.algorithm = algorithm_for(model, experiment, &shape);
    state->conv = conv_of_shape(model, &shape);
    return own_channels(model, layer, onednn_conv_layouts(state->conv));
}

static void *build(struct model *model, const struct experiment *experiment, int l)
{
    struct convolution_state *state = memory_zeroed(1, sizeof *state);
    const struct layer *layer = model_layer(model, l);
    struct tensor tensor =
        model_tensor(layer, "weight", experiment->fan == FAN_IN ? INITIAL_HE_IN : INITIAL_HE_OUT,
                     model->architecture.activations[layer->output].channels,
                     model->architecture.activations[layer->inputs[0]].channels);
    tensor.layouts =
        layer->fused ? create_fused(model, l, state) : create_conv(model, experiment, l, state);
    tensor.section = layer->section;
    if (layer->rows != 0) {
        tensor.trained = 0;
        tensor.generated = 1;
        add_rows(model, experiment, layer);
    }
    state->weight = parameters_add(&model->parameters, &tensor);
    return state;
}

static void free_state(void *of)
{
    struct convolution_state *state = of;
    pointwise_free(state->pointwise);
}

void convolution_free_shared(struct model *model)
{
    for (int c = 0; c < model->conv_count; c++)
        onednn_conv_destroy(model->convs[c]);
    for (int t = 0; t < model->table_count; t++) {
        weight_table_free(model->tables[t]);
        free(model->tables[t]);
    }
    free(model->convs);
    free(model->conv_shapes);
    free(model->tables);
}

/* ---- Running -------------------------------------------------------------------------------- */

static void forward(const struct layer_call *call)
{
    const struct convolution_state *state = call->state;
    if (state->pointwise) {
        fused_forward(call);
        return;
    }
    onednn_conv_forward(state->conv, call->worker, call->x,
                        parameters_forward(&call->model->parameters, state->weight), call->out);
}

static void backward(const struct layer_call *call)
{
    const struct convolution_state *state = call->state;
    const struct parameters *parameters = &call->model->parameters;
    if (state->pointwise) {
        fused_backward_sums(call);
        return;
    }
    onednn_conv_backward_weights(state->conv, call->worker, call->x, call->gradient,
                                 parameters_shard_gradient(parameters, state->weight, call->shard));
    if (call->target)
        onednn_conv_backward_data(state->conv, call->worker, call->gradient,
                                  parameters_backward(parameters, state->weight), call->target);
}

const char *convolution_kernels(const struct model *model, int l)
{
    const struct convolution_state *state = model->states[l];
    if (model_layer(model, l)->kind != LAYER_CONVOLUTION)
        return NULL;
    return state->pointwise ? "kdecay:fused, kdecay:fused, kdecay:fused"
                            : onednn_conv_kernels(state->conv);
}

const struct pointwise *convolution_pointwise(const struct model *model, int l)
{
    const struct convolution_state *state = model->states[l];
    return state->pointwise;
}

int convolution_weight(const struct model *model, int l)
{
    const struct convolution_state *state = model->states[l];
    return state->weight;
}

const struct layer_ops convolution_ops = {.name = "convolution",
                                          .rereads_input = 1,
                                          .build = build,
                                          .forward = forward,
                                          .backward = backward,
                                          .free = free_state};
