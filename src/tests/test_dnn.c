#include "dnn.h"
#include "memory.h"
#include "reference.h"
#include "tests.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A sum of up to 2304 products in float is off by some 1e-7 of the largest; a wrong tap by 1e-1. */
static const double tolerance = 1e-5;

enum { WORKERS = 2 };

/* Every convolution of preact-20 on a shard of two pictures, two of kernel 1, two by Winograd: of
 * whole tiles of 4 x 4, and of cut ones. */
static const struct conv_shape cases[] = {
    {2, 3, 16, 32, 32, 3, 1, 1, 0, 0},  {2, 16, 16, 32, 32, 3, 1, 1, 1, 0},
    {2, 16, 32, 32, 32, 3, 2, 1, 1, 0}, {2, 32, 32, 16, 16, 3, 1, 1, 1, 0},
    {2, 32, 64, 16, 16, 3, 2, 1, 1, 0}, {2, 64, 64, 8, 8, 3, 1, 1, 1, 0},
    {2, 16, 64, 32, 32, 1, 1, 0, 1, 0}, {2, 64, 128, 16, 16, 1, 2, 0, 1, 0},
    {2, 128, 128, 8, 8, 3, 1, 1, 1, 1}, {1, 128, 256, 6, 6, 3, 1, 1, 1, 1}};
enum { CASES = sizeof cases / sizeof cases[0], WINOGRAD_CASES = 2 };

/* Without AVX-512 there is no Winograd, and the last cases are left out. */
static int case_count(const struct dnn *dnn)
{
    return dnn_suits_winograd(dnn, &cases[CASES - 1]) ? CASES : CASES - WINOGRAD_CASES;
}

static void test_rule_of_winograd(void **state)
{
    (void)state;
    struct dnn *dnn = dnn_open(1);
    const struct conv_shape wide = {8, 128, 128, 32, 32, 3, 1, 1, 1, 0},
                            narrow = {8, 64, 128, 32, 32, 3, 1, 1, 1, 0},
                            strided = {8, 128, 256, 32, 32, 3, 2, 1, 1, 0},
                            point = {8, 128, 128, 32, 32, 1, 1, 0, 1, 0};
    assert_int_equal(dnn_suits_winograd(dnn, &wide), dnn_block(dnn) == 16);
    assert_false(dnn_suits_winograd(dnn, &narrow) || dnn_suits_winograd(dnn, &strided) ||
                 dnn_suits_winograd(dnn, &point));
    dnn_close(dnn);
}

/* ---- Layouts, as dnn.h describes them -------------------------------------------------------- */

/* The place of element (n, c, pixel) in [n][C / block][pixels][block], or in the plain order that
 * three channels have. */
static size_t place(struct shape s, int block, int n, int c, int pixel)
{
    const int pixels = s.height * s.width;
    if (s.channels == 3)
        return (size_t)((n * s.channels + c) * pixels + pixel);
    return (size_t)(((n * (s.channels / block) + c / block) * pixels + pixel) * block + c % block);
}

static void convert(struct shape s, int block, double *plain, float *blocked, int to_blocked)
{
    size_t i = 0;
    for (int n = 0; n < s.pictures; n++) {
        for (int c = 0; c < s.channels; c++) {
            for (int pixel = 0; pixel < s.height * s.width; pixel++, i++) {
                float *there = &blocked[place(s, block, n, c, pixel)];
                if (to_blocked)
                    *there = (float)plain[i];
                else
                    plain[i] = (double)*there;
            }
        }
    }
}

/* ---- One convolution and what it should compute ---------------------------------------------- */

/* Inputs hold numbers that floats hold exactly, so that both sides start from the same. */
struct trial {
    struct shape in, out;
    struct window window;
    size_t weights;
    double *x, *w, *dy;          /* plain */
    double *y, *dx, *dw;         /* plain, by the reference */
    float *bx, *bw, *bdy, *back; /* the inputs as oneDNN wants them */
};

static double *floats_as_doubles(uint64_t *state, size_t count)
{
    double *values = memory_zeroed(count, sizeof *values);
    for (size_t i = 0; i < count; i++)
        values[i] = (double)(float)reference_number(state);
    return values;
}

