#include "network/layers.h"

#include "base/error.h"
#include "base/simd.h"

#include <immintrin.h>
#include <math.h>
#include <string.h>

#define KERNELS f32x16
#define BLOCK 16
#define PRECISION PRECISION_F32
#include "network/batch_norm_kernels.h"

#define KERNELS f32x8
#define BLOCK 8
#define PRECISION PRECISION_F32
#include "network/batch_norm_kernels.h"

#define KERNELS bf16x16
#define BLOCK 16
#define PRECISION PRECISION_BF16
#include "network/batch_norm_kernels.h"

#define KERNELS native_bf16x16
#define BLOCK 16
#define PRECISION PRECISION_BF16
#define NATIVE __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")))
#include "network/batch_norm_kernels.h"

static const struct bn_relu_kernels *bf16_kernels(void)
{
    return __builtin_cpu_supports("avx512bf16") ? &native_bf16x16 : &bf16x16;
}

static const struct bn_relu_kernels *kernels_of(const struct extent *e)
{
    if (e->pixels % 4 != 0 || e->channels % e->block != 0)
        BUG("a map whose pixels or channels the kernels cannot split");
    if (e->block == 16)
        return e->precision == PRECISION_BF16 ? bf16_kernels() : &f32x16;
    if (e->block != 8 || e->precision != PRECISION_F32)
        BUG("a map without kernels");
    return &f32x8;
}

/* Of one map. */
struct layout {
    enum precision precision;
    int channels, pixels, block;
};

/* Where the numbers of a pixel and a block of channels, from `channel` on, begin. */
static size_t offset_in(struct layout l, int image, int channel, int pixel)
{
    const size_t n = (size_t)image, c = (size_t)channel, p = (size_t)pixel;
    const size_t channels = (size_t)l.channels, pixels = (size_t)l.pixels;
    return l.precision == PRECISION_BF16 ? (n * pixels + p) * channels + c
                                         : (n * channels + c) * pixels + p * (size_t)l.block;
}

static struct layout layout_of(const struct extent *e)
{
    return (struct layout){e->precision, e->channels, e->pixels, e->block};
}

/* Where a pixel's channel `channel` lies. */
static size_t number_at(const struct extent *e, int image, int channel, int pixel)
{
    const int lane = channel % e->block;
    return offset_in(layout_of(e), image, channel - lane, pixel) + (size_t)lane;
}

float layer_number(const struct extent *e, const void *map, int image, int channel, int pixel)
{
    return map_get(e->precision, map, number_at(e, image, channel, pixel));
}

static struct layout wide_layout_of(const struct extent *e)
{
    return (struct layout){e->precision, e->wide_channels, e->pixels, e->block};
}

static struct plane_walk walk_of(const struct extent *e)
{
    return (struct plane_walk){.pixels = e->pixels,
                               .step = offset_in(layout_of(e), 0, 0, 1),
                               .wide_step = offset_in(wide_layout_of(e), 0, 0, 1)};
}

/* A map from the plane of an image and a block of channels on; NULL stays NULL. */
static void *plane(const struct extent *e, const void *map, int image, int channel)
{
    return map ? map_plus(e->precision, map, offset_in(layout_of(e), image, channel, 0)) : NULL;
}

static void *wide_plane(const struct extent *e, const void *map, int image, int channel)
{
    const int wide_channel = e->wide_first + channel;
    return map ? map_plus(e->precision, map, offset_in(wide_layout_of(e), image, wide_channel, 0))
               : NULL;
}

static void clear(enum precision precision, void *map, size_t from, size_t to)
{
    memset(map_plus(precision, map, from), 0, (to - from) * precision_bytes(precision));
}

static void clear_invalid(const struct extent *e, void *map)
{
    clear(e->precision, map, offset_in(layout_of(e), e->count, 0, 0),
          offset_in(layout_of(e), e->images, 0, 0));
}

/* ---- Batch normalisation and ReLU ---------------------------------------------------------- */

static void clear_sums(const struct extent *e, double *sums)
{
    const size_t bytes = (size_t)e->channels * sizeof *sums;
    memset(sums + e->wide_first, 0, bytes);
    memset(sums + e->wide_channels + e->wide_first, 0, bytes);
}

