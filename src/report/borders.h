/*
 * borders - measures of a trained network's maps near their borders, and the filters that its
 * Padding Layers have learned: one small file beside the log of a finished run,
 * results/ARM/seed-N.borders.tsv.
 *
 *     # kdecay borders: 1                      the format's version
 *     # arm: pad-net/learned
 *     # seed: 1
 *     # experiment-sha256: ...               -+
 *     # test-sha256: ...                      |  as in the log
 *     # environment: ...                      |
 *     # state-sha256: ...                    -+  of the weights: the log's last digest
 *     # pictures: 512                          the first ones of the test set, or all
 *     kind <TAB> layer <TAB> height ...        column names, then the rows, separated by tabs
 *
 *     kind      output or filter
 *     layer     the convolution's name, "stage2.unit1.conv1"; both kinds
 *     height, width   of its output
 *     distance  output: 0, 1, 2, 3 pixels from the nearest border, or "interior": more; filter: "-"
 *     depth     filter: d = 0, 1, ... of the tap, or "constant"; output: "-"
 *     along     filter: e = -r .. r of the tap, or "constant"; output: "-"
 *     count     output: numbers at that distance, over images and channels; filter: channels
 *     mean, rms, sd, min, max   of these numbers: rms^2 = mean^2 + sd^2
 *
 * Every 3x3 convolution except the stem has a group of rows, in the network's order: first the
 * outputs, by the distances that the map has; then, with learned padding, the taps in the order
 * [d][e] and the constant. An output is the convolution's result in evaluation mode, with PARTIAL's
 * ratios, before batch norm and before any residual is added. Filters are those of padding.h.
 *
 * The numbers are a pure function of weights, images and environment: one thread computes the
 * shards one after another, and sums are taken in double.
 */
#ifndef KDECAY_BORDERS_H
#define KDECAY_BORDERS_H

#include "base/error.h"
#include "experiment/config.h"
#include "network/padding.h"
#include "report/ledger.h"

enum { BORDERS_VERSION = 1, BORDERS_NEAR = 4, BORDERS_IMAGES = 512 };

/* The rows of a convolution by number: distances 0 .. 3, the interior, then the taps and, right
 * after as many as the experiment has, the constant. */
enum {
    BORDERS_INTERIOR = BORDERS_NEAR,
    BORDERS_TAPS,
    BORDERS_ROWS = BORDERS_TAPS + PADDING_DEPTH * (2 * PADDING_REACH + 1) + 1
};

struct borders_options {
    const struct experiment *experiment;
    long seed;
    const char *data, *results, *checkpoints;
};

/* Measure the run from its checkpoint and write the file, whole or not at all. Dies if the run has
 * no finished log or no checkpoint, or if log and checkpoint do not have the same weights. */
void borders_run(const struct borders_options *options);

/* One convolution in a file. */
struct borders_layer {
    double rms[BORDERS_ROWS]; /* 0 for a row that it does not have */
};

struct borders {
    struct borders_layer *layer; /* in the network's order */
    int layers, taps; /* taps: of each, with the constant; 0 where padding is not learned */
};

/* The path of the measures of a log's run, whether or not the file exists; free() it. */
char *borders_path(const struct log *log);

/* Read the file of a log, which must be whole: the head that the log makes, then exactly the rows
 * that the log's experiment implies, with their counts, as borders_run() writes them. Release with
 * free(borders->layer). 0, or -1 with *error set and nothing to free. */
int borders_read(const struct log *log, struct borders *borders, struct error *error);

/* Whether the log of the file at `path` stands in `ledger`, and borders_read() takes the file. 0,
 * or -1 with *error set. */
int borders_check(const char *path, const struct ledger *ledger, struct error *error);

#endif
