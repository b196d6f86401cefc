/* The layers that only move numbers within a map: mean of 2x2 pixels, dropout. */
#include "base/memory.h"
#include "network/dropout.h"
#include "network/pool.h"
#include "tests/blocked.h"
#include "tests/tests.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Two blocks of 16; of three images two are valid. */
enum { IMAGES = 3, COUNT = 2, CHANNELS = 32, HEIGHT = 6, WIDTH = 10 };

static const int blocks[] = {8, 16};
static const struct shape wide = {COUNT, CHANNELS, HEIGHT, WIDTH};
static const struct shape half = {COUNT, CHANNELS, HEIGHT / 2, WIDTH / 2};

/* ---- Mean of 2x2 pixels ---------------------------------------------------------------------- */

static struct extent pool_of(int block)
{
    return (struct extent){IMAGES, COUNT,         CHANNELS, HEIGHT, WIDTH,
                           block,  PRECISION_F32, CHANNELS, 0};
}

/* The row of `half` that a row of `wide` belongs to, in plain order. */
static size_t pooled_index(size_t index)
{
    const size_t plane = index / (HEIGHT * WIDTH), row = index / WIDTH % HEIGHT;
    return (plane * (HEIGHT / 2) + row / 2) * (WIDTH / 2) + index % WIDTH / 2;
}

TEST(pool)
{
    for (int i = 0; i < 2; i++) {
        uint64_t numbers_state = 41;
        double *x = blocked_numbers(&numbers_state, shape_count(wide));
        double *dy = blocked_numbers(&numbers_state, shape_count(half));
        double *y = memory_zeroed(shape_count(half), sizeof *y);
        double *dx = memory_zeroed(shape_count(wide), sizeof *dx);
        for (size_t j = 0; j < shape_count(wide); j++) {
            y[pooled_index(j)] += x[j] / 4;
            dx[j] = dy[pooled_index(j)] / 4;
        }
        float *map = blocked_map(wide, blocks[i], IMAGES, x);
        for (size_t j = shape_count(wide); j < shape_count(wide) / COUNT * IMAGES; j++)
            map[j] = 0; /* its mean would not be BLOCKED_REST */
        float *pooled = blocked_map(half, blocks[i], IMAGES, NULL);
        float *gradient = blocked_map(half, blocks[i], IMAGES, dy);
        float *back = blocked_map(wide, blocks[i], IMAGES, NULL);
        pool_forward(pool_of(blocks[i]), map, pooled);
        blocked_check(half, blocks[i], IMAGES, pooled, y, 1e-6, BLOCKED_REST);
        pool_backward(pool_of(blocks[i]), gradient, back);
        blocked_check(wide, blocks[i], IMAGES, back, dx, 1e-30, 0);
        free(x);
        free(dy);
        free(y);
        free(dx);
        free(map);
        free(pooled);
        free(gradient);
        free(back);
    }
}

static double inner_product(size_t count, const float *a, const float *b)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)a[i] * (double)b[i];
    return sum;
}

/* Multiples of 1/1024 between 0 and 2, whose means and products are exact. */
static double *exact_numbers(uint64_t *state, size_t count)
{
    double *values = memory_zeroed(count, sizeof *values);
    for (size_t i = 0; i < count; i++)
        values[i] = floor(1024 * (1 + reference_number(state))) / 1024;
    return values;
}

/* <pool(x), g> = <x, pool_backward(g)>, whatever the layout. */
TEST(pool_backward_is_the_adjoint)
{
    for (int i = 0; i < 2; i++) {
        uint64_t numbers_state = 43;
        double *x = exact_numbers(&numbers_state, shape_count(wide));
        double *g = exact_numbers(&numbers_state, shape_count(half));
        float *map = blocked_map(wide, blocks[i], IMAGES, x);
        float *gradient = blocked_map(half, blocks[i], IMAGES, g);
        float *pooled = blocked_map(half, blocks[i], IMAGES, NULL);
        float *back = blocked_map(wide, blocks[i], IMAGES, NULL);
        pool_forward(pool_of(blocks[i]), map, pooled);
        pool_backward(pool_of(blocks[i]), gradient, back);
        const double left = inner_product(shape_count(half), pooled, gradient);
        const double right = inner_product(shape_count(wide), map, back);
        assert_true(left > 0 && left == right);
        free(x);
        free(g);
        free(map);
        free(gradient);
        free(pooled);
        free(back);
    }
}

/* ---- Dropout --------------------------------------------------------------------------------- */

/* Eight images of 32 channels of 8x8 pixels. */
enum { MANY = 8, PIXELS = 64, EACH = CHANNELS * PIXELS, ALL = MANY * EACH };

static const struct dropout_draws draws = {.rng = {5, RNG_DROPOUT}, .epoch = 3, .first = 0};

static struct extent extent_of(int images, int count)
{
    return (struct extent){.images = images,
                           .count = count,
                           .channels = CHANNELS,
                           .height = 1,
                           .width = PIXELS,
                           .block = 8,
                           .wide_channels = CHANNELS};
}

/* Which of the elements of `images` images are kept; free() it. */
static uint8_t *mask_of(int images, double share, struct dropout_draws which)
{
    const size_t floats = (size_t)images * EACH;
    float *x = memory_floats(floats), *y = memory_floats(floats);
    uint8_t *mask = memory_zeroed(floats, 1);
    for (size_t i = 0; i < floats; i++)
        x[i] = 1;
    dropout_apply(extent_of(images, images), share, which, x, y);
    for (size_t i = 0; i < floats; i++)
        mask[i] = y[i] != 0;
    free(x);
    free(y);
    return mask;
}

