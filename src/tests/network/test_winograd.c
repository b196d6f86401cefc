/* Our own Winograd convolution against a plain twin, bit for bit, and against direct convolution in
 * double; and networks that train with it. Its place behind onednn.h is tested in test_dnn.c, a
 * network's gradients in test_families.c. */
#include "network/winograd.h"

#include "base/memory.h"
#include "network/onednn.h"
#include "tests/blocked.h"
#include "tests/network_fixture.h"
#include "tests/tests.h"
#include "train/training.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 4, TAPS = 3, POINTS = 6, FILTER = TAPS * TAPS, PRODUCTS = POINTS * POINTS };

/* So many products are summed before the sum is added to the others'. */
enum { CHAIN = 64 };

static int has(int block, enum precision precision)
{
    return winograd_suits(&(struct winograd_shape){1, 16, 16, 4, 4, block, precision});
}

static int has_block(int block)
{
    return has(block, PRECISION_F32);
}

/* ---- The twin: numbers one by one, in plain order ------------------------------------------- */

static const float a = 0.625f, b = 1.5f, aa = 0.390625f, bb = 2.25f;

/* 1 / M'(p) at the points 0, a and b. */
static float scale_of(double point)
{
    const double slope = 5 * pow(point, 4) - 3 * (0.390625 + 2.25) * point * point + 0.87890625;
    return (float)(1 / slope);
}

static void mirror(float *out, float even_a, float odd_a, float even_b, float odd_b)
{
    out[1] = even_a + odd_a;
    out[2] = even_a - odd_a;
    out[3] = even_b + odd_b;
    out[4] = even_b - odd_b;
}

static void input(const float *d, float *v)
{
    mirror(v, d[4] - bb * d[2], a * (d[3] - bb * d[1]), d[4] - aa * d[2], b * (d[3] - aa * d[1]));
    for (int end = 0; end < 2; end++)
        v[5 * end] = (0.87890625f * d[end] - 2.640625f * d[end + 2]) + d[end + 4];
}

static void filter(const float *g, float *u)
{
    const float scale_a = scale_of(0.625), scale_b = scale_of(1.5);
    mirror(u, scale_a * g[0] + (scale_a * aa) * g[2], (scale_a * a) * g[1],
           scale_b * g[0] + (scale_b * bb) * g[2], (scale_b * b) * g[1]);
    u[0] = scale_of(0) * g[0];
    u[5] = g[2];
}

static void output(const float *m, float *y)
{
    const float even_a = m[1] + m[2], odd_a = a * (m[1] - m[2]);
    const float even_b = m[3] + m[4], odd_b = b * (m[3] - m[4]);
    y[0] = m[0] + (even_a + even_b);
    y[1] = odd_a + odd_b;
    y[2] = aa * even_a + bb * even_b;
    y[3] = (aa * odd_a + bb * odd_b) + m[5];
}

static void gradient(const float *y, float *w)
{
    mirror(w, y[0] + aa * y[2], a * (y[1] + aa * y[3]), y[0] + bb * y[2], b * (y[1] + bb * y[3]));
    w[0] = y[0];
    w[5] = y[3];
}

static void filter_gradient(const float *u, float *g)
{
    const float scale_a = scale_of(0.625), scale_b = scale_of(1.5);
    const float even_a = scale_a * (u[1] + u[2]), odd_a = (scale_a * a) * (u[1] - u[2]);
    const float even_b = scale_b * (u[3] + u[4]), odd_b = (scale_b * b) * (u[3] - u[4]);
    g[0] = scale_of(0) * u[0] + (even_a + even_b);
    g[1] = odd_a + odd_b;
    g[2] = (aa * even_a + bb * even_b) + u[5];
}

/* Columns of `from` numbers become columns of `to`, then rows. */
static void both_ways(void (*transform)(const float *, float *), int from, int to, const float *x,
                      float *out)
{
    float half[PRODUCTS], column[POINTS], made[POINTS];
    for (int j = 0; j < from; j++) {
        for (int i = 0; i < from; i++)
            column[i] = x[i * from + j];
        transform(column, made);
        for (int i = 0; i < to; i++)
            half[i * from + j] = made[i];
    }
    for (int i = 0; i < to; i++)
        transform(half + i * from, out + i * to);
}

