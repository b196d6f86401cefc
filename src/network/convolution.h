/*
 * convolution - the layer CONVOLUTION: its primitives (onednn.h), its weights and the rows of its
 * Weight Block (weight_block.h). Layers of one shape share their primitives.
 */
#ifndef KDECAY_CONVOLUTION_H
#define KDECAY_CONVOLUTION_H

#include "network/model.h"

/* "forward, backward data, backward weights" of a CONVOLUTION, as onednn_conv_kernels(); NULL for
 * layers of other kinds. */
const char *convolution_kernels(const struct model *model, int layer);

/* Of a CONVOLUTION that is one pass with the BN_RELU before it (fused.h): its plan and the tensor of
 * its weights. */
const struct pointwise *convolution_pointwise(const struct model *model, int layer);
int convolution_weight(const struct model *model, int layer);

/* What all convolutions of the model share. */
void convolution_free_shared(struct model *model);

#endif
