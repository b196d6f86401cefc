/*
 * confirmation - the registered confirmation of k = 3: experiments/confirmation and its PROTOCOL.md.
 *
 *   table-confirmation               the primary comparison, k3.0 with k1.0, and the secondary
 *                                    family of four, k3.0 with each control, Holm over the four
 *   table-confirmation-exploratory   without verdicts: the same differences of test loss and
 *                                    training error; and the test errors of all six
 *                                    arms by one max-T permutation (max_t.h), once all are there
 *
 * The rows below k3.0 are the arms that it is compared with. Each difference is k3.0 minus that arm, seed by seed;
 * below 0 is better. The verdict is that of statistics.h, with the limits of the protocol. While a
 * set is sealed (registered.h) its rows show how many runs there are, and nothing else.
 *
 *   confirmation-macros.tex          the states by which the paper chooses its sentences
 *
 * A pair whose two runs were made in two environments is listed below the table and stays in it.
 */
#ifndef KDECAY_CONFIRMATION_H
#define KDECAY_CONFIRMATION_H

#include "report/ledger.h"

struct confirmation;

/* Compare the runs. `all` are all logs, `open` those that may be shown. NULL with *error set if logs of
 * one arm contradict each other, or if an arm of the protocol has no experiment. Points into logs and
 * files. */
struct confirmation *confirmation_collect(const struct ledger *all, const struct ledger *open,
                                          const struct experiment_files *files,
                                          struct error *error);
void confirmation_free(struct confirmation *confirmation);

/* The verdict of the registered comparison with an arm: "better at k = 3", in the same way "worse" and
 * "no evidence"; "sealed: 12 of 16 runs" while its set is sealed; "no runs" if there are no such
 * experiments. free() it. NULL with *error set if the protocol has no comparison with that arm. */
char *confirmation_word(const struct confirmation *confirmation, const char *control,
                        struct error *error);

/* Write OUT/tables/NAME.txt, .csv, .tex and .values.tex of both; OUT/tables/confirmation-macros.tex,
 *
 *     \PrimaryState, \LinearState, \KneeState, \CosineState, \SgdrState   "sealed", or the verdict
 *     \MeanRateState      what linear, knee and cosine say together, by the protocol: "sealed" while
 *                         one is; "worse" if k = 3 is worse than one; "better" if it is better than
 *                         all; else "no evidence"
 *     \PrimaryRuns, \PrimaryNeeded, \AllRuns, \AllNeeded   of the first set and of both
 *
 * and OUT/plots/confirmation.tsv:
 *
 *     row <TAB> arm <TAB> verdict <TAB> mean <TAB> low <TAB> high       a row of NaN while sealed
 *     row <TAB> seed <TAB> difference                                   a block of its own */
void confirmation_write(const struct confirmation *confirmation, const char *out);

#endif
