/*
 * shortcut - the parameter-free shortcut of a unit that changes shape ("option A"): every
 * stride-th row and column, zeros in the new channels [He et al., arXiv 1512.03385, section 4.2].
 */
#ifndef KDECAY_SHORTCUT_H
#define KDECAY_SHORTCUT_H

#include "network/map.h"

/* From a map `in` to one with out_channels, as many as `in` has or more. */
void shortcut_forward(struct extent in, int out_channels, int stride, const void *x, void *out);

/* The adjoint: zeros where the stride skipped. */
void shortcut_backward(struct extent in, int out_channels, int stride, const void *gradient,
                       void *out);

#endif
