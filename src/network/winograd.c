#include "network/winograd.h"

#include "network/map.h"

#include <immintrin.h>

/* A tile of the output is SIDE x SIDE; 36 products take the place of its 16 times 9. */
enum { SIDE = 4, TAPS = 3, POINTS = 6, PRODUCTS = POINTS * POINTS };

/* What is in hand at a time: tiles, channels that are summed over, and a panel of channels that are
 * made, of one or two blocks. The filters of 64 to 32 channels are 295 KB at the 36 points, and so
 * are the products of 64 tiles: they stay in a second-level cache. */
enum { TILES = 64, DEPTH = 64 };

/* Numbers of channels are multiples of it, with blocks of 8 as with blocks of 16. */
enum { CHANNELS = 16 };

/* Between the numbers of one point and of the next lies a cache line more, so that the 36 do not
 * all fall into the same set of the cache. */
enum { LINE = 16 };

/* a, a^2, b, b^2, and the scales of G at the points 0, +-a and +-b. */
#define A1 0.625f
#define B1 1.5f
#define A2 (A1 * A1)
#define B2 (B1 * B1)
#define SCALE_0 (1 / (A2 * B2))
#define SCALE_A (1 / (2 * A2 * (A2 - B2)))
#define SCALE_B (1 / (2 * B2 * (B2 - A2)))

struct tiles {
    int count, height, width; /* the maps' */
    struct tile {
        int image, y, x;
    } tile[TILES];
};

/* A block of channels of a shard's map, from its first pixel on. */
struct plane {
    void *map;
    size_t image_step, pixel_step; /* numbers */
};

struct winograd_kernels {
    int panel, rows;
    void (*input_transform)(const struct tiles *tiles, const struct plane *plane, float *v,
                            size_t step);
    void (*gradient_transform)(const struct tiles *tiles, const struct plane *plane, float *w,
                               size_t step);
    void (*output_transform)(const struct tiles *tiles, const float *m, size_t step,
                             const struct plane *plane);
    void (*filter_transform)(int channels, const void *filters, float *u, size_t step);
    void (*filter_gradient_transform)(int channels, const float *u, size_t step, float *filters);
    void (*multiply)(int is_first, int rows, int channels, const float *v, size_t block_step,
                     const float *u, float *m);
    void (*multiply_gradients)(int is_first, int tiles, const float *v, const float *w, float *u);
};

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq")))

#define KERNELS f32x16
#define BLOCK 16
#define PRECISION PRECISION_F32
#define TARGET AVX512
#define FUSED(a, b, c) ((VECTOR)_mm512_fmadd_ps((__m512)(a), (__m512)(b), (__m512)(c)))
#define PANEL 2
#define ROWS 8
#include "network/winograd_kernels.h"

/* For an odd number of blocks. */
#define KERNELS f32x16_single
#define BLOCK 16
#define PRECISION PRECISION_F32
#define TARGET AVX512
#define FUSED(a, b, c) ((VECTOR)_mm512_fmadd_ps((__m512)(a), (__m512)(b), (__m512)(c)))
#define PANEL 1
#define ROWS 16
#include "network/winograd_kernels.h"

#define KERNELS bf16x16
#define BLOCK 16
#define PRECISION PRECISION_BF16
#define TARGET AVX512
#define FUSED(a, b, c) ((VECTOR)_mm512_fmadd_ps((__m512)(a), (__m512)(b), (__m512)(c)))
#define PANEL 2
#define ROWS 8
#include "network/winograd_kernels.h"

#define KERNELS bf16x16_single
#define BLOCK 16
#define PRECISION PRECISION_BF16
#define TARGET AVX512
#define FUSED(a, b, c) ((VECTOR)_mm512_fmadd_ps((__m512)(a), (__m512)(b), (__m512)(c)))
#define PANEL 1
#define ROWS 16
#include "network/winograd_kernels.h"

#define KERNELS f32x8
#define BLOCK 8
#define PRECISION PRECISION_F32
#define TARGET __attribute__((target("avx2,fma")))
#define FUSED(a, b, c) ((VECTOR)_mm256_fmadd_ps((__m256)(a), (__m256)(b), (__m256)(c)))
#define PANEL 2
#define ROWS 4
#include "network/winograd_kernels.h"

static const struct winograd_kernels *kernels_of(const struct winograd_shape *s)
{
    if (s->block == 8)
        return &f32x8;
    const int is_single = s->out % f32x16.panel != 0;
    if (s->precision == PRECISION_BF16)
        return is_single ? &bf16x16_single : &bf16x16;
    return is_single ? &f32x16_single : &f32x16;
}

int winograd_suits(const struct winograd_shape *s)
{
    const int has_kernels = s->block == 16 ? __builtin_cpu_supports("avx512dq")
                            : s->block == 8 && s->precision == PRECISION_F32
                                ? __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")
                                : 0;
    return has_kernels && s->in % CHANNELS == 0 && s->out % CHANNELS == 0 &&
           s->height % SIDE == 0 && s->width % SIDE == 0;
}

