/*
 * layout - where the elements of a tensor lie in memory.
 *
 * The canonical order of a tensor is [out][in][tap]. Kernels want their weights in other orders, in
 * blocks of channels, and some with padding. In each of these layouts an element's place is the sum
 * of three numbers, one of each of its indices:
 *
 *     place(o, i, t) = out[o] + in[i] + tap[t]
 *
 * So the layout of 512 x 512 x 9 weights takes a thousand numbers, not two million. Blocks allow it:
 * the index of a block and the index within it both depend on the channel alone.
 */
#ifndef KDECAY_LAYOUT_H
#define KDECAY_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

struct layout {
    size_t count;             /* numbers in memory, padding included; 0: there is no such layout */
    int outs, ins, taps;      /* of the canonical order */
    uint32_t *out, *in, *tap; /* owned */
};

/* Of a convolution: of its weights and their gradient, and of the copies of the weights that the
 * forward and the backward pass read. Without a `forward` that pass reads the weights themselves;
 * without a `backward` nothing does. */
struct layouts {
    struct layout weights, forward, backward;
};

/* Tables of zeros, which the caller fills. Free them with layouts_free(). */
struct layout layout_create(size_t count, int outs, int ins, int taps);
void layouts_free(struct layouts *layouts);

/* The layouts of those output and input channels alone: channel o of the new ones is
 * out_channels[o] of `from`. */
struct layouts layouts_select(const struct layouts *from, int outs, const int *out_channels,
                              int ins, const int *in_channels);

static inline size_t layout_place(const struct layout *layout, int out, int in, int tap)
{
    return (size_t)layout->out[out] + layout->in[in] + layout->tap[tap];
}

/* The place of element `index` of the canonical order. Without a layout this order is the one in
 * memory. */
static inline size_t layout_place_of(const struct layout *layout, size_t index)
{
    if (layout->count == 0)
        return index;
    const size_t taps = (size_t)layout->taps, ins = (size_t)layout->ins;
    return layout_place(layout, (int)(index / taps / ins), (int)(index / taps % ins),
                        (int)(index % taps));
}

#endif
