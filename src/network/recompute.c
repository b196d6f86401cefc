#include "network/recompute.h"

#include "base/memory.h"
#include "network/layers.h"

#include <stdlib.h>
#include <string.h>

static int reads(const struct layer *layer, int activation)
{
    for (int i = 0; i < layer->input_count; i++)
        if (layer->inputs[i] == activation)
            return 1;
    return layer->addend == activation;
}

/* near: every consumer of layer l's output is in its section and is not BN_RELU. want_again: some
 * consumer needs it in the backward pass. Call from the last layer to the first. */
struct readers {
    int near, want_again;
};

static struct readers readers_of(const struct architecture *a, const unsigned char *again, int l)
{
    struct readers readers = {1, 0};
    for (int r = l + 1; r < a->layer_count; r++) {
        const struct layer *reader = &a->layers[r];
        if (!reads(reader, a->layers[l].output))
            continue;
        readers.near &= reader->kind != LAYER_BN_RELU && reader->section == a->layers[l].section;
        readers.want_again |= layers_ops(reader->kind)->rereads_input || again[r];
    }
    return readers;
}

/* The layer that adds the output of layer l, if that is all that is done with it; else -1. */
static int only_adder(const struct architecture *a, int l)
{
    int adder = -1;
    for (int r = 0; r < a->layer_count; r++) {
        const struct layer *reader = &a->layers[r];
        for (int i = 0; i < reader->input_count; i++)
            if (reader->inputs[i] == a->layers[l].output)
                return -1;
        if (reader->addend == a->layers[l].output) {
            if (adder >= 0)
                return -1;
            adder = r;
        }
    }
    return adder;
}

/* Of those that overlap, the first. */
static void mark_forward_only(const struct architecture *a, unsigned char *forward_only)
{
    int alive_until = -1;
    for (int l = 0; l < a->layer_count; l++) {
        const int adder = a->layers[l].output == NO_ACTIVATION ? -1 : only_adder(a, l);
        if (adder < 0 || l <= alive_until)
            continue;
        forward_only[a->layers[l].output] = 1;
        alive_until = adder;
    }
}

void recompute_plan(struct recompute *recompute, const struct architecture *a,
                    const size_t *activation_numbers)
{
    const size_t activations = (size_t)a->activation_count, layers = (size_t)a->layer_count;
    *recompute = (struct recompute){
        .forward_only = memory_zeroed(activations, 1),
        .in_scratch = memory_zeroed(activations, 1),
        .scratch_offset = memory_zeroed(activations, sizeof *recompute->scratch_offset),
        .rerun = memory_zeroed(layers, 1)};
    for (int l = a->layer_count - 1; l >= 0; l--) {
        const struct layer *layer = &a->layers[l];
        if (layer->output == NO_ACTIVATION)
            continue;
        if (layer->kind == LAYER_BN_RELU && layer->fused) {
            recompute->in_scratch[layer->output] = 1;
            continue;
        }
        const struct readers readers = readers_of(a, recompute->rerun, l);
        if (!readers.near || (readers.want_again && !layers_ops(layer->kind)->is_cheap))
            continue;
        recompute->in_scratch[layer->output] = 1;
        recompute->rerun[l] = (unsigned char)readers.want_again;
    }
    mark_forward_only(a, recompute->forward_only);
    size_t numbers = 0;
    for (int l = 0; l < a->layer_count; l++) {
        const int activation = a->layers[l].output;
        if (l == 0 || a->layers[l].section != a->layers[l - 1].section)
            numbers = 0;
        if (activation == NO_ACTIVATION || !recompute->in_scratch[activation] ||
            (a->layers[l].kind == LAYER_BN_RELU && a->layers[l].fused))
            continue;
        recompute->scratch_offset[activation] = numbers;
        numbers += activation_numbers[activation];
        if (numbers > recompute->numbers)
            recompute->numbers = numbers;
    }
}

void recompute_free(struct recompute *recompute)
{
    free(recompute->forward_only);
    free(recompute->in_scratch);
    free(recompute->scratch_offset);
    free(recompute->rerun);
    memset(recompute, 0, sizeof *recompute);
}
