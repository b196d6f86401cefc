/*
 * export - what a run has trained, as an ordinary network.
 *
 * A safetensors file as a checkpoint is (checkpoint.h), but of values alone: each convolution with
 * the weights with which it runs, under the name and in the shape that they have in an ordinary
 * network, also where a Weight Block makes them; BN, classifier. Whatever the number of rows, it is
 * no larger than the ordinary network's. The log so far stands in its metadata.
 */
#ifndef KDECAY_EXPORT_H
#define KDECAY_EXPORT_H

#include "experiment/config.h"

/* From the run's checkpoint below the folder `checkpoints`; `out` is overwritten. Dies where there
 * is no such checkpoint, or a damaged one. Returns the whole epochs that it has trained. */
long export_weights(const struct experiment *experiment, long seed, const char *checkpoints,
                    const char *out);

#endif
