#include "data/whitening.h"

#include "base/digest.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/simd.h"

#include <gsl/gsl_eigen.h>
#include <gsl/gsl_version.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double contrast_scale = 55, smallest_divisor = 1e-8, filter_bias = 0.1;

/* ---- Products of matrices ----------------------------------------------------------------- */

/* No BLAS is used: its order of sums depends on the CPU and, in fast ones, on the threads. Matrices
 * are cut into panels of PANEL columns, filled up with zeros: entry (k, j) of a matrix with `depth`
 * rows is at [j / PANEL][k][j % PANEL]. */
enum { PANEL = 8, DEPTH = 256 /* rows: a panel of them fits in the first cache */ };

/* One row of a panel. GCC splits it into the CPU's vectors, which changes no bit. */
typedef double vector __attribute__((vector_size(PANEL * sizeof(double)), may_alias));

static size_t panels(size_t columns)
{
    return (columns + PANEL - 1) / PANEL;
}

static size_t panel_place(size_t depth, size_t k, size_t j)
{
    return (j / PANEL * depth + k) * PANEL + j % PANEL;
}

static double *panel_zeros(size_t depth, size_t columns)
{
    return (double *)memory_floats(2 * depth * panels(columns) * PANEL);
}

/* Panels of a matrix [depth][columns] that is stored row by row. */
static double *panels_of(const double *matrix, size_t depth, size_t columns)
{
    double *out = panel_zeros(depth, columns);
    for (size_t k = 0; k < depth; k++)
        for (size_t j = 0; j < columns; j++)
            out[panel_place(depth, k, j)] = matrix[k * columns + j];
    return out;
}

/* c[i][j] += a[k][i] b[k][j], k in order, for the PANEL rows of c that a's panel makes. It works on half
 * of them at a time, so that the sums also fit into the registers of AVX2. */
CLONES static void add_tile(size_t depth, const double *a, const vector *b, vector *c)
{
    for (size_t half = 0; half < PANEL; half += PANEL / 2) {
        vector s[PANEL / 2];
#pragma GCC unroll 4
        for (size_t i = 0; i < PANEL / 2; i++)
            s[i] = c[half + i];
        for (size_t k = 0; k < depth; k++) {
#pragma GCC unroll 4
            for (size_t i = 0; i < PANEL / 2; i++)
                s[i] += a[k * PANEL + half + i] * b[k];
        }
#pragma GCC unroll 4
        for (size_t i = 0; i < PANEL / 2; i++)
            c[half + i] = s[i];
    }
}

/* Add A^T B to C. A is [depth][rows], B [depth][columns], C [rows filled up][columns], all in
 * panels. Every entry is summed over k in order. `symmetric`: only entries from the panel of the
 * diagonal down. */
static void add_product(size_t depth, const double *a, size_t rows, const double *b, size_t columns,
                        int symmetric, double *c)
{
    const size_t tiles = panels(rows);
#pragma omp parallel for schedule(dynamic)
    for (size_t j = 0; j < panels(columns); j++)
        for (size_t k = 0; k < depth; k += DEPTH)
            for (size_t i = symmetric ? j : 0; i < tiles; i++)
                add_tile(depth - k < DEPTH ? depth - k : DEPTH, a + (i * depth + k) * PANEL,
                         (const vector *)(b + (j * depth + k) * PANEL),
                         (vector *)(c + (j * tiles + i) * PANEL * PANEL));
}

/* Write the lower half of an n x n matrix in panels row by row, and mirror it. */
static void mirror(const double *lower, size_t n, double *out)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++)
            out[i * n + j] = out[j * n + i] = lower[panel_place(panels(n) * PANEL, i, j)];
}

/* ---- Contrast ----------------------------------------------------------------------------- */

void whitening_contrast(const uint8_t *bytes, size_t n, float *out)
{
    uint64_t sum = 0;
    for (size_t j = 0; j < n; j++)
        sum += bytes[j];
    const double mean = (double)sum / (double)n;
    double squares = 0;
    for (size_t j = 0; j < n; j++)
        squares += (bytes[j] - mean) * (bytes[j] - mean);
    double divisor = sqrt(squares) / contrast_scale;
    if (divisor < smallest_divisor)
        divisor = 1;
    for (size_t j = 0; j < n; j++)
        out[j] = (float)((bytes[j] - mean) / divisor);
}

/* ---- ZCA ---------------------------------------------------------------------------------- */

static size_t number_bytes(size_t n)
{
    return (n + n * n) * sizeof(double);
}

static struct whitening allocate(size_t n)
{
    double *numbers = memory_zeroed(n + n * n, sizeof *numbers);
    return (struct whitening){.n = n, .mean = numbers, .matrix = numbers + n};
}

void whitening_free(struct whitening *whitening)
{
    free(whitening->mean);
    *whitening = (struct whitening){0};
}

static void fit_mean(struct whitening *whitening, const float *rows, size_t count)
{
    const size_t n = whitening->n;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < n; j++)
            whitening->mean[j] += (double)rows[i * n + j];
    for (size_t j = 0; j < n; j++)
        whitening->mean[j] /= (double)count;
}

