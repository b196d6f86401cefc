/*
 * registered - which runs may be shown: a registered run is shown once its set is complete.
 *
 * An arm is registered if its experiment names a protocol (run.protocol, the SHA-256 of a file that
 * was committed before the first run). Such a protocol promises that nobody sees a mean before all
 * runs of a set exist. So no run is added or left out because of the results of the others.
 *
 * A protocol has two sets of arms. The first set is the arms below a folder `primary`. The second
 * set is all arms of the protocol. A set is complete when each of its arms has a log of each of its
 * seeds. An arm may ask for no run (run.seeds = -1); its set does not wait for it.
 *
 * The runs of an arm below `primary` are sealed until the first set is complete; the runs of any
 * other arm, until the second set is complete. Sealed runs are counted, and no table, macro or
 * figure shows their results.
 */
#ifndef KDECAY_REGISTERED_H
#define KDECAY_REGISTERED_H

#include "report/ledger.h"

/* Whether a protocol registered the arm. */
int registered_is(const struct experiment *experiment);

/* The number of runs that the arm's set has, and that it needs. */
struct registered_count {
    size_t present, needed;
};
struct registered_count registered_count(const struct ledger *ledger,
                                         const struct experiment_files *files,
                                         const struct experiment *arm);

/* "sealed: 12 of 16 runs"; free() it. */
char *registered_sealed_word(struct registered_count runs);

/* Whether the results of the arm's runs may not be shown yet. */
int registered_is_sealed(const struct ledger *ledger, const struct experiment_files *files,
                         const struct experiment *arm);

/* The ledger without its sealed runs. Its logs share their contents with `ledger`, so free only the
 * array `logs`. */
struct ledger registered_open(const struct ledger *ledger, const struct experiment_files *files);

#endif
