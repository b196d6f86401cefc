/*
 * batch_norm - batch norm across shards: from the shards' sums to what each pass multiplies
 * with.
 *
 * Statistics are those of the whole minibatch, as in the papers, not of a shard. Each pass over the
 * maps (layers.h) leaves per-shard sums; here they are added in shard order, in double.
 *
 * Forward, in training: mean and biased variance of the minibatch, and
 *
 *     scale = gamma / sqrt(variance + epsilon)
 *     shift = beta - mean scale
 *     running = 0.9 running + 0.1 new, of mean and variance, the new variance unbiased
 *
 * Forward, frozen: scale and shift likewise, from the running mean and variance.
 *
 * Backward: the gradients of gamma and beta, and offset and slope of struct bn_relu_backward.
 *
 * [Ioffe and Szegedy, arXiv 1502.03167; epsilon 1e-5 and momentum 0.1 as in Torch]
 */
#ifndef KDECAY_BATCH_NORM_H
#define KDECAY_BATCH_NORM_H

#include <stddef.h>

struct batch_norm;

/* One of the maps that a BN_RELU reads side by side. Where another BN_RELU before it reads the same
 * map, the statistics are known already. */
struct batch_norm_group {
    int first, channels;            /* its place among the BN_RELU's channels */
    const struct batch_norm *owner; /* the first BN_RELU that reads the map; may be this one */
    int owner_first;                /* its place there */
};

/* All arrays have one entry a channel. The first six pointers lie in the parameters' arenas. */
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

/* From the sums of the first `shards` shards over `elements` values a channel in all. Forward, only
 * the groups that the norm owns need sums. */
void batch_norm_finish(struct batch_norm *norm, int shards, double elements);
void batch_norm_backward_finish(struct batch_norm *norm, int shards, double elements);

void batch_norm_freeze(struct batch_norm *norm);

#endif
