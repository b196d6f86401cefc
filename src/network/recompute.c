#include "network/recompute.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

int passing_section(const struct architecture *architecture, int layer)
{
    int section = 0;
    for (int l = 0; l <= layer; l++)
        section += architecture->layers[l].kind == LAYER_NORM;
    return section;
}

static int reads(const struct layer *layer, int value)
{
    for (int i = 0; i < layer->input_count; i++)
        if (layer->inputs[i] == value)
            return 1;
    return layer->addend == value;
}

/* Whether all readers of layer l's output stand in its section, and none is a NORM; whether any of
 * them needs it in the backward pass, now that `again` is known of all later layers. */
struct readers {
    int near, want_again;
};

static struct readers readers_of(const struct architecture *a, const int *section,
                                 const unsigned char *again, int l)
{
    struct readers readers = {1, 0};
    for (int r = l + 1; r < a->layer_count; r++) {
        const struct layer *reader = &a->layers[r];
        if (!reads(reader, a->layers[l].output))
            continue;
        readers.near &= reader->kind != LAYER_NORM && section[r] == section[l];
        readers.want_again |= reader->kind == LAYER_CONVOLUTION || again[r];
    }
    return readers;
}

void passing_plan(struct passing *passing, const struct architecture *a,
                  const size_t *value_numbers)
{
    const size_t values = (size_t)a->value_count, layers = (size_t)a->layer_count;
    *passing = (struct passing){.is_passing = memory_zeroed(values, 1),
                                .place = memory_zeroed(values, sizeof *passing->place),
                                .again = memory_zeroed(layers, 1)};
    int *section = memory_zeroed(layers, sizeof *section);
    for (int l = 0; l < a->layer_count; l++)
        section[l] = passing_section(a, l);
    for (int l = a->layer_count - 1; l >= 0; l--) {
        const struct layer *layer = &a->layers[l];
        if (layer->output == NO_VALUE)
            continue;
        const struct readers readers = readers_of(a, section, passing->again, l);
        const int cheap =
            layer->kind == LAYER_NORM || layer->kind == LAYER_DROPOUT || layer->kind == LAYER_PAD;
        if (!readers.near || (readers.want_again && !cheap))
            continue;
        passing->is_passing[layer->output] = 1;
        passing->again[l] = (unsigned char)readers.want_again;
    }
    size_t numbers = 0;
    for (int l = 0; l < a->layer_count; l++) {
        const int value = a->layers[l].output;
        if (l == 0 || section[l] != section[l - 1])
            numbers = 0;
        if (value == NO_VALUE || !passing->is_passing[value])
            continue;
        passing->place[value] = numbers;
        numbers += value_numbers[value];
        if (numbers > passing->numbers)
            passing->numbers = numbers;
    }
    free(section);
}

void passing_free(struct passing *passing)
{
    free(passing->is_passing);
    free(passing->place);
    free(passing->again);
    memset(passing, 0, sizeof *passing);
}
