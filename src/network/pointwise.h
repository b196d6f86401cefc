/*
 * pointwise - a 1x1 convolution of a batch norm with ReLU, in one pass: of one shard, on one thread.
 *
 *     z = relu(scale x + shift),   out = z W
 *
 * x are one or several maps side by side, as batch_norm.h reads them. z is never stored: a tile of
 * 64 pixels and up to 48 channels is normalised into the first-level cache and multiplied there.
 * [Jung et al., Restructuring Batch Normalization to Accelerate CNN Training, arXiv 1807.01702, fuse
 * the two in this way.] In a DenseNet, whose layers read all that came before them, that is most of
 * the memory traffic: forward, z is not written and read again; backward, neither it nor its
 * gradient are. Backward goes twice over the tiles, since a batch norm needs sums over the whole
 * minibatch first:
 *
 *     pointwise_backward_sums    dz = d_out W^T,  dW = z^T d_out,  the two sums of batch_norm.h
 *     pointwise_backward         dz once more, and from it dx
 *
 * To compute dz twice takes less time than to store it.
 *
 * Blocks and lanes. A map's channels come in blocks of 8 or 16, of which the last one may hold
 * fewer. Only the lanes that do are multiplied, rounded up to an even number: a DenseNet of growth
 * 12 saves a quarter of the products. Blocks are gathered in panels of up to three vectors.
 *
 * Bits. out and dz: a single chain of fused multiply-adds from 0 over the channels, in order. dW: of
 * each 64 pixels a chain of fused multiply-adds from 0, in order; the chains' sums are added in
 * order. Sums of batch norm: as batch_norm.h has them. All else is rounded one by one. So in a pass
 * no block size and no panel changes a bit. (Which convolutions wait for which, and with that the
 * order in which their dx are added, depends on the panels; see fused.h.) Nothing depends on the
 * number of threads.
 *
 * bf16. z is rounded to bf16, as batch norm stores it where it stores it. Products take two terms
 * at a time, channels 2i and 2i + 1 (dW: pixels): VDPBF16PS adds the product of the second ones to
 * the sum, then that of the first ones, each rounded once, denormal numbers taken for 0. dz stays a
 * float.
 */
#ifndef KDECAY_POINTWISE_H
#define KDECAY_POINTWISE_H

#include "network/layout.h"
#include "network/map.h"

#include <stddef.h>
#include <stdint.h>

struct pointwise;

/* One of the maps that are read side by side. */
struct pointwise_input {
    struct extent extent; /* wide_first: its place among the channels of the batch norm */
    const int *groups;    /* channels of each of its groups, which fill whole blocks (model.h) */
    int group_count;
};

/* Per channel of the batch norm, as batch_norm.h names them; the last two only to compute dx. */
struct pointwise_norm {
    const float *scale, *shift, *mean, *offset, *slope;
};

/* 1 where there are kernels: f32 with AVX-512 for blocks of 16 and with AVX2 and FMA for blocks of
 * 8; bf16 with AVX-512-BF16; and a map has whole tiles. */
int pointwise_suits(const struct extent *extent);

/* `out`: the map that is made. Free it with pointwise_free(). */
struct pointwise *pointwise_create(const struct pointwise_input *inputs, int count,
                                   const struct extent *out);
void pointwise_free(struct pointwise *pointwise);

/* Their channels are those of the map that is made and those of the batch norm, as in memory. Free
 * them. Places without a weight are 0. */
struct layouts pointwise_layouts(const struct pointwise *pointwise);

/* Floats of the `scratch` of a pass: any numbers, which are overwritten. */
size_t pointwise_scratch(const struct pointwise *pointwise);

/* What a pass over `images` images reads. All arrays start on 64 bytes. */
struct pointwise_pass {
    int images;
    const void *const *inputs;
    struct pointwise_norm norm;
    const void *weights; /* forward; backward: in its layout */
    float *scratch;
};

void pointwise_forward(const struct pointwise *pointwise, const struct pointwise_pass *pass,
                       void *out);

/* sums: [2][channels of the batch norm], as bn_relu_backward_sums() leaves them. */
void pointwise_backward_sums(const struct pointwise *pointwise, const struct pointwise_pass *pass,
                             const void *diff_out, float *diff_weights, double *sums);

/* Of several convolutions that read the same maps, each in its own batch norm, one may be waited for
 * by the others, so that the maps and their gradients pass once for all: up to POINTWISE_PARTS. */
enum { POINTWISE_PARTS = 4 };

struct pointwise_part {
    const struct pointwise *pointwise;
    struct pointwise_norm norm;
    const void *weights; /* in the layout that backward reads */
    const void *diff_out;
};

/* The panel that begins with the input's first block, or -1 where none does. Only there can the
 * inputs be split: the panels before are those of a convolution that reads only the inputs before. */
int pointwise_splits(const struct pointwise *pointwise, int input);

/* targets[i] = the sum of the parts' dx, in order, + residuals[i] (unless NULL), for the inputs i of
 * the first part from `first` on. The other parts read these inputs, too, and more behind them. A
 * target may be its residual. Of `pass` the images, the inputs and the scratch count. */
void pointwise_backward(const struct pointwise_part *parts, int count, int first,
                        const struct pointwise_pass *pass, const void *const *residuals,
                        void *const *targets);

#endif
