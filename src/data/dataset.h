/*
 * dataset - pictures: CIFAR-10 and CIFAR-100 in the official binary layout, or made up.
 *
 * A record is one label byte (CIFAR-100: a coarse, then the fine label, which is the one used) and
 * 3 x 32 x 32 bytes: the red, green and blue planes, row by row. [Krizhevsky 2009;
 * www.cs.toronto.edu/~kriz/cifar.html]
 *
 * Pictures are identified by content: the records are sorted bytewise on loading, so that any
 * order of the files gives the same data set, and the SHA-256 of the sorted records goes into the
 * log. A picture's index is its place in that order; every random number of augmentation hangs on
 * it. Real sets must have the known digest: pictures that differ are not CIFAR.
 *
 * Made-up pictures need no download: ten classes of coloured stripes under noise, in the same
 * records, drawn from a fixed key, so that all machines make up the same.
 *
 * Normalisation, by the training pictures: mean-std, per channel (byte - mean) / deviation over all
 * pixels; or pixel-mean, (byte - mean of that pixel and channel) / 255
 * [SGDR's and Lasagne's ResNet recipe: github.com/loshchil/SGDR]; or zca, contrast and whitening
 * (whitening.h). Whitened pictures are kept as floats, 12 KiB each: CIFAR's take 703 MiB. A crop
 * pads the normalised picture, with zeros or by mirroring it.
 */
#ifndef KDECAY_DATASET_H
#define KDECAY_DATASET_H

#include "base/digest.h"
#include "base/error.h"
#include "base/rng.h"
#include "experiment/config.h"

#include <stddef.h>
#include <stdint.h>

enum {
    PICTURE_CHANNELS = 3,
    PICTURE_SIDE = 32,
    PICTURE_PIXELS = PICTURE_SIDE * PICTURE_SIDE,
    PICTURE_FLOATS = PICTURE_CHANNELS * PICTURE_PIXELS,
    CROP_PADDING = 4
};

struct pictures {
    uint8_t *records; /* count records of record_bytes, sorted */
    float *whitened;  /* [count][3][32][32] where the normalisation is zca; else NULL */
    size_t count, record_bytes;
    struct digest digest;
};

struct dataset {
    struct pictures train, test;
    int classes;
    double mean[PICTURE_CHANNELS], deviation[PICTURE_CHANNELS]; /* of bytes, over train; not zca */
    float value[PICTURE_CHANNELS][256]; /* of a byte, before `offset` is subtracted */
    float *offset;                      /* [3][32][32]; NULL: none */
    int reflects;                       /* crops see the mirrored picture around it, not zeros */
};

/* How to move a picture: mirrored or not, and the crop's corner in the padded picture (0 .. 8;
 * CROP_PADDING is the centre). */
struct augment {
    int mirrored, down, right;
};

/* Load what the experiment names from `folder`, which holds cifar-10-batches-bin/ or
 * cifar-100-binary/, or is that folder itself (NULL for made-up pictures). 0, or -1 with *error.
 * Release with dataset_free().
 *
 * The fit of zca takes minutes; it is kept as KEPT/whitening/DIGEST.bin, by the digest of the
 * training pictures, and read from there the next time (`kept` NULL: it is not kept). */
int dataset_load(struct dataset *dataset, const struct experiment *experiment, const char *folder,
                 const char *kept, struct error *error);
void dataset_free(struct dataset *dataset);

/* Read `files` of `per_file` records each (labels at the front, the last one below `classes`) and
 * sort them. The layer below dataset_load, without its check against the known digests. */
int dataset_read_records(struct pictures *pictures, const char *const *files, size_t file_count,
                         size_t per_file, size_t label_bytes, int classes, struct error *error);

int dataset_label(const struct pictures *pictures, size_t index);

/* The draw for one picture of one epoch (1, 2, ...), or the identity where `augmentation` is
 * AUGMENT_NONE. */
struct augment dataset_augment(enum augmentation augmentation, uint32_t seed, uint32_t epoch,
                               uint32_t index);
extern const struct augment dataset_unmoved;

/* Write the normalised picture, moved as told, to out[3][32][32]. */
void dataset_picture(const struct dataset *dataset, const struct pictures *pictures, size_t index,
                     struct augment augment, float *out);

/* Known without loading anything: */

/* The digests of a real set; NULLs for made-up pictures. */
struct picture_digests {
    const char *train, *test;
};
struct picture_digests dataset_known_digests(const struct experiment *experiment);

/* Whether `folder` holds the pictures, by the name of a file; made-up ones are everywhere. */
int dataset_is_there(const struct experiment *experiment, const char *folder);

/* Bytes that the loaded pictures take. */
size_t dataset_bytes(const struct experiment *experiment);

#endif
