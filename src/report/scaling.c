#include "report/scaling.h"

enum { BLOCK = 16 }; /* channels */

/* ---- Messages ------------------------------------------------------------------------------- */

static int stages_of(int ranks)
{
    int stages = 0;
    while (1 << stages < ranks)
        stages++;
    return stages;
}

double scaling_gather(struct scaling_exchanges gathers, int ranks, struct scaling_link link)
{
    return gathers.count * stages_of(ranks) * link.latency +
           gathers.bytes * (ranks - 1) / ranks / link.bandwidth;
}

double scaling_scatter(struct scaling_exchanges scatters, int ranks, struct scaling_link link)
{
    return scatters.count * (ranks - 1) * link.latency +
           scatters.bytes * (ranks - 1) / ranks / link.bandwidth;
}

double scaling_reduce(struct scaling_exchanges reductions, int ranks, struct scaling_link link)
{
    return stages_of(ranks) * (reductions.count * link.latency + reductions.bytes / link.bandwidth);
}

static double channels_of(const struct architecture *architecture, int value)
{
    return architecture_padded_channels(architecture, value, BLOCK);
}

struct scaling_traffic scaling_traffic_of(const struct architecture *architecture, int shards,
                                          int batch)
{
    struct scaling_traffic traffic = {.gradient = {.count = 2},
                                      .losses = {2, (double)batch * (sizeof(double) + sizeof(int))},
                                      .flags = {1, sizeof(int)}};
    for (int l = 0; l < architecture->layer_count; l++) {
        const struct layer *layer = &architecture->layers[l];
        if (layer->kind == LAYER_BN_RELU) {
            traffic.norms.count += 2;
            traffic.norms.bytes +=
                2 * 2 * sizeof(double) * channels_of(architecture, layer->output) * shards;
        } else if (layer->kind == LAYER_CONVOLUTION) {
            traffic.gradient.bytes += sizeof(float) * channels_of(architecture, layer->inputs[0]) *
                                      channels_of(architecture, layer->output) * layer->kernel *
                                      layer->kernel;
        } else {
            traffic.gradient.bytes += sizeof(float) * (double)layer->parameters;
        }
    }
    return traffic;
}

/* ---- Compute -------------------------------------------------------------------------------- */

double scaling_compute(const struct scaling_sample *samples, size_t count, int rounds)
{
    if (rounds <= samples->rounds || count == 1)
        return samples->seconds * rounds / samples->rounds;
    size_t i = 1;
    while (i + 1 < count && samples[i].rounds < rounds)
        i++;
    const struct scaling_sample from = samples[i - 1], to = samples[i];
    const double a_round = (to.seconds - from.seconds) / (to.rounds - from.rounds);
    return from.seconds + a_round * (rounds - from.rounds);
}

/* ---- A step --------------------------------------------------------------------------------- */

int scaling_rounds(int shards, int ranks, int threads)
{
    return (shards / ranks + threads - 1) / threads;
}

struct scaling_step scaling_step_of(const struct scaling_setting *setting, int ranks)
{
    const struct scaling_traffic *traffic = &setting->traffic;
    const int rounds = scaling_rounds(setting->shards, ranks, setting->threads);
    struct scaling_step step = {
        .compute = scaling_compute(setting->samples, setting->sample_count, rounds),
        .norms = scaling_gather(traffic->norms, ranks, setting->link),
        .gradient = scaling_scatter(traffic->gradient, ranks, setting->link) +
                    scaling_gather(traffic->gradient, ranks, setting->link),
        .rest = scaling_gather(traffic->losses, ranks, setting->link) +
                scaling_reduce(traffic->flags, ranks, setting->link)};
    step.total = step.compute + step.norms + step.gradient + step.rest;
    return step;
}
