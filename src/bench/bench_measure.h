/*
 * bench_measure - how fast one network trains in this process, and how much memory it takes.
 *
 * The experiment's network gets synthetic images, so no data is needed; its classifier has ten
 * classes. After a warm-up, rounds of four parts follow each other until training alone has taken the
 * given time. Each part has its own clock. If a single step takes longer than the given time, one step
 * warms up and one is timed:
 *
 *   fill      move and normalise images and copy them into the network
 *   train     forward, backward, SGD: training.batch images
 *   limit     all convolutions of the step and nothing else (network_convolve)
 *   evaluate  forward with the running statistics
 *
 * The parts alternate, so a disturbance of the machine affects all of them equally.
 */
#ifndef KDECAY_BENCH_MEASURE_H
#define KDECAY_BENCH_MEASURE_H

#include "experiment/config.h"

#include <stdio.h>

/* Prints lines "NAME VALUE":
 *
 *   train, limit, evaluate  images a second
 *   fill                    share of the time of fill and train
 *   convolutions            share of the threads' time in train
 *   peak                    bytes, of this process, after training
 *   environment             onednn_environment()
 *
 * The process must not have used more memory before. Dies on any error. */
void bench_measure(const struct experiment *experiment, int threads, double seconds, FILE *out);

#endif
