/*
 * model_build - from an experiment to a model (model.h), and what its memory will take.
 */
#ifndef KDECAY_MODEL_BUILD_H
#define KDECAY_MODEL_BUILD_H

#include "network/model.h"

/* Architecture, layers, tensors and plans. Dies where the architecture does not exist, the CPU
 * lacks the precision or oneDNN fails. At most one thread per shard of this rank. */
void model_build(struct model *model, const struct experiment *experiment, int threads);
/* Memory for parameters, maps and gradients. Without it a network can only be described. */
void model_allocate(struct model *model);
void model_free(struct model *model);

/* The bytes that the experiment's network will take on each of `ranks` ranks, near enough: maps,
 * gradients, arenas. `block` as onednn_block(). */
size_t model_bytes(const struct experiment *experiment, int ranks, int block);

#endif
