#include "base/file.h"
#include "base/memory.h"
#include "data/dataset.h"
#include "data/whitening.h"
#include "tests/expect.h"
#include "tests/reference.h"
#include "tests/scratch.h"
#include "tests/tests.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

static const double bias = 0.1; /* as pylearn2's ZCA() has it */

/* Correlated columns whose means are not 0. */
static float *make_rows(size_t count, size_t n)
{
    uint64_t numbers = count + n;
    float *rows = memory_floats(count * n);
    for (size_t i = 0; i < count; i++) {
        double shared = 0;
        for (size_t j = 0; j < n; j++) {
            shared = 0.7 * shared + reference_number(&numbers);
            rows[i * n + j] = (float)(3 * shared + (double)j / (double)n);
        }
    }
    return rows;
}

static double *mean_of(const float *rows, size_t count, size_t n)
{
    double *mean = memory_zeroed(n, sizeof *mean);
    for (size_t j = 0; j < n; j++) {
        for (size_t i = 0; i < count; i++)
            mean[j] += (double)rows[i * n + j];
        mean[j] /= (double)count;
    }
    return mean;
}

static double *covariance_of(const float *rows, size_t count, size_t n)
{
    double *mean = mean_of(rows, count, n), *covariance = memory_zeroed(n * n, sizeof(double));
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            double sum = 0;
            for (size_t r = 0; r < count; r++)
                sum += ((double)rows[r * n + i] - mean[i]) * ((double)rows[r * n + j] - mean[j]);
            covariance[i * n + j] = sum / (double)count;
        }
    }
    free(mean);
    return covariance;
}

static double *product_of(const double *a, const double *b, size_t n)
{
    double *product = memory_zeroed(n * n, sizeof *product);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < n; k++)
            for (size_t j = 0; j < n; j++)
                product[i * n + j] += a[i * n + k] * b[k * n + j];
    return product;
}

/* Cholesky's factorisation goes through. */
static int is_positive_definite(const double *matrix, size_t n)
{
    double *l = memory_zeroed(n * n, sizeof *l);
    int positive = 1;
    for (size_t i = 0; i < n && positive; i++) {
        for (size_t j = 0; j <= i; j++) {
            double sum = matrix[i * n + j];
            for (size_t k = 0; k < j; k++)
                sum -= l[i * n + k] * l[j * n + k];
            l[i * n + j] = i == j ? sqrt(sum) : sum / l[j * n + j];
        }
        positive = l[i * n + i] > 0;
    }
    free(l);
    return positive;
}

/* Deviations 2, 4, -6, 2, -2 from the mean 100 have the norm 8. */
TEST(contrast_by_hand)
{
    static const uint8_t bytes[5] = {102, 104, 94, 102, 98}, flat[5] = {7, 7, 7, 7, 7};
    float out[5];
    whitening_contrast(bytes, 5, out);
    for (int j = 0; j < 5; j++)
        assert_true(out[j] == (float)(55.0 * (bytes[j] - 100) / 8));
    whitening_contrast(flat, 5, out);
    for (int j = 0; j < 5; j++)
        assert_true(out[j] == 0);
}

/* Two rows at +-p (1, 1) and two at +-q (1, -1) around a mean: C has the eigenvalues p^2, q^2. */
TEST(two_columns_in_closed_form)
{
    const double p = 2, q = 0.5;
    const float rows[8] = {7, -1, 3, -5, 5.5F, -3.5F, 4.5F, -2.5F}; /* mean 5, -3 */
    struct whitening whitening;
    whitening_fit(&whitening, rows, 4, 2);
    const double along = 1 / sqrt(p * p + bias), across = 1 / sqrt(q * q + bias);
    const double expected[4] = {(along + across) / 2, (along - across) / 2, (along - across) / 2,
                                (along + across) / 2};
    assert_true(whitening.mean[0] == 5 && whitening.mean[1] == -3);
    for (int i = 0; i < 4; i++)
        assert_true(fabs(whitening.matrix[i] - expected[i]) < 1e-14);
    float applied[8];
    memcpy(applied, rows, sizeof applied);
    whitening_apply(&whitening, applied, 4);
    for (int i = 0; i < 2; i++) {
        assert_true(fabs((double)applied[i] - p * along) < 1e-6);
        assert_true(fabs((double)applied[4 + i] - (i ? -1 : 1) * q * across) < 1e-6);
    }
    whitening_free(&whitening);
}

/* W (C + 0.1 I) W = I for the C of naive sums; of all such W the symmetric, positive one. */
static void check_fit(size_t count, size_t n)
{
    float *rows = make_rows(count, n);
    struct whitening whitening;
    whitening_fit(&whitening, rows, count, n);
    double *mean = mean_of(rows, count, n), *biased = covariance_of(rows, count, n);
    for (size_t i = 0; i < n; i++)
        biased[i * n + i] += bias;
    double *half = product_of(whitening.matrix, biased, n);
    double *whole = product_of(half, whitening.matrix, n);
    for (size_t i = 0; i < n; i++) {
        assert_true(fabs(whitening.mean[i] - mean[i]) < 1e-12);
        for (size_t j = 0; j < n; j++) {
            assert_true(fabs(whole[i * n + j] - (i == j)) < 1e-10);
            assert_true(whitening.matrix[i * n + j] == whitening.matrix[j * n + i]);
        }
    }
    assert_true(is_positive_definite(whitening.matrix, n));
    free(whole);
    free(half);
    free(biased);
    free(mean);
    free(rows);
    whitening_free(&whitening);
}

