/*
 * network - an architecture made to run: parameters, feature maps, forward and backward passes.
 *
 * Sharding. A minibatch of `batch` images is split into a fixed number of shards of batch / shards
 * images; this number is part of the experiment. A shard is the unit of work: one thread runs it
 * with single-threaded primitives. Thread t of T takes the shards from S t / T to S (t+1) / T - 1.
 * Threads meet only at a BN_RELU, whose statistics are those of the whole minibatch, and after the
 * backward pass. Every sum over shards has a fixed order: BN sums and losses are added in double,
 * one shard after another; gradients in a fixed pairwise tree. So the number of threads changes no
 * bit. Nor does the number of ranks (ranks.h): each rank has an equal range of the shards, which
 * its threads share.
 *
 * A minibatch of fewer images fills the shards from the front and leaves the rest empty.
 *
 * Memory: see model.h and recompute.h.
 *
 * Initialisation: convolutions as network.fan says, BN scales as network.gamma, shifts 0; the
 * classifier's weights uniform in +-1/sqrt(channels), its bias 0 [fb.resnet.torch].
 */
#ifndef KDECAY_NETWORK_H
#define KDECAY_NETWORK_H

#include "experiment/config.h"
#include "network/architecture.h"
#include "network/map.h"
#include "network/parameters.h"

#include <stdint.h>

struct network;

/* Dies where the architecture does not exist or oneDNN fails. Before each pass the caller writes
 * the images to network_input(). */
struct network *network_create(const struct experiment *experiment, int threads);
void network_destroy(struct network *network);

void network_initialise(struct network *network, uint32_t seed);

/* ---- Passes -------------------------------------------------------------------------------- */

/* The threads in use: as asked for, but at most one per shard of this rank. */
int network_threads(const struct network *network);

/* This rank's shards have the images [from, to) of a minibatch of `count`; only these are needed
 * here. */
struct network_images {
    int from, to;
};
struct network_images network_own_images(const struct network *network, int count);

/* Where to write image `index` of the minibatch, IMAGE_FLOATS floats, and its label. */
float *network_input(struct network *network, int index);
int *network_label(struct network *network, int index);

struct pass_result {
    double loss_sum; /* over images, of the cross entropy */
    long wrong;      /* misclassified images */
};

/* The address of the random numbers of dropout in the next passes: the run's seed and the step. */
void network_set_step(struct network *network, uint32_t seed, uint32_t step);

/* A step of training. network_forward() runs the first `count` images, 1 .. batch, with the
 * statistics of these images, and updates the running statistics. network_backward() computes the
 * gradient of their mean loss, summed over this rank's shards; network_sum_gradients() sums it over
 * the ranks and leaves it in parameters.gradient. */
struct pass_result network_forward(struct network *network, int count);
void network_backward(struct network *network);
void network_sum_gradients(struct network *network);

/* The three in a row. */
struct pass_result network_forward_backward(struct network *network, int count);

/* Forward with the running statistics. */
struct pass_result network_evaluate(struct network *network, int count);

/* In the evaluations that follow, call `watcher` with every layer's output except the last one's,
 * shard by shard, right after the layer has written it: a residual sum is added to it later. The
 * calls come from all threads. */
typedef void network_watcher(void *context, const struct layer *layer, const struct extent *extent,
                             const void *map);
void network_watch(struct network *network, network_watcher *watcher, void *context);

/* The logits of image `index`, one of this rank's, in the last pass, one per class; valid until the
 * next pass. */
const double *network_logits(const struct network *network, int index);

/* All convolutions of the forward and backward pass of a whole minibatch once more and nothing
 * else, on what the maps hold: no step can take less time. Leaves maps and gradients without
 * meaning. */
void network_convolve(struct network *network);

/* What onednn_seconds() says. */
double network_convolution_seconds(const struct network *network);

/* ---- Parameters ---------------------------------------------------------------------------- */

struct parameters *network_parameters(struct network *network);

/* ---- Descriptions -------------------------------------------------------------------------- */

/* Bytes that training the experiment on `ranks` ranks takes on each of them besides its images,
 * near enough: for the blocks of 16 of AVX-512. */
size_t network_bytes(const struct experiment *experiment, int ranks);

const char *network_onednn(const struct network *network);
const char *network_environment(const struct network *network);

/* One line "name: forward, backward data, backward weights" per convolution; free() it. */
char *network_kernels(const struct network *network);

#endif
