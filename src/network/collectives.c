#include "network/collectives.h"

#include "network/ranks.h"

void exchange_sums(const struct assembly *a, const struct norm *norm)
{
    ranks_gather(norm->sums,
                 (size_t)a->own_shards * 2 * (size_t)norm->channels * sizeof *norm->sums);
}

/* Tensors that lie one behind the other travel together: parameters_allocate() placed them so. */
void exchange_gradients(const struct assembly *a)
{
    const struct parameters *p = &a->parameters;
    size_t from = 0, to = 0;
    for (int i = 0; i < p->count; i++) {
        const struct tensor *tensor = &p->tensors[i];
        if (tensor->section == NO_SECTION)
            continue;
        if (tensor->offset != to) {
            ranks_tree_sum(p->gradient + from, to - from);
            from = tensor->offset;
        }
        to = parameters_end(tensor);
    }
    ranks_tree_sum(p->gradient + from, to - from);
}

void exchange_results(const struct assembly *a, double *losses, int *wrong)
{
    const size_t pictures = (size_t)a->own_shards * (size_t)a->shard_pictures;
    ranks_gather(losses, pictures * sizeof *losses);
    ranks_gather(wrong, pictures * sizeof *wrong);
}