static struct trial trial_create(const struct dnn *dnn, const struct dnn_conv *conv,
                                 const struct conv_shape *s)
{
    uint64_t state = (uint64_t)(s->in + s->out);
    const int block = dnn_block(dnn);
    struct trial t = {.in = {s->batch, s->in, s->height, s->width},
                      .window = {s->kernel, s->stride, s->padding},
                      .weights = (size_t)(s->out * s->in * s->kernel * s->kernel)};
    t.out = shape_after(t.in, s->out, t.window);
    t.x = floats_as_doubles(&state, shape_count(t.in));
    t.w = floats_as_doubles(&state, t.weights);
    t.dy = floats_as_doubles(&state, shape_count(t.out));
    t.y = memory_zeroed(shape_count(t.out), sizeof *t.y);
    t.dx = memory_zeroed(shape_count(t.in), sizeof *t.dx);
    t.dw = memory_zeroed(t.weights, sizeof *t.dw);
    reference_convolution(t.in, s->out, t.window, t.x, t.w, t.y);
    reference_convolution_backward(t.in, s->out, t.window, t.x, t.w, t.dy, t.dx, t.dw);
    t.bx = memory_floats(shape_count(t.in));
    t.bdy = memory_floats(shape_count(t.out));
    t.bw = memory_floats(dnn_conv_weight_floats(conv));
    t.back = memory_floats(dnn_conv_weight_floats(conv));
    convert(t.in, block, t.x, t.bx, 1);
    convert(t.out, block, t.dy, t.bdy, 1);
    for (size_t i = 0; i < t.weights; i++) {
        t.bw[dnn_conv_positions(conv)[i]] = (float)t.w[i];
        if (s->has_data_gradient)
            t.back[dnn_conv_backward_positions(conv)[i]] = (float)t.w[i];
    }
    return t;
}

static void trial_free(struct trial *t)
{
    double *doubles[] = {t->x, t->w, t->dy, t->y, t->dx, t->dw};
    float *floats[] = {t->bx, t->bw, t->bdy, t->back};
    for (size_t i = 0; i < sizeof doubles / sizeof doubles[0]; i++)
        free(doubles[i]);
    for (size_t i = 0; i < sizeof floats / sizeof floats[0]; i++)
        free(floats[i]);
}

/* Every float must be written: what is not stays a NaN. */
static float *unwritten(size_t count)
{
    float *floats = memory_floats(count);
    for (size_t i = 0; i < count; i++)
        floats[i] = NAN;
    return floats;
}

static void check_map(struct shape shape, int block, float *found, const double *expected)
{
    double *plain = memory_zeroed(shape_count(shape), sizeof *plain);
    convert(shape, block, plain, found, 0);
    assert_true(reference_error(shape_count(shape), plain, expected) < tolerance);
    free(plain);
    free(found);
}

static void test_convolutions(void **state)
{
    (void)state;
    struct dnn *dnn = dnn_open(WORKERS);
    const int block = dnn_block(dnn);
    for (int c = 0; c < case_count(dnn); c++) {
        struct dnn_conv *conv = dnn_conv_create(dnn, &cases[c]);
        struct trial t = trial_create(dnn, conv, &cases[c]);
        assert_int_equal(conv_out_height(&cases[c]), t.out.height);
        assert_int_equal(conv_out_width(&cases[c]), t.out.width);
        float *y = unwritten(shape_count(t.out));
        dnn_conv_forward(conv, 1, t.bx, t.bw, y);
        check_map(t.out, block, y, t.y);
        if (cases[c].has_data_gradient) {
            float *dx = unwritten(shape_count(t.in));
            dnn_conv_backward_data(conv, 1, t.bdy, t.back, dx);
            check_map(t.in, block, dx, t.dx);
        }
        const size_t floats = dnn_conv_weight_floats(conv);
        float *blocked = unwritten(floats);
        double *dw = memory_zeroed(t.weights, sizeof *dw);
        dnn_conv_backward_weights(conv, 1, t.bx, t.bdy, blocked);
        for (size_t i = 0; i < t.weights; i++) {
            dw[i] = (double)blocked[dnn_conv_positions(conv)[i]];
            blocked[dnn_conv_positions(conv)[i]] = 0;
        }
        assert_true(reference_error(t.weights, dw, t.dw) < tolerance);
        for (size_t i = 0; i < floats; i++)
            assert_true(blocked[i] == 0); /* what the layout pads */
        free(dw);
        free(blocked);
        trial_free(&t);
        dnn_conv_destroy(conv);
    }
    dnn_close(dnn);
}

/* ---- Layouts --------------------------------------------------------------------------------- */

static void check_distinct(const uint32_t *positions, size_t count, size_t floats)
{
    unsigned char *seen = memory_zeroed(floats, 1);
    for (size_t i = 0; i < count; i++) {
        assert_true(positions[i] < floats);
        assert_int_equal(seen[positions[i]]++, 0);
    }
    free(seen);
}

