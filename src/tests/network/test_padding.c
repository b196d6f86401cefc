/* The arithmetic of padding.h against a naive reference, in numbers so small and round that every
 * sum is exact: whatever the layout and the precision, the bits must be right. */
#include "network/padding.h"

#include "base/memory.h"
#include "experiment/config.h"
#include "tests/blocked.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/tests.h"

enum { VALID = 2, ROOM = 3 }; /* of three images two are valid */

static const struct layout {
    enum precision precision;
    int block, channels;
} layouts[] = {{PRECISION_F32, 8, 24}, {PRECISION_F32, 16, 32}, {PRECISION_BF16, 16, 48}};
enum { LAYOUTS = sizeof layouts / sizeof layouts[0] };

static const int sizes[][2] = {{1, 1}, {1, 2}, {2, 1}, {2, 2}, {3, 3}, {8, 8}, {5, 7}, {1, 4}};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

static const int filters[][2] = {{1, 0}, {1, 1}, {2, 0}, {2, 1}};
enum { FILTERS = sizeof filters / sizeof filters[0] };

static struct padding_shape shape_of(const struct layout *layout, const int *size,
                                     const int *filter)
{
    return (struct padding_shape){.images = ROOM,
                                  .count = VALID,
                                  .channels = layout->channels,
                                  .height = size[0],
                                  .width = size[1],
                                  .block = layout->block,
                                  .precision = layout->precision,
                                  .depth = filter[0],
                                  .reach = filter[1]};
}

static struct shape inner_of(const struct padding_shape *s)
{
    return (struct shape){VALID, s->channels, s->height, s->width};
}

static struct shape padded_of(const struct padding_shape *s)
{
    return (struct shape){VALID, s->channels, s->height + 2, s->width + 2};
}

/* ---- Maps ------------------------------------------------------------------------------------ */

static size_t place(const struct padding_shape *s, struct shape shape, size_t index)
{
    if (s->precision == PRECISION_F32)
        return blocked_place(shape, s->block, index);
    const size_t pixels = (size_t)(shape.height * shape.width), channels = (size_t)shape.channels;
    const size_t plane = index / pixels;
    return (plane / channels * pixels + index % pixels) * channels + plane % channels;
}

static size_t room(struct shape shape)
{
    return shape_count(shape) / VALID * ROOM;
}

/* BLOCKED_REST where there is no number; free() it. */
static void *map_of(const struct padding_shape *s, struct shape shape, const double *plain)
{
    void *map = memory_aligned(room(shape), precision_bytes(s->precision));
    for (size_t i = 0; i < room(shape); i++)
        map_set(s->precision, map, i, BLOCKED_REST);
    for (size_t i = 0; plain && i < shape_count(shape); i++)
        map_set(s->precision, map, place(s, shape, i), (float)plain[i]);
    return map;
}

/* Bit for bit, rounded once to the map's precision. */
static void check_map(const struct padding_shape *s, struct shape shape, const void *map,
                      const double *expected, float beyond)
{
    for (size_t i = 0; i < shape_count(shape); i++) {
        float rounded;
        map_set(s->precision, &rounded, 0, (float)expected[i]);
        const float right = map_get(s->precision, &rounded, 0);
        const float found = map_get(s->precision, map, place(s, shape, i));
        if (found != right)
            fail_msg("element %zu of %dx%d, D = %d, r = %d: %g, expected %g", i, s->height,
                     s->width, s->depth, s->reach, (double)found, (double)right);
    }
    for (size_t i = shape_count(shape); i < room(shape); i++)
        assert_true(map_get(s->precision, map, i) == beyond);
}

/* Whole numbers from -limit to limit; free() it. */
static double *small_numbers(uint64_t *state, size_t count, int limit)
{
    double *values = memory_zeroed(count, sizeof *values);
    for (size_t i = 0; i < count; i++)
        values[i] = floor((reference_number(state) + 1) / 2 * (2 * limit + 1)) - limit;
    return values;
}

/* From [channel][tap, constant] to padding.h's order; free() it. */
static float *filter_in_memory(const struct padding_shape *s, const double *filter)
{
    const int each = padding_taps(s->depth, s->reach) + 1;
    float *out = memory_floats((size_t)(each * s->channels));
    for (int c = 0; c < s->channels; c++)
        for (int t = 0; t < each; t++)
            out[t * s->channels + c] = (float)filter[c * each + t];
    return out;
}

