#include "network/weight_block.h"

#include "base/memory.h"
#include "base/rng.h"
#include "base/simd.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int slots_of(const struct weight_table *table)
{
    return SLOT_TAPS * table->out;
}

/* ---- Orthonormal vectors -------------------------------------------------------------------- */

enum { LANES = 8 }; /* partial sums of a product, added up in order */

static CLONES double product(size_t length, const double *a, const double *b)
{
    double lanes[LANES] = {0}, sum = 0;
    size_t i = 0;
    for (; i + LANES <= length; i += LANES)
        for (size_t lane = 0; lane < LANES; lane++)
            lanes[lane] += a[i + lane] * b[i + lane];
    for (; i < length; i++)
        sum += a[i] * b[i];
    for (int lane = 0; lane < LANES; lane++)
        sum += lanes[lane];
    return sum;
}

static CLONES void subtract(size_t length, double times, const double *restrict b,
                            double *restrict a)
{
    for (size_t i = 0; i < length; i++)
        a[i] -= times * b[i];
}

/* `count` orthonormal vectors in a row, by Gram and Schmidt; free() them. Done twice a vector, what
 * the first time leaves of the others is gone to rounding [Giraud et al. 2005, "twice is
 * enough"]. */
static double *orthonormal(struct rng rng, size_t length, size_t count)
{
    double *vectors = memory_zeroed(length * count, sizeof *vectors);
    float *drawn = memory_floats(length);
    for (size_t j = 0; j < count; j++) {
        double *vector = vectors + j * length;
        rng_normal(rng, (uint32_t)j, 1, drawn, length);
        for (size_t i = 0; i < length; i++)
            vector[i] = (double)drawn[i];
        for (size_t other = 0; other < 2 * j; other++) {
            const double *unit = vectors + other % j * length;
            subtract(length, product(length, unit, vector), unit, vector);
        }
        const double size = sqrt(product(length, vector, vector));
        for (size_t i = 0; i < length; i++)
            vector[i] /= size;
    }
    free(drawn);
    return vectors;
}

static void make_expansion(struct weight_table *table, struct rng rng)
{
    const size_t slots = (size_t)slots_of(table), rows = (size_t)table->rows;
    const int wide = rows > slots;
    double *vectors = orthonormal(rng, wide ? rows : slots, wide ? slots : rows);
    table->expansion = memory_floats(rows * slots);
    for (size_t j = 0; j < rows; j++)
        for (size_t r = 0; r < slots; r++)
            table->expansion[j * slots + r] = (float)vectors[wide ? r * rows + j : j * slots + r];
    free(vectors);
}

/* ---- Tables --------------------------------------------------------------------------------- */

int weight_block_levels(int rows)
{
    int levels = 1;
    while (rows >>= 1)
        levels++;
    return levels;
}

/* From the row that acts on all places down to the narrowest range. */
static void make_steps(const struct weight_table *table, uint32_t place, struct weight_step *steps)
{
    const uint32_t slots = (uint32_t)slots_of(table);
    uint32_t first = 0, end = slots, row = 1, ranges = 1;
    steps[0] = (struct weight_step){0, (float)(1 / sqrt((double)slots))};
    for (int level = 1; level < table->levels; level++, ranges *= 2) {
        const uint64_t half = 2 * (row - ranges) + 1;
        const uint32_t middle = (uint32_t)((half * slots + 2 * ranges - 1) / (2 * ranges));
        const double left = middle - first, right = end - middle;
        const int is_left = place < middle;
        const double factor = is_left ? sqrt(right / (left * (left + right)))
                                      : -sqrt(left / (right * (left + right)));
        steps[level] = (struct weight_step){(int)row, (float)factor};
        row = 2 * row + !is_left;
        if (is_left)
            end = middle;
        else
            first = middle;
    }
}

