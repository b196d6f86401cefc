/*
 * layers - what a layer of each kind does: one row of operations per kind, in layers.c.
 *
 * The operations of a kind stand in the file of its name, below the arithmetic that they call with
 * the layer's shapes, maps and tensors. To add a kind: its file, its row, its word in
 * architecture.h.
 */
#ifndef KDECAY_LAYERS_H
#define KDECAY_LAYERS_H

#include "network/model.h"

/* One layer of one shard. The maps are those of the layer's first input and of its output; of the
 * HEAD, which has no output, `out` and `gradient` are NULL. */
struct layer_call {
    const struct model *model;
    const struct layer *layer;
    int index; /* of the layer */
    void *state;
    int shard, worker;
    struct extent in; /* of x, with the shard's valid images */
    const void *x;
    void *out;
    const void *gradient; /* backward: of the output */
    void *target;         /* backward: where that of the input goes; NULL for the image */
};

/* Ready for the forward and for the backward pass. */
struct layer_call layers_call(const struct model *model, int layer, int shard, int worker);

struct layer_ops {
    const char *name;  /* as `kdecay describe` shows it */
    int is_cheap;      /* to run again in the backward pass, instead of keeping its output */
    int rereads_input; /* the backward pass reads the input's map */
    /* Or NULL: make shapes and primitives, add tensors; returns the layer's state. */
    void *(*build)(struct model *model, const struct experiment *experiment, int layer);
    /* Or NULL: the arenas of the tensors exist now. */
    void (*connect)(const struct model *model, void *state);
    void (*forward)(const struct layer_call *call);
    void (*backward)(const struct layer_call *call);
    /* What the state owns besides itself; NULL: nothing. */
    void (*free)(void *state);
};

extern const struct layer_ops convolution_ops, pad_ops, partial_ops, bn_relu_ops, shortcut_ops,
    pool_ops, dropout_ops, head_ops;

const struct layer_ops *layers_ops(enum layer_kind kind);

#endif
