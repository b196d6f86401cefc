/*
 * question - which comparisons belong together: a question, the family of Holm's adjustment.
 *
 * Questions follow from the experiment files alone, so that before any run it is known how many
 * comparisons a question has, hence from how many pairs on it can be answered at all
 * (statistics_pairs_needed()). The comparisons of one question have one kind of change in common:
 *
 *   weight-net   with ordinary-c16: a bank's rows; an expansion's rows; the channels. Each is a
 *                question of its own, as it is a reading of its own (claims.h, W4)
 *   pad-net      the paddings, with zero; of each folder
 *   pad-effect   learned, with zero
 *   precision    bf16 with f32
 *   schedules    of each folder, all with its own arm linear; and all with plain/linear
 *   confirmation/controls   all with primary/k3.0, as PROTOCOL.md there says
 *   draws        arms that differ in the seed of what is fixed alone, with the one of seed 0
 *   k            in every folder: the other k, with the arm that differs in k alone and has k = 1
 *
 * Null controls are no question. They are trainings that differ from the control in nothing but
 * where they start or how sums are rounded, so that the true difference is 0 (weight_block.h): a
 * bank of as many rows as there are slots, which is the ordinary network to the last bit; and an
 * expansion of as many rows or more, A A^T = I, under which SGD on P moves M = A P as it moves the
 * weights of an ordinary network. They belong to no family, and show what chance does.
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

/* Of all these experiments, whose strings must outlive the questions. */
struct questions questions_of(const struct experiment *const *experiments, size_t count);
struct questions questions_of_files(const struct experiment_files *files);
void questions_free(struct questions *questions);

/* The question in which the arm is compared, the first one; NULL: it is a control, or alone. *pair
 * becomes its pair there. */
const struct question *questions_find(const struct questions *questions, const char *arm,
                                      const struct question_pair **pair);

/* From how many pairs on the arm's questions can be answered, all in which it is compared or is the
 * control; 0: there is none. */
size_t questions_pairs_needed(const struct questions *questions, const char *arm);

/* Whether training moves the arm's weights exactly as an ordinary network's. */
int question_is_null_control(const struct experiment *experiment);

#endif
