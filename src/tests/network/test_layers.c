#include "base/memory.h"
#include "network/batch_norm.h"
#include "network/dropout.h"
#include "network/head.h"
#include "network/pool.h"
#include "network/shortcut.h"
#include "tests/blocked.h"
#include "tests/reference.h"
#include "tests/tests.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Three images, two of them valid; 96 pixels are one and a half of the pieces that are summed in
 * float; more than one block of either size. */
enum { IMAGES = 3, COUNT = 2, CHANNELS = 32, HEIGHT = 8, WIDTH = 12 };
enum { PIXELS = HEIGHT * WIDTH, FLOATS = IMAGES * CHANNELS * PIXELS };
enum { VALUES = COUNT * CHANNELS * PIXELS }; /* valid ones */

static const double step = 1e-6, tolerance = 1e-5, gradient_tolerance = 1e-4;
static const float pad = BLOCKED_REST;

/* The maps there are; those of floats come first. */
static const struct kind {
    int block;
    enum precision precision;
} kinds[] = {{8, PRECISION_F32}, {16, PRECISION_F32}, {16, PRECISION_BF16}};
enum { KINDS = sizeof kinds / sizeof kinds[0], FLOAT_KINDS = 2 };

static const struct shape valid = {COUNT, CHANNELS, HEIGHT, WIDTH};

/* Every channel where it is: the head's map without padding. */
static const int places[CHANNELS] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10,
                                     11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
                                     22, 23, 24, 25, 26, 27, 28, 29, 30, 31};

static struct extent extent_of(struct kind kind)
{
    return (struct extent){IMAGES,     COUNT,          CHANNELS, HEIGHT, WIDTH,
                           kind.block, kind.precision, CHANNELS, 0};
}

/* ---- Layouts, as onednn.h describes them ----------------------------------------------------- */

static size_t place(struct shape s, struct kind kind, size_t index)
{
    if (kind.precision == PRECISION_F32)
        return blocked_place(s, kind.block, index);
    const size_t pixels = (size_t)(s.height * s.width), pixel = index % pixels;
    const size_t plane = index / pixels, channels = (size_t)s.channels;
    return (plane / channels * pixels + pixel) * channels + plane % channels;
}

/* The valid values in a map of `IMAGES` images whose rest is `pad`. */
static void *blocked(struct shape s, struct kind kind, const double *plain)
{
    const size_t each = shape_count(s) / (size_t)s.images;
    void *map = memory_aligned(each * IMAGES, precision_bytes(kind.precision));
    for (size_t i = 0; i < each * IMAGES; i++)
        map_set(kind.precision, map, i, pad);
    for (size_t i = 0; plain && i < shape_count(s); i++)
        map_set(kind.precision, map, place(s, kind, i), (float)plain[i]);
    return map;
}

/* Within `error` of the largest, and, unless that is 0, half a place of bf16's last digit. */
static void check_map(struct shape s, struct kind kind, const void *map, const double *expected,
                      double error, float beyond)
{
    const size_t each = shape_count(s) / (size_t)s.images;
    const double half = kind.precision == PRECISION_BF16 && error > 0 ? 0x1p-8 : 0;
    double largest = 0;
    for (size_t i = 0; i < shape_count(s); i++)
        largest = fmax(largest, fabs(expected[i]));
    for (size_t i = 0; i < shape_count(s); i++) {
        const double found = (double)map_get(kind.precision, map, place(s, kind, i));
        assert_true(fabs(found - expected[i]) <= error * largest + half * fabs(expected[i]));
    }
    for (size_t i = shape_count(s); i < each * IMAGES; i++)
        assert_true(map_get(kind.precision, map, i) == beyond);
}

/* A number that maps of this kind hold exactly, so that both sides start from the same; in bf16 so
 * do sums of up to four. */
static double exact(struct kind kind, double number)
{
    return kind.precision == PRECISION_BF16 ? rint(number * 64) / 64 : (double)(float)number;
}

