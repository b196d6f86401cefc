/*
 * training - one step of training, and what it stands on: images, network, schedule, optimizer.
 *
 * A run of T steps has S steps an epoch. Step s = 1 .. T belongs to epoch e = (s - 1) / S + 1, and
 * is, in this order:
 *
 *   1. at the first step of an epoch the training images are shuffled, by (seed, e); the steps
 *      of the epoch take `batch` of them one after another, the last one what is left
 *   2. momentum is cleared, where the experiment resets it at drops and the rate drops at s - 1
 *   3. the step's images are moved, by (seed, e, image), normalised, and brought with their
 *      labels into the network; dropout will draw by (seed, s)
 *   4. forward and backward pass
 *   5. SGD with the rate L(s - 1) (schedule.h): weight decay acts on the decayed tensors only, and
 *      the convolutions' weights are laid out once more for the next backward pass
 *
 * training_load_batch() is 1 to 3, network_forward_backward() is 4, training_sgd_update() is 5.
 * They stand apart because the trainer stops after 4 where the loss is not finite, and the probe
 * looks in between.
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

/* Make everything ready for the forward pass of step 1, 2, ...; returns the number of its
 * images. */
int training_load_batch(struct training *training, long step);

/* Bring up to a minibatch of test images, from `first` on, into the network, unmoved; returns
 * their number. */
int training_load_test_batch(struct training *training, size_t first);

/* SGD with the gradients in the network; returns the step's rate. */
double training_sgd_update(struct training *training, long step);

#endif
