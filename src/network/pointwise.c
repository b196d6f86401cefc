#include "network/pointwise.h"

#include "base/error.h"
#include "base/memory.h"

#include <immintrin.h>
#include <stdlib.h>
#include <string.h>

/* Pixels of a tile; vectors of a panel; between the rows of a tile is room for one vector more,
 * since blocks are written whole. */
enum { TILE = 64, PANEL_BLOCKS = 3, ROW_BLOCKS = PANEL_BLOCKS + 1 };
enum { MOST_AHEAD = 32, FETCHED = 8 };

/* What comes next, a tile of each of some maps. It is fetched into the cache, some pixels of each at
 * a time, during the product before: where every pass waits for memory, the products hide half of
 * that. */
struct ahead {
    int count, pixel, at_once;
    uintptr_t map[MOST_AHEAD];
    size_t step[MOST_AHEAD]; /* bytes from one pixel to the next */
};

static inline __attribute__((always_inline)) void fetch(struct ahead *ahead)
{
    if (ahead->pixel == TILE)
        return;
    for (int i = 0; i < ahead->count; i++)
        for (int p = ahead->pixel; p < ahead->pixel + ahead->at_once; p++)
            __builtin_prefetch((const void *)(ahead->map[i] + (size_t)p * ahead->step[i]));
    ahead->pixel += ahead->at_once;
}

struct pointwise_kernels {
    int row; /* words from one row of a tile to the next */
    void (*normalise_rows)(const void *x, size_t step, const float *scale, const float *shift,
                           int lane, float *tile);
    void (*normalise_columns)(const void *x, size_t step, const float *scale, const float *shift,
                              int lane, float *tile);
    void (*copy_rows)(const void *map, size_t step, int lane, float *tile);
    void (*copy_columns)(const void *map, size_t step, int lane, float *tile);
    void (*store_rows)(const float *tile, int lane, void *map, size_t step);
    void (*multiply_rows)(int width, int is_first, int depth, const float *a, const float *b,
                          float *c, struct ahead *ahead);
    void (*multiply_columns)(int width, int is_first, int rows, const float *a, const float *b,
                             float *c);
    void (*sums)(const void *x, size_t step, const struct pointwise_norm *norm, int channel,
                 const float *dz, double *sums, double *products);
    void (*add_part)(int is_first, const void *x, size_t step, const struct pointwise_norm *norm,
                     int channel, const float *dz, float *sum);
    void (*store_sum)(const float *sum, const void *residual, size_t step, void *target);
};

#define AVX512 "avx512f,avx512bw,avx512vl,avx512dq"

#define KERNELS f32x16
#define BLOCK 16
#define TARGET __attribute__((target(AVX512)))
#define ADD(sum, a, b) ((VECTOR)_mm512_fmadd_ps((__m512)(a), (__m512)(b), (__m512)(sum)))
#define BROADCAST(word) ((VECTOR)_mm512_set1_ps(word))
#define ROWS 8
#include "network/pointwise_kernels.h"

#define KERNELS bf16x16
#define BLOCK 16
#define BF16
#define TARGET __attribute__((target(AVX512 ",avx512bf16")))
#define ADD(sum, a, b) ((VECTOR)_mm512_dpbf16_ps((__m512)(sum), (__m512bh)(a), (__m512bh)(b)))
#define BROADCAST(word) ((VECTOR)_mm512_set1_ps(word))
#define ROWS 8
#include "network/pointwise_kernels.h"

#define KERNELS f32x8
#define BLOCK 8
#define TARGET __attribute__((target("avx2,fma")))
#define ADD(sum, a, b) ((VECTOR)_mm256_fmadd_ps((__m256)(a), (__m256)(b), (__m256)(sum)))
#define BROADCAST(word) ((VECTOR)_mm256_set1_ps(word))
#define ROWS 4
#include "network/pointwise_kernels.h"

static const struct pointwise_kernels *kernels_of(const struct extent *e)
{
    if (e->precision == PRECISION_BF16)
        return &bf16x16;
    return e->block == 16 ? &f32x16 : &f32x8;
}

