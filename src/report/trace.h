/*
 * trace - finds the lines that a number came from.
 *
 * A number in a table's CSV has a value id if it came from a log, from a published file or from the
 * measurements of benchmarks.h. Beside NAME.csv the report writes OUT/tables/NAME.sources.tsv, with
 * one line per source of each number. Its tab-separated columns are: id, shown (the text in the
 * CSV), row and column (the CSV's line, and the name of its column), file, line.
 *
 * Of an arm:
 *   ARM:last-error          mean test error (%) after the last epoch, of all runs of the arm
 *   ARM:sd                  the sample standard deviation of these errors
 *   ARM:best-error          mean of the lowest test error of each run; selected on the test images
 *   ARM:n                   number of runs
 *   ARM:train-loss          mean of the last training losses of its runs
 *   ARM:images-per-s        mean over all epochs, by the clock. The index names the last line of
 *                           each run. Likewise logged-core-hours, the sum over its runs
 *   ARM:core-hours          predicted for one run of ARM, from the speed of all desk logs
 *   ARM/seed-N:last-error   of one run; likewise minutes, diverged-at
 *   ARM/seed-N:epoch-E:COLUMN   a number in a row of a log, by the name of its column. Figures show
 *                           it; no table does
 *
 * Of a comparison:
 *   ARM:difference:CONTROL  mean of ARM's last error less CONTROL's, over the seeds that both have.
 *                           Likewise pairs, low and high (the 95 % interval), p and holm
 *   ARM:alone-difference:CONTROL   the same for a comparison that is a Holm family of its own: the
 *                           difference of two arms, or the trend over several arms (comparison.h),
 *                           of which CONTROL is the first and ARM the last. Likewise alone-pairs,
 *                           ...
 *   ARM:step-difference:CONTROL   the same for an arm and the arm with the next smaller k, adjusted
 *                           over these steps
 *   ARM:left-out-low:CONTROL   see exploratory.h; likewise left-out-high and equivalence. Also
 *                           max-t, pooled-low, pooled-high and pooled-holm, which depend on the
 *                           runs of the question's other arms, too
 *
 * Of published numbers, claims and measurements:
 *   table-5-2:wide-resnet-28-10:ours   of the thesis's table, by network, depth and column.
 *                           Likewise params, original, k, delta (ours - original), and
 *                           delta-matched (ours - the literature's matched number)
 *   literature:cifar-10:wide-resnet-28-10:step-mean-std:wrn16   by set, network, setting and source
 *   claims:C3:says          the words of a claim
 *   claims:C3:mean-gain-original   of the thesis's rows that have a matched baseline, original -
 *                           ours. Likewise mean-gain-matched (baseline - ours); mean-gain-change,
 *                           the difference of these two; largest-gain-original, ...
 *   ranks:ARM:4:measured    images per second of ARM's network on 4 ranks; likewise cores
 *   ranks:ARM:64:predicted-10-gb-s   by the model of scaling.h, from what one rank computed.
 *                           Likewise efficiency-10-gb-s, in %
 *
 * holm is adjusted within its table's family. It depends on the lines of its own pairs, which the
 * index names, and on the p of the other members, which are values of the same table. A number is
 * shown rounded to its last digit, by printf.
 */
#ifndef KDECAY_TRACE_H
#define KDECAY_TRACE_H

#include "base/error.h"

#include <stdio.h>

struct trace_options {
    const char *results, *experiments, *out;
};

/* Print to `stream` which table shows the value, and each line that it came from; for a log also
 * the run, its digests and the commands that train it again. 0; or -1 with *error set if there is
 * no such value or no table below `out`, or if a source cannot be read. */
int trace_write(const struct trace_options *options, const char *id, FILE *stream,
                struct error *error);

#endif
