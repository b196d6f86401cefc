#include "network/batch_norm.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

static const double epsilon = 1e-5, momentum = 0.1;

void batch_norm_allocate(struct batch_norm *norm, struct batch_norm_group *groups, int group_count,
                         int shards)
{
    norm->groups = groups;
    norm->group_count = group_count;
    norm->channels = 0;
    for (int g = 0; g < group_count; g++)
        norm->channels += groups[g].channels;
    const size_t count = (size_t)norm->channels;
    norm->sums = memory_zeroed((size_t)shards * 2 * count, sizeof *norm->sums);
    norm->batch = memory_zeroed(count, sizeof *norm->batch);
    norm->variance = memory_zeroed(count, sizeof *norm->variance);
    norm->deviation = memory_zeroed(count, sizeof *norm->deviation);
    norm->scale = memory_floats(count);
    norm->shift = memory_floats(count);
    norm->mean = memory_floats(count);
    norm->offset = memory_floats(count);
    norm->slope = memory_floats(count);
}

void batch_norm_free(struct batch_norm *norm)
{
    free(norm->groups);
    free(norm->sums);
    free(norm->batch);
    free(norm->variance);
    free(norm->deviation);
    free(norm->scale);
    free(norm->shift);
    free(norm->mean);
    free(norm->offset);
    free(norm->slope);
}

double *batch_norm_shard_sums(const struct batch_norm *norm, int shard)
{
    return norm->sums + (size_t)shard * 2 * (size_t)norm->channels;
}

/* The sum over shards of entry `index` of [2][channels]. */
static double sum_shards(const struct batch_norm *norm, int shards, int index)
{
    double sum = 0;
    for (int s = 0; s < shards; s++)
        sum += batch_norm_shard_sums(norm, s)[index];
    return sum;
}

static float blend(float running, double now)
{
    return (float)((1 - momentum) * (double)running + momentum * now);
}

/* Mean and variance of one channel; the sums are of differences to the running mean. */
static void take_moments(struct batch_norm *norm, int shards, double elements, int c)
{
    const double off = sum_shards(norm, shards, c) / elements;
    const double square = sum_shards(norm, shards, norm->channels + c) / elements;
    const double difference = square - off * off;
    norm->batch[c] = (double)norm->running_mean[c] + off;
    /* rounding may leave less than nothing; a NaN must stay one, so that it reaches the loss */
    norm->variance[c] = difference < 0 ? 0 : difference;
}

static void finish_channel(struct batch_norm *norm, double elements, int c)
{
    const double mean = norm->batch[c], variance = norm->variance[c];
    const double deviation = 1 / sqrt(variance + epsilon);
    const double scale = (double)norm->gamma[c] * deviation;
    const double unbiased = elements > 1 ? variance * elements / (elements - 1) : variance;
    norm->deviation[c] = deviation;
    norm->mean[c] = (float)mean;
    norm->scale[c] = (float)scale;
    norm->shift[c] = (float)((double)norm->beta[c] - mean * scale);
    norm->running_mean[c] = blend(norm->running_mean[c], mean);
    norm->running_variance[c] = blend(norm->running_variance[c], unbiased);
}

void batch_norm_finish(struct batch_norm *norm, int shards, double elements)
{
    for (int g = 0; g < norm->group_count; g++) {
        const struct batch_norm_group *group = &norm->groups[g];
        for (int i = 0; i < group->channels; i++) {
            const int c = group->first + i, there = group->owner_first + i;
            if (group->owner == norm) {
                take_moments(norm, shards, elements, c);
            } else {
                norm->batch[c] = group->owner->batch[there];
                norm->variance[c] = group->owner->variance[there];
            }
            finish_channel(norm, elements, c);
        }
    }
}

void batch_norm_freeze(struct batch_norm *norm)
{
    for (int c = 0; c < norm->channels; c++) {
        const double scale =
            (double)norm->gamma[c] / sqrt((double)norm->running_variance[c] + epsilon);
        norm->scale[c] = (float)scale;
        norm->shift[c] = (float)((double)norm->beta[c] - (double)norm->running_mean[c] * scale);
    }
}

void batch_norm_backward_finish(struct batch_norm *norm, int shards, double elements)
{
    for (int c = 0; c < norm->channels; c++) {
        const double sum = sum_shards(norm, shards, c);
        const double product = sum_shards(norm, shards, norm->channels + c);
        const double deviation = norm->deviation[c], scale = (double)norm->scale[c];
        norm->gamma_gradient[c] = (float)(product * deviation);
        norm->beta_gradient[c] = (float)sum;
        norm->offset[c] = (float)(-scale * sum / elements);
        norm->slope[c] = (float)(-scale * deviation * deviation * product / elements);
    }
}
