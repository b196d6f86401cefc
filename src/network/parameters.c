#include "network/parameters.h"

#include "base/memory.h"
#include "base/rng.h"
#include "network/pairwise_sum.h"
#include "network/row_search.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_FLOATS = CACHE_LINE / sizeof(float) };

static size_t round_up(size_t floats)
{
    return (floats + LINE_FLOATS - 1) / LINE_FLOATS * LINE_FLOATS;
}

int parameters_add(struct parameters *p, const struct tensor *like)
{
    p->tensors = memory_resize(p->tensors, (size_t)p->count + 1, sizeof *p->tensors);
    struct tensor *tensor = &p->tensors[p->count];
    *tensor = *like;
    tensor->count = 1;
    for (int d = 0; d < tensor->dim_count; d++)
        tensor->count *= (size_t)tensor->dims[d];
    tensor->floats = tensor->layouts.weights.count ? tensor->layouts.weights.count : tensor->count;
    return p->count++;
}

/* The arenas' parts, in order. */
enum part { DECAYED_BY_SHARDS, DECAYED, UNDECAYED_BY_SHARDS, UNDECAYED, GENERATED, RUNNING };

static enum part part_of(const struct tensor *tensor)
{
    if (tensor->generated)
        return GENERATED;
    if (!tensor->trained)
        return RUNNING;
    if (tensor->section == NO_SECTION)
        return tensor->decayed ? DECAYED : UNDECAYED;
    return tensor->decayed ? DECAYED_BY_SHARDS : UNDECAYED_BY_SHARDS;
}

size_t parameters_end(const struct tensor *tensor)
{
    return tensor->offset + round_up(tensor->floats);
}

size_t parameters_scratch_floats(size_t shards, size_t section_floats)
{
    enum { SMALL = 1 << 22 }; /* 16 MiB */
    const size_t floats = shards * section_floats;
    return floats <= SMALL ? 2 * floats : floats;
}

static void place_in_sections(struct parameters *p)
{
    for (int i = 0; i < p->count; i++) {
        struct tensor *tensor = &p->tensors[i];
        if (tensor->section == NO_SECTION)
            continue;
        tensor->section_offset = 0;
        for (const struct tensor *other = p->tensors; other < tensor; other++)
            if (other->section == tensor->section)
                tensor->section_offset += round_up(other->floats);
        const size_t floats = tensor->section_offset + round_up(tensor->floats);
        if (floats > p->section_floats)
            p->section_floats = floats;
    }
}

void parameters_allocate(struct parameters *p, int shards)
{
    size_t backward = 0, forward = 0;
    p->floats = 0;
    for (enum part part = DECAYED_BY_SHARDS; part <= RUNNING; part++) {
        for (int i = 0; i < p->count; i++) {
            struct tensor *tensor = &p->tensors[i];
            if (part_of(tensor) != part)
                continue;
            tensor->offset = p->floats;
            p->floats = parameters_end(tensor);
            tensor->backward_offset = backward;
            backward += round_up(tensor->layouts.backward.count);
            tensor->forward_offset = forward;
            forward += round_up(tensor->layouts.forward.count);
        }
        if (part == DECAYED)
            p->decayed_floats = p->floats;
        if (part == UNDECAYED)
            p->trained_floats = p->floats;
        if (part == GENERATED)
            p->slope_floats = p->floats;
    }
    for (int i = 0; i < p->count; i++)
        if (p->budget && p->tensors[i].block)
            p->tensors[i].open = memory_zeroed((size_t)p->tensors[i].dims[0], 1);
    p->shards = shards;
    place_in_sections(p);
    p->weight = memory_floats(p->floats);
    p->momentum = memory_floats(p->trained_floats);
    p->forward = memory_aligned(forward, precision_bytes(p->precision));
    p->backward = memory_aligned(backward, precision_bytes(p->precision));
    p->gradient = memory_floats(p->slope_floats);
    const size_t scratch = (size_t)shards * p->section_floats;
    p->scratch[0] = memory_floats(scratch);
    p->scratch[1] = parameters_scratch_floats((size_t)shards, p->section_floats) > scratch
                        ? memory_floats(scratch)
                        : p->scratch[0];
}

void parameters_free(struct parameters *p)
{
    if (p->scratch[1] != p->scratch[0])
        free(p->scratch[1]);
    free(p->scratch[0]);
    for (int i = 0; i < p->count; i++) {
        free(p->tensors[i].open);
        layouts_free(&p->tensors[i].layouts);
    }
    free(p->gradient);
    free(p->weight);
    free(p->momentum);
    free(p->forward);
    free(p->backward);
    free(p->tensors);
    memset(p, 0, sizeof *p);
}

