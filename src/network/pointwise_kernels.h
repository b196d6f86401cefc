/*
 * pointwise_kernels - the inner loops of pointwise.c over a tile of TILE pixels, written once and
 * included there for each size of a block and each precision. The includer defines
 *
 *   KERNELS    the name of the resulting struct pointwise_kernels, which all other names end in
 *   BLOCK      channels; a vector holds a pixel's
 *   BF16       or nothing: maps and weights are bf16, which needs blocks of 16
 *   TARGET     the attribute of the instruction set: its vectors hold a block, and it has ADD
 *   ADD        (sum, a, b): in f32 the vector sum + a b, rounded once; in bf16, whose numbers stand
 *              in pairs, sum + a[1] b[1] + a[0] b[0] as VDPBF16PS computes it
 *   BROADCAST  (word): the vector of it, whatever its bits
 *   ROWS       of a product: so many times PANEL_BLOCKS vectors stay in registers
 *
 * Tiles are [row][ROW_BLOCKS * BLOCK] words of 32 bits: floats, or pairs of bf16.
 */
#define JOIN_NAMES(a, b) a##_##b
#define EXPAND_NAMES(a, b) JOIN_NAMES(a, b)
#define NAME(name) EXPAND_NAMES(name, KERNELS)
#define VECTOR NAME(vector)
#define LOOSE NAME(loose)
#define MASK NAME(mask)
#define ROW (ROW_BLOCKS * BLOCK)
#ifdef BF16
#define PRECISION PRECISION_BF16
#else
#define PRECISION PRECISION_F32
#endif
#define PASS TARGET static
#define HELPER TARGET static inline __attribute__((always_inline))
#define UNROLL _Pragma("GCC unroll 16")

typedef float VECTOR __attribute__((vector_size(BLOCK * sizeof(float)), may_alias));
typedef float LOOSE
    __attribute__((vector_size(BLOCK * sizeof(float)), may_alias, aligned(sizeof(float))));
typedef int MASK __attribute__((vector_size(BLOCK * sizeof(float)), may_alias));

/* ---- Maps: places are counted in numbers --------------------------------------------------- */

HELPER const void *NAME(place)(const void *map, size_t at)
{
    return (const char *)map + at * precision_bytes(PRECISION);
}

HELPER VECTOR NAME(load)(const void *map, size_t at)
{
    const void *place = NAME(place)(map, at);
#ifdef BF16
    if (PRECISION == PRECISION_BF16)
        return (VECTOR)_mm512_slli_epi32(
            _mm512_cvtepu16_epi32(_mm256_load_si256((const __m256i *)place)), 16);
#endif
    return *(const VECTOR *)place;
}

#ifdef BF16
/* bf16_round() of each number. The instruction takes denormal numbers for 0. */
HELPER __m256i NAME(round)(VECTOR value)
{
    if (__builtin_expect(!_mm512_fpclass_ps_mask((__m512)value, 0x20), 1))
        return (__m256i)_mm512_cvtneps_pbh((__m512)value);
    const __m512i bits = (__m512i)value, one = _mm512_set1_epi32(1);
    const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), one);
    const __m512i up = _mm512_add_epi32(bits, _mm512_set1_epi32(0x7fff));
    const __mmask16 is_nan = _mm512_cmp_ps_mask((__m512)value, (__m512)value, _CMP_UNORD_Q);
    const __m512i rounded =
        _mm512_mask_or_epi32(_mm512_add_epi32(up, odd), is_nan, bits, _mm512_set1_epi32(0x400000));
    return _mm512_cvtepi32_epi16(_mm512_srli_epi32(rounded, 16));
}
#endif

HELPER void NAME(store)(void *map, size_t at, VECTOR value)
{
    void *place = (void *)(uintptr_t)NAME(place)(map, at);
#ifdef BF16
    if (PRECISION == PRECISION_BF16) {
        _mm256_store_si256((__m256i *)place, NAME(round)(value));
        return;
    }
#endif
    *(VECTOR *)place = value;
}

/* ---- Filling tiles -------------------------------------------------------------------------- */

