/*
 * winograd_kernels - the inner loops of winograd.c, written once and included there for each size
 * of a block. The includer defines
 *
 *   KERNELS  the name of the resulting struct winograd_kernels, which all other names end in
 *   BLOCK    channels; a vector holds a pixel's
 *   PRECISION  of the maps and of the weights that are read; bf16 needs blocks of 16
 *   TARGET   the attribute of the instruction set: its vectors hold a block, and it has FUSED
 *   FUSED    (a, b, c): the vector a b + c, rounded once
 *   PANEL    blocks of output channels that are in hand at a time
 *   ROWS     of a product: so many times PANEL vectors stay in registers
 *
 * The transforms are plain sums and products of vectors, in the order in which they stand here.
 */
#define JOIN_NAMES(a, b) a##_##b
#define EXPAND_NAMES(a, b) JOIN_NAMES(a, b)
#define NAME(name) EXPAND_NAMES(name, KERNELS)
#define VECTOR NAME(vector)
#define PASS TARGET static
#define HELPER TARGET static inline __attribute__((always_inline))
#define UNROLL _Pragma("GCC unroll 16")

typedef float VECTOR __attribute__((vector_size(BLOCK * sizeof(float)), may_alias));

/* ---- Maps: places are counted in numbers --------------------------------------------------- */

HELPER const void *NAME(place)(const void *map, ptrdiff_t at)
{
    return (const char *)map + at * (ptrdiff_t)precision_bytes(PRECISION);
}

HELPER VECTOR NAME(load)(const void *map, ptrdiff_t at)
{
    const void *place = NAME(place)(map, at);
#if BLOCK == 16
    if (PRECISION == PRECISION_BF16)
        return (VECTOR)_mm512_slli_epi32(
            _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)place)), 16);
#endif
    return *(const VECTOR *)place;
}

/* bf16_round() of each number. */
HELPER void NAME(store)(void *map, ptrdiff_t at, VECTOR value)
{
    void *place = (void *)(uintptr_t)NAME(place)(map, at);
#if BLOCK == 16
    if (PRECISION == PRECISION_BF16) {
        const __m512i bits = (__m512i)value, one = _mm512_set1_epi32(1);
        const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), one);
        const __m512i up = _mm512_add_epi32(bits, _mm512_set1_epi32(0x7fff));
        const __mmask16 is_nan = _mm512_cmp_ps_mask((__m512)value, (__m512)value, _CMP_UNORD_Q);
        const __m512i rounded = _mm512_mask_or_epi32(_mm512_add_epi32(up, odd), is_nan, bits,
                                                     _mm512_set1_epi32(0x400000));
        _mm256_storeu_si256((__m256i *)place,
                            _mm512_cvtepi32_epi16(_mm512_srli_epi32(rounded, 16)));
        return;
    }
#endif
    *(VECTOR *)place = value;
}

/* From a pixel to the next. */
HELPER ptrdiff_t NAME(pixel_step)(const struct plane *plane)
{
    return PRECISION == PRECISION_F32 ? BLOCK : (ptrdiff_t)plane->pixel_step;
}

/* The upper left pixel of a tile. */
HELPER void *NAME(tile_of)(const struct tiles *tiles, int t, const struct plane *plane)
{
    const struct tile tile = tiles->tile[t];
    const ptrdiff_t pixel = tile.y * tiles->width + tile.x;
    const ptrdiff_t at =
        tile.image * (ptrdiff_t)plane->image_step + pixel * NAME(pixel_step)(plane);
    return (void *)(uintptr_t)NAME(place)(plane->map, at);
}

/* ---- Transforms of one row or column ------------------------------------------------------- */

/* v = B^T d */
HELPER void NAME(input)(const VECTOR d[POINTS], VECTOR v[POINTS])
{
    const VECTOR even_a = d[4] - B2 * d[2], odd_a = A1 * (d[3] - B2 * d[1]);
    const VECTOR even_b = d[4] - A2 * d[2], odd_b = B1 * (d[3] - A2 * d[1]);
    v[0] = (A2 * B2) * d[0] - (A2 + B2) * d[2] + d[4];
    v[1] = even_a + odd_a;
    v[2] = even_a - odd_a;
    v[3] = even_b + odd_b;
    v[4] = even_b - odd_b;
    v[5] = (A2 * B2) * d[1] - (A2 + B2) * d[3] + d[5];
}

