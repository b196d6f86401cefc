/* A 1x1 convolution of a batch norm with ReLU, in one pass, against a plain twin, bit for bit. Its
 * gradients in whole networks are tested in test_families.c. */
#include "network/pointwise.h"

#include "base/memory.h"
#include "network/onednn.h"
#include "tests/network_fixture.h"
#include "tests/tests.h"
#include "train/training.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TILE = 64, MOST_INPUTS = 6, IMAGES = 3, COUNT = 2 };

/* Channels of each input, 0: no more of them; output channels; the maps' sides. */
struct setting {
    int inputs[MOST_INPUTS], out, height, width;
};

/* One map; lanes that fill no block, odd ones too; more than a panel; outputs that fill no block and
 * more than a panel; several tiles. */
static const struct setting settings[] = {
    {{16}, 16, 8, 8},       {{24, 12, 12, 12}, 48, 8, 16},
    {{12, 5, 5}, 20, 8, 8}, {{64, 12, 7}, 108, 16, 16},
    {{3}, 12, 8, 8},        {{24, 12, 12, 12, 12, 12}, 48, 8, 8}};

/* Arrays with an entry per channel are as the batch norm has them in memory: channel c of all is
 * entry where[c]. */
struct problem {
    enum precision precision;
    struct extent extents[MOST_INPUTS], out;
    int input_count, channels, outs, wide;
    int input_of[256], channel_of[256], where[256];
    struct pointwise *pointwise;
    void *x[MOST_INPUTS], *residual[MOST_INPUTS], *dx[MOST_INPUTS], *y, *dy;
    float *norm[5]; /* scale, shift, mean, offset, slope */
    float *weights; /* [out][in] */
    double *sums;
    float *dw; /* [out][in] */
};

static float number(enum precision precision, uint64_t *state)
{
    const float value = (float)reference_number(state);
    return precision == PRECISION_BF16 ? bf16_widen(bf16_round(value)) : value;
}

/* Numbers in the first `channels` of each image's pixels, 0 in the others. */
static void *map_of(const struct extent *e, int channels, uint64_t *state)
{
    void *map = memory_aligned(map_offset(e, e->images, 0, 0), precision_bytes(e->precision));
    for (int n = 0; n < e->images; n++)
        for (int c = 0; c < channels; c++)
            for (int p = 0; p < map_pixels(e); p++)
                map_set(e->precision, map, map_place(e, n, c, p), number(e->precision, state));
    return map;
}

static struct extent extent_of(const struct setting *s, int channels, int block,
                               enum precision precision)
{
    return (struct extent){.images = IMAGES,
                           .count = COUNT,
                           .channels = architecture_round_to_block(channels, block),
                           .height = s->height,
                           .width = s->width,
                           .block = block,
                           .precision = precision};
}

static void make_inputs(struct problem *p, const struct setting *s, int block, uint64_t *state)
{
    struct pointwise_input inputs[MOST_INPUTS];
    for (int i = 0; i < MOST_INPUTS && s->inputs[i]; i++) {
        struct extent *e = &p->extents[p->input_count++];
        *e = extent_of(s, s->inputs[i], block, p->precision);
        e->wide_first = p->wide;
        for (int c = 0; c < s->inputs[i]; c++) {
            p->input_of[p->channels] = i;
            p->channel_of[p->channels] = c;
            p->where[p->channels++] = p->wide + c;
        }
        p->wide += e->channels;
        p->x[i] = map_of(e, s->inputs[i], state);
        p->residual[i] = map_of(e, s->inputs[i], state);
        p->dx[i] = map_of(e, e->channels, state);
    }
    for (int i = 0; i < p->input_count; i++) {
        p->extents[i].wide_channels = p->wide;
        inputs[i] = (struct pointwise_input){p->extents[i], &s->inputs[i], 1};
    }
    p->pointwise = pointwise_create(inputs, p->input_count, &p->out);
}