HELPER VECTOR NAME(normalised)(const void *x, size_t at, VECTOR scale, VECTOR shift)
{
    const VECTOR zero = {0}, y = NAME(load)(x, at) * scale + shift;
    return (VECTOR)((MASK)y & ~(MASK)(y <= zero));
}

/* tile[pixel][channel] = relu(scale x + shift) of a block; in bf16 two channels are a word. Behind
 * the block's lanes it may overwrite up to a block. */
PASS void NAME(normalise_rows)(const void *x, size_t step, const float *scale_, const float *shift_,
                               int lane, float *tile)
{
    const VECTOR scale = *(const VECTOR *)scale_, shift = *(const VECTOR *)shift_;
    for (int p = 0; p < TILE; p++) {
        const VECTOR y = NAME(normalised)(x, (size_t)p * step, scale, shift);
        float *row = tile + p * ROW;
#ifdef BF16
        if (PRECISION == PRECISION_BF16) {
            _mm256_storeu_si256((__m256i *)((bf16 *)row + lane), NAME(round)(y));
            continue;
        }
#endif
        *(LOOSE *)(row + lane) = (LOOSE)y;
    }
}

#ifdef BF16
/* Words of two pixels each. */
HELPER VECTOR NAME(paired)(__m256i first, __m256i second)
{
    return (VECTOR)_mm512_or_si512(_mm512_cvtepu16_epi32(first),
                                   _mm512_slli_epi32(_mm512_cvtepu16_epi32(second), 16));
}
#endif

/* The same; but in bf16 a word is two pixels of a channel, tile[pixel / 2][channel]. */
PASS void NAME(normalise_columns)(const void *x, size_t step, const float *scale_,
                                  const float *shift_, int lane, float *tile)
{
#ifdef BF16
    if (PRECISION == PRECISION_BF16) {
        const VECTOR scale = *(const VECTOR *)scale_, shift = *(const VECTOR *)shift_;
        for (int p = 0; p < TILE; p += 2) {
            const VECTOR first = NAME(normalised)(x, (size_t)p * step, scale, shift);
            const VECTOR second = NAME(normalised)(x, (size_t)(p + 1) * step, scale, shift);
            *(LOOSE *)(tile + p / 2 * ROW + lane) =
                (LOOSE)NAME(paired)(NAME(round)(first), NAME(round)(second));
        }
        return;
    }
#endif
    NAME(normalise_rows)(x, step, scale_, shift_, lane, tile);
}

/* A block of a map as it stands, in rows and in columns. */
PASS void NAME(copy_rows)(const void *map, size_t step, int lane, float *tile)
{
    for (int p = 0; p < TILE; p++) {
        const void *from = NAME(place)(map, (size_t)p * step);
        if (PRECISION == PRECISION_BF16)
            memcpy((bf16 *)(tile + p * ROW) + lane, from, BLOCK * sizeof(bf16));
        else
            *(VECTOR *)(tile + p * ROW + lane) = *(const VECTOR *)from;
    }
}

PASS void NAME(copy_columns)(const void *map, size_t step, int lane, float *tile)
{
#ifdef BF16
    if (PRECISION == PRECISION_BF16) {
        for (int p = 0; p < TILE; p += 2) {
            const __m256i *from = NAME(place)(map, (size_t)p * step);
            const __m256i *next = NAME(place)(map, (size_t)(p + 1) * step);
            *(VECTOR *)(tile + p / 2 * ROW + lane) =
                NAME(paired)(_mm256_load_si256(from), _mm256_load_si256(next));
        }
        return;
    }
#endif
    NAME(copy_rows)(map, step, lane, tile);
}

/* A block of a map from a tile of floats. */
PASS void NAME(store_rows)(const float *tile, int lane, void *map, size_t step)
{
    for (int p = 0; p < TILE; p++)
        NAME(store)(map, (size_t)p * step, *(const VECTOR *)(tile + p * ROW + lane));
}

/* ---- Products ------------------------------------------------------------------------------- */

/* c[r][v] = (c[r][v] or 0) and `depth` terms a[r][k] b[k][v]; a and c are tiles, a row of b is
 * PANEL_BLOCKS vectors. */
