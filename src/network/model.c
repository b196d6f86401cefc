#include "network/model.h"

#include "base/memory.h"

#include <stdio.h>

const struct layer *model_layer(const struct model *model, int layer)
{
    return &model->architecture.layers[layer];
}

int model_is_bn_relu(const struct model *model, int layer)
{
    return model_layer(model, layer)->kind == LAYER_BN_RELU;
}

int model_count(const struct model *model, int shard)
{
    const int images = model->shard_images;
    const int left = model->minibatch.count - shard * images;
    return left < 0 ? 0 : left > images ? images : left;
}

void *model_map(const struct model *model, int activation, int shard, int worker)
{
    const size_t images = (size_t)model->shard_images;
    if (model->recompute.in_scratch[activation])
        return map_plus(model->precision, model->scratch[worker],
                        images * model->recompute.scratch_offset[activation]);
    if (model->lodging[activation] != NO_BUFFER)
        return model_gradient_map(model, model->lodging[activation], shard, worker);
    return map_plus(model->precision, model->maps[activation],
                    (size_t)(shard - model->first_shard) * images *
                        model->activation_floats[activation]);
}

void *model_gradient_map(const struct model *model, int buffer, int shard, int worker)
{
    if (buffer == NO_BUFFER)
        return NULL;
    if (buffer == SCRATCH_BUFFER)
        return map_plus(model->precision, model->scratch[worker],
                        (size_t)model->shard_images * model->recompute.numbers);
    return map_plus(model->precision, model->gradients[buffer],
                    (size_t)(shard - model->first_shard) * (size_t)model->shard_images *
                        model->gradient_buffers.buffer_floats[buffer]);
}

float *model_weights(const struct model *model, int tensor)
{
    return model->parameters.weight + model->parameters.tensors[tensor].offset;
}

float *model_gradient(const struct model *model, int tensor)
{
    return model->parameters.gradient + model->parameters.tensors[tensor].offset;
}

struct tensor model_tensor(const struct layer *layer, const char *suffix, enum initial initial,
                           int d0, int d1)
{
    struct tensor tensor = {.dims = {d0, d1, layer->kernel, layer->kernel},
                            .dim_count = d1 == 0              ? 1
                                         : layer->kernel == 0 ? 2
                                                              : 4,
                            .trained = 1,
                            .decayed = 1,
                            .initial = initial,
                            .section = NO_SECTION};
    snprintf(tensor.name, sizeof tensor.name, "%s.%s", layer->name, suffix);
    return tensor;
}

int *model_channel_index(const struct model *model, int activation)
{
    const struct activation *v = &model->architecture.activations[activation];
    int *index = memory_zeroed((size_t)v->channels, sizeof *index), *next = index, first = 0;
    for (int g = 0; g < v->group_count; g++) {
        for (int c = 0; c < v->groups[g]; c++)
            *next++ = first + c;
        first += architecture_round_to_block(v->groups[g], model->block);
    }
    return index;
}
