/* The arithmetic of Weight Blocks against naive sums in double, and what their fixed parts are to
 * be: orthonormal, balanced, nested. */
#include "base/memory.h"
#include "network/weight_block.h"
#include "tests/reference.h"
#include "tests/tests.h"
#include "train/optimizer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SEED = 7 };

/* u = 9 out is the last that is no search; of a bank it would be an ordinary layer. Neither whole
 * tiles of 8 x 16 nor whole tables of rows alone. */
static const struct {
    int out, in, rows;
} cases[] = {{2, 16, 1}, {2, 5, 7}, {3, 20, 8}, {4, 32, 32}, {2, 16, 18}, {2, 7, 25}, {3, 33, 40}};

enum { CASES = sizeof cases / sizeof cases[0] };

/* A[r][j]. */
static double expanded(const struct weight_table *table, int r, int j)
{
    return (double)table->expansion[j * 9 * table->out + r];
}

static float *numbers(size_t count, uint64_t seed)
{
    float *values = memory_floats(count);
    for (size_t i = 0; i < count; i++)
        values[i] = (float)reference_number(&seed);
    return values;
}

/* H at slot r, row j: 0 where the slot takes no part in it. */
static double haar(const struct weight_table *table, int r, int j)
{
    double factor = 0;
    for (int level = 0; level < table->levels; level++)
        if (table->steps[r * table->levels + level].row == j)
            factor += (double)table->steps[r * table->levels + level].factor;
    return factor;
}

/* How much P[j][c] counts in M[r][i]. */
static double factor(const struct weight_table *table, int in, int r, int i, int j, int c)
{
    if (table->weights == WEIGHTS_EXPANSION)
        return i == c ? expanded(table, r, j) : 0;
    const struct weight_slot *slot = &table->slots[r];
    const int shift = (int)floor((double)slot->shift / 0x1p32 * in);
    if (table->weights == WEIGHTS_SEARCH)
        return (i + shift) % in == c ? (double)slot->sign * haar(table, r, j) : 0;
    return slot->row == j && (i + shift) % in == c ? (double)slot->sign : 0;
}

/* ---- Fixed parts ---------------------------------------------------------------------------- */

TEST(expansions_are_orthonormal)
{
    for (int c = 0; c < CASES; c++) {
        const int slots = 9 * cases[c].out, rows = cases[c].rows, wide = rows > slots;
        struct weight_table table;
        weight_table_make(&table, WEIGHTS_EXPANSION, cases[c].out, rows, SEED);
        const int vectors = wide ? slots : rows, length = wide ? rows : slots;
        for (int a = 0; a < vectors; a++) {
            for (int b = 0; b <= a; b++) {
                double sum = 0;
                for (int i = 0; i < length; i++)
                    sum += wide ? expanded(&table, a, i) * expanded(&table, b, i)
                                : expanded(&table, i, a) * expanded(&table, i, b);
                assert_true(fabs(sum - (a == b)) < 1e-7);
            }
        }
        weight_table_free(&table);
    }
}

TEST(fewer_columns_are_the_first)
{
    struct weight_table few, many;
    weight_table_make(&few, WEIGHTS_EXPANSION, 4, 5, SEED);
    weight_table_make(&many, WEIGHTS_EXPANSION, 4, 36, SEED);
    assert_memory_equal(few.expansion, many.expansion, 5 * 36 * sizeof(float));
    weight_table_free(&few);
    weight_table_free(&many);
}

/* With each row of P twice, twice the rows make the same weights. */
TEST(banks_split)
{
    enum { OUT = 4, IN = 12, ROWS = 8 };
    float *few = numbers(ROWS * IN, 1), *many = memory_floats(2 * ROWS * IN);
    for (size_t j = 0; j < 2 * ROWS; j++)
        memcpy(many + j * IN, few + j / 2 * IN, IN * sizeof *few);
    float *one = memory_floats(9 * OUT * IN), *other = memory_floats(9 * OUT * IN);
    struct weight_table table;
    weight_table_make(&table, WEIGHTS_BANK, OUT, ROWS, SEED);
    weight_block_generate(&table, IN, few, one);
    weight_table_free(&table);
    weight_table_make(&table, WEIGHTS_BANK, OUT, 2 * ROWS, SEED);
    weight_block_generate(&table, IN, many, other);
    weight_table_free(&table);
    assert_memory_equal(one, other, 9 * OUT * IN * sizeof *one);
    free(few);
    free(many);
    free(one);
    free(other);
}

/* Rows have equally many slots, up to one. Of 576 slots, half are negative (sd 12), and each of 4
 * shifts has 144 (sd 10.4): within five deviations. */