/* Below, at and above the panels of 8 columns and the blocks of 256 rows; fewer rows than columns
 * leave eigenvalues of 0.1 alone. */
TEST(fit)
{
    static const size_t counts[] = {1, 30, 256, 257, 700, 5, 40}, ns[] = {1, 7, 8, 9, 12, 12, 261};
    for (size_t i = 0; i < COUNT(ns); i++)
        check_fit(counts[i], ns[i]);
}

static void check_application(size_t count, size_t n)
{
    float *rows = make_rows(count, n), *applied = memory_floats(count * n);
    memcpy(applied, rows, count * n * sizeof *rows);
    struct whitening whitening;
    whitening_fit(&whitening, rows, count, n);
    whitening_apply(&whitening, applied, count);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < n; j++) {
            double sum = 0;
            for (size_t k = 0; k < n; k++)
                sum += ((double)rows[i * n + k] - whitening.mean[k]) * whitening.matrix[k * n + j];
            assert_true(fabs((double)applied[i * n + j] - sum) <= 1e-7 * fmax(1, fabs(sum)));
        }
    }
    free(applied);
    free(rows);
    whitening_free(&whitening);
}

TEST(application)
{
    check_application(600, 12);
    check_application(9, 3);
    check_application(20, 300);
}

TEST(threads_change_no_bit)
{
    enum { COUNT = 600, N = 290 }; /* several blocks of either size */
    const int before = omp_get_max_threads();
    float *rows = make_rows(COUNT, N), *applied[3];
    struct whitening whitening[3];
    for (int t = 0; t < 3; t++) {
        omp_set_num_threads(t + 1);
        whitening_fit(&whitening[t], rows, COUNT, N);
        applied[t] = memory_floats(COUNT * N);
        memcpy(applied[t], rows, COUNT * N * sizeof(float));
        whitening_apply(&whitening[t], applied[t], COUNT);
        assert_memory_equal(whitening[t].mean, whitening[0].mean, N * sizeof(double));
        assert_memory_equal(whitening[t].matrix, whitening[0].matrix, N * N * sizeof(double));
        assert_memory_equal(applied[t], applied[0], COUNT * N * sizeof(float));
    }
    omp_set_num_threads(before);
    for (int t = 0; t < 3; t++) {
        whitening_free(&whitening[t]);
        free(applied[t]);
    }
    free(rows);
}

/* ---- Kept fits ---------------------------------------------------------------------------- */

enum { KEPT_ROWS = 40, KEPT_N = 6 };

/* take_or_fit gives the same as a fresh fit; then the file is good. */
static void check_take_or_fit(const float *rows, const char *path)
{
    struct whitening fresh, taken, read;
    struct error error;
    whitening_fit(&fresh, rows, KEPT_ROWS, KEPT_N);
    whitening_take_or_fit(&taken, rows, KEPT_ROWS, KEPT_N, path, "these");
    assert_int_equal(whitening_read(&read, KEPT_N, path, "these", &error), 0);
    assert_memory_equal(taken.mean, fresh.mean, sizeof(double[KEPT_N]));
    assert_memory_equal(taken.matrix, fresh.matrix, sizeof(double[KEPT_N * KEPT_N]));
    assert_memory_equal(read.mean, fresh.mean, sizeof(double[KEPT_N]));
    assert_memory_equal(read.matrix, fresh.matrix, sizeof(double[KEPT_N * KEPT_N]));
    whitening_free(&fresh);
    whitening_free(&taken);
    whitening_free(&read);
}

TEST(kept_and_fresh_are_the_same)
{
    char *folder = scratch_folder(), *path = memory_text("%s/new/kept.bin", folder);
    float *rows = make_rows(KEPT_ROWS, KEPT_N);
    check_take_or_fit(rows, path); /* fits and writes */
    check_take_or_fit(rows, path); /* reads */
    float *others = memory_floats(KEPT_ROWS * KEPT_N);
    struct whitening fresh, taken;
    whitening_fit(&fresh, rows, KEPT_ROWS, KEPT_N);
    whitening_take_or_fit(&taken, others, KEPT_ROWS, KEPT_N, path, "these");
    assert_memory_equal(taken.mean, fresh.mean, sizeof(double[KEPT_N])); /* it did read */
    whitening_free(&fresh);
    whitening_free(&taken);
    free(others);
    free(rows);
    free(path);
    scratch_remove(folder);
}

