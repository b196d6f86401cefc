/*
 * benchmarks - speeds that were measured and kept: results/benchmarks/ranks.tsv.
 *
 * `make bench-ranks` writes the file: '#' comments that tell machine, program, date and command, a
 * line of column names, then a measurement a line, fields separated by tabs:
 *
 *   experiment    "cifar10/preact-20/poly-k1.0", an arm of experiments/
 *   ranks         MPI ranks that trained its network on synthetic images
 *   threads       of a rank
 *   cores         CPUs that they had: fewer than ranks x threads where they shared them
 *   shards, batch of the minibatch; the experiment's own, or a part of it, that a rank of many has
 *   images_per_s  images a second of training, of all ranks together
 *
 * Such a file is no log and proves nothing: no number in it can be had again. It is the only source
 * of the paper's numbers of speed.
 */
#ifndef KDECAY_BENCHMARKS_H
#define KDECAY_BENCHMARKS_H

#include "base/error.h"

#include <stddef.h>

enum { BENCHMARK_EXPERIMENT = 256 };

struct benchmark {
    char experiment[BENCHMARK_EXPERIMENT];
    int ranks, threads, cores, shards, batch;
    double images_per_second;
    int line;
};

struct benchmarks {
    struct benchmark *rows;
    size_t count;
};

/* A file that is missing has no rows. 0; or -1 with *error set and nothing to free. */
int benchmarks_read(const char *path, struct benchmarks *benchmarks, struct error *error);
void benchmarks_free(struct benchmarks *benchmarks);

#endif