static struct problem problem_of(const struct setting *s, int block, enum precision precision)
{
    struct problem p = {.precision = precision, .outs = s->out};
    uint64_t state = (uint64_t)s->out;
    p.out = extent_of(s, s->out, block, precision);
    make_inputs(&p, s, block, &state);
    p.y = map_of(&p.out, p.out.channels, &state);
    p.dy = map_of(&p.out, s->out, &state);
    for (int i = 0; i < 5; i++) {
        p.norm[i] = memory_floats((size_t)p.wide);
        for (int c = 0; c < p.channels; c++)
            p.norm[i][p.where[c]] = (float)reference_number(&state);
    }
    p.weights = memory_floats((size_t)(s->out * p.channels));
    for (int i = 0; i < s->out * p.channels; i++)
        p.weights[i] = number(precision, &state);
    p.sums = memory_zeroed(2 * (size_t)p.wide, sizeof *p.sums);
    p.dw = memory_floats((size_t)(s->out * p.channels));
    return p;
}

/* The weights as the passes read them, and their layouts; free all. */
struct copies {
    struct layouts layouts;
    void *forward, *backward;
};

/* Where weight [out][channel], in the canonical order, lies. */
static size_t weight_place(const struct problem *p, const struct layout *layout, int weight)
{
    const int c = weight % p->channels;
    return layout_place(layout, weight / p->channels,
                        p->extents[p->input_of[c]].wide_first + p->channel_of[c], 0);
}

static struct copies copies_of(const struct problem *p)
{
    const size_t bytes = precision_bytes(p->precision);
    struct copies copies = {.layouts = pointwise_layouts(p->pointwise)};
    const struct layouts *layouts = &copies.layouts;
    const struct layout *forward =
        p->precision == PRECISION_F32 ? &layouts->weights : &layouts->forward;
    copies.forward = memory_aligned(forward->count, bytes);
    copies.backward = memory_aligned(layouts->backward.count, bytes);
    for (int i = 0; i < p->outs * p->channels; i++) {
        map_set(p->precision, copies.forward, weight_place(p, forward, i), p->weights[i]);
        map_set(p->precision, copies.backward, weight_place(p, &layouts->backward, i),
                p->weights[i]);
    }
    return copies;
}

static void copies_free(struct copies *copies)
{
    layouts_free(&copies->layouts);
    free(copies->forward);
    free(copies->backward);
}

static float *filled(size_t count)
{
    float *floats = memory_floats(count);
    for (size_t i = 0; i < count; i++)
        floats[i] = NAN;
    return floats;
}

static struct pointwise_norm norm_of(const struct problem *p)
{
    return (struct pointwise_norm){p->norm[0], p->norm[1], p->norm[2], p->norm[3], p->norm[4]};
}

/* Every second input has a residual. */
static void *residual_of(const struct problem *p, int input)
{
    return input % 2 == 0 ? p->residual[input] : NULL;
}

static void solve_backward(struct problem *p, const struct pointwise_part *parts, int count,
                           int first)
{
    float *scratch = filled(2 * pointwise_scratch(p->pointwise));
    const void *x[MOST_INPUTS], *residuals[MOST_INPUTS];
    for (int i = 0; i < p->input_count; i++) {
        x[i] = p->x[i];
        residuals[i] = residual_of(p, i);
    }
    const struct pointwise_pass pass = {.images = COUNT, .inputs = x, .scratch = scratch};
    pointwise_backward(parts, count, first, &pass, residuals, p->dx);
    free(scratch);
}

/* By the kernels. Nothing may be left of what stood in scratch memory or in the results. */
static void solve(struct problem *p)
{
    struct copies copies = copies_of(p);
    float *scratch = filled(pointwise_scratch(p->pointwise));
    float *dw = filled(copies.layouts.weights.count);
    const void *x[MOST_INPUTS];
    for (int i = 0; i < p->input_count; i++)
        x[i] = p->x[i];
    struct pointwise_pass pass = {.images = COUNT,
                                  .inputs = x,
                                  .norm = norm_of(p),
                                  .weights = copies.forward,
                                  .scratch = scratch};
    pointwise_forward(p->pointwise, &pass, p->y);
    pass.weights = copies.backward;
    pointwise_backward_sums(p->pointwise, &pass, p->dy, dw, p->sums);
    for (int i = 0; i < p->outs * p->channels; i++)
        p->dw[i] = dw[weight_place(p, &copies.layouts.weights, i)];
    for (size_t i = 0; i < copies.layouts.weights.count; i++)
        assert_true(dw[i] == dw[i]);
    const struct pointwise_part part = {p->pointwise, norm_of(p), copies.backward, p->dy};
    solve_backward(p, &part, 1, 0);
    free(scratch);
    free(dw);
    copies_free(&copies);
}