/* ---- Layouts ------------------------------------------------------------------------------- */

/* Where the nine taps from channel `from`, one of `channels`, to the block of channel `to` begin.
 * */
static size_t filter_at(const struct winograd_shape *s, int channels, int from, int to)
{
    return ((size_t)(to / s->block) * (size_t)channels + (size_t)from) * TAPS * TAPS *
           (size_t)s->block;
}

/* [to / block][from][tap][block of to], from input to output channels; or, backward, from output to
 * input channels and from the last tap to the first. */
static struct layout layout_of(const struct winograd_shape *s, int is_backward)
{
    enum { LAST_TAP = TAPS * TAPS - 1 };
    struct layout layout =
        layout_create((size_t)(s->in * s->out * TAPS * TAPS), s->out, s->in, TAPS * TAPS);
    const int tos = is_backward ? s->in : s->out, froms = is_backward ? s->out : s->in;
    uint32_t *to = is_backward ? layout.in : layout.out;
    uint32_t *from = is_backward ? layout.out : layout.in;
    for (int t = 0; t < tos; t++)
        to[t] = (uint32_t)filter_at(s, froms, 0, t) + (uint32_t)(t % s->block);
    for (int f = 0; f < froms; f++)
        from[f] = (uint32_t)filter_at(s, froms, f, 0);
    for (int tap = 0; tap <= LAST_TAP; tap++)
        layout.tap[tap] = (uint32_t)((is_backward ? LAST_TAP - tap : tap) * s->block);
    return layout;
}

struct layouts winograd_layouts(const struct winograd_shape *s, int has_data_gradient)
{
    struct layouts layouts = {.weights = layout_of(s, 0)};
    if (s->precision != PRECISION_F32)
        layouts.forward = layout_of(s, 0);
    if (has_data_gradient)
        layouts.backward = layout_of(s, 1);
    return layouts;
}

/* From the numbers of one point to the next. */
static size_t step_of(int rows, int columns)
{
    return (size_t)rows * (size_t)columns + LINE;
}

static int at_most(int limit, int count)
{
    return count < limit ? count : limit;
}

static int tiles_of(const struct winograd_shape *s)
{
    return s->batch * (s->height / SIDE) * (s->width / SIDE);
}

/* Of the gradients that are still being summed: all, or, where the tiles are in hand at once, those
 * of one panel. */
static size_t sums_of(const struct winograd_shape *s)
{
    const int panel = kernels_of(s)->panel;
    const int panels = tiles_of(s) > TILES ? s->out / panel * ((s->in + DEPTH - 1) / DEPTH) : 1;
    return (size_t)panels * PRODUCTS * step_of(DEPTH, panel);
}

size_t winograd_scratch(const struct winograd_shape *s)
{
    const int widest = s->in > s->out ? s->in : s->out, panel = f32x16.panel;
    const size_t maps =
        PRODUCTS * (step_of(TILES, widest) + step_of(DEPTH, panel) + step_of(TILES, panel));
    const size_t weights = PRODUCTS * (step_of(TILES, s->in) + step_of(TILES, s->out)) + sums_of(s);
    return maps > weights ? maps : weights;
}

/* ---- Passes -------------------------------------------------------------------------------- */

static struct tiles take_tiles(const struct winograd_shape *s, int first)
{
    const int across = s->width / SIDE, of_image = s->height / SIDE * across;
    struct tiles tiles = {
        .count = at_most(TILES, tiles_of(s) - first), .height = s->height, .width = s->width};
    struct tile tile = {.image = first / of_image,
                        .y = first % of_image / across * SIDE,
                        .x = first % across * SIDE};
    for (int t = 0; t < tiles.count; t++) {
        tiles.tile[t] = tile;
        tile.x += SIDE;
        if (tile.x == s->width) {
            tile.x = 0;
            tile.y += SIDE;
        }
        if (tile.y == s->height) {
            tile.y = 0;
            tile.image++;
        }
    }
    return tiles;
}

/* The block from `channel` on, in a map of so many channels; the caller keeps a const map const. */
static struct plane plane_of(const struct winograd_shape *s, const void *map, int channels,
                             int channel)
{
    const struct extent extent = {.channels = channels,
                                  .height = s->height,
                                  .width = s->width,
                                  .block = s->block,
                                  .precision = s->precision};
    return (struct plane){map_plus(s->precision, map, map_offset(&extent, 0, channel, 0)),
                          map_offset(&extent, 1, 0, 0), map_offset(&extent, 0, 0, 1)};
}

/* v[point][block of channels][tile][channel] */
static void transform_input(const struct winograd_shape *s, const struct tiles *tiles,
                            const void *map, float *v)
{
    for (int c = 0; c < s->in; c += s->block) {
        const struct plane plane = plane_of(s, map, s->in, c);
        kernels_of(s)->input_transform(tiles, &plane, v + (size_t)c * TILES, step_of(TILES, s->in));
    }
}

