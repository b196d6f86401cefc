/*
 * scaling - how long a step takes on N MPI ranks, on paper.
 *
 * A minibatch of S shards is shared out: no rank has more than ceil(S / N) of them, no thread of T
 * more than r(N) = ceil(ceil(S / N) / T), its rounds. A step takes
 *
 *     T(N) = C(r(N)) + norms + gradient + rest
 *
 * since nothing is sent while something is computed. The efficiency is T(1) / (N T(N)): the share of
 * N times one rank's speed that is left (strong scaling: the minibatch stays as it is).
 *
 * Compute, C. What one process without others takes for T r shards, measured at a few r (samples).
 * Between two of them C is a straight line: r shards' passes, and what each rank does once whatever
 * its share is (SGD, new layouts of weights). So all that is measured counts, also that small
 * minibatches are slow; assumed is that the ranks' machines are the one that was measured and that
 * ranks do not disturb each other.
 *
 * Messages. One of n bytes takes alpha + n beta: alpha the latency, beta the reciprocal of the
 * bandwidth, both of one direction of one link; every pair of ranks has such a link to itself
 * [Hockney, The communication challenge for MPP: Intel Paragon and Meiko CS-2, Parallel Computing
 * 20 (1994)]. With recursive doubling, at stage i rank k exchanges with rank k xor 2^i; of N ranks,
 * L = ceil(log2 N), the cost is [Thakur, Rabenseifner and Gropp, Optimization of Collective
 * Communication Operations in MPICH, Int. J. High Performance Computing Applications 19 (2005)]
 *
 *     gather everyone's part, n bytes in all     L alpha + (N - 1) / N  n beta
 *     reduce n bytes to a sum that all have      L (alpha + n beta)
 *
 * The time of the sums' own additions is not in it. A step of kdecay does (scaling_traffic_of())
 *
 *     norms     a gather for each NORM, forward and backward: two sums a channel and shard, in
 *               double
 *     gradient  reductions of the floats of all trained tensors
 *     rest      a gather of each picture's loss and verdict, a reduction of the flag that stops
 */
#ifndef KDECAY_SCALING_H
#define KDECAY_SCALING_H

#include "architecture.h"

#include <stddef.h>

/* ---- Messages ------------------------------------------------------------------------------- */

struct scaling_link {
    double latency;   /* alpha, seconds */
    double bandwidth; /* 1 / beta, bytes a second */
};

/* Exchanges of one kind in a step. */
struct scaling_exchanges {
    double count, bytes; /* bytes of all of them: of what all have in the end */
};

/* Seconds, on `ranks` ranks; 0 on one. */
double scaling_gather(struct scaling_exchanges gathers, int ranks, struct scaling_link link);
double scaling_reduce(struct scaling_exchanges reductions, int ranks, struct scaling_link link);

struct scaling_traffic {
    struct scaling_exchanges norms, losses;   /* gathers */
    struct scaling_exchanges gradient, flags; /* reductions */
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

/* Whether kdecay can share so many shards out to so many ranks. */
int scaling_allows(int shards, int ranks);

/* The most rounds that a thread of `ranks` ranks has. */
int scaling_rounds(int shards, int ranks, int threads);

struct scaling_step scaling_step_of(const struct scaling_setting *setting, int ranks);

#endif
