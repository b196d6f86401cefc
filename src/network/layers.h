/*
 * layers - the arithmetic between convolutions, on one shard: free functions over plain arrays.
 *
 * A feature map is [images][channels / block][pixels][block] floats or
 * [images][pixels][channels] bf16 (onednn.h): a `void *` is a map, and the precision beside it
 * says which (precision.h). What is computed is computed in float or double, and rounded when it is
 * written into a bf16 map; BN_RELU's sums are of the sum that stands in the map then. bf16 needs
 * blocks of 16.
 *
 * Of a map's `images` only the first `count` are valid; the rest exist so that the convolutions
 * always run the same shape. Forward functions leave the rest alone (finite, unused); backward
 * functions write zeros there, so that a convolution's weight gradient sees nothing of it.
 *
 * Alignment. The functions of BN_RELU read and write a block of channels as one vector. All float
 * arrays that they take, maps and arrays with an entry a channel, start on 64 bytes, as
 * memory_floats() gives them; every block inside of them then lies on a multiple of its size. The
 * other functions ask for nothing.
 *
 * Sums. Inside a channel the order is fixed. Up to 64 pixels are summed in float, pixel p in
 * accumulator p mod 4 of a0 .. a3; these are added as (a0 + a1) + (a2 + a3), still in float, and
 * the result once to the channel's sum in double, images in order. Over shards the sums are added
 * in double, by shard (batch_norm.c). No function depends on the number of threads or on how wide
 * the CPU's vectors are: every channel is a lane of its own.
 */
#ifndef KDECAY_LAYERS_H
#define KDECAY_LAYERS_H

#include "base/rng.h"
#include "network/precision.h"

#include <stddef.h>

struct extent {
    int images, count; /* in the shard; valid */
    int channels, pixels;
    int block; /* 8 or 16, a divisor of channels */
    /* BN_RELU reads several maps side by side and writes one: `channels` of its wide_channels, from
     * wide_first on, come from this map. Elsewhere not used. */
    int wide_channels, wide_first;
    enum precision precision; /* of all maps */
};

/* The number of an image's channel and pixel; channels as in memory. */
float layer_number(const struct extent *extent, const void *map, int image, int channel, int pixel);

/* ---- Batch normalisation and ReLU [Ioffe and Szegedy, arXiv 1502.03167] -------------------- */

/* All arrays with an entry a channel, and the maps `out` and `gradient`, are wide: see extent.
 *
 * x += addend (unless NULL); for every channel c of this map, over valid images and pixels, with
 * w = wide_first + c: sums[w] = sum of (x - pivot[w]), sums[wide_channels + w] = sum of its
 * squares. The pivot, near the mean, keeps the variance from cancelling. */
void bn_relu_sums(struct extent extent, void *x, const void *addend, const float *pivot,
                  double *sums);

/* x += addend, without the sums. */
void bn_relu_add(struct extent extent, void *x, const void *addend);

/* out = relu(scale x + shift). A NaN stays one, so that divergence is seen in the loss. */
void bn_relu_apply(struct extent extent, const void *x, const float *scale, const float *shift,
                   void *out);

/* What the backward pass of one BN_RELU reads. With dy = (gradient + gradient2) where the output
 * was not cut off by ReLU, else 0:
 *
 *   dx = scale (dy - mean(dy) - (x - mean) mean(dy (x - mean)) / (variance + epsilon))
 *      = scale dy + offset + slope (x - mean),
 *
 * the means taken over the minibatch. x is a map of its own; all else is wide. */
struct bn_relu_backward {
    const void *x, *gradient;
    const void *gradient2; /* or NULL */
    const float *scale, *shift, *mean;
    const float *offset, *slope; /* known after the sums; not read by them */
};

/* sums[w] = sum of dy, sums[wide_channels + w] = sum of dy (x - mean). */
void bn_relu_backward_sums(struct extent extent, const struct bn_relu_backward *in, double *sums);

/* out = dx + residual (unless NULL), both maps like x. `out` may be any of the input maps of the
 * same shape. */
void bn_relu_backward_apply(struct extent extent, const struct bn_relu_backward *in,
                            const void *residual, void *out);

/* ---- Shortcut of option A ------------------------------------------------------------------ */

/* From `in` channels of height x width to out_channels of every stride-th row and column. */
struct shortcut_shape {
    int images, count;
    int channels, out_channels;
    int height, width, stride;
    int block;
    enum precision precision;
};
void layer_shortcut(struct shortcut_shape shape, const void *x, void *out);
/* The adjoint: zeros where the stride skipped. */
void layer_shortcut_backward(struct shortcut_shape shape, const void *gradient, void *out);

/* ---- Mean of 2x2 pixels -------------------------------------------------------------------- */

/* `channels` here are those of the map in memory; height and width are even and those of x. */
struct pool_shape {
    int images, count;
    int channels, height, width;
    int block;
    enum precision precision;
};
void layer_pool(struct pool_shape shape, const void *x, void *out);
void layer_pool_backward(struct pool_shape shape, const void *gradient, void *out);

/* ---- Dropout [Srivastava et al. 2014], scaled while training -------------------------------- */

/* Which numbers decide: those of (rng, epoch, first + image, place in the image). */
struct dropout_draws {
    struct rng rng;
    uint32_t epoch, first;
};

/* out = x / (1 - share), or 0 for a random `share` of the elements. The same draws make the
 * backward pass the same function of the gradient. The images beyond `count` become 0. */
void layer_dropout(struct extent extent, double share, struct dropout_draws draws, const void *x,
                   void *out);

/* ---- Head ---------------------------------------------------------------------------------- */

struct head {
    struct extent extent;
    int classes;
    const float *weights;     /* [classes][channels] */
    const float *bias;        /* [classes] */
    int channels;             /* of weights; extent.channels may be more, with padding between */
    const int *channel_index; /* [channels]: where each lies among extent.channels */
    /* written by forward */
    double *pooled; /* [images][channels] */
    double *logits; /* [images][classes] */
    double *slopes; /* [images][classes]: d loss / d logits */
};

/* Mean over pixels, logits, softmax and cross entropy of the valid images. losses[image] and
 * wrong[image] (0 or 1) are written. The slopes are those of the mean loss over a minibatch of
 * `batch` images. */
void layer_head(const struct head *head, const void *x, const int *labels, int batch,
                double *losses, int *wrong);

/* Gradients of weights and bias (of this shard), and of x. */
void layer_head_backward(const struct head *head, float *weight_gradient, float *bias_gradient,
                         void *x_gradient);

#endif
