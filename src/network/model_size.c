#include "network/model_size.h"

#include "network/architecture.h"
#include "network/row_search.h"
#include "network/weight_block.h"

int model_size(const struct experiment *experiment, struct model_size *size, struct error *error)
{
    struct architecture a;
    if (architecture_build(&a, experiment, error) != 0) {
        architecture_free(&a);
        return -1;
    }
    *size = (struct model_size){0};
    long long candidates = 0;
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
            if (experiment->weights == WEIGHTS_SEARCH) {
                size->extra_macs += weight_block_levels(layer->rows) * weights;
                candidates += row_search_numbers(
                    layer->rows, a.activations[layer->inputs[0]].channels, layer->rows);
                stored = 0;
            }
        }
        size->stored += stored;
    }
    size->stored += experiment->budget < candidates ? experiment->budget : candidates;
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
