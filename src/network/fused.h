/*
 * fused - a BN_RELU and the 1x1 CONVOLUTION behind it, as one pass over the maps (pointwise.h).
 *
 * `training.convolution = fused` asks for it, where
 *
 *   - the BN_RELU reads several maps side by side, as in a DenseNet; with one map oneDNN's
 *     convolution is faster (preact-164, with 16 to 256 channels: by a quarter in f32);
 *   - the convolution stands right behind it, is the only layer that reads its output, and has
 *     stride 1;
 *   - the CPU has the kernels, and in bf16 no AMX (onednn.h).
 *
 * Both layers stay what they are, with their tensors and their places in the list. The BN_RELU takes
 * its sums and finishes them as ever, but makes no output. The CONVOLUTION's forward pass makes its
 * output from the BN_RELU's inputs; its backward pass leaves the gradient of its weights and the
 * BN_RELU's sums; and the BN_RELU's backward pass reads the gradient of the CONVOLUTION's output,
 * whose buffer lives until then. The map between them and its gradient have no memory.
 *
 * Leaders. In a DenseNet every layer of a block reads all maps before it, and backward adds to their
 * gradients: each time x is read, and a gradient read and written. But the gradient of a map is
 * needed only by the layer that made it. So up to four pairs, one behind the other, wait for the
 * first of them, their leader: the inputs that the leader reads, too, get the gradients of all four
 * in one pass over the maps, when its turn comes. Each does the others, which the leader does not
 * read, in its own turn. A pair joins where its further inputs begin a panel of pointwise.h.
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
