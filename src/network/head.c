#include "network/head.h"

#include "base/memory.h"
#include "network/layers.h"

#include <math.h>
#include <stdlib.h>

/* The mean over the pixels of channel `channel` of the map. */
static double pooled_at(const struct extent *e, const void *x, int image, int channel)
{
    const int pixels = map_pixels(e);
    double sum = 0;
    for (int p = 0; p < pixels; p++)
        sum += (double)map_number(e, x, image, channel, p);
    return sum / pixels;
}

void head_forward(const struct head *head, const void *x, const int *labels, int batch,
                  double *losses, int *wrong)
{
    const struct extent *e = &head->extent;
    for (int n = 0; n < e->count; n++) {
        double *pooled = head->pooled + n * head->channels;
        double *logits = head->logits + n * head->classes;
        double *slopes = head->slopes + n * head->classes;
        for (int c = 0; c < head->channels; c++)
            pooled[c] = pooled_at(e, x, n, head->channel_index[c]);
        int best = 0;
        for (int j = 0; j < head->classes; j++) {
            const float *weights = head->weights + j * head->channels;
            double sum = (double)head->bias[j];
            for (int c = 0; c < head->channels; c++)
                sum += (double)weights[c] * pooled[c];
            logits[j] = sum;
            if (sum > logits[best])
                best = j;
        }
        double total = 0;
        const double largest = logits[best], own = logits[labels[n]];
        for (int j = 0; j < head->classes; j++)
            total += exp(logits[j] - largest);
        losses[n] = log(total) + (largest - own);
        wrong[n] = best != labels[n];
        for (int j = 0; j < head->classes; j++)
            slopes[j] = (exp(logits[j] - largest) / total - (j == labels[n])) / batch;
    }
}

void head_backward(const struct head *head, float *weight_gradient, float *bias_gradient,
                   void *x_gradient)
{
    const struct extent *e = &head->extent;
    const int pixels = map_pixels(e);
    for (int j = 0; j < head->classes; j++) {
        double bias = 0;
        for (int n = 0; n < e->count; n++)
            bias += head->slopes[n * head->classes + j];
        bias_gradient[j] = (float)bias;
        for (int c = 0; c < head->channels; c++) {
            double sum = 0;
            for (int n = 0; n < e->count; n++)
                sum += head->slopes[n * head->classes + j] * head->pooled[n * head->channels + c];
            weight_gradient[j * head->channels + c] = (float)sum;
        }
    }
    map_clear(e, x_gradient, 0, e->images);
    for (int n = 0; n < e->count; n++) {
        for (int c = 0; c < head->channels; c++) {
            double sum = 0;
            for (int j = 0; j < head->classes; j++)
                sum += head->slopes[n * head->classes + j] *
                       (double)head->weights[j * head->channels + c];
            for (int p = 0; p < pixels; p++)
                map_set(e->precision, x_gradient, map_place(e, n, head->channel_index[c], p),
                        (float)(sum / pixels));
        }
    }
}

/* ---- The layer ------------------------------------------------------------------------------ */

struct head_state {
    struct head head; /* its arrays are those of the whole minibatch */
    int weight, bias; /* tensors */
    int *channel_index;
};

static void *build(struct model *model, const struct experiment *experiment, int l)
{
    struct head_state *state = memory_zeroed(1, sizeof *state);
    const struct layer *layer = model_layer(model, l);
    const int input = layer->inputs[0], classes = model->architecture.classes;
    const int channels = model->architecture.activations[input].channels;
    const size_t batch = (size_t)model->shards * (size_t)model->shard_images;
    struct tensor weight = model_tensor(layer, "weight", INITIAL_UNIFORM, classes, channels);
    struct tensor bias = model_tensor(layer, "bias", INITIAL_ZERO, classes, 0);
    weight.section = bias.section = layer->section;
    bias.decayed = experiment->decayed == WEIGHT_DECAY_ALL;
    state->weight = parameters_add(&model->parameters, &weight);
    state->bias = parameters_add(&model->parameters, &bias);
    state->channel_index = model_channel_index(model, input);
    state->head = (struct head){.classes = classes,
                                .channels = channels,
                                .channel_index = state->channel_index,
                                .pooled = memory_zeroed(batch * (size_t)channels, sizeof(double)),
                                .logits = memory_zeroed(batch * (size_t)classes, sizeof(double)),
                                .slopes = memory_zeroed(batch * (size_t)classes, sizeof(double))};
    return state;
}

static void connect(const struct model *model, void *of)
{
    struct head_state *state = of;
    state->head.weights = model_weights(model, state->weight);
    state->head.bias = model_weights(model, state->bias);
}

static void free_state(void *of)
{
    struct head_state *state = of;
    free(state->head.pooled);
    free(state->head.logits);
    free(state->head.slopes);
    free(state->channel_index);
}

/* Of the call's shard. */
static struct head head_of(const struct layer_call *call)
{
    struct head head = ((const struct head_state *)call->state)->head;
    const int first = call->shard * call->in.images;
    head.extent = call->in;
    head.pooled += first * head.channels;
    head.logits += first * head.classes;
    head.slopes += first * head.classes;
    return head;
}

static void forward(const struct layer_call *call)
{
    const struct head head = head_of(call);
    const struct minibatch *minibatch = &call->model->minibatch;
    const int first = call->shard * call->in.images;
    head_forward(&head, call->x, minibatch->labels + first, minibatch->count,
                 minibatch->losses + first, minibatch->wrong + first);
}

static void backward(const struct layer_call *call)
{
    const struct head_state *state = call->state;
    const struct head head = head_of(call);
    const struct parameters *parameters = &call->model->parameters;
    head_backward(&head, parameters_shard_gradient(parameters, state->weight, call->shard),
                  parameters_shard_gradient(parameters, state->bias, call->shard), call->target);
}

const double *head_logits(const struct model *model, int index)
{
    const struct head_state *state = model->states[model->architecture.layer_count - 1];
    return state->head.logits + index * model->architecture.classes;
}

const struct layer_ops head_ops = {.name = "classifier",
                                   .build = build,
                                   .connect = connect,
                                   .forward = forward,
                                   .backward = backward,
                                   .free = free_state};
