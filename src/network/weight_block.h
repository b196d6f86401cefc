/*
 * weight_block - a 3x3 convolution's weights made from fewer numbers: the Weight Block.
 *
 * The weights W[o][i][y][x] of a convolution from I to O channels are read as a matrix M of 9 O
 * rows, "slots" r = (o, y, x), and I columns. What is trained is P, of u rows and I columns. The
 * thesis does not define the block; these are three readings of it, all ours.
 *
 * EXPANSION  M = A P, with a fixed A. The columns of A are u orthonormal vectors, made from normal
 *            numbers by Gram and Schmidt, each column by the same numbers whatever u is: so what u
 *            rows can make, more rows can, and 9 O rows can make any M. As A^T A = I, weight decay
 *            on P is weight decay on M. With u > 9 O, A has 9 O orthonormal rows of length u
 *            instead, A A^T = I (a tight frame): more numbers are trained than M has, but M is all
 *            that is to be stored in the end. Such an A holds none of a smaller one. With u >= 9 O,
 *            SGD on P moves M as it moves the weights of an ordinary network, whatever the momentum
 *            and the weight decay (both are linear): A (A^T G + decay P) = G + decay M. Such arms
 *            differ from an ordinary one in start and rounding alone; they are null controls.
 * BANK       M[r][i] = sign(r) P[row(r)][(i + shift(r)) mod I]: no arithmetic. row(r) =
 *            floor(u place(r) / 9 O) for a random order `place` of the slots: rows have equally
 *            many slots, up to one, and twice as many rows split each in two, so that they can make
 *            what the fewer can. Weight decay on M is as many times that on a row of P as it has
 *            slots. With u >= 9 O every slot had a row of its own; such a layer is no Weight Block
 *            but an ordinary one (architecture.h).
 * SEARCH     M[r][i] = sign(r) sum over j of H[place(r)][j] P[j][(i + shift(r)) mod I]: a bank whose
 *            rows are the coefficients of a Haar wavelet over the places, so that any of them can
 *            be left out (row_search.h). Row 0 acts on all places; row j = 2^l + p on the p-th of
 *            2^l equal ranges of places, one half of which it raises and the other lowers. Where
 *            halves have unequal many places, the factors are those that keep the columns of H
 *            orthonormal (unbalanced Haar) [Girardi and Sweldens 1997]: weight decay on P is weight
 *            decay on M. The first u rows, u a power of two, make what a bank of u rows can. A
 *            slot takes part in 1 + log2(u) rows.
 *
 * A, place, shift and sign are drawn from a seed that is part of the experiment and from O; they
 * are no part of a checkpoint. Sums are taken in order of their terms, so that no split over
 * threads changes a bit.
 */
#ifndef KDECAY_WEIGHT_BLOCK_H
#define KDECAY_WEIGHT_BLOCK_H

#include "experiment/config.h"

#include <stddef.h>
#include <stdint.h>

enum { SLOT_TAPS = 9 }; /* of a 3x3 kernel */

struct weight_slot {
    int row;
    uint32_t shift; /* times I / 2^32, rounded down, is the shift among I columns */
    float sign;
};

/* H at a slot's place, for one row. */
struct weight_step {
    int row;
    float factor;
};

/* What all convolutions to `out` channels share. */
struct weight_table {
    enum weights weights;
    int out, rows;             /* O, u */
    float *expansion;          /* EXPANSION: [u][9 O], A transposed */
    struct weight_slot *slots; /* BANK, SEARCH: [9 O] */
    struct weight_step *steps; /* SEARCH: [9 O][levels] */
    int levels;                /* SEARCH: 1 + log2(u) */
    int *row_slots;            /* BANK: [u], how many slots each row has */
};

/* Release with weight_table_free(). BANK: rows < 9 out. SEARCH: rows a power of two, <= 9 out. */
void weight_table_make(struct weight_table *table, enum weights weights, int out, int rows,
                       uint32_t seed);
/* 1 + log2(rows). */
int weight_block_levels(int rows);

void weight_table_free(struct weight_table *table);

/* P [u][in] to M [9 O][in]. */
void weight_block_generate(const struct weight_table *table, int in, const float *p, float *m);

/* The gradient of M to that of P. */
void weight_block_adjoint(const struct weight_table *table, int in, const float *m_gradient,
                          float *p_gradient);

/* Add to P's gradient what `decay` on each weight gives beyond `decay` on each number of P. */
void weight_block_decay(const struct weight_table *table, int in, float decay, const float *p,
                        float *p_gradient);

#endif
