/*
 * pairwise_sum - the fixed pairwise sum: neighbours first.
 *
 * Pieces 0 and 1 are added, 2 and 3, and so on; then these sums likewise, until one is left. What
 * has no neighbour waits for the next round. For 5 pieces: ((0 + 1) + (2 + 3)) + 4. The order is a
 * matter of the number of pieces alone, so that whoever does the additions gets the same bits.
 *
 * A range of pieces is a subtree if it begins at a multiple of a power of two, 2^k, and ends 2^k
 * later or at the last piece. Then the tree adds it up before anything else joins, and all such
 * ranges of one k are in their turn the pieces of a tree of the same form.
 */
#ifndef KDECAY_PAIRWISE_SUM_H
#define KDECAY_PAIRWISE_SUM_H

#include <stddef.h>

/* Add up `pieces` pieces of `count` floats, `stride` floats apart, into the first one. The others
 * are left with sums of their own. */
void pairwise_sum(float *first, size_t stride, int pieces, size_t count);

/* Whether `pieces` pieces, cut into `parts` ranges of equal length, are cut into subtrees: for 1
 * part, and wherever the length is a power of two. (The first range begins at 0, so only such a
 * length makes it a subtree; and then it does for all.) */
int pairwise_divides(int pieces, int parts);

#endif
