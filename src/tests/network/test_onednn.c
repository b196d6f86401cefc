#include "base/memory.h"
#include "network/onednn.h"
#include "tests/reference.h"
#include "tests/tests.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A sum of up to 2304 products in float is off by some 1e-7 of the largest; a wrong tap by 1e-1. */
static const double tolerance = 1e-5;

enum { WORKERS = 2 };

/* Every convolution of preact-20 on a shard of two images, two of kernel 1, two by oneDNN's
 * Winograd: of whole tiles of 4 x 4, and of cut ones; two by our own. */
static const struct conv_shape float_cases[] = {
    {2, 3, 16, 32, 32, 3, 1, 1, 0, CONV_DIRECT, PRECISION_F32},
    {2, 16, 16, 32, 32, 3, 1, 1, 1, CONV_DIRECT, PRECISION_F32},
    {2, 16, 32, 32, 32, 3, 2, 1, 1, CONV_DIRECT, PRECISION_F32},
    {2, 32, 32, 16, 16, 3, 1, 1, 1, CONV_DIRECT, PRECISION_F32},
    {2, 32, 64, 16, 16, 3, 2, 1, 1, CONV_DIRECT, PRECISION_F32},
    {2, 64, 64, 8, 8, 3, 1, 1, 1, CONV_DIRECT, PRECISION_F32},
    {2, 16, 64, 32, 32, 1, 1, 0, 1, CONV_DIRECT, PRECISION_F32},
    {2, 64, 128, 16, 16, 1, 2, 0, 1, CONV_DIRECT, PRECISION_F32},
    {2, 128, 128, 8, 8, 3, 1, 1, 1, CONV_WINOGRAD, PRECISION_F32},
    {1, 128, 256, 6, 6, 3, 1, 1, 1, CONV_WINOGRAD, PRECISION_F32},
    {2, 32, 48, 8, 12, 3, 1, 1, 1, CONV_OWN_WINOGRAD, PRECISION_F32},
    {1, 96, 32, 32, 32, 3, 1, 1, 0, CONV_OWN_WINOGRAD, PRECISION_F32}};
enum { FLOAT_CASES = sizeof float_cases / sizeof float_cases[0] };
enum { CASES = 2 * FLOAT_CASES }; /* in bf16 two for odd blocks, and none by oneDNN's Winograd */

static int is_there(const struct onednn *onednn, const struct conv_shape *shape)
{
    return shape->algorithm == CONV_WINOGRAD       ? onednn_suits_winograd(onednn, shape)
           : shape->algorithm == CONV_OWN_WINOGRAD ? onednn_suits_own_winograd(onednn, shape)
                                                   : 1;
}

/* Those that this CPU has, also in bf16. */
static int take_cases(const struct onednn *onednn, struct conv_shape cases[CASES])
{
    int count = 0;
    for (int c = 0; c < FLOAT_CASES; c++)
        if (is_there(onednn, &float_cases[c]))
            cases[count++] = float_cases[c];
    if (onednn_check_precision(PRECISION_BF16, NULL) != 0)
        return count;
    for (int c = 0; c < FLOAT_CASES; c++) {
        cases[count] = float_cases[c];
        cases[count].precision = PRECISION_BF16;
        count += is_there(onednn, &cases[count]);
    }
    /* no multiple of the 32 channels of an AMX tile: DenseNet's */
    cases[count++] =
        (struct conv_shape){2, 48, 16, 16, 16, 3, 1, 1, 1, CONV_DIRECT, PRECISION_BF16};
    cases[count++] = (struct conv_shape){2, 112, 48, 8, 8, 1, 1, 0, 1, CONV_DIRECT, PRECISION_BF16};
    return count;
}

