/* BN_RELU layers that read several maps side by side, as DenseNet's do:
 * batch_norm.h against the reference over the maps' concatenation. */
#include "base/memory.h"
#include "network/batch_norm.h"
#include "tests/blocked.h"
#include "tests/tests.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Five images in three shards of two; the last shard has one. Three maps of 16, 32 and 16 channels.
 * The BN_RELU under test reads all of them; one before it has read the third and the first, in that
 * order, and so owns their statistics. */
enum { SHARDS = 3, EACH = 2, TOTAL = 5, HEIGHT = 4, WIDTH = 6, PIXELS = HEIGHT * WIDTH };
enum { MAPS = 3, CHANNELS = 64, EARLIER = 32, VALUES = TOTAL * CHANNELS * PIXELS };

static const int first_of[MAPS] = {0, 16, 48}, channels_of[MAPS] = {16, 32, 16};
static const int earlier_first_of[MAPS] = {16, -1, 0};

static const int blocks[] = {8, 16};
static const double step = 1e-6, tolerance = 1e-5, gradient_tolerance = 1e-4;
static const struct shape whole = {TOTAL, CHANNELS, HEIGHT, WIDTH};

/* ---- The concatenation in plain order, and its parts ------------------------------------------
 */

static int count_of(int shard)
{
    return TOTAL - shard * EACH < EACH ? TOTAL - shard * EACH : EACH;
}

static struct shape shape_of(int shard, int channels)
{
    return (struct shape){count_of(shard), channels, HEIGHT, WIDTH};
}

/* Channels [first, first + channels) of the images of a shard, in plain order. */
static double *part(const double *all, int shard, int first, int channels)
{
    double *values = memory_zeroed((size_t)(EACH * channels * PIXELS), sizeof *values),
           *to = values;
    for (int n = shard * EACH; n < shard * EACH + count_of(shard); n++, to += channels * PIXELS)
        memcpy(to, all + (n * CHANNELS + first) * PIXELS, (size_t)(channels * PIXELS) * sizeof *to);
    return values;
}

static float *map_of(const double *all, int block, int shard, int first, int channels)
{
    double *values = all ? part(all, shard, first, channels) : NULL;
    float *map = blocked_map(shape_of(shard, channels), block, EACH, values);
    free(values);
    return map;
}

static void check_part(const double *expected, int block, int shard, int first, int channels,
                       const float *map, double error, float beyond)
{
    double *values = part(expected, shard, first, channels);
    blocked_check(shape_of(shard, channels), block, EACH, map, values, error, beyond);
    free(values);
}

static void check_floats(int count, const float *found, const double *expected, double error)
{
    double values[CHANNELS];
    for (int c = 0; c < count; c++)
        values[c] = (double)found[c];
    assert_true(reference_error((size_t)count, values, expected) < error);
}

/* ---- Reference ------------------------------------------------------------------------------- */

struct expected {
    double *x, *gradient, *gradient2, *residual; /* inputs */
    double *y, *dx;                              /* dx with the residual */
    double gamma[CHANNELS], beta[CHANNELS], dgamma[CHANNELS], dbeta[CHANNELS];
    double mean[CHANNELS], variance[CHANNELS];
};

/* Channel `c`: the sum of the outputs, each times what flows back to it. */
static double objective(const struct expected *e, int c)
{
    const struct shape one = {TOTAL, 1, HEIGHT, WIDTH};
    double x[TOTAL * PIXELS], y[TOTAL * PIXELS], mean, variance, sum = 0;
    for (int n = 0; n < TOTAL; n++)
        memcpy(x + n * PIXELS, e->x + (n * CHANNELS + c) * PIXELS, PIXELS * sizeof *x);
    reference_statistics(one, x, &mean, &variance);
    reference_norm(one, x, &mean, &variance, &e->gamma[c], &e->beta[c], y);
    for (int i = 0; i < TOTAL * PIXELS; i++) {
        const int at = (i / PIXELS * CHANNELS + c) * PIXELS + i % PIXELS;
        sum += (e->gradient[at] + e->gradient2[at]) * y[i];
    }
    return sum;
}