/* u = G g */
HELPER void NAME(filter)(const VECTOR g[TAPS], VECTOR u[POINTS])
{
    const VECTOR even_a = SCALE_A * g[0] + (SCALE_A * A2) * g[2], odd_a = (SCALE_A * A1) * g[1];
    const VECTOR even_b = SCALE_B * g[0] + (SCALE_B * B2) * g[2], odd_b = (SCALE_B * B1) * g[1];
    u[0] = SCALE_0 * g[0];
    u[1] = even_a + odd_a;
    u[2] = even_a - odd_a;
    u[3] = even_b + odd_b;
    u[4] = even_b - odd_b;
    u[5] = g[2];
}

/* y = A^T m */
HELPER void NAME(output)(const VECTOR m[POINTS], VECTOR y[SIDE])
{
    const VECTOR even_a = m[1] + m[2], odd_a = A1 * (m[1] - m[2]);
    const VECTOR even_b = m[3] + m[4], odd_b = B1 * (m[3] - m[4]);
    y[0] = m[0] + (even_a + even_b);
    y[1] = odd_a + odd_b;
    y[2] = A2 * even_a + B2 * even_b;
    y[3] = (A2 * odd_a + B2 * odd_b) + m[5];
}

/* w = A y, the adjoint of the output's */
HELPER void NAME(gradient)(const VECTOR y[SIDE], VECTOR w[POINTS])
{
    const VECTOR even_a = y[0] + A2 * y[2], odd_a = A1 * (y[1] + A2 * y[3]);
    const VECTOR even_b = y[0] + B2 * y[2], odd_b = B1 * (y[1] + B2 * y[3]);
    w[0] = y[0];
    w[1] = even_a + odd_a;
    w[2] = even_a - odd_a;
    w[3] = even_b + odd_b;
    w[4] = even_b - odd_b;
    w[5] = y[3];
}

/* g = G^T u, the adjoint of the filter's */
HELPER void NAME(filter_gradient)(const VECTOR u[POINTS], VECTOR g[TAPS])
{
    const VECTOR even_a = SCALE_A * (u[1] + u[2]), odd_a = (SCALE_A * A1) * (u[1] - u[2]);
    const VECTOR even_b = SCALE_B * (u[3] + u[4]), odd_b = (SCALE_B * B1) * (u[3] - u[4]);
    g[0] = SCALE_0 * u[0] + (even_a + even_b);
    g[1] = odd_a + odd_b;
    g[2] = (A2 * even_a + B2 * even_b) + u[5];
}

/* ---- Transforms of tiles and filters: columns first, then rows ----------------------------- */

/* The numbers of point 6 i + j. */
HELPER VECTOR *NAME(at)(const float *points, int i, int j, size_t step)
{
    return (VECTOR *)(uintptr_t)(points + (size_t)(i * POINTS + j) * step);
}

/* v[6 i + j] = (B^T d B)[i][j] for d of the map, one block after another; the tile's d begins one
 * pixel above and to the left of it, and outside of the map is 0. */
PASS void NAME(input_transform)(const struct tiles *tiles, const struct plane *plane, float *v,
                                size_t step)
{
    const VECTOR zero = {0};
    const ptrdiff_t pixel = NAME(pixel_step)(plane), row = tiles->width * pixel;
    for (int t = 0; t < tiles->count; t++) {
        const struct tile tile = tiles->tile[t];
        const void *corner = NAME(place)(NAME(tile_of)(tiles, t, plane), -row - pixel);
        const int is_top = tile.y == 0, is_bottom = tile.y + SIDE == tiles->height;
        const int is_left = tile.x == 0, is_right = tile.x + SIDE == tiles->width;
        VECTOR half[POINTS][POINTS];
        UNROLL
        for (int j = 0; j < POINTS; j++) {
            VECTOR d[POINTS] = {zero, zero, zero, zero, zero, zero}, column[POINTS];
            if (!(j == 0 && is_left) && !(j == POINTS - 1 && is_right)) {
                if (!is_top)
                    d[0] = NAME(load)(corner, j * pixel);
                UNROLL
                for (int i = 1; i < POINTS - 1; i++)
                    d[i] = NAME(load)(corner, i * row + j * pixel);
                if (!is_bottom)
                    d[POINTS - 1] = NAME(load)(corner, (POINTS - 1) * row + j * pixel);
            }
            NAME(input)(d, column);
            UNROLL
            for (int i = 0; i < POINTS; i++)
                half[i][j] = column[i];
        }
        UNROLL
        for (int i = 0; i < POINTS; i++) {
            VECTOR whole[POINTS];
            NAME(input)(half[i], whole);
            UNROLL
            for (int j = 0; j < POINTS; j++)
                NAME(at)(v, i, j, step)[t] = whole[j];
        }
    }
}

