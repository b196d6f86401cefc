#include "network/model_size.h"

#include "network/architecture.h"

int model_size(const struct experiment *experiment, struct model_size *size, struct error *error)
{
    struct architecture a;
    if (architecture_build(&a, experiment, error) != 0) {
        architecture_free(&a);
        return -1;
    }
    *size = (struct model_size){0};
    for (int l = 0; l < a.layer_count; l++) {
        const struct layer *layer = &a.layers[l];
        size->trained += layer->parameters;
        size->macs += layer->macs;
        long long stored = layer->parameters;
        if (layer->rows) {
            const long long weights = 1LL * layer->kernel * layer->kernel *
                                      a.activations[layer->inputs[0]].channels *
                                      a.activations[layer->output].channels;
            stored = weights < stored ? weights : stored;
            if (experiment->weights == WEIGHTS_EXPANSION)
                size->extra_macs += layer->rows * weights;
        }
        size->stored += stored;
    }
    size->extra_share = (double)size->extra_macs / ((double)size->macs * experiment->batch);
    architecture_free(&a);
    return 0;
}

struct model_size model_size_of(const struct experiment *experiment)
{
    struct model_size size;
    struct error error;
    if (model_size(experiment, &size, &error) != 0)
        die("%s", error.text);
    return size;
}