static double *numbers(struct kind kind, uint64_t *state, size_t count)
{
    double *values = memory_zeroed(count, sizeof *values);
    for (size_t i = 0; i < count; i++)
        values[i] = exact(kind, reference_number(state));
    return values;
}

/* ---- BN_RELU ------------------------------------------------------------------------------------
 * */

/* A BN_RELU, its inputs, and what the reference makes of them. Arrays of floats are aligned as the
 * kernels' vectors are. */
struct trial {
    double *x, *addend, *gradient, *gradient2, *residual; /* plain */
    double *sum, *y, *dx;                                 /* x + addend; without the residual */
    double gamma[CHANNELS], beta[CHANNELS], dgamma[CHANNELS], dbeta[CHANNELS];
    double mean[CHANNELS], variance[CHANNELS];
    _Alignas(CACHE_LINE) float scale[CHANNELS], shift[CHANNELS], float_mean[CHANNELS];
};

/* Of one channel: the sum of the outputs, each times what flows back to it. */
static double objective(const double *x, const double *weights, double gamma, double beta)
{
    const struct shape one = {COUNT, 1, HEIGHT, WIDTH};
    double y[COUNT * PIXELS], mean, variance, sum = 0;
    reference_statistics(one, x, &mean, &variance);
    reference_norm(one, x, &mean, &variance, &gamma, &beta, y);
    for (int i = 0; i < COUNT * PIXELS; i++)
        sum += weights[i] * y[i];
    return sum;
}

/* Every derivative by central differences, a channel at a time, as channels do not mix. */
static void differentiate(struct trial *t, int channel)
{
    double x[COUNT * PIXELS], weights[COUNT * PIXELS];
    const double gamma = t->gamma[channel], beta = t->beta[channel];
    for (int i = 0; i < COUNT * PIXELS; i++) {
        const int at = (i / PIXELS * CHANNELS + channel) * PIXELS + i % PIXELS;
        x[i] = t->sum[at];
        weights[i] = t->gradient[at] + (t->gradient2 ? t->gradient2[at] : 0);
    }
    for (int i = 0; i < COUNT * PIXELS; i++) {
        const double kept = x[i];
        x[i] = kept + step;
        const double more = objective(x, weights, gamma, beta);
        x[i] = kept - step;
        const double less = objective(x, weights, gamma, beta);
        x[i] = kept;
        t->dx[(i / PIXELS * CHANNELS + channel) * PIXELS + i % PIXELS] = (more - less) / (2 * step);
    }
    t->dgamma[channel] =
        (objective(x, weights, gamma + step, beta) - objective(x, weights, gamma - step, beta)) /
        (2 * step);
    t->dbeta[channel] =
        (objective(x, weights, gamma, beta + step) - objective(x, weights, gamma, beta - step)) /
        (2 * step);
}

static struct trial trial_create(struct kind kind, int with_addend, int with_gradient2)
{
    uint64_t state = 17;
    struct trial t = {.x = numbers(kind, &state, VALUES),
                      .gradient = numbers(kind, &state, VALUES),
                      .residual = numbers(kind, &state, VALUES)};
    if (with_addend)
        t.addend = numbers(kind, &state, VALUES);
    if (with_gradient2)
        t.gradient2 = numbers(kind, &state, VALUES);
    t.sum = memory_zeroed(VALUES, sizeof *t.sum);
    t.y = memory_zeroed(VALUES, sizeof *t.y);
    t.dx = memory_zeroed(VALUES, sizeof *t.dx);
    for (int i = 0; i < VALUES; i++)
        t.sum[i] = t.x[i] + (with_addend ? t.addend[i] : 0);
    reference_statistics(valid, t.sum, t.mean, t.variance);
    for (int c = 0; c < CHANNELS; c++) {
        t.gamma[c] = 1 + 0.5 * reference_number(&state);
        t.beta[c] = 0.5 * reference_number(&state);
        const double scale = t.gamma[c] / sqrt(t.variance[c] + 1e-5);
        t.scale[c] = (float)scale;
        t.shift[c] = (float)(t.beta[c] - t.mean[c] * scale);
        t.float_mean[c] = (float)t.mean[c];
        differentiate(&t, c);
    }
    reference_norm(valid, t.sum, t.mean, t.variance, t.gamma, t.beta, t.y);
    return t;
}

