/*
 * map - a feature map of one shard: its shape, and where each number lies in memory.
 *
 * A map is [images][channels / block][pixels][block] floats, or [images][pixels][channels] bf16
 * (onednn.h). A `void *` is a map, and the precision beside it says which (precision.h). bf16 needs
 * blocks of 16. Layers compute in float or double and round when they write into a bf16 map.
 *
 * Of a map's `images` only the first `count` are valid. The others exist so that the convolutions
 * always run the same shape. Forward functions leave them alone (finite, unused). Backward
 * functions write zeros there, so that the gradient of a convolution's weights sees nothing of
 * them.
 */
#ifndef KDECAY_MAP_H
#define KDECAY_MAP_H

#include "network/precision.h"

#include <stddef.h>

struct extent {
    int images, count; /* in the shard; valid */
    int channels, height, width;
    int block; /* 8 or 16, a divisor of channels */
    enum precision precision;
    /* BN_RELU reads several maps side by side and writes one: `channels` of its wide_channels, from
     * wide_first on, come from this map. Other layers do not use these. */
    int wide_channels, wide_first;
};

/* The shape with `count` valid images. */
static inline struct extent map_valid(const struct extent *extent, int count)
{
    struct extent valid = *extent;
    valid.count = count;
    return valid;
}

static inline int map_pixels(const struct extent *e)
{
    return e->height * e->width;
}

/* Where the numbers of a pixel and a block of channels, from `channel` on, begin. */
static inline size_t map_offset(const struct extent *e, int image, int channel, int pixel)
{
    const size_t n = (size_t)image, c = (size_t)channel, p = (size_t)pixel;
    const size_t channels = (size_t)e->channels, pixels = (size_t)map_pixels(e);
    return e->precision == PRECISION_BF16 ? (n * pixels + p) * channels + c
                                          : (n * channels + c) * pixels + p * (size_t)e->block;
}

/* Where a pixel's channel `channel` lies. */
static inline size_t map_place(const struct extent *e, int image, int channel, int pixel)
{
    const int lane = channel % e->block;
    return map_offset(e, image, channel - lane, pixel) + (size_t)lane;
}

/* The number of an image's channel and pixel; channels as in memory. */
static inline float map_number(const struct extent *e, const void *map, int image, int channel,
                               int pixel)
{
    return map_get(e->precision, map, map_place(e, image, channel, pixel));
}

/* Zeros in the images from `from` to `to` - 1. */
static inline void map_clear(const struct extent *e, void *map, int from, int to)
{
    const size_t first = map_offset(e, from, 0, 0), end = map_offset(e, to, 0, 0);
    memset(map_plus(e->precision, map, first), 0, (end - first) * precision_bytes(e->precision));
}

static inline void map_clear_invalid(const struct extent *e, void *map)
{
    map_clear(e, map, e->count, e->images);
}

#endif