static void make_slots(struct weight_table *table, struct rng rng)
{
    const uint32_t slots = (uint32_t)slots_of(table);
    if (table->weights == WEIGHTS_BANK && table->rows >= slots_of(table))
        BUG("a bank with a row for every slot");
    uint32_t *order = memory_zeroed(slots, sizeof *order);
    rng_shuffle(rng, 1, order, slots);
    table->slots = memory_zeroed(slots, sizeof *table->slots);
    table->row_slots = memory_zeroed((size_t)table->rows, sizeof *table->row_slots);
    if (table->weights == WEIGHTS_SEARCH) {
        table->levels = weight_block_levels(table->rows);
        table->steps = memory_zeroed(slots * (size_t)table->levels, sizeof *table->steps);
    }
    for (uint32_t place = 0; place < slots; place++) {
        const struct rng_words words = rng_draw(rng, 0, order[place], 0);
        const int row = (int)((uint64_t)place * (uint64_t)table->rows / slots);
        table->row_slots[row]++;
        table->slots[order[place]] = (struct weight_slot){
            .row = row, .shift = words.word[0], .sign = words.word[1] >> 31 ? -1.0f : 1.0f};
        if (table->weights == WEIGHTS_SEARCH)
            make_steps(table, place, table->steps + order[place] * (size_t)table->levels);
    }
    free(order);
}

void weight_table_make(struct weight_table *table, enum weights weights, int out, int rows,
                       uint32_t seed)
{
    const struct rng rng = {seed, RNG_WEIGHTS | (uint32_t)out << 8};
    *table = (struct weight_table){.weights = weights, .out = out, .rows = rows};
    if (weights == WEIGHTS_EXPANSION)
        make_expansion(table, rng);
    else
        make_slots(table, rng);
}

void weight_table_free(struct weight_table *table)
{
    free(table->expansion);
    free(table->slots);
    free(table->row_slots);
    free(table->steps);
}

/* ---- A product of matrices ------------------------------------------------------------------ */

enum { TILE_ROWS = 8, TILE_COLUMNS = 16 };

typedef float tile_row __attribute__((vector_size(TILE_COLUMNS * sizeof(float)), aligned(4)));

/* A matrix of which the steps tell how far apart rows and columns are. */
struct strided {
    const float *at;
    size_t row_step, column_step;
};

/* 8 rows and 16 columns of c: every sum is in a register while its terms come in order. */
static inline __attribute__((always_inline)) void
whole_tile(size_t terms, struct strided a, const float *b, size_t columns, float *c)
{
    tile_row sums[TILE_ROWS] = {{0}};
    for (size_t k = 0; k < terms; k++) {
        const tile_row row = *(const tile_row *)(b + k * columns);
        for (size_t r = 0; r < TILE_ROWS; r++)
            sums[r] += a.at[r * a.row_step + k * a.column_step] * row;
    }
    for (size_t r = 0; r < TILE_ROWS; r++)
        *(tile_row *)(c + r * columns) = sums[r];
}

/* What is left at the edges, in the same order of terms. */
static inline void part_tile(size_t terms, struct strided a, const float *b, size_t columns,
                             size_t height, size_t width, float *c)
{
    for (size_t r = 0; r < height; r++) {
        for (size_t i = 0; i < width; i++) {
            float sum = 0;
            for (size_t k = 0; k < terms; k++)
                sum += a.at[r * a.row_step + k * a.column_step] * b[k * columns + i];
            c[r * columns + i] = sum;
        }
    }
}

/* c [rows][columns] = a [rows][terms] b [terms][columns]. */
static CLONES void multiply(size_t rows, size_t terms, size_t columns, struct strided a,
                            const float *b, float *c)
{
    for (size_t i = 0; i < columns; i += TILE_COLUMNS) {
        const size_t width = columns - i < TILE_COLUMNS ? columns - i : TILE_COLUMNS;
        for (size_t r = 0; r < rows; r += TILE_ROWS) {
            const size_t height = rows - r < TILE_ROWS ? rows - r : TILE_ROWS;
            const struct strided tile = {a.at + r * a.row_step, a.row_step, a.column_step};
            if (height == TILE_ROWS && width == TILE_COLUMNS)
                whole_tile(terms, tile, b + i, columns, c + r * columns + i);
            else
                part_tile(terms, tile, b + i, columns, height, width, c + r * columns + i);
        }
    }
}