TEST(banks_are_balanced)
{
    enum { OUT = 64, SLOTS = 9 * OUT };
    for (int rows = 1; rows < SLOTS; rows = 2 * rows + 3) {
        struct weight_table table;
        weight_table_make(&table, WEIGHTS_BANK, OUT, rows, SEED);
        int counts[SLOTS] = {0}, shifts[4] = {0}, negative = 0;
        for (int r = 0; r < SLOTS; r++) {
            assert_true(table.slots[r].row >= 0 && table.slots[r].row < rows);
            assert_true(fabsf(table.slots[r].sign) == 1);
            counts[table.slots[r].row]++;
            shifts[table.slots[r].shift >> 30]++;
            negative += table.slots[r].sign < 0;
        }
        for (int j = 0; j < rows; j++)
            assert_true(counts[j] == SLOTS / rows || counts[j] == SLOTS / rows + 1);
        assert_true(abs(negative - SLOTS / 2) < 60);
        for (int s = 0; s < 4; s++)
            assert_true(abs(shifts[s] - SLOTS / 4) < 52);
        weight_table_free(&table);
    }
}

/* Row 0 acts on all slots alike, row 2^l + p on about the 2^l-th part, with two values. */
TEST(searches_are_orthonormal)
{
    for (int out = 2; out <= 7; out++) {
        for (int rows = 1; rows <= 9 * out; rows *= 2) {
            struct weight_table table;
            weight_table_make(&table, WEIGHTS_SEARCH, out, rows, SEED);
            assert_int_equal(1 << (table.levels - 1), rows);
            for (int a = 0; a < rows; a++) {
                int slots = 0, ranges = 1;
                while (2 * ranges <= a)
                    ranges *= 2;
                for (int r = 0; r < 9 * out; r++)
                    slots += haar(&table, r, a) != 0;
                assert_true(abs(slots * ranges - 9 * out) < ranges);
                for (int b = 0; b <= a; b++) {
                    double sum = 0;
                    for (int r = 0; r < 9 * out; r++)
                        sum += haar(&table, r, a) * haar(&table, r, b);
                    assert_true(fabs(sum - (a == b)) < 1e-6);
                }
            }
            weight_table_free(&table);
        }
    }
}

/* What a bank of as many rows makes, the rows of a search make, too: of P' = H^T M, its slots in the
 * bank's ranges. Both have the same places, shifts and signs. */
TEST(searches_make_what_banks_do)
{
    enum { OUT = 5, IN = 6, SLOTS = 9 * OUT };
    for (int rows = 1; rows <= 32; rows *= 2) {
        struct weight_table bank, search;
        weight_table_make(&bank, WEIGHTS_BANK, OUT, rows, SEED);
        weight_table_make(&search, WEIGHTS_SEARCH, OUT, rows, SEED);
        float *p = numbers((size_t)rows * IN, 3), *q = memory_floats((size_t)rows * IN);
        float *wanted = memory_floats(SLOTS * IN), *found = memory_floats(SLOTS * IN);
        weight_block_generate(&bank, IN, p, wanted);
        weight_block_adjoint(&search, IN, wanted, q);
        weight_block_generate(&search, IN, q, found);
        for (int i = 0; i < SLOTS * IN; i++)
            assert_true(fabsf(found[i] - wanted[i]) < 2e-6f);
        free(p);
        free(q);
        free(wanted);
        free(found);
        weight_table_free(&bank);
        weight_table_free(&search);
    }
}

TEST(seeds_tell_tables_apart)
{
    struct weight_table one, other, again;
    weight_table_make(&one, WEIGHTS_EXPANSION, 2, 1, 1);
    weight_table_make(&other, WEIGHTS_EXPANSION, 2, 1, 2);
    weight_table_make(&again, WEIGHTS_EXPANSION, 2, 1, 1);
    assert_memory_equal(one.expansion, again.expansion, 18 * sizeof(float));
    assert_memory_not_equal(one.expansion, other.expansion, 18 * sizeof(float));
    weight_table_free(&one);
    weight_table_free(&other);
    weight_table_free(&again);
    weight_table_make(&one, WEIGHTS_BANK, 2, 3, 1);
    weight_table_make(&other, WEIGHTS_BANK, 2, 3, 2);
    assert_memory_not_equal(one.slots, other.slots, 18 * sizeof *one.slots);
    weight_table_free(&one);
    weight_table_free(&other);
}

/* The same draws would make the first vectors point the same way as far as they go. */
TEST(other_channels_draw_anew)
{
    struct weight_table two, four;
    weight_table_make(&two, WEIGHTS_EXPANSION, 2, 1, SEED);
    weight_table_make(&four, WEIGHTS_EXPANSION, 4, 1, SEED);
    const float *a = two.expansion, *b = four.expansion;
    assert_true(fabsf(a[0] * b[1] - a[1] * b[0]) > 1e-3f);
    weight_table_free(&two);
    weight_table_free(&four);
}