static int has_kernels(const struct extent *e)
{
    if (e->precision == PRECISION_BF16)
        return e->block == 16 && __builtin_cpu_supports("avx512bf16");
    if (e->block == 16)
        return __builtin_cpu_supports("avx512dq");
    return e->block == 8 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

int pointwise_suits(const struct extent *e)
{
    return has_kernels(e) && map_pixels(e) % TILE == 0;
}

/* ---- Blocks and panels ---------------------------------------------------------------------- */

struct block {
    int input, channel; /* in that input's map */
    int wide;           /* its place among the batch norm's channels */
    int valid, lanes;   /* channels; rounded up to an even number */
    int lane;           /* its place in the panel */
};

struct panel {
    int first, count; /* blocks */
    int channel;      /* its first one, of all that are multiplied */
    int lanes, width; /* rounded up to whole vectors */
};

struct pointwise {
    struct extent *inputs, out;
    struct block *blocks;
    struct panel *panels;
    int input_count, block_count, panel_count;
    int channels; /* that are multiplied: the lanes of all blocks */
    const struct pointwise_kernels *kernels;
};

static int at_most(int limit, int count)
{
    return count < limit ? count : limit;
}

/* Output channels come in panels, too, of whole vectors. */
static int out_step(const struct pointwise *p)
{
    return PANEL_BLOCKS * p->out.block;
}

static int out_width(const struct pointwise *p, int o)
{
    return at_most(out_step(p), p->out.channels - o);
}

static void add_block(struct pointwise *p, struct block block)
{
    struct panel *panel = p->panel_count ? &p->panels[p->panel_count - 1] : NULL;
    if (!panel || panel->lanes + block.lanes > out_step(p)) {
        p->panels = memory_resize(p->panels, (size_t)p->panel_count + 1, sizeof *p->panels);
        panel = &p->panels[p->panel_count++];
        *panel = (struct panel){.first = p->block_count, .channel = p->channels};
    }
    block.lane = panel->lanes;
    panel->count++;
    panel->lanes += block.lanes;
    panel->width = (panel->lanes + p->out.block - 1) / p->out.block * p->out.block;
    p->channels += block.lanes;
    p->blocks = memory_resize(p->blocks, (size_t)p->block_count + 1, sizeof *p->blocks);
    p->blocks[p->block_count++] = block;
}

struct pointwise *pointwise_create(const struct pointwise_input *inputs, int count,
                                   const struct extent *out)
{
    struct pointwise *p = memory_zeroed(1, sizeof *p);
    p->inputs = memory_zeroed((size_t)count, sizeof *p->inputs);
    p->input_count = count;
    p->out = *out;
    p->kernels = kernels_of(out);
    for (int i = 0; i < count; i++) {
        const struct extent *e = &inputs[i].extent;
        if (!pointwise_suits(e) || e->channels % e->block != 0)
            BUG("a map without kernels");
        p->inputs[i] = *e;
        int channel = 0;
        for (int g = 0; g < inputs[i].group_count; g++)
            for (int left = inputs[i].groups[g]; left > 0; left -= e->block, channel += e->block) {
                const int valid = at_most(e->block, left);
                add_block(p, (struct block){.input = i,
                                            .channel = channel,
                                            .wide = e->wide_first + channel,
                                            .valid = valid,
                                            .lanes = (valid + 1) / 2 * 2});
            }
    }
    return p;
}

void pointwise_free(struct pointwise *p)
{
    if (!p)
        return;
    free(p->inputs);
    free(p->blocks);
    free(p->panels);
    free(p);
}

/* ---- Weights -------------------------------------------------------------------------------- */

/* A matrix in panels of columns: [panel][row][column of the panel]; bf16: [panel][row / 2][column of
 * the panel][2]. All panels are as wide. Where a row begins, and a column. */
static uint32_t row_at(const struct pointwise *p, enum precision precision, int row)
{
    return (uint32_t)(precision == PRECISION_F32 ? row * out_step(p)
                                                 : row / 2 * 2 * out_step(p) + row % 2);
}

static uint32_t column_at(const struct pointwise *p, enum precision precision, int rows, int panel,
                          int column)
{
    return (uint32_t)(panel * rows * out_step(p) +
                      (precision == PRECISION_F32 ? column : 2 * column));
}

/* Where the rows from `channel` on begin, for output channels from o on. */
static size_t weight_at(const struct pointwise *p, int channel, int o)
{
    return (size_t)(o * p->channels + channel * out_step(p));
}

static size_t backward_weight_at(const struct pointwise *p, int o, int panel)
{
    return (size_t)((panel * p->out.channels + o) * out_step(p));
}

/* Rows are input channels, columns are output channels; or, backward, the other way round. */
static struct layout layout_of(const struct pointwise *p, enum precision precision, int is_backward)
{
    const int panels = (p->out.channels + out_step(p) - 1) / out_step(p);
    struct layout layout = layout_create(is_backward ? backward_weight_at(p, 0, p->panel_count)
                                                     : weight_at(p, 0, panels * out_step(p)),
                                         p->out.channels, p->inputs[0].wide_channels, 1);
    for (int o = 0; o < p->out.channels; o++)
        layout.out[o] =
            is_backward ? row_at(p, precision, o)
                        : column_at(p, precision, p->channels, o / out_step(p), o % out_step(p));
    for (int j = 0; j < p->panel_count; j++) {
        const struct panel *panel = &p->panels[j];
        for (int b = panel->first; b < panel->first + panel->count; b++) {
            const struct block *block = &p->blocks[b];
            for (int c = 0; c < block->valid; c++)
                layout.in[block->wide + c] =
                    is_backward ? column_at(p, precision, p->out.channels, j, block->lane + c)
                                : row_at(p, precision, panel->channel + block->lane + c);
        }
    }
    return layout;
}

struct layouts pointwise_layouts(const struct pointwise *p)
{
    struct layouts layouts = {.weights = layout_of(p, PRECISION_F32, 0),
                              .backward = layout_of(p, p->out.precision, 1)};
    if (p->out.precision != PRECISION_F32)
        layouts.forward = layout_of(p, p->out.precision, 0);
    return layouts;
}

/* ---- Passes --------------------------------------------------------------------------------- */

/* A pass's tiles in scratch memory, floats each. */
static size_t tile_floats(const struct pointwise *p)
{
    return (size_t)(TILE * p->kernels->row);
}

/* Of output channels, a tile a panel. */
static size_t out_tile_floats(const struct pointwise *p)
{
    return tile_floats(p) * (size_t)((p->out.channels + out_step(p) - 1) / out_step(p));
}

size_t pointwise_scratch(const struct pointwise *p)
{
    const size_t sums = 2 * tile_floats(p) + 2 * out_tile_floats(p);
    const size_t parts =
        POINTWISE_PARTS * (tile_floats(p) + out_tile_floats(p)) + (size_t)(TILE * p->out.block);
    return sums > parts ? sums : parts;
}

/* The tile of output channels from o on. */
static float *out_tile(const struct pointwise *p, float *tiles, int o)
{
    return tiles + tile_floats(p) * (size_t)(o / out_step(p));
}

/* One tile: where it lies in every map. */
struct tile {
    const struct pointwise *p;
    const struct pointwise_pass *pass;
    int image, pixel;
    int is_first; /* of the pass */
};

static void *tile_of(const struct tile *t, const struct extent *e, const void *map, int channel)
{
    return map ? map_plus(e->precision, map, map_offset(e, t->image, channel, t->pixel)) : NULL;
}

static size_t step_of(const struct extent *e)
{
    return map_offset(e, 0, 0, 1);
}

/* A tile of a panel's z. */
static void normalise(const struct tile *t, const struct panel *panel, int in_columns, float *tile)
{
    const struct pointwise_kernels *k = t->p->kernels;
    for (int b = panel->first; b < panel->first + panel->count; b++) {
        const struct block *block = &t->p->blocks[b];
        const struct extent *e = &t->p->inputs[block->input];
        (in_columns ? k->normalise_columns : k->normalise_rows)(
            tile_of(t, e, t->pass->inputs[block->input], block->channel), step_of(e),
            t->pass->norm.scale + block->wide, t->pass->norm.shift + block->wide, block->lane,
            tile);
    }
}

/* Words of so many numbers. */
static int words(const struct pointwise *p, int numbers)
{
    return p->out.precision == PRECISION_F32 ? numbers : numbers / 2;
}

static const float *words_from(const struct pointwise *p, const void *weights, size_t number)
{
    return map_plus(p->out.precision, weights, number);
}

static void look_at(const struct tile *t, const struct extent *e, const void *map, int channel,
                    struct ahead *ahead)
{
    if (ahead->count == MOST_AHEAD || !map)
        return;
    ahead->map[ahead->count] = (uintptr_t)tile_of(t, e, map, channel);
    ahead->step[ahead->count++] = step_of(e) * precision_bytes(e->precision);
}

/* What a product of the i-th panel of [from, to) has ahead: the blocks of the panel behind it; where
 * it is the last one, those of the next tile, and `outs` gradients of outputs there. */
static struct ahead ahead_of(const struct tile *t, int i, int from, int to,
                             const void *const *residuals, const struct pointwise_part *outs,
                             int out_count)
{
    const struct pointwise *p = t->p;
    struct tile next = *t;
    struct ahead ahead = {.at_once = FETCHED};
    const int is_last = i + 1 == to;
    if (is_last) {
        next.pixel += TILE;
        if (next.pixel == map_pixels(&p->out)) {
            next.pixel = 0;
            next.image++;
        }
    }
    const struct panel *panel = &p->panels[is_last ? from : i + 1];
    for (int b = panel->first; b < panel->first + panel->count; b++) {
        const struct block *block = &p->blocks[b];
        const struct extent *e = &p->inputs[block->input];
        look_at(&next, e, t->pass->inputs[block->input], block->channel, &ahead);
        if (residuals)
            look_at(&next, e, residuals[block->input], block->channel, &ahead);
    }
    for (int o = 0; is_last && o < out_count; o++) {
        const struct extent *e = &outs[o].pointwise->out;
        for (int c = 0; c < e->channels; c += e->block)
            look_at(&next, e, outs[o].diff_out, c, &ahead);
    }
    return ahead;
}

static void forward_tile(const struct tile *t, void *out)
{
    const struct pointwise *p = t->p;
    float *z = t->pass->scratch, *tiles = z + tile_floats(p);
    for (int i = 0; i < p->panel_count; i++) {
        const struct panel *panel = &p->panels[i];
        normalise(t, panel, 0, z);
        struct ahead ahead = ahead_of(t, i, 0, p->panel_count, NULL, NULL, 0);
        for (int o = 0; o < p->out.channels; o += out_step(p))
            p->kernels->multiply_rows(
                out_width(p, o), i == 0, words(p, panel->lanes), z,
                words_from(p, t->pass->weights, weight_at(p, panel->channel, o)),
                out_tile(p, tiles, o), &ahead);
    }
    for (int c = 0; c < p->out.channels; c += p->out.block)
        p->kernels->store_rows(out_tile(p, tiles, c), c % out_step(p), tile_of(t, &p->out, out, c),
                               step_of(&p->out));
}

void pointwise_forward(const struct pointwise *p, const struct pointwise_pass *pass, void *out)
{
    for (int n = 0; n < pass->images; n++)
        for (int pixel = 0; pixel < map_pixels(&p->out); pixel += TILE)
            forward_tile(&(struct tile){p, pass, n, pixel, 0}, out);
}

/* d_out of the tile in rows, and in columns where these are others. */
static void copy_out(const struct pointwise *p, const struct tile *t, const void *diff_out,
                     float *rows, float *columns)
{
    for (int c = 0; c < p->out.channels; c += p->out.block) {
        const void *from = tile_of(t, &p->out, diff_out, c);
        const int lane = c % out_step(p);
        p->kernels->copy_rows(from, step_of(&p->out), lane, out_tile(p, rows, c));
        if (columns && columns != rows)
            p->kernels->copy_columns(from, step_of(&p->out), lane, out_tile(p, columns, c));
    }
}

/* dz of a panel. */
static void multiply_back(const struct pointwise *p, int panel, const void *weights, float *rows,
                          float *dz, struct ahead *ahead)
{
    for (int o = 0; o < p->out.channels; o += out_step(p))
        p->kernels->multiply_rows(
            p->panels[panel].width, o == 0, words(p, out_width(p, o)), out_tile(p, rows, o),
            words_from(p, weights, backward_weight_at(p, o, panel)), dz, ahead);
}

static void sums_tile(const struct tile *t, const void *diff_out, float *diff_weights, double *sums)
{
    const struct pointwise *p = t->p;
    float *z = t->pass->scratch, *dz = z + tile_floats(p), *rows = dz + tile_floats(p);
    float *columns = p->out.precision == PRECISION_F32 ? rows : rows + out_tile_floats(p);
    const struct pointwise_part out = {.pointwise = p, .diff_out = diff_out};
    copy_out(p, t, diff_out, rows, columns);
    for (int i = 0; i < p->panel_count; i++) {
        const struct panel *panel = &p->panels[i];
        normalise(t, panel, 1, z);
        for (int o = 0; o < p->out.channels; o += out_step(p))
            p->kernels->multiply_columns(out_width(p, o), t->is_first, panel->lanes, z,
                                         out_tile(p, columns, o),
                                         diff_weights + weight_at(p, panel->channel, o));
        struct ahead ahead = ahead_of(t, i, 0, p->panel_count, NULL, &out, 1);
        multiply_back(p, i, t->pass->weights, rows, dz, &ahead);
        for (int b = panel->first; b < panel->first + panel->count; b++) {
            const struct block *block = &p->blocks[b];
            const struct extent *e = &p->inputs[block->input];
            p->kernels->sums(tile_of(t, e, t->pass->inputs[block->input], block->channel),
                             step_of(e), &t->pass->norm, block->wide, dz + block->lane,
                             sums + block->wide, sums + e->wide_channels + block->wide);
        }
    }
}

void pointwise_backward_sums(const struct pointwise *p, const struct pointwise_pass *pass,
                             const void *diff_out, float *diff_weights, double *sums)
{
    memset(sums, 0, 2 * (size_t)p->inputs[0].wide_channels * sizeof *sums);
    for (int n = 0; n < pass->images; n++)
        for (int pixel = 0; pixel < map_pixels(&p->out); pixel += TILE)
            sums_tile(&(struct tile){p, pass, n, pixel, n == 0 && pixel == 0}, diff_out,
                      diff_weights, sums);
}

/* The tile of a part, in scratch memory. */
static float *part_tiles(const struct pointwise_part *parts, int part, float *scratch)
{
    for (int i = 0; i < part; i++)
        scratch += tile_floats(parts[i].pointwise) + out_tile_floats(parts[i].pointwise);
    return scratch;
}

static void backward_block(const struct tile *t, const struct block *block,
                           const struct pointwise_part *parts, int count, float *scratch,
                           const void *residual, void *target)
{
    const struct extent *e = &t->p->inputs[block->input];
    const void *x = tile_of(t, e, t->pass->inputs[block->input], block->channel);
    float *sum = part_tiles(parts, count, scratch);
    for (int i = 0; i < count; i++)
        t->p->kernels->add_part(i == 0, x, step_of(e), &parts[i].norm, block->wide,
                                part_tiles(parts, i, scratch) + block->lane, sum);
    t->p->kernels->store_sum(sum, tile_of(t, e, residual, block->channel), step_of(e),
                             tile_of(t, e, target, block->channel));
}

/* The panels [from, to) of the first part. */
static void backward_tile(const struct tile *t, int from, int to,
                          const struct pointwise_part *parts, int count,
                          const void *const *residuals, void *const *targets)
{
    const struct pointwise *p = t->p;
    float *scratch = t->pass->scratch;
    for (int i = 0; i < count; i++)
        copy_out(parts[i].pointwise, t, parts[i].diff_out,
                 part_tiles(parts, i, scratch) + tile_floats(p), NULL);
    for (int j = from; j < to; j++) {
        const struct panel *panel = &p->panels[j];
        struct ahead ahead = ahead_of(t, j, from, to, residuals, parts, count);
        ahead.at_once = FETCHED / count;
        for (int i = 0; i < count; i++) {
            float *dz = part_tiles(parts, i, scratch);
            multiply_back(parts[i].pointwise, j, parts[i].weights, dz + tile_floats(p), dz, &ahead);
        }
        for (int b = panel->first; b < panel->first + panel->count; b++)
            backward_block(t, &p->blocks[b], parts, count, scratch, residuals[p->blocks[b].input],
                           targets[p->blocks[b].input]);
    }
}

int pointwise_splits(const struct pointwise *p, int input)
{
    for (int i = 0; i < p->panel_count; i++)
        if (p->blocks[p->panels[i].first].input == input &&
            p->blocks[p->panels[i].first].channel == 0)
            return i;
    return -1;
}

void pointwise_backward(const struct pointwise_part *parts, int count, int first,
                        const struct pointwise_pass *pass, const void *const *residuals,
                        void *const *targets)
{
    const struct pointwise *p = parts[0].pointwise;
    const int from = pointwise_splits(p, first);
    if (from < 0 || count > POINTWISE_PARTS)
        BUG("parts of a backward pass that do not fit");
    for (int n = 0; n < pass->images; n++)
        for (int pixel = 0; pixel < map_pixels(&p->out); pixel += TILE)
            backward_tile(&(struct tile){p, pass, n, pixel, 0}, from, p->panel_count, parts, count,
                          residuals, targets);
    for (int i = first; i < p->input_count; i++) {
        struct extent e = p->inputs[i];
        e.count = pass->images;
        map_clear_invalid(&e, targets[i]);
    }
}
