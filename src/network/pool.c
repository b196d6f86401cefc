#include "network/pool.h"

#include "network/layers.h"

static struct extent output_of(const struct extent *in)
{
    struct extent out = *in;
    out.height = in->height / 2;
    out.width = in->width / 2;
    return out;
}

/* The four pixels of the input whose mean is pixel `to` of the output. */
static void corners(const struct extent *in, int n, int c, int to, size_t at[4])
{
    const int first = to / (in->width / 2) * 2 * in->width + to % (in->width / 2) * 2;
    at[0] = map_offset(in, n, c, first);
    at[1] = map_offset(in, n, c, first + 1);
    at[2] = map_offset(in, n, c, first + in->width);
    at[3] = map_offset(in, n, c, first + in->width + 1);
}

void pool_forward(struct extent in, const void *x, void *out)
{
    const struct extent output = output_of(&in);
    const enum precision precision = in.precision;
    for (int n = 0; n < in.count; n++)
        for (int c = 0; c < in.channels; c += in.block)
            for (int to = 0; to < map_pixels(&output); to++) {
                const size_t first = map_offset(&output, n, c, to);
                size_t at[4];
                corners(&in, n, c, to, at);
                for (size_t i = 0; i < (size_t)in.block; i++) {
                    const float upper =
                        map_get(precision, x, at[0] + i) + map_get(precision, x, at[1] + i);
                    const float lower =
                        map_get(precision, x, at[2] + i) + map_get(precision, x, at[3] + i);
                    map_set(precision, out, first + i, 0.25f * (upper + lower));
                }
            }
}

void pool_backward(struct extent in, const void *gradient, void *out)
{
    const struct extent output = output_of(&in);
    const enum precision precision = in.precision;
    for (int n = 0; n < in.count; n++)
        for (int c = 0; c < in.channels; c += in.block)
            for (int from = 0; from < map_pixels(&output); from++) {
                const size_t first = map_offset(&output, n, c, from);
                size_t at[4];
                corners(&in, n, c, from, at);
                for (size_t i = 0; i < (size_t)in.block; i++)
                    for (int corner = 0; corner < 4; corner++)
                        map_set(precision, out, at[corner] + i,
                                0.25f * map_get(precision, gradient, first + i));
            }
    map_clear_invalid(&in, out);
}

/* ---- The layer ------------------------------------------------------------------------------ */

static void forward(const struct layer_call *call)
{
    pool_forward(call->in, call->x, call->out);
}

static void backward(const struct layer_call *call)
{
    pool_backward(call->in, call->gradient, call->target);
}

const struct layer_ops pool_ops = {.name = "pool", .forward = forward, .backward = backward};
