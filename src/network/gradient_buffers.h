/*
 * gradient_buffers - which buffer holds each gradient of the backward pass: a plan, made once.
 *
 * The gradient of an activation has up to two parts: one from a convolution that reads it, one from
 * a residual sum. A residual sum passes the same gradient buffer to both operands. BN_RELU adds the
 * parts of its output's gradient while reading them, writes in place, and adds what a later
 * shortcut has brought to its input already. An activation that several BN_RELU layers read gathers
 * its gradient in one buffer, from the last of them to the first. A BN_RELU that is fused with the
 * convolution behind it (fused.h) reads the gradient of the convolution's output instead; that of its
 * own does not exist. Buffers are reference counted and reused, so the working set stays in cache.
 *
 * What a BN_RELU writes for the layer right before it, which reads it in the same section, on the same
 * worker (recompute.h), needs no buffer for all shards. It lives in the worker's scratch memory,
 * SCRATCH_BUFFER.
 */
#ifndef KDECAY_GRADIENT_BUFFERS_H
#define KDECAY_GRADIENT_BUFFERS_H

#include "network/architecture.h"

#include <stddef.h>

enum { NO_BUFFER = -1, SCRATCH_BUFFER = -2 };

/* Of one input of a layer; buffers by index. */
struct gradient_input {
    int residual; /* BN_RELU: the part of its gradient that exists already, or NO_BUFFER */
    int target;   /* where its gradient is written; NO_BUFFER for the image */
};

struct gradient_layer {
    int gradient;                  /* of its output (HEAD: NO_BUFFER) */
    int gradient2;                 /* BN_RELU: the second part, or NO_BUFFER */
    struct gradient_input *inputs; /* as many as the layer has */
};

struct gradient_buffers {
    struct gradient_layer *layers; /* as many as the architecture has */
    int layer_count;
    size_t *buffer_floats; /* of one image */
    int buffer_count;
    size_t scratch_floats; /* of SCRATCH_BUFFER, of one image */
};

/* activation_floats: the floats of one image's map of each activation. */
void gradient_buffers_plan(struct gradient_buffers *plan, const struct architecture *architecture,
                           const size_t *activation_floats);
void gradient_buffers_free(struct gradient_buffers *plan);

#endif