static void trial_free(struct trial *t)
{
    double *all[] = {t->x, t->addend, t->gradient, t->gradient2, t->residual, t->sum, t->y, t->dx};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        free(all[i]);
}

TEST(norm_forward)
{
    for (int i = 0; i < 2 * KINDS; i++) {
        const struct kind kind = kinds[i % KINDS];
        const struct extent extent = extent_of(kind);
        struct trial t = trial_create(kind, i / KINDS, 0);
        void *x = blocked(valid, kind, t.x), *y = blocked(valid, kind, NULL);
        void *addend = i / KINDS ? blocked(valid, kind, t.addend) : NULL;
        _Alignas(CACHE_LINE) float pivot[CHANNELS];
        double sums[2 * CHANNELS], mean[CHANNELS], variance[CHANNELS];
        for (int c = 0; c < CHANNELS; c++)
            pivot[c] = (float)c / CHANNELS;
        bn_relu_sums(extent, x, addend, pivot, sums);
        check_map(valid, kind, x, t.sum, tolerance, pad);
        for (int c = 0; c < CHANNELS; c++) {
            const double off = sums[c] / (COUNT * PIXELS);
            mean[c] = (double)pivot[c] + off;
            variance[c] = sums[CHANNELS + c] / (COUNT * PIXELS) - off * off;
        }
        assert_true(reference_error(CHANNELS, mean, t.mean) < tolerance);
        assert_true(reference_error(CHANNELS, variance, t.variance) < tolerance);
        bn_relu_apply(extent, x, t.scale, t.shift, y);
        check_map(valid, kind, y, t.y, tolerance, pad);
        free(x);
        free(y);
        free(addend);
        trial_free(&t);
    }
}

TEST(norm_add)
{
    for (int i = 0; i < KINDS; i++) {
        struct trial t = trial_create(kinds[i], 1, 0);
        void *x = blocked(valid, kinds[i], t.x), *addend = blocked(valid, kinds[i], t.addend);
        bn_relu_add(extent_of(kinds[i]), x, addend);
        check_map(valid, kinds[i], x, t.sum, tolerance, pad);
        free(x);
        free(addend);
        trial_free(&t);
    }
}

/* With and without a second gradient and a residual; then once more in place of each input. */
static void check_norm_backward(struct kind kind, int with_gradient2, int with_residual)
{
    const struct extent extent = extent_of(kind);
    const size_t bytes = FLOATS * precision_bytes(kind.precision);
    struct trial t = trial_create(kind, 0, with_gradient2);
    void *x = blocked(valid, kind, t.x), *out = blocked(valid, kind, NULL);
    void *gradient = blocked(valid, kind, t.gradient);
    void *gradient2 = with_gradient2 ? blocked(valid, kind, t.gradient2) : NULL;
    void *residual = with_residual ? blocked(valid, kind, t.residual) : NULL;
    _Alignas(CACHE_LINE) float offset[CHANNELS], slope[CHANNELS];
    double sums[2 * CHANNELS], dgamma[CHANNELS];
    const struct bn_relu_backward in = {x,       gradient,     gradient2, t.scale,
                                        t.shift, t.float_mean, offset,    slope};
    bn_relu_backward_sums(extent, &in, sums);
    for (int c = 0; c < CHANNELS; c++) {
        const double n = COUNT * PIXELS, square = t.variance[c] + 1e-5;
        const double product = sums[CHANNELS + c], scale = t.gamma[c] / sqrt(square);
        dgamma[c] = product / sqrt(square);
        offset[c] = (float)(-scale * sums[c] / n);
        slope[c] = (float)(-scale * product / n / square);
    }
    assert_true(reference_error(CHANNELS, sums, t.dbeta) < gradient_tolerance);
    assert_true(reference_error(CHANNELS, dgamma, t.dgamma) < gradient_tolerance);
    bn_relu_backward_apply(extent, &in, residual, out);
    for (int i = 0; with_residual && i < VALUES; i++)
        t.dx[i] += t.residual[i];
    check_map(valid, kind, out, t.dx, gradient_tolerance, 0);
    void *maps[] = {x, gradient, gradient2, residual}, *kept = memory_zeroed(bytes, 1);
    for (size_t i = 0; i < sizeof maps / sizeof maps[0]; i++) {
        if (!maps[i])
            continue;
        memcpy(kept, maps[i], bytes);
        bn_relu_backward_apply(extent, &in, residual, maps[i]);
        assert_memory_equal(maps[i], out, bytes);
        memcpy(maps[i], kept, bytes);
    }
    for (size_t i = 0; i < sizeof maps / sizeof maps[0]; i++)
        free(maps[i]);
    free(kept);
    free(out);
    trial_free(&t);
}

