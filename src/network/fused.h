/*
 * fused - a BN_RELU and the 1x1 CONVOLUTION behind it, as one pass over the maps (pointwise.h).
 *
 * `training.convolution = fused` asks for it, where
 *
 *   - the convolution stands right behind the BN_RELU, is the only layer that reads its output, and
 *     has stride 1 (both layers of a DenseNet's bottleneck and of its transitions; two of the three
 *     convolutions of a pre-activation bottleneck);
 *   - the CPU has the kernels, and in bf16 no AMX (onednn.h).
 *
 * Both layers stay what they are, with their tensors and their places in the list. The BN_RELU takes
 * its sums and finishes them as ever, but makes no output. The CONVOLUTION's forward pass makes its
 * output from the BN_RELU's inputs; its backward pass leaves the gradient of its weights and the
 * BN_RELU's sums; and the BN_RELU's backward pass reads the gradient of the CONVOLUTION's output,
 * whose buffer lives until then. The map between them and its gradient have no memory.
 */
#ifndef KDECAY_FUSED_H
#define KDECAY_FUSED_H

#include "network/layers.h"

/* Mark the layers. Before the buffers are planned. */
void fused_mark(struct model *model, const struct experiment *experiment);

/* For a CONVOLUTION that is marked, while it is built. */
struct pointwise *fused_create(const struct model *model, int convolution);

void fused_forward(const struct layer_call *convolution);
void fused_backward_sums(const struct layer_call *convolution);
void fused_backward(const struct layer_call *bn_relu);

#endif
