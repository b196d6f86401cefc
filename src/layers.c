#include "layers.h"

#include "clones.h"
#include "error.h"

#include <math.h>
#include <string.h>

enum { CHUNK = 64 }; /* pixels summed in float before double takes over; a multiple of 4 */

#define BLOCK 16
#include "norm_kernels.h"
#undef BLOCK
#define BLOCK 8
#include "norm_kernels.h"
#undef BLOCK

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

static void check_extent(const struct extent *e)
{
    if (e->pixels % 4 != 0 || e->channels % e->block != 0 || (e->block != 8 && e->block != 16))
        BUG("a map whose pixels or channels the kernels cannot split");
}

static void clear_invalid(const struct extent *e, float *map)
{
    const size_t start = plane_at(e, e->count, 0), end = plane_at(e, e->pictures, 0);
    memset(map + start, 0, (end - start) * sizeof *map);
}

/* ---- Batch normalisation and ReLU ---------------------------------------------------------- */

static void clear_sums(const struct extent *e, double *sums)
{
    check_extent(e);
    const size_t bytes = (size_t)e->channels * sizeof *sums;
    memset(sums + e->wide_first, 0, bytes);
    memset(sums + e->wide_channels + e->wide_first, 0, bytes);
}

void layer_norm_sums(struct extent e, float *x, const float *addend, const float *pivot,
                     double *sums)
{
    clear_sums(&e, sums);
    for (int n = 0; n < e.count; n++) {
        for (int c = 0; c < e.channels; c += e.block) {
            const size_t at = plane_at(&e, n, c);
            const float *added = addend ? addend + at : NULL;
            const int w = e.wide_first + c;
            (e.block == 16 ? plane_sums16 : plane_sums8)(e.pixels, x + at, added, pivot + w,
                                                         sums + w, sums + e.wide_channels + w);
        }
    }
}

void layer_norm_add(struct extent e, float *x, const float *addend)
{
    for (int n = 0; n < e.count; n++) {
        for (int c = 0; c < e.channels; c += e.block) {
            const size_t at = plane_at(&e, n, c);
            (e.block == 16 ? plane_add16 : plane_add8)(e.pixels, x + at, addend + at);
        }
    }
}

void layer_norm_apply(struct extent e, const float *x, const float *scale, const float *shift,
                      float *out)
{
    for (int n = 0; n < e.count; n++) {
        for (int c = 0; c < e.channels; c += e.block) {
            const int w = e.wide_first + c;
            (e.block == 16 ? plane_apply16 : plane_apply8)(
                e.pixels, x + plane_at(&e, n, c), scale + w, shift + w, out + wide_at(&e, n, c));
        }
    }
}

void layer_norm_backward_sums(struct extent e, const struct norm_backward *in, double *sums)
{
    clear_sums(&e, sums);
    for (int n = 0; n < e.count; n++) {
        for (int c = 0; c < e.channels; c += e.block) {
            const int w = e.wide_first + c;
            (e.block == 16 ? plane_backward_sums16 : plane_backward_sums8)(
                e.pixels, in, in->x + plane_at(&e, n, c), wide_at(&e, n, c), w, sums + w,
                sums + e.wide_channels + w);
        }
    }
}

void layer_norm_backward_apply(struct extent e, const struct norm_backward *in,
                               const float *residual, float *out)
{
    for (int n = 0; n < e.count; n++) {
        for (int c = 0; c < e.channels; c += e.block) {
            const size_t at = plane_at(&e, n, c);
            const float *added = residual ? residual + at : NULL;
            (e.block == 16 ? plane_backward_apply16 : plane_backward_apply8)(
                e.pixels, in, in->x + at, wide_at(&e, n, c), e.wide_first + c, added, out + at);
        }
    }
    clear_invalid(&e, out);
}

/* ---- Shortcut of option A ------------------------------------------------------------------ */

struct shortcut_walk {
    size_t in_plane, out_plane; /* floats */
    int out_height, out_width;
};

static struct shortcut_walk walk_of(const struct shortcut_shape *s)
{
    const int out_height = (s->height + s->stride - 1) / s->stride;
    const int out_width = (s->width + s->stride - 1) / s->stride;
    return (struct shortcut_walk){
        .in_plane = (size_t)s->height * (size_t)s->width * (size_t)s->block,
        .out_plane = (size_t)out_height * (size_t)out_width * (size_t)s->block,
        .out_height = out_height,
        .out_width = out_width};
}

void layer_shortcut(struct shortcut_shape s, const float *x, float *out)
{
    const struct shortcut_walk w = walk_of(&s);
    const int in_blocks = s.channels / s.block, out_blocks = s.out_channels / s.block;
    const size_t block = (size_t)s.block;
    for (int n = 0; n < s.count; n++) {
        float *to = out + (size_t)(n * out_blocks) * w.out_plane;
        memset(to, 0, (size_t)out_blocks * w.out_plane * sizeof *to);
        for (int b = 0; b < in_blocks; b++) {
            const float *from = x + (size_t)(n * in_blocks + b) * w.in_plane;
            for (int y = 0; y < w.out_height; y++)
                for (int column = 0; column < w.out_width; column++, to += block)
                    memcpy(to, from + (size_t)(y * s.width + column) * (size_t)s.stride * block,
                           block * sizeof *to);
        }
    }
}