/* The `side` x `side` pixels of a plane from (y, x) on, 0 outside of it. */
static void cut(struct shape s, const float *plane, int y, int x, int side, float *out)
{
    for (int i = 0; i < side; i++)
        for (int j = 0; j < side; j++) {
            const int row = y + i, column = x + j;
            const int inside = row >= 0 && row < s.height && column >= 0 && column < s.width;
            *out++ = inside ? plane[row * s.width + column] : 0;
        }
}

/* Tile `t` of channel c at the points: of the input, or of the gradient. */
static void tile_points(struct shape s, const float *map, int c, int t, int is_gradient, float *out)
{
    const int across = s.width / SIDE, each = s.height / SIDE * across;
    const float *plane = map + (t / each * s.channels + c) * s.height * s.width;
    const int y = t % each / across * SIDE, x = t % each % across * SIDE;
    float pixels[PRODUCTS];
    if (is_gradient) {
        cut(s, plane, y, x, SIDE, pixels);
        both_ways(gradient, SIDE, POINTS, pixels, out);
    } else {
        cut(s, plane, y - 1, x - 1, POINTS, pixels);
        both_ways(input, POINTS, POINTS, pixels, out);
    }
}

static float *all_points(struct shape s, const float *map, int is_gradient)
{
    const int tiles = s.images * (s.height / SIDE) * (s.width / SIDE);
    float *points = memory_floats((size_t)(tiles * s.channels * PRODUCTS));
    for (int t = 0; t < tiles; t++)
        for (int c = 0; c < s.channels; c++)
            tile_points(s, map, c, t, is_gradient, points + (t * s.channels + c) * PRODUCTS);
    return points;
}

/* Of `count` products, those of x at every x_step and of y at every y_step. */
static float chained(int count, const float *x, int x_step, const float *y, int y_step)
{
    float total = 0;
    for (int first = 0; first < count; first += CHAIN) {
        float sum = 0;
        for (int k = first; k < first + CHAIN && k < count; k++)
            sum = fmaf(x[k * x_step], y[k * y_step], sum);
        total = first == 0 ? sum : total + sum;
    }
    return total;
}

/* weights: [out][in][tap]. */
static void twin_forward(struct shape in, int out, const float *x, const float *weights, float *y)
{
    const int across = in.width / SIDE, each = in.height / SIDE * across;
    float *v = all_points(in, x, 0), *u = memory_floats((size_t)(in.channels * PRODUCTS));
    for (int o = 0; o < out; o++) {
        for (int c = 0; c < in.channels; c++)
            both_ways(filter, TAPS, POINTS, weights + (o * in.channels + c) * FILTER,
                      u + c * PRODUCTS);
        for (int t = 0; t < in.images * each; t++) {
            float m[PRODUCTS], made[SIDE * SIDE];
            for (int i = 0; i < PRODUCTS; i++)
                m[i] = chained(in.channels, v + t * in.channels * PRODUCTS + i, PRODUCTS, u + i,
                               PRODUCTS);
            both_ways(output, POINTS, SIDE, m, made);
            float *corner = y + (t / each * out + o) * in.height * in.width +
                            (t % each / across * in.width + t % each % across) * SIDE;
            for (int p = 0; p < SIDE * SIDE; p++)
                corner[p / SIDE * in.width + p % SIDE] = made[p];
        }
    }
    free(v);
    free(u);
}

static void twin_backward_weights(struct shape in, int out, const float *x, const float *dy,
                                  float *dw)
{
    const struct shape behind = {in.images, out, in.height, in.width};
    const int tiles = in.images * (in.height / SIDE) * (in.width / SIDE);
    float *v = all_points(in, x, 0), *w = all_points(behind, dy, 1);
    for (int o = 0; o < out; o++) {
        for (int c = 0; c < in.channels; c++) {
            float u[PRODUCTS];
            for (int i = 0; i < PRODUCTS; i++)
                u[i] = chained(tiles, v + c * PRODUCTS + i, in.channels * PRODUCTS,
                               w + o * PRODUCTS + i, out * PRODUCTS);
            both_ways(filter_gradient, POINTS, TAPS, u, dw + (o * in.channels + c) * FILTER);
        }
    }
    free(v);
    free(w);
}

/* ---- A convolution in plain order, by the kernels ------------------------------------------- */

struct problem {
    struct winograd_shape shape;
    struct shape in, out;
    size_t weights;
    double *x, *w, *dy; /* floats hold them exactly, or bf16 */
    float *y, *dx, *dw; /* by the kernels, in plain order again */
};

