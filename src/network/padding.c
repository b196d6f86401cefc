#include "network/padding.h"

#include "base/error.h"
#include "base/simd.h"
#include "experiment/config.h"

#include <string.h>

/* Every function goes through a map LANES channels at a time: blocks of 8 and of 16 alike, and
 * plain bf16 maps too. */
enum { LANES = 8, SIDES = 4, CORNERS = 4, MOST_TAPS = PADDING_DEPTH * (2 * PADDING_REACH + 1) };

typedef float vector __attribute__((vector_size(LANES * 4), aligned(4), may_alias));
typedef uint32_t bits __attribute__((vector_size(LANES * 4)));
typedef bf16 halves __attribute__((vector_size(LANES * 2), aligned(2), may_alias));

#define INLINE static inline __attribute__((always_inline))

INLINE vector load(enum precision precision, const void *map, size_t at)
{
    if (precision == PRECISION_F32)
        return *(const vector *)((const float *)map + at);
    const halves stored = *(const halves *)((const bf16 *)map + at);
    return (vector)(__builtin_convertvector(stored, bits) << 16);
}

/* Rounds as bf16_round() does; the NaNs of arithmetic are quiet already. */
INLINE void store(enum precision precision, void *map, size_t at, vector value)
{
    if (precision == PRECISION_F32) {
        *(vector *)((float *)map + at) = value;
        return;
    }
    const bits old = (bits)value, is_nan = (bits)(value != value);
    const bits rounded = old + 0x7fff + (old >> 16 & 1);
    const bits upper = ((rounded & ~is_nan) | (old & is_nan)) >> 16;
    *(halves *)((bf16 *)map + at) = __builtin_convertvector(upper, halves);
}

/* ---- Geometry ------------------------------------------------------------------------------- */

/* One map in memory: rows of `row` neighbouring numbers, `planes` of height x width pixels a
 * image. */
struct plan {
    enum precision precision;
    int channels, height, width, block;
};

static size_t pixels_of(const struct plan *m)
{
    return (size_t)m->height * (size_t)m->width;
}

/* From a pixel to the next. */
static size_t step_of(const struct plan *m)
{
    return (size_t)(m->precision == PRECISION_BF16 ? m->channels : m->block);
}

/* Where pixel 0 of an image's LANES channels from `channel` on is. */
static size_t offset_in(const struct plan *m, int image, int channel)
{
    const size_t first = (size_t)image * pixels_of(m) * (size_t)m->channels;
    if (m->precision == PRECISION_BF16)
        return first + (size_t)channel;
    const int lane = channel % m->block;
    return first + (size_t)(channel - lane) * pixels_of(m) + (size_t)lane;
}

static struct plan inner_plan(const struct padding_shape *s)
{
    return (struct plan){s->precision, s->channels, s->height, s->width, s->block};
}

static struct plan padded_plan(const struct padding_shape *s)
{
    return (struct plan){s->precision, s->channels, s->height + 2, s->width + 2, s->block};
}

/* A side in pixels of P: its first pixel inside, the steps along it and inward. Those of the ring
 * are one step outward. */
struct side {
    int first, along, inward;
    int length, deepest;
};

/* A corner in pixels of P: itself, and the steps along its row and its column. */
struct corner {
    int at, step[2], deepest[2];
};

struct ring {
    struct side sides[SIDES];
    struct corner corners[CORNERS];
};

