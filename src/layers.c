#include "layers.h"

#include "error.h"

#include <math.h>
#include <string.h>

/* Compiled once for each of these instruction sets, chosen at the start of the program. Without
 * contraction to fused multiply-adds (-ffp-contract=off) all give the same bits. */
#define CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))

#define KERNELS f32x16
#define BLOCK 16
#define PRECISION PRECISION_F32
#include "norm_kernels.h"

#define KERNELS f32x8
#define BLOCK 8
#define PRECISION PRECISION_F32
#include "norm_kernels.h"

#define KERNELS bf16x16
#define BLOCK 16
#define PRECISION PRECISION_BF16
#include "norm_kernels.h"

static const struct norm_kernels *kernels_of(const struct extent *e)
{
    if (e->pixels % 4 != 0 || e->channels % e->block != 0)
        BUG("a map whose pixels or channels the kernels cannot split");
    if (e->block == 16)
        return e->precision == PRECISION_BF16 ? &bf16x16 : &f32x16;
    if (e->block != 8 || e->precision != PRECISION_F32)
        BUG("a map without kernels");
    return &f32x8;
}

/* Where the plane of a picture and a channel (the first of its block) starts: in the map itself,
 * and in the wide map. */
static size_t plane_at(const struct extent *e, int picture, int channel)
{
    return ((size_t)picture * (size_t)e->channels + (size_t)channel) * (size_t)e->pixels;
}

static size_t wide_at(const struct extent *e, int picture, int channel)
{
    return ((size_t)picture * (size_t)e->wide_channels + (size_t)(e->wide_first + channel)) *
           (size_t)e->pixels;
}

/* NULL stays NULL. */
static void *plane(const struct extent *e, const void *map, int picture, int channel)
{
    return map ? map_plus(e->precision, map, plane_at(e, picture, channel)) : NULL;
}

static void *wide_plane(const struct extent *e, const void *map, int picture, int channel)
{
    return map ? map_plus(e->precision, map, wide_at(e, picture, channel)) : NULL;
}

static void clear(enum precision precision, void *map, size_t from, size_t to)
{
    memset(map_plus(precision, map, from), 0, (to - from) * precision_bytes(precision));
}

static void clear_invalid(const struct extent *e, void *map)
{
    clear(e->precision, map, plane_at(e, e->count, 0), plane_at(e, e->pictures, 0));
}

/* ---- Batch normalisation and ReLU ---------------------------------------------------------- */

static void clear_sums(const struct extent *e, double *sums)
{
    const size_t bytes = (size_t)e->channels * sizeof *sums;
    memset(sums + e->wide_first, 0, bytes);
    memset(sums + e->wide_channels + e->wide_first, 0, bytes);
}

void layer_norm_sums(struct extent e, void *x, const void *addend, const float *pivot, double *sums)
{
    const struct norm_kernels *kernels = kernels_of(&e);
    clear_sums(&e, sums);
    for (int n = 0; n < e.count; n++) {
        for (int c = 0; c < e.channels; c += e.block) {
            const int w = e.wide_first + c;
            kernels->sums(e.pixels, plane(&e, x, n, c), plane(&e, addend, n, c), pivot + w,
                          sums + w, sums + e.wide_channels + w);
        }
    }
}

void layer_norm_add(struct extent e, void *x, const void *addend)
{
    const struct norm_kernels *kernels = kernels_of(&e);
    for (int n = 0; n < e.count; n++)
        for (int c = 0; c < e.channels; c += e.block)
            kernels->add(e.pixels, plane(&e, x, n, c), plane(&e, addend, n, c));
}

void layer_norm_apply(struct extent e, const void *x, const float *scale, const float *shift,
                      void *out)
{
    const struct norm_kernels *kernels = kernels_of(&e);
    for (int n = 0; n < e.count; n++) {
        for (int c = 0; c < e.channels; c += e.block) {
            const int w = e.wide_first + c;
            kernels->apply(e.pixels, plane(&e, x, n, c), scale + w, shift + w,
                           wide_plane(&e, out, n, c));
        }
    }
}

static struct norm_backward plane_of(const struct extent *e, const struct norm_backward *in, int n,
                                     int c)
{
    struct norm_backward moved = *in;
    moved.x = plane(e, in->x, n, c);
    moved.gradient = wide_plane(e, in->gradient, n, c);
    moved.gradient2 = wide_plane(e, in->gradient2, n, c);
    return moved;
}

void layer_norm_backward_sums(struct extent e, const struct norm_backward *in, double *sums)
{
    const struct norm_kernels *kernels = kernels_of(&e);
    clear_sums(&e, sums);
    for (int n = 0; n < e.count; n++) {
        for (int c = 0; c < e.channels; c += e.block) {
            const struct norm_backward at = plane_of(&e, in, n, c);
            const int w = e.wide_first + c;
            kernels->backward_sums(e.pixels, &at, w, sums + w, sums + e.wide_channels + w);
        }
    }
}

