/*
 * config - an experiment file: everything that a run depends on, except its seed and the images.
 *
 * An experiment is an INI file of `key = value` lines in sections (read by inih; ini_text.h says
 * what a line may be). The only key outside a section is `include = FILE`, relative to the
 * including file. There may be several, and they come first. A later one overrides an earlier one, and
 * the file's own keys override them all. A key that is unknown, misspelt, out of range, missing, or
 * set twice in one file is an error that names file and line. Values that contradict each other are
 * an error, too (config_rules.h).
 *
 * The table of keys in config.c is the whole language: name, type, range, default, meaning.
 * `kdecay keys` prints it. The canonical text of an experiment lists, in the table's order, the keys
 * that have no default and those whose value is not the default. Its SHA-256 identifies the
 * experiment; the file's comments, includes and order do not matter. A new key must have a default
 * that does what the program did before. Then the texts and digests of all earlier logs stay the
 * same. For the same reason a default is never changed and a word is never renamed.
 *
 * Experiments are kept in experiments/ and named by their path there: the arm of
 * experiments/cifar10/preact-20/poly-k2.0.ini is "cifar10/preact-20/poly-k2.0", and its logs are
 * results/cifar10/preact-20/poly-k2.0/seed-N.tsv.
 */
#ifndef KDECAY_CONFIG_H
#define KDECAY_CONFIG_H

#include "base/digest.h"
#include "base/error.h"
#include "experiment/decay.h"

#include <stdio.h>

enum scale { SCALE_SMOKE, SCALE_DESK, SCALE_FULL };
#define SCALE_NAME_SMOKE "smoke"
#define SCALE_NAME_DESK "desk"
#define SCALE_NAME_FULL "full"
#define CONFIG_SCALES SCALE_NAME_SMOKE "|" SCALE_NAME_DESK "|" SCALE_NAME_FULL
enum image_set { SET_CIFAR10, SET_CIFAR100, SET_SYNTHETIC };
enum { CIFAR_TRAIN = 50000, CIFAR_TEST = 10000 }; /* images of each real set */
enum normalisation { NORMALISE_MEAN_STD, NORMALISE_PIXEL_MEAN, NORMALISE_ZCA };
enum augmentation { AUGMENT_NONE, AUGMENT_FLIP_CROP };
enum crop_padding { CROP_ZERO, CROP_REFLECT };
enum family { FAMILY_PREACT, FAMILY_WIDE_RESNET, FAMILY_DENSENET_BC };
enum residual_block { RESIDUAL_BASIC, RESIDUAL_BOTTLENECK };
enum shortcut { SHORTCUT_A, SHORTCUT_PROJECTION };
enum fan { FAN_OUT, FAN_IN };
enum gamma { GAMMA_ONE, GAMMA_UNIFORM };
/* The greatest depth and reach of a Padding Layer (network/padding.h). */
enum { PADDING_DEPTH = 4, PADDING_REACH = 2 };
enum padding {
    PADDING_ZERO,
    PADDING_REPLICATE,
    PADDING_REFLECT,
    PADDING_EXTRAPOLATE,
    PADDING_PARTIAL,
    PADDING_LEARNED
};
enum weights { WEIGHTS_FREE, WEIGHTS_EXPANSION, WEIGHTS_BANK, WEIGHTS_SEARCH };
enum convolution { CONVOLUTION_DIRECT, CONVOLUTION_AUTO, CONVOLUTION_WINOGRAD, CONVOLUTION_FUSED };
enum precision { PRECISION_F32, PRECISION_BF16 }; /* network/precision.h */
enum last_batch { LAST_BATCH_KEEP, LAST_BATCH_DROP };
enum weight_decayed { WEIGHT_DECAY_ALL, WEIGHT_DECAY_WEIGHTS };
enum momentum_reset { MOMENTUM_KEPT, MOMENTUM_RESET_AT_DROP };
enum form { FORM_WARP, FORM_ADDITIVE };
enum update { UPDATE_STEP, UPDATE_EPOCH };
enum warmup { WARMUP_CONSTANT, WARMUP_LINEAR };
enum clock { CLOCK_RUNS, CLOCK_WAITS };