static void problem_free(struct problem *p)
{
    for (int i = 0; i < p->input_count; i++) {
        free(p->x[i]);
        free(p->residual[i]);
        free(p->dx[i]);
    }
    for (int i = 0; i < 5; i++)
        free(p->norm[i]);
    void *all[] = {p->y, p->dy, p->weights, p->sums, p->dw};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        free(all[i]);
    pointwise_free(p->pointwise);
}

/* ---- The twin: numbers one by one, in plain order ------------------------------------------- */

static float x_at(const struct problem *p, int image, int c, int pixel)
{
    const int i = p->input_of[c];
    return map_number(&p->extents[i], p->x[i], image, p->channel_of[c], pixel);
}

static float normalised(const struct problem *p, int image, int c, int pixel)
{
    const int w = p->where[c];
    return x_at(p, image, c, pixel) * p->norm[0][w] + p->norm[1][w];
}

static float z_at(const struct problem *p, int image, int c, int pixel)
{
    const float y = normalised(p, image, c, pixel), z = y <= 0 ? 0 : y;
    return p->precision == PRECISION_BF16 ? bf16_widen(bf16_round(z)) : z;
}

static float dy_at(const struct problem *p, int image, int o, int pixel)
{
    return map_number(&p->out, p->dy, image, o, pixel);
}

/* Of one image, a[k] b[k] in order; in bf16 by twos, where the second one comes first. `pair[k]`:
 * whether k and k + 1 are two. */
static float chained(const struct problem *p, int count, const float *a, const float *b,
                     const unsigned char *pair)
{
    float sum = 0;
    for (int k = 0; k < count; k++) {
        const int is_pair = p->precision == PRECISION_BF16 && pair[k] && k + 1 < count;
        if (is_pair)
            sum = fmaf(a[k + 1], b[k + 1], sum);
        sum = fmaf(a[k], b[k], sum);
        k += is_pair;
    }
    return sum;
}

/* Channels are two where both are in one block. */
static void pair_channels(const struct problem *p, unsigned char *pair)
{
    for (int c = 0; c < p->channels; c++)
        pair[c] = p->channel_of[c] % 2 == 0 && c + 1 < p->channels &&
                  p->input_of[c + 1] == p->input_of[c];
}

static void check_forward(const struct problem *p)
{
    float z[256], w[256];
    unsigned char pair[256];
    pair_channels(p, pair);
    for (int n = 0; n < COUNT; n++) {
        for (int pixel = 0; pixel < map_pixels(&p->out); pixel++) {
            for (int c = 0; c < p->channels; c++)
                z[c] = z_at(p, n, c, pixel);
            for (int o = 0; o < p->out.channels; o++) {
                for (int c = 0; c < p->channels; c++)
                    w[c] = o < p->outs ? p->weights[o * p->channels + c] : 0;
                float y = chained(p, p->channels, z, w, pair);
                if (p->precision == PRECISION_BF16)
                    y = bf16_widen(bf16_round(y));
                assert_true(map_number(&p->out, p->y, n, o, pixel) == y);
            }
        }
    }
}

static void check_weights(const struct problem *p)
{
    float z[TILE], dy[TILE];
    unsigned char pair[TILE];
    memset(pair, 1, sizeof pair);
    for (int o = 0; o < p->outs; o++) {
        for (int c = 0; c < p->channels; c++) {
            float total = 0;
            for (int n = 0; n < COUNT; n++) {
                for (int first = 0; first < map_pixels(&p->out); first += TILE) {
                    for (int i = 0; i < TILE; i++) {
                        z[i] = z_at(p, n, c, first + i);
                        dy[i] = dy_at(p, n, o, first + i);
                    }
                    total += chained(p, TILE, z, dy, pair);
                }
            }
            assert_true(p->dw[o * p->channels + c] == total);
        }
    }
}

