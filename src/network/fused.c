#include "network/fused.h"

#include "base/clock.h"
#include "base/memory.h"
#include "network/batch_norm.h"
#include "network/convolution.h"
#include "network/pointwise.h"

#include <stdlib.h>
#include <string.h>

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

static int suits(const struct model *model, int norm)
{
    const struct layer *layer = model_layer(model, norm), *behind = layer + 1;
    return layer->kind == LAYER_BN_RELU && layer->input_count > 1 &&
           behind->kind == LAYER_CONVOLUTION && behind->kernel == 1 && behind->stride == 1 &&
           behind->inputs[0] == layer->output &&
           readers(&model->architecture, layer->output) == 1 &&
           pointwise_suits(&model->extents[layer->output]);
}

struct pointwise *fused_create(const struct model *model, int convolution)
{
    const struct layer *norm = model_layer(model, convolution - 1);
    struct pointwise_input *inputs = memory_zeroed((size_t)norm->input_count, sizeof *inputs);
    for (int i = 0, first = 0; i < norm->input_count; first += inputs[i++].extent.channels) {
        const int map = norm->inputs[i];
        inputs[i] = (struct pointwise_input){.extent = model->extents[map],
                                             .groups = model->architecture.activations[map].groups,
                                             .group_count =
                                                 model->architecture.activations[map].group_count};
        inputs[i].extent.wide_first = first;
        inputs[i].extent.wide_channels = model->extents[norm->output].channels;
    }
    struct pointwise *pointwise = pointwise_create(
        inputs, norm->input_count, &model->extents[model_layer(model, convolution)->output]);
    free(inputs);
    return pointwise;
}

/* Whether the layer reads what `leader` reads, and more, which begins a panel of its own. */
static int follows(const struct model *model, int leader, int norm)
{
    const struct layer *one = model_layer(model, leader), *more = model_layer(model, norm);
    if (one->input_count >= more->input_count ||
        memcmp(one->inputs, more->inputs, (size_t)one->input_count * sizeof *one->inputs) != 0)
        return 0;
    struct pointwise *pointwise = fused_create(model, norm + 1);
    const int splits = pointwise_splits(pointwise, one->input_count) >= 0;
    pointwise_free(pointwise);
    return splits;
}

void fused_mark(struct model *model, const struct experiment *experiment)
{
    struct layer *layers = model->architecture.layers;
    int leader = -1, members = 0;
    if (experiment->convolution != CONVOLUTION_FUSED || !onednn_lacks_tiles(model->precision))
        return;
    for (int l = 0; l + 1 < model->architecture.layer_count; l++) {
        if (!suits(model, l))
            continue;
        if (leader < 0 || members == POINTWISE_PARTS || !follows(model, leader, l)) {
            leader = l;
            members = 0;
        }
        members++;
        layers[l].leader = leader;
        layers[l].fused = layers[l + 1].fused = 1;
    }
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

static struct pointwise_part part_of(const struct layer_call *call, int norm)
{
    const struct model *model = call->model;
    const struct batch_norm *state = bn_relu_norm(model, norm);
    const int weight = convolution_weight(model, norm + 1);
    return (struct pointwise_part){
        .pointwise = convolution_pointwise(model, norm + 1),
        .norm = {state->scale, state->shift, state->mean, state->offset, state->slope},
        .weights = parameters_backward(&model->parameters, weight),
        .diff_out = model_gradient_map(model, model->gradient_buffers.layers[norm].gradient,
                                       call->shard, call->worker)};
}

void fused_backward(const struct layer_call *call)
{
    const struct model *model = call->model;
    const double started = clock_seconds();
    const int leader = call->layer->leader, is_leader = call->index == leader;
    const size_t inputs = (size_t)call->layer->input_count;
    struct pointwise_part parts[POINTWISE_PARTS];
    int count = 0;
    parts[count++] = part_of(call, call->index);
    for (int l = leader + 1; is_leader && l < model->architecture.layer_count; l++)
        if (model_is_bn_relu(model, l) && model_layer(model, l)->fused &&
            model_layer(model, l)->leader == leader)
            parts[count++] = part_of(call, l);
    const struct pointwise_pass pass = pass_of(call, call->index, NULL);
    const void **residuals = memory_zeroed(inputs, sizeof *residuals);
    void **targets = memory_zeroed(inputs, sizeof *targets);
    for (size_t i = 0; i < inputs; i++) {
        const struct gradient_input *buffers =
            &model->gradient_buffers.layers[call->index].inputs[i];
        residuals[i] = model_gradient_map(model, buffers->residual, call->shard, call->worker);
        targets[i] = model_gradient_map(model, buffers->target, call->shard, call->worker);
    }
    pointwise_backward(parts, count, is_leader ? 0 : model_layer(model, leader)->input_count, &pass,
                       residuals, targets);
    free(residuals);
    free(targets);
    free((void *)pass.inputs);
    onednn_count(model->onednn, call->worker, started);
}