void layer_shortcut_backward(struct shortcut_shape s, const float *gradient, float *out)
{
    const struct shortcut_walk w = walk_of(&s);
    const int in_blocks = s.channels / s.block, out_blocks = s.out_channels / s.block;
    const size_t block = (size_t)s.block;
    memset(out, 0, (size_t)(s.pictures * in_blocks) * w.in_plane * sizeof *out);
    for (int n = 0; n < s.count; n++) {
        const float *from = gradient + (size_t)(n * out_blocks) * w.out_plane;
        for (int b = 0; b < in_blocks; b++) {
            float *to = out + (size_t)(n * in_blocks + b) * w.in_plane;
            for (int y = 0; y < w.out_height; y++)
                for (int column = 0; column < w.out_width; column++, from += block)
                    memcpy(to + (size_t)(y * s.width + column) * (size_t)s.stride * block, from,
                           block * sizeof *to);
        }
    }
}

/* ---- Mean of 2x2 pixels -------------------------------------------------------------------- */

void layer_pool(struct pool_shape s, const float *x, float *out)
{
    const int row = s.width * s.block, planes = s.count * s.channels / s.block;
    for (int plane = 0; plane < planes; plane++) {
        const float *from = x + (size_t)plane * (size_t)(s.height * row);
        for (int y = 0; y < s.height; y += 2)
            for (int column = 0; column < s.width; column += 2, out += s.block)
                for (int c = 0; c < s.block; c++) {
                    const float *corner = from + y * row + column * s.block + c;
                    out[c] = 0.25f * ((corner[0] + corner[s.block]) +
                                      (corner[row] + corner[row + s.block]));
                }
    }
}

void layer_pool_backward(struct pool_shape s, const float *gradient, float *out)
{
    const int row = s.width * s.block, planes = s.count * s.channels / s.block;
    const size_t plane_floats = (size_t)(s.height * row);
    for (int plane = 0; plane < planes; plane++) {
        float *to = out + (size_t)plane * plane_floats;
        for (int y = 0; y < s.height; y += 2)
            for (int column = 0; column < s.width; column += 2, gradient += s.block)
                for (int c = 0; c < s.block; c++) {
                    float *corner = to + y * row + column * s.block + c;
                    corner[0] = corner[s.block] = corner[row] = corner[row + s.block] =
                        0.25f * gradient[c];
                }
    }
    const size_t all = (size_t)(s.pictures * s.channels / s.block) * plane_floats;
    const size_t valid = (size_t)planes * plane_floats;
    memset(out + valid, 0, (all - valid) * sizeof *out);
}

/* ---- Dropout ------------------------------------------------------------------------------- */

void layer_dropout(struct extent e, double share, struct dropout_draws draws, const float *x,
                   float *out)
{
    const size_t floats = (size_t)e.channels * (size_t)e.pixels;
    const uint32_t limit = (uint32_t)(share * 0x1p32);
    const float scale = (float)(1 / (1 - share));
    for (int n = 0; n < e.count; n++) {
        for (size_t i = 0; i < floats; i += 4) {
            const struct rng_words w =
                rng_draw(draws.rng, draws.epoch, draws.first + (uint32_t)n, (uint32_t)(i / 4));
            for (size_t j = 0; j < 4; j++)
                out[i + j] = w.word[j] < limit ? 0.0f : scale * x[i + j];
        }
        x += floats;
        out += floats;
    }
    memset(out, 0, (size_t)(e.pictures - e.count) * floats * sizeof *out);
}

/* ---- Head ---------------------------------------------------------------------------------- */

/* The mean over the pixels of channel `place` of the map. */
static double pooled_at(const struct extent *e, const float *x, int picture, int place)
{
    const float *plane = x + plane_at(e, picture, place - place % e->block) + place % e->block;
    double sum = 0;
    for (int p = 0; p < e->pixels; p++)
        sum += (double)plane[p * e->block];
    return sum / e->pixels;
}

void layer_head(const struct head *head, const float *x, const int *labels, int batch,
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
                         float *x_gradient)
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
    memset(x_gradient, 0, plane_at(e, e->pictures, 0) * sizeof *x_gradient);
    for (int n = 0; n < e->count; n++) {
        for (int c = 0; c < head->channels; c++) {
            double sum = 0;
            for (int j = 0; j < head->classes; j++)
                sum += head->slopes[n * head->classes + j] *
                       (double)head->weights[j * head->channels + c];
            const int lane = head->places[c] % e->block;
            float *plane = x_gradient + plane_at(e, n, head->places[c] - lane) + lane;
            for (int p = 0; p < e->pixels; p++)
                plane[p * e->block] = (float)(sum / e->pixels);
        }
    }
}
