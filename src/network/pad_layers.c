#include "network/pad_layers.h"

#include "network/padding.h"

static struct padding_shape pad_shape(const struct assembly *a, int l, int count)
{
    const struct layer *layer = assembly_layer(a, l);
    const struct value *in = &a->architecture.values[layer->inputs[0]];
    return (struct padding_shape){.pictures = a->shard_pictures,
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
static struct partial_shape partial_shape(const struct assembly *a, int l, int count)
{
    const struct layer *convolution = assembly_layer(a, l - 1);
    const struct value *in = &a->architecture.values[convolution->inputs[0]];
    const struct value *out = &a->architecture.values[convolution->output];
    return (struct partial_shape){.pictures = a->shard_pictures,
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

static const float *filter_of(const struct assembly *a, int l)
{
    const struct unit *unit = &a->units[l];
    return unit->filter ? unit->filter : assembly_value(a, unit->weight);
}

size_t pad_layers_work(const struct assembly *a)
{
    size_t most = 0;
    for (int l = 0; l < a->architecture.layer_count; l++) {
        if (assembly_layer(a, l)->kind != LAYER_PAD)
            continue;
        const struct padding_shape shape = pad_shape(a, l, 0);
        if (padding_work(&shape) > most)
            most = padding_work(&shape);
    }
    return most;
}

void pad_layer_forward(const struct assembly *a, int l, int shard, int worker, int count)
{
    const struct layer *layer = assembly_layer(a, l);
    const void *x = assembly_map(a, layer->inputs[0], shard, worker);
    void *out = assembly_map(a, layer->output, shard, worker);
    if (layer->kind == LAYER_PAD)
        padding_forward(pad_shape(a, l, count), filter_of(a, l), x, out);
    else
        padding_partial(partial_shape(a, l, count), x, out);
}

void pad_layer_backward(const struct assembly *a, int l, int shard, int worker, int count)
{
    const struct layer *layer = assembly_layer(a, l);
    const struct unit *unit = &a->units[l];
    const struct flow_layer *flow = &a->flow.layers[l];
    const void *gradient = assembly_gradient_map(a, flow->gradient, shard);
    void *target = assembly_gradient_map(a, flow->inputs[0].target, shard);
    if (layer->kind == LAYER_PAD)
        padding_backward(
            pad_shape(a, l, count), filter_of(a, l), assembly_map(a, layer->output, shard, worker),
            gradient, a->pad_work[worker],
            unit->filter ? NULL : parameters_shard_gradient(&a->parameters, unit->weight, shard),
            target);
    else
        padding_partial(partial_shape(a, l, count), gradient, target);
}
