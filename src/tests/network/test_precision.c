/* bf16: its rounding, against its definition; BN_RELU's kernels on bf16 maps, against plain C bit
 * for bit, compiled for every instruction set that batch_norm.c compiles them for. */
#include "base/memory.h"
#include "network/batch_norm.h"
#include "tests/reference.h"

#include <float.h>
#include <immintrin.h>
#include <math.h>
#include <stdlib.h>

#include "tests/tests.h"

/* ---- Rounding -------------------------------------------------------------------------------- */

static float float_of(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* In double, with 2^128 where the next number would be infinite. */
static double number_of(uint32_t upper)
{
    const double sign = upper & 0x8000 ? -1 : 1;
    return (upper & 0x7fff) == 0x7f80 ? sign * 0x1p128 : (double)float_of(upper << 16);
}

/* Every upper half, and lower halves around its ends and its middle: the nearer of the two
 * neighbours, and the even one from the middle. */
TEST(rounding)
{
    static const uint32_t lower[] = {0, 1, 0x7fff, 0x8000, 0x8001, 0xffff};
    for (uint32_t upper = 0; upper < 0x10000; upper++) {
        assert_true(memcmp(&(float){bf16_widen((bf16)upper)}, &(float){float_of(upper << 16)},
                           sizeof(float)) == 0);
        for (size_t i = 0; i < sizeof lower / sizeof lower[0]; i++) {
            const float value = float_of(upper << 16 | lower[i]);
            const bf16 found = bf16_round(value);
            if (isnan(value)) {
                assert_true(isnan(float_of((uint32_t)found << 16)));
                assert_int_equal(found & 0x8000, upper & 0x8000);
            } else if (isinf(value)) {
                assert_int_equal(found, upper);
            } else {
                const double down = fabs((double)value - number_of(upper));
                const double up = fabs((double)value - number_of(upper + 1));
                const uint32_t even = upper & 1 ? upper + 1 : upper;
                assert_int_equal(found, down < up ? upper : up < down ? upper + 1 : even);
            }
        }
    }
}

TEST(maps)
{
    static const float values[] = {0, 1, -2.5f, 0x1.fep127f, FLT_MIN};
    assert_int_equal(precision_bytes(PRECISION_F32), 4);
    assert_int_equal(precision_bytes(PRECISION_BF16), 2);
    for (enum precision p = PRECISION_F32; p <= PRECISION_BF16; p++) {
        void *map = memory_aligned(5, precision_bytes(p));
        for (size_t i = 0; i < 5; i++)
            map_set(p, map, i, values[i]);
        for (size_t i = 0; i < 5; i++) {
            assert_true(map_get(p, map, i) == values[i]);
            assert_true(map_get(p, map_plus(p, map, i), 0) == values[i]);
        }
        free(map);
    }
}

/* ---- The kernels for each instruction set ---------------------------------------------------- */

#define CLONES __attribute__((target("arch=x86-64-v4")))
#define KERNELS bf16_v4
#define BLOCK 16
#define PRECISION PRECISION_BF16
#include "network/batch_norm_kernels.h"
#undef CLONES

#define CLONES __attribute__((target("arch=x86-64-v3")))
#define KERNELS bf16_v3
#define BLOCK 16
#define PRECISION PRECISION_BF16
#include "network/batch_norm_kernels.h"
#undef CLONES

#define CLONES
#define KERNELS bf16_default
#define BLOCK 16
#define PRECISION PRECISION_BF16
#include "network/batch_norm_kernels.h"

#define KERNELS bf16_native
#define BLOCK 16
#define PRECISION PRECISION_BF16
#define NATIVE __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")))
#include "network/batch_norm_kernels.h"

enum { LANES = 16, PIXELS = 96, NUMBERS = LANES * PIXELS, MAPS = 5 };
enum { X, ADDEND, RESIDUAL, GRADIENT, GRADIENT2 };
enum { STEP = 32, WIDE_STEP = 48 }; /* there are other channels between */

static const struct plane_walk walk = {PIXELS, STEP, WIDE_STEP};

/* One plane; every tenth number far larger or smaller than the others, so that rounding meets all
 * exponents. */
struct plane {
    _Alignas(CACHE_LINE) bf16 map[MAPS][WIDE_STEP * PIXELS];
    _Alignas(CACHE_LINE) float scale[LANES], shift[LANES], mean[LANES], offset[LANES], slope[LANES];
    double sums[2][LANES];
};

/* Number `i` of the plane in a map; those of the gradients are wide. */
static bf16 *at(struct plane *p, int map, int i)
{
    return &p->map[map][i / LANES * (map < GRADIENT ? STEP : WIDE_STEP) + i % LANES];
}

static float value(struct plane *p, int map, int i)
{
    return bf16_widen(*at(p, map, i));
}

static struct plane plane_create(void)
{
    uint64_t state = 43;
    struct plane plane = {0};
    for (int m = 0; m < MAPS; m++)
        for (int i = 0; i < WIDE_STEP * PIXELS; i++)
            plane.map[m][i] = bf16_round((float)ldexp(
                reference_number(&state), i % 10 ? 0 : (int)(60 * reference_number(&state))));
    float *arrays[] = {plane.scale, plane.shift, plane.mean, plane.offset, plane.slope};
    for (size_t a = 0; a < sizeof arrays / sizeof arrays[0]; a++)
        for (int c = 0; c < LANES; c++)
            arrays[a][c] = (float)reference_number(&state);
    return plane;
}

static struct bn_relu_backward backward_of(const struct plane *p, int with_gradient2)
{
    return (struct bn_relu_backward){
        p->map[X], p->map[GRADIENT], with_gradient2 ? p->map[GRADIENT2] : NULL,
        p->scale,  p->shift,         p->mean,
        p->offset, p->slope};
}

/* What batch_norm.h says, a number at a time. */
static float plain_dy(struct plane *p, int i, int with_gradient2)
{
    const float x = value(p, X, i), product = x * p->scale[i % LANES];
    float dy = value(p, GRADIENT, i);
    if (with_gradient2)
        dy += value(p, GRADIENT2, i);
    return product + p->shift[i % LANES] <= 0 ? 0 : dy;
}

/* Adds first[] and second[] of each number up in the stated order. */
static void plain_sums(const float *first, const float *second, double sums[2][LANES])
{
    for (int c = 0; c < LANES; c++) {
        for (int start = 0; start < PIXELS; start += 64) {
            float s[4] = {0}, q[4] = {0};
            for (int p = start; p < PIXELS && p < start + 64; p++) {
                s[p % 4] += first[p * LANES + c];
                q[p % 4] += second[p * LANES + c];
            }
            sums[0][c] += (double)((s[0] + s[1]) + (s[2] + s[3]));
            sums[1][c] += (double)((q[0] + q[1]) + (q[2] + q[3]));
        }
    }
}

static struct plane plain_forward(int with_addend)
{
    struct plane p = plane_create();
    float off[NUMBERS], square[NUMBERS];
    for (int i = 0; i < NUMBERS; i++) {
        if (with_addend)
            *at(&p, X, i) = bf16_round(value(&p, X, i) + value(&p, ADDEND, i));
        off[i] = value(&p, X, i) - p.mean[i % LANES];
        square[i] = off[i] * off[i];
        const float y = value(&p, X, i) * p.scale[i % LANES] + p.shift[i % LANES];
        *at(&p, GRADIENT, i) = bf16_round(y <= 0 ? 0 : y);
    }
    plain_sums(off, square, p.sums);
    return p;
}

static struct plane kernel_forward(const struct bn_relu_kernels *kernels, int with_addend)
{
    struct plane p = plane_create();
    kernels->sums(walk, p.map[X], with_addend ? p.map[ADDEND] : NULL, p.mean, p.sums[0], p.sums[1]);
    kernels->apply(walk, p.map[X], p.scale, p.shift, p.map[GRADIENT]);
    return p;
}

/* dx stands in the map of the residual, as y above in that of the gradient: for its step. */
static struct plane plain_backward(int with_gradient2, int with_residual)
{
    struct plane p = plane_create();
    float dy[NUMBERS], product[NUMBERS];
    for (int i = 0; i < NUMBERS; i++) {
        const int c = i % LANES;
        const float x = value(&p, X, i), off = x - p.mean[c];
        dy[i] = plain_dy(&p, i, with_gradient2);
        product[i] = dy[i] * off;
        float dx = p.scale[c] * dy[i] + (p.offset[c] + p.slope[c] * off);
        if (with_residual)
            dx += value(&p, RESIDUAL, i);
        *at(&p, RESIDUAL, i) = bf16_round(dx);
    }
    plain_sums(dy, product, p.sums);
    return p;
}

static struct plane kernel_backward(const struct bn_relu_kernels *kernels, int with_gradient2,
                                    int with_residual)
{
    struct plane p = plane_create();
    const struct bn_relu_backward in = backward_of(&p, with_gradient2);
    kernels->backward_sums(walk, &in, 0, p.sums[0], p.sums[1]);
    kernels->backward_apply(walk, &in, 0, with_residual ? p.map[RESIDUAL] : NULL, p.map[RESIDUAL]);
    return p;
}

static void expect_same(const struct plane *found, const struct plane *expected)
{
    assert_memory_equal(found->map, expected->map, sizeof found->map);
    assert_memory_equal(found->sums, expected->sums, sizeof found->sums);
}

/* Infinities and NaNs of either sign, one of them all in its lower half, which no bf16 holds. */
static void check_specials(const struct bn_relu_kernels *kernels)
{
    static const uint32_t specials[LANES] = {0x7f800000, 0xff800000, 0x7f800001, 0xff800001,
                                             0x7fffffff, 0xffffffff, 0x7f7fffff, 0x007fffff,
                                             0x00008000, 0x00018000, 0x3f808000, 0x3f818000};
    struct plane p = plane_create();
    for (int c = 0; c < LANES; c++) {
        p.shift[c] = float_of(specials[c]);
        p.scale[c] = 0;
        p.map[X][c] = 0;
    }
    kernels->apply((struct plane_walk){1, LANES, LANES}, p.map[X], p.scale, p.shift,
                   p.map[RESIDUAL]);
    for (int c = 0; c < LANES; c++) {
        const float y = 0 * p.scale[c] + p.shift[c];
        assert_int_equal(p.map[RESIDUAL][c], bf16_round(y <= 0 ? 0 : y));
    }
}

/* Every upper half, denormal, infinite and NaN, with lower halves around the ties; a vector's lanes
 * are neighbours, so that most vectors hold numbers of one kind. */
static void check_every_rounding(const struct bn_relu_kernels *kernels)
{
    static const uint32_t lower[] = {0, 1, 0x7fff, 0x8000, 0x8001, 0xffff};
    struct plane p = plane_create();
    memset(p.map, 0, sizeof p.map);
    const struct bn_relu_backward in = backward_of(&p, 0);
    memset(p.scale, 0, sizeof p.scale);
    memset(p.slope, 0, sizeof p.slope);
    for (uint32_t upper = 0; upper < 0x10000; upper += LANES)
        for (size_t i = 0; i < sizeof lower / sizeof lower[0]; i++) {
            for (uint32_t c = 0; c < LANES; c++)
                p.offset[c] = float_of((upper + c) << 16 | lower[i]);
            kernels->backward_apply((struct plane_walk){1, LANES, LANES}, &in, 0, NULL,
                                    p.map[RESIDUAL]);
            for (int c = 0; c < LANES; c++)
                assert_int_equal(p.map[RESIDUAL][c], bf16_round(p.offset[c] + 0.0f));
        }
}

static void check_kernels(const struct bn_relu_kernels *kernels)
{
    for (int i = 0; i < 4; i++) {
        struct plane plain = plain_backward(i % 2, i / 2);
        struct plane found = kernel_backward(kernels, i % 2, i / 2);
        expect_same(&found, &plain);
        if (i < 2) {
            plain = plain_forward(i), found = kernel_forward(kernels, i);
            expect_same(&found, &plain);
        }
    }
    const struct plane plain = plain_forward(1);
    struct plane found = plane_create();
    kernels->add(walk, found.map[X], found.map[ADDEND]);
    assert_memory_equal(found.map[X], plain.map[X], sizeof plain.map[X]);
    check_specials(kernels);
    check_every_rounding(kernels);
}

TEST(kernels_have_the_bits_of_plain_c)
{
    check_kernels(&bf16_default);
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        check_kernels(&bf16_v3);
    if (__builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq"))
        check_kernels(&bf16_v4);
    if (__builtin_cpu_supports("avx512bf16"))
        check_kernels(&bf16_native);
}
