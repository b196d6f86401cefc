/*
 * row_search - which rows of a network's Weight Blocks are kept, under a budget of stored numbers.
 *
 * The thesis calls Weight Net a framework that finds the best parameter set. It does not say how.
 * This is our reading: one run trains all candidate rows and finds on the way which of them, and so
 * how many per layer (u), are worth their numbers.
 *
 * The candidates of a layer are the rows P of WEIGHTS_SEARCH (weight_block.h), whose columns in M
 * are orthonormal: the squares of M's numbers sum up to those of P's, row by row. A row's share is
 * its part of its layer's squares. After every step the rows with the greatest share per number are
 * open, as long as they fit; the others are closed and count as 0 in M. A closed row is trained
 * all the same, with the gradient that it would have if it were open (straight-through, as in
 * Wortsman et al. 2019, "Discovering Neural Wirings"), so that it can open later. The choice
 * follows from the rows alone: a checkpoint holds nothing more.
 *
 * The budget counts I numbers for each open row and, for each layer, a bit per candidate that tells
 * whether it is open, in whole words of 32 bits. Row 0 of each layer, the one that acts on all its
 * slots, is always open: without it some output channels would have no weights at all, and BN would
 * amplify the gradients of a channel without variance by 1 / sqrt(epsilon).
 *
 * The rival that chooses blindly: rows per layer drawn at random, uniformly over all ways to share
 * the same budget among the layers.
 */
#ifndef KDECAY_ROW_SEARCH_H
#define KDECAY_ROW_SEARCH_H

#include <stdint.h>

struct row_candidates {
    const float *values; /* [rows][in] */
    int rows, in;
    unsigned char *open; /* [rows], the result: 0 or 1 */
};

/* Choose the open rows of all layers. The budget is at least row_search_numbers(rows, in, 1), summed
 * over the layers. Equal shares: the earlier layer and row first. */
void row_search_choose(struct row_candidates *layers, int count, long long budget);

/* What a layer stores with so many open rows of `rows`. */
long long row_search_numbers(int rows, int in, int open);

/* Draw the rows of each layer for a budget without candidates. Each layer gets one row; cuts at
 * uniformly random places share the rest among the layers. A layer takes as many rows as fit its
 * share, at most `most`, and leaves the rest to the next one. The budget is at least the sum of `in`. */
void row_search_draw(uint32_t seed, const int *in, const int *most, int count, long long budget,
                     int *rows);

#endif