HELPER void NAME(rows_of)(int vectors, int is_first, int depth, const float *a, const VECTOR *b,
                          float *c)
{
    VECTOR sum[ROWS][PANEL_BLOCKS];
    UNROLL
    for (int r = 0; r < ROWS; r++)
        UNROLL
    for (int v = 0; v < vectors; v++)
        sum[r][v] = is_first ? (VECTOR){0} : *(const VECTOR *)(c + r * ROW + v * BLOCK);
#pragma GCC unroll 2
    for (int k = 0; k < depth; k++) {
        UNROLL
        for (int r = 0; r < ROWS; r++) {
            const VECTOR x = BROADCAST(a[r * ROW + k]);
            UNROLL
            for (int v = 0; v < vectors; v++)
                sum[r][v] = ADD(sum[r][v], x, b[k * PANEL_BLOCKS + v]);
        }
    }
    UNROLL
    for (int r = 0; r < ROWS; r++)
        UNROLL
    for (int v = 0; v < vectors; v++)
        *(VECTOR *)(c + r * ROW + v * BLOCK) = sum[r][v];
}

PASS void NAME(multiply_rows)(int width, int is_first, int depth, const float *a, const float *b,
                              float *c, struct ahead *ahead)
{
    for (int r = 0; r < TILE; r += ROWS, a += ROWS * ROW, c += ROWS * ROW) {
        fetch(ahead);
        if (width == BLOCK)
            NAME(rows_of)(1, is_first, depth, a, (const VECTOR *)b, c);
        else if (width == 2 * BLOCK)
            NAME(rows_of)(2, is_first, depth, a, (const VECTOR *)b, c);
        else
            NAME(rows_of)(3, is_first, depth, a, (const VECTOR *)b, c);
    }
}

/* c[r][v] = (c[r][v] +) the sum from 0 of a[k][r] b[k][v]; a and b are tiles, a row of c is
 * PANEL_BLOCKS vectors, of which those behind the product become 0. */
HELPER void NAME(columns_of)(int rows, int vectors, int is_first, const float *a, const float *b,
                             VECTOR *c)
{
    VECTOR sum[ROWS][PANEL_BLOCKS] = {{{0}}};
#pragma GCC unroll 2
    for (int k = 0; k < TILE / (PRECISION == PRECISION_BF16 ? 2 : 1); k++) {
        UNROLL
        for (int r = 0; r < rows; r++) {
            const VECTOR x = BROADCAST(a[k * ROW + r]);
            UNROLL
            for (int v = 0; v < vectors; v++)
                sum[r][v] = ADD(sum[r][v], x, *(const VECTOR *)(b + k * ROW + v * BLOCK));
        }
    }
    UNROLL
    for (int r = 0; r < rows; r++)
        UNROLL
    for (int v = 0; v < vectors; v++)
        c[r * PANEL_BLOCKS + v] =
            is_first ? sum[r][v] : (VECTOR)(c[r * PANEL_BLOCKS + v] + sum[r][v]);
    for (int r = 0; is_first && r < rows; r++)
        for (int v = vectors; v < PANEL_BLOCKS; v++)
            c[r * PANEL_BLOCKS + v] = (VECTOR){0};
}

HELPER void NAME(columns)(int vectors, int is_first, int rows, const float *a, const float *b,
                          VECTOR *c)
{
    int r = 0;
    for (; r + ROWS <= rows; r += ROWS)
        NAME(columns_of)(ROWS, vectors, is_first, a + r, b, c + r * PANEL_BLOCKS);
    for (; r < rows; r += 2)
        NAME(columns_of)(2, vectors, is_first, a + r, b, c + r * PANEL_BLOCKS);
}

PASS void NAME(multiply_columns)(int width, int is_first, int rows, const float *a, const float *b,
                                 float *c)
{
    if (width == BLOCK)
        NAME(columns)(1, is_first, rows, a, b, (VECTOR *)c);
    else if (width == 2 * BLOCK)
        NAME(columns)(2, is_first, rows, a, b, (VECTOR *)c);
    else
        NAME(columns)(3, is_first, rows, a, b, (VECTOR *)c);
}