/* Every value of dnnl_cpu_isa_t in oneDNN's dnnl_types.h, as numbers: one header has not all. */
static const struct {
    const char *version, *name;
    unsigned isa;
    struct onednn_isa has;
} isas[] = {
    {"2.6", "all", 0x0, {8, 0}},
    {"2.6", "sse41", 0x1, {8, 0}},
    {"2.6", "avx", 0x3, {8, 0}},
    {"2.6", "avx2", 0x7, {8, 0}},
    {"2.6", "avx512_mic", 0xf, {8, 0}},
    {"2.6", "avx512_mic_4ops", 0x1f, {8, 0}},
    {"2.6", "avx512_core", 0x27, {16, 0}},
    {"2.6", "avx512_core_vnni", 0x67, {16, 0}},
    {"2.6", "avx512_core_bf16", 0xe7, {16, 1}},
    {"2.6", "avx512_core_amx", 0x3e7, {16, 1}},
    {"2.6", "avx2_vnni", 0x407, {8, 0}},
    {"3.7", "default", 0x0, {8, 0}},
    {"3.7", "sse41", 0x1, {8, 0}},
    {"3.7", "avx", 0x3, {8, 0}},
    {"3.7", "avx2", 0x7, {8, 0}},
    {"3.7", "avx2_vnni", 0xf, {8, 0}},
    {"3.7", "avx2_vnni_2", 0x1f, {8, 0}},
    {"3.7", "avx512_core", 0x27, {16, 0}},
    {"3.7", "avx512_core_vnni", 0x67, {16, 0}},
    {"3.7", "avx512_core_bf16", 0xe7, {16, 1}},
    {"3.7", "avx10_1_512, avx512_core_fp16", 0x1ef, {16, 1}},
    {"3.7", "avx10_1_512_amx, avx512_core_amx", 0xfef, {16, 1}},
    {"3.7", "avx10_1_512_amx_fp16, avx512_core_amx_fp16", 0x1fef, {16, 1}},
    {"3.12", "avx10_2, avx10_2_512", 0x201ff, {16, 1}},
    {"3.12", "avx10_2_amx_2, avx10_2_512_amx_2", 0x22fff, {16, 1}},
};

TEST(instruction_sets)
{
    for (size_t i = 0; i < sizeof isas / sizeof isas[0]; i++) {
        const struct onednn_isa found = onednn_isa_of(isas[i].isa);
        if (found.block != isas[i].has.block || found.bf16 != isas[i].has.bf16)
            fail_msg("oneDNN %s, %s: block %d, bf16 %d", isas[i].version, isas[i].name, found.block,
                     found.bf16);
    }
}

/* Published: release 3.2 of oneDNN removed its f32 Winograd for x86. */
static int version_has_winograd(const struct onednn *onednn)
{
    int major = 0, minor = 0;
    assert_int_equal(sscanf(onednn_version(onednn), "%d.%d", &major, &minor), 2);
    return major < 3 || (major == 3 && minor < 2);
}

TEST(rule_of_winograd)
{
    struct onednn *onednn = onednn_open(1);
    const struct conv_shape wide = {8, 128, 128, 32, 32, 3, 1, 1, 1, CONV_DIRECT, PRECISION_F32},
                            narrow = {8, 64, 128, 32, 32, 3, 1, 1, 1, CONV_DIRECT, PRECISION_F32},
                            strided = {8, 128, 256, 32, 32, 3, 2, 1, 1, CONV_DIRECT, PRECISION_F32},
                            point = {8, 128, 128, 32, 32, 1, 1, 0, 1, CONV_DIRECT, PRECISION_F32},
                            half = {8, 128, 128, 32, 32, 3, 1, 1, 1, CONV_DIRECT, PRECISION_BF16};
    assert_int_equal(onednn_suits_winograd(onednn, &wide),
                     onednn_block(onednn) == 16 && version_has_winograd(onednn));
    assert_false(onednn_suits_winograd(onednn, &narrow) ||
                 onednn_suits_winograd(onednn, &strided) || onednn_suits_winograd(onednn, &point) ||
                 onednn_suits_winograd(onednn, &half));
    onednn_close(onednn);
}

/* ---- Layouts, as onednn.h describes them ----------------------------------------------------- */

/* The place of element (n, c, pixel) in [n][C / block][pixels][block], or in the plain order that
 * three channels have; in bf16 in [n][pixels][C]. */
static size_t place(struct shape s, int block, enum precision precision, int n, int c, int pixel)
{
    const int pixels = s.height * s.width;
    if (precision == PRECISION_BF16)
        return (size_t)((n * pixels + pixel) * s.channels + c);
    if (s.channels == 3)
        return (size_t)((n * s.channels + c) * pixels + pixel);
    return (size_t)(((n * (s.channels / block) + c / block) * pixels + pixel) * block + c % block);
}

