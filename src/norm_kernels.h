/*
 * norm_kernels - the passes of NORM over one plane (one picture, one block of channels), written
 * once and included by layers.c for each block size and each way in which maps are stored. The
 * includer defines
 *
 *   KERNELS    the name of the resulting struct norm_kernels, which all other names end in
 *   BLOCK      channels; a vector holds a pixel's, and GCC splits it into what the CPU has, which
 *              changes no bit
 *   PRECISION  of the maps, which are read into floats and written from them (precision.h)
 *   CLONES     attributes of each function
 */
#ifndef KDECAY_NORM_KERNELS_H
#define KDECAY_NORM_KERNELS_H

enum { CHUNK = 64 }; /* pixels summed in float before double takes over; a multiple of 4 */

/* The maps begin at the plane, those of struct norm_backward too; floats at channel 0 of the NORM,
 * or of the plane where no `channel` is given. */
struct norm_kernels {
    void (*sums)(int pixels, void *x, const void *addend, const float *pivot, double *sums,
                 double *squares);
    void (*add)(int pixels, void *x, const void *addend);
    void (*apply)(int pixels, const void *x, const float *scale, const float *shift, void *out);
    void (*backward_sums)(int pixels, const struct norm_backward *in, int channel, double *sums,
                          double *products);
    void (*backward_apply)(int pixels, const struct norm_backward *in, int channel,
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

typedef float VECTOR __attribute__((vector_size(BLOCK * sizeof(float)), may_alias));
typedef int MASK __attribute__((vector_size(BLOCK * sizeof(float)), may_alias));
typedef uint32_t BITS __attribute__((vector_size(BLOCK * sizeof(float)), may_alias));
typedef bf16 HALVES __attribute__((vector_size(BLOCK * sizeof(bf16)), may_alias));

static inline __attribute__((always_inline)) VECTOR NAME(load)(const void *map, int pixel)
{
    if (PRECISION == PRECISION_F32)
        return ((const VECTOR *)map)[pixel];
    return (VECTOR)(__builtin_convertvector(((const HALVES *)map)[pixel], BITS) << 16);
}

/* Returns the value as it now stands in the map. The NaNs of arithmetic are quiet: their upper
 * halves are NaNs too. */
static inline __attribute__((always_inline)) VECTOR NAME(store)(void *map, int pixel, VECTOR value)
{
    if (PRECISION == PRECISION_F32) {
        ((VECTOR *)map)[pixel] = value;
        return value;
    }
    const BITS bits = (BITS)value, is_nan = (BITS)(value != value);
    const BITS rounded = bits + 0x7fff + (bits >> 16 & 1);
    const BITS upper = ((rounded & ~is_nan) | (bits & is_nan)) >> 16;
    ((HALVES *)map)[pixel] = __builtin_convertvector(upper, HALVES);
    return (VECTOR)(upper << 16);
}

/* Four accumulators hide the latency of the additions. */
static inline __attribute__((always_inline)) void NAME(collect)(const VECTOR *a, double *sums)
{
    const VECTOR total = (a[0] + a[1]) + (a[2] + a[3]);
    for (int c = 0; c < BLOCK; c++)
        sums[c] += (double)total[c];
}

CLONES static void NAME(plane_sums)(int pixels, void *x, const void *addend, const float *pivot_,
                                    double *sums, double *squares)
{
    const VECTOR pivot = *(const VECTOR *)pivot_;
    for (int start = 0; start < pixels; start += CHUNK) {
        const int end = start + CHUNK < pixels ? start + CHUNK : pixels;
        VECTOR s[4] = {0}, q[4] = {0};
        for (int p = start; p < end; p += 4) {
#pragma GCC unroll 4
            for (int j = 0; j < 4; j++) {
                VECTOR value = NAME(load)(x, p + j);
                if (addend)
                    value = NAME(store)(x, p + j, value + NAME(load)(addend, p + j));
                const VECTOR d = value - pivot;
                s[j] += d;
                q[j] += d * d;
            }
        }
        NAME(collect)(s, sums);
        NAME(collect)(q, squares);
    }
}

CLONES static void NAME(plane_add)(int pixels, void *x, const void *addend)
{
    for (int p = 0; p < pixels; p++)
        NAME(store)(x, p, NAME(load)(x, p) + NAME(load)(addend, p));
}

CLONES static void NAME(plane_apply)(int pixels, const void *x, const float *scale_,
                                     const float *shift_, void *out)
{
    const VECTOR zero = {0};
    const VECTOR scale = *(const VECTOR *)scale_, shift = *(const VECTOR *)shift_;
    for (int p = 0; p < pixels; p++) {
        const VECTOR y = NAME(load)(x, p) * scale + shift;
        NAME(store)(out, p, (VECTOR)((MASK)y & ~(MASK)(y <= zero)));
    }
}

/* dy of pixel p; the same expression as the forward pass decides what ReLU had cut off. */
static inline __attribute__((always_inline)) VECTOR
NAME(gradient_of)(const struct norm_backward *in, VECTOR scale, VECTOR shift, VECTOR x, int p)
{
    const VECTOR zero = {0}, y = x * scale + shift;
    VECTOR gradient = NAME(load)(in->gradient, p);
    if (in->gradient2)
        gradient += NAME(load)(in->gradient2, p);
    return (VECTOR)((MASK)gradient & ~(MASK)(y <= zero));
}

CLONES static void NAME(plane_backward_sums)(int pixels, const struct norm_backward *in,
                                             int channel, double *sums, double *products)
{
    const VECTOR scale = *(const VECTOR *)(in->scale + channel);
    const VECTOR shift = *(const VECTOR *)(in->shift + channel);
    const VECTOR mean = *(const VECTOR *)(in->mean + channel);
    for (int start = 0; start < pixels; start += CHUNK) {
        const int end = start + CHUNK < pixels ? start + CHUNK : pixels;
        VECTOR s[4] = {0}, q[4] = {0};
        for (int p = start; p < end; p += 4) {
#pragma GCC unroll 4
            for (int j = 0; j < 4; j++) {
                const VECTOR x = NAME(load)(in->x, p + j);
                const VECTOR dy = NAME(gradient_of)(in, scale, shift, x, p + j);
                s[j] += dy;
                q[j] += dy * (x - mean);
            }
        }
        NAME(collect)(s, sums);
        NAME(collect)(q, products);
    }
}

CLONES static void NAME(plane_backward_apply)(int pixels, const struct norm_backward *in,
                                              int channel, const void *residual, void *out)
{
    const VECTOR scale = *(const VECTOR *)(in->scale + channel);
    const VECTOR shift = *(const VECTOR *)(in->shift + channel);
    const VECTOR mean = *(const VECTOR *)(in->mean + channel);
    const VECTOR offset = *(const VECTOR *)(in->offset + channel);
    const VECTOR slope = *(const VECTOR *)(in->slope + channel);
    for (int p = 0; p < pixels; p++) {
        const VECTOR x = NAME(load)(in->x, p);
        const VECTOR dy = NAME(gradient_of)(in, scale, shift, x, p);
        VECTOR dx = scale * dy + (offset + slope * (x - mean));
        if (residual)
            dx += NAME(load)(residual, p);
        NAME(store)(out, p, dx);
    }
}

static const struct norm_kernels KERNELS = {.sums = NAME(plane_sums),
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
#undef KERNELS
#undef BLOCK
#undef PRECISION