static void draw(const struct tensor *tensor, struct rng rng, uint32_t item, float *values)
{
    switch (tensor->initial) {
    case INITIAL_HE_OUT:
    case INITIAL_HE_IN: {
        const int channels = tensor->dims[tensor->initial == INITIAL_HE_IN];
        rng_normal(rng, item, sqrt(2.0 / (channels * tensor->dims[2] * tensor->dims[3])), values,
                   tensor->count);
        break;
    }
    case INITIAL_NORMAL:
        rng_normal(rng, item, tensor->deviation, values, tensor->count);
        break;
    case INITIAL_UNIT:
        for (size_t i = 0; i < tensor->count; i++) /* 24 bits: below 1 in a float, too */
            values[i] = (float)(rng_draw(rng, 0, item, (uint32_t)i).word[0] >> 8) * 0x1p-24f;
        break;
    case INITIAL_UNIFORM:
        for (size_t i = 0; i < tensor->count; i++) {
            const uint32_t word = rng_draw(rng, 0, item, (uint32_t)i).word[0];
            values[i] = (float)((((double)word + 0.5) * 0x1p-31 - 1) / sqrt(tensor->dims[1]));
        }
        break;
    case INITIAL_ZERO:
    case INITIAL_ONE:
        for (size_t i = 0; i < tensor->count; i++)
            values[i] = tensor->initial == INITIAL_ONE;
        break;
    }
}

void parameters_clear_momentum(struct parameters *p)
{
    memset(p->momentum, 0, p->trained_floats * sizeof *p->momentum);
}

void parameters_initialise(struct parameters *p, uint32_t seed)
{
    const struct rng rng = {seed, RNG_INITIALISE};
    parameters_clear_momentum(p);
    uint32_t item = 0;
    for (int i = 0; i < p->count; i++) {
        if (p->tensors[i].generated)
            continue;
        float *values = memory_floats(p->tensors[i].count);
        draw(&p->tensors[i], rng, item++, values);
        parameters_set(p, i, TENSOR_WEIGHT, values);
        free(values);
    }
}

float *parameters_shard_gradient(const struct parameters *p, int index, int shard)
{
    const struct tensor *tensor = &p->tensors[index];
    return p->scratch[tensor->section % 2] + (size_t)(shard - p->first_shard) * p->section_floats +
           tensor->section_offset;
}

void parameters_reduce(struct parameters *p, int index, int worker, int workers)
{
    enum { PIECE = 1024 }; /* floats: all shards' pieces stay in the first-level cache */
    const struct tensor *tensor = &p->tensors[index];
    const size_t line = CACHE_LINE / sizeof(float), lines = round_up(tensor->floats) / line;
    const size_t end = lines * (size_t)(worker + 1) / (size_t)workers * line;
    float *gradient = p->gradient + tensor->offset;
    for (size_t piece = lines * (size_t)worker / (size_t)workers * line; piece < end;
         piece += PIECE) {
        const size_t stop = piece + PIECE < end ? piece + PIECE : end;
        float *first = parameters_shard_gradient(p, index, p->first_shard) + piece;
        pairwise_sum(first, p->section_floats, p->shards, stop - piece);
        memcpy(gradient + piece, first, (stop - piece) * sizeof *gradient);
    }
}

const void *parameters_forward(const struct parameters *p, int index)
{
    const struct tensor *tensor = &p->tensors[index];
    return tensor->layouts.forward.count
               ? map_plus(p->precision, p->forward, tensor->forward_offset)
               : p->weight + tensor->offset;
}

const void *parameters_backward(const struct parameters *p, int index)
{
    return map_plus(p->precision, p->backward, p->tensors[index].backward_offset);
}

/* Copy a tensor's values to another layout, if there is one. */
static void renew(const struct parameters *p, const struct tensor *tensor, const struct layout *to,
                  void *copy)
{
    const float *value = p->weight + tensor->offset;
    const struct layout *from = &tensor->layouts.weights;
    for (int o = 0; o < to->outs; o++)
        for (int i = 0; i < to->ins; i++)
            for (int t = 0; t < to->taps; t++)
                map_set(p->precision, copy, layout_place(to, o, i, t),
                        value[layout_place(from, o, i, t)]);
}

/* ---- Weight Blocks -------------------------------------------------------------------------- */

/* The weights' gradient or values, [out][in][tap] in their layout, to M [out][tap][in] or back. */
enum direction { TO_MATRIX, FROM_MATRIX };

static void transpose(const struct tensor *weights, enum direction direction, float *layout,
                      float *m)
{
    const struct layout *places = &weights->layouts.weights;
    for (int o = 0; o < places->outs; o++) {
        for (int i = 0; i < places->ins; i++) {
            for (int tap = 0; tap < SLOT_TAPS; tap++) {
                float *number = &m[(o * SLOT_TAPS + tap) * places->ins + i];
                float *place = &layout[layout_place(places, o, i, tap)];
                *(direction == TO_MATRIX ? number : place) =
                    *(direction == TO_MATRIX ? place : number);
            }
        }
    }
}