/* ---- Against the reference ------------------------------------------------------------------- */

/* One layer with its numbers, plain and in memory. */
struct one {
    struct padding_shape s;
    size_t inside, outside, weights;
    double *x, *filter, *padded, *dy;
    float *filter_memory;
    void *x_map, *padded_map;
};

static void reference_of(const struct one *o, const double *x, const double *filter, double *padded)
{
    reference_pad(inner_of(&o->s), o->s.depth, o->s.reach, x, filter, padded);
}

static struct one one_of(struct padding_shape s)
{
    struct one o = {.s = s,
                    .inside = shape_count(inner_of(&s)),
                    .outside = shape_count(padded_of(&s)),
                    .weights = (size_t)((padding_taps(s.depth, s.reach) + 1) * s.channels)};
    uint64_t state = 71;
    o.x = small_numbers(&state, o.inside, 2);
    o.filter = small_numbers(&state, o.weights, 1);
    o.dy = small_numbers(&state, o.outside, 1);
    o.padded = memory_zeroed(o.outside, sizeof *o.padded);
    o.filter_memory = filter_in_memory(&s, o.filter);
    o.x_map = map_of(&s, inner_of(&s), o.x);
    o.padded_map = map_of(&s, padded_of(&s), NULL);
    reference_of(&o, o.x, o.filter, o.padded);
    padding_forward(s, o.filter_memory, o.x_map, o.padded_map);
    return o;
}

static void one_free(struct one *o)
{
    free(o->x);
    free(o->filter);
    free(o->padded);
    free(o->dy);
    free(o->filter_memory);
    free(o->x_map);
    free(o->padded_map);
}

/* <dy, P> */
static double product(const struct one *o, const double *x, const double *filter)
{
    double *padded = memory_zeroed(o->outside, sizeof *padded), sum = 0;
    reference_of(o, x, filter, padded);
    for (size_t i = 0; i < o->outside; i++)
        sum += padded[i] * o->dy[i];
    free(padded);
    return sum;
}

/* The slope of <dy, P> in values[i]. P is linear in the map and, by the corners, quadratic in the
 * filter: a central difference of any step is exact. */
static double slope(const struct one *o, double *values, size_t i)
{
    values[i] += 1;
    const double above = product(o, o->x, o->filter);
    values[i] -= 2;
    const double below = product(o, o->x, o->filter);
    values[i] += 1;
    return (above - below) / 2;
}

static void check_backward(const struct one *o)
{
    const struct padding_shape *s = &o->s;
    double *dx = memory_zeroed(o->inside, sizeof *dx);
    for (size_t i = 0; i < o->inside; i++)
        dx[i] = slope(o, o->x, i);
    void *dy_map = map_of(s, padded_of(s), o->dy), *dx_map = map_of(s, inner_of(s), NULL);
    float *work = memory_floats(padding_work(s)), *gradient = memory_floats(o->weights);
    gradient[0] = BLOCKED_REST;
    padding_backward(*s, o->filter_memory, o->padded_map, dy_map, work, gradient, dx_map);
    check_map(s, inner_of(s), dx_map, dx, 0);
    const size_t each = o->weights / (size_t)s->channels;
    for (size_t i = 0; i < o->weights; i++)
        assert_true((double)gradient[i % each * (size_t)s->channels + i / each] ==
                    slope(o, o->filter, i));
    void *again = map_of(s, inner_of(s), NULL);
    padding_backward(*s, o->filter_memory, o->padded_map, dy_map, work, NULL, again);
    assert_memory_equal(again, dx_map, room(inner_of(s)) * precision_bytes(s->precision));
    free(dx);
    free(dy_map);
    free(dx_map);
    free(again);
    free(work);
    free(gradient);
}

TEST(forward)
{
    for (int l = 0; l < LAYOUTS; l++)
        for (int i = 0; i < SIZES; i++)
            for (int f = 0; f < FILTERS; f++) {
                struct one o = one_of(shape_of(&layouts[l], sizes[i], filters[f]));
                check_map(&o.s, padded_of(&o.s), o.padded_map, o.padded, BLOCKED_REST);
                one_free(&o);
            }
}

