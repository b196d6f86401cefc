#include "network/layout.h"

#include "base/memory.h"

#include <stdlib.h>

struct layout layout_create(size_t count, int outs, int ins, int taps)
{
    uint32_t *tables = memory_zeroed((size_t)(outs + ins + taps), sizeof *tables);
    return (struct layout){.count = count,
                           .outs = outs,
                           .ins = ins,
                           .taps = taps,
                           .out = tables,
                           .in = tables + outs,
                           .tap = tables + outs + ins};
}

void layouts_free(struct layouts *layouts)
{
    free(layouts->weights.out);
    free(layouts->forward.out);
    free(layouts->backward.out);
    *layouts = (struct layouts){0};
}

static struct layout select(const struct layout *from, int outs, const int *out_channels, int ins,
                            const int *in_channels)
{
    if (from->count == 0)
        return *from;
    struct layout layout = layout_create(from->count, outs, ins, from->taps);
    for (int o = 0; o < outs; o++)
        layout.out[o] = from->out[out_channels[o]];
    for (int i = 0; i < ins; i++)
        layout.in[i] = from->in[in_channels[i]];
    for (int t = 0; t < from->taps; t++)
        layout.tap[t] = from->tap[t];
    return layout;
}

struct layouts layouts_select(const struct layouts *from, int outs, const int *out_channels,
                              int ins, const int *in_channels)
{
    return (struct layouts){.weights = select(&from->weights, outs, out_channels, ins, in_channels),
                            .forward = select(&from->forward, outs, out_channels, ins, in_channels),
                            .backward =
                                select(&from->backward, outs, out_channels, ins, in_channels)};
}
