#include "scaling.h"

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

double scaling_reduce(struct scaling_exchanges reductions, int ranks, struct scaling_link link)
{
    return stages_of(ranks) * (reductions.count * link.latency + reductions.bytes / link.bandwidth);
}

struct scaling_traffic scaling_traffic_of(const struct architecture *architecture, int shards,
                                          int batch)
{
    struct scaling_traffic traffic = {.losses = {1, (double)batch * (sizeof(double) + sizeof(int))},
                                      .flags = {1, sizeof(int)}};
    for (int l = 0; l < architecture->layer_count; l++) {
        const struct layer *layer = &architecture->layers[l];
        traffic.gradient.bytes += (double)layer->parameters * sizeof(float);
        if (layer->kind != LAYER_NORM)
            continue;
        const double sums = 2.0 * architecture->values[layer->output].channels * shards;
        traffic.norms.count += 2;
        traffic.norms.bytes += 2 * sums * sizeof(double);
    }
    traffic.gradient.count = 1;
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

int scaling_allows(int shards, int ranks)
{
    return ranks <= shards;
}

static int divide_up(int number, int by)
{
    return (number + by - 1) / by;
}

int scaling_rounds(int shards, int ranks, int threads)
{
    return divide_up(divide_up(shards, ranks), threads);
}

struct scaling_step scaling_step_of(const struct scaling_setting *setting, int ranks)
{
    const struct scaling_traffic *traffic = &setting->traffic;
    const int rounds = scaling_rounds(setting->shards, ranks, setting->threads);
    struct scaling_step step = {
        .compute = scaling_compute(setting->samples, setting->sample_count, rounds),
        .norms = scaling_gather(traffic->norms, ranks, setting->link),
        .gradient = scaling_reduce(traffic->gradient, ranks, setting->link),
        .rest = scaling_gather(traffic->losses, ranks, setting->link) +
                scaling_reduce(traffic->flags, ranks, setting->link)};
    step.total = step.compute + step.norms + step.gradient + step.rest;
    return step;
}
