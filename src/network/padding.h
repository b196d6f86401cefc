/*
 * padding - what stands around a map when a 3x3 convolution looks beyond its border: free functions
 * over plain arrays.
 *
 * The Padding Layer PL(D, r) continues every channel across its border by a filter of its own: a
 * constant b and taps w[d][e], d = 0 .. D-1 pixels inward from the border, e = -r .. r pixels along
 * it. A map X of H x W becomes P of (H+2) x (W+2), whose inside is X. With the indices of X, so
 * that P has rows -1 .. H and columns -1 .. W, and i' the index i clamped to the map,
 *
 *     top      P[-1][x] = b + sum over d, e of w[d][e] X[d'][(x+e)']
 *     bottom   P[H][x]  = b + sum over d, e of w[d][e] X[(H-1-d)'][(x+e)']
 *     left     P[y][-1] = b + sum over d, e of w[d][e] X[(y+e)'][d']
 *     right    P[y][W]  = b + sum over d, e of w[d][e] X[(y+e)'][(W-1-d)']
 *
 * the sides being each other's reflections. A corner is the mean of what the filter makes of its
 * row of P and of its column of P, each read as a map that is one pixel across, on which all e meet
 * the same pixel; at the top left, with v[d] = sum over e of w[d][e],
 *
 *     P[-1][-1] = b + sum over d of v[d] (P[-1][d'] + P[d'][-1]) / 2
 *
 * Maps may be as small as 1x1: where D exceeds the map, the clamp repeats its last pixel.
 *
 * Some filters are old acquaintances: all 0 is zero padding; w[0][0] = 1 replicates the border,
 * w[1][0] = 1 reflects the map in its outermost pixels, w[.][0] = (2, -1) extrapolates linearly.
 * So there is one arithmetic for what is fixed and what is learned. No source defines the thesis's
 * layer: this is our reading, chosen as the least that contains those.
 *
 * Partial convolution padding [Liu et al., arXiv 1811.11718; NVIDIA/partialconv] is another thing:
 * with zeros outside, a convolution's output is multiplied by K^2 / (taps inside), position by
 * position: for 3x3 and stride 1 by 1.5 at an edge and by 2.25 in a corner.
 *
 * Maps are those of map.h; of their `images` the first `count` are valid, and a backward
 * function writes zeros to the rest. Sums are taken in float in a fixed order, channel by channel,
 * and rounded when they are written to a bf16 map; a corner is made of what stands there then.
 */
#ifndef KDECAY_PADDING_H
#define KDECAY_PADDING_H

#include "experiment/config.h"
#include "network/precision.h"

#include <stddef.h>

/* channels, height and width are those of X in memory. */
struct padding_shape {
    int images, count;
    int channels, height, width;
    int block;
    enum precision precision;
    int depth, reach;
};

/* The filter of a fixed padding: r = 0, b = 0, the same taps for all channels. */
struct padding_filter {
    int depth;
    float tap[2];
};

/* Of a padding that makes a ring without parameters. */
struct padding_filter padding_fixed(enum padding padding);

/* D (2r+1). A filter is [taps + 1][channels] floats: w in the order [d][e], then b. */
int padding_taps(int depth, int reach);

/* Floats of the `work` that a call of padding_backward() needs. */
size_t padding_work(const struct padding_shape *shape);

/* P from X. */
void padding_forward(struct padding_shape shape, const float *filter, const void *x, void *padded);

/* The gradient of X from that of P, and that of the filter (unless NULL). `padded` is P itself. */
void padding_backward(struct padding_shape shape, const float *filter, const void *padded,
                      const void *gradient, float *work, float *filter_gradient, void *x_gradient);

/* A convolution's output and what decides the taps inside: its window over a map of
 * in_height x in_width. */
struct partial_shape {
    int images, count;
    int channels, height, width;
    int block;
    enum precision precision;
    int in_height, in_width, kernel, stride, padding;
};

/* out = x times each position's ratio: forward as well as, since it is its own adjoint, backward.
 * The images beyond `count` become 0. */
void padding_partial(struct partial_shape shape, const void *x, void *out);

#endif
