/*
 * claims - each claim of the thesis and of its companion studies, against what is known here.
 *
 * The claims are results/published/claims.tsv, which names a rule of claims_rules.h for each kind
 * of evidence, and what it compares: arm, control, limit. There are six kinds of evidence, and a
 * word for each, by the rules below, whatever the logs say. Differences are new - reference, in
 * points of error, so that below 0 is better; a gain is minus that.
 *
 *   computed        by the program, without a run
 *     C1   "holds by construction" if every base of decay.c keeps its end points under k = 1.5, 2, 3, 5 and is,
 *          under k = 1, the base itself, all to the last bit; else "fails"
 *     T1   see below, since it compares the thesis's own table with networks built here
 *   thesis's own table
 *     C1   "says nothing": no base is named in the tables
 *     C2   "says nothing" if no network of a table stands there with two k; else "see numbers"
 *     C3   "consistent" if no gain, original - ours, is above the limit; else "not consistent"
 *     C4   "consistent" if ours is lower than the original in every row of an SGDR network; else
 *          "not consistent"
 *     T1   "consistent" if in every row the number of parameters of a network, in millions, rounds
 *          to what is printed; else "not consistent"; "not built" without networks. Those of a row
 *          are the ones of the full-scale experiments below its folder, or below a folder named as
 *          that one and "-..."; each counted for both image sets, since papers print one number
 *          for both
 *   matched baselines  of literature.tsv, role matched
 *     C3   as above, with the matched baseline for the original; "no matched baseline" without any.
 *          Below its rows stand the mean and the largest gain of the rows that have a matched
 *          baseline, over the thesis's originals and over those baselines
 *     C4   "no matched baseline" if no SGDR row has this role; the differences to what the SGDR paper
 *          prints are shown; else "see numbers"
 *     C2   "says nothing": no matched baseline is a run with k = 1
 *   desk runs, full scale: comparisons, paired by seed, as in the desk tables (statistics.h)
 *     C2   of each family of arms that differ in k alone, one of them with k = 1, below the folders
 *          of the thesis's tables (cifar10/, cifar100/) and of the campaign: the trend, over
 *          the seeds that all have, of the slope of the error on log2 k, k >= 1 (cells.h). It is
 *          one comparison, so that Holm leaves its p; with two k it is their difference, adjusted
 *          likewise. "better", "worse", "no evidence" or "not testable" if all families have this
 *          verdict, else "better in a, worse in b of n testable; m not testable". Each other k with k = 1, Holm over the k, stands beside
 *          for reading
 *     C2a, C2b  the claim as it is worded, by rules made after the results, so exploratory: each k > 1
 *          with k = 1, Holm over all k but 1 (the rows stand under C2); each k with the one below it
 *          from k = 1 on, Holm over these steps. The words of C2
 *     C3   of each k > 1 with k = 1, the rest equal, Holm over all k but 1: "not consistent" if a
 *          verdict is better and its interval is all beyond the limit; else "consistent" if a
 *          verdict is better and its interval is all within; else "no evidence", or
 *          "not testable" where all are
 *     C4   the words of C2, of arms with k > 1 without restarts, with arms of restarts and k = 1
 *          that differ in the schedule alone; Holm's family is all arms against the same one with
 *          restarts, planned ones too. Arms that a protocol registered are left out: they have a table
 *          of their own
 *     without a comparison: "no runs" or "untested at full scale"
 *   registered runs  of experiments/confirmation, which other kinds of evidence leave out
 *     C2a  k = 3 with k = 1, the primary comparison, in the words of confirmation.h
 *     C4   k = 3 with SGDR, one of the secondary family of four
 *     W3, W6, P2   see below, of experiments/weight-search and experiments/pad-effect
 *     "sealed: 12 of 16 runs" until all runs of the set are there; "no runs" without such arms
 *
 * The companion studies, Weight Net (W) and Pad Net (P), have "no table" in the source, and their
 * claims a folder of experiments, of which the first group is judged, one image set and network
 * as in its table: without one that bears on a claim it is "not built". A word by count is "holds"
 * or "fails" if all that is counted does, else "holds in a of n"; arms of another k or another seed
 * of what is fixed are left out, since their networks are those of other arms. From runs at full
 * scale: "untested at full scale"; at the desk, without runs of the arms named, "no runs".
 *
 *     W0   with the ordinary network, each Weight Block but the null controls; Holm as in the table
 *          (question.h). By size, and exploratory, since the rule was made after the results: "fails by
 *          A to B points at u = 1" where the 95 % intervals of all arms with u = 1 lie above 0.3
 *          points, a margin of ours; as all must, none is adjusted. Else the words of C2
 *     W1   by count, of the arms with u = 1: each 3x3 convolution to C channels that is a Weight
 *          Block has at least 9 C times more weights than it trains: then "holds by construction"
 *     W2   by count, of each arm that makes its weights with multiply-adds: they are at most 1/20
 *          of those of the forward pass of a minibatch, of 128 images in these arms
 *     W3   of registered runs, the contenders of weight_search.h: with uniform and with random-1, which
 *          spend as many epochs as the search; Holm over these and the two of W6. "better" if both
 *          verdicts are, "worse" if one is, else "no evidence". At the desk, arms that differ in
 *          the seed of what is fixed alone, with the one of seed 0: the words of C2, Holm over
 *          them; without evidence there is nothing to find
 *     W4   of expansion, and of bank, k = 1, seed 0: the trend of the error on log2 u over all that
 *          have runs, each a family of its own: the slopes, and the words of C2
 *          W1, W2 and W5 count the arms of experiments/weight-net alone, not those of the search
 *     W5   by count, of each arm of a Weight Block: what is stored is at most what the ordinary
 *          network has
 *     W6   computed: "see numbers", the multiply-adds of training that one result takes; the epochs
 *          are our choice. Of registered runs, with random-4 and halving, which spend four times as
 *          many epochs: "consistent" if both 95 % intervals of the difference lie below 0.3 points, the
 *          margin of W0, and those of the rival's core-hours over the search's above 1; "not
 *          consistent" if one lies above the margin, or below 1; else "no evidence"
 *     P1   learned with zero, a family of its own: its verdict. Of the borders themselves no number
 *          is asked; a figure shows them
 *     P2   of the same, with at least six pairs (else "not testable"): "not consistent" if the claimed gain lies outside
 *          the interval; else "consistent" if the verdict is better; else the verdict. With fewer,
 *          "no evidence"
 *          Of registered runs likewise, of twelve pairs of experiments/pad-effect
 *     P3   by count, of each arm with more parameters than zero: at most 1 % more parameters and at
 *          most 1 % more forward multiply-adds. The source says "very few", without a number; 1 %
 *          is ours, the first that was fixed. Once the counts were known it was made 1/20 for a
 *          while, which no arm breaks; a limit is not moved for that, so it is 1 % again
 *
 * "-": this kind of evidence does not bear on the claim.
 */
#ifndef KDECAY_CLAIMS_H
#define KDECAY_CLAIMS_H

#include "report/thesis_table.h"

struct claims_sources {
    const char *path; /* of claims.tsv */
    const struct thesis_table *tables;
    size_t table_count;
    const struct literature *literature;
    const struct ledger *ledger, *all; /* without the sealed runs (registered.h); with them */
    const struct experiment_files *experiments;
};

/* Write OUT/tables/claims.txt; claims.csv and .tex, the words; claims-numbers.csv and .tex, the
 * numbers behind them; claims-FOLDER.txt, the claims of a folder of experiments, which stand
 * together in claims.tsv. 0, or -1 with *error set. */
int claims_write(const struct claims_sources *sources, const char *out, struct error *error);

#endif
