#include "base/file.h"
#include "base/memory.h"
#include "data/dataset.h"
#include "tests/expect.h"
#include "tests/scratch.h"
#include "tests/tests.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RECORD = 1 + IMAGE_FLOATS };

/* A file of records in the CIFAR-10 layout: record i has label `labels[i]` and bytes i. */
static char *write_records(const char *folder, const char *name, const int *labels, size_t count)
{
    uint8_t *bytes = memory_zeroed(count, RECORD);
    for (size_t i = 0; i < count; i++) {
        memset(bytes + i * RECORD, (int)i, RECORD);
        bytes[i * RECORD] = (uint8_t)labels[i];
    }
    char *path = memory_text("%s/%s", folder, name);
    file_write(path, bytes, count * RECORD);
    free(bytes);
    return path;
}

TEST(order_of_files_does_not_matter)
{
    char *folder = scratch_folder();
    const int one[] = {7, 3}, two[] = {9, 0};
    char *a = write_records(folder, "a.bin", one, 2), *b = write_records(folder, "b.bin", two, 2);
    const char *const forth[] = {a, b}, *const back[] = {b, a};
    struct images first, second;
    struct error error;
    assert_int_equal(dataset_read_records(&first, forth, 2, 2, 1, 10, &error), 0);
    assert_int_equal(dataset_read_records(&second, back, 2, 2, 1, 10, &error), 0);
    assert_string_equal(first.digest.hex, second.digest.hex);
    static const int sorted[] = {0, 3, 7, 9};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(dataset_label(&first, i), sorted[i]);
    free(first.records);
    free(second.records);
    free(a);
    free(b);
    scratch_remove(folder);
}

static void expect_read_error(const char *path, size_t per_file, int classes, const char *word)
{
    struct images images;
    struct error error = {""};
    assert_int_equal(dataset_read_records(&images, &path, 1, per_file, 1, classes, &error), -1);
    assert_null(images.records);
    expect_words(error.text, word);
    expect_words(error.text, path);
}

TEST(damaged_files)
{
    char *folder = scratch_folder();
    const int labels[] = {1, 10};
    char *path = write_records(folder, "a.bin", labels, 2);
    expect_read_error(path, 2, 10, "label 10");
    expect_read_error(path, 3, 100, "9219");
    expect_read_error(path, 1, 100, "3073");
    file_write(path, "", 0);
    expect_read_error(path, 2, 10, "holds 0 bytes");
    char *missing = memory_text("%s/missing.bin", folder);
    expect_read_error(missing, 2, 10, "cannot be opened");
    expect_read_error(folder, 2, 10, "folder");
    free(missing);
    free(path);
    scratch_remove(folder);
}

static const struct experiment cifar10 = {.set = SET_CIFAR10};

/* Whole files of the right size that are not CIFAR, and a folder without any. */
TEST(other_images_are_refused)
{
    char *folder = scratch_folder();
    struct dataset dataset;
    struct error error = {""};
    expect_failed(dataset_load(&dataset, &cifar10, folder, NULL, &error), &error, "make data");
    assert_non_null(strstr(error.text, "DATA="));
    int *labels = memory_zeroed(10000, sizeof *labels);
    for (int i = 1; i <= 6; i++) {
        char name[64];
        snprintf(name, sizeof name, "cifar-10-batches-bin/data_batch_%d.bin", i);
        free(write_records(folder, i == 6 ? "cifar-10-batches-bin/test_batch.bin" : name, labels,
                           10000));
    }
    expect_failed(dataset_load(&dataset, &cifar10, folder, NULL, &error), &error,
                  "differ from the official ones");
    free(labels);
    scratch_remove(folder);
}

static struct dataset synthetic(void)
{
    const struct experiment experiment = {
        .set = SET_SYNTHETIC, .train_pictures = 60, .test_pictures = 30};
    struct dataset dataset;
    struct error error;
    assert_int_equal(dataset_load(&dataset, &experiment, NULL, NULL, &error), 0);
    return dataset;
}

