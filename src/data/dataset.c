#include "data/dataset.h"

#include "base/file.h"
#include "base/memory.h"
#include "data/whitening.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const struct augment dataset_unmoved = {0, CROP_PADDING, CROP_PADDING};

/* ---- Records ------------------------------------------------------------------------------ */

/* Sort and identify. qsort's order of equal records does not matter: they have the same bytes. */
static int compare_cifar10(const void *left, const void *right)
{
    return memcmp(left, right, 1 + IMAGE_FLOATS);
}

static int compare_cifar100(const void *left, const void *right)
{
    return memcmp(left, right, 2 + IMAGE_FLOATS);
}

static void sort_and_digest(struct images *images)
{
    qsort(images->records, images->count, images->record_bytes,
          images->record_bytes == 1 + IMAGE_FLOATS ? compare_cifar10 : compare_cifar100);
    images->digest = digest_of(images->records, images->count * images->record_bytes);
}

int dataset_read_records(struct images *images, const char *const *files, size_t file_count,
                         size_t per_file, size_t label_bytes, int classes, struct error *error)
{
    const size_t record_bytes = label_bytes + IMAGE_FLOATS, bytes = per_file * record_bytes;
    *images = (struct images){.records = memory_zeroed(file_count, bytes),
                              .count = file_count * per_file,
                              .record_bytes = record_bytes};
    int status = 0;
    for (size_t f = 0; f < file_count && status == 0; f++) {
        size_t size = 0;
        char *content = file_read(files[f], &size, error);
        if (!content) {
            status = -1;
        } else if (size != bytes) {
            status =
                error_set(error,
                          "%s: holds %zu bytes, expected %zu (%zu records of %zu): the file is cut "
                          "or not of this set; unpack it again",
                          files[f], size, bytes, per_file, record_bytes);
        } else {
            memcpy(images->records + f * bytes, content, bytes);
        }
        free(content);
        for (size_t i = 0; i < per_file && status == 0; i++) {
            const int label = images->records[f * bytes + i * record_bytes + label_bytes - 1];
            if (label >= classes)
                status =
                    error_set(error,
                              "%s: record %zu has label %d, expected 0 to %d: the file is damaged "
                              "or not of this set; unpack it again",
                              files[f], i, label, classes - 1);
        }
    }
    if (status == 0) {
        sort_and_digest(images);
    } else {
        free(images->records);
        images->records = NULL;
    }
    return status;
}

int dataset_label(const struct images *images, size_t index)
{
    const size_t label_bytes = images->record_bytes - IMAGE_FLOATS;
    return images->records[index * images->record_bytes + label_bytes - 1];
}

/* ---- Synthetic images --------------------------------------------------------------------- */

/* Only integers are used, so the bytes are the same on every machine. Each class has stripes with its
 * own direction and width, in one of three colours; the noise leaves something to learn. */
static void make_up(struct images *images, size_t count, uint32_t part)
{
    static const int direction[10][2] = {{1, 0}, {0, 1}, {1, 1}, {1, -1}, {2, 1},
                                         {1, 2}, {1, 0}, {0, 1}, {1, 1},  {1, -1}};
    const struct rng rng = {part, RNG_MAKE_UP};
    *images = (struct images){.records = memory_zeroed(count, 1 + IMAGE_FLOATS),
                              .count = count,
                              .record_bytes = 1 + IMAGE_FLOATS};
    for (size_t i = 0; i < count; i++) {
        uint8_t *record = images->records + i * images->record_bytes;
        const int class = (int)(i % 10), width = class < 5 ? 4 : 8;
        const int phase = (int)rng_below(rng_draw(rng, 0, (uint32_t)i, 0).word[0], 16);
        record[0] = (uint8_t) class;
        for (int p = 0; p < IMAGE_FLOATS; p++) {
            const int channel = p / IMAGE_PIXELS, row = p % IMAGE_PIXELS / IMAGE_SIDE;
            const int along =
                direction[class][0] * row + direction[class][1] * (p % IMAGE_SIDE) + phase + 64;
            const int bright = along / width % 2 == 0 && channel != class % 3;
            const uint32_t noise = rng_draw(rng, 1, (uint32_t)i, (uint32_t)p).word[0];
            record[1 + p] = (uint8_t)(60 + 50 * bright + (int)rng_below(noise, 120));
        }
    }
    sort_and_digest(images);
}

/* ---- Sets --------------------------------------------------------------------------------- */

/* The files of a real set and its digests. */
struct source {
    const char *folder;
    const char *train_files[5], *test_file;
    size_t train_file_count, per_train_file, label_bytes;
    struct image_digests digests;
};

static const struct source sources[] = {
    [SET_CIFAR10] = {"cifar-10-batches-bin",
                     {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin",
                      "data_batch_4.bin", "data_batch_5.bin"},
                     "test_batch.bin",
                     5,
                     10000,
                     1,
                     {"72083841cd0fa633f09b24c0833cf6d6a1809caff400317117334e0aa6b0ed46",
                      "f1bbb931260cda782c84c1948c82d910e2c193cb1d56756293f445027090946b"}},
    [SET_CIFAR100] = {"cifar-100-binary",
                      {"train.bin"},
                      "test.bin",
                      1,
                      50000,
                      2,
                      {"e087818905fce27ff63616d8f344858809aab7e66060ba0e155a3bb18453ec1e",
                       "b8278c7d1bf36d32ce3e9f2a02eb2c80c9458dcf9a15571d082434cc68f5f5ce"}},
};

