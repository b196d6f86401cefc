/*
 * scaling - how long a step takes on N MPI ranks, on paper.
 *
 * A minibatch of S shards is shared out equally. A thread of T of a rank has at most
 * r(N) = ceil(S / N / T) of them, its rounds. A step takes
 *
 *     T(N) = C(r(N)) + norms + gradient + rest
 *
 * since nothing is sent while something is computed. The efficiency is T(1) / (N T(N)): the share
 * of N times one rank's speed that is left (strong scaling: the minibatch stays as it is).
 *
 * Compute, C. What one process without others takes for T r shards, measured at a few r (samples).
 * Between two of them C is a straight line: r shards' passes, and what each rank does once whatever
 * its share is (SGD, new layouts of weights). So all that is measured counts, also that shards of
 * few images are slow; assumed is that the ranks' machines are like the one that was measured and
 * that ranks do not disturb each other.
 *
 * Messages. One of n bytes takes alpha + n beta: alpha the latency, beta the reciprocal of the
 * bandwidth, both of one direction of one link; every pair of ranks has such a link to itself
 * [Hockney, The communication challenge for MPP: Intel Paragon and Meiko CS-2, Parallel Computing
 * 20, 1994]. On N ranks, with L = ceil(log2 N) and n bytes that all have in the end, the operations
 * cost [Thakur, Rabenseifner and Gropp, Optimization of Collective Communication Operations in
 * MPICH, Int. J. of High Performance Computing Applications 19, 2005]
 *
 *     gather   of everyone's part, by recursive doubling: at stage i rank k exchanges all that it
 *              has with rank k xor 2^i        L alpha + (N - 1) / N n beta
 *     scatter  each rank gets its part from every other, pair by pair
 *                                             (N - 1) alpha + (N - 1) / N n beta
 *     reduce   a few bytes to one result that all have, by recursive doubling
 *                                             L (alpha + n beta)
 *
 * What kdecay exchanges in a step of S shards and B images:
 *
 *     norms     for each BN_RELU a gather of two sums, in double, a channel and shard, forward and
 *               backward: 16 S C bytes each, of C channels in memory
 *     gradient  the floats of the convolutions and of the classifier: each rank adds up one part
 *               for all, a scatter and a gather of 4 bytes a float; twice, for what has weight
 *               decay and what has none (the second is small or empty)
 *     rest      gathers of losses and verdicts, 8 B and 4 B bytes; a reduction of 4 bytes, the flag
 *               that stops a run
 *
 * Channels count as they lie in memory: in blocks of 16, as AVX-512 has them. Left out is the time
 * that the sums' own additions take.
 */
#ifndef KDECAY_SCALING_H
#define KDECAY_SCALING_H

#include "network/architecture.h"

#include <stddef.h>

/* ---- Messages ------------------------------------------------------------------------------- */

struct scaling_link {
    double latency;   /* alpha, seconds */
    double bandwidth; /* 1 / beta, bytes a second */
};

/* Operations of one kind in a step. */
struct scaling_exchanges {
    double count, bytes; /* bytes of all of them together */
};

/* Seconds, on `ranks` ranks; 0 on one. */
double scaling_gather(struct scaling_exchanges gathers, int ranks, struct scaling_link link);
double scaling_scatter(struct scaling_exchanges scatters, int ranks, struct scaling_link link);
double scaling_reduce(struct scaling_exchanges reductions, int ranks, struct scaling_link link);

struct scaling_traffic {
    struct scaling_exchanges norms;    /* gathers */
    struct scaling_exchanges gradient; /* scatters, and as many gathers */
    struct scaling_exchanges losses;   /* gathers */
    struct scaling_exchanges flags;    /* reductions */
};

/* Of one step. */
struct scaling_traffic scaling_traffic_of(const struct architecture *architecture, int shards,
                                          int batch);

/* ---- Compute -------------------------------------------------------------------------------- */

/* A process without others takes so many seconds for a step in which each of its threads has so
 * many shards. */
struct scaling_sample {
    int rounds;
    double seconds;
};

/* C(rounds) by straight lines through the samples, 1 or more, sorted by rounds: before the first
 * one in proportion to the rounds, as after the only one; else after the last one on the line
 * through the last two. */
double scaling_compute(const struct scaling_sample *samples, size_t count, int rounds);

/* ---- A step --------------------------------------------------------------------------------- */

struct scaling_setting {
    struct scaling_traffic traffic;
    struct scaling_link link;
    const struct scaling_sample *samples;
    size_t sample_count;
    int shards, threads; /* of the minibatch; of a rank */
};

struct scaling_step {
    double compute, norms, gradient, rest, total; /* seconds */
};

/* The most shards that a thread of so many ranks has. */
int scaling_rounds(int shards, int ranks, int threads);

struct scaling_step scaling_step_of(const struct scaling_setting *setting, int ranks);

#endif
