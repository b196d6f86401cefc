/*
 * training - one step of training, and all it needs: images, network, schedule, optimizer.
 *
 * A run of T steps has S steps per epoch. Step s = 1 .. T belongs to epoch e = (s - 1) / S + 1 and
 * consists of these calls, in this order:
 *
 *   training_load_batch()    At the first step of an epoch it shuffles the training images by
 *                            (seed, e). Each step of the epoch takes the next `batch` of them; the
 *                            last step takes the rest. If the experiment resets momentum at drops
 *                            and the rate drops at s - 1, it clears the momentum.
 *                            It augments the step's images by (seed, e, image), normalises them and
 *                            copies them with their labels into the network. Dropout will draw by
 *                            (seed, s).
 *   network_forward()        gives the loss. The trainer stops here if it is not finite.
 *   network_backward()       computes the gradients of this rank's shards.
 *   network_sum_gradients()  sums them over the ranks.
 *   training_sgd_update()    SGD with the rate L(s - 1) (schedule.h). Weight decay acts on the
 *                            decayed tensors only. The convolutions' weights are copied into the
 *                            layouts that the next pass reads.
 *
 * A step depends on its number and on the parameters, not on the steps that this process took
 * before: a run may start at any step. No bit depends on the number of threads.
 */
#ifndef KDECAY_TRAINING_H
#define KDECAY_TRAINING_H

#include "data/dataset.h"
#include "experiment/config.h"
#include "experiment/schedule.h"
#include "network/network.h"
#include "train/optimizer.h"

#include <stddef.h>
#include <stdint.h>

struct training {
    const struct experiment *experiment; /* borrowed */
    uint32_t seed;
    struct dataset dataset;
    struct network *network;
    struct schedule schedule;
    struct sgd sgd;
    long steps_per_epoch;
    uint32_t *order; /* of the training images in epoch `ordered` */
    long ordered;    /* 0: of none yet */
};

/* Load the images from the folder `data` (`kept`: see dataset_load()) and build the network,
 * without parameters yet: follow with network_initialise() or checkpoint_load(). Dies where
 * images or network don't exist. */
void training_open(struct training *training, const struct experiment *experiment, uint32_t seed,
                   int threads, const char *data, const char *kept);
void training_close(struct training *training);

/* Make everything ready for the forward pass of step 1, 2, ...; returns the number of images in its
 * minibatch. */
int training_load_batch(struct training *training, long step);

/* Copy up to a minibatch of test images, from `first` on, into the network, without augmentation;
 * returns their number. */
int training_load_test_batch(struct training *training, size_t first);

/* SGD with the gradients in the network; returns the learning rate of the step. */
double training_sgd_update(struct training *training, long step);

#endif