static int check_digest(const struct images *images, const char *known, const char *where,
                        struct error *error)
{
    if (strcmp(images->digest.hex, known) == 0)
        return 0;
    return error_set(error,
                     "%s: the images differ from the official ones (SHA-256 of the sorted records "
                     "%.12s, expected %.12s): unpack them again",
                     where, images->digest.hex, known);
}

static int load_real(struct dataset *dataset, const struct source *source, const char *folder,
                     struct error *error)
{
    char *path[6];
    char *inside = memory_text("%s/%s", folder, source->folder);
    const char *place = file_exists(inside) ? inside : folder;
    for (size_t i = 0; i < source->train_file_count; i++)
        path[i] = memory_text("%s/%s", place, source->train_files[i]);
    path[5] = memory_text("%s/%s", place, source->test_file);
    int status = 0;
    if (!file_exists(path[0]))
        status = error_set(error,
                           "%s: not found; `make data` fetches the images, or name the folder that "
                           "holds %s/ with --data DIR (make: DATA=DIR)",
                           path[0], source->folder);
    if (status == 0)
        status = dataset_read_records(&dataset->train, (const char *const *)path,
                                      source->train_file_count, source->per_train_file,
                                      source->label_bytes, dataset->classes, error);
    if (status == 0)
        status = dataset_read_records(&dataset->test, (const char *const *)path + 5, 1, CIFAR_TEST,
                                      source->label_bytes, dataset->classes, error);
    if (status == 0)
        status = check_digest(&dataset->train, source->digests.train, place, error);
    if (status == 0)
        status = check_digest(&dataset->test, source->digests.test, path[5], error);
    for (size_t i = 0; i < source->train_file_count; i++)
        free(path[i]);
    free(path[5]);
    free(inside);
    return status;
}

static const uint8_t *image_bytes(const struct images *images, size_t index)
{
    return images->records + (index + 1) * images->record_bytes - IMAGE_FLOATS;
}

/* Sums of bytes and of their squares are whole numbers below 2^53, so they are exact in any order. */
static void measure_channels(struct dataset *dataset)
{
    const struct images *train = &dataset->train;
    const double n = (double)train->count * IMAGE_PIXELS;
    for (int c = 0; c < IMAGE_CHANNELS; c++) {
        uint64_t sum = 0, squares = 0;
        for (size_t i = 0; i < train->count; i++) {
            const uint8_t *plane = image_bytes(train, i) + c * IMAGE_PIXELS;
            for (int p = 0; p < IMAGE_PIXELS; p++) {
                sum += plane[p];
                squares += (uint64_t)plane[p] * plane[p];
            }
        }
        dataset->mean[c] = (double)sum / n;
        dataset->deviation[c] = sqrt((double)squares / n - dataset->mean[c] * dataset->mean[c]);
    }
}

static void measure_pixels(struct dataset *dataset)
{
    const struct images *train = &dataset->train;
    uint32_t *sums = memory_zeroed(IMAGE_FLOATS, sizeof *sums); /* 50,000 bytes fit */
    for (size_t i = 0; i < train->count; i++) {
        const uint8_t *bytes = image_bytes(train, i);
        for (int p = 0; p < IMAGE_FLOATS; p++)
            sums[p] += bytes[p];
    }
    dataset->offset = memory_floats(IMAGE_FLOATS);
    for (int p = 0; p < IMAGE_FLOATS; p++)
        dataset->offset[p] = (float)((double)sums[p] / (double)train->count / 255);
    free(sums);
}

static void normalise(struct dataset *dataset, enum normalisation normalisation)
{
    measure_channels(dataset);
    if (normalisation == NORMALISE_PIXEL_MEAN)
        measure_pixels(dataset);
    for (int c = 0; c < IMAGE_CHANNELS; c++)
        for (int byte = 0; byte < 256; byte++)
            dataset->value[c][byte] =
                normalisation == NORMALISE_PIXEL_MEAN
                    ? (float)(byte / 255.0)
                    : (float)((byte - dataset->mean[c]) / dataset->deviation[c]);
}

static void whiten(struct dataset *dataset, const char *kept)
{
    struct images *const parts[] = {&dataset->train, &dataset->test};
    for (int part = 0; part < 2; part++) {
        struct images *images = parts[part];
        images->whitened = memory_floats(images->count * IMAGE_FLOATS);
        for (size_t i = 0; i < images->count; i++)
            whitening_contrast(image_bytes(images, i), IMAGE_FLOATS,
                               images->whitened + i * IMAGE_FLOATS);
    }
    struct whitening whitening;
    const char *digest = dataset->train.digest.hex;
    char *path = kept ? memory_text("%s/whitening/%s.bin", kept, digest) : NULL;
    whitening_take_or_fit(&whitening, dataset->train.whitened, dataset->train.count, IMAGE_FLOATS,
                          path, digest);
    free(path);
    for (int part = 0; part < 2; part++)
        whitening_apply(&whitening, parts[part]->whitened, parts[part]->count);
    whitening_free(&whitening);
}

