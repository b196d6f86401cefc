#include "network/dropout.h"

#include "network/layers.h"

void dropout_apply(struct extent e, double share, struct dropout_draws draws, const void *x,
                   void *out)
{
    const size_t numbers = (size_t)e.channels * (size_t)map_pixels(&e);
    const uint32_t limit = (uint32_t)(share * 0x1p32);
    const float scale = (float)(1 / (1 - share));
    for (int n = 0; n < e.count; n++) {
        const size_t first = (size_t)n * numbers;
        for (size_t i = 0; i < numbers; i += 4) {
            const struct rng_words w =
                rng_draw(draws.rng, draws.epoch, draws.first + (uint32_t)n, (uint32_t)(i / 4));
            for (size_t j = 0; j < 4; j++) {
                const size_t at = first + i + j;
                map_set(e.precision, out, at,
                        w.word[j] < limit ? 0.0f : scale * map_get(e.precision, x, at));
            }
        }
    }
    map_clear_invalid(&e, out);
}

/* ---- The layer ------------------------------------------------------------------------------ */

/* The layer's index keeps its draws apart from those of the other layers. */
static void apply(const struct layer_call *call, const void *x, void *out)
{
    const struct model *model = call->model;
    const struct minibatch *minibatch = &model->minibatch;
    const struct dropout_draws draws = {
        .rng = {minibatch->seed, RNG_DROPOUT | (uint32_t)(call->index + 1) << 8},
        .epoch = minibatch->step,
        .first = (uint32_t)(call->shard * model->shard_images)};
    dropout_apply(call->in, minibatch->training ? call->layer->dropout : 0, draws, x, out);
}

static void forward(const struct layer_call *call)
{
    apply(call, call->x, call->out);
}

static void backward(const struct layer_call *call)
{
    apply(call, call->gradient, call->target);
}

const struct layer_ops dropout_ops = {
    .name = "dropout", .is_cheap = 1, .forward = forward, .backward = backward};
