#include "layers.h"
#include "memory.h"
#include "reference.h"
#include "tests.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Three pictures, two of them valid; 96 pixels are one and a half of the pieces that are summed in
 * float; more than one block of either size. */
enum { PICTURES = 3, COUNT = 2, CHANNELS = 32, HEIGHT = 8, WIDTH = 12 };
enum { PIXELS = HEIGHT * WIDTH, FLOATS = PICTURES * CHANNELS * PIXELS };
enum { VALUES = COUNT * CHANNELS * PIXELS }; /* valid ones */

static const double step = 1e-6, tolerance = 1e-5, gradient_tolerance = 1e-4;
static const float pad = 7.5f; /* stands where no picture is */
static const int blocks[] = {8, 16};

static const struct shape valid = {COUNT, CHANNELS, HEIGHT, WIDTH};

/* Every channel where it is: the head's map without padding. */
static const int places[CHANNELS] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10,
                                     11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
                                     22, 23, 24, 25, 26, 27, 28, 29, 30, 31};

static struct extent extent_of(int block)
{
    return (struct extent){PICTURES, COUNT, CHANNELS, PIXELS, block, CHANNELS, 0};
}

/* ---- Layouts, as dnn.h describes them -------------------------------------------------------- */

static size_t place(struct shape s, int block, size_t index)
{
    const size_t pixels = (size_t)(s.height * s.width), pixel = index % pixels;
    const size_t plane = index / pixels, b = (size_t)block, channels = (size_t)s.channels;
    const size_t n = plane / channels, c = plane % channels;
    return ((n * (channels / b) + c / b) * pixels + pixel) * b + c % b;
}

/* The valid values in a map of `PICTURES` pictures whose rest is `pad`. */
static float *blocked(struct shape s, int block, const double *plain)
{
    const size_t each = shape_count(s) / (size_t)s.pictures;
    float *map = memory_floats(each * PICTURES);
    for (size_t i = 0; i < each * PICTURES; i++)
        map[i] = pad;
    for (size_t i = 0; plain && i < shape_count(s); i++)
        map[place(s, block, i)] = (float)plain[i];
    return map;
}

static void check_map(struct shape s, int block, const float *map, const double *expected,
                      double error, float beyond)
{
    const size_t each = shape_count(s) / (size_t)s.pictures;
    double *plain = memory_zeroed(shape_count(s), sizeof *plain);
    for (size_t i = 0; i < shape_count(s); i++)
        plain[i] = (double)map[place(s, block, i)];
    assert_true(reference_error(shape_count(s), plain, expected) < error);
    for (size_t i = shape_count(s); i < each * PICTURES; i++)
        assert_true(map[i] == beyond);
    free(plain);
}

/* Numbers that floats hold exactly, so that both sides start from the same. */
static double *numbers(uint64_t *state, size_t count)
{
    double *values = memory_zeroed(count, sizeof *values);
    for (size_t i = 0; i < count; i++)
        values[i] = (double)(float)reference_number(state);
    return values;
}

/* ---- NORM ------------------------------------------------------------------------------------ */