static double *exact_numbers(enum precision precision, uint64_t *state, size_t count)
{
    double *values = blocked_numbers(state, count);
    for (size_t i = 0; i < count && precision == PRECISION_BF16; i++)
        values[i] = (double)bf16_widen(bf16_round((float)values[i]));
    return values;
}

static struct problem problem_of(int batch, int in, int out, int height, int width, int block,
                                 enum precision precision)
{
    struct problem p = {.shape = {batch, in, out, height, width, block, precision},
                        .in = {batch, in, height, width},
                        .out = {batch, out, height, width},
                        .weights = (size_t)(in * out * FILTER)};
    uint64_t state = (uint64_t)(in * out);
    p.x = exact_numbers(precision, &state, shape_count(p.in));
    p.w = exact_numbers(precision, &state, p.weights);
    p.dy = exact_numbers(precision, &state, shape_count(p.out));
    return p;
}

/* Where element `index` in plain order lies: of blocks, or of [image][pixel][channel]. */
static size_t place(const struct winograd_shape *s, struct shape shape, size_t index)
{
    const size_t pixels = (size_t)(shape.height * shape.width), channels = (size_t)shape.channels;
    if (s->precision == PRECISION_F32)
        return blocked_place(shape, s->block, index);
    const size_t image = index / (channels * pixels), channel = index / pixels % channels;
    return (image * pixels + index % pixels) * channels + channel;
}

static void *map_of(const struct winograd_shape *s, struct shape shape, const double *plain)
{
    void *map = memory_aligned(shape_count(shape), precision_bytes(s->precision));
    for (size_t i = 0; i < shape_count(shape); i++)
        map_set(s->precision, map, place(s, shape, i), plain ? (float)plain[i] : NAN);
    return map;
}

static float *plain_map(const struct winograd_shape *s, struct shape shape, void *map)
{
    float *plain = memory_floats(shape_count(shape));
    for (size_t i = 0; i < shape_count(shape); i++)
        plain[i] = map_get(s->precision, map, place(s, shape, i));
    free(map);
    return plain;
}

/* Nothing may be left of what stands in the scratch memory and in the results: NaNs. */
static void solve(struct problem *p)
{
    const struct winograd_shape *s = &p->shape;
    struct layouts layouts = winograd_layouts(s, 1);
    const struct layout *forward =
        s->precision == PRECISION_F32 ? &layouts.weights : &layouts.forward;
    void *w = memory_aligned(p->weights, precision_bytes(s->precision));
    void *turned = memory_aligned(p->weights, precision_bytes(s->precision));
    assert_int_equal(layouts.weights.count, p->weights);
    for (size_t i = 0; i < p->weights; i++) {
        map_set(s->precision, w, layout_place_of(forward, i), (float)p->w[i]);
        map_set(s->precision, turned, layout_place_of(&layouts.backward, i), (float)p->w[i]);
    }
    const size_t floats = winograd_scratch(s);
    float *scratch = memory_floats(floats), *dw = memory_floats(p->weights);
    for (size_t i = 0; i < floats; i++)
        scratch[i] = NAN;
    void *x = map_of(s, p->in, p->x), *dy = map_of(s, p->out, p->dy);
    void *y = map_of(s, p->out, NULL), *dx = map_of(s, p->in, NULL);
    winograd_forward(s, x, w, scratch, y);
    winograd_backward_data(s, dy, turned, scratch, dx);
    winograd_backward_weights(s, x, dy, scratch, dw);
    p->y = plain_map(s, p->out, y);
    p->dx = plain_map(s, p->in, dx);
    p->dw = memory_floats(p->weights);
    for (size_t i = 0; i < p->weights; i++)
        p->dw[i] = dw[layout_place_of(&layouts.weights, i)];
    layouts_free(&layouts);
    void *all[] = {w, turned, scratch, dw, x, dy};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        free(all[i]);
}

static void problem_free(struct problem *p)
{
    void *all[] = {p->x, p->w, p->dy, p->y, p->dx, p->dw};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        free(all[i]);
}

static float *floats_of(const double *values, size_t count)
{
    float *floats = memory_floats(count);
    for (size_t i = 0; i < count; i++)
        floats[i] = (float)values[i];
    return floats;
}

/* ---- Bits ----------------------------------------------------------------------------------- */

/* One tile; tiles that fill no row of the product; maps that are not square; more channels than a
 * chain, and no multiple of it; an odd number of blocks; more tiles than are in hand at a time, and
 * no multiple of them. */
