/*
 * architecture - which layers an experiment asks for: shapes and counts, no arithmetic.
 *
 * A network is a list of layers over a list of values (feature maps); layers name their values by
 * index and stand in the order in which they run. Four kinds suffice:
 *
 *   CONVOLUTION  output = input * weights, no bias
 *   NORM         input += addend (where there is one: the residual sum), then
 *                output = relu(batch-norm(input)); the only layer that sees the whole minibatch
 *   SHORTCUT     parameter-free shortcut of a unit that changes shape ("option A"): every stride-th
 *                pixel, zeros for the new channels [He et al., arXiv 1512.03385, section 4.2]
 *   HEAD         mean over all pixels, a fully connected layer, softmax and cross entropy
 *
 * Pre-activation ResNet [He et al., arXiv 1603.05027], depth 6n+2: a 3x3 convolution to 16
 * channels, three stages of n units with 16, 32, 64 channels on 32x32, 16x16, 8x8 maps, a last
 * NORM, HEAD. A unit is x + conv(norm(conv(norm(x)))). The first unit's activation stands before
 * the split, so that its shortcut carries the activated value (section 3 there); the shortcuts that
 * change shape start from the raw value, as in facebookarchive/fb.resnet.torch, preresnet.lua.
 */
#ifndef KDECAY_ARCHITECTURE_H
#define KDECAY_ARCHITECTURE_H

#include "config.h"

enum layer_kind { LAYER_CONVOLUTION, LAYER_NORM, LAYER_SHORTCUT, LAYER_HEAD };

enum { NO_VALUE = -1, LAYER_NAME = 48 };

struct value {
    int channels, height, width;
};

struct layer {
    enum layer_kind kind;
    char name[LAYER_NAME]; /* "stage2.unit1.conv1" */
    int input, output;     /* values; HEAD has no output */
    int addend;            /* NORM: a value or NO_VALUE */
    int kernel, stride, padding;
    long long parameters;
    long long macs; /* multiply-adds of the forward pass of one picture; BN and sums not counted */
};

struct architecture {
    struct value *values; /* values[0] is the picture */
    struct layer *layers;
    int value_count, layer_count;
    int classes;
};

/* 0, or -1 with *error where the family has no such depth. Release with architecture_free(). */
int architecture_build(struct architecture *architecture, const struct experiment *experiment,
                       struct error *error);
void architecture_free(struct architecture *architecture);

void architecture_size(const struct architecture *architecture, long long *parameters,
                       long long *macs);

#endif