/* ---- Arithmetic ----------------------------------------------------------------------------- */

/* `found` within 1e-6 of the sum, or of the terms' size where they cancel. */
static void check_sum(double found, double sum, double size)
{
    assert_true(fabs(found - sum) <= 1e-6 * size);
}

/* M and the gradient of P by their definitions: sums over all pairs of numbers. */
static void check_case(enum weights weights, int out, int in, int rows)
{
    struct weight_table table;
    weight_table_make(&table, weights, out, rows, SEED);
    const int slots = 9 * out;
    const size_t m_count = (size_t)(slots * in), p_count = (size_t)(rows * in);
    float *p = numbers(p_count, 1), *slope = numbers(m_count, 2);
    float *m = numbers(m_count, 3), *p_slope = numbers(p_count, 4); /* to be overwritten */
    weight_block_generate(&table, in, p, m);
    weight_block_adjoint(&table, in, slope, p_slope);
    for (int r = 0; r < slots; r++) {
        for (int i = 0; i < in; i++) {
            double sum = 0, size = 0;
            for (int j = 0; j < rows; j++) {
                for (int c = 0; c < in; c++) {
                    const double term = factor(&table, in, r, i, j, c) * (double)p[j * in + c];
                    sum += term;
                    size += fabs(term);
                }
            }
            check_sum((double)m[r * in + i], sum, size);
        }
    }
    for (int j = 0; j < rows; j++) {
        for (int c = 0; c < in; c++) {
            double sum = 0, size = 0;
            for (int r = 0; r < slots; r++) {
                for (int i = 0; i < in; i++) {
                    const double term = factor(&table, in, r, i, j, c) * (double)slope[r * in + i];
                    sum += term;
                    size += fabs(term);
                }
            }
            check_sum((double)p_slope[j * in + c], sum, size);
        }
    }
    free(p);
    free(slope);
    free(m);
    free(p_slope);
    weight_table_free(&table);
}

TEST(expansion)
{
    for (int c = 0; c < CASES; c++)
        check_case(WEIGHTS_EXPANSION, cases[c].out, cases[c].in, cases[c].rows);
}

TEST(bank)
{
    for (int c = 0; c < CASES; c++)
        if (cases[c].rows < 9 * cases[c].out)
            check_case(WEIGHTS_BANK, cases[c].out, cases[c].in, cases[c].rows);
}

TEST(search)
{
    for (int out = 2; out <= 4; out++)
        for (int rows = 1; rows <= 9 * out; rows *= 2)
            check_case(WEIGHTS_SEARCH, out, 9 * out - 11, rows);
}

/* As many columns as slots, or more, make any M: of P = A^T M. */
TEST(a_whole_expansion_makes_any_weights)
{
    enum { OUT = 4, IN = 16, SLOTS = 9 * OUT };
    for (int rows = SLOTS; rows < 2 * SLOTS; rows += SLOTS / 2) {
        struct weight_table table;
        weight_table_make(&table, WEIGHTS_EXPANSION, OUT, rows, SEED);
        float *wanted = numbers(SLOTS * IN, 5), *found = memory_floats(SLOTS * IN);
        float *p = memory_floats((size_t)rows * IN);
        for (int j = 0; j < rows; j++) {
            for (int i = 0; i < IN; i++) {
                double sum = 0;
                for (int r = 0; r < SLOTS; r++)
                    sum += expanded(&table, r, j) * (double)wanted[r * IN + i];
                p[j * IN + i] = (float)sum;
            }
        }
        weight_block_generate(&table, IN, p, found);
        for (int i = 0; i < SLOTS * IN; i++)
            assert_true(fabsf(found[i] - wanted[i]) < 1e-6f);
        free(wanted);
        free(found);
        free(p);
        weight_table_free(&table);
    }
}

/* ---- Weight decay --------------------------------------------------------------------------- */

/* The gradient of decay / 2 |M|^2, of which SGD itself adds decay P. */
TEST(decay_is_that_of_the_weights)
{
    enum { OUT = 3, IN = 5, ROWS = 4, COUNT = ROWS * IN };
    const float decay = 0.25f;
    for (enum weights weights = WEIGHTS_EXPANSION; weights <= WEIGHTS_SEARCH; weights++) {
        struct weight_table table;
        weight_table_make(&table, weights, OUT, ROWS, SEED);
        float *p = numbers(COUNT, 6), *slope = numbers(COUNT, 7), *before = numbers(COUNT, 7);
        weight_block_decay(&table, IN, decay, p, slope);
        for (int q = 0; q < COUNT; q++) {
            double expected = 0; /* sum over M's numbers of decay M dM/dp */
            for (int r = 0; r < 9 * OUT; r++) {
                for (int i = 0; i < IN; i++) {
                    double made = 0;
                    for (int k = 0; k < COUNT; k++)
                        made += factor(&table, IN, r, i, k / IN, k % IN) * (double)p[k];
                    expected += (double)decay * made * factor(&table, IN, r, i, q / IN, q % IN);
                }
            }
            const double found = (double)slope[q] - (double)before[q] + (double)(decay * p[q]);
            assert_true(fabs(found - expected) < 1e-6);
        }
        free(p);
        free(slope);
        free(before);
        weight_table_free(&table);
    }
}

