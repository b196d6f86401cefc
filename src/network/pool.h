/*
 * pool - mean of 2x2 pixels. `in` is the shape of the layer's input; its height and width are even.
 */
#ifndef KDECAY_POOL_H
#define KDECAY_POOL_H

#include "network/map.h"

void pool_forward(struct extent in, const void *x, void *out);
void pool_backward(struct extent in, const void *gradient, void *out);

#endif
