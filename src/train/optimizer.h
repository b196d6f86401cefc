/*
 * optimizer - stochastic gradient descent with momentum, as Torch and PyTorch define it.
 *
 *     d = gradient + weight_decay * value
 *     m = momentum * m + d
 *     value -= lr * (nesterov ? d + momentum * m : m)
 *
 * No dampening; the learning rate is outside of the momentum, so that a change of it acts at once.
 * [Sutskever et al. 2013 in Torch's form: optim.sgd with dampening 0]
 */
#ifndef KDECAY_OPTIMIZER_H
#define KDECAY_OPTIMIZER_H

#include "experiment/config.h"

#include <stddef.h>

struct sgd {
    float momentum, weight_decay;
    int nesterov;
};

struct sgd sgd_of(const struct experiment *experiment);

/* One step on `count` floats, each on its own: any split over threads gives the same bits. */
void sgd_step(const struct sgd *sgd, double lr, size_t count, float *value, float *momentum,
              const float *gradient);

#endif