/* dz where ReLU let the value pass. */
static float passed(const struct problem *p, int image, int c, int pixel)
{
    float w[256], dy[256];
    unsigned char pair[256];
    for (int o = 0; o < p->outs; o++) {
        w[o] = p->weights[o * p->channels + c];
        dy[o] = dy_at(p, image, o, pixel);
        pair[o] = 1;
    }
    const float dz = chained(p, p->outs, dy, w, pair);
    return normalised(p, image, c, pixel) <= 0 ? 0 : dz;
}

static float dx_of(const struct problem *p, int image, int c, int pixel)
{
    const int w = p->where[c];
    const float x = x_at(p, image, c, pixel) - p->norm[2][w];
    return p->norm[0][w] * passed(p, image, c, pixel) + (p->norm[3][w] + p->norm[4][w] * x);
}

/* What stands in the map of channel c is dx and the residual. */
static void check_dx(const struct problem *p, int image, int c, int pixel, float dx)
{
    const int i = p->input_of[c], channel = p->channel_of[c];
    if (residual_of(p, i))
        dx += map_number(&p->extents[i], p->residual[i], image, channel, pixel);
    if (p->precision == PRECISION_BF16)
        dx = bf16_widen(bf16_round(dx));
    assert_true(map_number(&p->extents[i], p->dx[i], image, channel, pixel) == dx);
}

static void check_inputs(const struct problem *p)
{
    for (int c = 0; c < p->channels; c++) {
        const int w = p->where[c];
        double sum = 0, product = 0;
        for (int n = 0; n < COUNT; n++) {
            for (int first = 0; first < map_pixels(&p->out); first += TILE) {
                float s[4] = {0}, q[4] = {0};
                for (int pixel = first; pixel < first + TILE; pixel++) {
                    const float x = x_at(p, n, c, pixel) - p->norm[2][w];
                    const float dz = passed(p, n, c, pixel);
                    s[pixel % 4] += dz;
                    q[pixel % 4] += dz * x;
                    check_dx(p, n, c, pixel, dx_of(p, n, c, pixel));
                }
                sum += (double)((s[0] + s[1]) + (s[2] + s[3]));
                product += (double)((q[0] + q[1]) + (q[2] + q[3]));
            }
        }
        assert_true(p->sums[w] == sum);
        assert_true(p->sums[p->wide + w] == product);
    }
}

/* Channels that only fill blocks are 0, and so are gradients of images that are not valid. */
static void check_rest(const struct problem *p)
{
    for (int i = 0; i < p->input_count; i++) {
        const struct extent *e = &p->extents[i];
        int channels = 0;
        for (int c = 0; c < p->channels; c++)
            channels += p->input_of[c] == i;
        for (int n = 0; n < IMAGES; n++)
            for (int c = n < COUNT ? channels : 0; c < e->channels; c++)
                for (int pixel = 0; pixel < map_pixels(e); pixel++)
                    assert_true(map_number(e, p->dx[i], n, c, pixel) == 0);
        for (int c = channels; c < e->channels; c++)
            assert_true(p->sums[e->wide_first + c] == 0 &&
                        p->sums[p->wide + e->wide_first + c] == 0);
    }
}

static int has(int block, enum precision precision)
{
    return pointwise_suits(&(struct extent){
        .channels = block, .height = 8, .width = 8, .block = block, .precision = precision});
}

static void check(int block, enum precision precision)
{
    for (size_t i = 0; has(block, precision) && i < sizeof settings / sizeof settings[0]; i++) {
        struct problem p = problem_of(&settings[i], block, precision);
        solve(&p);
        check_forward(&p);
        check_weights(&p);
        check_inputs(&p);
        check_rest(&p);
        problem_free(&p);
    }
}

TEST(bits_of_the_twin)
{
    check(8, PRECISION_F32);
    check(16, PRECISION_F32);
    check(16, PRECISION_BF16);
}

/* ---- Parts ---------------------------------------------------------------------------------- */

/* Two that read the same three maps, of which the second one reads more: together for those, and
 * the second one alone for the others. */
