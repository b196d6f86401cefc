#include "network/summary.h"

#include "network/convolution.h"
#include "network/layers.h"
#include "network/model_build.h"
#include "network/model_size.h"

static void print_shape(FILE *out, const struct architecture *architecture, int activation)
{
    char shape[40];
    if (activation == NO_ACTIVATION) {
        snprintf(shape, sizeof shape, "%d", architecture->classes);
    } else {
        const struct activation *v = &architecture->activations[activation];
        snprintf(shape, sizeof shape, "%dx%dx%d", v->channels, v->height, v->width);
    }
    fprintf(out, " %-12s", shape);
}

void summary_print(const struct experiment *experiment, FILE *out)
{
    struct model model, *a = &model;
    model_build(a, experiment, 1);
    fprintf(out, "%-22s %-12s %-12s %-12s %10s %13s  %s\n", "layer", "kind", "input", "output",
            "parameters", "multiply-adds", "oneDNN: forward, backward data, backward weights");
    for (int l = 0; l < a->architecture.layer_count; l++) {
        const struct layer *layer = model_layer(a, l);
        fprintf(out, "%-22s %-12s", layer->name, layers_ops(layer->kind)->name);
        /* a BN_RELU's inputs side by side have its output's shape */
        print_shape(out, &a->architecture,
                    layer->kind == LAYER_BN_RELU ? layer->output : layer->inputs[0]);
        print_shape(out, &a->architecture, layer->output);
        const char *kernels = convolution_kernels(a, l);
        fprintf(out, " %10lld %13lld  %s\n", layer->parameters, layer->macs,
                kernels ? kernels : "");
    }
    const struct model_size size = model_size_of(experiment);
    fprintf(out, "parameters %lld\nmacs %lld\n", size.trained, size.macs);
    if (experiment->weights != WEIGHTS_FREE)
        fprintf(out, "parameters_stored %lld\ngeneration_macs %lld\ngeneration_share %.4f\n",
                size.stored, size.extra_macs, size.extra_share);
    model_free(a);
}