/* ---- Null controls -------------------------------------------------------------------------- */

enum { NULL_OUT = 4, NULL_IN = 16, NULL_SLOTS = 9 * NULL_OUT, NULL_COUNT = NULL_SLOTS * NULL_IN };

/* The gradient of a loss that is no quadratic: sum of log cosh of what M makes of fixed numbers, off
 * some targets; M[r][i] enters in sums over i. */
static void loss_gradient(const float *m, const float *inputs, const float *targets, float *slope)
{
    for (int r = 0; r < NULL_SLOTS; r++) {
        double made = -3 * (double)targets[r];
        for (int i = 0; i < NULL_IN; i++)
            made += (double)m[r * NULL_IN + i] * (double)inputs[i];
        for (int i = 0; i < NULL_IN; i++)
            slope[r * NULL_IN + i] = (float)(tanh(made) * (double)inputs[i]);
    }
}

/* How far apart the weights are after six steps of SGD on P and on M, from M = A P, in units of how far
 * they have moved. */
static double drift(int rows, const struct sgd *sgd)
{
    struct weight_table table;
    weight_table_make(&table, WEIGHTS_EXPANSION, NULL_OUT, rows, SEED);
    const size_t count = (size_t)rows * NULL_IN;
    float *p = numbers(count, 8), *p_momentum = memory_floats(count),
          *p_slope = memory_floats(count);
    float *m = memory_floats(NULL_COUNT), *momentum = memory_floats(NULL_COUNT);
    float *slope = memory_floats(NULL_COUNT), *made = memory_floats(NULL_COUNT);
    float *start = memory_floats(NULL_COUNT);
    float *inputs = numbers(NULL_IN, 9), *targets = numbers(NULL_SLOTS, 10);
    weight_block_generate(&table, NULL_IN, p, m);
    memcpy(start, m, NULL_COUNT * sizeof *m);
    for (int step = 0; step < 6; step++) {
        const double lr = step < 3 ? 0.1 : 0.02;
        weight_block_generate(&table, NULL_IN, p, made);
        loss_gradient(made, inputs, targets, slope);
        weight_block_adjoint(&table, NULL_IN, slope, p_slope);
        weight_block_decay(&table, NULL_IN, sgd->weight_decay, p, p_slope);
        sgd_step(sgd, lr, count, p, p_momentum, p_slope);
        loss_gradient(m, inputs, targets, slope);
        sgd_step(sgd, lr, NULL_COUNT, m, momentum, slope);
    }
    weight_block_generate(&table, NULL_IN, p, made);
    double apart = 0, moved = 0;
    for (int i = 0; i < NULL_COUNT; i++) {
        apart = fmax(apart, fabs((double)made[i] - (double)m[i]));
        moved = fmax(moved, fabs((double)m[i] - (double)start[i]));
    }
    float *const all[] = {p, p_momentum, p_slope, m, momentum, slope, made, start, inputs, targets};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        free(all[i]);
    weight_table_free(&table);
    assert_true(moved > 0.1);
    return apart / moved;
}

/* Where A A^T = I, SGD on P moves M = A P as SGD on M does, but for rounding. The step of P is linear
 * in what it has of gradient, value and momentum, and so is M in P:
 *     A (A^T G + decay P) = G + decay M,   A (momentum V + ...) = momentum A V + ...
 * So it holds for any momentum, with or without Nesterov's, any schedule, and weight decay that adds
 * the same decay times the value to the gradient of P as of M. It would not hold for a decay that is
 * not linear, nor for an optimizer that scales each number by itself (Adam). With fewer rows than
 * slots A A^T G is only a part of G. */
TEST(whole_expansions_train_as_ordinary_weights)
{
    static const struct sgd rules[] = {{0, 0, 0}, {0.9f, 0, 0}, {0.9f, 0.1f, 0}, {0.9f, 0.1f, 1}};
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        assert_true(drift(NULL_SLOTS, &rules[i]) < 1e-5);
        assert_true(drift(NULL_SLOTS + 7, &rules[i]) < 1e-5);
        assert_true(drift(2 * NULL_SLOTS, &rules[i]) < 1e-5);
        assert_true(drift(NULL_SLOTS - 1, &rules[i]) > 1e-3);
        assert_true(drift(NULL_SLOTS / 2, &rules[i]) > 1e-2);
    }
}
