/*
 * rng - random numbers that depend on nothing but their address.
 *
 * Philox4x32-10 (Salmon et al., SC 2011; Debian's Random123) maps (key, counter) to 128 random
 * bits. The key is (seed, purpose); the counter is (epoch, image or parameter, draw), so that
 * any thread can compute any number in any order, and a resumed run needs no generator state.
 */
#ifndef KDECAY_RNG_H
#define KDECAY_RNG_H

#include <stddef.h>
#include <stdint.h>

enum rng_purpose {
    RNG_INITIALISE = 1,
    RNG_SHUFFLE,
    RNG_AUGMENT,
    RNG_MAKE_UP,
    RNG_DROPOUT,
    RNG_AUDIT,
    RNG_WEIGHTS,
    RNG_PERMUTE
};

/* One family of numbers: all draws of one purpose under one seed. */
struct rng {
    uint32_t seed, purpose;
};

/* Four independent words, each uniform on [0, 2^32). */
struct rng_words {
    uint32_t word[4];
};
struct rng_words rng_draw(struct rng rng, uint32_t epoch, uint32_t item, uint32_t draw);

/* A word scaled to 0 .. bound-1 (bound > 0) by multiplication; the bias is below bound / 2^32. */
uint32_t rng_below(uint32_t word, uint32_t bound);

/* `count` independent normal deviates of mean 0 and the given standard deviation, by Box and
 * Muller in double, rounded to float once. `item` tells one tensor from another. */
void rng_normal(struct rng rng, uint32_t item, double deviation, float *values, size_t count);

/* A uniformly random order of 0 .. count-1 for one epoch (Fisher and Yates). */
void rng_shuffle(struct rng rng, uint32_t epoch, uint32_t *order, uint32_t count);

#endif
