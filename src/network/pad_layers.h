/*
 * pad_layers - the layers PAD and PARTIAL of an model, run on one shard: the shapes and arrays
 * that the free functions of padding.h ask for.
 */
#ifndef KDECAY_PAD_LAYERS_H
#define KDECAY_PAD_LAYERS_H

#include "network/model.h"

/* Floats of the work that a worker needs for the backward pass of all PADs. */
size_t pad_layers_work(const struct model *model);

/* Layer `l`, PAD or PARTIAL, of a shard with `count` valid images. For the backward pass the
 * PAD's output must stand in its map. */
void pad_layer_forward(const struct model *model, int l, int shard, int worker, int count);
void pad_layer_backward(const struct model *model, int l, int shard, int worker, int count);

#endif