TEST(norm_backward)
{
    for (int i = 0; i < 4 * KINDS; i++)
        check_norm_backward(kinds[i % KINDS], i / KINDS % 2, i / KINDS / 2);
}

/* A BN_RELU that reads its channels from two maps side by side computes what it does from one. */
static void check_norm_of_two_maps(struct kind kind)
{
    enum { HALF = CHANNELS / 2, HALF_VALUES = VALUES / 2, EACH = HALF * PIXELS };
    const struct shape half = {COUNT, HALF, HEIGHT, WIDTH};
    struct trial t = trial_create(kind, 0, 0);
    void *x = blocked(valid, kind, t.x), *gradient = blocked(valid, kind, t.gradient);
    void *y = blocked(valid, kind, NULL), *wide_y = blocked(valid, kind, NULL);
    void *dx = blocked(valid, kind, NULL);
    double sums[4][2 * CHANNELS];
    struct bn_relu_backward in = {.x = x,
                                  .gradient = gradient,
                                  .scale = t.scale,
                                  .shift = t.shift,
                                  .mean = t.float_mean,
                                  .offset = t.shift,
                                  .slope = t.scale};
    bn_relu_sums(extent_of(kind), x, NULL, t.float_mean, sums[0]);
    bn_relu_apply(extent_of(kind), x, t.scale, t.shift, y);
    bn_relu_backward_sums(extent_of(kind), &in, sums[1]);
    bn_relu_backward_apply(extent_of(kind), &in, NULL, dx);
    for (int first = 0; first < CHANNELS; first += HALF) {
        const struct extent extent = {IMAGES,     COUNT,          HALF,     HEIGHT, WIDTH,
                                      kind.block, kind.precision, CHANNELS, first};
        double *plain = memory_zeroed(HALF_VALUES, sizeof *plain);
        double *expected = memory_zeroed(HALF_VALUES, sizeof *expected);
        for (size_t i = 0; i < HALF_VALUES; i++) {
            const size_t whole = i / EACH * 2 * EACH + (size_t)first * PIXELS + i % EACH;
            plain[i] = t.x[whole];
            expected[i] = (double)map_get(kind.precision, dx, place(valid, kind, whole));
        }
        void *part = blocked(half, kind, plain), *part_dx = blocked(half, kind, NULL);
        bn_relu_sums(extent, part, NULL, t.float_mean, sums[2]);
        bn_relu_apply(extent, part, t.scale, t.shift, wide_y);
        in.x = part;
        bn_relu_backward_sums(extent, &in, sums[3]);
        bn_relu_backward_apply(extent, &in, NULL, part_dx);
        check_map(half, kind, part_dx, expected, 0, 0);
        void *all[] = {plain, expected, part, part_dx};
        for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
            free(all[i]);
    }
    assert_memory_equal(sums[2], sums[0], 2 * sizeof sums[0]);
    assert_memory_equal(wide_y, y, FLOATS * precision_bytes(kind.precision));
    void *all[] = {x, gradient, y, wide_y, dx};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        free(all[i]);
    trial_free(&t);
}

