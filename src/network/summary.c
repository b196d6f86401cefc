#include "network/summary.h"

#include "network/model.h"

static void print_shape(FILE *out, const struct architecture *architecture, int value)
{
    char shape[40];
    if (value == NO_VALUE) {
        snprintf(shape, sizeof shape, "%d", architecture->classes);
    } else {
        const struct value *v = &architecture->values[value];
        snprintf(shape, sizeof shape, "%dx%dx%d", v->channels, v->height, v->width);
    }
    fprintf(out, " %-12s", shape);
}

void description_print(const struct experiment *experiment, FILE *out)
{
    static const char *const kinds[] = {"convolution", "pad",  "partial", "bn + relu",
                                        "shortcut",    "pool", "dropout", "classifier"};
    struct assembly assembly, *a = &assembly;
    assembly_build(a, experiment, 1);
    fprintf(out, "%-22s %-12s %-12s %-12s %10s %13s  %s\n", "layer", "kind", "input", "output",
            "parameters", "multiply-adds", "oneDNN: forward, backward data, backward weights");
    for (int l = 0; l < a->architecture.layer_count; l++) {
        const struct layer *layer = assembly_layer(a, l);
        fprintf(out, "%-22s %-12s", layer->name, kinds[layer->kind]);
        /* a NORM's inputs side by side have its output's shape */
        print_shape(out, &a->architecture,
                    layer->kind == LAYER_NORM ? layer->output : layer->inputs[0]);
        print_shape(out, &a->architecture, layer->output);
        fprintf(out, " %10lld %13lld  %s\n", layer->parameters, layer->macs,
                layer->kind == LAYER_CONVOLUTION ? dnn_conv_kernels(a->units[l].conv) : "");
    }
    long long parameters, macs;
    architecture_size(&a->architecture, &parameters, &macs);
    fprintf(out, "parameters %lld\nmacs %lld\n", parameters, macs);
    const struct weight_counts counts = architecture_weight_counts(&a->architecture, experiment);
    if (experiment->weights != WEIGHTS_FREE)
        fprintf(out, "parameters_stored %lld\ngeneration_macs %lld\ngeneration_share %.4f\n",
                counts.stored, counts.macs, counts.share);
    assembly_free(a);
}
