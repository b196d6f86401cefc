/*
 * model_size - how big an experiment's network is, by count, without building it.
 */
#ifndef KDECAY_MODEL_SIZE_H
#define KDECAY_MODEL_SIZE_H

#include "base/error.h"
#include "experiment/config.h"

struct model_size {
    long long trained; /* parameters that training moves */
    long long stored;  /* numbers to keep of a trained network: of each Weight Block the rows or
                             the weights, whichever are fewer; of a search the budget, which it may fill less
                             than a row; what a seed gives is not counted */
    long long macs;    /* multiply-adds of the forward pass of one image; BN and sums not counted */
    long long extra_macs; /* multiply-adds that make the weights of Weight Blocks, once per step */
    double extra_share;   /* extra_macs as a share of the macs of a minibatch */
};

/* 0, or -1 with *error (which may be NULL) where the family has no such depth. */
int model_size(const struct experiment *experiment, struct model_size *size, struct error *error);

/* The same, but dies. */
struct model_size model_size_of(const struct experiment *experiment);

#endif
