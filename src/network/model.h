/*
 * model - an architecture in memory: tensors, primitives, maps and gradient buffers of a
 * network.
 *
 * Channels come in blocks of 8 or 16 (onednn.h). An activation whose channels are no multiple of
 * the block is padded, group by group, with channels that are 0: BN's scale and shift are 0 there,
 * and so are all gradients that pass through them, and so they stay. Tensors in canonical layout do
 * not show them.
 *
 * Maps are allocated for every shard of this rank, but for those of recompute.h; the map of an
 * activation is [own shards][shard images] of what onednn.h says of a map. Layers of one shape
 * share their primitives. The images come as floats.
 */
#ifndef KDECAY_MODEL_H
#define KDECAY_MODEL_H

#include "network/architecture.h"
#include "network/batch_norm.h"
#include "network/gradient_buffers.h"
#include "network/layers.h"
#include "network/onednn.h"
#include "network/parameters.h"
#include "network/recompute.h"

/* What a layer needs to run; the fields of its own kind are set. */
struct layer_state {
    /* CONVOLUTION, PAD, HEAD */
    int weight; /* tensor; of a Weight Block the one that it generates */
    struct onednn_conv *conv;
    /* PAD */
    float *filter; /* the fixed one; NULL: the tensor */
    /* HEAD */
    int bias;
    struct head *heads; /* one a shard */
    int *channel_index; /* of its input's channels */
    /* BN_RELU */
    int gamma, beta, running_mean, running_variance; /* tensors */
    struct batch_norm batch_norm;
    /* CONVOLUTION, PAD, BN_RELU: where padding moves elements, canonical order to memory; else NULL
     * */
    uint32_t *positions, *backward_positions, *forward_positions;
};

struct model {
    struct architecture architecture;
    struct parameters parameters;
    struct gradient_buffers gradient_buffers;
    struct recompute recompute;
    struct onednn *onednn;
    struct layer_state *states; /* one a layer */
    struct onednn_conv **convs;
    struct conv_shape *conv_shapes; /* of convs */
    int conv_count;
    struct weight_table **tables; /* of Weight Blocks */
    int table_count;
    int threads, shards, shard_images, block;
    int first_shard, own_shards; /* of this rank (ranks.h) */
    enum precision precision;    /* of maps and gradients */
    int *padded;                 /* channels of each value in memory */
    size_t *activation_floats;   /* numbers in an image's map of each value */
    void **maps;                 /* [value][own shard * shard numbers]; NULL where it is not kept */
    void **scratch;              /* [worker][shard numbers], of activations that are not kept */
    void **gradients;            /* [buffer], likewise */
    float **pad_work;            /* [worker], of padding_backward() */
    float *images; /* [own shard * images][IMAGE_FLOATS]; in f32 the map of value 0 itself */
};

/* Dies where the architecture does not exist, the CPU lacks the precision or oneDNN fails. At most
 * one thread a shard of this rank. */
void model_build(struct model *model, const struct experiment *experiment, int threads);
/* Memory for parameters, maps and gradients: without it, a network can only be described. */
void model_allocate(struct model *model);
void model_free(struct model *model);

/* ---- Pieces of it --------------------------------------------------------------------------- */

const struct layer *model_layer(const struct model *model, int layer);
int model_is_bn_relu(const struct model *model, int layer);

/* Of a shard that `worker` has in hand. */
void *model_map(const struct model *model, int activation, int shard, int worker);
/* NULL for NO_BUFFER. */
void *model_gradient_map(const struct model *model, int buffer, int shard);

/* A tensor's place in the arenas of values and of gradients. */
float *model_weights(const struct model *model, int tensor);
float *model_gradient(const struct model *model, int tensor);

/* The bytes that the experiment's network will take on each of `ranks` ranks, near enough: maps,
 * gradients, arenas. `block` as onednn_block(). */
size_t model_bytes(const struct experiment *experiment, int ranks, int block);

#endif
