/*
 * dataset - images: CIFAR-10 and CIFAR-100 in the official binary layout, or synthetic ones.
 *
 * A record is one label byte (CIFAR-100: a coarse and then the fine label; the fine one is used) and
 * 3 x 32 x 32 bytes: the red, green and blue planes, row by row. [Krizhevsky 2009;
 * www.cs.toronto.edu/~kriz/cifar.html]
 *
 * Images are identified by content: the records are sorted bytewise on loading, so that any
 * order of the files gives the same data set. The SHA-256 of the sorted records goes into the log.
 * An image's index is its position in that order; every random number of augmentation depends on
 * it. Real sets must have the known digest: images that differ are not CIFAR.
 *
 * Synthetic images need no download: ten classes of coloured stripes under noise, in the same
 * records. They are drawn from a fixed key, so they are the same on all machines.
 *
 * Normalisation, by the training images: mean-std, per channel (byte - mean) / deviation over all
 * pixels; or pixel-mean, (byte - mean of that pixel and channel) / 255
 * [SGDR's and Lasagne's ResNet recipe: github.com/loshchil/SGDR]; or zca, contrast and whitening
 * (whitening.h). Whitened images are kept as floats, 12 KiB each; CIFAR needs 703 MiB. A crop
 * pads the normalised image, with zeros or by mirroring it.
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
    IMAGE_CHANNELS = 3,
    IMAGE_SIDE = 32,
    IMAGE_PIXELS = IMAGE_SIDE * IMAGE_SIDE,
    IMAGE_FLOATS = IMAGE_CHANNELS * IMAGE_PIXELS,
    CROP_PADDING = 4
};

struct images {
    uint8_t *records; /* count records of record_bytes, sorted */
    float *whitened;  /* [count][3][32][32] where the normalisation is zca; else NULL */
    size_t count, record_bytes;
    struct digest digest;
};

struct dataset {
    struct images train, test;
    int classes;
    double mean[IMAGE_CHANNELS], deviation[IMAGE_CHANNELS]; /* of bytes, over train; not zca */
    float value[IMAGE_CHANNELS][256]; /* of a byte, before `offset` is subtracted */
    float *offset;                    /* [3][32][32]; NULL: none */
    int reflects;                     /* crops see the mirrored image around it, not zeros */
};

/* How to move an image: mirrored or not, and the crop's corner in the padded image (0 .. 8;
 * CROP_PADDING is the centre). */
struct augment {
    int mirrored, down, right;
};

/* Load the experiment's images from `folder`, which holds cifar-10-batches-bin/ or
 * cifar-100-binary/, or is that folder itself (NULL for synthetic images). Returns 0, or -1 with
 * *error. Release with dataset_free().
 *
 * The fit of zca takes minutes. It is kept as KEPT/whitening/DIGEST.bin, named after the digest of
 * the training images, and read from there the next time (`kept` NULL: it is not kept). */
int dataset_load(struct dataset *dataset, const struct experiment *experiment, const char *folder,
                 const char *kept, struct error *error);
void dataset_free(struct dataset *dataset);

/* Read `files` of `per_file` records each (labels at the front, the last one below `classes`) and
 * sort them. The layer below dataset_load, without its check against the known digests. */
int dataset_read_records(struct images *images, const char *const *files, size_t file_count,
                         size_t per_file, size_t label_bytes, int classes, struct error *error);

int dataset_label(const struct images *images, size_t index);

/* The draw for one image of one epoch (1, 2, ...), or the identity where `augmentation` is
 * AUGMENT_NONE. */
struct augment dataset_augment(enum augmentation augmentation, uint32_t seed, uint32_t epoch,
                               uint32_t index);
extern const struct augment dataset_unmoved;

/* Write the normalised image, moved as told, to out[3][32][32]. */
void dataset_image(const struct dataset *dataset, const struct images *images, size_t index,
                   struct augment augment, float *out);

/* Known without loading anything: */

/* The digests of a real set; NULLs for synthetic images. */
struct image_digests {
    const char *train, *test;
};
struct image_digests dataset_known_digests(const struct experiment *experiment);

/* Whether `folder` holds the images, by the name of a file; synthetic ones are everywhere. */
int dataset_is_there(const struct experiment *experiment, const char *folder);

/* Bytes that the loaded images take. */
size_t dataset_bytes(const struct experiment *experiment);

#endif
