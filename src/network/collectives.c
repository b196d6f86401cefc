#include "network/collectives.h"

#include "network/ranks.h"

void collectives_sum_batch_norm(const struct model *a, const struct batch_norm *norm)
{
    ranks_gather(norm->sums,
                 (size_t)a->own_shards * 2 * (size_t)norm->channels * sizeof *norm->sums);
}

/* Tensors that lie one behind the other travel together: parameters_allocate() placed them so. */
void collectives_sum_gradients(const struct model *a)
{
    const struct parameters *p = &a->parameters;
    size_t from = 0, to = 0;
    for (int i = 0; i < p->count; i++) {
        const struct tensor *tensor = &p->tensors[i];
        if (tensor->section == NO_SECTION)
            continue;
        if (tensor->offset != to) {
            ranks_pairwise_sum(p->gradient + from, to - from);
            from = tensor->offset;
        }
        to = parameters_end(tensor);
    }
    ranks_pairwise_sum(p->gradient + from, to - from);
}

void collectives_gather_results(const struct model *a, double *losses, int *wrong)
{
    const size_t images = (size_t)a->own_shards * (size_t)a->shard_images;
    ranks_gather(losses, images * sizeof *losses);
    ranks_gather(wrong, images * sizeof *wrong);
}
