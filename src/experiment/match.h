/*
 * match - arms of equal mean learning rate, so that k is not confounded with more time at a high
 * rate.
 *
 * k > 1 keeps the rate high for longer: the mean factor of the linear base grows from 1/2 to
 * k/(k+1). Does k-decay's shape matter, or only this area? To find out, every other base is trained
 * with one of its own numbers chosen so that its area is the same. (REX as published, d = 1/2, has
 * the area of k = 1.59; tanh as published has nearly that of k = 2; a knee that holds for half of
 * training has that of k = 3.)
 *
 * The number is found by bisection on the closed form of the area. One cycle and the inverse square
 * root start low. They do not reach these areas, so they have no arm.
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

/* The value of the match's key that gives the base this area; NAN if no value does. All other
 * numbers are those of `plain`. */
double match_area(const struct match *match, const struct experiment *plain, double area);

/* Write FOLDER/kK/NAME.ini for the linear base with this k, for every match, and for the constant
 * rate with the same mean. Each file includes ../../families/schedules.ini; `plain` is that
 * experiment. Dies if a file cannot be written. */
void match_write(double k, const struct experiment *plain, const char *folder);

#endif
