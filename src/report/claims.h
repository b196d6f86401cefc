/*
 * claims - each claim of the thesis and of its two companion studies, and what is known of it here.
 *
 * results/published/claims.tsv lists the claims. For each claim and each kind of evidence it names
 * a rule of claims_rules.h, and it gives what the rule needs: an arm, a control, a limit. The rule
 * looks at the evidence and returns one word. The rules stand below. They do not depend on the
 * results.
 *
 * A difference is the new error minus the reference error, in points. Below 0 is better. A gain is
 * the reference error minus the new error. "-" means that this kind of evidence does not bear on
 * the claim. There are six kinds of evidence:
 *
 *   computed: the program shows it, without a run
 *     C1   "holds by construction" if each base of decay.c passes two checks: it keeps its end
 *          points under k = 1.5, 2, 3 and 5, and under k = 1 it is the base itself. Both hold to
 *          the last bit. Else "fails".
 *
 *   thesis's own table: the numbers that the thesis prints
 *     C1   "says nothing". The tables name no base.
 *     C2   "see numbers" if a table shows one network with two k. Else "says nothing".
 *     C3   "not consistent" if a gain, original - ours, is above the limit. Else "consistent".
 *     C4   "consistent" if ours is below the original in each row of an SGDR network. Else "not
 *          consistent".
 *     T1   "consistent" if in each row the number of parameters, in millions, rounds to the number
 *          that the row prints. Else "not consistent". The networks of a row are those of the
 *          full-scale experiments below its folder, or below a folder of the same name followed by
 *          "-...". One of them must agree. Each is counted with the classes of both image sets,
 *          since papers print one number for both. A row without a network is left out. "not built"
 *          if no row has one.
 *
 *   matched baselines: the rows of literature.tsv that have the role "matched"
 *     C2   "says nothing". No matched baseline is a run with k = 1.
 *     C3   the rule of the thesis's own table, with the matched baseline in place of the original.
 *          "no matched baseline" if there is none. Two further rows of numbers show the mean and
 *          the largest gain of the rows that have a matched baseline: over the thesis's originals,
 *          and over these baselines.
 *     C4   "see numbers" if an SGDR row has a matched baseline. Else "no matched baseline". The
 *          differences to all numbers that the literature has for the SGDR rows are shown.
 *
 *   desk runs, full scale: comparisons paired by seed, as in the desk tables (statistics.h)
 *     C2   one trend per family. A family is a set of arms that differ only in k and have one arm
 *          with k = 1. It lies below a folder of the thesis's tables (cifar10, cifar100) or of the
 *          campaign. The trend is the slope of the error on log2 k for k >= 1, over the seeds that
 *          all its arms have (comparison.h). With two k it tests their difference. A trend is a
 *          Holm family of its own, so Holm leaves its p as it is. "better", "worse", "no evidence"
 *          or "not testable" if all trends have this verdict. Else the word counts them: "better in
 *          a, worse in b of n". If some trends are not testable, n counts the others, and
 *          "testable; m not testable" follows. Each other k against k = 1 is shown for reading,
 *          Holm over these k.
 *     C2a, C2b  the claim as it is worded. Both rules were made after the results, so they are
 *          exploratory. C2a compares each k > 1 with k = 1, Holm over all k but 1; the rows of C2
 *          show these comparisons. C2b compares each k with the next smaller one, from k = 1 on,
 *          Holm over these steps. The words are those of C2.
 *     C3   each k > 1 against k = 1, with all else equal, Holm over all k but 1. "not consistent"
 *          if a comparison is better and its whole interval is a gain above the limit. Else
 *          "consistent" if a comparison is better and its whole interval is within the limit. Else
 *          "not testable" if no comparison is testable. Else "no evidence".
 *     C4   each arm with k > 1 and without restarts against the arm with restarts and k = 1, if the
 *          two differ only in the schedule. All arms against one arm with restarts are one Holm
 *          family, and planned arms count. Arms that a protocol registered are left out: they have
 *          a table of their own. The words are those of C2.
 *     Without a comparison the word is "no runs" at the desk scale, and "untested at full scale".
 *
 *   registered runs: the runs of a protocol, which the other kinds of evidence leave out
 *     C2a  k = 3 against k = 1 in experiments/confirmation. This is the primary comparison. The
 *          words are those of confirmation.h.
 *     C4   k = 3 against SGDR in experiments/confirmation. This is one of the secondary family of
 *          four.
 *     The word is "sealed: 12 of 16 runs" until all runs of the set exist, and "no runs" if there
 *     are no such arms. W3, W6 and P2 have registered runs, too: see below.
 *
 * The companion studies are Weight Net (W) and Pad Net (P). The source has "no table" for them.
 * Each of their claims names a folder of experiments. The rule judges the first group of that
 * folder: one image set and one network, as in the folder's table. The word is "not built" if the
 * folder has no arm that bears on the claim, and "no runs" if the rule needs runs and there are
 * none. For runs at full scale it is always "untested at full scale".
 *
 * Some rules of the companion studies count. Such a word is "holds" if everything that is counted
 * holds, and "fails" if nothing does. Else it is "holds in a of n". Arms with k other than 1, and
 * arms with another seed of their fixed weights, are not counted: they have the networks of other
 * arms. W1, W2 and W5 count the arms of experiments/weight-net, not those of
 * experiments/weight-search.
 *
 *     W0   each Weight Block against the ordinary network, without the null controls. Holm is as in
 *          the table (question.h). "fails by A to B points at u = 1 (exploratory)" if the 95 %
 *          interval of each arm with u = 1 lies above 0.3 points. That margin is ours. All these
 *          arms must lie above it, so no interval is adjusted. This rule was made after the
 *          results, so it is exploratory. Else the words are those of C2.
 *     W1   counts the arms with u = 1. Each of their Weight Blocks, a 3x3 convolution to C
 *          channels, must have at least 9 C times as many weights as it trains. "holds by
 *          construction" if all hold.
 *     W2   counts each arm that makes its weights with multiply-adds. These must be at most 1/20 of
 *          the multiply-adds of the forward pass of a minibatch, which has 128 images in these
 *          arms.
 *     W3   registered: the search against uniform and against random-1 (weight_search.h), which
 *          spend as many epochs as the search does. Holm is over these two and the two rivals of
 *          W6. "better" if both comparisons are better. "worse" if one is worse. Else "no
 *          evidence". The word is "sealed: 12 of 40 results" until all results exist. At the desk:
 *          each arm with another seed of its fixed weights against the arm with seed 0, if the two
 *          differ in nothing else, Holm over all of these. The words are those of C2. If there is
 *          no evidence of a difference, there is nothing for a search to find.
 *     W4   the trend of the error on log2 u, once over the expansions and once over the banks, with
 *          k = 1, seed 0 and runs. Each trend is a Holm family of its own. The word gives both
 *          slopes, then the words of C2.
 *     W5   counts each arm of a Weight Block. It must store at most as many numbers as the ordinary
 *          network has.
 *     W6   computed: "see numbers", the multiply-adds of training that one result takes. The
 *          numbers of epochs are our choice. Registered: the search against random-4 and against
 *          halving, which spend four times as many epochs. For each rival there are two 95 %
 *          intervals: of the difference of errors, and of the rival's core-hours over those of the
 *          search. "consistent" if for both rivals the first lies below 0.3 points, the margin of
 *          W0, and the second lies above 1. "not consistent" if for one rival the first lies above
 *          0.3 points, or the second lies below 1. Else "no evidence". Sealed as W3.
 *     P1   the verdict of learned against zero, a Holm family of its own. The rule asks for no
 *          number of the borders themselves; a figure shows them.
 *     P2   the comparison of P1, against the gain that the claim names. With fewer than six pairs,
 *          or without an interval, the word is the verdict ("not testable", "no evidence"). Else
 *          "not consistent" if the claimed gain lies outside the 95 % interval. Else "consistent"
 *          if the verdict is better. Else the verdict. Registered: the same rule, for the twelve
 *          pairs of experiments/pad-effect.
 *     P3   counts each arm whose number of parameters is not that of zero. It must have at most 1 %
 *          more parameters, and at most 1 % more multiply-adds of a forward pass. The source says
 *          "very few", without a number; 1 % is ours and was the first limit. When the counts were
 *          known, the limit was 1/20 for a while, which no arm breaks. A limit must not move for
 *          such a reason, so it is 1 % again.
 */
#ifndef KDECAY_CLAIMS_H
#define KDECAY_CLAIMS_H

#include "report/inputs.h"

/* Write OUT/tables/claims.txt; claims.csv and .tex, the words; claims-numbers.csv and .tex, the
 * numbers behind them; claims-FOLDER.txt, the claims of a folder of experiments, which stand
 * together in claims.tsv; claims-states.tex, \claimstate{ID}{STATE} for each claim that registered
 * runs judge, by which the paper chooses its sentences: STATE is their word, or "sealed" while runs
 * are missing. 0, or -1 with *error set. */
int claims_write(const struct inputs *in, const char *out, struct error *error);

#endif
