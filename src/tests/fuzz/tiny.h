/*
 * tiny - parameters of two tensors, for checkpoints of some hundred bytes.
 */
#ifndef KDECAY_FUZZ_TINY_H
#define KDECAY_FUZZ_TINY_H

#include "network/parameters.h"

static inline struct parameters tiny_parameters(void)
{
    struct parameters p = {0};
    const struct tensor weight = {
        .name = "w", .dims = {2, 1}, .dim_count = 2, .trained = 1, .initial = INITIAL_HE_OUT};
    const struct tensor mean = {.name = "m", .dims = {1}, .dim_count = 1};
    parameters_add(&p, &weight);
    parameters_add(&p, &mean);
    parameters_allocate(&p, 1);
    parameters_initialise(&p, 1);
    return p;
}

#endif