static double derivative(const struct expected *e, int channel, double *of)
{
    const double kept = *of;
    *of = kept + step;
    const double more = objective(e, channel);
    *of = kept - step;
    const double less = objective(e, channel);
    *of = kept;
    return (more - less) / (2 * step);
}

static struct expected expect(void)
{
    uint64_t state = 53;
    struct expected e = {.x = blocked_numbers(&state, VALUES),
                         .gradient = blocked_numbers(&state, VALUES),
                         .gradient2 = blocked_numbers(&state, VALUES),
                         .residual = blocked_numbers(&state, VALUES),
                         .y = memory_zeroed(VALUES, sizeof(double)),
                         .dx = memory_zeroed(VALUES, sizeof(double))};
    for (int c = 0; c < CHANNELS; c++) {
        e.gamma[c] = (double)(float)(1 + 0.5 * reference_number(&state));
        e.beta[c] = (double)(float)(0.5 * reference_number(&state));
    }
    reference_statistics(whole, e.x, e.mean, e.variance);
    reference_norm(whole, e.x, e.mean, e.variance, e.gamma, e.beta, e.y);
    for (int c = 0; c < CHANNELS; c++) {
        e.dgamma[c] = derivative(&e, c, &e.gamma[c]);
        e.dbeta[c] = derivative(&e, c, &e.beta[c]);
    }
    for (int i = 0; i < VALUES; i++)
        e.dx[i] = derivative(&e, i / PIXELS % CHANNELS, &e.x[i]) + e.residual[i];
    return e;
}

static void expected_free(struct expected *e)
{
    double *all[] = {e->x, e->gradient, e->gradient2, e->residual, e->y, e->dx};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        free(all[i]);
}

/* ---- The two BN_RELU layers
 * ----------------------------------------------------------------------------
 */

/* A BN_RELU and the arrays that would lie in the parameters' arenas. */
struct trial {
    struct batch_norm batch_norm;
    _Alignas(CACHE_LINE) float gamma[CHANNELS], beta[CHANNELS];
    _Alignas(CACHE_LINE) float gamma_gradient[CHANNELS], beta_gradient[CHANNELS];
    _Alignas(CACHE_LINE) float running_mean[CHANNELS], running_variance[CHANNELS];
    float old_mean[CHANNELS], old_variance[CHANNELS];
};

/* Its sums are NaN until a pass has written them. */
static void trial_prepare(struct trial *t, struct batch_norm_group *groups, int count,
                          uint64_t *state)
{
    t->batch_norm = (struct batch_norm){.gamma = t->gamma,
                                        .beta = t->beta,
                                        .gamma_gradient = t->gamma_gradient,
                                        .beta_gradient = t->beta_gradient,
                                        .running_mean = t->running_mean,
                                        .running_variance = t->running_variance};
    batch_norm_allocate(&t->batch_norm, groups, count, SHARDS);
    for (int c = 0; c < t->batch_norm.channels; c++) {
        t->running_mean[c] = t->old_mean[c] = (float)reference_number(state);
        t->running_variance[c] = t->old_variance[c] = (float)(2 + reference_number(state));
    }
    for (int i = 0; i < SHARDS * 2 * t->batch_norm.channels; i++)
        t->batch_norm.sums[i] = NAN;
}

static struct batch_norm_group *groups_of(struct trial *earlier, struct trial *all, int wide)
{
    struct batch_norm_group *groups = memory_zeroed(MAPS, sizeof *groups);
    if (!wide) {
        groups[0] = (struct batch_norm_group){0, 16, &earlier->batch_norm, 0};
        groups[1] = (struct batch_norm_group){16, 16, &earlier->batch_norm, 16};
        return groups;
    }
    for (int m = 0; m < MAPS; m++) {
        const int known = earlier_first_of[m] >= 0;
        groups[m] = (struct batch_norm_group){first_of[m], channels_of[m],
                                              known ? &earlier->batch_norm : &all->batch_norm,
                                              known ? earlier_first_of[m] : first_of[m]};
    }
    return groups;
}