static void convert(struct shape s, int block, enum precision precision, double *plain,
                    void *blocked, int to_blocked)
{
    size_t i = 0;
    for (int n = 0; n < s.images; n++) {
        for (int c = 0; c < s.channels; c++) {
            for (int pixel = 0; pixel < s.height * s.width; pixel++, i++) {
                const size_t there = place(s, block, precision, n, c, pixel);
                if (to_blocked)
                    map_set(precision, blocked, there, (float)plain[i]);
                else
                    plain[i] = (double)map_get(precision, blocked, there);
            }
        }
    }
}

/* ---- One convolution and what it should compute ---------------------------------------------- */

/* Inputs hold numbers that floats, or bf16, hold exactly, so that both sides start from the same.
 */
struct trial {
    struct shape in, out;
    struct window window;
    size_t weights;
    double *x, *w, *dy;         /* plain */
    double *y, *dx, *dw;        /* plain, by the reference */
    void *bx, *bw, *bdy, *back; /* the inputs as oneDNN wants them */
};

static double *exact_numbers(enum precision precision, uint64_t *state, size_t count)
{
    double *values = memory_zeroed(count, sizeof *values);
    for (size_t i = 0; i < count; i++) {
        const double number = reference_number(state);
        values[i] = precision == PRECISION_BF16 ? rint(number * 128) / 128 : (double)(float)number;
    }
    return values;
}

/* What the forward pass reads of the weights: floats, or the layout of its own. */
static const struct layout *forward_layout(const struct onednn_conv *conv)
{
    const struct layouts *layouts = onednn_conv_layouts(conv);
    return layouts->forward.count ? &layouts->forward : &layouts->weights;
}

static struct trial trial_create(const struct onednn *onednn, const struct onednn_conv *conv,
                                 const struct conv_shape *s)
{
    uint64_t state = (uint64_t)(s->in + s->out);
    const int block = onednn_block(onednn);
    const enum precision p = s->precision;
    const struct layout *forward = forward_layout(conv);
    const struct layout *backward = &onednn_conv_layouts(conv)->backward;
    struct trial t = {.in = {s->batch, s->in, s->height, s->width},
                      .window = {s->kernel, s->stride, s->padding},
                      .weights = (size_t)(s->out * s->in * s->kernel * s->kernel)};
    t.out = shape_after(t.in, s->out, t.window);
    t.x = exact_numbers(p, &state, shape_count(t.in));
    t.w = exact_numbers(p, &state, t.weights);
    t.dy = exact_numbers(p, &state, shape_count(t.out));
    t.y = memory_zeroed(shape_count(t.out), sizeof *t.y);
    t.dx = memory_zeroed(shape_count(t.in), sizeof *t.dx);
    t.dw = memory_zeroed(t.weights, sizeof *t.dw);
    reference_convolution(t.in, s->out, t.window, t.x, t.w, t.y);
    reference_convolution_backward(t.in, s->out, t.window, t.x, t.w, t.dy, t.dx, t.dw);
    t.bx = memory_aligned(shape_count(t.in), precision_bytes(p));
    t.bdy = memory_aligned(shape_count(t.out), precision_bytes(p));
    t.bw = memory_aligned(forward->count, precision_bytes(p));
    t.back = memory_aligned(backward->count, precision_bytes(p));
    convert(t.in, block, p, t.x, t.bx, 1);
    convert(t.out, block, p, t.dy, t.bdy, 1);
    for (size_t i = 0; i < t.weights; i++) {
        map_set(p, t.bw, layout_place_of(forward, i), (float)t.w[i]);
        if (s->has_data_gradient)
            map_set(p, t.back, layout_place_of(backward, i), (float)t.w[i]);
    }
    return t;
}

static void trial_free(struct trial *t)
{
    double *doubles[] = {t->x, t->w, t->dy, t->y, t->dx, t->dw};
    void *maps[] = {t->bx, t->bw, t->bdy, t->back};
    for (size_t i = 0; i < sizeof doubles / sizeof doubles[0]; i++)
        free(doubles[i]);
    for (size_t i = 0; i < sizeof maps / sizeof maps[0]; i++)
        free(maps[i]);
}

/* Every number must be written: what is not stays a NaN. */
static void *unwritten(enum precision precision, size_t count)
{
    void *map = memory_aligned(count, precision_bytes(precision));
    for (size_t i = 0; i < count; i++)
        map_set(precision, map, i, NAN);
    return map;
}

