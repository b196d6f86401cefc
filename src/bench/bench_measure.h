/*
 * bench_measure - how fast one network trains in this process, and how much memory it takes.
 *
 * The experiment's network is fed with synthetic images, so that no data is needed; its classifier
 * has ten classes. After a warm-up, rounds of four follow each other until training alone has
 * taken the time asked for, each part with its own clock; where a step takes longer than that,
 * one warms up and one is timed:
 *
 *   fill      images are moved, normalised and brought into the network
 *   train     forward, backward, SGD: training.batch images
 *   limit     all convolutions of the step and nothing else (network_convolve)
 *   evaluate  forward with the running statistics
 *
 * As they alternate, a disturbance of the machine hits all of them alike.
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
