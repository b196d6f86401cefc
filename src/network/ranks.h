/*
 * ranks - the processes that train one network together, by MPI.
 *
 * `mpirun -n R kdecay train ...` starts R ranks, 0 .. R-1, on one machine or on several. Each has
 * the whole network and all images on disk, takes an equal range of every minibatch's shards
 * (network.h) and the images in them, of the test images, too. Rank 0 alone reads and writes
 * logs and checkpoints; the others need not see these files.
 *
 * No bit depends on R. What is summed over shards in their order, the sums of BN and the losses, is
 * gathered in that order and added up by every rank for itself. Gradients are added up in the tree
 * of pairwise_sum.h: a rank's shards must be a subtree of it, so R must divide the shards with a
 * power of two as quotient, or be 1. For 16 shards R is 1, 2, 4, 8 or 16; for 12 it is 1, 3, 6 or
 * 12.
 *
 * What is sent, by each rank to each of the R-1 others unless said otherwise. S shards, B images in
 * a minibatch, C channels of a BN_RELU's output in memory (padded to blocks of 8 or 16), W floats
 * of weights in convolutions (in their blocked layout) and classifier, its bias counted too:
 *
 *     a BN_RELU, forward:  one gather, 16 C S / R bytes; in training alone
 *     a BN_RELU, backward: the same
 *     gradients:        two sums (the tensors with weight decay; those without), each a scatter, of
 *                       4 W / R bytes, and a gather of the same (W of each sum); in practice one,
 *                       since only the classifier's bias may be without weight decay
 *     losses, errors:   two gathers, 8 B / R and 4 B / R bytes; in evaluation, too
 *     asked to stop:    one reduction of 4 bytes
 *
 * With N BN_RELU layers that is 2 N + 7 collective operations a training step, one after another,
 * in which a rank receives (R-1) / R of 32 S C bytes for each BN_RELU, and of 8 W bytes. Per
 * minibatch of test images there are two operations.
 *
 * Nothing is sent while anything is computed. Gradients could be, during the rest of the backward
 * pass. By the model of scaling.h, on as many ranks as a recipe has shards, that would save less
 * than their part of a step: at 100 Gb/s 0.4 % (DenseNets) to 1.7 % (preact-20), at 10 Gb/s 3 % to
 * 14 %. No machine was at hand on which to measure it.
 *
 * Only the master thread calls MPI (MPI_THREAD_FUNNELED). An error within MPI ends all ranks, with
 * MPI's own message. A rank that ends without ranks_close(), by die(), too, ends all others.
 *
 * Two files implement this: ranks_mpi.c, the only one that includes mpi.h, where the program is
 * built with `make MPI=1`; else ranks_alone.c, with one rank. Until ranks_open() there is one rank.
 */
#ifndef KDECAY_RANKS_H
#define KDECAY_RANKS_H

#include "base/error.h"

#include <stddef.h>

/* Dies where the program was started on several ranks but built without MPI. */
void ranks_open(void);
/* All ranks together. Nothing else of this room may be called after it. */
void ranks_close(void);

int ranks_count(void);
int ranks_rank(void);
/* Ranks on this rank's machine. */
int ranks_here(void);
/* "Open MPI v4.1.4"; NULL without MPI. */
const char *ranks_library(void);

/* 0, or -1 with *error naming the numbers of ranks that so many shards allow. */
int ranks_check(int shards, int ranks, struct error *error);

/* ---- All of the following are called by all ranks, in the same order ------------------------- */

/* Code between begin and end runs on rank 0 first, then on the others, so that an error that all
 * ranks would meet is reported once. */
void ranks_first_begin(void);
void ranks_first_end(void);

/* `all` holds one part of `bytes` bytes a rank, in their order, one's own filled: fill the rest. */
void ranks_gather(void *all, size_t bytes);

/* Add up all ranks' floats, rank after rank as pieces of a tree; every rank gets the sums. */
void ranks_pairwise_sum(float *floats, size_t count);

/* From rank 0 to all. */
void ranks_broadcast(void *data, size_t bytes);

/* Whether any rank's flag is set. */
int ranks_any(int flag);

/* Dies unless all ranks have the text that rank 0 has; `what` names it: "environment". */
void ranks_agree(const char *what, const char *text);

#endif