static void expect_refused(const char *path, size_t n, const char *images, const char *word)
{
    struct whitening whitening;
    struct error error = {""};
    assert_int_equal(whitening_read(&whitening, n, path, images, &error), -1);
    expect_words(error.text, word);
    expect_words(error.text, path);
}

/* Every byte changed, cut files, and a good file of something else; each is then made again. */
TEST(bad_files_are_refused)
{
    char *folder = scratch_folder(), *path = memory_text("%s/kept.bin", folder);
    float *rows = make_rows(KEPT_ROWS, KEPT_N);
    expect_refused(path, KEPT_N, "these", "cannot be opened");
    check_take_or_fit(rows, path);
    expect_refused(path, KEPT_N, "others", "not of these images");
    expect_refused(path, KEPT_N - 1, "these", "damaged");
    expect_refused(path, KEPT_N + 1, "these", "damaged");
    size_t size = 0;
    struct error error;
    char *bytes = file_read(path, &size, &error);
    assert_non_null(bytes);
    char *damaged = memory_text("%s/damaged.bin", folder);
    for (size_t i = 0; i < size; i += 7) {
        bytes[i] ^= 1;
        file_write(damaged, bytes, size);
        expect_refused(damaged, KEPT_N, "these", "damaged");
        bytes[i] ^= 1;
    }
    const size_t cuts[] = {0, 1, 60, size - 1};
    for (size_t i = 0; i < COUNT(cuts); i++) {
        file_write(damaged, bytes, cuts[i]);
        expect_refused(damaged, KEPT_N, "these", "damaged");
    }
    check_take_or_fit(rows, damaged);
    free(damaged);
    free(bytes);
    free(rows);
    free(path);
    scratch_remove(folder);
}

/* ---- Images ----------------------------------------------------------------------------- */

/* The column that the whitening below brings to column j: a fit of 3072 columns would take
 * minutes, so the images get one made by hand, which exchanges neighbours and doubles. */
static int exchanged(int j)
{
    return j ^ 1;
}

/* A 32 x 32 plane's coordinate, mirrored at the border where it lies beyond. */
static int reflected(int at)
{
    return at < 0 ? -at : at > 31 ? 62 - at : at;
}

static void check_images(const struct experiment *experiment, const char *kept)
{
    struct dataset dataset;
    struct error error;
    assert_int_equal(dataset_load(&dataset, experiment, NULL, kept, &error), 0);
    float *contrast = memory_floats(IMAGE_FLOATS), *moved = memory_floats(IMAGE_FLOATS);
    const struct images *const parts[] = {&dataset.train, &dataset.test};
    for (int part = 0; part < 2; part++) {
        const size_t index = 3;
        whitening_contrast(parts[part]->records + index * (1 + IMAGE_FLOATS) + 1, IMAGE_FLOATS,
                           contrast);
        for (int corner = 0; corner < 81; corner += 8) {
            const struct augment augment = {corner % 2, corner / 9, corner % 9};
            dataset_image(&dataset, parts[part], index, augment, moved);
            for (int p = 0; p < IMAGE_FLOATS; p++) {
                const int y = p % 1024 / 32 + augment.down - 4, x = p % 32 + augment.right - 4;
                const int outside = x < 0 || x > 31 || y < 0 || y > 31;
                const int column = augment.mirrored ? 31 - reflected(x) : reflected(x);
                const int from = exchanged(p / 1024 * 1024 + reflected(y) * 32 + column);
                const float whitened = (float)(2 * ((double)contrast[from] - from));
                const int zero = outside && experiment->crop_padding == CROP_ZERO;
                assert_true(moved[p] == (zero ? 0 : whitened));
            }
        }
    }
    free(contrast);
    free(moved);
    dataset_free(&dataset);
}

TEST(whitened_images)
{
    struct experiment experiment = {
        .set = SET_SYNTHETIC, .train_pictures = 20, .test_pictures = 10};
    struct dataset dataset;
    struct error error;
    assert_int_equal(dataset_load(&dataset, &experiment, NULL, NULL, &error), 0);
    char *kept = scratch_folder();
    char *path = memory_text("%s/whitening/%s.bin", kept, dataset.train.digest.hex);
    double *numbers = memory_zeroed(IMAGE_FLOATS * (IMAGE_FLOATS + 1), sizeof *numbers);
    struct whitening whitening = {IMAGE_FLOATS, numbers, numbers + IMAGE_FLOATS};
    for (int j = 0; j < IMAGE_FLOATS; j++) {
        whitening.mean[j] = j;
        whitening.matrix[(size_t)j * IMAGE_FLOATS + (size_t)exchanged(j)] = 2;
    }
    whitening_write(&whitening, path, dataset.train.digest.hex);
    experiment.normalisation = NORMALISE_ZCA;
    check_images(&experiment, kept);
    experiment.crop_padding = CROP_REFLECT;
    check_images(&experiment, kept);
    whitening_free(&whitening);
    free(path);
    scratch_remove(kept);
    dataset_free(&dataset);
}
