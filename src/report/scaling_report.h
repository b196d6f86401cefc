/*
 * scaling_report - the kept measurements, and predictions from them by the model of scaling.h: each
 * network of benchmarks.h, on 1, 2, 4, ... 64 ranks of one thread.
 *
 * The minibatch is the experiment's own. On more ranks than it has shards, it is divided into one
 * shard per rank. This changes the order of sums, not the method. The shards become smaller, and
 * their cost is taken from measurements of shards of exactly this size. The curve ends where there
 * is no such measurement, or where a shard would be less than one image. Two links are assumed: a
 * fast interconnect of 100 Gb/s (1.5 us, 12.5 GB/s) and plain Ethernet of 10 Gb/s (30 us, 1.25
 * GB/s).
 *
 *   OUT/plots/scaling.tsv   for each network "# panel: NETWORK | BATCH", a block of the predictions
 *                           (ranks, shards, then images a second and efficiency in %, of each link)
 *                           and a block of the measurements of its own minibatch (ranks, cores,
 *                           images a second, efficiency in %: of cores times one rank's speed)
 *   OUT/tables/scaling.txt, .csv, .tex   measured and predicted, one row per network
 *   OUT/tables/scaling.sources.tsv       the sources of the numbers, see trace.h
 *
 * In LaTeX a measured number links to its line. A predicted number links to the first line that its
 * compute time came from; scaling.sources.tsv names all of them.
 */
#ifndef KDECAY_SCALING_REPORT_H
#define KDECAY_SCALING_REPORT_H

#include "report/ledger.h"

/* Read RESULTS/benchmarks/ranks.tsv and write all files. 0; or -1 with *error set if it is wrong or
 * names an experiment that does not exist. Dies if a file cannot be written. */
int scaling_report_write(const char *results, const struct experiment_files *experiments,
                         const char *out, struct error *error);

#endif
