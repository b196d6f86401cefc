#include "network/model_size.h"

#include "network/architecture.h"

struct model_size model_size_of(const struct experiment *experiment)
{
    struct architecture architecture;
    struct error error;
    if (architecture_build(&architecture, experiment, &error) != 0)
        die("%s", error.text);
    struct model_size counts;
    architecture_size(&architecture, &counts.trained, &counts.macs);
    const struct weight_counts weights = architecture_weight_counts(&architecture, experiment);
    counts.stored = weights.stored;
    counts.extra_share = weights.share;
    architecture_free(&architecture);
    return counts;
}
