#include "network/fused.h"

#include "base/clock.h"
#include "base/memory.h"
#include "network/batch_norm.h"
#include "network/convolution.h"
#include "network/pointwise.h"

#include <stdlib.h>

/* ---- Which layers --------------------------------------------------------------------------- */

static int readers(const struct architecture *a, int activation)
{
    int count = 0;
    for (int l = 0; l < a->layer_count; l++) {
        for (int i = 0; i < a->layers[l].input_count; i++)
            count += a->layers[l].inputs[i] == activation;
        count += a->layers[l].addend == activation;
    }
    return count;
}

static int suits(const struct model *model, const struct layer *norm, const struct layer *behind)
{
    return norm->kind == LAYER_BN_RELU && behind->kind == LAYER_CONVOLUTION &&
           behind->kernel == 1 && behind->stride == 1 && behind->inputs[0] == norm->output &&
           readers(&model->architecture, norm->output) == 1 &&
           pointwise_suits(&model->extents[norm->output]);
}

void fused_mark(struct model *model, const struct experiment *experiment)
{
    struct layer *layers = model->architecture.layers;
    if (experiment->convolution != CONVOLUTION_FUSED || !onednn_lacks_tiles(model->precision))
        return;
    for (int l = 0; l + 1 < model->architecture.layer_count; l++)
        if (suits(model, &layers[l], &layers[l + 1]))
            layers[l].fused = layers[l + 1].fused = 1;
}

struct pointwise *fused_create(const struct model *model, int convolution)
{
    const struct layer *norm = model_layer(model, convolution - 1);
    struct pointwise_input *inputs = memory_zeroed((size_t)norm->input_count, sizeof *inputs);
    for (int i = 0; i < norm->input_count; i++) {
        const struct activation *activation = &model->architecture.activations[norm->inputs[i]];
        inputs[i] = (struct pointwise_input){.extent = bn_relu_extent(model, convolution - 1, i),
                                             .groups = activation->groups,
                                             .group_count = activation->group_count};
    }
    struct pointwise *pointwise = pointwise_create(
        inputs, norm->input_count, &model->extents[model_layer(model, convolution)->output]);
    free(inputs);
    return pointwise;
}

/* ---- Passes --------------------------------------------------------------------------------- */

/* What a pass of the pair reads, whose BN_RELU is layer `norm`; free its `inputs`. */
static struct pointwise_pass pass_of(const struct layer_call *call, int norm, const void *weights)
{
    const struct model *model = call->model;
    const struct layer *layer = model_layer(model, norm);
    const struct batch_norm *state = bn_relu_norm(model, norm);
    const void **inputs = memory_zeroed((size_t)layer->input_count, sizeof *inputs);
    for (int i = 0; i < layer->input_count; i++)
        inputs[i] = model_map(model, layer->inputs[i], call->shard, call->worker);
    return (struct pointwise_pass){
        .images = model_count(model, call->shard),
        .inputs = inputs,
        .norm = {state->scale, state->shift, state->mean, state->offset, state->slope},
        .weights = weights,
        .scratch = model->work[call->worker]};
}

void fused_forward(const struct layer_call *call)
{
    const struct model *model = call->model;
    const double started = clock_seconds();
    const struct pointwise_pass pass =
        pass_of(call, call->index - 1,
                parameters_forward(&model->parameters, convolution_weight(model, call->index)));
    pointwise_forward(convolution_pointwise(model, call->index), &pass, call->out);
    free((void *)pass.inputs);
    onednn_count(model->onednn, call->worker, started);
}

void fused_backward_sums(const struct layer_call *call)
{
    const struct model *model = call->model;
    const double started = clock_seconds();
    const int weight = convolution_weight(model, call->index);
    const struct pointwise_pass pass =
        pass_of(call, call->index - 1, parameters_backward(&model->parameters, weight));
    pointwise_backward_sums(
        convolution_pointwise(model, call->index), &pass, call->gradient,
        parameters_shard_gradient(&model->parameters, weight, call->shard),
        batch_norm_shard_sums(bn_relu_norm(model, call->index - 1), call->shard));
    free((void *)pass.inputs);
    onednn_count(model->onednn, call->worker, started);
}

void fused_backward(const struct layer_call *call)
{
    const struct model *model = call->model;
    const double started = clock_seconds();
    const int convolution = call->index + 1;
    const struct pointwise_pass pass =
        pass_of(call, call->index,
                parameters_backward(&model->parameters, convolution_weight(model, convolution)));
    const size_t count = (size_t)call->layer->input_count;
    const void **residuals = memory_zeroed(count, sizeof *residuals);
    void **targets = memory_zeroed(count, sizeof *targets);
    for (size_t i = 0; i < count; i++) {
        const struct gradient_input *buffers =
            &model->gradient_buffers.layers[call->index].inputs[i];
        residuals[i] = model_gradient_map(model, buffers->residual, call->shard);
        targets[i] = model_gradient_map(model, buffers->target, call->shard);
    }
    pointwise_backward(convolution_pointwise(model, convolution), &pass, call->gradient, residuals,
                       targets);
    free(residuals);
    free(targets);
    free((void *)pass.inputs);
    onednn_count(model->onednn, call->worker, started);
}