TEST(norm_of_two_maps)
{
    for (int i = 0; i < KINDS; i++)
        check_norm_of_two_maps(kinds[i]);
}

/* Squares around 1e6 have no digits left for a variance of 1; around the pivot they have all. */
TEST(variance_beside_a_large_mean)
{
    for (int i = 0; i < FLOAT_KINDS; i++) {
        uint64_t numbers_state = 23;
        double *x = memory_zeroed(VALUES, sizeof *x), sums[2 * CHANNELS];
        double mean[CHANNELS], variance[CHANNELS], found[CHANNELS];
        _Alignas(CACHE_LINE) float pivot[CHANNELS];
        for (int j = 0; j < VALUES; j++)
            x[j] = (double)(float)(1000 + sqrt(3) * reference_number(&numbers_state));
        for (int c = 0; c < CHANNELS; c++)
            pivot[c] = 1000;
        void *map = blocked(valid, kinds[i], x);
        bn_relu_sums(extent_of(kinds[i]), map, NULL, pivot, sums);
        for (int c = 0; c < CHANNELS; c++) {
            const double off = sums[c] / (COUNT * PIXELS);
            found[c] = sums[CHANNELS + c] / (COUNT * PIXELS) - off * off;
        }
        reference_statistics(valid, x, mean, variance);
        assert_true(fabs(variance[0] - 1) < 0.2);
        assert_true(reference_error(CHANNELS, found, variance) < 1e-4);
        free(map);
        free(x);
    }
}

/* The order of batch_norm.h in scalar floats: sums of up to 64 pixels, in four accumulators. The bits
 * must not depend on the instruction set or on contraction. */
TEST(sums_have_the_bits_of_the_stated_order)
{
    for (int i = 0; i < FLOAT_KINDS; i++) {
        struct trial t = trial_create(kinds[i], 0, 0);
        void *x = blocked(valid, kinds[i], t.x);
        _Alignas(CACHE_LINE) float pivot[CHANNELS];
        double sums[2 * CHANNELS];
        for (int c = 0; c < CHANNELS; c++)
            pivot[c] = 0.1f * (float)c;
        bn_relu_sums(extent_of(kinds[i]), x, NULL, pivot, sums);
        for (int c = 0; c < CHANNELS; c++) {
            double sum = 0, square = 0;
            for (int first = 0, length; first < COUNT * PIXELS; first += length) {
                length = first % PIXELS ? PIXELS - 64 : 64;
                volatile float s[4] = {0}, q[4] = {0};
                for (int p = 0; p < length; p++) {
                    const int at = (first / PIXELS * CHANNELS + c) * PIXELS + first % PIXELS + p;
                    volatile float off = (float)t.x[at] - pivot[c], product = off * off;
                    s[p % 4] += off;
                    q[p % 4] += product;
                }
                volatile float front = s[0] + s[1], back = s[2] + s[3], all = front + back;
                sum += (double)all;
                front = q[0] + q[1], back = q[2] + q[3], all = front + back;
                square += (double)all;
            }
            assert_true(sums[c] == sum && sums[CHANNELS + c] == square);
        }
        free(x);
        trial_free(&t);
    }
}

