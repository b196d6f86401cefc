#include "network/pad_layers.h"

#include "network/padding.h"

static struct padding_shape pad_shape(const struct model *a, int l, int count)
{
    const struct layer *layer = model_layer(a, l);
    const struct activation *in = &a->architecture.activations[layer->inputs[0]];
    return (struct padding_shape){.images = a->shard_images,
                                  .count = count,
                                  .channels = a->padded[layer->inputs[0]],
                                  .height = in->height,
                                  .width = in->width,
                                  .block = a->block,
                                  .precision = a->precision,
                                  .depth = layer->depth,
                                  .reach = layer->reach};
}

/* The window is that of the convolution right before. */
static struct partial_shape partial_shape(const struct model *a, int l, int count)
{
    const struct layer *convolution = model_layer(a, l - 1);
    const struct activation *in = &a->architecture.activations[convolution->inputs[0]];
    const struct activation *out = &a->architecture.activations[convolution->output];
    return (struct partial_shape){.images = a->shard_images,
                                  .count = count,
                                  .channels = a->padded[convolution->output],
                                  .height = out->height,
                                  .width = out->width,
                                  .block = a->block,
                                  .precision = a->precision,
                                  .in_height = in->height,
                                  .in_width = in->width,
                                  .kernel = convolution->kernel,
                                  .stride = convolution->stride,
                                  .padding = convolution->padding};
}

static const float *filter_of(const struct model *a, int l)
{
    const struct layer_state *state = &a->states[l];
    return state->filter ? state->filter : model_weights(a, state->weight);
}

size_t pad_layers_work(const struct model *a)
{
    size_t most = 0;
    for (int l = 0; l < a->architecture.layer_count; l++) {
        if (model_layer(a, l)->kind != LAYER_PAD)
            continue;
        const struct padding_shape shape = pad_shape(a, l, 0);
        if (padding_work(&shape) > most)
            most = padding_work(&shape);
    }
    return most;
}

void pad_layer_forward(const struct model *a, int l, int shard, int worker, int count)
{
    const struct layer *layer = model_layer(a, l);
    const void *x = model_map(a, layer->inputs[0], shard, worker);
    void *out = model_map(a, layer->output, shard, worker);
    if (layer->kind == LAYER_PAD)
        padding_forward(pad_shape(a, l, count), filter_of(a, l), x, out);
    else
        padding_partial(partial_shape(a, l, count), x, out);
}

void pad_layer_backward(const struct model *a, int l, int shard, int worker, int count)
{
    const struct layer *layer = model_layer(a, l);
    const struct layer_state *state = &a->states[l];
    const struct gradient_layer *gradient_buffers = &a->gradient_buffers.layers[l];
    const void *gradient = model_gradient_map(a, gradient_buffers->gradient, shard);
    void *target = model_gradient_map(a, gradient_buffers->inputs[0].target, shard);
    if (layer->kind == LAYER_PAD)
        padding_backward(
            pad_shape(a, l, count), filter_of(a, l), model_map(a, layer->output, shard, worker),
            gradient, a->pad_work[worker],
            state->filter ? NULL : parameters_shard_gradient(&a->parameters, state->weight, shard),
            target);
    else
        padding_partial(partial_shape(a, l, count), gradient, target);
}
