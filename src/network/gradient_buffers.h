/*
 * gradient_buffers - where gradients live while they flow back: a plan of buffers, made once.
 *
 * A value's gradient arrives in up to two parts: from a convolution that reads it and from a
 * residual sum. A sum hands its own gradient to both of its terms without a copy; a NORM adds the
 * parts of its output as it reads them, works in place, and adds what a later shortcut has already
 * brought to its input; a value that several NORMs read gathers its gradient in one buffer, from
 * the last of them to the first. Buffers are counted and used again once nobody reads them, so that
 * the backward pass stays in a few maps that the caches know.
 */
#ifndef KDECAY_GRADIENT_BUFFERS_H
#define KDECAY_GRADIENT_BUFFERS_H

#include "network/architecture.h"

#include <stddef.h>

enum { NO_BUFFER = -1 };

/* What one input of a layer gets; buffers by index. */
struct flow_input {
    int residual; /* NORM: the part that it has already, or NO_BUFFER */
    int target;   /* where its gradient goes; NO_BUFFER for the picture */
};

struct flow_layer {
    int gradient;              /* of its output (HEAD: NO_BUFFER) */
    int gradient2;             /* NORM: the second part, or NO_BUFFER */
    struct flow_input *inputs; /* as many as the layer has */
};

struct flow {
    struct flow_layer *layers; /* as many as the architecture has */
    int layer_count;
    size_t *buffer_floats; /* a picture's */
    int buffer_count;
};

/* value_floats: what a picture's map of each value takes in memory, in floats. */
void flow_plan(struct flow *flow, const struct architecture *architecture,
               const size_t *value_floats);
void flow_free(struct flow *flow);

#endif