void bn_relu_sums(struct extent e, void *x, const void *addend, const float *pivot, double *sums)
{
    const struct bn_relu_kernels *kernels = kernels_of(&e);
    const struct plane_walk walk = walk_of(&e);
    clear_sums(&e, sums);
    for (int n = 0; n < e.count; n++) {
        for (int c = 0; c < e.channels; c += e.block) {
            const int w = e.wide_first + c;
            kernels->sums(walk, plane(&e, x, n, c), plane(&e, addend, n, c), pivot + w, sums + w,
                          sums + e.wide_channels + w);
        }
    }
}

void bn_relu_add(struct extent e, void *x, const void *addend)
{
    const struct bn_relu_kernels *kernels = kernels_of(&e);
    const struct plane_walk walk = walk_of(&e);
    for (int n = 0; n < e.count; n++)
        for (int c = 0; c < e.channels; c += e.block)
            kernels->add(walk, plane(&e, x, n, c), plane(&e, addend, n, c));
}

void bn_relu_apply(struct extent e, const void *x, const float *scale, const float *shift,
                   void *out)
{
    const struct bn_relu_kernels *kernels = kernels_of(&e);
    const struct plane_walk walk = walk_of(&e);
    for (int n = 0; n < e.count; n++) {
        for (int c = 0; c < e.channels; c += e.block) {
            const int w = e.wide_first + c;
            kernels->apply(walk, plane(&e, x, n, c), scale + w, shift + w,
                           wide_plane(&e, out, n, c));
        }
    }
}

static struct bn_relu_backward plane_of(const struct extent *e, const struct bn_relu_backward *in,
                                        int n, int c)
{
    struct bn_relu_backward moved = *in;
    moved.x = plane(e, in->x, n, c);
    moved.gradient = wide_plane(e, in->gradient, n, c);
    moved.gradient2 = wide_plane(e, in->gradient2, n, c);
    return moved;
}

void bn_relu_backward_sums(struct extent e, const struct bn_relu_backward *in, double *sums)
{
    const struct bn_relu_kernels *kernels = kernels_of(&e);
    const struct plane_walk walk = walk_of(&e);
    clear_sums(&e, sums);
    for (int n = 0; n < e.count; n++) {
        for (int c = 0; c < e.channels; c += e.block) {
            const struct bn_relu_backward at = plane_of(&e, in, n, c);
            const int w = e.wide_first + c;
            kernels->backward_sums(walk, &at, w, sums + w, sums + e.wide_channels + w);
        }
    }
}

void bn_relu_backward_apply(struct extent e, const struct bn_relu_backward *in,
                            const void *residual, void *out)
{
    const struct bn_relu_kernels *kernels = kernels_of(&e);
    const struct plane_walk walk = walk_of(&e);
    for (int n = 0; n < e.count; n++) {
        for (int c = 0; c < e.channels; c += e.block) {
            const struct bn_relu_backward at = plane_of(&e, in, n, c);
            kernels->backward_apply(walk, &at, e.wide_first + c, plane(&e, residual, n, c),
                                    plane(&e, out, n, c));
        }
    }
    clear_invalid(&e, out);
}

/* ---- Shortcut of option A ------------------------------------------------------------------ */

/* The maps of a shortcut or a pool: before it, and after. */
struct two_maps {
    struct layout in, out;
    int out_height, out_width;
};

static struct two_maps shortcut_maps(const struct shortcut_shape *s)
{
    const int height = (s->height + s->stride - 1) / s->stride;
    const int width = (s->width + s->stride - 1) / s->stride;
    return (struct two_maps){{s->precision, s->channels, s->height * s->width, s->block},
                             {s->precision, s->out_channels, height * width, s->block},
                             height,
                             width};
}

void layer_shortcut(struct shortcut_shape s, const void *x, void *out)
{
    const struct two_maps m = shortcut_maps(&s);
    const size_t bytes = (size_t)s.block * precision_bytes(s.precision);
    memset(out, 0, offset_in(m.out, s.count, 0, 0) * precision_bytes(s.precision));
    for (int n = 0; n < s.count; n++)
        for (int c = 0; c < s.channels; c += s.block)
            for (int row = 0; row < m.out_height; row++)
                for (int column = 0; column < m.out_width; column++) {
                    const int from = (row * s.width + column) * s.stride;
                    const int to = row * m.out_width + column;
                    memcpy(map_plus(s.precision, out, offset_in(m.out, n, c, to)),
                           map_plus(s.precision, x, offset_in(m.in, n, c, from)), bytes);
                }
}

