/*
 * blocked - feature maps as onednn.h lays them out: [image][channels / block][pixels][block].
 *
 * Tests hold their numbers in plain order, [image][channel][row][column], in double. A map has
 * room for more images than are valid; what stands there is BLOCKED_REST, so that a pass that
 * writes or reads it is seen.
 */
#ifndef KDECAY_TESTS_BLOCKED_H
#define KDECAY_TESTS_BLOCKED_H

#include "tests/reference.h"

#define BLOCKED_REST 7.5f

/* Where element `index` in plain order lies. */
size_t blocked_place(struct shape shape, int block, size_t index);

/* The map of `images` images, of which the first shape.images are valid and hold `plain`
 * (NULL: BLOCKED_REST everywhere); free() it. */
float *blocked_map(struct shape valid, int block, int images, const double *plain);

/* Fails unless the valid part is `expected` within `error` (of its largest value) and every element
 * after it is `beyond`. */
void blocked_check(struct shape valid, int block, int images, const float *map,
                   const double *expected, double error, float beyond);

/* Random numbers on [-1, 1) that floats hold exactly, so that both sides start from the same. */
double *blocked_numbers(uint64_t *state, size_t count);

#endif
