#include "network/pool.h"

#include "base/simd.h"
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

/* Of `count` numbers each, the means of four pixels. */
CLONES static void mean_f32(int count, const float *x, const size_t at[4], float *restrict out)
{
    for (int i = 0; i < count; i++)
        out[i] = 0.25f * ((x[at[0] + (size_t)i] + x[at[1] + (size_t)i]) +
                          (x[at[2] + (size_t)i] + x[at[3] + (size_t)i]));
}

CLONES static void mean_bf16(int count, const bf16 *x, const size_t at[4], bf16 *restrict out)
{
    for (int i = 0; i < count; i++) {
        const float upper = bf16_widen(x[at[0] + (size_t)i]) + bf16_widen(x[at[1] + (size_t)i]);
        const float lower = bf16_widen(x[at[2] + (size_t)i]) + bf16_widen(x[at[3] + (size_t)i]);
        out[i] = bf16_round(0.25f * (upper + lower));
    }
}

/* A quarter of `count` numbers. */
CLONES static void quarter_f32(int count, const float *gradient, float *restrict out)
{
    for (int i = 0; i < count; i++)
        out[i] = 0.25f * gradient[i];
}

CLONES static void quarter_bf16(int count, const bf16 *gradient, bf16 *restrict out)
{
    for (int i = 0; i < count; i++)
        out[i] = bf16_round(0.25f * bf16_widen(gradient[i]));
}

void pool_forward(struct extent in, const void *x, void *out)
{
    const struct extent output = output_of(&in);
    for (int n = 0; n < in.count; n++)
        for (int c = 0; c < in.channels; c += in.block)
            for (int to = 0; to < map_pixels(&output); to++) {
                void *mean = map_plus(in.precision, out, map_offset(&output, n, c, to));
                size_t at[4];
                corners(&in, n, c, to, at);
                if (in.precision == PRECISION_BF16)
                    mean_bf16(in.block, x, at, mean);
                else
                    mean_f32(in.block, x, at, mean);
            }
}

void pool_backward(struct extent in, const void *gradient, void *out)
{
    const struct extent output = output_of(&in);
    const size_t bytes = (size_t)in.block * precision_bytes(in.precision);
    for (int n = 0; n < in.count; n++)
        for (int c = 0; c < in.channels; c += in.block)
            for (int from = 0; from < map_pixels(&output); from++) {
                const void *of = map_plus(in.precision, gradient, map_offset(&output, n, c, from));
                size_t at[4];
                corners(&in, n, c, from, at);
                void *first = map_plus(in.precision, out, at[0]);
                if (in.precision == PRECISION_BF16)
                    quarter_bf16(in.block, of, first);
                else
                    quarter_f32(in.block, of, first);
                for (int corner = 1; corner < 4; corner++)
                    memcpy(map_plus(in.precision, out, at[corner]), first, bytes);
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
