#include "layers.h"

#include "error.h"

#include <math.h>
#include <string.h>

/* Compiled once for each of these instruction sets, chosen at the start of the program. Without
 * contraction to fused multiply-adds (-ffp-contract=off) all give the same bits. */
#define CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))

enum { CHUNK = 64 }; /* pixels summed in float before double takes over; a multiple of 4 */

#define BLOCK 16
#include "norm_kernels.h"
#undef BLOCK
#define BLOCK 8
#include "norm_kernels.h"
#undef BLOCK

/* Where the plane of a picture and a channel (the first of its block) starts. */
static size_t plane_at(const struct extent *e, int picture, int channel)
{
    return ((size_t)picture * (size_t)e->channels + (size_t)channel) * (size_t)e->pixels;
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

void layer_norm_sums(struct extent e, float *x, const float *addend, const float *pivot,
                     double *sums)
{
    check_extent(&e);
    memset(sums, 0, 2 * (size_t)e.channels * sizeof *sums);
    for (int n = 0; n < e.count; n++) {
        for (int c = 0; c < e.channels; c += e.block) {
            const size_t at = plane_at(&e, n, c);
            const float *added = addend ? addend + at : NULL;
            (e.block == 16 ? plane_sums16 : plane_sums8)(e.pixels, x + at, added, pivot + c,
                                                         sums + c, sums + e.channels + c);
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
            const size_t at = plane_at(&e, n, c);
            (e.block == 16 ? plane_apply16 : plane_apply8)(e.pixels, x + at, scale + c, shift + c,
                                                           out + at);
        }
    }
}

void layer_norm_backward_sums(struct extent e, const struct norm_backward *in, double *sums)
{
    check_extent(&e);
    memset(sums, 0, 2 * (size_t)e.channels * sizeof *sums);
    for (int n = 0; n < e.count; n++) {
        for (int c = 0; c < e.channels; c += e.block) {
            (e.block == 16 ? plane_backward_sums16 : plane_backward_sums8)(
                e.pixels, in, plane_at(&e, n, c), c, sums + c, sums + e.channels + c);
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
            (e.block == 16 ? plane_backward_apply16 : plane_backward_apply8)(e.pixels, in, at, c,
                                                                             added, out + at);
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

/* ---- Head ---------------------------------------------------------------------------------- */

static void pool(const struct extent *e, const float *x, int picture, double *pooled)
{
    for (int c = 0; c < e->channels; c += e->block) {
        const float *plane = x + plane_at(e, picture, c);
        for (int lane = 0; lane < e->block; lane++) {
            double sum = 0;
            for (int p = 0; p < e->pixels; p++)
                sum += (double)plane[p * e->block + lane];
            pooled[c + lane] = sum / e->pixels;
        }
    }
}

void layer_head(const struct head *head, const float *x, const int *labels, int batch,
                double *losses, int *wrong)
{
    const struct extent *e = &head->extent;
    for (int n = 0; n < e->count; n++) {
        double *pooled = head->pooled + n * e->channels, *logits = head->logits + n * head->classes;
        pool(e, x, n, pooled);
        int best = 0;
        for (int j = 0; j < head->classes; j++) {
            const float *weights = head->weights + j * e->channels;
            double sum = (double)head->bias[j];
            for (int c = 0; c < e->channels; c++)
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
            logits[j] = (exp(logits[j] - largest) / total - (j == labels[n])) / batch;
    }
}

void layer_head_backward(const struct head *head, float *weight_gradient, float *bias_gradient,
                         float *x_gradient)
{
    const struct extent *e = &head->extent;
    for (int j = 0; j < head->classes; j++) {
        double bias = 0;
        for (int n = 0; n < e->count; n++)
            bias += head->logits[n * head->classes + j];
        bias_gradient[j] = (float)bias;
        for (int c = 0; c < e->channels; c++) {
            double sum = 0;
            for (int n = 0; n < e->count; n++)
                sum += head->logits[n * head->classes + j] * head->pooled[n * e->channels + c];
            weight_gradient[j * e->channels + c] = (float)sum;
        }
    }
    for (int n = 0; n < e->count; n++) {
        for (int c = 0; c < e->channels; c++) {
            double sum = 0;
            for (int j = 0; j < head->classes; j++)
                sum += head->logits[n * head->classes + j] *
                       (double)head->weights[j * e->channels + c];
            const int first = c - c % e->block;
            float *plane = x_gradient + plane_at(e, n, first) + c % e->block;
            for (int p = 0; p < e->pixels; p++)
                plane[p * e->block] = (float)(sum / e->pixels);
        }
    }
    clear_invalid(e, x_gradient);
}
