#include "network/layers.h"

const struct layer_ops *layers_ops(enum layer_kind kind)
{
    static const struct layer_ops *const table[] = {
        [LAYER_CONVOLUTION] = &convolution_ops, /* convolution.c */
        [LAYER_PAD] = &pad_ops,                 /* pad.c */
        [LAYER_PARTIAL] = &partial_ops,         /* pad.c */
        [LAYER_BN_RELU] = &bn_relu_ops,         /* batch_norm.c */
        [LAYER_SHORTCUT] = &shortcut_ops,       /* shortcut.c */
        [LAYER_POOL] = &pool_ops,               /* pool.c */
        [LAYER_DROPOUT] = &dropout_ops,         /* dropout.c */
        [LAYER_HEAD] = &head_ops,               /* head.c */
    };
    return table[kind];
}

struct layer_call layers_call(const struct model *model, int l, int shard, int worker)
{
    const struct layer *layer = model_layer(model, l);
    const struct gradient_layer *buffers = &model->gradient_buffers.layers[l];
    return (struct layer_call){
        .model = model,
        .layer = layer,
        .index = l,
        .state = model->states[l],
        .shard = shard,
        .worker = worker,
        .in = map_valid(&model->extents[layer->inputs[0]], model_count(model, shard)),
        .x = model_map(model, layer->inputs[0], shard, worker),
        .out =
            layer->output == NO_ACTIVATION ? NULL : model_map(model, layer->output, shard, worker),
        .gradient = model_gradient_map(model, buffers->gradient, shard, worker),
        .target = model_gradient_map(model, buffers->inputs[0].target, shard, worker)};
}