/* In bf16 each number is rounded once more, to half a place of its last digit. */
static void check_map(struct shape shape, int block, enum precision precision, void *found,
                      const double *expected)
{
    double *plain = memory_zeroed(shape_count(shape), sizeof *plain);
    convert(shape, block, precision, plain, found, 0);
    const double half = precision == PRECISION_BF16 ? 0x1p-8 : 0;
    double largest = 0;
    for (size_t i = 0; i < shape_count(shape); i++)
        largest = fmax(largest, fabs(expected[i]));
    for (size_t i = 0; i < shape_count(shape); i++)
        assert_true(fabs(plain[i] - expected[i]) <= tolerance * largest + half * fabs(expected[i]));
    free(plain);
    free(found);
}

TEST(convolutions)
{
    struct onednn *onednn = onednn_open(WORKERS);
    const int block = onednn_block(onednn);
    struct conv_shape cases[CASES];
    const int count = take_cases(onednn, cases);
    for (int c = 0; c < count; c++) {
        const enum precision precision = cases[c].precision;
        struct onednn_conv *conv = onednn_conv_create(onednn, &cases[c]);
        struct trial t = trial_create(onednn, conv, &cases[c]);
        assert_int_equal(conv_out_height(&cases[c]), t.out.height);
        assert_int_equal(conv_out_width(&cases[c]), t.out.width);
        assert_null(strstr(onednn_conv_kernels(conv), "ref"));
        void *y = unwritten(precision, shape_count(t.out));
        onednn_conv_forward(conv, 1, t.bx, t.bw, y);
        check_map(t.out, block, precision, y, t.y);
        if (cases[c].has_data_gradient) {
            void *dx = unwritten(precision, shape_count(t.in));
            onednn_conv_backward_data(conv, 1, t.bdy, t.back, dx);
            check_map(t.in, block, precision, dx, t.dx);
        }
        const struct layout *layout = &onednn_conv_layouts(conv)->weights;
        const size_t floats = layout->count;
        float *blocked = unwritten(PRECISION_F32, floats);
        double *dw = memory_zeroed(t.weights, sizeof *dw);
        onednn_conv_backward_weights(conv, 1, t.bx, t.bdy, blocked);
        for (size_t i = 0; i < t.weights; i++) {
            dw[i] = (double)blocked[layout_place_of(layout, i)];
            blocked[layout_place_of(layout, i)] = 0;
        }
        assert_true(reference_error(t.weights, dw, t.dw) < tolerance);
        for (size_t i = 0; i < floats; i++)
            assert_true(blocked[i] == 0); /* what the layout pads */
        free(dw);
        free(blocked);
        trial_free(&t);
        onednn_conv_destroy(conv);
    }
    onednn_close(onednn);
}

/* ---- Layouts --------------------------------------------------------------------------------- */

static void check_distinct(const struct layout *layout, size_t count)
{
    unsigned char *seen = memory_zeroed(layout->count, 1);
    for (size_t i = 0; i < count; i++) {
        assert_true(layout_place_of(layout, i) < layout->count);
        assert_int_equal(seen[layout_place_of(layout, i)]++, 0);
    }
    free(seen);
}

TEST(layouts_are_permutations)
{
    struct onednn *onednn = onednn_open(1);
    struct conv_shape cases[CASES];
    const int cases_count = take_cases(onednn, cases);
    for (int c = 0; c < cases_count; c++) {
        const struct conv_shape *s = &cases[c];
        const size_t count = (size_t)(s->out * s->in * s->kernel * s->kernel);
        struct onednn_conv *conv = onednn_conv_create(onednn, s);
        const struct layouts *layouts = onednn_conv_layouts(conv);
        check_distinct(&layouts->weights, count);
        if (s->precision == PRECISION_BF16)
            check_distinct(&layouts->forward, count);
        else
            assert_int_equal(layouts->forward.count, 0);
        if (s->has_data_gradient)
            check_distinct(&layouts->backward, count);
        else
            assert_int_equal(layouts->backward.count, 0);
        onednn_conv_destroy(conv);
    }
    onednn_close(onednn);
}

