/* What an experiment asks of the images besides the defaults: mirrored borders, a mean of each
 * pixel, whole batches only. */
#include "base/memory.h"
#include "data/dataset.h"
#include "experiment/log.h"
#include "tests/expect.h"
#include "tests/scratch.h"
#include "tests/tests.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TRAIN = 7, IMAGE = 3 };

static struct dataset load(enum normalisation normalisation, enum crop_padding padding)
{
    const struct experiment experiment = {.set = SET_SYNTHETIC,
                                          .train_pictures = TRAIN,
                                          .test_pictures = 2,
                                          .normalisation = (int)normalisation,
                                          .crop_padding = (int)padding};
    struct dataset dataset;
    struct error error;
    assert_int_equal(dataset_load(&dataset, &experiment, NULL, NULL, &error), 0);
    return dataset;
}

/* The byte of an image, as the format of the records has it: a label, then planes of 32 rows. */
static int byte_at(const struct images *images, int image, int channel, int row, int column)
{
    return images->records[image * 3073 + 1 + (channel * 32 + row) * 32 + column];
}

/* A walk from 0 on that turns round at both borders, without stopping there: where it is at `at`.
 */
static int reflected(int at)
{
    int place = 0, direction = at < 0 ? -1 : 1;
    for (int i = 0; i < abs(at); i++) {
        if (place + direction < 0 || place + direction > 31)
            direction = -direction;
        place += direction;
    }
    return place;
}

/* The mean of one pixel's bytes over the training images. */
static double mean_at(const struct dataset *dataset, int channel, int row, int column)
{
    double sum = 0;
    for (int i = 0; i < TRAIN; i++)
        sum += byte_at(&dataset->train, i, channel, row, column);
    return sum / TRAIN;
}

static double normalised(const struct dataset *dataset, enum normalisation normalisation,
                         int channel, int row, int column)
{
    const int byte = byte_at(&dataset->train, IMAGE, channel, row, column);
    if (normalisation == NORMALISE_PIXEL_MEAN)
        return (byte - mean_at(dataset, channel, row, column)) / 255;
    double sum = 0, squares = 0;
    for (int i = 0; i < TRAIN * 1024; i++)
        sum += byte_at(&dataset->train, i / 1024, channel, i / 32 % 32, i % 32);
    const double mean = sum / (TRAIN * 1024);
    for (int i = 0; i < TRAIN * 1024; i++)
        squares += pow(byte_at(&dataset->train, i / 1024, channel, i / 32 % 32, i % 32) - mean, 2);
    return (byte - mean) / sqrt(squares / (TRAIN * 1024));
}

/* The stored image, in double, before it is moved. */
static double *still_image(const struct dataset *dataset, enum normalisation normalisation)
{
    double *still = memory_zeroed(IMAGE_FLOATS, sizeof *still);
    for (int p = 0; p < IMAGE_FLOATS; p++)
        still[p] = normalised(dataset, normalisation, p / 1024, p / 32 % 32, p % 32);
    return still;
}

/* First the mirror, then the crop, from the surroundings of the mirrored image. */
static double expected_at(const double *still, struct augment augment, enum crop_padding padding,
                          int p)
{
    int row = p / 32 % 32 + augment.down - 4, column = p % 32 + augment.right - 4;
    if (padding == CROP_ZERO && (row < 0 || row > 31 || column < 0 || column > 31))
        return 0;
    row = reflected(row);
    column = reflected(column);
    return still[p / 1024 * 1024 + row * 32 + (augment.mirrored ? 31 - column : column)];
}

/* All 81 crops, mirrored and not. A float's rounding of a value and of a mean, both below 2, leaves
 * less than 4e-7. */
static void check_moves(enum normalisation normalisation, enum crop_padding padding)
{
    struct dataset dataset = load(normalisation, padding);
    double *still = still_image(&dataset, normalisation);
    float *moved = memory_floats(IMAGE_FLOATS);
    for (int i = 0; i < 2 * 81; i++) {
        const struct augment augment = {.mirrored = i / 81, .down = i % 9, .right = i / 9 % 9};
        dataset_image(&dataset, &dataset.train, IMAGE, augment, moved);
        for (int p = 0; p < IMAGE_FLOATS; p++)
            assert_true(fabs((double)moved[p] - expected_at(still, augment, padding, p)) < 4e-7);
    }
    free(still);
    free(moved);
    dataset_free(&dataset);
}

TEST(mirrored_borders)
{
    check_moves(NORMALISE_MEAN_STD, CROP_REFLECT);
    check_moves(NORMALISE_PIXEL_MEAN, CROP_REFLECT);
}