/* Increasing epochs, counted from 0. */
struct epoch_list {
    int count, epoch[DROP_LIST];
};

struct experiment {
    /* [run] */
    enum scale scale;
    int first_seed;         /* the least of the seeds that the arm is to be run with */
    int seeds;              /* the number of these seeds; 0: the number in status.h; -1: none */
    struct digest protocol; /* of the PROTOCOL.md that registered the arm; "": not registered */
    /* [data] */
    enum image_set set;
    int train_pictures; /* synthetic images only, else 0 */
    int test_pictures;  /* synthetic images only, else 0 */
    enum normalisation normalisation;
    enum augmentation augmentation;
    enum crop_padding crop_padding;
    /* [network] */
    enum family family;
    int depth;                        /* weight layers, counted as the family's paper does */
    enum residual_block block;        /* preact */
    enum shortcut shortcut;           /* preact */
    int width;                        /* widening factor; wide-resnet */
    int growth;                       /* channels a layer adds; densenet-bc */
    double dropout;                   /* share of activations set to 0 */
    enum fan fan;                     /* by which the convolutions' first deviation is scaled */
    enum gamma gamma;                 /* BN's first scales */
    enum padding padding;             /* of the 3x3 convolutions but the stem, see padding.h */
    int padding_depth, padding_reach; /* learned: D and r of the Padding Layer */
    enum weights weights; /* of the 3x3 convolutions but the first, see weight_block.h */
    int rows;             /* the trained rows of each of them; 0: drawn for the budget */
    int weights_seed;
    int budget;    /* numbers that all of them may store, see row_search.h; 0: no limit */
    int rows_draw; /* bank with a budget: which draw of rows per layer */
    int channels;  /* of the first stage; preact */
    /* [training] */
    int epochs;
    int batch;                  /* images per step */
    enum last_batch last_batch; /* the images left over at an epoch's end */
    int shards;                 /* fixed parts of a batch; part of the result, see network.h */
    enum convolution convolution;
    enum precision precision; /* see precision.h */
    double momentum;
    int nesterov; /* 0 or 1 */
    double weight_decay;
    enum weight_decayed decayed;
    enum momentum_reset momentum_reset;
    /* [schedule] */
    int decay; /* index of decays[] */
    double lr;
    double lr_end;
    struct decay_shape shape; /* without ratio and drops */
    double k;
    enum form form;
    enum update update;
    int endpoint;            /* 0 or 1: whether the last step trains with lr_end */
    struct epoch_list drops; /* step: the epochs at whose start the rate drops, for k = 1 */
    int cycle;               /* epochs of the first cycle; 0: one cycle, the whole run */
    int cycle_factor;        /* the length of a cycle over that of the one before */
    int warmup_steps;
    double warmup_lr;
    enum warmup warmup;
    enum clock warmup_clock;

    char arm[256]; /* "cifar10/preact-20/poly-k2.0"; the file's own path where it is elsewhere */
};

/* Read the file and then the `count` overrides "section.key=value". 0, or -1 with *error set. */
int config_load(const char *path, const char *const *overrides, size_t count,
                struct experiment *experiment, struct error *error);

/* Read a canonical text from a log; messages name it `name`. */
int config_parse(const char *text, const char *name, struct experiment *experiment,
                 struct error *error);

/* The canonical text, lines "section.key = value\n"; free() it. */
char *config_text(const struct experiment *experiment);

/* SHA-256 of the canonical text. */
struct digest config_digest(const struct experiment *experiment);

/* The defaults of the decays' own keys. */
struct decay_shape config_default_shape(void);

/* Images of the training set, and steps of an epoch over it. */
long config_train_count(const struct experiment *experiment);
long config_steps_per_epoch(const struct experiment *experiment);

int config_class_count(const struct experiment *experiment);
const char *config_set_name(const struct experiment *experiment);
const char *config_scale_name(const struct experiment *experiment);
const char *config_precision_name(const struct experiment *experiment);

/* The index of `word` in "a|b|c", as CONFIG_SCALES has them, or -1. */
int config_word(const char *words, const char *word);

/* The table of keys, for people. */
void config_print_keys(FILE *out);

#endif
