/*
 * scaling_measure - measures this machine for the model of scaling.h, and prints the predictions.
 */
#ifndef KDECAY_SCALING_MEASURE_H
#define KDECAY_SCALING_MEASURE_H

#include "experiment/config.h"
#include "report/scaling.h"

#include <stdio.h>

enum { SCALING_SAMPLES = 2 };

/* Times a few steps of the experiment's network on synthetic images, with one shard and with four
 * on each of `threads` threads (with fewer where the experiment has fewer); returns the number of
 * samples. Dies where memory or CPUs do not suffice, and says what to do. */
size_t scaling_measure(const struct experiment *experiment, int threads,
                       struct scaling_sample samples[SCALING_SAMPLES]);

struct scaling_options {
    const struct experiment *experiment;
    int ranks, threads; /* threads of a rank */
    struct scaling_link link;
    double images_per_second; /* of one rank that has the whole minibatch; 0: measure */
};

/* Prints the traffic, what compute stands on, and a row for each number of ranks up to `ranks` that
 * the experiment's shards allow. Dies where the network does not exist. */
void scaling_print(const struct scaling_options *options, FILE *out);

#endif