/* Of n elements n share are 0, give or take 5 standard deviations sqrt(n share (1 - share)), in
 * all, in each image, and in each of 16 lanes. */
static void check_share(const uint8_t *mask, size_t start, size_t count, size_t stride,
                        double share)
{
    double zeros = 0;
    for (size_t i = 0; i < count; i++)
        zeros += !mask[start + i * stride];
    const double n = (double)count;
    assert_true(fabs(zeros - n * share) <= 5 * sqrt(n * share * (1 - share)));
}

TEST(dropout_share)
{
    static const double shares[] = {0.05, 0.3, 0.5, 0.9};
    for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++) {
        uint8_t *mask = mask_of(MANY, shares[i], draws);
        check_share(mask, 0, ALL, 1, shares[i]);
        for (size_t n = 0; n < MANY; n++)
            check_share(mask, n * EACH, EACH, 1, shares[i]);
        for (size_t lane = 0; lane < 16; lane++)
            check_share(mask, lane, ALL / 16, 16, shares[i]);
        free(mask);
    }
}

/* Neighbouring elements, and the same place of neighbouring images, are kept together as often as
 * independent ones: n p^2 times, give or take 5 standard deviations. */
TEST(dropout_is_independent)
{
    const double p = 0.7, n = ALL - EACH;
    uint8_t *mask = mask_of(MANY, 1 - p, draws);
    for (size_t distance = 1; distance <= EACH; distance += distance < 8 ? 1 : EACH - 8) {
        double both = 0;
        for (size_t i = 0; i < ALL - EACH; i++)
            both += mask[i] && mask[i + distance];
        assert_true(fabs(both - n * p * p) <= 5 * sqrt(n * p * p));
    }
    free(mask);
}

/* What is kept is x / (1 - share), rounded once; the gradient passes the same mask, and the
 * images beyond `count` become 0. */
TEST(dropout_values)
{
    static const double shares[] = {0.0, 0.3, 0.5};
    for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++) {
        uint64_t numbers_state = 47;
        const float scale = (float)(1 / (1 - shares[i]));
        float *x = memory_floats(ALL), *y = memory_floats(ALL);
        float *dy = memory_floats(ALL), *dx = memory_floats(ALL);
        for (size_t j = 0; j < ALL; j++) {
            x[j] = (float)(1.5 + reference_number(&numbers_state)); /* never 0 */
            dy[j] = (float)(1.5 + reference_number(&numbers_state));
            y[j] = dx[j] = BLOCKED_REST;
        }
        dropout_apply(extent_of(MANY, MANY - 2), shares[i], draws, x, y);
        dropout_apply(extent_of(MANY, MANY - 2), shares[i], draws, dy, dx);
        size_t zeros = 0;
        for (size_t j = 0; j < ALL; j++) {
            const int cut = y[j] == 0;
            zeros += (size_t)cut;
            assert_int_equal(dx[j] == 0, cut);
            if (j >= ALL - 2 * EACH)
                assert_true(cut);
            else
                assert_true(cut || (y[j] == scale * x[j] && dx[j] == scale * dy[j]));
        }
        assert_int_equal(zeros == 2 * EACH, shares[i] == 0);
        /* in place, as the backward pass may run */
        dropout_apply(extent_of(MANY, MANY - 2), shares[i], draws, x, x);
        assert_memory_equal(x, y, ALL * sizeof *x);
        free(x);
        free(y);
        free(dy);
        free(dx);
    }
}

/* Two independent masks of one image agree in about p^2 + (1 - p)^2 of its places: half. */
static void expect_other_mask(const uint8_t *one, const uint8_t *other)
{
    double same = 0;
    for (size_t i = 0; i < EACH; i++)
        same += one[i] == other[i];
    assert_true(fabs(same - EACH / 2.0) <= 5 * sqrt(EACH / 4.0));
}

TEST(dropout_address)
{
    struct dropout_draws others[] = {draws, draws, draws, draws};
    others[0].epoch++;
    others[1].first++;
    others[2].rng.seed++;
    others[3].rng.purpose += 256;
    uint8_t *mask = mask_of(MANY, 0.5, draws), *again = mask_of(MANY, 0.5, draws);
    assert_memory_equal(mask, again, ALL);
    for (size_t n = 1; n < MANY; n++)
        expect_other_mask(mask, mask + n * EACH);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        uint8_t *other = mask_of(MANY, 0.5, others[i]);
        for (size_t n = 0; n < MANY; n++)
            expect_other_mask(mask + n * EACH, other + n * EACH);
        free(other);
    }
    free(mask);
    free(again);
}

/* An image's mask hangs on its place in the minibatch, not on how that is split into shards. */
TEST(dropout_does_not_see_shards)
{
    uint8_t *whole = mask_of(MANY, 0.5, draws);
    for (int each = 1; each < MANY; each *= 2) {
        for (int first = 0; first < MANY; first += each) {
            struct dropout_draws part = draws;
            part.first = (uint32_t)first;
            uint8_t *mask = mask_of(each, 0.5, part);
            assert_memory_equal(mask, whole + first * EACH, (size_t)each * EACH);
            free(mask);
        }
    }
    free(whole);
}
