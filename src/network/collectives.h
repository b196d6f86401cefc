/*
 * collectives - what the ranks tell each other within a pass. ranks.h says how much that is.
 *
 * Called by the master thread of every rank, once the rank's own shards are through.
 */
#ifndef KDECAY_COLLECTIVES_H
#define KDECAY_COLLECTIVES_H

#include "network/model.h"

/* The shards' sums of a NORM, forward or backward: afterwards norm_shard_sums() has those of all
 * shards. */
void exchange_sums(const struct assembly *assembly, const struct norm *norm);

/* The gradients that are made shard by shard; those of NORMs are the same on all ranks already. */
void exchange_gradients(const struct assembly *assembly);

/* Losses and errors, one a picture of the minibatch. */
void exchange_results(const struct assembly *assembly, double *losses, int *wrong);

#endif
