/* Which rows a search opens, against a choice that is made row by row from the definition, and the
 * shares that random draws give. */
#include "base/memory.h"
#include "network/row_search.h"
#include "tests/reference.h"
#include "tests/tests.h"

#include <math.h>
#include <string.h>

enum { LAYERS = 3, MOST_ROWS = 40, MOST_IN = 7 };

static const int rows_of[LAYERS] = {8, 40, 16}, in_of[LAYERS] = {7, 2, 5};

struct bank {
    float values[LAYERS][MOST_ROWS * MOST_IN];
    unsigned char open[LAYERS][MOST_ROWS];
    struct row_candidates layers[LAYERS];
};

static void bank_fill(struct bank *bank, uint64_t seed)
{
    for (int l = 0; l < LAYERS; l++) {
        for (int i = 0; i < rows_of[l] * in_of[l]; i++)
            bank->values[l][i] = (float)reference_number(&seed);
        memset(bank->open[l], 7, sizeof bank->open[l]); /* to be overwritten */
        bank->layers[l] =
            (struct row_candidates){bank->values[l], rows_of[l], in_of[l], bank->open[l]};
    }
}

static double squares(const struct bank *bank, int l, int first, int end)
{
    double sum = 0;
    for (int i = first * in_of[l]; i < end * in_of[l]; i++)
        sum += (double)bank->values[l][i] * (double)bank->values[l][i];
    return sum;
}

static double worth(const struct bank *bank, int l, int j)
{
    return squares(bank, l, j, j + 1) / squares(bank, l, 0, rows_of[l]) / in_of[l];
}

static long long numbers(const struct bank *bank)
{
    long long sum = 0;
    for (int l = 0; l < LAYERS; l++) {
        int open = 0;
        for (int j = 0; j < rows_of[l]; j++)
            open += bank->open[l][j];
        assert_true(open >= 1);
        sum += open * in_of[l] + (rows_of[l] > 32 ? 2 : 1);
    }
    return sum;
}

/* Row 0 is open, no closed row fits what is left, and none is worth more than another open row of its
 * layer. */
TEST(the_best_rows_that_fit)
{
    for (long long budget = 18; budget < 240; budget++) {
        struct bank bank;
        bank_fill(&bank, (uint64_t)budget);
        row_search_choose(bank.layers, LAYERS, budget);
        const long long left = budget - numbers(&bank);
        assert_true(left >= 0);
        for (int l = 0; l < LAYERS; l++) {
            assert_int_equal(bank.open[l][0], 1);
            for (int j = 0; j < rows_of[l]; j++) {
                if (bank.open[l][j])
                    continue;
                assert_true(in_of[l] > left);
                for (int k = 1; k < rows_of[l]; k++)
                    assert_true(!bank.open[l][k] || worth(&bank, l, k) >= worth(&bank, l, j));
            }
        }
    }
}

/* 18 numbers are a row of each layer and 4 words; 220 are all 176 and 4, and no more than all. */
TEST(least_and_most)
{
    struct bank bank;
    bank_fill(&bank, 1);
    row_search_choose(bank.layers, LAYERS, 18);
    assert_int_equal(numbers(&bank), 18);
    row_search_choose(bank.layers, LAYERS, 10000);
    assert_int_equal(numbers(&bank), 8 * 7 + 40 * 2 + 16 * 5 + 4);
    assert_int_equal(row_search_numbers(40, 2, 3), 8);
    assert_int_equal(row_search_numbers(32, 2, 3), 7);
}

/* Rows that are alike open in order; numbers that are not finite, too. */
TEST(ties)
{
    static const float like[] = {1, NAN};
    for (int kind = 0; kind < 2; kind++) {
        float values[10];
        unsigned char open[10];
        for (int i = 0; i < 10; i++)
            values[i] = like[kind];
        struct row_candidates layer = {values, 10, 1, open};
        row_search_choose(&layer, 1, 5);
        for (int j = 0; j < 10; j++)
            assert_int_equal(open[j], j < 4);
    }
}

/* A row's size does not matter beside that of its layer. */
TEST(scales_do_not_matter)
{
    struct bank one, other;
    bank_fill(&one, 5);
    bank_fill(&other, 5);
    for (int i = 0; i < rows_of[1] * in_of[1]; i++)
        other.values[1][i] *= 1024;
    row_search_choose(one.layers, LAYERS, 100);
    row_search_choose(other.layers, LAYERS, 100);
    for (int l = 0; l < LAYERS; l++)
        assert_memory_equal(one.open[l], other.open[l], (size_t)rows_of[l]);
}

/* Of n layers each gets, on the mean over many draws, the n-th part of what is beyond a row each; the
 * deviation of a uniform share of 3 is 1 / sqrt(18), of the mean of 2,000 draws 0.0053. */
TEST(draws_share_evenly)
{
    enum { DRAWS = 2000, IN = 2, BUDGET = 6000 };
    static const int in[LAYERS] = {IN, IN, IN}, most[LAYERS] = {10000, 10000, 10000};
    double means[LAYERS] = {0};
    for (uint32_t draw = 0; draw < DRAWS; draw++) {
        int rows[LAYERS], total = 0;
        row_search_draw(draw, in, most, LAYERS, BUDGET, rows);
        for (int l = 0; l < LAYERS; l++) {
            assert_true(rows[l] >= 1);
            means[l] += (double)(rows[l] - 1) * IN / (BUDGET - LAYERS * IN) / DRAWS;
            total += rows[l] * IN;
        }
        assert_true(total <= BUDGET && total > BUDGET - LAYERS * IN);
    }
    for (int l = 0; l < LAYERS; l++)
        assert_true(means[l] > 1 / 3.0 - 0.027 && means[l] < 1 / 3.0 + 0.027);
}

TEST(draws_stop_at_most)
{
    static const int in[LAYERS] = {3, 5, 2}, most[LAYERS] = {4, 1, 9};
    int rows[LAYERS];
    row_search_draw(1, in, most, LAYERS, 1000000, rows);
    assert_memory_equal(rows, most, sizeof rows);
    row_search_draw(1, in, most, LAYERS, 10, rows);
    assert_true(rows[0] == 1 && rows[1] == 1 && rows[2] == 1);
}
