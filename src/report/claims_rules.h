/*
 * claims_rules - the rules that give a claim its word, by the names that claims.tsv has for them.
 *
 * claims.h says what each rule means. A rule reads the claim at work in the sheet (its limit, arm
 * and control), adds rows of numbers, and returns the word, to free(); or NULL with *sheet->error
 * set. For a claim with a folder, the sheet has the first group of the folder's arms. There is at
 * least one arm, and the control comes first.
 */
#ifndef KDECAY_CLAIMS_RULES_H
#define KDECAY_CLAIMS_RULES_H

#include "report/claims_table.h"

typedef char *claims_rule(struct sheet *sheet);

/* RULE(NAME, FUNCTION, whether it needs a limit) */
#define CLAIMS_RULES(RULE)                                                                         \
    /* Of k-decay: the thesis's own tables, and what the literature says of the same networks. */  \
    RULE("bases", claims_bases, 0) /* every base keeps its end points and is itself at k = 1 */    \
    RULE("other-k", claims_other_k, 0) /* whether a network of a table has two k */                \
    RULE("gain", claims_gain, 1) /* no gain is above the limit */                                  \
    RULE("matched-gain", claims_matched_gain, 1) /* the same against matched baselines */          \
    RULE("below-sgdr", claims_below_sgdr, 0) /* ours is lower in every row of an SGDR network */   \
    RULE("sgdr-papers", claims_sgdr_papers, 0) /* what the SGDR paper prints */                    \
    RULE("parameters", claims_parameters, 0) /* the column of parameters */                        \
    /* By the registered runs (confirmation.h). */                                                 \
    RULE("registered", claims_registered, 0) /* k = 3 with the control, in its registered family */\
    RULE("registered-effect", claims_registered_effect, 1) /* effect, of the arms of pad-effect */ \
    /* By the registered contenders (weight_search.h). */                                          \
    RULE("found", claims_found, 0) /* the search with the rivals that spend as much */             \
    RULE("spent", claims_spent, 0) /* multiply-adds of training, by count */                       \
    RULE("cheaper", claims_cheaper, 1) /* the search with those that spend four times as much */   \
    /* By counts, each arm of the folder against the limit. */                                     \
    RULE("reduction", claims_reduction, 1) /* 3x3 weights per trained one, at least limit x C */   \
    RULE("extra", claims_extra, 1) /* share of multiply-adds that make weights */                  \
    RULE("stored", claims_stored, 1) /* numbers to keep, in those of the control */                \
    RULE("added", claims_added, 1) /* parameters and multiply-adds beyond the control's, shares */ \
    /* By runs at the desk or at full scale. */                                                    \
    RULE("trend-over-k", claims_trend_over_k, 0) /* slope of the error on log2 k, of each family */\
    RULE("better-than-k-1", claims_better_than_k_1, 0) /* each k > 1 with k = 1 */                 \
    RULE("steps-over-k", claims_steps_over_k, 0) /* each k with the one below it */                \
    RULE("gain-over-k", claims_gain_over_k, 1) /* each k > 1 with k = 1, against the limit */      \
    RULE("restarts", claims_restarts, 0) /* k > 1 with arms of restarts and k = 1 */               \
    RULE("seeds", claims_seeds, 0) /* another seed of the fixed weights with seed 0 */             \
    RULE("kept", claims_kept, 1) /* Weight Blocks with the control, by size at u = 1 */            \
    RULE("trend-over-rows", claims_trend_over_rows, 0) /* slope of the error on log2 u */          \
    RULE("verdict", claims_verdict, 0) /* of the claim's arm with its control */                   \
    RULE("effect", claims_effect, 1) /* whether the limit lies in that one's interval */

#define DECLARE(name, function, needs_limit) claims_rule function;
CLAIMS_RULES(DECLARE)
#undef DECLARE

#endif
