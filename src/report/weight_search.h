/*
 * weight_search - Weight Net's search against its rivals: experiments/weight-search, PROTOCOL.md.
 *
 * A contender trains one network per seed. This network is its result. To find it, a contender may
 * spend several runs:
 *
 *   search     one run, which chooses its rows itself (row_search.h)
 *   uniform    one run, with the same u in every layer
 *   random-1   one run of one draw of rows per layer: as many epochs as the search
 *   random-4   four draws, 10 epochs each; the best draw
 *   halving    eight draws of 1 epoch, the best four of 3 epochs, the best two of 10 epochs; the
 *              best draw: as many epochs as random-4
 *   basis      one run with the search's wavelet rows, without a choice; exploratory
 *
 * The best draw is the one with the least training loss after the last epoch. No test image is
 * used. Of two equal draws, the one with the lower number is better. For the seed 7 + i, random-1
 * takes draw 1 + i of the eight draws. random-4 takes this draw and the next three; draw 1 follows
 * draw 8.
 *
 * The contenders are compared by the test errors of their results. Two numbers say what a contender
 * spends for one result, over all runs: the multiply-adds of training, by count, and the
 * core-hours, by the clock. A backward pass has twice as many multiply-adds as a forward pass. Once
 * per step, the weights are made and their gradients are taken back.
 */
#ifndef KDECAY_WEIGHT_SEARCH_H
#define KDECAY_WEIGHT_SEARCH_H

#include "report/cells.h"

enum { SEARCH_SEEDS = 8 };

/* In the order of the table. The rivals are uniform to halving. Their comparisons are one family of
 * Holm's, the registered one. */
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
    struct text spent;                /* the last lines of these runs, for table_traced() */
    int runs;                         /* per result */
    double macs;                      /* of training, per result */
    struct comparison comparison;     /* the search with this one, once all results are there */
};

struct weight_search {
    struct contender contender[CONTENDERS];
    struct arms arms;
    int is_there;    /* else the project has no such experiments, and all is empty */
    int is_complete; /* search and rivals have all results, none sealed; else no comparison */
    size_t results;  /* the number of them, of search and rivals */
};

/* `ledger` has all logs. Sealed runs (registered.h) are only counted. The result points into ledger
 * and files, and to itself: it is not to be copied. 0; or -1 with *error set and nothing to free if
 * logs contradict each other, or if an experiment is missing. */
int weight_search_collect(struct weight_search *search, const struct ledger *ledger,
                          const struct experiment_files *files, struct error *error);
void weight_search_free(struct weight_search *search);

/* The rival's core-hours over those of the search: the mean of the ratios of all results, and its
 * 95 % t interval. Only for complete contenders. */
double weight_search_ratio(const struct contender *rival, const struct contender *search,
                           struct interval *interval);

/* Write OUT/tables/table-weight-search.txt, .csv, .tex, .values.tex and .sources.tsv; and
 * weight-search-macros.tex, with the number of results that exist and the number that is needed. */
void weight_search_write(const struct weight_search *search, const char *out);

#endif
