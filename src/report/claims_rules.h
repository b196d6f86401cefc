/*
 * claims_rules - the rules that give a claim its word, by the names that claims.tsv has for them.
 *
 * claims.h says what each of them means. A rule reads the claim at work in the sheet (its limit,
 * arm and control), adds rows of numbers, and returns the word, to free(); or NULL with *error set.
 * Rules of a claim with a folder get the first group of its arms, of which there are some; the
 * control comes first.
 */
#ifndef KDECAY_CLAIMS_RULES_H
#define KDECAY_CLAIMS_RULES_H

#include "report/claims_table.h"

typedef char *claims_rule(struct sheet *sheet, struct error *error);

/* Of k-decay: the thesis's own tables, and what the literature says of the same networks. */
claims_rule claims_bases;        /* bases: every base keeps its end points and is itself at k = 1 */
claims_rule claims_other_k;      /* other-k: whether a network of a table has two k */
claims_rule claims_gain;         /* gain: no gain is above the limit */
claims_rule claims_matched_gain; /* matched-gain: the same against matched baselines */
claims_rule claims_below_sgdr;   /* below-sgdr: ours is lower in every row of an SGDR network */
claims_rule claims_sgdr_papers;  /* sgdr-papers: what the SGDR paper prints */
claims_rule claims_parameters;   /* parameters: the column of parameters */

/* By the registered runs (confirmation.h). */
claims_rule claims_registered; /* registered: k = 3 with the control, in its registered family */
claims_rule claims_registered_effect; /* registered-effect: as effect, of the arms of pad-effect */

/* By the registered contenders (weight_search.h). */
claims_rule claims_found;   /* found: the search with the rivals that spend as much */
claims_rule claims_spent;   /* spent: multiply-adds of training, by count */
claims_rule claims_cheaper; /* cheaper: the search with those that spend four times as much */

/* By counts, each arm of the folder against the limit. */
claims_rule
    claims_reduction;      /* reduction: 3x3 weights per trained one, limit x channels at least */
claims_rule claims_extra;  /* extra: share of multiply-adds that make weights */
claims_rule claims_stored; /* stored: numbers to keep, in those of the control */
claims_rule claims_added;  /* added: parameters and multiply-adds beyond the control's, shares */

/* By runs at the desk or at full scale. */
claims_rule claims_trend_over_k;    /* trend-over-k: slope of the error on log2 k, of each family */
claims_rule claims_better_than_k_1; /* better-than-k-1: each k > 1 with k = 1 */
claims_rule claims_steps_over_k;    /* steps-over-k: each k with the one below it */
claims_rule claims_gain_over_k;     /* gain-over-k: each k > 1 with k = 1, against the limit */
claims_rule claims_restarts;        /* restarts: k > 1 with arms of restarts and k = 1 */
claims_rule claims_seeds;           /* seeds: another seed of what is fixed with seed 0 */
claims_rule claims_kept;            /* kept: Weight Blocks of u = 1 with the control, by size */
claims_rule claims_trend_over_rows; /* trend-over-rows: slope of the error on log2 u */
claims_rule claims_verdict;         /* verdict: of the claim's arm with its control */
claims_rule claims_effect;          /* effect: whether the limit lies in that one's interval */

#endif