int dataset_load(struct dataset *dataset, const struct experiment *experiment, const char *folder,
                 const char *kept, struct error *error)
{
    memset(dataset, 0, sizeof *dataset);
    dataset->classes = config_class_count(experiment);
    if (experiment->set == SET_SYNTHETIC) {
        make_up(&dataset->train, (size_t)experiment->train_pictures, 0);
        make_up(&dataset->test, (size_t)experiment->test_pictures, 1);
    } else if (load_real(dataset, &sources[experiment->set], folder, error) != 0) {
        dataset_free(dataset);
        return -1;
    }
    if (experiment->normalisation == NORMALISE_ZCA)
        whiten(dataset, kept);
    else
        normalise(dataset, experiment->normalisation);
    dataset->reflects = experiment->crop_padding == CROP_REFLECT;
    return 0;
}

void dataset_free(struct dataset *dataset)
{
    free(dataset->train.records);
    free(dataset->test.records);
    free(dataset->train.whitened);
    free(dataset->test.whitened);
    free(dataset->offset);
    memset(dataset, 0, sizeof *dataset);
}

struct image_digests dataset_known_digests(const struct experiment *experiment)
{
    if (experiment->set == SET_SYNTHETIC)
        return (struct image_digests){NULL, NULL};
    return sources[experiment->set].digests;
}

int dataset_is_there(const struct experiment *experiment, const char *folder)
{
    if (experiment->set == SET_SYNTHETIC)
        return 1;
    const struct source *source = &sources[experiment->set];
    char *inside = memory_text("%s/%s/%s", folder, source->folder, source->test_file);
    char *here = memory_text("%s/%s", folder, source->test_file);
    const int there = file_exists(inside) || file_exists(here);
    free(inside);
    free(here);
    return there;
}

size_t dataset_bytes(const struct experiment *experiment)
{
    const int synthetic = experiment->set == SET_SYNTHETIC;
    const size_t test = (size_t)(synthetic ? experiment->test_pictures : CIFAR_TEST);
    const size_t count = (size_t)config_train_count(experiment) + test;
    const size_t labels = synthetic ? 1 : sources[experiment->set].label_bytes;
    const size_t floats = experiment->normalisation == NORMALISE_ZCA ? IMAGE_FLOATS : 0;
    return count * (labels + IMAGE_FLOATS + floats * sizeof(float));
}

/* ---- Images ----------------------------------------------------------------------------- */

struct augment dataset_augment(enum augmentation augmentation, uint32_t seed, uint32_t epoch,
                               uint32_t index)
{
    if (augmentation == AUGMENT_NONE)
        return dataset_unmoved;
    const struct rng_words w = rng_draw((struct rng){seed, RNG_AUGMENT}, epoch, index, 0);
    return (struct augment){.mirrored = (int)rng_below(w.word[0], 2),
                            .down = (int)rng_below(w.word[1], 2 * CROP_PADDING + 1),
                            .right = (int)rng_below(w.word[2], 2 * CROP_PADDING + 1)};
}

/* The row or column of the image that row or column `at` of the padded image shows; -1: zeros. */
static int source_of(int at, int reflects)
{
    if (at >= 0 && at < IMAGE_SIDE)
        return at;
    if (!reflects)
        return -1;
    return at < 0 ? -at : 2 * (IMAGE_SIDE - 1) - at;
}

void dataset_image(const struct dataset *dataset, const struct images *images, size_t index,
                   struct augment augment, float *out)
{
    const uint8_t *bytes = image_bytes(images, index);
    const float *whitened = images->whitened ? images->whitened + index * IMAGE_FLOATS : NULL;
    int column[IMAGE_SIDE];
    for (int x = 0; x < IMAGE_SIDE; x++) {
        const int from = source_of(x + augment.right - CROP_PADDING, dataset->reflects);
        column[x] = from >= 0 && augment.mirrored ? IMAGE_SIDE - 1 - from : from;
    }
    for (int c = 0; c < IMAGE_CHANNELS; c++) {
        const float *value = dataset->value[c];
        for (int y = 0; y < IMAGE_SIDE; y++, out += IMAGE_SIDE) {
            const int row = source_of(y + augment.down - CROP_PADDING, dataset->reflects);
            const int start = (c * IMAGE_SIDE + row) * IMAGE_SIDE;
            for (int x = 0; x < IMAGE_SIDE; x++) {
                if (row < 0 || column[x] < 0)
                    out[x] = 0;
                else if (whitened)
                    out[x] = whitened[start + column[x]];
                else if (dataset->offset)
                    out[x] = value[bytes[start + column[x]]] - dataset->offset[start + column[x]];
                else
                    out[x] = value[bytes[start + column[x]]];
            }
        }
    }
}