/* w[6 i + j] = (A y A^T)[i][j] for y of the map, one panel after another. */
PASS void NAME(gradient_transform)(const struct tiles *tiles, const struct plane *plane, float *w,
                                   size_t step)
{
    const ptrdiff_t pixel = NAME(pixel_step)(plane), row = tiles->width * pixel;
    for (int t = 0; t < tiles->count; t++) {
        const void *corner = NAME(tile_of)(tiles, t, plane);
        VECTOR half[POINTS][SIDE];
        UNROLL
        for (int j = 0; j < SIDE; j++) {
            VECTOR y[SIDE], column[POINTS];
            UNROLL
            for (int i = 0; i < SIDE; i++)
                y[i] = NAME(load)(corner, i * row + j * pixel);
            NAME(gradient)(y, column);
            UNROLL
            for (int i = 0; i < POINTS; i++)
                half[i][j] = column[i];
        }
        UNROLL
        for (int i = 0; i < POINTS; i++) {
            VECTOR whole[POINTS];
            NAME(gradient)(half[i], whole);
            UNROLL
            for (int j = 0; j < POINTS; j++)
                NAME(at)(w, i, j, step)[t * PANEL] = whole[j];
        }
    }
}

/* The map's y = A^T m A for m[i][j] = m[6 i + j], one panel after another. */
PASS void NAME(output_transform)(const struct tiles *tiles, const float *m, size_t step,
                                 const struct plane *plane)
{
    const ptrdiff_t pixel = NAME(pixel_step)(plane), row = tiles->width * pixel;
    for (int t = 0; t < tiles->count; t++) {
        void *corner = NAME(tile_of)(tiles, t, plane);
        VECTOR half[SIDE][POINTS];
        UNROLL
        for (int j = 0; j < POINTS; j++) {
            VECTOR all[POINTS], column[SIDE];
            UNROLL
            for (int i = 0; i < POINTS; i++)
                all[i] = NAME(at)(m, i, j, step)[t * PANEL];
            NAME(output)(all, column);
            UNROLL
            for (int i = 0; i < SIDE; i++)
                half[i][j] = column[i];
        }
        UNROLL
        for (int i = 0; i < SIDE; i++) {
            VECTOR whole[SIDE];
            NAME(output)(half[i], whole);
            UNROLL
            for (int j = 0; j < SIDE; j++)
                NAME(store)(corner, i * row + j * pixel, whole[j]);
        }
    }
}

/* u[6 i + j] = (G g G^T)[i][j] for the filters g[tap], one panel after another. */
PASS void NAME(filter_transform)(int channels, const void *filters, float *u, size_t step)
{
    for (int c = 0; c < channels; c++) {
        const void *g = NAME(place)(filters, (ptrdiff_t)c * (TAPS * TAPS * BLOCK));
        VECTOR half[POINTS][TAPS];
        UNROLL
        for (int j = 0; j < TAPS; j++) {
            VECTOR taps[TAPS], column[POINTS];
            UNROLL
            for (int i = 0; i < TAPS; i++)
                taps[i] = NAME(load)(g, (i * TAPS + j) * BLOCK);
            NAME(filter)(taps, column);
            UNROLL
            for (int i = 0; i < POINTS; i++)
                half[i][j] = column[i];
        }
        UNROLL
        for (int i = 0; i < POINTS; i++) {
            VECTOR whole[POINTS];
            NAME(filter)(half[i], whole);
            UNROLL
            for (int j = 0; j < POINTS; j++)
                NAME(at)(u, i, j, step)[c * PANEL] = whole[j];
        }
    }
}