static struct extent extent_of(int block, int shard, int map, int wide_channels, int wide_first)
{
    return (struct extent){EACH,  count_of(shard), channels_of[map], HEIGHT,    WIDTH,
                           block, PRECISION_F32,   wide_channels,    wide_first};
}

static void check_running(const struct trial *t, const struct expected *e, const int *source)
{
    const double samples = TOTAL * PIXELS;
    double mean[CHANNELS], variance[CHANNELS];
    for (int c = 0; c < t->batch_norm.channels; c++) {
        const int from = source ? source[c] : c;
        mean[c] = 0.9 * (double)t->old_mean[c] + 0.1 * e->mean[from];
        variance[c] =
            0.9 * (double)t->old_variance[c] + 0.1 * e->variance[from] * samples / (samples - 1);
    }
    check_floats(t->batch_norm.channels, t->running_mean, mean, tolerance);
    check_floats(t->batch_norm.channels, t->running_variance, variance, tolerance);
}

/* Statistics of both BN_RELU layers: the earlier one sums its two maps, the other only the map that
 * is new to it. */
static void forward(struct trial *earlier, struct trial *all, const struct expected *e, int block,
                    float *maps[SHARDS][MAPS])
{
    for (int s = 0; s < SHARDS; s++)
        for (int m = 0; m < MAPS; m++)
            if (earlier_first_of[m] >= 0)
                bn_relu_sums(extent_of(block, s, m, EARLIER, earlier_first_of[m]), maps[s][m], NULL,
                             earlier->running_mean, batch_norm_shard_sums(&earlier->batch_norm, s));
            else
                bn_relu_sums(extent_of(block, s, m, CHANNELS, first_of[m]), maps[s][m], NULL,
                             all->running_mean, batch_norm_shard_sums(&all->batch_norm, s));
    for (int s = 0; s < SHARDS; s++)
        for (int i = 0; i < 2 * CHANNELS; i++) {
            const int c = i % CHANNELS, own = c >= first_of[1] && c < first_of[2];
            assert_int_equal(!isnan(batch_norm_shard_sums(&all->batch_norm, s)[i]), own);
        }
    batch_norm_finish(&earlier->batch_norm, SHARDS, TOTAL * PIXELS);
    batch_norm_finish(&all->batch_norm, SHARDS, TOTAL * PIXELS);
    int source[EARLIER];
    for (int c = 0; c < EARLIER; c++)
        source[c] = c < 16 ? first_of[2] + c : c - 16;
    check_running(earlier, e, source);
    check_running(all, e, NULL);
}

static void check_apply(const struct trial *all, const struct expected *e, int block,
                        float *maps[SHARDS][MAPS])
{
    for (int s = 0; s < SHARDS; s++) {
        float *y = map_of(NULL, block, s, 0, CHANNELS);
        for (int m = 0; m < MAPS; m++)
            bn_relu_apply(extent_of(block, s, m, CHANNELS, first_of[m]), maps[s][m],
                          all->batch_norm.scale, all->batch_norm.shift, y);
        check_part(e->y, block, s, 0, CHANNELS, y, tolerance, BLOCKED_REST);
        free(y);
    }
}