TEST(a_nan_stays_one)
{
    for (int i = 0; i < KINDS; i++) {
        const enum precision precision = kinds[i].precision;
        struct trial t = trial_create(kinds[i], 0, 0);
        void *x = blocked(valid, kinds[i], t.x), *y = blocked(valid, kinds[i], NULL);
        const size_t at[] = {place(valid, kinds[i], 5), place(valid, kinds[i], VALUES - 1)};
        map_set(precision, x, at[0], NAN);
        map_set(precision, x, at[1], -NAN);
        bn_relu_apply(extent_of(kinds[i]), x, t.scale, t.shift, y);
        for (size_t j = 0; j < VALUES; j++)
            assert_int_equal(isnan(map_get(precision, y, j)) != 0, j == at[0] || j == at[1]);
        free(x);
        free(y);
        trial_free(&t);
    }
}

/* ---- Shortcut -------------------------------------------------------------------------------- */

/* The backward pass is the adjoint of the reference's forward pass: <y, S x> = <S' y, x> for every
 * unit vector x, which is its column. */
TEST(shortcut)
{
    static const struct {
        int out, height, width, stride;
    } cases[] = {{64, HEIGHT, WIDTH, 2}, {32, HEIGHT, WIDTH, 2}, {64, 4, 6, 1}};
    for (int i = 0; i < 3 * KINDS; i++) {
        uint64_t numbers_state = 29;
        const struct kind kind = kinds[i % KINDS];
        const int c = i / KINDS, stride = cases[c].stride;
        const struct shape in = {COUNT, CHANNELS, cases[c].height, cases[c].width};
        const struct shape out = {COUNT, cases[c].out, in.height / stride, in.width / stride};
        const struct extent shape = {IMAGES,   COUNT,      CHANNELS,       in.height,
                                     in.width, kind.block, kind.precision, CHANNELS, 0};
        double *x = numbers(kind, &numbers_state, shape_count(in));
        double *dy = numbers(kind, &numbers_state, shape_count(out));
        double *y = memory_zeroed(shape_count(out), sizeof *y);
        double *number = memory_zeroed(shape_count(in), sizeof *number);
        double *source = memory_zeroed(shape_count(out), sizeof *source);
        double *dx = memory_zeroed(shape_count(in), sizeof *dx);
        for (size_t j = 0; j < shape_count(in); j++)
            number[j] = (double)(j + 1);
        reference_shortcut(in, out.channels, stride, x, y);
        reference_shortcut(in, out.channels, stride, number, source);
        for (size_t j = 0; j < shape_count(out); j++)
            if (source[j] > 0)
                dx[(size_t)source[j] - 1] += dy[j];
        void *map = blocked(in, kind, x), *to = blocked(out, kind, NULL);
        void *gradient = blocked(out, kind, dy), *back = blocked(in, kind, NULL);
        shortcut_forward(shape, out.channels, stride, map, to);
        check_map(out, kind, to, y, 0, pad);
        shortcut_backward(shape, out.channels, stride, gradient, back);
        check_map(in, kind, back, dx, 0, 0);
        double *doubles[] = {x, dy, y, number, source, dx};
        void *maps[] = {map, to, gradient, back};
        for (size_t j = 0; j < sizeof doubles / sizeof doubles[0]; j++)
            free(doubles[j]);
        for (size_t j = 0; j < sizeof maps / sizeof maps[0]; j++)
            free(maps[j]);
    }
}

/* ---- Pool and dropout ------------------------------------------------------------------------ */

TEST(pool)
{
    const struct shape half = {COUNT, CHANNELS, HEIGHT / 2, WIDTH / 2};
    for (int i = 0; i < KINDS; i++) {
        uint64_t numbers_state = 37;
        const struct extent shape = extent_of(kinds[i]);
        double *x = numbers(kinds[i], &numbers_state, VALUES);
        double *dy = numbers(kinds[i], &numbers_state, VALUES / 4);
        double *y = memory_zeroed(VALUES / 4, sizeof *y), *dx = memory_zeroed(VALUES, sizeof *dx);
        for (int j = 0; j < VALUES; j++) {
            const int row = j / WIDTH / 2, column = j % WIDTH / 2; /* heights are even */
            y[row * (WIDTH / 2) + column] += x[j] / 4;
            dx[j] = dy[row * (WIDTH / 2) + column] / 4;
        }
        void *map = blocked(valid, kinds[i], x), *to = blocked(half, kinds[i], NULL);
        void *gradient = blocked(half, kinds[i], dy), *back = blocked(valid, kinds[i], NULL);
        pool_forward(shape, map, to);
        check_map(half, kinds[i], to, y, 1e-6, pad);
        pool_backward(shape, gradient, back);
        check_map(valid, kinds[i], back, dx, 0, 0);
        void *all[] = {x, dy, y, dx, map, to, gradient, back};
        for (size_t j = 0; j < sizeof all / sizeof all[0]; j++)
            free(all[j]);
    }
}