/* And where stride, kernel, padding and precision are other ones, direct. */
TEST(rule_of_our_own_winograd)
{
    struct onednn *onednn = onednn_open(1);
    const struct conv_shape suits = {8, 16, 48, 16, 16, 3, 1, 1, 1, CONV_DIRECT, PRECISION_F32},
                            refused[] = {
                                {8, 24, 48, 16, 16, 3, 1, 1, 1, CONV_DIRECT, PRECISION_F32},
                                {8, 32, 64, 16, 16, 3, 2, 1, 1, CONV_DIRECT, PRECISION_F32},
                                {8, 32, 64, 16, 16, 1, 1, 0, 1, CONV_DIRECT, PRECISION_F32},
                                {8, 32, 64, 16, 16, 3, 1, 0, 1, CONV_DIRECT, PRECISION_F32},
                                {8, 32, 64, 18, 18, 3, 1, 1, 1, CONV_DIRECT, PRECISION_F32},
                                {8, 24, 48, 16, 16, 3, 1, 1, 1, CONV_DIRECT, PRECISION_BF16},
                                {8, 32, 64, 16, 16, 3, 2, 1, 1, CONV_DIRECT, PRECISION_BF16}};
    struct conv_shape half = suits;
    half.precision = PRECISION_BF16;
    assert_int_equal(onednn_suits_own_winograd(onednn, &suits),
                     __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"));
    assert_int_equal(onednn_suits_own_winograd(onednn, &half),
                     onednn_check_precision(PRECISION_BF16, NULL) == 0 &&
                         !strstr(onednn_environment(onednn), "amx"));
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        assert_false(onednn_suits_own_winograd(onednn, &refused[i]));
    onednn_close(onednn);
}

TEST(block)
{
    struct onednn *onednn = onednn_open(1);
    assert_int_equal(onednn_block(onednn), strstr(onednn_environment(onednn), "avx512") ? 16 : 8);
    assert_non_null(strstr(onednn_environment(onednn), onednn_version(onednn)));
    onednn_close(onednn);
}

/* ---- Workers --------------------------------------------------------------------------------- */

enum { ROUNDS = 400 };

/* All three passes of one worker, one after another in *bits. */
static void run_all(const struct onednn_conv *conv, const struct conv_shape *s,
                    const struct trial *t, int worker, float *bits)
{
    onednn_conv_forward(conv, worker, t->bx, t->bw, bits);
    bits += shape_count(t->out);
    onednn_conv_backward_weights(conv, worker, t->bx, t->bdy, bits);
    bits += onednn_conv_layouts(conv)->weights.count;
    if (s->has_data_gradient)
        onednn_conv_backward_data(conv, worker, t->bdy, t->back, bits);
}

/* Every number of the map times `factor`, a power of two or its negative. */
static void scale(struct shape shape, enum precision precision, void *map, float factor)
{
    for (size_t i = 0; i < shape_count(shape); i++)
        map_set(precision, map, i, factor * map_get(precision, map, i));
}

/* Workers do not disturb each other, though they share a primitive and run at the same time; and
 * the primitives of all shapes are there, so that scratchpads are too. Each has its own shard (the
 * second one's gradient is negated), so that an exchange would show. */
TEST(two_workers_give_the_bits_of_one)
{
    struct onednn *onednn = onednn_open(WORKERS);
    struct onednn_conv *convs[CASES];
    struct conv_shape cases[CASES];
    const int count = take_cases(onednn, cases);
    for (int c = 0; c < count; c++)
        convs[c] = onednn_conv_create(onednn, &cases[c]);
    for (int c = 0; c < count; c++) {
        struct trial shard[WORKERS];
        float *alone[WORKERS], *together[WORKERS];
        size_t floats = 0;
        for (int w = 0; w < WORKERS; w++) {
            shard[w] = trial_create(onednn, convs[c], &cases[c]);
            floats = shape_count(shard[w].out) + onednn_conv_layouts(convs[c])->weights.count +
                     shape_count(shard[w].in);
            if (w == 1) {
                scale(shard[w].out, cases[c].precision, shard[w].bdy, -1);
                scale(shard[w].in, cases[c].precision, shard[w].bx, 0.5f);
            }
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
    for (int c = 0; c < count; c++)
        onednn_conv_destroy(convs[c]);
    onednn_close(onednn);
}
