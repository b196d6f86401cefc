/*
 * parameters - the tensors of a network and how they lie in memory.
 *
 * All tensors share arenas of floats: one of weights, one of momentum, one of gradients. A tensor
 * has the same offset in each. The order is: tensors trained with weight decay, tensors trained
 * without (in both, those whose gradient is computed shard by shard come first), generated weights,
 * and the running statistics of BN. A tensor lies in the layout in which it is used (layout.h).
 * Padding of a layout is 0 in every arena and stays 0 under SGD.
 *
 * A convolution's backward layout is a copy of its weights in an arena of its own. With bf16 the
 * forward layout is a copy, too, and both copies are bf16. The weights themselves stay floats,
 * since a step of SGD is often smaller than a bf16 can resolve.
 *
 * The gradient of a convolution or of the classifier is first computed shard by shard, in scratch
 * memory that belongs to one section of the network at a time (the layers between two BN_RELU
 * layers), then added up. Where that memory is small there is as much again, since one section is
 * added up while the next one is written; where it is large, threads wait for each other instead.
 *
 * The weights that a Weight Block generates (weight_block.h) are a tensor, too. They are generated
 * again whenever the values of the block's rows are set or renewed. They have a gradient, but they
 * are not trained, and they are in no checkpoint or digest.
 *
 * Checkpoints and digests use the canonical order only, so that no layout shows in them.
 */
#ifndef KDECAY_PARAMETERS_H
#define KDECAY_PARAMETERS_H

#include "base/digest.h"
#include "network/layout.h"
#include "network/precision.h"
#include "network/weight_block.h"

#include <stddef.h>
#include <stdint.h>

enum { TENSOR_NAME = 64, NO_SECTION = -1 };

/* How a tensor starts. */
enum initial {
    INITIAL_ZERO,
    INITIAL_ONE,
    INITIAL_UNIT,    /* uniform on [0,1) */
    INITIAL_HE_OUT,  /* normal, deviation sqrt(2 / (out * kernel^2)) [He et al. 2015, fan-out] */
    INITIAL_HE_IN,   /* normal, deviation sqrt(2 / (in * kernel^2)) [the same, fan-in] */
    INITIAL_UNIFORM, /* +-1/sqrt(in) [Torch's nn.Linear] */
    INITIAL_NORMAL   /* with the tensor's `deviation` */
};

struct tensor {
    char name[TENSOR_NAME]; /* "stage1.unit1.conv1.weight" */
    int dims[4], dim_count;
    size_t count;  /* elements */
    int trained;   /* 0: running statistics, or generated */
    int decayed;   /* with weight decay */
    int generated; /* the values follow from another tensor's */
    enum initial initial;
    double deviation;                 /* INITIAL_NORMAL */
    const struct weight_table *block; /* NULL: not the rows of a Weight Block; borrowed */
    int weights;                      /* with `block`: the tensor that it generates */
    unsigned char *open;    /* with a budget: [dims[0]], which rows count (row_search.h); owned */
    int section;            /* or NO_SECTION: not made shard by shard */
    size_t section_offset;  /* in a shard's scratch, in floats */
    struct layouts layouts; /* without `weights`: the canonical order; owned */
    size_t floats;          /* in its layout */
    size_t offset;          /* in the arenas, in floats; a multiple of a cache line */
    size_t forward_offset, backward_offset;
};

enum tensor_state { TENSOR_WEIGHT, TENSOR_MOMENTUM, TENSOR_GRADIENT };

struct parameters {
    struct tensor *tensors;
    int count;
    int shards;       /* whose gradients are made here, from this one on: */
    int first_shard;  /* set before they are allocated */
    long long budget; /* of all Weight Blocks' rows (row_search.h), 0: all rows are open; set before
                         they are allocated */
    size_t floats, slope_floats, trained_floats, decayed_floats; /* of an arena; of its fronts:
                                                                    what has a gradient, ... */
    float *weight, *momentum, *gradient;
    enum precision precision; /* of the two derived arenas; set before they are allocated */
    void *forward, *backward;
    float *scratch[2]; /* of sections with an even and an odd number: [shards][section_floats]; the
                          same where they are large */
    size_t section_floats; /* of the largest section */
};

/* Add a tensor; `like` gives everything but what follows from it. Its layouts now belong to
 * `parameters`. Returns its index. */
int parameters_add(struct parameters *parameters, const struct tensor *like);

/* The floats of `scratch` in all. */
size_t parameters_scratch_floats(size_t shards, size_t section_floats);

/* Place all tensors and allocate zeroed arenas. */
void parameters_allocate(struct parameters *parameters, int shards);
void parameters_free(struct parameters *parameters);

/* First values from the seed: tensor i draws from (seed, RNG_INITIALISE), item i, generated tensors
 * not counted. Momentum becomes 0. */
void parameters_initialise(struct parameters *parameters, uint32_t seed);

void parameters_clear_momentum(struct parameters *parameters);

/* Where a shard leaves its gradient of a tensor that has a section. */
float *parameters_shard_gradient(const struct parameters *parameters, int index, int shard);

/* The offset right behind a tensor in the arenas. */
size_t parameters_end(const struct tensor *tensor);

/* Add up the shards' gradients of a tensor, in the order of pairwise_sum.h. Worker `worker` of
 * `workers` does its part. The gradients of a shard without images must be 0. */
void parameters_reduce(struct parameters *parameters, int index, int worker, int workers);

/* With a budget, choose again which rows of the Weight Blocks are open; then their copies are to be
 * renewed. parameters_set() does both. */
void parameters_choose_rows(struct parameters *parameters);

/* Renew the copies of one tensor: its backward and forward layouts. For the rows of a Weight Block,
 * generate the weights of those that are open and renew the copies of these. */
void parameters_renew_copies(struct parameters *parameters, int index);

/* For the rows of a Weight Block: compute their gradient from that of the weights. Other tensors
 * stay as they are. */
void parameters_pull_back(struct parameters *parameters, int index);

/* For the rows of a Weight Block: add to their gradient the difference between weight decay on the
 * weights and weight decay on the rows. */
void parameters_add_decay(struct parameters *parameters, int index, float decay);

/* Whether checkpoints and digests have this state of a tensor. */
int parameters_is_kept(const struct tensor *tensor, enum tensor_state state);

/* The layouts of a convolution's weights that the forward and the backward pass read. */
const void *parameters_forward(const struct parameters *parameters, int index);
const void *parameters_backward(const struct parameters *parameters, int index);

/* Copy a tensor to or from canonical order. Setting values renews what is derived
 * from them. */
void parameters_get(const struct parameters *parameters, int index, enum tensor_state state,
                    float *out);
void parameters_set(struct parameters *parameters, int index, enum tensor_state state,
                    const float *in);

/* SHA-256 over the values of all tensors in order, then the momentum of the trained ones, as
 * canonical little-endian floats. */
struct digest parameters_digest(const struct parameters *parameters);

#endif
