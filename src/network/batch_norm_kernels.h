/*
 * batch_norm_kernels - the passes of BN_RELU over a plane (one image, one block of channels),
 * written once and included by batch_norm.c for each block size and each way in which maps are stored.
 * The includer defines
 *
 *   KERNELS    the name of the resulting struct bn_relu_kernels, which all other names end in
 *   BLOCK      channels; a vector holds a pixel's, and GCC splits it into what the CPU has, which
 *              changes no bit
 *   PRECISION  of the maps, which are read into floats and written from them (precision.h)
 *   NATIVE     or nothing: the attribute of a target with AVX-512-BF16, whose instruction then
 *              rounds to bf16, to the same bits as the plain kernels. Without it each function is
 *              compiled for the sets of CLONES
 */
#ifndef KDECAY_BATCH_NORM_KERNELS_H
#define KDECAY_BATCH_NORM_KERNELS_H

enum { CHUNK = 64 }; /* pixels summed in float before double takes over; a multiple of 4 */

/* A plane's pixels, and how many numbers there are from one to the next: in the BN_RELU's own map
 * and in the wide one. */
struct plane_walk {
    int pixels;
    size_t step, wide_step;
};

/* The maps begin at the plane, those of struct bn_relu_backward too; floats at channel 0 of the
 * BN_RELU, or of the plane where no `channel` is given. */
struct bn_relu_kernels {
    void (*sums)(struct plane_walk walk, void *x, const void *addend, const float *pivot,
                 double *sums, double *squares);
    void (*add)(struct plane_walk walk, void *x, const void *addend);
    void (*apply)(struct plane_walk walk, const void *x, const float *scale, const float *shift,
                  void *out);
    void (*backward_sums)(struct plane_walk walk, const struct bn_relu_backward *in, int channel,
                          double *sums, double *products);
    void (*backward_apply)(struct plane_walk walk, const struct bn_relu_backward *in, int channel,
                           const void *residual, void *out);
};

#endif

#define JOIN_NAMES(a, b) a##_##b
#define EXPAND_NAMES(a, b) JOIN_NAMES(a, b)
#define NAME(name) EXPAND_NAMES(name, KERNELS)
#define VECTOR NAME(vector)
#define MASK NAME(mask)
#define BITS NAME(bits)
#define HALVES NAME(halves)

#ifdef NATIVE
#define PASS NATIVE static
#define HELPER NATIVE static inline __attribute__((always_inline))
#else
#define PASS CLONES static
#define HELPER static inline __attribute__((always_inline))
#endif

typedef float VECTOR __attribute__((vector_size(BLOCK * sizeof(float)), may_alias));
typedef int MASK __attribute__((vector_size(BLOCK * sizeof(float)), may_alias));
typedef uint32_t BITS __attribute__((vector_size(BLOCK * sizeof(float)), may_alias));
typedef bf16 HALVES __attribute__((vector_size(BLOCK * sizeof(bf16)), may_alias));

HELPER VECTOR NAME(widen)(HALVES halves)
{
#ifdef NATIVE /* GCC would convert it in two halves */
    return (VECTOR)_mm512_slli_epi32(_mm512_cvtepu16_epi32((__m256i)halves), 16);
#else
    return (VECTOR)(__builtin_convertvector(halves, BITS) << 16);
#endif
}

/* Prefetch 2 KiB ahead. The map of a whole batch exceeds the cache; without this about half of a
 * pass is spent waiting for memory. */
HELPER void NAME(fetch)(const void *map, size_t at)
{
    enum { AHEAD = 2048 }; /* bytes; 1024 and 4096 do about as well */
    const uintptr_t address = (uintptr_t)map + at * precision_bytes(PRECISION);
    __builtin_prefetch((const void *)(address + AHEAD)); /* past the map's end, too */
}

HELPER VECTOR NAME(load)(const void *map, size_t at)
{
    if (PRECISION == PRECISION_F32)
        return *(const VECTOR *)((const float *)map + at);
    const HALVES halves = *(const HALVES *)((const bf16 *)map + at);
    return NAME(widen)(halves);
}

/* Returns the value as it now stands in the map. The NaNs of arithmetic are quiet: their upper
 * halves are NaNs too. */
HELPER VECTOR NAME(store)(void *map, size_t at, VECTOR value)
{
    if (PRECISION == PRECISION_F32) {
        *(VECTOR *)((float *)map + at) = value;
        return value;
    }
#ifdef NATIVE
    /* the instruction takes denormal numbers for 0 */
    if (__builtin_expect(!_mm512_fpclass_ps_mask((__m512)value, 0x20), 1)) {
        const HALVES halves = (HALVES)_mm512_cvtneps_pbh((__m512)value);
        *(HALVES *)((bf16 *)map + at) = halves;
        return NAME(widen)(halves);
    }
#endif
    const BITS bits = (BITS)value, is_nan = (BITS)(value != value);
    const BITS rounded = bits + 0x7fff + (bits >> 16 & 1);
    const BITS upper = ((rounded & ~is_nan) | (bits & is_nan)) >> 16;
    *(HALVES *)((bf16 *)map + at) = __builtin_convertvector(upper, HALVES);
    return (VECTOR)(upper << 16);
}

/* Four accumulators hide the latency of the additions. */
HELPER void NAME(collect)(const VECTOR *a, double *sums)
{
    const VECTOR total = (a[0] + a[1]) + (a[2] + a[3]);
    for (int c = 0; c < BLOCK; c++)
        sums[c] += (double)total[c];
}

