/*
 * model_size - what a network costs in numbers and multiply-adds, by count, not by clock.
 */
#ifndef KDECAY_MODEL_SIZE_H
#define KDECAY_MODEL_SIZE_H

#include "experiment/config.h"

struct model_size {
    long long trained;  /* parameters that training moves */
    long long stored;   /* numbers to keep a trained network; what a seed gives is not among them */
    long long macs;     /* multiply-adds of the forward pass of one image */
    double extra_share; /* multiply-adds that make weights, of a minibatch's forward pass */
};

/* Dies where there is no such network. */
struct model_size model_size_of(const struct experiment *experiment);

#endif
