/*
 * batch_norm - batch normalisation and ReLU over a whole minibatch [Ioffe and Szegedy, arXiv
 * 1502.03167; epsilon 1e-5 and momentum 0.1 as in Torch].
 *
 * The statistics are those of the whole minibatch, as in the papers, not of a shard. So a pass has
 * three parts: every shard sums over its maps (bn_relu_sums), one thread adds up the shards' sums
 * in shard order, in double (batch_norm_finish), and every shard applies the result
 * (bn_relu_apply). Forward, in training: mean and biased variance of the minibatch, and
 *
 *     scale = gamma / sqrt(variance + epsilon)
 *     shift = beta - mean scale
 *     running = 0.9 running + 0.1 new, of mean and variance, the new variance unbiased
 *
 * In evaluation (batch_norm_freeze) scale and shift come from the running mean and variance.
 * Backward: the gradients of gamma and beta, and offset and slope of struct bn_relu_backward.
 *
 * Order of the sums. Inside a channel the order is fixed. Up to 64 pixels are summed in float,
 * pixel p in accumulator p mod 4 of a0 .. a3; these are added as (a0 + a1) + (a2 + a3), still in
 * float, and the result once to the channel's sum in double, images in order. The sums are of the
 * numbers that stand in the map, after rounding in bf16. No function depends on the number of
 * threads or on how wide the CPU's vectors are: every channel is a lane of its own.
 *
 * Alignment. A block of channels is read and written as one vector. All float arrays, maps and
 * arrays with an entry per channel, start on 64 bytes, as memory_floats() gives them; every block
 * inside of them then lies on a multiple of its size.
 */
#ifndef KDECAY_BATCH_NORM_H
#define KDECAY_BATCH_NORM_H

#include "network/map.h"

#include <stddef.h>

/* ---- Passes over one map of a shard ---------------------------------------------------------- */

/* All arrays with an entry per channel, and the maps `out` and `gradient`, are wide: see extent.
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

/* What the backward pass reads. With dy = (gradient + gradient2) where the output was not cut off
 * by ReLU, else 0:
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

/* ---- Across shards --------------------------------------------------------------------------- */

struct batch_norm;

/* One of the maps that a BN_RELU reads side by side. Where another BN_RELU before it reads the same
 * map, the statistics are known already. */
struct batch_norm_group {
    int first, channels;            /* its place among the BN_RELU's channels */
    const struct batch_norm *owner; /* the first BN_RELU that reads the map; may be this one */
    int owner_first;                /* its place there */
};

/* All arrays have one entry per channel. The first six pointers lie in the parameters' arenas. */
struct batch_norm {
    const float *gamma, *beta;
    float *gamma_gradient, *beta_gradient;
    float *running_mean, *running_variance;
    int channels;
    struct batch_norm_group *groups;
    int group_count;
    double *sums;             /* [shards][2][channels], of the forward or the backward pass */
    double *batch, *variance; /* the minibatch's mean and biased variance */
    double *deviation;        /* 1 / sqrt(variance + epsilon) */
    float *scale, *shift, *mean, *offset, *slope;
};

/* `groups` becomes the norm's. */
void batch_norm_allocate(struct batch_norm *norm, struct batch_norm_group *groups, int count,
                         int shards);
void batch_norm_free(struct batch_norm *norm);

/* Where shard `shard` leaves its sums: [2][channels]. The pivot of the forward pass is the running
 * mean. */
double *batch_norm_shard_sums(const struct batch_norm *norm, int shard);

/* From the sums of the first `shards` shards over `elements` values per channel in all. Forward,
 * only the groups that the norm owns need sums. */
void batch_norm_finish(struct batch_norm *norm, int shards, double elements);
void batch_norm_backward_finish(struct batch_norm *norm, int shards, double elements);

void batch_norm_freeze(struct batch_norm *norm);

/* ---- The layer BN_RELU ----------------------------------------------------------------------- */

/* Training calls these around the operations of layers.h: the sums of a shard, forward or backward,
 * then, once all shards have theirs, the finish by one thread of every rank. */
struct model;
struct layer_call;

void bn_relu_shard_sums(const struct layer_call *call);
void bn_relu_finish(const struct model *model, int layer);
void bn_relu_shard_backward_sums(const struct layer_call *call);
void bn_relu_backward_finish(const struct model *model, int layer);

/* Evaluation starts with this. */
void bn_relu_freeze(const struct model *model, int layer);

/* For a layer that does a BN_RELU's work along with its own (fused.h). */
const struct batch_norm *bn_relu_norm(const struct model *model, int layer);

#endif