PASS void NAME(plane_sums)(struct plane_walk w, void *x, const void *addend, const float *pivot_,
                           double *sums, double *squares)
{
    const VECTOR pivot = *(const VECTOR *)pivot_;
    for (int start = 0; start < w.pixels; start += CHUNK) {
        const int end = start + CHUNK < w.pixels ? start + CHUNK : w.pixels;
        VECTOR s[4] = {0}, q[4] = {0};
        for (int p = start; p < end; p += 4) {
#pragma GCC unroll 4
            for (int j = 0; j < 4; j++) {
                const size_t at = (size_t)(p + j) * w.step;
                VECTOR value = NAME(load)(x, at);
                if (addend)
                    value = NAME(store)(x, at, value + NAME(load)(addend, at));
                const VECTOR d = value - pivot;
                s[j] += d;
                q[j] += d * d;
            }
        }
        NAME(collect)(s, sums);
        NAME(collect)(q, squares);
    }
}

PASS void NAME(plane_add)(struct plane_walk w, void *x, const void *addend)
{
    for (int p = 0; p < w.pixels; p++) {
        const size_t at = (size_t)p * w.step;
        NAME(store)(x, at, NAME(load)(x, at) + NAME(load)(addend, at));
    }
}

PASS void NAME(plane_apply)(struct plane_walk w, const void *x, const float *scale_,
                            const float *shift_, void *out)
{
    const VECTOR zero = {0};
    const VECTOR scale = *(const VECTOR *)scale_, shift = *(const VECTOR *)shift_;
    for (int p = 0; p < w.pixels; p++) {
        NAME(fetch)(x, (size_t)p * w.step);
        const VECTOR y = NAME(load)(x, (size_t)p * w.step) * scale + shift;
        NAME(store)(out, (size_t)p * w.wide_step, (VECTOR)((MASK)y & ~(MASK)(y <= zero)));
    }
}

/* dy, `at` in the wide maps; the same expression as the forward pass decides what ReLU had cut off.
 */
HELPER VECTOR NAME(gradient_of)(const struct bn_relu_backward *in, VECTOR scale, VECTOR shift,
                                VECTOR x, size_t at)
{
    const VECTOR zero = {0}, y = x * scale + shift;
    VECTOR gradient = NAME(load)(in->gradient, at);
    if (in->gradient2)
        gradient += NAME(load)(in->gradient2, at);
    return (VECTOR)((MASK)gradient & ~(MASK)(y <= zero));
}

PASS void NAME(plane_backward_sums)(struct plane_walk w, const struct bn_relu_backward *in,
                                    int channel, double *sums, double *products)
{
    const VECTOR scale = *(const VECTOR *)(in->scale + channel);
    const VECTOR shift = *(const VECTOR *)(in->shift + channel);
    const VECTOR mean = *(const VECTOR *)(in->mean + channel);
    for (int start = 0; start < w.pixels; start += CHUNK) {
        const int end = start + CHUNK < w.pixels ? start + CHUNK : w.pixels;
        VECTOR s[4] = {0}, q[4] = {0};
        for (int p = start; p < end; p += 4) {
#pragma GCC unroll 4
            for (int j = 0; j < 4; j++) {
                const size_t pixel = (size_t)(p + j);
                NAME(fetch)(in->x, pixel * w.step);
                NAME(fetch)(in->gradient, pixel * w.wide_step);
                const VECTOR x = NAME(load)(in->x, pixel * w.step);
                const VECTOR dy = NAME(gradient_of)(in, scale, shift, x, pixel * w.wide_step);
                s[j] += dy;
                q[j] += dy * (x - mean);
            }
        }
        NAME(collect)(s, sums);
        NAME(collect)(q, products);
    }
}

PASS void NAME(plane_backward_apply)(struct plane_walk w, const struct bn_relu_backward *in,
                                     int channel, const void *residual, void *out)
{
    const VECTOR scale = *(const VECTOR *)(in->scale + channel);
    const VECTOR shift = *(const VECTOR *)(in->shift + channel);
    const VECTOR mean = *(const VECTOR *)(in->mean + channel);
    const VECTOR offset = *(const VECTOR *)(in->offset + channel);
    const VECTOR slope = *(const VECTOR *)(in->slope + channel);
    for (int p = 0; p < w.pixels; p++) {
        const size_t at = (size_t)p * w.step;
        NAME(fetch)(in->x, at);
        NAME(fetch)(in->gradient, (size_t)p * w.wide_step);
        if (residual)
            NAME(fetch)(residual, at);
        const VECTOR x = NAME(load)(in->x, at);
        const VECTOR dy = NAME(gradient_of)(in, scale, shift, x, (size_t)p * w.wide_step);
        VECTOR dx = scale * dy + (offset + slope * (x - mean));
        if (residual)
            dx += NAME(load)(residual, at);
        NAME(store)(out, at, dx);
    }
}

static const struct bn_relu_kernels KERNELS = {.sums = NAME(plane_sums),
                                               .add = NAME(plane_add),
                                               .apply = NAME(plane_apply),
                                               .backward_sums = NAME(plane_backward_sums),
                                               .backward_apply = NAME(plane_backward_apply)};

#undef JOIN_NAMES
#undef EXPAND_NAMES
#undef NAME
#undef VECTOR
#undef MASK
#undef BITS
#undef HALVES
#undef PASS
#undef HELPER
#undef KERNELS
#undef BLOCK
#undef PRECISION
#undef NATIVE