static void generate(const struct parameters *p, const struct tensor *rows)
{
    const struct tensor *weights = &p->tensors[rows->weights];
    const size_t in = (size_t)rows->dims[1];
    float *m = memory_floats(weights->count), *open = memory_floats(rows->count);
    memcpy(open, p->weight + rows->offset, rows->count * sizeof *open);
    for (size_t j = 0; rows->open && j < (size_t)rows->dims[0]; j++)
        if (!rows->open[j])
            memset(open + j * in, 0, in * sizeof *open);
    weight_block_generate(rows->block, rows->dims[1], open, m);
    transpose(weights, FROM_MATRIX, p->weight + weights->offset, m);
    free(open);
    free(m);
}

void parameters_choose_rows(struct parameters *p)
{
    struct row_candidates *layers = memory_zeroed((size_t)p->count, sizeof *layers);
    int count = 0;
    for (int i = 0; i < p->count; i++) {
        const struct tensor *rows = &p->tensors[i];
        if (rows->open)
            layers[count++] = (struct row_candidates){p->weight + rows->offset, rows->dims[0],
                                                      rows->dims[1], rows->open};
    }
    if (count > 0)
        row_search_choose(layers, count, p->budget);
    free(layers);
}

void parameters_pull_back(struct parameters *p, int index)
{
    const struct tensor *rows = &p->tensors[index];
    if (!rows->block)
        return;
    const struct tensor *weights = &p->tensors[rows->weights];
    float *m = memory_floats(weights->count);
    transpose(weights, TO_MATRIX, p->gradient + weights->offset, m);
    weight_block_adjoint(rows->block, rows->dims[1], m, p->gradient + rows->offset);
    free(m);
}

void parameters_add_decay(struct parameters *p, int index, float decay)
{
    const struct tensor *rows = &p->tensors[index];
    if (rows->block)
        weight_block_decay(rows->block, rows->dims[1], decay, p->weight + rows->offset,
                           p->gradient + rows->offset);
}

/* ---- Copies --------------------------------------------------------------------------------- */

/* Nobody but the rows of a Weight Block renews its weights, so that tensors can be renewed by
 * several threads. */
void parameters_renew_copies(struct parameters *p, int index)
{
    const struct tensor *tensor = &p->tensors[index];
    if (tensor->generated)
        return;
    if (tensor->block) {
        generate(p, tensor);
        tensor = &p->tensors[tensor->weights];
    }
    renew(p, tensor, &tensor->layouts.forward,
          map_plus(p->precision, p->forward, tensor->forward_offset));
    renew(p, tensor, &tensor->layouts.backward,
          map_plus(p->precision, p->backward, tensor->backward_offset));
}

static float *arena(const struct parameters *p, enum tensor_state state)
{
    return state == TENSOR_WEIGHT     ? p->weight
           : state == TENSOR_MOMENTUM ? p->momentum
                                      : p->gradient;
}

void parameters_get(const struct parameters *p, int index, enum tensor_state state, float *out)
{
    const struct tensor *tensor = &p->tensors[index];
    const struct layout *layout = &tensor->layouts.weights;
    const float *from = arena(p, state) + tensor->offset;
    if (layout->count == 0)
        memcpy(out, from, tensor->count * sizeof *out);
    for (int o = 0; o < layout->outs; o++)
        for (int i = 0; i < layout->ins; i++)
            for (int t = 0; t < layout->taps; t++)
                *out++ = from[layout_place(layout, o, i, t)];
}

void parameters_set(struct parameters *p, int index, enum tensor_state state, const float *in)
{
    const struct tensor *tensor = &p->tensors[index];
    const struct layout *layout = &tensor->layouts.weights;
    float *to = arena(p, state) + tensor->offset;
    if (layout->count == 0)
        memcpy(to, in, tensor->count * sizeof *to);
    for (int o = 0; o < layout->outs; o++)
        for (int i = 0; i < layout->ins; i++)
            for (int t = 0; t < layout->taps; t++)
                to[layout_place(layout, o, i, t)] = *in++;
    if (state != TENSOR_WEIGHT)
        return;
    if (!tensor->open) {
        parameters_renew_copies(p, index);
        return;
    }
    parameters_choose_rows(p); /* what other rows are open may change */
    for (int i = 0; i < p->count; i++)
        if (p->tensors[i].open)
            parameters_renew_copies(p, i);
}

int parameters_is_kept(const struct tensor *tensor, enum tensor_state state)
{
    return !tensor->generated && (state == TENSOR_WEIGHT || tensor->trained);
}

struct digest parameters_digest(const struct parameters *p)
{
    size_t total = 0;
    for (int i = 0; i < p->count; i++)
        for (enum tensor_state state = TENSOR_WEIGHT; state <= TENSOR_MOMENTUM; state++)
            total += parameters_is_kept(&p->tensors[i], state) ? p->tensors[i].count : 0;
    float *all = memory_floats(total), *at = all;
    for (enum tensor_state state = TENSOR_WEIGHT; state <= TENSOR_MOMENTUM; state++) {
        for (int i = 0; i < p->count; i++) {
            if (!parameters_is_kept(&p->tensors[i], state))
                continue;
            parameters_get(p, i, state, at);
            at += p->tensors[i].count;
        }
    }
    const struct digest digest = digest_of(all, total * sizeof *all);
    free(all);
    return digest;
}