static void test_positions_are_permutations(void **state)
{
    (void)state;
    struct dnn *dnn = dnn_open(1);
    for (int c = 0; c < case_count(dnn); c++) {
        const struct conv_shape *s = &cases[c];
        const size_t count = (size_t)(s->out * s->in * s->kernel * s->kernel);
        struct dnn_conv *conv = dnn_conv_create(dnn, s);
        const size_t floats = dnn_conv_weight_floats(conv);
        assert_true(floats >= count);
        check_distinct(dnn_conv_positions(conv), count, floats);
        if (s->has_data_gradient)
            check_distinct(dnn_conv_backward_positions(conv), count, floats);
        else
            assert_null(dnn_conv_backward_positions(conv));
        dnn_conv_destroy(conv);
    }
    dnn_close(dnn);
}

static void test_block(void **state)
{
    (void)state;
    struct dnn *dnn = dnn_open(1);
    assert_int_equal(dnn_block(dnn), strstr(dnn_environment(dnn), "avx512") ? 16 : 8);
    assert_non_null(strstr(dnn_environment(dnn), dnn_version(dnn)));
    dnn_close(dnn);
}

/* ---- Workers --------------------------------------------------------------------------------- */

enum { ROUNDS = 400 };

/* All three passes of one worker, one after another in *bits. */
static void run_all(const struct dnn_conv *conv, const struct conv_shape *s, const struct trial *t,
                    int worker, float *bits)
{
    dnn_conv_forward(conv, worker, t->bx, t->bw, bits);
    bits += shape_count(t->out);
    dnn_conv_backward_weights(conv, worker, t->bx, t->bdy, bits);
    bits += dnn_conv_weight_floats(conv);
    if (s->has_data_gradient)
        dnn_conv_backward_data(conv, worker, t->bdy, t->back, bits);
}

/* Workers do not disturb each other, though they share a primitive and run at the same time; and
 * the primitives of all shapes are there, so that scratchpads are too. Each has its own shard (the
 * second one's gradient is negated), so that an exchange would show. */
static void test_two_workers_give_the_bits_of_one(void **state)
{
    (void)state;
    struct dnn *dnn = dnn_open(WORKERS);
    struct dnn_conv *convs[CASES];
    for (int c = 0; c < case_count(dnn); c++)
        convs[c] = dnn_conv_create(dnn, &cases[c]);
    for (int c = 0; c < case_count(dnn); c++) {
        struct trial shard[WORKERS];
        float *alone[WORKERS], *together[WORKERS];
        size_t floats = 0;
        for (int w = 0; w < WORKERS; w++) {
            shard[w] = trial_create(dnn, convs[c], &cases[c]);
            floats = shape_count(shard[w].out) + dnn_conv_weight_floats(convs[c]) +
                     shape_count(shard[w].in);
            for (size_t i = 0; w == 1 && i < shape_count(shard[w].out); i++)
                shard[w].bdy[i] = -shard[w].bdy[i];
            for (size_t i = 0; w == 1 && i < shape_count(shard[w].in); i++)
                shard[w].bx[i] /= 2;
            alone[w] = memory_floats(floats);
            together[w] = memory_floats(floats);
            run_all(convs[c], &cases[c], &shard[w], 0, alone[w]);
        }
        assert_memory_not_equal(alone[0], alone[1], floats * sizeof(float));
        int differ = 0;
#pragma omp parallel for num_threads(WORKERS) schedule(static, 1) reduction(+ : differ)
        for (int w = 0; w < WORKERS; w++) {
            for (int round = 0; round < ROUNDS; round++) {
                run_all(convs[c], &cases[c], &shard[w], w, together[w]);
                differ += memcmp(alone[w], together[w], floats * sizeof(float)) != 0;
            }
        }
        assert_int_equal(differ, 0);
        for (int w = 0; w < WORKERS; w++) {
            trial_free(&shard[w]);
            free(alone[w]);
            free(together[w]);
        }
    }
    for (int c = 0; c < case_count(dnn); c++)
        dnn_conv_destroy(convs[c]);
    dnn_close(dnn);
}

const struct CMUnitTest dnn_tests[] = {
    cmocka_unit_test(test_convolutions),
    cmocka_unit_test(test_positions_are_permutations),
    cmocka_unit_test(test_rule_of_winograd),
    cmocka_unit_test(test_block),
    cmocka_unit_test(test_two_workers_give_the_bits_of_one),
};
const size_t dnn_test_count = sizeof dnn_tests / sizeof dnn_tests[0];
