/*
 * confirmation - the registered confirmation of k = 3: experiments/confirmation and its
 * PROTOCOL.md.
 *
 *   table-confirmation
 *     The primary comparison is k3.0 against k1.0. The secondary family is k3.0 against each of the
 *     four controls, Holm over the four.
 *   table-confirmation-exploratory
 *     Other numbers of the same runs, without verdicts: the differences of test loss and of
 *     training error; and, once all six arms are there, the p of their test errors by one max-T
 *     permutation (max_t.h).
 *   confirmation-macros.tex
 *     The states by which the paper chooses its sentences.
 *
 * The rows below k3.0 are the arms that it is compared with. A difference is k3.0 minus the arm of
 * the row, seed by seed; below 0 is better. The verdict is the one of statistics.h, with the limits
 * of the protocol. While a set is sealed (registered.h), its rows show how many runs there are, and
 * nothing else. The two runs of a pair may have two environments. Such a pair is listed below the
 * table, and it stays in the result.
 */
#ifndef KDECAY_CONFIRMATION_H
#define KDECAY_CONFIRMATION_H

#include "report/ledger.h"

struct confirmation;

/* Compare the runs. `all` are all logs, `open` those that may be shown. NULL with *error set if
 * logs of one arm contradict each other, or if an arm of the protocol has no experiment. Points
 * into logs and files. */
struct confirmation *confirmation_collect(const struct ledger *all, const struct ledger *open,
                                          const struct experiment_files *files,
                                          struct error *error);
void confirmation_free(struct confirmation *confirmation);

/* The verdict of the registered comparison with an arm: "better at k = 3", in the same way "worse"
 * and "no evidence"; "sealed: 12 of 16 runs" while its set is sealed; "no runs" if there are no
 * such experiments. free() it. NULL with *error set if the protocol has no comparison with that
 * arm. */
char *confirmation_word(const struct confirmation *confirmation, const char *control,
                        struct error *error);

/* Write OUT/tables/NAME.txt, .csv, .tex and .values.tex of both tables;
 * OUT/tables/confirmation-macros.tex,
 *
 *     \PrimaryState, \LinearState, \KneeState, \CosineState, \SgdrState   "sealed", or the verdict
 *     \MeanRateState      what linear, knee and cosine say together, by the protocol: "sealed"
 *                         while one of them is sealed; "worse" if k = 3 is worse than one of them;
 *                         "better" if it is better than all of them; else "no evidence"
 *     \PrimaryRuns, \PrimaryNeeded, \AllRuns, \AllNeeded   of the first set, and of both
 *
 * and OUT/plots/confirmation.tsv, with two blocks of lines:
 *
 *     row <TAB> arm <TAB> verdict <TAB> mean <TAB> low <TAB> high       NaN while sealed
 *     row <TAB> seed <TAB> difference
 */
void confirmation_write(const struct confirmation *confirmation, const char *out);

#endif