/* A NORM, its inputs, and what the reference makes of them. Arrays of floats are aligned as the
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

static struct trial trial_create(int with_addend, int with_gradient2)
{
    uint64_t state = 17;
    struct trial t = {.x = numbers(&state, VALUES),
                      .gradient = numbers(&state, VALUES),
                      .residual = numbers(&state, VALUES)};
    if (with_addend)
        t.addend = numbers(&state, VALUES);
    if (with_gradient2)
        t.gradient2 = numbers(&state, VALUES);
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

static void test_norm_forward(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        const int block = blocks[i % 2];
        const struct extent extent = extent_of(block);
        struct trial t = trial_create(i / 2, 0);
        float *x = blocked(valid, block, t.x), *y = blocked(valid, block, NULL);
        float *addend = i / 2 ? blocked(valid, block, t.addend) : NULL;
        _Alignas(CACHE_LINE) float pivot[CHANNELS];
        double sums[2 * CHANNELS], mean[CHANNELS], variance[CHANNELS];
        for (int c = 0; c < CHANNELS; c++)
            pivot[c] = (float)c / CHANNELS;
        layer_norm_sums(extent, x, addend, pivot, sums);
        check_map(valid, block, x, t.sum, tolerance, pad);
        for (int c = 0; c < CHANNELS; c++) {
            const double off = sums[c] / (COUNT * PIXELS);
            mean[c] = (double)pivot[c] + off;
            variance[c] = sums[CHANNELS + c] / (COUNT * PIXELS) - off * off;
        }
        assert_true(reference_error(CHANNELS, mean, t.mean) < tolerance);
        assert_true(reference_error(CHANNELS, variance, t.variance) < tolerance);
        layer_norm_apply(extent, x, t.scale, t.shift, y);
        check_map(valid, block, y, t.y, tolerance, pad);
        free(x);
        free(y);
        free(addend);
        trial_free(&t);
    }
}

static void test_norm_add(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct trial t = trial_create(1, 0);
        float *x = blocked(valid, blocks[i], t.x), *addend = blocked(valid, blocks[i], t.addend);
        layer_norm_add(extent_of(blocks[i]), x, addend);
        check_map(valid, blocks[i], x, t.sum, tolerance, pad);
        free(x);
        free(addend);
        trial_free(&t);
    }
}

/* With and without a second gradient and a residual; then once more in place of each input. */
static void check_norm_backward(int block, int with_gradient2, int with_residual)
{
    const struct extent extent = extent_of(block);
    struct trial t = trial_create(0, with_gradient2);
    float *x = blocked(valid, block, t.x), *out = blocked(valid, block, NULL);
    float *gradient = blocked(valid, block, t.gradient);
    float *gradient2 = with_gradient2 ? blocked(valid, block, t.gradient2) : NULL;
    float *residual = with_residual ? blocked(valid, block, t.residual) : NULL;
    _Alignas(CACHE_LINE) float offset[CHANNELS], slope[CHANNELS];
    double sums[2 * CHANNELS], dgamma[CHANNELS];
    const struct norm_backward in = {x,       gradient,     gradient2, t.scale,
                                     t.shift, t.float_mean, offset,    slope};
    layer_norm_backward_sums(extent, &in, sums);
    for (int c = 0; c < CHANNELS; c++) {
        const double n = COUNT * PIXELS, square = t.variance[c] + 1e-5;
        const double product = sums[CHANNELS + c], scale = t.gamma[c] / sqrt(square);
        dgamma[c] = product / sqrt(square);
        offset[c] = (float)(-scale * sums[c] / n);
        slope[c] = (float)(-scale * product / n / square);
    }
    assert_true(reference_error(CHANNELS, sums, t.dbeta) < gradient_tolerance);
    assert_true(reference_error(CHANNELS, dgamma, t.dgamma) < gradient_tolerance);
    layer_norm_backward_apply(extent, &in, residual, out);
    for (int i = 0; with_residual && i < VALUES; i++)
        t.dx[i] += t.residual[i];
    check_map(valid, block, out, t.dx, gradient_tolerance, 0);
    float *maps[] = {x, gradient, gradient2, residual}, *kept = memory_floats(FLOATS);
    for (size_t i = 0; i < sizeof maps / sizeof maps[0]; i++) {
        if (!maps[i])
            continue;
        memcpy(kept, maps[i], FLOATS * sizeof *kept);
        layer_norm_backward_apply(extent, &in, residual, maps[i]);
        assert_memory_equal(maps[i], out, FLOATS * sizeof *out);
        memcpy(maps[i], kept, FLOATS * sizeof *kept);
    }
    for (size_t i = 0; i < sizeof maps / sizeof maps[0]; i++)
        free(maps[i]);
    free(kept);
    free(out);
    trial_free(&t);
}

static void test_norm_backward(void **state)
{
    (void)state;
    for (int i = 0; i < 8; i++)
        check_norm_backward(blocks[i % 2], i / 2 % 2, i / 4);
}

