#include "base/rng.h"

#include <Random123/philox.h>
#include <math.h>

struct rng_words rng_draw(struct rng rng, uint32_t epoch, uint32_t item, uint32_t draw)
{
    const philox4x32_key_t key = {{rng.seed, rng.purpose}};
    const philox4x32_ctr_t counter = {{draw, item, epoch, 0}};
    const philox4x32_ctr_t out = philox4x32(counter, key);
    return (struct rng_words){{out.v[0], out.v[1], out.v[2], out.v[3]}};
}

uint32_t rng_below(uint32_t word, uint32_t bound)
{
    return (uint32_t)(((uint64_t)word * bound) >> 32);
}

void rng_normal(struct rng rng, uint32_t item, double deviation, float *values, size_t count)
{
    const double two_pi = 6.283185307179586476925286766559;
    for (size_t i = 0; i < count; i += 2) {
        const struct rng_words w = rng_draw(rng, 0, item, (uint32_t)(i / 2));
        /* 52 bits each, centred in their cells, so that the logarithm never meets 0 */
        const uint64_t a = ((uint64_t)w.word[0] << 20) | (w.word[1] >> 12);
        const uint64_t b = ((uint64_t)w.word[2] << 20) | (w.word[3] >> 12);
        const double u = ((double)a + 0.5) * 0x1p-52, v = ((double)b + 0.5) * 0x1p-52;
        const double radius = deviation * sqrt(-2.0 * log(u));
        values[i] = (float)(radius * cos(two_pi * v));
        if (i + 1 < count)
            values[i + 1] = (float)(radius * sin(two_pi * v));
    }
}

void rng_shuffle(struct rng rng, uint32_t epoch, uint32_t *order, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        order[i] = i;
    for (uint32_t i = count; i-- > 1;) {
        const uint32_t j = rng_below(rng_draw(rng, epoch, i, 0).word[0], i + 1);
        const uint32_t swapped = order[i];
        order[i] = order[j];
        order[j] = swapped;
    }
}