static struct ring ring_of(const struct padding_shape *s)
{
    const int h = s->height, w = s->width, row = w + 2;
    const int top_left = row + 1, last_row = (h + 1) * row;
    return (struct ring){{{top_left, 1, row, w, h - 1},
                          {h * row + 1, 1, -row, w, h - 1},
                          {top_left, row, 1, h, w - 1},
                          {row + w, row, -1, h, w - 1}},
                         {{0, {1, row}, {w - 1, h - 1}},
                          {w + 1, {-1, row}, {w - 1, h - 1}},
                          {last_row, {1, -row}, {w - 1, h - 1}},
                          {last_row + w + 1, {-1, -row}, {w - 1, h - 1}}}};
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

static int clamp(int index, int length)
{
    return index < 0 ? 0 : least(index, length - 1);
}

/* The pixel that tap (d, e) meets from position `at` of a side. */
static size_t source(const struct side *side, int at, int d, int e)
{
    return (size_t)(side->first + side->inward * least(d, side->deepest) +
                    side->along * clamp(at + e, side->length));
}

/* The pixel at depth d of a corner's row (0) or column (1). */
static size_t beside(const struct corner *corner, int line, int d)
{
    return (size_t)(corner->at + corner->step[line] * (1 + least(d, corner->deepest[line])));
}

struct padding_filter padding_fixed(enum padding padding)
{
    switch (padding) {
    case PADDING_REPLICATE:
        return (struct padding_filter){1, {1}};
    case PADDING_REFLECT:
        return (struct padding_filter){2, {0, 1}};
    case PADDING_EXTRAPOLATE:
        return (struct padding_filter){2, {2, -1}};
    default:
        BUG("a padding without a fixed filter");
    }
}

int padding_taps(int depth, int reach)
{
    return depth * (2 * reach + 1);
}

/* ---- Forward -------------------------------------------------------------------------------- */

/* LANES channels of a filter. */
struct lanes {
    int taps;
    vector tap[MOST_TAPS], constant;
    vector depth[PADDING_DEPTH]; /* the sum of the taps of each */
};

INLINE struct lanes lanes_of(const struct padding_shape *s, const float *filter, int channel)
{
    struct lanes lanes = {.taps = padding_taps(s->depth, s->reach)};
    const size_t channels = (size_t)s->channels;
    for (int t = 0; t < lanes.taps; t++) {
        lanes.tap[t] = load(PRECISION_F32, filter, (size_t)t * channels + (size_t)channel);
        lanes.depth[t / (2 * s->reach + 1)] += lanes.tap[t];
    }
    lanes.constant = load(PRECISION_F32, filter, (size_t)lanes.taps * channels + (size_t)channel);
    return lanes;
}

/* The ring of one image's LANES channels; `map` begins with their first pixel. */
INLINE void extrapolate(enum precision precision, const struct padding_shape *s,
                        const struct ring *ring, const struct lanes *lanes, size_t step, void *map)
{
    for (const struct side *side = ring->sides; side < ring->sides + SIDES; side++) {
        for (int at = 0; at < side->length; at++) {
            vector sum = lanes->constant;
            const vector *tap = lanes->tap;
            for (int d = 0; d < s->depth; d++)
                for (int e = -s->reach; e <= s->reach; e++)
                    sum += *tap++ * load(precision, map, source(side, at, d, e) * step);
            store(precision, map, source(side, at, 0, 0) * step - (size_t)side->inward * step, sum);
        }
    }
    for (const struct corner *corner = ring->corners; corner < ring->corners + CORNERS; corner++) {
        vector sum = lanes->constant;
        for (int d = 0; d < s->depth; d++)
            sum += lanes->depth[d] * (0.5f * (load(precision, map, beside(corner, 0, d) * step) +
                                              load(precision, map, beside(corner, 1, d) * step)));
        store(precision, map, (size_t)corner->at * step, sum);
    }
}

/* Between a map and the inside of a padded one. Rows are runs of neighbouring numbers in either
 * kind of map. */
enum direction { INWARD, OUTWARD };

static void copy_inside(const struct padding_shape *s, int image, enum direction direction, void *x,
                        void *padded)
{
    const struct plan inner = inner_plan(s), outer = padded_plan(s);
    const size_t step = step_of(&inner), row = (size_t)s->width * step;
    const size_t planes = (size_t)s->channels / step, bytes = row * precision_bytes(s->precision);
    for (size_t p = 0; p < planes; p++) {
        const size_t in = offset_in(&inner, image, 0) + p * pixels_of(&inner) * step;
        const size_t out = offset_in(&outer, image, 0) + p * pixels_of(&outer) * step;
        for (size_t y = 0; y < (size_t)s->height; y++) {
            void *left = map_plus(s->precision, x, in + y * row);
            void *right =
                map_plus(s->precision, padded, out + ((y + 1) * (size_t)outer.width + 1) * step);
            memcpy(direction == INWARD ? right : left, direction == INWARD ? left : right, bytes);
        }
    }
}

INLINE void forward(enum precision precision, const struct padding_shape *s, const float *filter,
                    const void *x, void *padded)
{
    const struct plan plan = padded_plan(s);
    const struct ring ring = ring_of(s);
    for (int n = 0; n < s->count; n++)
        copy_inside(s, n, INWARD, map_plus(precision, x, 0), padded);
    for (int c = 0; c < s->channels; c += LANES) {
        const struct lanes lanes = lanes_of(s, filter, c);
        for (int n = 0; n < s->count; n++)
            extrapolate(precision, s, &ring, &lanes, step_of(&plan),
                        map_plus(precision, padded, offset_in(&plan, n, c)));
    }
}

CLONES void padding_forward(struct padding_shape s, const float *filter, const void *x,
                            void *padded)
{
    if (s.precision == PRECISION_BF16)
        forward(PRECISION_BF16, &s, filter, x, padded);
    else
        forward(PRECISION_F32, &s, filter, x, padded);
}

/* ---- Backward ------------------------------------------------------------------------------- */

size_t padding_work(const struct padding_shape *s)
{
    const struct plan plan = padded_plan(s);
    return pixels_of(&plan) * LANES;
}

/* The next of a row's pixels among the `deep` outermost of a map. */
static int next_outer(const struct plan *m, int deep, int y, int x)
{
    const int crosses = y >= deep && y < m->height - deep && m->width > 2 * deep;
    return crosses && x == deep - 1 ? m->width - deep : x + 1;
}

/* The adjoint of extrapolate(): from the ring of `g`, LANES floats a pixel, into its inside and
 * into the filter's gradient; corners first, since they are made of sides. */
INLINE void gather(enum precision precision, const struct padding_shape *s, const struct ring *ring,
                   const struct lanes *lanes, size_t step, const void *map, float *g,
                   struct lanes *gradient)
{
    vector *at_pixel = (vector *)g;
    for (const struct corner *corner = ring->corners; corner < ring->corners + CORNERS; corner++) {
        const vector dy = at_pixel[corner->at];
        gradient->constant += dy;
        for (int d = 0; d < s->depth; d++) {
            const size_t one = beside(corner, 0, d), other = beside(corner, 1, d);
            gradient->depth[d] +=
                dy *
                (0.5f * (load(precision, map, one * step) + load(precision, map, other * step)));
            at_pixel[one] += 0.5f * lanes->depth[d] * dy;
            at_pixel[other] += 0.5f * lanes->depth[d] * dy;
        }
    }
    for (const struct side *side = ring->sides; side < ring->sides + SIDES; side++) {
        for (int at = 0; at < side->length; at++) {
            const vector dy = at_pixel[source(side, at, 0, 0) - (size_t)side->inward];
            gradient->constant += dy;
            for (int d = 0, t = 0; d < s->depth; d++) {
                for (int e = -s->reach; e <= s->reach; e++, t++) {
                    const size_t from = source(side, at, d, e);
                    gradient->tap[t] += dy * load(precision, map, from * step);
                    at_pixel[from] += lanes->tap[t] * dy;
                }
            }
        }
    }
}

/* An image's part, to those before it. */
INLINE void add_gradient(const struct padding_shape *s, int channel, const struct lanes *gradient,
                         float *filter_gradient)
{
    const size_t channels = (size_t)s->channels;
    float *at = filter_gradient + channel;
    for (int t = 0; t < gradient->taps; t++, at += channels)
        *(vector *)at += gradient->tap[t] + gradient->depth[t / (2 * s->reach + 1)];
    *(vector *)at += gradient->constant;
}

/* What no tap meets is copied; the rest is added up in `work`, a float for each number of LANES
 * channels of P. */
INLINE void backward(enum precision precision, const struct padding_shape *s, const float *filter,
                     const void *padded, const void *gradient, float *work, float *filter_gradient,
                     void *x_gradient)
{
    const struct plan plan = padded_plan(s), inner = inner_plan(s);
    const struct ring ring = ring_of(s);
    const size_t step = step_of(&plan);
    for (int n = 0; n < s->count; n++)
        copy_inside(s, n, OUTWARD, x_gradient, map_plus(precision, gradient, 0));
    for (int c = 0; c < s->channels; c += LANES) {
        const struct lanes lanes = lanes_of(s, filter, c);
        for (int n = 0; n < s->count; n++) {
            const size_t first = offset_in(&plan, n, c);
            for (int y = 0; y < plan.height; y++) {
                for (int x = 0; x < plan.width; x = next_outer(&plan, s->depth + 1, y, x)) {
                    const size_t p = (size_t)(y * plan.width + x);
                    store(PRECISION_F32, work, p * LANES,
                          load(precision, gradient, first + p * step));
                }
            }
            struct lanes sums = {.taps = lanes.taps};
            gather(precision, s, &ring, &lanes, step, map_plus(precision, padded, first), work,
                   &sums);
            if (filter_gradient)
                add_gradient(s, c, &sums, filter_gradient);
            const size_t out = offset_in(&inner, n, c);
            for (int y = 0; y < s->height; y++)
                for (int x = 0; x < s->width; x = next_outer(&inner, s->depth, y, x))
                    store(
                        precision, x_gradient, out + (size_t)(y * s->width + x) * step,
                        load(PRECISION_F32, work, (size_t)((y + 1) * plan.width + x + 1) * LANES));
        }
    }
}

CLONES void padding_backward(struct padding_shape s, const float *filter, const void *padded,
                             const void *gradient, float *work, float *filter_gradient,
                             void *x_gradient)
{
    const struct plan inner = inner_plan(&s);
    const size_t taps = (size_t)padding_taps(s.depth, s.reach), channels = (size_t)s.channels;
    const size_t valid = offset_in(&inner, s.count, 0), all = offset_in(&inner, s.images, 0);
    if (filter_gradient)
        memset(filter_gradient, 0, (taps + 1) * channels * sizeof *filter_gradient);
    if (s.precision == PRECISION_BF16)
        backward(PRECISION_BF16, &s, filter, padded, gradient, work, filter_gradient, x_gradient);
    else
        backward(PRECISION_F32, &s, filter, padded, gradient, work, filter_gradient, x_gradient);
    memset(map_plus(s.precision, x_gradient, valid), 0,
           (all - valid) * precision_bytes(s.precision));
}

/* ---- Partial convolution -------------------------------------------------------------------- */

/* Of a window's rows or columns at output `at`, those on a map of `size`. */
static int taps_inside(const struct partial_shape *s, int at, int size)
{
    int inside = 0;
    for (int k = 0; k < s->kernel; k++) {
        const int from = at * s->stride + k - s->padding;
        inside += from >= 0 && from < size;
    }
    return inside;
}

CLONES void padding_partial(struct partial_shape s, const void *x, void *out)
{
    const struct plan plan = {s.precision, s.channels, s.height, s.width, s.block};
    const size_t step = step_of(&plan), bytes = precision_bytes(s.precision);
    const size_t valid = offset_in(&plan, s.count, 0), all = offset_in(&plan, s.images, 0);
    const size_t planes = valid / (pixels_of(&plan) * step);
    memcpy(out, x, valid * bytes);
    memset(map_plus(s.precision, out, valid), 0, (all - valid) * bytes);
    for (int row = 0; row < s.height; row++) {
        for (int column = 0; column < s.width; column++) {
            const int inside =
                taps_inside(&s, row, s.in_height) * taps_inside(&s, column, s.in_width);
            const float ratio = (float)(s.kernel * s.kernel) / (float)inside;
            if (inside == s.kernel * s.kernel)
                continue;
            for (size_t p = 0; p < planes; p++) {
                const size_t pixel = (size_t)(row * s.width + column);
                const size_t first = (p * pixels_of(&plan) + pixel) * step;
                for (size_t at = first; at < first + step; at += LANES) {
                    if (s.precision == PRECISION_BF16)
                        store(PRECISION_BF16, out, at, ratio * load(PRECISION_BF16, out, at));
                    else
                        store(PRECISION_F32, out, at, ratio * load(PRECISION_F32, out, at));
                }
            }
        }
    }
}