void layer_norm_backward_apply(struct extent e, const struct norm_backward *in,
                               const void *residual, void *out)
{
    const struct norm_kernels *kernels = kernels_of(&e);
    for (int n = 0; n < e.count; n++) {
        for (int c = 0; c < e.channels; c += e.block) {
            const struct norm_backward at = plane_of(&e, in, n, c);
            kernels->backward_apply(e.pixels, &at, e.wide_first + c, plane(&e, residual, n, c),
                                    plane(&e, out, n, c));
        }
    }
    clear_invalid(&e, out);
}

/* ---- Shortcut of option A ------------------------------------------------------------------ */

struct shortcut_walk {
    size_t in_plane, out_plane, pixel; /* bytes */
    int out_height, out_width;
};

static struct shortcut_walk walk_of(const struct shortcut_shape *s)
{
    const int out_height = (s->height + s->stride - 1) / s->stride;
    const int out_width = (s->width + s->stride - 1) / s->stride;
    const size_t pixel = (size_t)s->block * precision_bytes(s->precision);
    return (struct shortcut_walk){.in_plane = (size_t)s->height * (size_t)s->width * pixel,
                                  .out_plane = (size_t)out_height * (size_t)out_width * pixel,
                                  .pixel = pixel,
                                  .out_height = out_height,
                                  .out_width = out_width};
}

void layer_shortcut(struct shortcut_shape s, const void *x, void *out)
{
    const struct shortcut_walk w = walk_of(&s);
    const int in_blocks = s.channels / s.block, out_blocks = s.out_channels / s.block;
    for (int n = 0; n < s.count; n++) {
        char *to = (char *)out + (size_t)(n * out_blocks) * w.out_plane;
        memset(to, 0, (size_t)out_blocks * w.out_plane);
        for (int b = 0; b < in_blocks; b++) {
            const char *from = (const char *)x + (size_t)(n * in_blocks + b) * w.in_plane;
            for (int y = 0; y < w.out_height; y++)
                for (int column = 0; column < w.out_width; column++, to += w.pixel)
                    memcpy(to, from + (size_t)(y * s.width + column) * (size_t)s.stride * w.pixel,
                           w.pixel);
        }
    }
}

void layer_shortcut_backward(struct shortcut_shape s, const void *gradient, void *out)
{
    const struct shortcut_walk w = walk_of(&s);
    const int in_blocks = s.channels / s.block, out_blocks = s.out_channels / s.block;
    memset(out, 0, (size_t)(s.pictures * in_blocks) * w.in_plane);
    for (int n = 0; n < s.count; n++) {
        const char *from = (const char *)gradient + (size_t)(n * out_blocks) * w.out_plane;
        for (int b = 0; b < in_blocks; b++) {
            char *to = (char *)out + (size_t)(n * in_blocks + b) * w.in_plane;
            for (int y = 0; y < w.out_height; y++)
                for (int column = 0; column < w.out_width; column++, from += w.pixel)
                    memcpy(to + (size_t)(y * s.width + column) * (size_t)s.stride * w.pixel, from,
                           w.pixel);
        }
    }
}

/* ---- Mean of 2x2 pixels -------------------------------------------------------------------- */

/* Where the upper left of the 2x2 pixels `pixel` (of the output) lies in the input. */
static size_t corner_at(const struct pool_shape *s, size_t pixel)
{
    const size_t width = (size_t)s->width, half = width / 2;
    return (pixel / half * 2 * width + pixel % half * 2) * (size_t)s->block;
}

static size_t pooled_pixels(const struct pool_shape *s, int pictures)
{
    return (size_t)(pictures * s->channels / s->block) * (size_t)(s->height * s->width / 4);
}

void layer_pool(struct pool_shape s, const void *x, void *out)
{
    const size_t block = (size_t)s.block, row = (size_t)s.width * block;
    for (size_t pixel = 0; pixel < pooled_pixels(&s, s.count); pixel++) {
        for (size_t c = 0; c < block; c++) {
            const size_t at = corner_at(&s, pixel) + c;
            const float upper = map_get(s.precision, x, at) + map_get(s.precision, x, at + block);
            const float lower =
                map_get(s.precision, x, at + row) + map_get(s.precision, x, at + row + block);
            map_set(s.precision, out, pixel * block + c, 0.25f * (upper + lower));
        }
    }
}

