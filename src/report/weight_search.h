/*
 * weight_search - Weight Net's search against its rivals: experiments/weight-search and its PROTOCOL.md.
 *
 * A contender spends runs and ends with one trained network for each seed, its result:
 *
 *   search     one run, which chooses its rows itself (row_search.h)
 *   uniform    one run, the same u in every layer
 *   random-1   one run of a draw of rows per layer: as many epochs as the search has
 *   random-4   four draws, 10 epochs each; the one with the least training loss
 *   halving    eight draws of 1 epoch, the better four of 3 epochs, the better two of 10 epochs, the
 *              better one: as many epochs as random-4
 *   basis      the search's wavelet rows without a choice; exploratory
 *
 * Draws are compared by the training loss of their last epoch, never by test images; of equal ones the
 * draw with the lower number is the better one. For the seed 7 + i, random-1 takes draw 1 + i of the
 * eight, and random-4 the four draws from there on, the first one after the last.
 *
 * Errors are those of the results. What a contender spends is that of all its runs: multiply-adds by count,
 * those of training (a backward pass has twice as many as a forward pass; weights are made, and their
 * gradients taken back, once per step), and core-hours by the clock.
 */
#ifndef KDECAY_WEIGHT_SEARCH_H
#define KDECAY_WEIGHT_SEARCH_H

#include "report/cells.h"

enum { SEARCH_SEEDS = 8 };

/* In the order of the table. The rivals, uniform to halving, are the registered family of Holm's. */
enum {
    CONTENDER_SEARCH,
    CONTENDER_UNIFORM,
    CONTENDER_RANDOM_1,
    CONTENDER_RANDOM_4,
    CONTENDER_HALVING,
    CONTENDER_BASIS,
    CONTENDERS,
    RIVALS = CONTENDER_HALVING
};

struct contender {
    const char *name;
    struct arm arm;                   /* a log for each result */
    struct log results[SEARCH_SEEDS]; /* copies that share what the ledger's logs point to */
    double hours[SEARCH_SEEDS];       /* core-hours of all runs for the result of seed 7 + i */
    struct text spent;                /* lines FILE<TAB>LINE of these runs' ends */
    int runs;                         /* per result */
    double macs;                      /* of training, per result */
    struct comparison comparison;     /* the search with this one, once all are complete */
};

struct weight_search {
    struct contender contender[CONTENDERS];
    struct arms arms;
    int is_there; /* else the project has no such experiments, and all is empty */
    int is_complete; /* search and rivals have all results, and none is sealed; before, nothing is compared */
    size_t results; /* of search and rivals */
};

/* From all logs, sealed ones too (registered.h): these are counted alone. Points into ledger and
 * files, and to itself: it is not to be copied. 0; or -1 with *error set and nothing to free, where logs contradict each
 * other or an experiment is missing. */
int weight_search_collect(struct weight_search *search, const struct ledger *ledger,
                          const struct experiment_files *files, struct error *error);
void weight_search_free(struct weight_search *search);

/* Of complete contenders, the ratio of core-hours, result by result: its mean and 95 % t interval. */
double weight_search_ratio(const struct contender *rival, const struct contender *search,
                           struct interval *interval);

/* Write OUT/tables/table-weight-search.txt, .csv, .tex and .sources.tsv, and weight-search-macros.tex: how
 * many results there are, and how many are needed. */
void weight_search_write(const struct weight_search *search, const char *out);

#endif
