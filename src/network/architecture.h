/*
 * architecture - which layers an experiment asks for: shapes and counts, no arithmetic.
 *
 * A network is a list of layers over a list of activations (feature maps). Layers name their
 * activations by index and stand in the order in which they run:
 *
 *   CONVOLUTION  output = input * weights, no bias
 *   PAD          the input with a ring of one pixel around it (padding.h); the convolution that
 *                reads it pads nothing itself
 *   PARTIAL      the output of the convolution right before it, scaled for partial convolution
 *                (padding.h)
 *   BN_RELU      input += addend (where there is one: the residual sum), then
 *                output = relu(batch-norm(input)); the only layer that needs the whole minibatch.
 *                It reads several inputs side by side, as if they were one map: so a DenseNet's
 *                concatenation is never made
 *   SHORTCUT     parameter-free shortcut of a unit that changes shape ("option A"): every stride-th
 *                pixel, zeros for the new channels [He et al., arXiv 1512.03385, section 4.2]
 *   POOL         mean of 2x2 pixels
 *   DROPOUT      some activations 0, the others scaled up to keep the mean; only in training
 *   HEAD         mean over all pixels, a fully connected layer, softmax and cross entropy
 *
 * Pre-activation ResNet [He et al., arXiv 1603.05027; KaimingHe/resnet-1k-layers;
 * facebookarchive/fb.resnet.torch]: a 3x3 convolution to 16 channels, three stages of n units on
 * 32x32, 16x16 and 8x8 maps, a last BN_RELU, HEAD. A basic unit (depth 6n+2) is
 * x + conv3x3(norm(conv3x3(norm(x)))) with 16, 32 and 64 channels (or 1, 2 and 4 times
 * network.channels). A bottleneck unit (9n+2) has 1x1, 3x3 and 1x1 convolutions, the last one to
 * four times the channels, the stride on the first one. The first unit's norm stands before the
 * split, so that its shortcut carries the normalised activation (section 3 there). Where the shape
 * changes, a projection is a 1x1 convolution of the normalised activation; option A starts from the
 * raw activation.
 *
 * Wide ResNet [Zagoruyko and Komodakis, arXiv 1605.07146; szagoruyko/wide-residual-networks], depth
 * 6n+4: basic units with 16w, 32w and 64w channels. Where the shape changes, the shortcut is a
 * projection of the normalised activation; elsewhere, also in the first unit, it carries the raw
 * activation. Dropout stands before the second convolution.
 *
 * DenseNet-BC [Huang et al., arXiv 1608.06993; liuzhuang13/DenseNet], depth 6n+4, growth k: a 3x3
 * convolution to 2k channels, then three blocks of n layers norm-1x1(4k)-norm-3x3(k), each of which
 * reads all earlier outputs of its block; between the blocks norm-1x1(half the channels, rounded
 * down)-POOL; a last BN_RELU, HEAD. Dropout stands after each convolution of a layer and of a
 * transition.
 *
 * network.padding changes all 3x3 convolutions except the stem, which always pads the image with
 * zeros: it puts a PAD before them or a PARTIAL after them.
 *
 * In any family, network.weights makes every 3x3 convolution except the first a Weight Block
 * (weight_block.h), whose `rows` rows are its parameters. A bank with as many rows as slots, or
 * more, would be the ordinary layer, and is one. With network.budget a bank's rows are drawn for each
 * layer (row_search.h).
 */
#ifndef KDECAY_ARCHITECTURE_H
#define KDECAY_ARCHITECTURE_H

#include "experiment/config.h"

enum layer_kind {
    LAYER_CONVOLUTION,
    LAYER_PAD,
    LAYER_PARTIAL,
    LAYER_BN_RELU,
    LAYER_SHORTCUT,
    LAYER_POOL,
    LAYER_DROPOUT,
    LAYER_HEAD
};

enum { NO_ACTIVATION = -1, LAYER_NAME = 48 };

/* The channels of a map may be several groups, each padded to whole blocks in memory (model.h); a
 * plain map has one group. */
struct activation {
    int channels, height, width;
    int *groups; /* channels of each; their sum is `channels` */
    int group_count;
};

struct layer {
    enum layer_kind kind;
    char name[LAYER_NAME]; /* "stage2.unit1.conv1" */
    int *inputs;           /* activations; one, but for BN_RELU */
    int input_count;
    int output;  /* an activation; HEAD has none */
    int section; /* the number of BN_RELU layers up to here, this one included (recompute.h) */
    int addend;  /* BN_RELU with one input: an activation or NO_ACTIVATION */
    int kernel, stride, padding;
    int rows;         /* CONVOLUTION: of its Weight Block; 0: it trains its weights directly */
    int fused;        /* BN_RELU and the CONVOLUTION behind it: they run in one pass (fused.h) */
    int leader;       /* fused BN_RELU: the layer that does its part of its own inputs, too */
    int depth, reach; /* PAD: D and r of its filter */
    double dropout;   /* DROPOUT: the share set to 0 */
    long long parameters; /* that are trained */
    long long macs; /* multiply-adds of the forward pass of one image; BN and sums not counted */
};

struct architecture {
    struct activation *activations; /* activations[0] is the image */
    struct layer *layers;
    int activation_count, layer_count;
    int classes;
    enum padding padding;
    int padding_depth, padding_reach; /* as the experiment says */
};

/* 0, or -1 with *error where the family has no such depth, or the budget or candidates of a search
 * don't fit. Release with architecture_free(), in
 * either case. */
int architecture_build(struct architecture *architecture, const struct experiment *experiment,
                       struct error *error);
void architecture_free(struct architecture *architecture);

/* Whole blocks for so many channels. */
int architecture_round_to_block(int channels, int block);

/* Channels of an activation in memory: each group fills whole blocks; the image is plain. */
int architecture_padded_channels(const struct architecture *architecture, int activation,
                                 int block);

#endif
