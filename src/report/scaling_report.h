/*
 * scaling_report - what the kept measurements say, and the model of scaling.h on top of them: each
 * network of benchmarks.h, on 1, 2, 4, ... 64 ranks of one thread.
 *
 * The minibatch is the experiment's own. On more ranks than it has shards it is cut into a shard a
 * rank, which changes the order of sums, not the method; so shards become smaller, and what they
 * cost is taken from measurements of shards of that very size. Where there is none, or a shard
 * would be no whole image, the curve ends. Links are assumed, two of them: a fast interconnect of
 * 100 Gb/s (1.5 us, 12.5 GB/s) and plain Ethernet of 10 Gb/s (30 us, 1.25 GB/s).
 *
 *   OUT/plots/scaling.tsv   for each network "# panel: NETWORK | BATCH", a block of the predictions
 *                           (ranks, shards, then images a second and efficiency in %, of each link)
 *                           and a block of the measurements of its own minibatch (ranks, cores,
 *                           images a second, efficiency in %: of cores times one rank's speed)
 *   OUT/tables/scaling.txt, .csv, .tex   measured and predicted, a row a network
 *   OUT/tables/scaling.sources.tsv       where the numbers came from, as trace.h tells
 *
 * In LaTeX a measured number links to its line, a predicted one to the first line that its compute
 * is from; scaling.sources.tsv names all of them.
 */
#ifndef KDECAY_SCALING_REPORT_H
#define KDECAY_SCALING_REPORT_H

#include "report/ledger.h"

/* Read RESULTS/benchmarks/ranks.tsv and write all. 0; or -1 with *error set where it is wrong or
 * names an experiment that there is not. Dies when a file cannot be written. */
int scaling_report_write(const char *results, const struct experiment_files *experiments,
                         const char *out, struct error *error);

#endif
