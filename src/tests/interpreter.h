/*
 * interpreter - the reference for whole networks: it runs the list of layers that architecture.h
 * describes, in double, with the naive layers of reference.h.
 *
 * Of the project's code it uses the list itself, the addresses of dropout's random numbers, the
 * fixed parts of Weight Blocks, and the list of tensors, by name. So it cannot see an error in the
 * list: test_network.c holds that of pre-activation ResNets against one written by hand, and the
 * comparison with PyTorch (`make parity`) the others'.
 */
#ifndef KDECAY_TESTS_INTERPRETER_H
#define KDECAY_TESTS_INTERPRETER_H

#include "network/architecture.h"
#include "network/parameters.h"
#include "tests/reference.h"

struct interpreter {
    struct architecture architecture;
    int images, tensor_count, wrong; /* wrong: of the latest pass */
    const int *labels;
    enum reference_mode mode; /* REFERENCE_RUNNING: dropout does not act */
    struct reference_tensor *tensors;
    const struct weight_table *
        *blocks;    /* [tensor] of rows, which make the weights anew in each pass */
    double **shut;  /* [tensor] of a search's rows: the values of those that are closed, else 0 */
    double **made;  /* [value] as its layer makes it */
    double **maps;  /* [value] after the residual sum, where a BN_RELU takes one */
    double **means; /* [layer][channels] of a BN_RELU's minibatch */
    double **variances;
    uint8_t **kept; /* [layer] of a DROPOUT, which elements; in plain order */
    int *changed;   /* [value] in the latest pass */
    int whole;      /* whether the latest pass was */
    double margin;  /* how near to ReLU's kink the nearest value was, in the latest whole pass */
};

/* With the values that the tensors have now. The random numbers of dropout are those of the run's
 * `seed` and of `step`, for maps in blocks of `block` channels. */
struct interpreter *interpreter_create(const struct experiment *experiment,
                                       const struct parameters *parameters, int count,
                                       const float *images, const int *labels, uint32_t seed,
                                       uint32_t step, int block);
void interpreter_free(struct interpreter *interpreter);

/* The mean loss. `changed` names the only tensor changed since the last pass in this mode, so that
 * what comes before it need not be computed again; NULL: anything may have changed. */
double interpreter_loss(struct interpreter *interpreter, const char *changed);

#endif