/* ---- Backward of batch norm and ReLU, a block ------------------------------------------------ */

/* dz where ReLU let the value pass, else 0; in the lanes that only fill the block, too. */
HELPER VECTOR NAME(passed)(const float *dz, VECTOR x, VECTOR scale, VECTOR shift)
{
    const VECTOR zero = {0}, y = x * scale + shift;
    return (VECTOR)((MASK) * (const LOOSE *)dz & ~(MASK)(y <= zero));
}

PASS void NAME(sums)(const void *x_, size_t step, const struct pointwise_norm *norm, int channel,
                     const float *dz, double *sums, double *products)
{
    const VECTOR scale = *(const VECTOR *)(norm->scale + channel);
    const VECTOR shift = *(const VECTOR *)(norm->shift + channel);
    const VECTOR mean = *(const VECTOR *)(norm->mean + channel);
    VECTOR s[4] = {{0}}, q[4] = {{0}};
    for (int p = 0; p < TILE; p += 4) {
        UNROLL
        for (int j = 0; j < 4; j++) {
            const VECTOR x = NAME(load)(x_, (size_t)(p + j) * step);
            const VECTOR dy = NAME(passed)(dz + (p + j) * ROW, x, scale, shift);
            s[j] += dy;
            q[j] += dy * (x - mean);
        }
    }
    const VECTOR sum = (s[0] + s[1]) + (s[2] + s[3]), product = (q[0] + q[1]) + (q[2] + q[3]);
    for (int c = 0; c < BLOCK; c++) {
        sums[c] += (double)sum[c];
        products[c] += (double)product[c];
    }
}

/* sum[pixel] = (sum[pixel] +) dx of a block. */
PASS void NAME(add_part)(int is_first, const void *x_, size_t step,
                         const struct pointwise_norm *norm, int channel, const float *dz,
                         float *sum)
{
    const VECTOR scale = *(const VECTOR *)(norm->scale + channel);
    const VECTOR shift = *(const VECTOR *)(norm->shift + channel);
    const VECTOR mean = *(const VECTOR *)(norm->mean + channel);
    const VECTOR offset = *(const VECTOR *)(norm->offset + channel);
    const VECTOR slope = *(const VECTOR *)(norm->slope + channel);
    for (int p = 0; p < TILE; p++) {
        const VECTOR x = NAME(load)(x_, (size_t)p * step);
        const VECTOR dy = NAME(passed)(dz + p * ROW, x, scale, shift);
        const VECTOR dx = scale * dy + (offset + slope * (x - mean));
        VECTOR *to = (VECTOR *)sum + p;
        *to = is_first ? dx : (VECTOR)(*to + dx);
    }
}

PASS void NAME(store_sum)(const float *sum, const void *residual, size_t step, void *target)
{
    for (int p = 0; p < TILE; p++) {
        VECTOR dx = ((const VECTOR *)sum)[p];
        if (residual)
            dx += NAME(load)(residual, (size_t)p * step);
        NAME(store)(target, (size_t)p * step, dx);
    }
}

static const struct pointwise_kernels KERNELS = {.row = ROW,
                                                 .normalise_rows = NAME(normalise_rows),
                                                 .normalise_columns = NAME(normalise_columns),
                                                 .copy_rows = NAME(copy_rows),
                                                 .copy_columns = NAME(copy_columns),
                                                 .store_rows = NAME(store_rows),
                                                 .multiply_rows = NAME(multiply_rows),
                                                 .multiply_columns = NAME(multiply_columns),
                                                 .sums = NAME(sums),
                                                 .add_part = NAME(add_part),
                                                 .store_sum = NAME(store_sum)};

#undef JOIN_NAMES
#undef EXPAND_NAMES
#undef NAME
#undef VECTOR
#undef LOOSE
#undef MASK
#undef ROW
#undef PASS
#undef HELPER
#undef UNROLL
#undef KERNELS
#undef BLOCK
#undef BF16
#undef PRECISION
#undef TARGET
#undef ADD
#undef BROADCAST
#undef ROWS