/* The filters' gradient g = G^T u G for u[i][j] = u[6 i + j], one panel after another. */
PASS void NAME(filter_gradient_transform)(int channels, const float *u, size_t step, float *filters)
{
    for (int c = 0; c < channels; c++) {
        VECTOR *g = (VECTOR *)filters + (size_t)c * (TAPS * TAPS);
        VECTOR half[TAPS][POINTS];
        UNROLL
        for (int j = 0; j < POINTS; j++) {
            VECTOR all[POINTS], column[TAPS];
            UNROLL
            for (int i = 0; i < POINTS; i++)
                all[i] = NAME(at)(u, i, j, step)[c * PANEL];
            NAME(filter_gradient)(all, column);
            UNROLL
            for (int i = 0; i < TAPS; i++)
                half[i][j] = column[i];
        }
        UNROLL
        for (int i = 0; i < TAPS; i++)
            NAME(filter_gradient)(half[i], g + i * TAPS);
    }
}

/* ---- Products ------------------------------------------------------------------------------ */

/* Write the sums of a pass, or add them to what stands there. */
HELPER void NAME(finish)(int is_first, VECTOR sum[ROWS][PANEL], VECTOR *out)
{
    UNROLL
    for (int r = 0; r < ROWS; r++)
        UNROLL
    for (int p = 0; p < PANEL; p++)
        out[r * PANEL + p] = is_first ? sum[r][p] : (VECTOR)(out[r * PANEL + p] + sum[r][p]);
}

/* m[t][o] = (m[t][o] +) sum over c of v[c / BLOCK][t][c % BLOCK] u[c][o]; `rows` of t, a multiple
 * of ROWS; o is PANEL blocks. */
PASS void NAME(multiply)(int is_first, int rows, int channels, const float *v, size_t block_step,
                         const float *u, float *m)
{
    for (int t = 0; t < rows; t += ROWS) {
        VECTOR sum[ROWS][PANEL] = {{{0}}};
        for (int block = 0; block < channels / BLOCK; block++) {
            const float *row = v + (size_t)block * block_step + (size_t)t * BLOCK;
            const VECTOR *filters = (const VECTOR *)u + (size_t)block * (BLOCK * PANEL);
#pragma GCC unroll 4
            for (int c = 0; c < BLOCK; c++) {
                UNROLL
                for (int r = 0; r < ROWS; r++) {
                    const VECTOR x = row[r * BLOCK + c] - (VECTOR){0};
                    UNROLL
                    for (int p = 0; p < PANEL; p++)
                        sum[r][p] = FUSED(x, filters[c * PANEL + p], sum[r][p]);
                }
            }
        }
        NAME(finish)(is_first, sum, (VECTOR *)m + (size_t)t * PANEL);
    }
}

/* u[c][o] = (u[c][o] +) sum over t of v[t][c] w[t][o]; c is a block, o is PANEL blocks. */
PASS void NAME(multiply_gradients)(int is_first, int tiles, const float *v, const float *w,
                                   float *u)
{
    for (int c = 0; c < BLOCK; c += ROWS) {
        VECTOR sum[ROWS][PANEL] = {{{0}}};
#pragma GCC unroll 4
        for (int t = 0; t < tiles; t++) {
            const float *row = v + (size_t)t * BLOCK + c;
            const VECTOR *gradients = (const VECTOR *)w + (size_t)t * PANEL;
            UNROLL
            for (int r = 0; r < ROWS; r++) {
                const VECTOR x = row[r] - (VECTOR){0};
                UNROLL
                for (int p = 0; p < PANEL; p++)
                    sum[r][p] = FUSED(x, gradients[p], sum[r][p]);
            }
        }
        NAME(finish)(is_first, sum, (VECTOR *)u + (size_t)c * PANEL);
    }
}

static const struct winograd_kernels KERNELS = {.panel = PANEL * BLOCK,
                                                .rows = ROWS,
                                                .input_transform = NAME(input_transform),
                                                .gradient_transform = NAME(gradient_transform),
                                                .output_transform = NAME(output_transform),
                                                .filter_transform = NAME(filter_transform),
                                                .filter_gradient_transform =
                                                    NAME(filter_gradient_transform),
                                                .multiply = NAME(multiply),
                                                .multiply_gradients = NAME(multiply_gradients)};

#undef JOIN_NAMES
#undef EXPAND_NAMES
#undef NAME
#undef VECTOR
#undef PASS
#undef HELPER
#undef UNROLL
#undef KERNELS
#undef BLOCK
#undef PRECISION
#undef TARGET
#undef FUSED
#undef PANEL
#undef ROWS