void layer_pool_backward(struct pool_shape s, const void *gradient, void *out)
{
    const size_t block = (size_t)s.block, row = (size_t)s.width * block;
    const size_t valid = pooled_pixels(&s, s.count);
    for (size_t pixel = 0; pixel < valid; pixel++) {
        for (size_t c = 0; c < block; c++) {
            const size_t at = corner_at(&s, pixel) + c;
            const float value = 0.25f * map_get(s.precision, gradient, pixel * block + c);
            map_set(s.precision, out, at, value);
            map_set(s.precision, out, at + block, value);
            map_set(s.precision, out, at + row, value);
            map_set(s.precision, out, at + row + block, value);
        }
    }
    clear(s.precision, out, 4 * block * valid, 4 * block * pooled_pixels(&s, s.pictures));
}

/* ---- Dropout ------------------------------------------------------------------------------- */

void layer_dropout(struct extent e, double share, struct dropout_draws draws, const void *x,
                   void *out)
{
    const size_t numbers = (size_t)e.channels * (size_t)e.pixels;
    const uint32_t limit = (uint32_t)(share * 0x1p32);
    const float scale = (float)(1 / (1 - share));
    for (int n = 0; n < e.count; n++) {
        const size_t first = (size_t)n * numbers;
        for (size_t i = 0; i < numbers; i += 4) {
            const struct rng_words w =
                rng_draw(draws.rng, draws.epoch, draws.first + (uint32_t)n, (uint32_t)(i / 4));
            for (size_t j = 0; j < 4; j++) {
                const size_t at = first + i + j;
                map_set(e.precision, out, at,
                        w.word[j] < limit ? 0.0f : scale * map_get(e.precision, x, at));
            }
        }
    }
    clear_invalid(&e, out);
}

/* ---- Head ---------------------------------------------------------------------------------- */

/* The mean over the pixels of channel `place` of the map. */
static double pooled_at(const struct extent *e, const void *x, int picture, int place)
{
    const int lane = place % e->block;
    const void *from = plane(e, x, picture, place - lane);
    double sum = 0;
    for (int p = 0; p < e->pixels; p++)
        sum += (double)map_get(e->precision, from, (size_t)(p * e->block + lane));
    return sum / e->pixels;
}

void layer_head(const struct head *head, const void *x, const int *labels, int batch,
                double *losses, int *wrong)
{
    const struct extent *e = &head->extent;
    for (int n = 0; n < e->count; n++) {
        double *pooled = head->pooled + n * head->channels;
        double *logits = head->logits + n * head->classes;
        double *slopes = head->slopes + n * head->classes;
        for (int c = 0; c < head->channels; c++)
            pooled[c] = pooled_at(e, x, n, head->places[c]);
        int best = 0;
        for (int j = 0; j < head->classes; j++) {
            const float *weights = head->weights + j * head->channels;
            double sum = (double)head->bias[j];
            for (int c = 0; c < head->channels; c++)
                sum += (double)weights[c] * pooled[c];
            logits[j] = sum;
            if (sum > logits[best])
                best = j;
        }
        double total = 0;
        const double largest = logits[best], own = logits[labels[n]];
        for (int j = 0; j < head->classes; j++)
            total += exp(logits[j] - largest);
        losses[n] = log(total) + (largest - own);
        wrong[n] = best != labels[n];
        for (int j = 0; j < head->classes; j++)
            slopes[j] = (exp(logits[j] - largest) / total - (j == labels[n])) / batch;
    }
}

void layer_head_backward(const struct head *head, float *weight_gradient, float *bias_gradient,
                         void *x_gradient)
{
    const struct extent *e = &head->extent;
    for (int j = 0; j < head->classes; j++) {
        double bias = 0;
        for (int n = 0; n < e->count; n++)
            bias += head->slopes[n * head->classes + j];
        bias_gradient[j] = (float)bias;
        for (int c = 0; c < head->channels; c++) {
            double sum = 0;
            for (int n = 0; n < e->count; n++)
                sum += head->slopes[n * head->classes + j] * head->pooled[n * head->channels + c];
            weight_gradient[j * head->channels + c] = (float)sum;
        }
    }
    clear(e->precision, x_gradient, 0, plane_at(e, e->pictures, 0));
    for (int n = 0; n < e->count; n++) {
        for (int c = 0; c < head->channels; c++) {
            double sum = 0;
            for (int j = 0; j < head->classes; j++)
                sum += head->slopes[n * head->classes + j] *
                       (double)head->weights[j * head->channels + c];
            const int lane = head->places[c] % e->block;
            void *to = plane(e, x_gradient, n, head->places[c] - lane);
            for (int p = 0; p < e->pixels; p++)
                map_set(e->precision, to, (size_t)(p * e->block + lane), (float)(sum / e->pixels));
        }
    }
}