static void check_backward(struct trial *all, const struct expected *e, int block,
                           float *maps[SHARDS][MAPS])
{
    struct bn_relu_backward in[SHARDS][MAPS];
    float *gradient[SHARDS], *gradient2[SHARDS];
    for (int s = 0; s < SHARDS; s++) {
        gradient[s] = map_of(e->gradient, block, s, 0, CHANNELS);
        gradient2[s] = map_of(e->gradient2, block, s, 0, CHANNELS);
        for (int m = 0; m < MAPS; m++) {
            in[s][m] = (struct bn_relu_backward){maps[s][m],
                                                 gradient[s],
                                                 gradient2[s],
                                                 all->batch_norm.scale,
                                                 all->batch_norm.shift,
                                                 all->batch_norm.mean,
                                                 all->batch_norm.offset,
                                                 all->batch_norm.slope};
            bn_relu_backward_sums(extent_of(block, s, m, CHANNELS, first_of[m]), &in[s][m],
                                  batch_norm_shard_sums(&all->batch_norm, s));
        }
    }
    batch_norm_backward_finish(&all->batch_norm, SHARDS, TOTAL * PIXELS);
    check_floats(CHANNELS, all->gamma_gradient, e->dgamma, gradient_tolerance);
    check_floats(CHANNELS, all->beta_gradient, e->dbeta, gradient_tolerance);
    for (int s = 0; s < SHARDS; s++) {
        for (int m = 0; m < MAPS; m++) {
            float *residual = map_of(e->residual, block, s, first_of[m], channels_of[m]);
            float *dx = map_of(NULL, block, s, first_of[m], channels_of[m]);
            bn_relu_backward_apply(extent_of(block, s, m, CHANNELS, first_of[m]), &in[s][m],
                                   residual, dx);
            check_part(e->dx, block, s, first_of[m], channels_of[m], dx, gradient_tolerance, 0);
            free(residual);
            free(dx);
        }
        free(gradient[s]);
        free(gradient2[s]);
    }
}

/* After batch_norm_freeze() the running statistics take the place of the minibatch's. */
static void check_frozen(struct trial *all, const struct expected *e, int block,
                         float *maps[SHARDS][MAPS])
{
    struct expected frozen = *e;
    frozen.y = memory_zeroed(VALUES, sizeof *frozen.y);
    for (int c = 0; c < CHANNELS; c++) {
        frozen.mean[c] = (double)all->running_mean[c];
        frozen.variance[c] = (double)all->running_variance[c];
    }
    reference_norm(whole, e->x, frozen.mean, frozen.variance, e->gamma, e->beta, frozen.y);
    batch_norm_freeze(&all->batch_norm);
    check_apply(all, &frozen, block, maps);
    free(frozen.y);
}

TEST(maps_side_by_side)
{
    struct expected e = expect();
    for (int i = 0; i < 2; i++) {
        uint64_t numbers_state = 59;
        struct trial earlier, all;
        trial_prepare(&earlier, groups_of(&earlier, &all, 0), 2, &numbers_state);
        trial_prepare(&all, groups_of(&earlier, &all, 1), MAPS, &numbers_state);
        for (int c = 0; c < CHANNELS; c++) {
            all.gamma[c] = (float)e.gamma[c];
            all.beta[c] = (float)e.beta[c];
            earlier.gamma[c] = earlier.beta[c] = -3; /* of no concern to the other */
        }
        float *maps[SHARDS][MAPS];
        for (int s = 0; s < SHARDS; s++)
            for (int m = 0; m < MAPS; m++)
                maps[s][m] = map_of(e.x, blocks[i], s, first_of[m], channels_of[m]);
        assert_int_equal(all.batch_norm.channels, CHANNELS);
        forward(&earlier, &all, &e, blocks[i], maps);
        check_apply(&all, &e, blocks[i], maps);
        check_backward(&all, &e, blocks[i], maps);
        check_frozen(&all, &e, blocks[i], maps);
        for (int s = 0; s < SHARDS; s++)
            for (int m = 0; m < MAPS; m++)
                free(maps[s][m]);
        batch_norm_free(&earlier.batch_norm);
        batch_norm_free(&all.batch_norm);
    }
    expected_free(&e);
}