/* ---- Weights and their gradients ------------------------------------------------------------ */

static size_t shift_of(const struct weight_slot *slot, int in)
{
    return rng_below(slot->shift, (uint32_t)in);
}

static const struct weight_step *step_of(const struct weight_table *table, size_t r, int level)
{
    return &table->steps[r * (size_t)table->levels + (size_t)level];
}

static void copy_signed(size_t count, float sign, const float *from, float *to)
{
    for (size_t i = 0; i < count; i++)
        to[i] = sign * from[i];
}

static void add_signed(size_t count, float sign, const float *restrict from, float *restrict to)
{
    for (size_t i = 0; i < count; i++)
        to[i] += sign * from[i];
}

void weight_block_generate(const struct weight_table *table, int in, const float *p, float *m)
{
    const size_t slots = (size_t)slots_of(table), columns = (size_t)in;
    if (table->weights == WEIGHTS_EXPANSION) {
        multiply(slots, (size_t)table->rows, columns, (struct strided){table->expansion, 1, slots},
                 p, m);
        return;
    }
    if (table->weights == WEIGHTS_SEARCH) {
        memset(m, 0, slots * columns * sizeof *m);
        for (size_t r = 0; r < slots; r++) {
            const size_t shift = shift_of(&table->slots[r], in), rest = columns - shift;
            for (int level = 0; level < table->levels; level++) {
                const struct weight_step *step = step_of(table, r, level);
                const float *row = p + (size_t)step->row * columns;
                const float factor = table->slots[r].sign * step->factor;
                add_signed(rest, factor, row + shift, m + r * columns);
                add_signed(shift, factor, row, m + r * columns + rest);
            }
        }
        return;
    }
    for (size_t r = 0; r < slots; r++) {
        const struct weight_slot *slot = &table->slots[r];
        const float *row = p + (size_t)slot->row * columns;
        const size_t shift = shift_of(slot, in), rest = columns - shift;
        copy_signed(rest, slot->sign, row + shift, m + r * columns);
        copy_signed(shift, slot->sign, row, m + r * columns + rest);
    }
}

void weight_block_adjoint(const struct weight_table *table, int in, const float *m_gradient,
                          float *p_gradient)
{
    const size_t slots = (size_t)slots_of(table), columns = (size_t)in;
    if (table->weights == WEIGHTS_EXPANSION) {
        multiply((size_t)table->rows, slots, columns, (struct strided){table->expansion, slots, 1},
                 m_gradient, p_gradient);
        return;
    }
    memset(p_gradient, 0, (size_t)table->rows * columns * sizeof *p_gradient);
    if (table->weights == WEIGHTS_SEARCH) {
        for (size_t r = 0; r < slots; r++) {
            const size_t shift = shift_of(&table->slots[r], in), rest = columns - shift;
            for (int level = 0; level < table->levels; level++) {
                const struct weight_step *step = step_of(table, r, level);
                float *row = p_gradient + (size_t)step->row * columns;
                const float factor = table->slots[r].sign * step->factor;
                add_signed(rest, factor, m_gradient + r * columns, row + shift);
                add_signed(shift, factor, m_gradient + r * columns + rest, row);
            }
        }
        return;
    }
    for (size_t r = 0; r < slots; r++) {
        const struct weight_slot *slot = &table->slots[r];
        float *row = p_gradient + (size_t)slot->row * columns;
        const size_t shift = shift_of(slot, in), rest = columns - shift;
        add_signed(rest, slot->sign, m_gradient + r * columns, row + shift);
        add_signed(shift, slot->sign, m_gradient + r * columns + rest, row);
    }
}

void weight_block_decay(const struct weight_table *table, int in, float decay, const float *p,
                        float *p_gradient)
{
    if (table->weights != WEIGHTS_BANK)
        return;
    const size_t columns = (size_t)in;
    for (size_t j = 0; j < (size_t)table->rows; j++)
        for (size_t i = j * columns; i < (j + 1) * columns; i++)
            p_gradient[i] += (float)(table->row_slots[j] - 1) * decay * p[i];
}
