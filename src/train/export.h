/*
 * export - the trained network of a run, as an ordinary network.
 *
 * The file has the format of a checkpoint (checkpoint.h), but holds only values: batch norm, the
 * classifier, and each convolution's weights. Weights that a Weight Block makes have the name and
 * shape that they have in an ordinary network. So the file is never larger than the ordinary
 * network's, whatever the number of rows. The log so far is in its metadata.
 */
#ifndef KDECAY_EXPORT_H
#define KDECAY_EXPORT_H

#include "experiment/config.h"

/* Read the run's checkpoint below the folder `checkpoints` and overwrite `out`. Dies if there is no
 * such checkpoint, or if it is damaged. Returns the number of whole epochs that it has trained. */
long export_weights(const struct experiment *experiment, long seed, const char *checkpoints,
                    const char *out);

#endif
