/*
 * match - arms of equal mean learning rate, so that k is not confounded with more time at a high
 * rate.
 *
 * k > 1 holds the rate high for longer: the mean factor of the linear base grows from 1/2 to
 * k/(k+1). Whether k-decay's shape matters, or only that area, is asked by training every other
 * base with one of its own numbers chosen so that its area is the same. (REX as published, d = 1/2,
 * has the area of k = 1.59; tanh as published nearly that of k = 2; a knee that holds for half of
 * training that of k = 3.)
 *
 * The number is found by bisection on the closed form of the area. One cycle and the inverse square
 * root, which start low, do not reach the areas in question and have no arm.
 */
#ifndef KDECAY_MATCH_H
#define KDECAY_MATCH_H

#include "experiment/config.h"

#include <stddef.h>

/* One base and the number to choose. */
struct match {
    const char *decay;
    const char *key;  /* of section schedule */
    size_t offset;    /* of its double in struct experiment */
    double low, high; /* where to search; the area is monotone in between */
};

extern const struct match matches[];
extern const size_t match_count;

/* The value of the match's key with which the base has the area; NAN where it can't reach it. All
 * other numbers are those of `plain`. */
double match_area(const struct match *match, const struct experiment *plain, double area);

/* Write FOLDER/kK/NAME.ini for the linear base with this k, for every match, and for the constant
 * rate with the same mean; each includes ../../families/schedules.ini, which `plain` is. Dies where
 * a file can't be written. */
void match_write(double k, const struct experiment *plain, const char *folder);

#endif