/* A map of 8 x 8 in one layout: the others of that size would only take time. */
TEST(backward)
{
    for (int l = 0; l < LAYOUTS; l++)
        for (int i = 0; i < SIZES; i++)
            for (int f = 0; f < FILTERS; f++) {
                if (sizes[i][0] * sizes[i][1] > 10 && (f != 3 || l != i % LAYOUTS))
                    continue;
                struct one o = one_of(shape_of(&layouts[l], sizes[i], filters[f]));
                check_backward(&o);
                one_free(&o);
            }
}

/* The deepest and widest filter, in floats: bf16 would round its sums. */
TEST(largest_filter)
{
    static const int largest[] = {PADDING_DEPTH, PADDING_REACH};
    for (int i = 0; i < SIZES; i++) {
        struct one o = one_of(shape_of(&layouts[i % 2], sizes[i], largest));
        check_map(&o.s, padded_of(&o.s), o.padded_map, o.padded, BLOCKED_REST);
        if (sizes[i][0] * sizes[i][1] < 10)
            check_backward(&o);
        one_free(&o);
    }
}

/* ---- Old acquaintances ----------------------------------------------------------------------- */

static int clamp(int index, int length)
{
    return index < 0 ? 0 : index >= length ? length - 1 : index;
}

/* The index that a fixed padding shows at `index`; reflection of a single pixel repeats it. */
static int shown(int padding, int index, int length)
{
    if (padding == PADDING_REFLECT && index < 0)
        return clamp(-index, length);
    if (padding == PADDING_REFLECT && index >= length)
        return clamp(2 * length - 2 - index, length);
    return clamp(index, length);
}

/* The fixed filter of `padding` on the map o->x, which it changes to `x` first. */
static void *fixed_map(struct one *o, int padding, const double *x)
{
    const struct padding_filter fixed = padding_fixed(padding);
    memcpy(o->x, x, o->inside * sizeof *x);
    free(o->x_map);
    o->x_map = map_of(&o->s, inner_of(&o->s), x);
    o->s.depth = fixed.depth;
    o->s.reach = 0;
    float *filter = memory_floats((size_t)(3 * o->s.channels));
    for (int i = 0; i < fixed.depth * o->s.channels; i++)
        filter[i] = fixed.tap[i / o->s.channels];
    void *map = map_of(&o->s, padded_of(&o->s), NULL);
    padding_forward(o->s, filter, o->x_map, map);
    free(filter);
    return map;
}

static void check_copy(struct one *o, int padding)
{
    const struct shape to = padded_of(&o->s);
    double *x = memory_zeroed(o->inside, sizeof *x);
    memcpy(x, o->x, o->inside * sizeof *x);
    void *map = fixed_map(o, padding, x);
    for (size_t i = 0; i < o->outside; i++) {
        const int row = (int)(i / (size_t)to.width) % to.height, column = (int)i % to.width;
        const size_t plane = i / (size_t)(to.width * to.height);
        o->padded[i] =
            x[(plane * (size_t)o->s.height + (size_t)shown(padding, row - 1, o->s.height)) *
                  (size_t)o->s.width +
              (size_t)shown(padding, column - 1, o->s.width)];
    }
    check_map(&o->s, to, map, o->padded, BLOCKED_REST);
    free(map);
    free(x);
}

TEST(replicate_and_reflect)
{
    for (int l = 0; l < LAYOUTS; l++)
        for (int i = 0; i < SIZES; i++)
            for (int padding = PADDING_REPLICATE; padding <= PADDING_REFLECT; padding++) {
                struct one o = one_of(shape_of(&layouts[l], sizes[i], filters[0]));
                check_copy(&o, padding);
                one_free(&o);
            }
}

/* A plane, another one in each channel, goes on; so do its corners. */
static double ramp(struct shape s, size_t i, int around)
{
    const int row = (int)(i / (size_t)s.width) % s.height - around;
    const int column = (int)i % s.width - around;
    const int channel = (int)(i / (size_t)(s.width * s.height)) % s.channels;
    return channel % 5 + row * (channel % 3 - 1) + 2 * column;
}