/* As many zeros as asked for, within five deviations of their binomial distribution; the rest
 * scaled. The same draws make the same zeros. */
TEST(dropout)
{
    const double share = 0.25, deviation = sqrt(VALUES * share * (1 - share));
    const struct dropout_draws draws = {{5, RNG_DROPOUT}, 3, 7};
    for (int i = 0; i < KINDS; i++) {
        uint64_t numbers_state = 41;
        double *x = numbers(kinds[i], &numbers_state, VALUES);
        for (int j = 0; j < VALUES; j++)
            x[j] += x[j] < 0 ? -1 : 1; /* no zeros of its own */
        void *map = blocked(valid, kinds[i], x), *out = blocked(valid, kinds[i], NULL);
        dropout_apply(extent_of(kinds[i]), share, draws, map, out);
        int zeros = 0;
        for (size_t j = 0; j < VALUES; j++) {
            const size_t at = place(valid, kinds[i], j);
            const int zero = map_get(kinds[i].precision, out, at) == 0;
            zeros += zero;
            x[j] = zero ? 0 : x[j] / (1 - share);
        }
        assert_true(fabs(zeros - VALUES * share) < 5 * deviation);
        check_map(valid, kinds[i], out, x, 1e-6, 0);
        dropout_apply(extent_of(kinds[i]), share, draws, map, map);
        assert_memory_equal(map, out, FLOATS * precision_bytes(kinds[i].precision));
        free(x);
        free(map);
        free(out);
    }
}

/* ---- Head ------------------------------------------------------------------------------------ */

enum { CLASSES = 10, BATCH = 5, WEIGHTS = CLASSES * CHANNELS };

static const int labels[IMAGES] = {3, 9, 0};

/* What the valid images add to the mean loss of a minibatch of BATCH. */
static double head_loss(const double *x, const double *weights, const double *bias)
{
    double losses[COUNT], sum = 0;
    reference_head(valid, CLASSES, x, weights, bias, labels, losses, NULL);
    for (int n = 0; n < COUNT; n++)
        sum += losses[n];
    return sum / BATCH;
}

static double *differentiate_head(const double *x, const double *weights, const double *bias,
                                  double *moved, size_t count)
{
    double *slopes = memory_zeroed(count, sizeof *slopes);
    for (size_t i = 0; i < count; i++) {
        const double kept = moved[i];
        moved[i] = kept + step;
        const double more = head_loss(x, weights, bias);
        moved[i] = kept - step;
        slopes[i] = (more - head_loss(x, weights, bias)) / (2 * step);
        moved[i] = kept;
    }
    return slopes;
}

/* Of the valid images. */
static double *logits_of(const double *x, const double *weights, const double *bias)
{
    double *logits = memory_zeroed(COUNT * CLASSES, sizeof *logits);
    for (int n = 0; n < COUNT; n++)
        for (int j = 0; j < CLASSES; j++) {
            logits[n * CLASSES + j] = bias[j];
            for (int c = 0; c < CHANNELS; c++)
                for (int p = 0; p < PIXELS; p++)
                    logits[n * CLASSES + j] +=
                        weights[j * CHANNELS + c] / PIXELS * x[(n * CHANNELS + c) * PIXELS + p];
        }
    return logits;
}

