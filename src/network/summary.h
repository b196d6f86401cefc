/*
 * summary - a network as a table: what `kdecay describe` shows.
 */
#ifndef KDECAY_SUMMARY_H
#define KDECAY_SUMMARY_H

#include "experiment/config.h"

#include <stdio.h>

/* Every layer with shapes, parameters, multiply-adds and kernels, then "parameters N" and "macs N";
 * of a network that is too large to train here, too. Of Weight Blocks also what they store and what
 * making the weights takes. Dies where the network does not exist. */
void summary_print(const struct experiment *experiment, FILE *out);

#endif