/* w[point][panel][tile][channel] */
static void transform_gradient(const struct winograd_shape *s, const struct tiles *tiles,
                               const void *map, float *w)
{
    const int panel = kernels_of(s)->panel;
    for (int o = 0; o < s->out; o += s->block) {
        const struct plane plane = plane_of(s, map, s->out, o);
        kernels_of(s)->gradient_transform(tiles, &plane,
                                          w + (size_t)(o / panel * panel) * TILES + o % panel,
                                          step_of(TILES, s->out));
    }
}

/* m[point][tile][channel] of the panel from `out` on; `u` is for the filters in hand. Those are
 * transformed anew for each block of tiles, which is less work than to fetch all of them again. */
static void multiply(const struct winograd_shape *s, int rows, int out, const void *weights,
                     const float *v, float *u, float *m)
{
    const struct winograd_kernels *kernels = kernels_of(s);
    const int panel = kernels_of(s)->panel;
    const size_t u_step = step_of(DEPTH, panel);
    for (int c = 0; c < s->in; c += DEPTH) {
        const int depth = at_most(DEPTH, s->in - c);
        for (int p = 0; p < panel; p += s->block)
            kernels->filter_transform(
                depth, map_plus(s->precision, weights, filter_at(s, s->in, c, out + p)), u + p,
                u_step);
        for (size_t i = 0; i < PRODUCTS; i++)
            kernels->multiply(
                c == 0, rows, depth, v + i * step_of(TILES, s->in) + (size_t)c * TILES,
                (size_t)(TILES * s->block), u + i * u_step, m + i * step_of(TILES, panel));
    }
}

void winograd_forward(const struct winograd_shape *s, const void *src, const void *weights,
                      float *scratch, void *dst)
{
    const struct winograd_kernels *kernels = kernels_of(s);
    const int panel = kernels_of(s)->panel;
    float *v = scratch, *u = v + PRODUCTS * step_of(TILES, s->in);
    float *m = u + PRODUCTS * step_of(DEPTH, panel);
    for (int first = 0; first < tiles_of(s); first += TILES) {
        const struct tiles tiles = take_tiles(s, first);
        /* the last rows may be left over from other tiles: nobody reads their products */
        const int rows = (tiles.count + kernels->rows - 1) / kernels->rows * kernels->rows;
        transform_input(s, &tiles, src, v);
        for (int o = 0; o < s->out; o += panel) {
            multiply(s, rows, o, weights, v, u, m);
            for (int p = 0; p < panel; p += s->block) {
                const struct plane plane = plane_of(s, dst, s->out, o + p);
                kernels->output_transform(&tiles, m + p, step_of(TILES, panel), &plane);
            }
        }
    }
}

void winograd_backward_data(const struct winograd_shape *s, const void *diff_dst,
                            const void *weights, float *scratch, void *diff_src)
{
    struct winograd_shape turned = *s;
    turned.in = s->out;
    turned.out = s->in;
    winograd_forward(&turned, diff_dst, weights, scratch, diff_src);
}

/* u[point][c][o] of a panel and of up to DEPTH channels from `in` on. */
static void multiply_gradients(const struct winograd_shape *s, int is_first, int tiles, int in,
                               int depth, const float *v, const float *w, float *u)
{
    const int panel = kernels_of(s)->panel;
    for (size_t i = 0; i < PRODUCTS; i++)
        for (int c = 0; c < depth; c += s->block)
            kernels_of(s)->multiply_gradients(
                is_first, tiles, v + i * step_of(TILES, s->in) + (size_t)(in + c) * TILES,
                w + i * step_of(TILES, s->out), u + i * step_of(DEPTH, panel) + c * panel);
}

void winograd_backward_weights(const struct winograd_shape *s, const void *src,
                               const void *diff_dst, float *scratch, float *diff_weights)
{
    const int panel = kernels_of(s)->panel, count = tiles_of(s);
    const size_t u_step = step_of(DEPTH, panel);
    float *v = scratch, *w = v + PRODUCTS * step_of(TILES, s->in);
    float *sums = w + PRODUCTS * step_of(TILES, s->out);
    for (int first = 0; first < count; first += TILES) {
        const struct tiles tiles = take_tiles(s, first);
        transform_input(s, &tiles, src, v);
        transform_gradient(s, &tiles, diff_dst, w);
        float *u = sums;
        for (int o = 0; o < s->out; o += panel) {
            for (int c = 0; c < s->in; c += DEPTH) {
                const int depth = at_most(DEPTH, s->in - c);
                multiply_gradients(s, first == 0, tiles.count, c, depth, v, w + (size_t)o * TILES,
                                   u);
                for (int p = 0; p < panel && first + TILES >= count; p += s->block)
                    kernels_of(s)->filter_gradient_transform(
                        depth, u + p, u_step, diff_weights + filter_at(s, s->in, c, o + p));
                if (count > TILES)
                    u += PRODUCTS * u_step;
            }
        }
    }
}
