#include "network/row_search.h"

#include "base/memory.h"
#include "base/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WORD_BITS = 32 };

struct candidate {
    int layer, row;
    double worth; /* share per number */
};

long long row_search_numbers(int rows, int in, int open)
{
    return 1LL * open * in + (rows + WORD_BITS - 1) / WORD_BITS;
}

static int by_worth(const void *left, const void *right)
{
    const struct candidate *a = left, *b = right;
    if (a->worth != b->worth)
        return a->worth > b->worth ? -1 : 1;
    return a->layer != b->layer ? a->layer - b->layer : a->row - b->row;
}

/* The candidates of a layer. A run whose numbers are no longer finite ends with its next step; until
 * then, all rows are worth nothing. */
static void weigh(const struct row_candidates *of, int layer, struct candidate *candidates)
{
    double all = 0;
    for (int j = 0; j < of->rows; j++) {
        double squares = 0;
        for (int i = 0; i < of->in; i++) {
            const double value = (double)of->values[j * of->in + i];
            squares += value * value;
        }
        candidates[j] = (struct candidate){layer, j, squares};
        all += squares;
    }
    for (int j = 0; j < of->rows; j++) {
        const double worth = candidates[j].worth / (all * of->in);
        candidates[j].worth = isfinite(worth) ? worth : 0;
    }
}

void row_search_choose(struct row_candidates *layers, int count, long long budget)
{
    size_t total = 0;
    for (int l = 0; l < count; l++) {
        total += (size_t)layers[l].rows;
        budget -= row_search_numbers(layers[l].rows, layers[l].in, 1);
        memset(layers[l].open, 0, (size_t)layers[l].rows);
        layers[l].open[0] = 1;
    }
    if (budget < 0)
        BUG("a budget without a row for every layer");
    struct candidate *candidates = memory_zeroed(total, sizeof *candidates), *at = candidates;
    for (int l = 0; l < count; at += layers[l++].rows)
        weigh(&layers[l], l, at);
    qsort(candidates, total, sizeof *candidates, by_worth);
    for (size_t c = 0; c < total; c++) {
        const struct row_candidates *layer = &layers[candidates[c].layer];
        if (candidates[c].row == 0 || layer->in > budget)
            continue;
        budget -= layer->in;
        layer->open[candidates[c].row] = 1;
    }
    free(candidates);
}

/* ---- The blind rival ------------------------------------------------------------------------- */

static int by_size(const void *left, const void *right)
{
    const uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

void row_search_draw(uint32_t seed, const int *in, const int *most, int count, long long budget,
                     int *rows)
{
    for (int l = 0; l < count; l++)
        budget -= in[l];
    if (budget < 0)
        BUG("a budget without a row for every layer");
    const struct rng rng = {seed, RNG_WEIGHTS};
    uint32_t *cuts = memory_zeroed((size_t)count, sizeof *cuts);
    for (int l = 0; l + 1 < count; l++)
        cuts[l] = rng_below(rng_draw(rng, 0, (uint32_t)l, 0).word[0], (uint32_t)budget + 1);
    cuts[count - 1] = (uint32_t)budget;
    qsort(cuts, (size_t)count, sizeof *cuts, by_size);
    long long left = 0;
    for (int l = 0; l < count; l++) {
        left += cuts[l] - (l ? cuts[l - 1] : 0);
        const long long fit = left / in[l], room = most[l] - 1;
        const int more = (int)(fit < room ? fit : room);
        rows[l] = 1 + more;
        left -= 1LL * more * in[l];
    }
    free(cuts);
}