static const int cases[][5] = {{1, 32, 32, 4, 4},   {3, 32, 64, 4, 12},  {1, 96, 32, 12, 8},
                               {1, 160, 32, 4, 4},  {2, 32, 160, 8, 8},  {2, 64, 64, 16, 16},
                               {3, 32, 32, 20, 20}, {1, 32, 32, 32, 36}, {2, 128, 32, 32, 16},
                               {2, 16, 16, 32, 32}, {2, 16, 48, 8, 8},   {1, 112, 48, 8, 8}};

/* As a map of that precision holds them. */
static void store(enum precision precision, size_t count, float *values)
{
    for (size_t i = 0; i < count && precision == PRECISION_BF16; i++)
        values[i] = bf16_widen(bf16_round(values[i]));
}

static void check_twin(const int *c, int block, enum precision precision)
{
    struct problem p = problem_of(c[0], c[1], c[2], c[3], c[4], block, precision);
    solve(&p);
    float *x = floats_of(p.x, shape_count(p.in)), *w = floats_of(p.w, p.weights);
    float *dy = floats_of(p.dy, shape_count(p.out)), *turned = memory_floats(p.weights);
    for (int o = 0; o < p.out.channels; o++)
        for (int i = 0; i < p.in.channels; i++)
            for (int tap = 0; tap < FILTER; tap++)
                turned[(i * p.out.channels + o) * FILTER + FILTER - 1 - tap] =
                    w[(o * p.in.channels + i) * FILTER + tap];
    float *y = memory_floats(shape_count(p.out)), *dx = memory_floats(shape_count(p.in));
    float *dw = memory_floats(p.weights);
    twin_forward(p.in, p.out.channels, x, w, y);
    twin_forward(p.out, p.in.channels, dy, turned, dx);
    twin_backward_weights(p.in, p.out.channels, x, dy, dw);
    store(precision, shape_count(p.out), y);
    store(precision, shape_count(p.in), dx);
    assert_memory_equal(p.y, y, shape_count(p.out) * sizeof *y);
    assert_memory_equal(p.dx, dx, shape_count(p.in) * sizeof *dx);
    assert_memory_equal(p.dw, dw, p.weights * sizeof *dw);
    void *all[] = {x, w, dy, turned, y, dx, dw};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        free(all[i]);
    problem_free(&p);
}

TEST(bits_of_the_twin)
{
    for (int block = 8; block <= 16; block += 8)
        for (size_t c = 0; has_block(block) && c < sizeof cases / sizeof cases[0]; c++)
            check_twin(cases[c], block, PRECISION_F32);
    for (size_t c = 0; has(16, PRECISION_BF16) && c < sizeof cases / sizeof cases[0]; c++)
        check_twin(cases[c], 16, PRECISION_BF16);
}

/* A value that is no number, or too large for bf16, is so in the map. */
TEST(bits_of_infinite_numbers)
{
    if (!has(16, PRECISION_BF16))
        skip(); /* a CPU without AVX-512 */
    const float values[] = {INFINITY, -INFINITY, NAN, 0x1.ffp127f, -0x1.fep127f, 0x1p-140f};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct problem p = problem_of(1, 16, 16, 4, 4, 16, PRECISION_BF16);
        memset(p.w, 0, p.weights * sizeof *p.w);
        memset(p.x, 0, shape_count(p.in) * sizeof *p.x);
        p.w[4] = 1; /* the middle tap, of one channel to itself */
        p.x[0] = (double)bf16_widen(bf16_round(values[i]));
        solve(&p);
        float *x = floats_of(p.x, shape_count(p.in)), *w = floats_of(p.w, p.weights);
        float *y = memory_floats(shape_count(p.out));
        twin_forward(p.in, p.out.channels, x, w, y);
        for (size_t j = 0; j < shape_count(p.out); j++) {
            const float expected = bf16_widen(bf16_round(y[j]));
            assert_true(isnan(expected) ? isnan(p.y[j]) : p.y[j] == expected);
        }
        free(x);
        free(w);
        free(y);
        problem_free(&p);
    }
}

/* ---- Against double ------------------------------------------------------------------------- */

struct errors {
    double y, dx, dw; /* of the largest value */
};

/* What winograd.h states. */
static const struct errors limit = {2.0e-6, 2.0e-6, 1.5e-6};

