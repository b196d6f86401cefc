/*
 * scaling - a model of the time of a step on N MPI ranks.
 *
 * The S shards of a minibatch are divided equally. Each of a rank's T threads has at most
 * r(N) = ceil(S / N / T) of them; this is its number of rounds. A step takes
 *
 *     T(N) = C(r(N)) + norms + gradient + rest
 *
 * since ranks do not send while they compute. The efficiency is T(1) / (N T(N)): the speed as a
 * share of N times one rank's speed (strong scaling: the minibatch stays the same).
 *
 * Compute, C: the time that one process alone takes for T r shards, measured for a few r (samples).
 * Between two samples C is a straight line: the passes of r shards, and the work that each rank
 * does once whatever its share is (SGD, new layouts of weights). So the samples include everything,
 * also that shards of few images are slow. The model assumes that the ranks' machines are like the
 * measured one, and that ranks do not disturb each other.
 *
 * Messages: a message of n bytes takes alpha + n beta. alpha is the latency and beta the reciprocal
 * of the bandwidth, both for one direction of one link; every pair of ranks has a link of its own
 * [Hockney, The communication challenge for MPP: Intel Paragon and Meiko CS-2, Parallel Computing
 * 20, 1994]. On N ranks, with L = ceil(log2 N), and n bytes that all ranks have at the end, the
 * operations cost [Thakur, Rabenseifner and Gropp, Optimization of Collective Communication
 * Operations in MPICH, Int. J. of High Performance Computing Applications 19, 2005]
 *
 *     gather   all parts, by recursive doubling: at stage i rank k exchanges all parts that it has
 *              with rank k xor 2^i            L alpha + (N - 1) / N n beta
 *     scatter  each rank gets its part from every other rank, pair by pair
 *                                             (N - 1) alpha + (N - 1) / N n beta
 *     reduce   a few bytes to one result that all ranks get, by recursive doubling
 *                                             L (alpha + n beta)
 *
 * kdecay exchanges these messages in a step of S shards and B images:
 *
 *     norms     for each BN_RELU, a gather of two doubles per channel and shard, forward and
 *               backward: 16 S C bytes each, for C channels in memory
 *     gradient  the floats of the convolutions and of the classifier: each rank adds up one part
 *               for all, with a scatter and a gather of 4 bytes per float. This happens twice: for
 *               the tensors with weight decay and for those without (the second is small or empty)
 *     rest      gathers of losses and verdicts, 8 B and 4 B bytes; a reduction of 4 bytes, the flag
 *               that stops a run
 *
 * Channels are counted as they are in memory: in blocks of 16, as with AVX-512. The model leaves
 * out the time of the sums' own additions.
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

/* A process alone takes `seconds` for a step in which each of its threads has `rounds` shards. */
struct scaling_sample {
    int rounds;
    double seconds;
};

/* C(rounds) by straight lines through the samples (1 or more, sorted by rounds). Before the first
 * sample it is proportional to the rounds, also after it if it is the only one. After the last one
 * it is on the line through the last two. */
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

/* The greatest number of shards of a thread, with so many ranks. */
int scaling_rounds(int shards, int ranks, int threads);

struct scaling_step scaling_step_of(const struct scaling_setting *setting, int ranks);

#endif
