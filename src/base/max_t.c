#include "base/max_t.h"

#include "base/memory.h"
#include "base/rng.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

enum { MOST = MAX_T_COMPARISONS + 1, SEED = 1, LARGEST_EXACT = 5 /* 5 arms have 120 orders */ };

/* The values of one set of arms, the reference first. */
struct block {
    size_t arms, seeds;
    double *values; /* [seed][arm] */
    double bar;     /* sums this large count as the observed ones */
};

/* The largest |sum over seeds of (arm - reference)|. */
static double statistic(const double *sums, size_t arms)
{
    double largest = 0;
    for (size_t a = 1; a < arms; a++)
        largest = fmax(largest, fabs(sums[a] - sums[0]));
    return largest;
}

static void add_order(double *sums, const double *values, const unsigned char *order, size_t arms)
{
    for (size_t a = 0; a < arms; a++)
        sums[a] += values[order[a]];
}

/* All orders of `arms` things, [order][arm]; returns their number. Each is the next one in
 * lexicographic order (Knuth, algorithm L). */
static size_t all_orders(size_t arms, unsigned char orders[][LARGEST_EXACT])
{
    size_t count = 0;
    unsigned char order[LARGEST_EXACT];
    for (size_t a = 0; a < arms; a++)
        order[a] = (unsigned char)a;
    for (;;) {
        for (size_t a = 0; a < arms; a++)
            orders[count][a] = order[a];
        count++;
        size_t j = arms - 1, l = arms - 1;
        while (j > 0 && order[j - 1] > order[j])
            j--;
        if (j == 0)
            return count;
        while (order[l] < order[j - 1])
            l--;
        const unsigned char swapped = order[l];
        order[l] = order[j - 1];
        order[j - 1] = swapped;
        for (size_t left = j, right = arms - 1; left < right; left++, right--) {
            const unsigned char other = order[left];
            order[left] = order[right];
            order[right] = other;
        }
    }
}

/* The number of orders of the seeds from `seed` on that reach the bar, given the sums so far. */
static uint64_t count_extreme(const struct block *block, size_t seed, const double *sums,
                              unsigned char orders[][LARGEST_EXACT], size_t order_count)
{
    if (seed == block->seeds)
        return statistic(sums, block->arms) >= block->bar;
    uint64_t extreme = 0;
    for (size_t i = 0; i < order_count; i++) {
        double next[MOST];
        for (size_t a = 0; a < block->arms; a++)
            next[a] = sums[a];
        add_order(next, &block->values[seed * block->arms], orders[i], block->arms);
        extreme += count_extreme(block, seed + 1, next, orders, order_count);
    }
    return extreme;
}

/* A uniformly random order of the first `arms` of MOST (Fisher and Yates), for this draw and this
 * seed. */
static void draw_order(uint32_t draw, size_t seed, unsigned char *order, size_t arms)
{
    const struct rng rng = {SEED, RNG_PERMUTE};
    struct rng_words words = {{0}};
    for (size_t a = 0; a < MOST; a++)
        order[a] = (unsigned char)a;
    for (size_t left = arms, used = 0; left > 1; left--, used++) {
        if (used % 4 == 0)
            words = rng_draw(rng, draw, (uint32_t)seed, (uint32_t)(used / 4));
        const size_t chosen = rng_below(words.word[used % 4], (uint32_t)left);
        const unsigned char other = order[chosen];
        order[chosen] = order[left - 1];
        order[left - 1] = other;
    }
}

static double random_p(const struct block *block)
{
    uint32_t extreme = 1;
    for (uint32_t draw = 0; draw < MAX_T_DRAWS; draw++) {
        double sums[MOST] = {0};
        for (size_t seed = 0; seed < block->seeds; seed++) {
            unsigned char order[MOST];
            draw_order(draw, seed, order, block->arms);
            add_order(sums, &block->values[seed * block->arms], order, block->arms);
        }
        extreme += statistic(sums, block->arms) >= block->bar;
    }
    return (double)extreme / (1 + MAX_T_DRAWS);
}

/* Whether ((arms)!)^seeds is at most MAX_T_EXACT; that number, else 0. */
static size_t exact_count(size_t arms, size_t seeds)
{
    size_t orders = 1, count = 1;
    for (size_t a = 2; a <= arms; a++)
        orders *= a;
    for (size_t seed = 0; seed < seeds; seed++)
        if ((count *= orders) > MAX_T_EXACT)
            return 0;
    return arms <= LARGEST_EXACT ? count : 0;
}

/* The p of "the arms of the set and the reference do not differ". */
static double set_p(struct block *block, struct max_t *result)
{
    const size_t arms = block->arms;
    double sums[MOST] = {0}, scale = 0;
    for (size_t i = 0; i < arms * block->seeds; i++) {
        sums[i % arms] += block->values[i];
        scale += fabs(block->values[i]);
    }
    /* sums of the same numbers in another order may differ in their last bits: those are ties */
    block->bar = statistic(sums, arms) - 1e-12 * scale;
    const size_t count = exact_count(arms, block->seeds);
    if (count == 0) {
        result->random++;
        return random_p(block);
    }
    unsigned char orders[120][LARGEST_EXACT];
    const double start[MOST] = {0};
    return (double)count_extreme(block, 0, start, orders, all_orders(arms, orders)) / (double)count;
}

static const char *reason_against(const double *values, size_t arms, size_t seeds)
{
    for (size_t i = 0; i < arms * seeds; i++)
        if (!isfinite(values[i]))
            return "a run diverged";
    return seeds < 2                      ? "fewer than 2 seeds"
           : arms < 2                     ? "fewer than 2 arms"
           : arms > MAX_T_COMPARISONS + 1 ? "more than 8 comparisons"
                                          : NULL;
}

struct max_t max_t_test(const double *values, size_t arms, size_t seeds, size_t reference,
                        double *adjusted)
{
    struct max_t result = {.reason = reason_against(values, arms, seeds)};
    for (size_t a = 0; a < arms; a++)
        adjusted[a] = result.reason || a == reference ? NAN : 0;
    if (result.reason)
        return result;
    struct block block = {.seeds = seeds, .values = memory_zeroed(arms * seeds, sizeof(double))};
    /* the bits of `set` are the arms but the reference, in order */
    for (uint32_t set = 1; set < UINT32_C(1) << (arms - 1); set++) {
        size_t chosen[MOST] = {reference};
        block.arms = 1;
        for (size_t a = 0, bit = 0; a < arms; a++)
            if (a != reference && (set >> bit++ & 1))
                chosen[block.arms++] = a;
        /* a constant of each seed changes nothing but the rounding of sums */
        for (size_t seed = 0; seed < seeds; seed++)
            for (size_t a = 0; a < block.arms; a++)
                block.values[seed * block.arms + a] =
                    values[chosen[a] * seeds + seed] - values[reference * seeds + seed];
        const double p = set_p(&block, &result);
        for (size_t a = 1; a < block.arms; a++)
            adjusted[chosen[a]] = fmax(adjusted[chosen[a]], p);
    }
    free(block.values);
    return result;
}