/* In bf16 without what rounding may add, half a place of a number's last digit. */
static double error_of(enum precision precision, size_t count, const float *found,
                       const double *expected)
{
    const double half = precision == PRECISION_BF16 ? 0x1p-8 : 0;
    double *values = memory_zeroed(count, sizeof *values);
    for (size_t i = 0; i < count; i++) {
        const double error = (double)found[i] - expected[i];
        const double beyond = fabs(error) - half * fabs(expected[i]);
        values[i] =
            half == 0 || isnan(error) ? (double)found[i] : expected[i] + (beyond > 0 ? beyond : 0);
    }
    const double error = reference_error(count, values, expected);
    free(values);
    return error;
}

static struct errors errors_of(struct problem *p)
{
    const struct window window = {TAPS, 1, 1};
    double *y = memory_zeroed(shape_count(p->out), sizeof *y);
    double *dx = memory_zeroed(shape_count(p->in), sizeof *dx);
    double *dw = memory_zeroed(p->weights, sizeof *dw);
    solve(p);
    reference_convolution(p->in, p->out.channels, window, p->x, p->w, y);
    reference_convolution_backward(p->in, p->out.channels, window, p->x, p->w, p->dy, dx, dw);
    const enum precision precision = p->shape.precision;
    const struct errors errors = {error_of(precision, shape_count(p->out), p->y, y),
                                  error_of(precision, shape_count(p->in), p->dx, dx),
                                  error_of(PRECISION_F32, p->weights, p->dw, dw)};
    free(y);
    free(dx);
    free(dw);
    return errors;
}

static void check_errors(struct problem *p)
{
    const struct errors errors = errors_of(p);
    assert_true(errors.y < limit.y);
    assert_true(errors.dx < limit.dx);
    assert_true(errors.dw < limit.dw);
}

static int block_in_use(void)
{
    return has_block(16) ? 16 : 8;
}

TEST(errors_on_random_numbers)
{
    if (!has_block(8))
        skip(); /* a CPU without fused multiply-adds */
    const int shapes[][4] = {{2, 16, 16, 32},   {2, 32, 32, 32},  {4, 64, 64, 8}, {1, 64, 64, 32},
                             {2, 128, 128, 16}, {4, 256, 256, 8}, {1, 512, 64, 8}};
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        const int *s = shapes[i];
        for (int p = PRECISION_F32; p <= PRECISION_BF16; p++) {
            if (!has(block_in_use(), (enum precision)p))
                continue;
            struct problem problem =
                problem_of(s[0], s[1], s[2], s[3], s[3], block_in_use(), (enum precision)p);
            check_errors(&problem);
            problem_free(&problem);
        }
    }
}

/* ---- Networks ------------------------------------------------------------------------------- */

enum { BATCH = 16, SHARDS = 4, SHARD = BATCH / SHARDS, SEED = 3, STEPS = 20 };

/* Of 32, 64 and 128 channels. */
static struct experiment trained_experiment(enum convolution convolution)
{
    struct experiment experiment =
        network_fixture_experiment("family = wide-resnet\nwidth = 2\ndepth = 10\n", BATCH, SHARDS);
    experiment.epochs = STEPS;
    experiment.convolution = convolution;
    return experiment;
}

static void train(struct training *training, const struct experiment *experiment, int threads,
                  long steps)
{
    training_open(training, experiment, SEED, threads, "", NULL);
    network_initialise(training->network, SEED);
    for (long step = 1; step <= steps; step++) {
        const struct pass_result result =
            network_forward_backward(training->network, training_load_batch(training, step));
        assert_true(isfinite(result.loss_sum));
        training_sgd_update(training, step);
    }
}

/* What a layer gives for the first shard, in plain order. */
struct watched {
    const char *name;
    double *map;
    struct shape shape;
};

static void watch(void *context, const struct layer *layer, const struct extent *extent,
                  const void *map)
{
    struct watched *watched = context;
    if (watched->map || strcmp(layer->name, watched->name) != 0)
        return;
    const struct shape shape = {extent->images, extent->channels, extent->height, extent->width};
    watched->shape = shape;
    watched->map = memory_zeroed(shape_count(shape), sizeof *watched->map);
    for (size_t i = 0; i < shape_count(shape); i++)
        watched->map[i] = (double)((const float *)map)[blocked_place(shape, extent->block, i)];
}

