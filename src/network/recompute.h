/*
 * recompute - which feature maps need not be kept from the forward to the backward pass.
 *
 * Between two NORMs a shard runs alone on its worker (network.c): a section begins with a NORM's
 * output and ends where the sums of the next NORM are taken. A value that is made and read within
 * one section, and by no NORM, is passing: it has no map of its own for every shard, but lives in
 * its worker's scratch memory, which all sections share and which so stays in the worker's cache.
 *
 * Of the layers that read passing values, a convolution needs its input once more in the backward
 * pass, for the gradient of its weights. The layers that make such inputs, NORM, PAD and dropout,
 * are cheap beside it and are run again there: their inputs are kept, and so the bits are the same.
 * So what is kept of a network is about one map a convolution, and of a DenseNet only what its
 * layers add, not the concatenations that they read. [The idea is that of Pleiss et al.,
 * Memory-Efficient Implementation of DenseNets, arXiv 1707.06990]
 */
#ifndef KDECAY_RECOMPUTE_H
#define KDECAY_RECOMPUTE_H

#include "network/architecture.h"

#include <stddef.h>

struct passing {
    unsigned char *is_passing; /* [value] */
    size_t *place;             /* [value]: where in the scratch, in numbers of one picture */
    size_t numbers;            /* of the scratch, of one picture */
    unsigned char *again;      /* [layer]: run again in the backward pass */
};

/* The number of NORMs among layers 0 .. layer. */
int passing_section(const struct architecture *architecture, int layer);

/* value_numbers: what a picture's map of each value takes. Release with passing_free(). */
void passing_plan(struct passing *passing, const struct architecture *architecture,
                  const size_t *value_numbers);
void passing_free(struct passing *passing);

#endif
