/*
 * trace - from a number back to the lines that it came from.
 *
 * Every number in a table's CSV that came from a log, from a published file or from the
 * measurements of benchmarks.h has a value id. The report writes OUT/tables/NAME.sources.tsv beside
 * NAME.csv: tab-separated columns id, shown (the text in the CSV), row and column (the CSV's line,
 * and the name of its column), file, line; a line for each place that the number came from.
 *
 *   ARM:last-error           mean test error (%) after the last epoch, of all runs of the arm
 *   ARM:sd                   their sample standard deviation
 *   ARM:best-error           mean of the lowest test error of each run; selected on the test
 *                            images
 *   ARM:n                    number of runs
 *   ARM:difference:CONTROL   mean of ARM's last error less CONTROL's, over the seeds that both
 *                            have; likewise pairs, low, high (95 % interval), p and holm
 *   ARM:alone-difference:CONTROL   the same of a comparison that is a family of its own: of a trend
 *                                  over
 *                            several arms (cells.h), CONTROL the first and ARM the last of them, or
 *                            of two; likewise alone-pairs, ...
 *   ARM:step-difference:CONTROL    the same of an arm and the one with the next smaller k, adjusted
 *                            over these steps
 *   ARM:left-out-low:CONTROL       exploratory.h; likewise left-out-high, equivalence; and max-t,
 *                            pooled-low, pooled-high, pooled-holm, into which the runs of the
 *                            question's other arms enter, too
 *   ARM:train-loss           mean of its runs' last training losses
 *   ARM:images-per-s         of the clock, mean of all its epochs; the index names the last ones.
 *                            Likewise logged-core-hours, the sum over its runs
 *   ARM:core-hours           predicted for one run of ARM, from the speed of all desk logs
 *   ARM/seed-N:last-error    of one run; likewise minutes, diverged-at
 *   ARM/seed-N:epoch-E:COLUMN      a number of a log's row, by the name of its column. What the
 *                                  figures show; in no table
 *   table-5-2:wide-resnet-28-10:ours     of the thesis's table, by network, depth and column;
 *                                  likewise params, original, k, delta (ours - original),
 *                                  delta-matched (ours - the literature's matched number)
 *   literature:cifar-10:wide-resnet-28-10:step-mean-std:wrn16    by set, network, setting, source
 *   claims:C3:says           the words of a claim
 *   claims:C3:mean-gain-original   of the thesis's rows that have a matched baseline, original - ours;
 *                            likewise mean-gain-matched (baseline - ours), mean-gain-change, the
 *                            difference of the two; largest-gain-original, ...
 *   ranks:ARM:4:measured     images a second of ARM's network on 4 ranks; likewise cores
 *   ranks:ARM:64:predicted-10-gb-s    by the model of scaling.h, from what one rank computed;
 *                                     likewise
 *                                  efficiency-10-gb-s, in %
 *
 * holm is adjusted within its table's family: besides the lines of its own pairs, which the index
 * gives, the p of the other members enter, which are values of the same table. A number is shown
 * rounded to its last digit, by printf.
 */
#ifndef KDECAY_TRACE_H
#define KDECAY_TRACE_H

#include "base/error.h"

#include <stdio.h>

struct trace_options {
    const char *results, *experiments, *out;
};

/* Print to `stream` where the value is shown and, for each place that it came from, the line itself
 * and, of a log, the run, its digests and the commands that train it again. 0; or -1 with *error
 * set: no such value, no tables below `out`, a source that cannot be read. */
int trace_write(const struct trace_options *options, const char *id, FILE *stream,
                struct error *error);

#endif