/* C + 0.1 I into `out`, [n][n]. */
static void fit_covariance(const struct whitening *whitening, const float *rows, size_t count,
                           double *out)
{
    const size_t n = whitening->n;
    double *sums = panel_zeros(panels(n) * PANEL, n), *centred = panel_zeros(DEPTH, n);
    for (size_t first = 0; first < count; first += DEPTH) {
        const size_t depth = count - first < DEPTH ? count - first : DEPTH;
#pragma omp parallel for schedule(static)
        for (size_t k = 0; k < depth; k++)
            for (size_t j = 0; j < n; j++)
                centred[panel_place(depth, k, j)] =
                    (double)rows[(first + k) * n + j] - whitening->mean[j];
        add_product(depth, centred, n, centred, n, 1, sums);
    }
    mirror(sums, n, out);
    for (size_t j = 0; j < n * n; j++)
        out[j] /= (double)count;
    for (size_t j = 0; j < n; j++)
        out[j * n + j] += filter_bias;
    free(centred);
    free(sums);
}

/* V diag(1 / sqrt(l)) V^T of the matrix, which is overwritten. */
static void fit_matrix(struct whitening *whitening, double *covariance)
{
    const size_t n = whitening->n;
    double *roots = memory_zeroed(n, sizeof *roots);
    double *vectors = memory_zeroed(n * n, sizeof *vectors);
    gsl_matrix_view matrix_view = gsl_matrix_view_array(covariance, n, n);
    gsl_matrix_view vectors_view = gsl_matrix_view_array(vectors, n, n);
    gsl_vector_view values_view = gsl_vector_view_array(roots, n);
    gsl_eigen_symmv_workspace *workspace = gsl_eigen_symmv_alloc(n);
    gsl_eigen_symmv(&matrix_view.matrix, &values_view.vector, &vectors_view.matrix, workspace);
    gsl_eigen_symmv_free(workspace);

    double *right = panel_zeros(n, n), *left = panel_zeros(n, n);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < n; k++) {
            right[panel_place(n, k, i)] = vectors[i * n + k];
            left[panel_place(n, k, i)] = vectors[i * n + k] / sqrt(roots[k]);
        }
    }
    double *product = panel_zeros(panels(n) * PANEL, n);
    add_product(n, left, n, right, n, 1, product);
    mirror(product, n, whitening->matrix);
    free(product);
    free(left);
    free(right);
    free(vectors);
    free(roots);
}

void whitening_fit(struct whitening *whitening, const float *rows, size_t count, size_t n)
{
    if (count == 0)
        BUG("a whitening without rows to fit to");
    *whitening = allocate(n);
    double *covariance = memory_zeroed(n * n, sizeof *covariance);
    fit_mean(whitening, rows, count);
    fit_covariance(whitening, rows, count, covariance);
    fit_matrix(whitening, covariance);
    free(covariance);
}

void whitening_apply(const struct whitening *whitening, float *rows, size_t count)
{
    const size_t n = whitening->n;
    double *matrix = panels_of(whitening->matrix, n, n);
    double *centred = panel_zeros(n, DEPTH), *product = panel_zeros(DEPTH, n);
    for (size_t first = 0; first < count; first += DEPTH) {
        const size_t block = count - first < DEPTH ? count - first : DEPTH;
        memset(product, 0, DEPTH * panels(n) * PANEL * sizeof *product);
#pragma omp parallel for schedule(static)
        for (size_t i = 0; i < block; i++)
            for (size_t k = 0; k < n; k++)
                centred[panel_place(n, k, i)] =
                    (double)rows[(first + i) * n + k] - whitening->mean[k];
        add_product(n, centred, block, matrix, n, 0, product);
#pragma omp parallel for schedule(static)
        for (size_t i = 0; i < block; i++)
            for (size_t j = 0; j < n; j++)
                rows[(first + i) * n + j] =
                    (float)product[panel_place(panels(block) * PANEL, i, j)];
    }
    free(product);
    free(centred);
    free(matrix);
}

/* ---- Files -------------------------------------------------------------------------------- */

/* The text before mean and matrix. */
static char *file_line(const struct whitening *whitening, const char *images)
{
    return memory_text("kdecay whitening 1\timages %s\tGSL %s\tSHA-256 %s\n", images, gsl_version,
                       digest_of(whitening->mean, number_bytes(whitening->n)).hex);
}

int whitening_read(struct whitening *whitening, size_t n, const char *path, const char *images,
                   struct error *error)
{
    size_t size = 0;
    char *file = file_read(path, &size, error);
    if (!file)
        return -1;
    const size_t bytes = number_bytes(n);
    *whitening = allocate(n);
    if (size > bytes)
        memcpy(whitening->mean, file + size - bytes, bytes);
    char *line = file_line(whitening, images);
    const size_t length = strlen(line);
    const int good = size == length + bytes && memcmp(file, line, length) == 0;
    free(line);
    free(file);
    if (good)
        return 0;
    whitening_free(whitening);
    return error_set(error, "%s: is damaged, or not of these images and GSL %s", path, gsl_version);
}

void whitening_write(const struct whitening *whitening, const char *path, const char *images)
{
    char *line = file_line(whitening, images);
    const size_t length = strlen(line), bytes = number_bytes(whitening->n);
    char *file = memory_zeroed(length + bytes, 1);
    memcpy(file, line, length);
    memcpy(file + length, whitening->mean, bytes);
    file_write(path, file, length + bytes);
    free(file);
    free(line);
}

void whitening_take_or_fit(struct whitening *whitening, const float *rows, size_t count, size_t n,
                           const char *path, const char *images)
{
    const int there = path && file_exists(path);
    struct error error;
    if (there && whitening_read(whitening, n, path, images, &error) == 0)
        return;
    if (there)
        fprintf(stderr, "%s; it is made anew\n", error.text);
    fprintf(stderr, "fitting the whitening to %zu images takes minutes\n", count);
    whitening_fit(whitening, rows, count, n);
    if (path)
        whitening_write(whitening, path, images);
}
