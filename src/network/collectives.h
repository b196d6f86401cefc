/*
 * collectives - what the ranks tell each other within a pass. ranks.h says how much that is.
 *
 * Called by the master thread of every rank, once the rank's own shards are through.
 */
#ifndef KDECAY_COLLECTIVES_H
#define KDECAY_COLLECTIVES_H

#include "network/model.h"

/* The shards' sums of a BN_RELU, forward or backward: afterwards batch_norm_shard_sums() has those
 * of all shards. */
void collectives_sum_batch_norm(const struct model *model, const struct batch_norm *norm);

/* The gradients that are made shard by shard; those of BN_RELU layers are the same on all ranks
 * already. */
void collectives_sum_gradients(const struct model *model);

/* Losses and errors, one an image of the minibatch. */
void collectives_gather_results(const struct model *model, double *losses, int *wrong);

#endif
