#include "network/shortcut.h"

#include "network/layers.h"

static struct extent output_of(const struct extent *in, int out_channels, int stride)
{
    struct extent out = *in;
    out.channels = out_channels;
    out.height = (in->height + stride - 1) / stride;
    out.width = (in->width + stride - 1) / stride;
    return out;
}

/* Copies the pixels that both maps have from one to the other. */
enum direction { FORWARD, BACKWARD };

static void copy_pixels(const struct extent *in, const struct extent *out, int stride,
                        enum direction direction, const void *from, void *to)
{
    const size_t bytes = (size_t)in->block * precision_bytes(in->precision);
    for (int n = 0; n < in->count; n++)
        for (int c = 0; c < in->channels; c += in->block)
            for (int row = 0; row < out->height; row++)
                for (int column = 0; column < out->width; column++) {
                    const size_t wide = map_offset(in, n, c, (row * in->width + column) * stride);
                    const size_t narrow = map_offset(out, n, c, row * out->width + column);
                    memcpy(map_plus(in->precision, to, direction == FORWARD ? narrow : wide),
                           map_plus(in->precision, from, direction == FORWARD ? wide : narrow),
                           bytes);
                }
}

void shortcut_forward(struct extent in, int out_channels, int stride, const void *x, void *out)
{
    const struct extent output = output_of(&in, out_channels, stride);
    map_clear(&output, out, 0, output.count);
    copy_pixels(&in, &output, stride, FORWARD, x, out);
}

void shortcut_backward(struct extent in, int out_channels, int stride, const void *gradient,
                       void *out)
{
    const struct extent output = output_of(&in, out_channels, stride);
    map_clear(&in, out, 0, in.images);
    copy_pixels(&in, &output, stride, BACKWARD, gradient, out);
}

/* ---- The layer ------------------------------------------------------------------------------ */

static int out_channels(const struct layer_call *call)
{
    return call->model->extents[call->layer->output].channels;
}

static void forward(const struct layer_call *call)
{
    shortcut_forward(call->in, out_channels(call), call->layer->stride, call->x, call->out);
}

static void backward(const struct layer_call *call)
{
    shortcut_backward(call->in, out_channels(call), call->layer->stride, call->gradient,
                      call->target);
}

const struct layer_ops shortcut_ops = {
    .name = "shortcut", .forward = forward, .backward = backward};