/* The mean belongs to the image's pixel and moves with it; around the image are zeros. */
TEST(pixel_means)
{
    check_moves(NORMALISE_PIXEL_MEAN, CROP_ZERO);
    struct dataset dataset = load(NORMALISE_PIXEL_MEAN, CROP_ZERO);
    float *image = memory_floats(IMAGE_FLOATS);
    double *sums = memory_zeroed(IMAGE_FLOATS, sizeof *sums);
    for (size_t i = 0; i < TRAIN; i++) {
        dataset_image(&dataset, &dataset.train, i, dataset_unmoved, image);
        for (int p = 0; p < IMAGE_FLOATS; p++)
            sums[p] += (double)image[p];
    }
    for (int p = 0; p < IMAGE_FLOATS; p++)
        assert_true(fabs(sums[p] / TRAIN) < 2e-7);
    free(image);
    free(sums);
    /* test images are moved by the mean of the training images, too */
    float *test = memory_floats(IMAGE_FLOATS);
    dataset_image(&dataset, &dataset.test, 1, dataset_unmoved, test);
    for (int p = 0; p < IMAGE_FLOATS; p++) {
        const int c = p / 1024, y = p / 32 % 32, x = p % 32;
        const double byte = byte_at(&dataset.test, 1, c, y, x);
        assert_true(fabs((double)test[p] - (byte - mean_at(&dataset, c, y, x)) / 255) < 4e-7);
    }
    free(test);
    dataset_free(&dataset);
}

/* ---- The smaller batch at an epoch's end ------------------------------------------------------
 */

TEST(last_batch)
{
    static const struct {
        int images, batch;
        long keep, drop;
    } cases[] = {{300, 32, 10, 9}, {320, 32, 10, 10}, {321, 32, 11, 10},
                 {32, 32, 1, 1},   {63, 32, 2, 1},    {7, 32, 1, 0}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct experiment e = {.set = SET_SYNTHETIC,
                               .train_pictures = cases[i].images,
                               .batch = cases[i].batch,
                               .last_batch = LAST_BATCH_KEEP};
        assert_int_equal(config_steps_per_epoch(&e), cases[i].keep);
        e.last_batch = LAST_BATCH_DROP;
        assert_int_equal(config_steps_per_epoch(&e), cases[i].drop);
    }
}

/* Two epochs over 100 images in batches of 32. */
static struct log trained(const char *last_batch)
{
    char *folder = scratch_folder(), *output = NULL;
    scratch_write(folder, "a.ini",
                  "[run]\nscale = smoke\n[data]\nset = made-up\ntrain_pictures = 100\n"
                  "test_pictures = 10\naugmentation = flip-crop\n[network]\nfamily = preact\n"
                  "depth = 8\n[training]\nepochs = 2\nbatch = 32\nlast_batch = keep\nshards = 2\n"
                  "momentum = 0.9\nnesterov = yes\nweight_decay = 1e-4\n[schedule]\n"
                  "decay = cosine\nlr = 0.1\nlr_end = 0\n");
    char *command = memory_text("build/kdecay train %s/a.ini --seed 1 --threads 1 "
                                "--results %s/r --checkpoints %s/c "
                                "--set training.last_batch=%s > /dev/null",
                                folder, folder, folder, last_batch);
    if (scratch_run(command, &output) != 0)
        fail_msg("%s: %s", command, output);
    free(output);
    free(command);
    command = memory_text("find %s/r -name 'seed-1.tsv'", folder);
    assert_int_equal(scratch_run(command, &output), 0);
    output[strcspn(output, "\n")] = '\0';
    struct log log;
    struct error error;
    expect_ok(log_read(output, &log, &error), &error);
    free(command);
    free(output);
    scratch_remove(folder);
    return log;
}

/* The error is a share of the images that were trained on: a multiple of 1/96, and of no other
 * number. */
TEST(training_drops_the_last_batch)
{
    struct log keep = trained("keep"), drop = trained("drop");
    assert_int_equal(keep.step_loss_count, 8);
    assert_int_equal(drop.step_loss_count, 6);
    assert_int_equal(keep.row_count, 2);
    assert_int_equal(drop.row_count, 2);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(drop.rows[i].step, 3 * (i + 1));
        const double wrong = drop.rows[i].train_error / 100 * 96;
        assert_true(fabs(wrong - round(wrong)) < 1e-6); /* the log has ten digits */
        const double all = keep.rows[i].train_error;
        assert_true(fabs(all - round(all)) < 1e-6);
    }
    /* the same first step: the same images in the same order */
    assert_true(keep.step_losses[0] == drop.step_losses[0]);
    log_free(&keep);
    log_free(&drop);
}
