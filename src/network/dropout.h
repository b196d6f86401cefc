/*
 * dropout - some activations set to 0, the others scaled up [Srivastava et al. 2014]; acts in
 * training only.
 */
#ifndef KDECAY_DROPOUT_H
#define KDECAY_DROPOUT_H

#include "base/rng.h"
#include "network/map.h"

/* Which random numbers decide: those of (rng, epoch, first + image, place in the image). */
struct dropout_draws {
    struct rng rng;
    uint32_t epoch, first;
};

/* out = x / (1 - share), or 0 for a random `share` of the elements. The same draws make the
 * backward pass the same function of the gradient. The images beyond `count` become 0. `out` may be
 * x. */
void dropout_apply(struct extent extent, double share, struct dropout_draws draws, const void *x,
                   void *out);

#endif
