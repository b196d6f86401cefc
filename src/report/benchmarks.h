/*
 * benchmarks - speeds that were measured and kept: results/benchmarks/ranks.tsv.
 *
 * `make bench-ranks` writes the file: '#' comments that tell machine, program, date and command, a
 * line of column names, then one line per measurement, with tabs between its fields:
 *
 *   experiment    "cifar10/preact-20/poly-k1.0", an arm of experiments/
 *   ranks         MPI ranks that trained its network on synthetic images
 *   threads       threads of each rank
 *   cores         CPUs that they had; fewer than ranks x threads if they shared them
 *   shards, batch of the minibatch: the experiment's own, or the part that one of many ranks has
 *   images_per_s  images per second of training, of all ranks together
 *
 * Such a file is not a log and proves nothing: its numbers cannot be reproduced exactly. It is the
 * only source of the paper's numbers about speed.
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