void layer_shortcut_backward(struct shortcut_shape s, const void *gradient, void *out)
{
    const struct two_maps m = shortcut_maps(&s);
    const size_t bytes = (size_t)s.block * precision_bytes(s.precision);
    memset(out, 0, offset_in(m.in, s.images, 0, 0) * precision_bytes(s.precision));
    for (int n = 0; n < s.count; n++)
        for (int c = 0; c < s.channels; c += s.block)
            for (int row = 0; row < m.out_height; row++)
                for (int column = 0; column < m.out_width; column++) {
                    const int from = row * m.out_width + column;
                    const int to = (row * s.width + column) * s.stride;
                    memcpy(map_plus(s.precision, out, offset_in(m.in, n, c, to)),
                           map_plus(s.precision, gradient, offset_in(m.out, n, c, from)), bytes);
                }
}

/* ---- Mean of 2x2 pixels -------------------------------------------------------------------- */

static struct two_maps pool_maps(const struct pool_shape *s)
{
    const int height = s->height / 2, width = s->width / 2;
    return (struct two_maps){{s->precision, s->channels, s->height * s->width, s->block},
                             {s->precision, s->channels, height * width, s->block},
                             height,
                             width};
}

/* The four pixels of the input that pixel `to` of the output is the mean of. */
static void corners(const struct two_maps *m, int n, int c, int to, size_t at[4])
{
    const int width = 2 * m->out_width;
    const int first = to / m->out_width * 2 * width + to % m->out_width * 2;
    at[0] = offset_in(m->in, n, c, first);
    at[1] = offset_in(m->in, n, c, first + 1);
    at[2] = offset_in(m->in, n, c, first + width);
    at[3] = offset_in(m->in, n, c, first + width + 1);
}

void layer_pool(struct pool_shape s, const void *x, void *out)
{
    const struct two_maps m = pool_maps(&s);
    for (int n = 0; n < s.count; n++)
        for (int c = 0; c < s.channels; c += s.block)
            for (int to = 0; to < m.out.pixels; to++) {
                const size_t first = offset_in(m.out, n, c, to);
                size_t at[4];
                corners(&m, n, c, to, at);
                for (size_t i = 0; i < (size_t)s.block; i++) {
                    const float upper =
                        map_get(s.precision, x, at[0] + i) + map_get(s.precision, x, at[1] + i);
                    const float lower =
                        map_get(s.precision, x, at[2] + i) + map_get(s.precision, x, at[3] + i);
                    map_set(s.precision, out, first + i, 0.25f * (upper + lower));
                }
            }
}

void layer_pool_backward(struct pool_shape s, const void *gradient, void *out)
{
    const struct two_maps m = pool_maps(&s);
    for (int n = 0; n < s.count; n++)
        for (int c = 0; c < s.channels; c += s.block)
            for (int from = 0; from < m.out.pixels; from++) {
                const size_t first = offset_in(m.out, n, c, from);
                size_t at[4];
                corners(&m, n, c, from, at);
                for (size_t i = 0; i < (size_t)s.block; i++)
                    for (int corner = 0; corner < 4; corner++)
                        map_set(s.precision, out, at[corner] + i,
                                0.25f * map_get(s.precision, gradient, first + i));
            }
    clear(s.precision, out, offset_in(m.in, s.count, 0, 0), offset_in(m.in, s.images, 0, 0));
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

/* The mean over the pixels of channel `channel` of the map. */
static double pooled_at(const struct extent *e, const void *x, int image, int channel)
{
    double sum = 0;
    for (int p = 0; p < e->pixels; p++)
        sum += (double)layer_number(e, x, image, channel, p);
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
            pooled[c] = pooled_at(e, x, n, head->channel_index[c]);
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
    clear(e->precision, x_gradient, 0, offset_in(layout_of(e), e->images, 0, 0));
    for (int n = 0; n < e->count; n++) {
        for (int c = 0; c < head->channels; c++) {
            double sum = 0;
            for (int j = 0; j < head->classes; j++)
                sum += head->slopes[n * head->classes + j] *
                       (double)head->weights[j * head->channels + c];
            for (int p = 0; p < e->pixels; p++)
                map_set(e->precision, x_gradient, number_at(e, n, head->channel_index[c], p),
                        (float)(sum / e->pixels));
        }
    }
}
