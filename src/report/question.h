/*
 * question - which comparisons belong together: a question is one family of Holm's adjustment.
 *
 * Questions follow from the experiment files alone. So two numbers are known before any run: how
 * many comparisons a question has, and how many pairs it needs so that there can be evidence
 * (statistics_pairs_needed()). The comparisons of one question have one kind of change in common:
 *
 *   weight-net   each arm against ordinary-c16. The rows of a bank, the rows of an expansion, and
 *                the channels are three questions, since each is read on its own (claims.h, W4)
 *   pad-net      in each folder, the paddings against zero
 *   pad-effect   learned against zero
 *   precision    bf16 against f32
 *   schedules    in each folder, all arms against its own arm linear; and all against plain/linear
 *   confirmation/controls   all against primary/k3.0, as PROTOCOL.md there says
 *   draws        arms that differ only in the seed of their fixed parts, against the one of seed 0
 *   k            in every folder: each other k against the arm that differs only in k and has k = 1
 *
 * Null controls belong to no question. A null control differs from the control only in its start or
 * in the rounding of sums, so the true difference is 0 (weight_block.h). It shows the effect of
 * chance. One kind is a bank with as many rows as there are slots: it is the ordinary network to
 * the last bit. The other kind is an expansion with as many rows or more, so that A A^T = I: SGD on
 * P moves M = A P as it moves the weights of an ordinary network.
 */
#ifndef KDECAY_QUESTION_H
#define KDECAY_QUESTION_H

#include "report/ledger.h"

struct question_pair {
    const struct experiment *arm, *control;
};

struct question {
    char *name;  /* "weight-net: bank", "campaign/cifar10/preact-20: k" */
    int is_null; /* null controls */
    struct question_pair *pair;
    size_t count;
};

struct questions {
    struct question *question; /* in the order of their first arms */
    size_t count;
};

/* The questions of all these experiments, whose strings must outlive the questions. */
struct questions questions_of(const struct experiment *const *experiments, size_t count);
struct questions questions_of_files(const struct experiment_files *files);
void questions_free(struct questions *questions);

/* The first question in which the arm is compared; *pair becomes its pair there. NULL if the arm is
 * a control, or alone. */
const struct question *questions_find(const struct questions *questions, const char *arm,
                                      const struct question_pair **pair);

/* The number of pairs that all questions of the arm need, those in which it is compared and those
 * in which it is the control; 0 if there is none. */
size_t questions_pairs_needed(const struct questions *questions, const char *arm);

/* Whether training moves the arm's weights exactly as an ordinary network's. */
int question_is_null_control(const struct experiment *experiment);

#endif