TEST(extrapolate_continues_planes)
{
    for (int l = 0; l < LAYOUTS; l++)
        for (int i = 0; i < SIZES; i++) {
            if (sizes[i][0] < 2 || sizes[i][1] < 2)
                continue;
            struct one o = one_of(shape_of(&layouts[l], sizes[i], filters[0]));
            double *x = memory_zeroed(o.inside, sizeof *x);
            for (size_t j = 0; j < o.inside; j++)
                x[j] = ramp(inner_of(&o.s), j, 0);
            for (size_t j = 0; j < o.outside; j++)
                o.padded[j] = ramp(padded_of(&o.s), j, 1);
            void *map = fixed_map(&o, PADDING_EXTRAPOLATE, x);
            check_map(&o.s, padded_of(&o.s), map, o.padded, BLOCKED_REST);
            free(map);
            free(x);
            one_free(&o);
        }
}

/* A filter of zeros makes +0, bit for bit, of a map without negative numbers. */
TEST(zeros)
{
    for (int l = 0; l < LAYOUTS; l++) {
        struct one o = one_of(shape_of(&layouts[l], sizes[6], filters[3]));
        const struct shape to = padded_of(&o.s);
        for (size_t i = 0; i < o.inside; i++)
            o.x[i] = fabs(o.x[i]) + 1;
        void *x = map_of(&o.s, inner_of(&o.s), o.x), *map = map_of(&o.s, to, NULL);
        float *filter = memory_floats(o.weights);
        padding_forward(o.s, filter, x, map);
        size_t ring = 0;
        for (size_t i = 0; i < o.outside; i++) {
            const int row = (int)(i / (size_t)to.width) % to.height, column = (int)i % to.width;
            const float found = map_get(o.s.precision, map, place(&o.s, to, i));
            if (row > 0 && row < to.height - 1 && column > 0 && column < to.width - 1) {
                assert_true(found > 0);
                continue;
            }
            assert_true(found == 0 && !signbit(found));
            ring++;
        }
        assert_int_equal(ring, VALID * o.s.channels * (2 * (5 + 7) + 4));
        free(x);
        free(map);
        free(filter);
        one_free(&o);
    }
}

/* ---- Partial convolution --------------------------------------------------------------------- */

/* The factors of one window, written down: rows and columns of the output are numbers of taps. */
struct factors {
    int in_height, in_width, stride, height, width;
    int rows[4], columns[4]; /* taps inside */
};

static const struct factors factors[] = {
    {4, 4, 1, 4, 4, {2, 3, 3, 2}, {2, 3, 3, 2}}, /* 2.25 in the corners, 1.5 at the edges */
    {4, 4, 2, 2, 2, {2, 3}, {2, 3}},
    {1, 4, 1, 1, 4, {1}, {2, 3, 3, 2}}, /* 4.5 and 3 */
    {3, 1, 1, 3, 1, {2, 3, 2}, {1}},
    {1, 1, 1, 1, 1, {1}, {1}}, /* 9 */
    {5, 2, 2, 3, 1, {2, 3, 2}, {2}},
    {2, 2, 1, 2, 2, {2, 2}, {2, 2}},
};
enum { FACTORS = sizeof factors / sizeof factors[0] };

TEST(partial)
{
    for (int l = 0; l < LAYOUTS; l++)
        for (int i = 0; i < FACTORS; i++) {
            const struct factors *f = &factors[i];
            const int size[] = {f->height, f->width};
            const struct padding_shape s = shape_of(&layouts[l], size, filters[0]);
            const size_t count = shape_count(inner_of(&s));
            uint64_t numbers_state = 73;
            double *x = small_numbers(&numbers_state, count, 2);
            void *map = map_of(&s, inner_of(&s), x), *out = map_of(&s, inner_of(&s), NULL);
            for (size_t j = 0; j < count; j++) {
                const int row = f->rows[j / (size_t)f->width % (size_t)f->height];
                x[j] *= (double)(9.0f / (float)(row * f->columns[j % (size_t)f->width]));
            }
            padding_partial((struct partial_shape){ROOM, VALID, s.channels, f->height, f->width,
                                                   s.block, s.precision, f->in_height, f->in_width,
                                                   3, f->stride, 1},
                            map, out);
            check_map(&s, inner_of(&s), out, x, 0);
            free(x);
            free(map);
            free(out);
        }
}
