/*
 * recompute - which activations are not kept from the forward to the backward pass.
 *
 * Between two BN_RELU layers a shard runs alone on its worker (network.c). A section begins with
 * the output of a BN_RELU layer and ends where the sums of the next one are taken. An activation
 * that is produced and consumed within one section, and by no BN_RELU layer, is not stored per
 * shard. It lives in per-worker scratch memory, shared by all sections, and so stays in cache.
 *
 * A convolution that reads such an activation needs it again in the backward pass, for the gradient
 * of its weights. If the layers that produce it are cheap (layers.h: BN_RELU, PAD and dropout),
 * they run again there. Their inputs are kept, so the bits are the same. A network therefore keeps
 * about one map per convolution, and a DenseNet only what its layers add, not the concatenations
 * that they read. [The idea is that of Pleiss et al., Memory-Efficient Implementation of DenseNets,
 * arXiv 1707.06990] The output of a BN_RELU that is fused with the convolution behind it (fused.h)
 * counts as such an activation, but needs no memory at all.
 *
 * An activation that is only added to another one by a BN_RELU (a unit's projection, a shortcut of
 * option A) is not needed after that sum, neither forward nor backward. No two of them are alive at
 * a time. They live in memory that the forward pass does not need: that of a gradient (model_build.c).
 */
#ifndef KDECAY_RECOMPUTE_H
#define KDECAY_RECOMPUTE_H

#include "network/architecture.h"

#include <stddef.h>

struct recompute {
    unsigned char *forward_only; /* [activation] */
    unsigned char *in_scratch;   /* [activation] */
    size_t *scratch_offset;      /* [activation]: where in the scratch, in numbers of one image */
    size_t numbers;              /* of the scratch, of one image */
    unsigned char *rerun;        /* [layer]: run again in the backward pass */
};

/* activation_numbers: the numbers in one image's map of each activation. Release with
 * recompute_free(). */
void recompute_plan(struct recompute *recompute, const struct architecture *architecture,
                    const size_t *activation_numbers);
void recompute_free(struct recompute *recompute);

#endif