TEST(synthetic_images)
{
    struct dataset first = synthetic(), second = synthetic();
    assert_string_equal(first.train.digest.hex, second.train.digest.hex);
    assert_string_not_equal(first.train.digest.hex, first.test.digest.hex);
    int per_class[10] = {0};
    for (size_t i = 0; i < 60; i++)
        per_class[dataset_label(&first.train, i)]++;
    for (int c = 0; c < 10; c++)
        assert_int_equal(per_class[c], 6);
    dataset_free(&first);
    dataset_free(&second);
}

/* Mean 0 and deviation 1 over the training images, channel by channel. */
TEST(standardised)
{
    struct dataset dataset = synthetic();
    float *image = memory_floats(IMAGE_FLOATS);
    double sum[3] = {0}, squares[3] = {0};
    for (size_t i = 0; i < 60; i++) {
        dataset_image(&dataset, &dataset.train, i, dataset_unmoved, image);
        for (int p = 0; p < IMAGE_FLOATS; p++) {
            sum[p / IMAGE_PIXELS] += (double)image[p];
            squares[p / IMAGE_PIXELS] += (double)image[p] * (double)image[p];
        }
    }
    for (int c = 0; c < 3; c++) {
        assert_true(fabs(sum[c] / (60.0 * IMAGE_PIXELS)) < 1e-6);
        assert_true(fabs(squares[c] / (60.0 * IMAGE_PIXELS) - 1) < 1e-6);
    }
    free(image);
    dataset_free(&dataset);
}

/* Every mirror and every crop, pixel by pixel: flip first, then shift with zeros around. */
TEST(moved_images)
{
    struct dataset dataset = synthetic();
    float *still = memory_floats(IMAGE_FLOATS), *moved = memory_floats(IMAGE_FLOATS);
    dataset_image(&dataset, &dataset.train, 5, dataset_unmoved, still);
    for (int mirrored = 0; mirrored < 2; mirrored++) {
        for (int corner = 0; corner < 81; corner++) {
            const struct augment augment = {mirrored, corner / 9, corner % 9};
            dataset_image(&dataset, &dataset.train, 5, augment, moved);
            for (int p = 0; p < IMAGE_FLOATS; p++) {
                const int c = p / 1024, y = p % 1024 / 32 + augment.down - 4;
                const int x = p % 32 + augment.right - 4;
                const int inside = x >= 0 && x < 32 && y >= 0 && y < 32;
                const float expected =
                    inside ? still[c * 1024 + y * 32 + (mirrored ? 31 - x : x)] : 0;
                assert_true(moved[p] == expected);
            }
        }
    }
    free(still);
    free(moved);
    dataset_free(&dataset);
}

TEST(draws_of_augmentation)
{
    int mirrored = 0, corner[9] = {0};
    for (uint32_t i = 0; i < 9000; i++) {
        const struct augment a = dataset_augment(AUGMENT_FLIP_CROP, 1, 1, i);
        mirrored += a.mirrored;
        assert_in_range(a.down, 0, 8);
        corner[a.right]++;
    }
    assert_in_range(mirrored, 4260, 4740); /* 4500 +- 5 standard deviations of 47 */
    for (int i = 0; i < 9; i++)
        assert_in_range(corner[i], 850, 1150);
    const struct augment none = dataset_augment(AUGMENT_NONE, 1, 1, 1);
    assert_true(none.mirrored == 0 && none.down == 4 && none.right == 4);
}

TEST(steps_per_epoch)
{
    struct experiment e = {.set = SET_CIFAR10, .batch = 128, .last_batch = LAST_BATCH_KEEP};
    assert_int_equal(config_steps_per_epoch(&e), 391);
    e.last_batch = LAST_BATCH_DROP;
    assert_int_equal(config_steps_per_epoch(&e), 390);
}
