/*
 * model - an architecture in memory: tensors, primitives, maps and gradient buffers of a network,
 * and the minibatch at hand. model_build.h builds it, layers.h runs its layers.
 *
 * Channels come in blocks of 8 or 16 (onednn.h). An activation whose channels are not a multiple of
 * the block is padded, group by group, with channels that are 0. BN's scale and shift are 0 there,
 * so all gradients that pass through them are 0, and they stay 0. Tensors in canonical layout do
 * not show them.
 *
 * Every activation has a map for every shard of this rank, except for those that recompute.h keeps
 * in scratch memory. Layers of one shape share their primitives. The images come as floats.
 */
#ifndef KDECAY_MODEL_H
#define KDECAY_MODEL_H

#include "network/architecture.h"
#include "network/gradient_buffers.h"
#include "network/map.h"
#include "network/onednn.h"
#include "network/parameters.h"
#include "network/recompute.h"

/* What a pass runs on. */
struct minibatch {
    int count, busy;     /* images; shards that have any */
    int training;        /* dropout acts, BN uses the minibatch's statistics */
    uint32_t seed, step; /* of dropout's draws */
    int *labels, *wrong; /* [batch] */
    double *losses;      /* [batch] */
};

struct model {
    struct architecture architecture;
    struct parameters parameters;
    struct gradient_buffers gradient_buffers;
    struct recompute recompute;
    struct minibatch minibatch;
    struct onednn *onednn;
    void **states; /* [layer]: shapes, tensors and whatever else its kind needs (layers.h) */
    struct onednn_conv **convs;
    struct conv_shape *conv_shapes; /* of convs */
    int conv_count;
    struct weight_table **tables; /* of Weight Blocks */
    int table_count;
    int threads, shards, shard_images, block;
    int first_shard, own_shards; /* of this rank (ranks.h) */
    enum precision precision;    /* of maps and gradients */
    struct extent *extents;      /* [activation]: the shape of a shard's map; its count is 0 */
    size_t *activation_floats;   /* numbers in an image's map of each activation */
    int *lodging;       /* [activation]: the gradient's buffer in which it lives, or NO_BUFFER */
    void **maps;        /* [activation][own shard * shard numbers]; NULL where it is not kept */
    void **scratch;     /* [worker][shard numbers], of activations that are not kept, then of
                           SCRATCH_BUFFER */
    void **gradients;   /* [buffer], likewise */
    size_t work_floats; /* the largest work space that a layer needs for one shard */
    void **work;        /* [worker] work_floats floats */
    float *images; /* [own shard * images][IMAGE_FLOATS]; in f32 the map of activation 0 itself */
};

const struct layer *model_layer(const struct model *model, int layer);
int model_is_bn_relu(const struct model *model, int layer);

/* The valid images of a shard in the minibatch at hand. */
int model_count(const struct model *model, int shard);

/* The map of a shard that `worker` has in hand. */
void *model_map(const struct model *model, int activation, int shard, int worker);
/* NULL for NO_BUFFER. */
void *model_gradient_map(const struct model *model, int buffer, int shard, int worker);

/* A tensor's place in the arenas of weights and of gradients, once these are allocated. */
float *model_weights(const struct model *model, int tensor);
float *model_gradient(const struct model *model, int tensor);

/* ---- For the functions that build layers ----------------------------------------------------- */

/* A trained tensor of shape [d0][d1][kernel][kernel], [d0][d1] where the layer has no kernel, or
 * [d0] where d1 is 0. It is decayed and has no section. */
struct tensor model_tensor(const struct layer *layer, const char *suffix, enum initial initial,
                           int d0, int d1);

/* Where each channel of an activation lies in memory; free() it. */
int *model_channel_index(const struct model *model, int activation);

#endif