static double *weights_of(struct network *network, const char *name)
{
    const struct parameters *parameters = network_parameters(network);
    for (int t = 0; t < parameters->count; t++) {
        const size_t count = parameters->tensors[t].count;
        if (strcmp(parameters->tensors[t].name, name) != 0)
            continue;
        float *floats = memory_floats(count);
        double *values = memory_zeroed(count, sizeof *values);
        parameters_get(parameters, t, TENSOR_WEIGHT, floats);
        for (size_t i = 0; i < count; i++)
            values[i] = (double)floats[i];
        free(floats);
        return values;
    }
    fail_msg("no tensor %s", name);
    return NULL;
}

/* A gradient as training has them: small, of very unequal sizes, most near 0. */
static double *gradient_numbers(size_t count)
{
    uint64_t state = 5;
    double *values = memory_zeroed(count, sizeof *values);
    for (size_t i = 0; i < count; i++)
        values[i] = (double)(float)(1e-4 * pow(reference_number(&state), 7));
    return values;
}

/* Maps and weights of the second convolution in each stage after 20 steps. */
TEST(errors_on_trained_tensors)
{
    if (!has_block(8))
        skip(); /* a CPU without fused multiply-adds */
    const struct experiment experiment = trained_experiment(CONVOLUTION_WINOGRAD);
    struct training training;
    train(&training, &experiment, 1, STEPS);
    for (int stage = 1; stage <= 3; stage++) {
        char *norm = memory_text("stage%d.unit1.norm2", stage);
        char *weight = memory_text("stage%d.unit1.conv2.weight", stage);
        struct watched watched = {.name = norm};
        network_watch(training.network, watch, &watched);
        network_evaluate(training.network, training_load_test_batch(&training, 0));
        network_watch(training.network, NULL, NULL);
        assert_non_null(watched.map);
        const struct shape s = watched.shape;
        struct problem p = {.shape = {s.images, s.channels, s.channels, s.height, s.width,
                                      block_in_use(), PRECISION_F32},
                            .in = s,
                            .out = s,
                            .weights = (size_t)(s.channels * s.channels * FILTER),
                            .x = watched.map,
                            .w = weights_of(training.network, weight),
                            .dy = gradient_numbers(shape_count(s))};
        check_errors(&p);
        problem_free(&p);
        free(norm);
        free(weight);
    }
    training_close(&training);
}

static struct digest digest_after(enum convolution convolution, enum precision precision,
                                  int threads)
{
    struct experiment experiment = trained_experiment(convolution);
    experiment.precision = precision;
    struct training training;
    train(&training, &experiment, threads, 3);
    const struct digest digest = parameters_digest(network_parameters(training.network));
    training_close(&training);
    return digest;
}

static void check_threads(enum precision precision, int is_there)
{
    const struct digest one = digest_after(CONVOLUTION_WINOGRAD, precision, 1);
    assert_string_equal(digest_after(CONVOLUTION_WINOGRAD, precision, 2).hex, one.hex);
    assert_string_equal(digest_after(CONVOLUTION_WINOGRAD, precision, 3).hex, one.hex);
    const struct digest direct = digest_after(CONVOLUTION_DIRECT, precision, 1);
    assert_int_equal(strcmp(direct.hex, one.hex) != 0, is_there);
}

TEST(threads_change_no_bit)
{
    check_threads(PRECISION_F32, has_block(8));
}

/* Where oneDNN has AMX, it computes directly. */
TEST(threads_change_no_bit_of_bf16)
{
    if (onednn_check_precision(PRECISION_BF16, NULL) != 0)
        skip();
    struct onednn *onednn = onednn_open(1);
    const int has_tiles = strstr(onednn_environment(onednn), "amx") != NULL;
    onednn_close(onednn);
    check_threads(PRECISION_BF16, !has_tiles);
}

/* ---- The rule ------------------------------------------------------------------------------- */

TEST(rule)
{
    const struct winograd_shape refused[] = {
        {1, 24, 32, 8, 8, 8, PRECISION_F32},  {1, 32, 24, 8, 8, 8, PRECISION_F32},
        {1, 32, 3, 8, 8, 8, PRECISION_F32},   {1, 32, 32, 10, 8, 8, PRECISION_F32},
        {1, 32, 32, 8, 10, 8, PRECISION_F32}, {1, 32, 32, 8, 8, 4, PRECISION_F32},
        {1, 32, 32, 8, 8, 8, PRECISION_BF16}, {1, 24, 32, 8, 8, 16, PRECISION_BF16}};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        assert_false(winograd_suits(&refused[i]));
    assert_int_equal(has_block(8), __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"));
}
