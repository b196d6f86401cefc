#include "counts.h"

#include "network.h"

struct counts counts_of(const struct experiment *experiment)
{
    struct counts counts = {0};
    network_size(experiment, &counts.trained, &counts.macs);
    counts.stored = counts.trained;
    return counts;
}

double counts_extra_share(const struct experiment *experiment)
{
    const struct counts counts = counts_of(experiment);
    return (double)counts.extra / ((double)counts.macs * experiment->batch);
}
