/* The layers PAD and PARTIAL; their arithmetic is padding.h. */
#include "base/memory.h"
#include "network/layers.h"
#include "network/padding.h"

#include <stdlib.h>

/* ---- The layer PAD -------------------------------------------------------------------------- */

struct pad_state {
    struct padding_shape shape;
    float *fixed;        /* the filter of a fixed padding, or NULL */
    const float *filter; /* this one, or the tensor's weights */
    int weight;          /* tensor, where the filter is learned */
};

/* One tensor [channels][taps + 1], in memory tap by tap. It has no weight decay, which would pull
 * the filter towards zero padding. */
static void add_filter(struct model *model, const struct layer *layer, struct pad_state *pad)
{
    const int input = layer->inputs[0], taps = padding_taps(layer->depth, layer->reach);
    const int channels = model->architecture.activations[input].channels;
    struct tensor tensor = model_tensor(layer, "filter", INITIAL_ZERO, channels, taps + 1);
    int *index = model_channel_index(model, input);
    tensor.layouts.weights =
        layout_create((size_t)((taps + 1) * pad->shape.channels), channels, taps + 1, 1);
    for (int c = 0; c < channels; c++)
        tensor.layouts.weights.out[c] = (uint32_t)index[c];
    for (int t = 0; t <= taps; t++)
        tensor.layouts.weights.in[t] = (uint32_t)(t * pad->shape.channels);
    free(index);
    tensor.decayed = 0;
    tensor.section = layer->section;
    pad->weight = parameters_add(&model->parameters, &tensor);
}

static void make_fixed(enum padding padding, struct pad_state *pad)
{
    const struct padding_filter fixed = padding_fixed(padding);
    const int channels = pad->shape.channels, taps = fixed.depth;
    pad->fixed = memory_floats((size_t)(taps + 1) * (size_t)channels);
    for (int i = 0; i < taps * channels; i++)
        pad->fixed[i] = fixed.tap[i / channels];
}

static void *build_pad(struct model *model, const struct experiment *experiment, int l)
{
    (void)experiment;
    struct pad_state *pad = memory_zeroed(1, sizeof *pad);
    const struct layer *layer = model_layer(model, l);
    const struct extent in = model->extents[layer->inputs[0]];
    pad->shape = (struct padding_shape){.images = in.images,
                                        .channels = in.channels,
                                        .height = in.height,
                                        .width = in.width,
                                        .block = in.block,
                                        .precision = in.precision,
                                        .depth = layer->depth,
                                        .reach = layer->reach};
    if (padding_work(&pad->shape) > model->work_floats)
        model->work_floats = padding_work(&pad->shape);
    if (layer->parameters == 0)
        make_fixed(model->architecture.padding, pad);
    else
        add_filter(model, layer, pad);
    return pad;
}

static void connect_pad(const struct model *model, void *of)
{
    struct pad_state *pad = of;
    pad->filter = pad->fixed ? pad->fixed : model_weights(model, pad->weight);
}

static void free_pad(void *of)
{
    struct pad_state *pad = of;
    free(pad->fixed);
}

static void forward_pad(const struct layer_call *call)
{
    const struct pad_state *pad = call->state;
    struct padding_shape shape = pad->shape;
    shape.count = call->in.count;
    padding_forward(shape, pad->filter, call->x, call->out);
}

/* The output is in its map: the convolution that reads it needs it too. */
static void backward_pad(const struct layer_call *call)
{
    const struct pad_state *pad = call->state;
    struct padding_shape shape = pad->shape;
    shape.count = call->in.count;
    float *gradient =
        pad->fixed ? NULL
                   : parameters_shard_gradient(&call->model->parameters, pad->weight, call->shard);
    padding_backward(shape, pad->filter, call->out, call->gradient, call->model->work[call->worker],
                     gradient, call->target);
}

const struct layer_ops pad_ops = {.name = "pad",
                                  .is_cheap = 1,
                                  .build = build_pad,
                                  .connect = connect_pad,
                                  .forward = forward_pad,
                                  .backward = backward_pad,
                                  .free = free_pad};

/* ---- The layer PARTIAL ---------------------------------------------------------------------- */

/* The window is that of the convolution right before. */
static void *build_partial(struct model *model, const struct experiment *experiment, int l)
{
    (void)experiment;
    struct partial_shape *shape = memory_zeroed(1, sizeof *shape);
    const struct layer *convolution = model_layer(model, l - 1);
    const struct extent in = model->extents[convolution->inputs[0]];
    const struct extent out = model->extents[convolution->output];
    *shape = (struct partial_shape){.images = out.images,
                                    .channels = out.channels,
                                    .height = out.height,
                                    .width = out.width,
                                    .block = out.block,
                                    .precision = out.precision,
                                    .in_height = in.height,
                                    .in_width = in.width,
                                    .kernel = convolution->kernel,
                                    .stride = convolution->stride,
                                    .padding = convolution->padding};
    return shape;
}

static void run_partial(const struct layer_call *call, const void *from, void *to)
{
    struct partial_shape shape = *(const struct partial_shape *)call->state;
    shape.count = call->in.count;
    padding_partial(shape, from, to);
}

static void forward_partial(const struct layer_call *call)
{
    run_partial(call, call->x, call->out);
}

static void backward_partial(const struct layer_call *call)
{
    run_partial(call, call->gradient, call->target);
}

const struct layer_ops partial_ops = {.name = "partial",
                                      .build = build_partial,
                                      .forward = forward_partial,
                                      .backward = backward_partial};
