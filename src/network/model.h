/*
 * model - an architecture in memory: tensors, primitives, maps and gradient buffers of a
 * network.
 *
 * Channels come in blocks of 8 or 16 (onednn.h). A value whose channels are no multiple of the
 * block is padded, group by group, with channels that are 0: BN's scale and shift are 0 there, and
 * so are all gradients that pass through them, and so they stay. Tensors in canonical layout do not
 * show them.
 *
 * Maps are allocated for every shard of this rank, but for those of recompute.h; a map of a
 * value is [own shards][shard pictures] of what onednn.h says of a map. Layers of one shape share
 * their primitives. The pictures come as floats.
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
struct unit {
    /* CONVOLUTION, PAD, HEAD */
    int weight; /* tensor; of a Weight Block the one that it generates */
    struct dnn_conv *conv;
    /* PAD */
    float *filter; /* the fixed one; NULL: the tensor */
    /* HEAD */
    int bias;
    struct head *heads; /* one a shard */
    int *places;        /* of its input's channels */
    /* NORM */
    int gamma, beta, running_mean, running_variance; /* tensors */
    struct norm norm;
    /* CONVOLUTION, PAD, NORM: where padding moves elements, canonical order to memory; else NULL */
    uint32_t *positions, *backward_positions, *forward_positions;
};

struct assembly {
    struct architecture architecture;
    struct parameters parameters;
    struct flow flow;
    struct passing passing;
    struct dnn *dnn;
    struct unit *units; /* one a layer */
    struct dnn_conv **convs;
    struct conv_shape *conv_shapes; /* of convs */
    int conv_count;
    struct weight_table **tables; /* of Weight Blocks */
    int table_count;
    int threads, shards, shard_pictures, block;
    int first_shard, own_shards; /* of this rank (ranks.h) */
    enum precision precision;    /* of maps and gradients */
    int *padded;                 /* channels of each value in memory */
    size_t *value_floats;        /* numbers in a picture's map of each value */
    void **maps;                 /* [value][own shard * shard numbers]; NULL where it is passing */
    void **scratch;              /* [worker][shard numbers], of passing values */
    void **gradients;            /* [buffer], likewise */
    float **pad_work;            /* [worker], of padding_backward() */
    float *pictures; /* [own shard * pictures][PICTURE_FLOATS]; in f32 the map of value 0 itself */
};

/* Dies where the architecture does not exist, the CPU lacks the precision or oneDNN fails. At most
 * one thread a shard of this rank. */
void assembly_build(struct assembly *assembly, const struct experiment *experiment, int threads);
/* Memory for parameters, maps and gradients: without it, a network can only be described. */
void assembly_allocate(struct assembly *assembly);
void assembly_free(struct assembly *assembly);

/* ---- Pieces of it --------------------------------------------------------------------------- */

const struct layer *assembly_layer(const struct assembly *assembly, int layer);
int assembly_is_norm(const struct assembly *assembly, int layer);

/* Of a shard that `worker` has in hand. */
void *assembly_map(const struct assembly *assembly, int value, int shard, int worker);
/* NULL for NO_BUFFER. */
void *assembly_gradient_map(const struct assembly *assembly, int buffer, int shard);

/* A tensor's place in the arenas of values and of gradients. */
float *assembly_value(const struct assembly *assembly, int tensor);
float *assembly_gradient(const struct assembly *assembly, int tensor);

/* The bytes that the experiment's network will take on each of `ranks` ranks, near enough: maps,
 * gradients, arenas. `block` as dnn_block(). */
size_t assembly_bytes(const struct experiment *experiment, int ranks, int block);

#endif
