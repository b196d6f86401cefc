/*
 * norm_kernels - the passes of NORM over one plane (one picture, one block of channels), written
 * once for a block of BLOCK channels and included by layers.c for each block size. A vector holds a
 * pixel's BLOCK channels; GCC splits it into what the CPU has, which changes no bit.
 */

#define JOIN_NAMES(a, b) a##b
#define EXPAND_NAMES(a, b) JOIN_NAMES(a, b)
#define NAME(name) EXPAND_NAMES(name, BLOCK)
#define VECTOR NAME(vector)
#define MASK NAME(mask)

typedef float VECTOR __attribute__((vector_size(BLOCK * sizeof(float)), may_alias));
typedef int MASK __attribute__((vector_size(BLOCK * sizeof(float)), may_alias));

/* Four accumulators hide the latency of the additions. */
static inline __attribute__((always_inline)) void NAME(collect)(const VECTOR *a, double *sums)
{
    const VECTOR total = (a[0] + a[1]) + (a[2] + a[3]);
    for (int c = 0; c < BLOCK; c++)
        sums[c] += (double)total[c];
}

CLONES static void NAME(plane_sums)(int pixels, float *x_, const float *addend_,
                                    const float *pivot_, double *sums, double *squares)
{
    VECTOR *x = (VECTOR *)x_;
    const VECTOR *addend = (const VECTOR *)addend_, pivot = *(const VECTOR *)pivot_;
    for (int start = 0; start < pixels; start += CHUNK) {
        const int end = start + CHUNK < pixels ? start + CHUNK : pixels;
        VECTOR s[4] = {0}, q[4] = {0};
        for (int p = start; p < end; p += 4) {
#pragma GCC unroll 4
            for (int j = 0; j < 4; j++) {
                VECTOR value = x[p + j];
                if (addend)
                    x[p + j] = value = value + addend[p + j];
                const VECTOR d = value - pivot;
                s[j] += d;
                q[j] += d * d;
            }
        }
        NAME(collect)(s, sums);
        NAME(collect)(q, squares);
    }
}

CLONES static void NAME(plane_add)(int pixels, float *x_, const float *addend_)
{
    VECTOR *x = (VECTOR *)x_;
    const VECTOR *addend = (const VECTOR *)addend_;
    for (int p = 0; p < pixels; p++)
        x[p] += addend[p];
}

CLONES static void NAME(plane_apply)(int pixels, const float *x_, const float *scale_,
                                     const float *shift_, float *out_)
{
    const VECTOR *x = (const VECTOR *)x_, zero = {0};
    const VECTOR scale = *(const VECTOR *)scale_, shift = *(const VECTOR *)shift_;
    VECTOR *out = (VECTOR *)out_;
    for (int p = 0; p < pixels; p++) {
        const VECTOR y = x[p] * scale + shift;
        out[p] = (VECTOR)((MASK)y & ~(MASK)(y <= zero));
    }
}

/* dy of pixel p of the plane at `at` of the wide maps; the same expression as the forward pass
 * decides what ReLU had cut off. */
static inline __attribute__((always_inline)) VECTOR
NAME(gradient_of)(const struct norm_backward *in, VECTOR scale, VECTOR shift, VECTOR x, size_t at,
                  int p)
{
    const VECTOR zero = {0}, y = x * scale + shift;
    VECTOR gradient = ((const VECTOR *)(in->gradient + at))[p];
    if (in->gradient2)
        gradient += ((const VECTOR *)(in->gradient2 + at))[p];
    return (VECTOR)((MASK)gradient & ~(MASK)(y <= zero));
}

CLONES static void NAME(plane_backward_sums)(int pixels, const struct norm_backward *in,
                                             const float *x_, size_t at, int channel, double *sums,
                                             double *products)
{
    const VECTOR *x = (const VECTOR *)x_;
    const VECTOR scale = *(const VECTOR *)(in->scale + channel);
    const VECTOR shift = *(const VECTOR *)(in->shift + channel);
    const VECTOR mean = *(const VECTOR *)(in->mean + channel);
    for (int start = 0; start < pixels; start += CHUNK) {
        const int end = start + CHUNK < pixels ? start + CHUNK : pixels;
        VECTOR s[4] = {0}, q[4] = {0};
        for (int p = start; p < end; p += 4) {
#pragma GCC unroll 4
            for (int j = 0; j < 4; j++) {
                const VECTOR value = x[p + j];
                const VECTOR dy = NAME(gradient_of)(in, scale, shift, value, at, p + j);
                s[j] += dy;
                q[j] += dy * (value - mean);
            }
        }
        NAME(collect)(s, sums);
        NAME(collect)(q, products);
    }
}

CLONES static void NAME(plane_backward_apply)(int pixels, const struct norm_backward *in,
                                              const float *x_, size_t at, int channel,
                                              const float *residual_, float *out_)
{
    const VECTOR *x = (const VECTOR *)x_, *residual = (const VECTOR *)residual_;
    const VECTOR scale = *(const VECTOR *)(in->scale + channel);
    const VECTOR shift = *(const VECTOR *)(in->shift + channel);
    const VECTOR mean = *(const VECTOR *)(in->mean + channel);
    const VECTOR offset = *(const VECTOR *)(in->offset + channel);
    const VECTOR slope = *(const VECTOR *)(in->slope + channel);
    VECTOR *out = (VECTOR *)out_;
    for (int p = 0; p < pixels; p++) {
        const VECTOR dy = NAME(gradient_of)(in, scale, shift, x[p], at, p);
        VECTOR dx = scale * dy + (offset + slope * (x[p] - mean));
        if (residual)
            dx += residual[p];
        out[p] = dx;
    }
}

#undef JOIN_NAMES
#undef EXPAND_NAMES
#undef NAME
#undef VECTOR
#undef MASK