static void check_floats(size_t count, const float *found, const double *expected, double error)
{
    double *values = memory_zeroed(count, sizeof *values);
    for (size_t i = 0; i < count; i++)
        values[i] = (double)found[i];
    assert_true(reference_error(count, values, expected) < error);
    free(values);
}

TEST(head)
{
    uint64_t numbers_state = 31;
    const struct kind coarse = kinds[KINDS - 1], fine = kinds[0];
    double *x = numbers(coarse, &numbers_state, VALUES);
    double *weights = numbers(fine, &numbers_state, WEIGHTS);
    double *bias = numbers(fine, &numbers_state, CLASSES), expected[COUNT], losses[IMAGES];
    int expected_wrong, wrong[IMAGES];
    /* the mean over many pixels would leave all images alike, and the second one's label wins */
    for (int i = 0; i < VALUES; i++)
        x[i] = exact(coarse, x[i] + 2 * sin(i / PIXELS));
    bias[9] += 8;
    double *dw = differentiate_head(x, weights, bias, weights, WEIGHTS);
    double *db = differentiate_head(x, weights, bias, bias, CLASSES);
    double *dx = differentiate_head(x, weights, bias, x, VALUES);
    double *expected_logits = logits_of(x, weights, bias);
    reference_head(valid, CLASSES, x, weights, bias, labels, expected, &expected_wrong);
    assert_int_equal(expected_wrong, 1);
    float w[WEIGHTS], b[CLASSES], w_gradient[WEIGHTS], b_gradient[CLASSES];
    double pooled[IMAGES * CHANNELS], logits[IMAGES * CLASSES], slopes[IMAGES * CLASSES];
    for (int i = 0; i < WEIGHTS; i++)
        w[i] = (float)weights[i];
    for (int i = 0; i < CLASSES; i++)
        b[i] = (float)bias[i];
    for (int i = 0; i < KINDS; i++) {
        const struct head head = {
            extent_of(kinds[i]), CLASSES, w, b, CHANNELS, places, pooled, logits, slopes};
        void *map = blocked(valid, kinds[i], x), *back = blocked(valid, kinds[i], NULL);
        losses[COUNT] = wrong[COUNT] = -1;
        head_forward(&head, map, labels, BATCH, losses, wrong);
        assert_true(reference_error(COUNT, losses, expected) < tolerance);
        assert_true(wrong[0] == 1 && wrong[1] == 0);
        assert_true(losses[COUNT] == -1 && wrong[COUNT] == -1);
        head_backward(&head, w_gradient, b_gradient, back);
        assert_true(reference_error(COUNT * CLASSES, logits, expected_logits) < tolerance);
        check_floats(WEIGHTS, w_gradient, dw, gradient_tolerance);
        check_floats(CLASSES, b_gradient, db, gradient_tolerance);
        check_map(valid, kinds[i], back, dx, gradient_tolerance, 0);
        free(map);
        free(back);
    }
    double *all[] = {x, weights, bias, dw, db, dx, expected_logits};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        free(all[i]);
}

/* Logits beyond exp()'s range: the loss is their difference. */
TEST(head_with_large_logits)
{
    float w[WEIGHTS] = {0}, b[CLASSES] = {0};
    double pooled[IMAGES * CHANNELS], logits[IMAGES * CLASSES];
    double slopes[IMAGES * CLASSES], losses[IMAGES];
    int wrong[IMAGES];
    b[3] = 2000;
    void *map = blocked(valid, kinds[0], NULL);
    const struct head head = {
        extent_of(kinds[0]), CLASSES, w, b, CHANNELS, places, pooled, logits, slopes};
    head_forward(&head, map, labels, BATCH, losses, wrong);
    assert_true(losses[0] == 0 && losses[1] == 2000);
    assert_true(wrong[0] == 0 && wrong[1] == 1);
    free(map);
}