static void check_parts(int block, enum precision precision)
{
    const struct setting first = {{24, 12, 12}, 48, 8, 16},
                         second = {{24, 12, 12, 12, 5}, 60, 8, 16};
    if (!has(block, precision))
        return;
    struct problem one = problem_of(&first, block, precision);
    struct problem two = problem_of(&second, block, precision);
    for (int i = 0; i < one.input_count; i++) {
        free(one.x[i]);
        one.x[i] = two.x[i];
    }
    assert_true(pointwise_splits(two.pointwise, one.input_count) > 0);
    assert_int_equal(pointwise_splits(two.pointwise, 1), block == 16 ? -1 : 1);
    assert_int_equal(pointwise_splits(two.pointwise, 0), 0);
    struct copies of_one = copies_of(&one), of_two = copies_of(&two);
    const struct pointwise_part parts[] = {{one.pointwise, norm_of(&one), of_one.backward, one.dy},
                                           {two.pointwise, norm_of(&two), of_two.backward, two.dy}};
    solve_backward(&one, parts, 2, 0);
    solve_backward(&two, parts + 1, 1, one.input_count);
    for (int c = 0; c < two.channels; c++)
        for (int n = 0; n < COUNT; n++)
            for (int pixel = 0; pixel < map_pixels(&two.out); pixel++) {
                const float dx = dx_of(&two, n, c, pixel);
                if (c < one.channels)
                    check_dx(&one, n, c, pixel, dx_of(&one, n, c, pixel) + dx);
                else
                    check_dx(&two, n, c, pixel, dx);
            }
    for (int i = 0; i < one.input_count; i++)
        one.x[i] = NULL;
    copies_free(&of_one);
    copies_free(&of_two);
    problem_free(&one);
    problem_free(&two);
}

TEST(parts)
{
    check_parts(8, PRECISION_F32);
    check_parts(16, PRECISION_F32);
    check_parts(16, PRECISION_BF16);
}

/* ---- Networks ------------------------------------------------------------------------------- */

static struct digest digest_after(enum convolution convolution, enum precision precision,
                                  int threads)
{
    struct experiment experiment = network_fixture_experiment(
        "family = densenet-bc\ngrowth = 12\ndepth = 16\ndropout = 0.2\n", 12, 3);
    experiment.train_pictures = 60;
    experiment.test_pictures = 1;
    experiment.convolution = convolution;
    experiment.precision = precision;
    struct training training;
    training_open(&training, &experiment, 1, threads, NULL, NULL);
    network_initialise(training.network, 1);
    for (long step = 1; step <= 3; step++) {
        const int count = training_load_batch(&training, step);
        network_forward_backward(training.network, step == 2 ? count - 5 : count);
        training_sgd_update(&training, step);
    }
    const struct digest digest = parameters_digest(network_parameters(training.network));
    training_close(&training);
    return digest;
}

static void check_threads(enum precision precision)
{
    const struct digest one = digest_after(CONVOLUTION_FUSED, precision, 1);
    assert_string_equal(digest_after(CONVOLUTION_FUSED, precision, 2).hex, one.hex);
    assert_string_equal(digest_after(CONVOLUTION_FUSED, precision, 3).hex, one.hex);
    const struct digest other = digest_after(CONVOLUTION_WINOGRAD, precision, 1);
    const int is_there =
        onednn_lacks_tiles(precision) && has(precision == PRECISION_F32 ? 8 : 16, precision);
    assert_int_equal(strcmp(other.hex, one.hex) != 0, is_there);
}

TEST(threads_change_no_bit)
{
    check_threads(PRECISION_F32);
    if (onednn_check_precision(PRECISION_BF16, NULL) == 0)
        check_threads(PRECISION_BF16);
}

/* ---- The rule ------------------------------------------------------------------------------- */

TEST(rule)
{
    const struct extent refused[] = {
        {.height = 8, .width = 7, .block = 8, .precision = PRECISION_F32},
        {.height = 4, .width = 8, .block = 8, .precision = PRECISION_F32},
        {.height = 8, .width = 8, .block = 4, .precision = PRECISION_F32},
        {.height = 8, .width = 8, .block = 8, .precision = PRECISION_BF16}};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        assert_false(pointwise_suits(&refused[i]));
    assert_int_equal(has(8, PRECISION_F32),
                     __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"));
}