/* Squares around 1e6 have no digits left for a variance of 1; around the pivot they have all. */
static void test_variance_beside_a_large_mean(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        uint64_t numbers_state = 23;
        double *x = memory_zeroed(VALUES, sizeof *x), sums[2 * CHANNELS];
        double mean[CHANNELS], variance[CHANNELS], found[CHANNELS];
        _Alignas(CACHE_LINE) float pivot[CHANNELS];
        for (int j = 0; j < VALUES; j++)
            x[j] = (double)(float)(1000 + sqrt(3) * reference_number(&numbers_state));
        for (int c = 0; c < CHANNELS; c++)
            pivot[c] = 1000;
        float *map = blocked(valid, blocks[i], x);
        layer_norm_sums(extent_of(blocks[i]), map, NULL, pivot, sums);
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

/* The order of layers.h in scalar floats: sums of up to 64 pixels, in four accumulators. The bits
 * must not depend on the instruction set or on contraction. */
static void test_sums_have_the_bits_of_the_stated_order(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct trial t = trial_create(0, 0);
        float *x = blocked(valid, blocks[i], t.x);
        _Alignas(CACHE_LINE) float pivot[CHANNELS];
        double sums[2 * CHANNELS];
        for (int c = 0; c < CHANNELS; c++)
            pivot[c] = 0.1f * (float)c;
        layer_norm_sums(extent_of(blocks[i]), x, NULL, pivot, sums);
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

static void test_a_nan_stays_one(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct trial t = trial_create(0, 0);
        float *x = blocked(valid, blocks[i], t.x), *y = blocked(valid, blocks[i], NULL);
        const size_t at[] = {place(valid, blocks[i], 5), place(valid, blocks[i], VALUES - 1)};
        x[at[0]] = NAN;
        x[at[1]] = -NAN;
        layer_norm_apply(extent_of(blocks[i]), x, t.scale, t.shift, y);
        for (size_t j = 0; j < VALUES; j++)
            assert_int_equal(isnan(y[j]) != 0, j == at[0] || j == at[1]);
        free(x);
        free(y);
        trial_free(&t);
    }
}

/* ---- Shortcut -------------------------------------------------------------------------------- */

/* The backward pass is the adjoint of the reference's forward pass: <y, S x> = <S' y, x> for every
 * unit vector x, which is its column. */
static void test_shortcut(void **state)
{
    (void)state;
    static const struct {
        int out, height, width, stride;
    } cases[] = {{64, HEIGHT, WIDTH, 2}, {32, HEIGHT, WIDTH, 2}, {64, 4, 6, 1}};
    for (int i = 0; i < 6; i++) {
        uint64_t numbers_state = 29;
        const int block = blocks[i % 2], c = i / 2, stride = cases[c].stride;
        const struct shape in = {COUNT, CHANNELS, cases[c].height, cases[c].width};
        const struct shape out = {COUNT, cases[c].out, in.height / stride, in.width / stride};
        const struct shortcut_shape shape = {PICTURES,  COUNT,    CHANNELS, out.channels,
                                             in.height, in.width, stride,   block};
        double *x = numbers(&numbers_state, shape_count(in));
        double *dy = numbers(&numbers_state, shape_count(out));
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
        float *map = blocked(in, block, x), *to = blocked(out, block, NULL);
        float *gradient = blocked(out, block, dy), *back = blocked(in, block, NULL);
        layer_shortcut(shape, map, to);
        check_map(out, block, to, y, 1e-30, pad);
        layer_shortcut_backward(shape, gradient, back);
        check_map(in, block, back, dx, 1e-30, 0);
        double *doubles[] = {x, dy, y, number, source, dx};
        float *floats[] = {map, to, gradient, back};
        for (size_t j = 0; j < sizeof doubles / sizeof doubles[0]; j++)
            free(doubles[j]);
        for (size_t j = 0; j < sizeof floats / sizeof floats[0]; j++)
            free(floats[j]);
    }
}

/* ---- Head ------------------------------------------------------------------------------------ */

enum { CLASSES = 10, BATCH = 5, WEIGHTS = CLASSES * CHANNELS };

static const int labels[PICTURES] = {3, 9, 0};

/* What the valid pictures add to the mean loss of a minibatch of BATCH. */
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

/* Of the valid pictures. */
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

static void test_head(void **state)
{
    (void)state;
    uint64_t numbers_state = 31;
    double *x = numbers(&numbers_state, VALUES), *weights = numbers(&numbers_state, WEIGHTS);
    double *bias = numbers(&numbers_state, CLASSES), expected[COUNT], losses[PICTURES];
    int expected_wrong, wrong[PICTURES];
    /* the mean over many pixels would leave all pictures alike, and the second one's label wins */
    for (int i = 0; i < VALUES; i++)
        x[i] = (double)(float)(x[i] + 2 * sin(i / PIXELS));
    bias[9] += 8;
    double *dw = differentiate_head(x, weights, bias, weights, WEIGHTS);
    double *db = differentiate_head(x, weights, bias, bias, CLASSES);
    double *dx = differentiate_head(x, weights, bias, x, VALUES);
    double *expected_logits = logits_of(x, weights, bias);
    reference_head(valid, CLASSES, x, weights, bias, labels, expected, &expected_wrong);
    assert_int_equal(expected_wrong, 1);
    float w[WEIGHTS], b[CLASSES], w_gradient[WEIGHTS], b_gradient[CLASSES];
    double pooled[PICTURES * CHANNELS], logits[PICTURES * CLASSES], slopes[PICTURES * CLASSES];
    for (int i = 0; i < WEIGHTS; i++)
        w[i] = (float)weights[i];
    for (int i = 0; i < CLASSES; i++)
        b[i] = (float)bias[i];
    for (int i = 0; i < 2; i++) {
        const struct head head = {
            extent_of(blocks[i]), CLASSES, w, b, CHANNELS, places, pooled, logits, slopes};
        float *map = blocked(valid, blocks[i], x), *back = blocked(valid, blocks[i], NULL);
        losses[COUNT] = wrong[COUNT] = -1;
        layer_head(&head, map, labels, BATCH, losses, wrong);
        assert_true(reference_error(COUNT, losses, expected) < tolerance);
        assert_true(wrong[0] == 1 && wrong[1] == 0);
        assert_true(losses[COUNT] == -1 && wrong[COUNT] == -1);
        layer_head_backward(&head, w_gradient, b_gradient, back);
        assert_true(reference_error(COUNT * CLASSES, logits, expected_logits) < tolerance);
        check_floats(WEIGHTS, w_gradient, dw, gradient_tolerance);
        check_floats(CLASSES, b_gradient, db, gradient_tolerance);
        check_map(valid, blocks[i], back, dx, gradient_tolerance, 0);
        free(map);
        free(back);
    }
    double *all[] = {x, weights, bias, dw, db, dx, expected_logits};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        free(all[i]);
}

/* Logits beyond exp()'s range: the loss is their difference. */
static void test_head_with_large_logits(void **state)
{
    (void)state;
    float w[WEIGHTS] = {0}, b[CLASSES] = {0};
    double pooled[PICTURES * CHANNELS], logits[PICTURES * CLASSES];
    double slopes[PICTURES * CLASSES], losses[PICTURES];
    int wrong[PICTURES];
    b[3] = 2000;
    float *map = blocked(valid, 8, NULL);
    const struct head head = {extent_of(8), CLASSES, w,      b,     CHANNELS,
                              places,       pooled,  logits, slopes};
    layer_head(&head, map, labels, BATCH, losses, wrong);
    assert_true(losses[0] == 0 && losses[1] == 2000);
    assert_true(wrong[0] == 0 && wrong[1] == 1);
    free(map);
}

const struct CMUnitTest layers_tests[] = {
    cmocka_unit_test(test_norm_forward),
    cmocka_unit_test(test_norm_add),
    cmocka_unit_test(test_norm_backward),
    cmocka_unit_test(test_variance_beside_a_large_mean),
    cmocka_unit_test(test_sums_have_the_bits_of_the_stated_order),
    cmocka_unit_test(test_a_nan_stays_one),
    cmocka_unit_test(test_shortcut),
    cmocka_unit_test(test_head),
    cmocka_unit_test(test_head_with_large_logits),
};
const size_t layers_test_count = sizeof layers_tests / sizeof layers_tests[0];
