/*
 * results_fixture - a project of synthetic numbers in a temporary folder: experiments and raw logs
 * written by log_begin() ... log_end(), for the tests of report and audit. The published numbers
 * are the project's own, so that the tests run in the project's root.
 */
#ifndef KDECAY_RESULTS_FIXTURE_H
#define KDECAY_RESULTS_FIXTURE_H

#include "experiment/config.h"
#include "report/ledger.h"

#include <stddef.h>

enum { FIXTURE_EPOCHS = 2, FIXTURE_PATH = 256 };

struct fixture {
    char root[FIXTURE_PATH];
    char *results, *experiments, *published, *replay, *out, *digests, *sources, *kept_drawn,
        *kept_page;
    char *drawn, *page; /* NULL at first */
};

/* With desk experiments cifar10/preact-20/poly-k1.0 and poly-k2.0. */
struct fixture fixture_begin(void);
void fixture_end(struct fixture *fixture);

/* The folders that report and audit read. */
struct project fixture_project(const struct fixture *fixture);

/* Write the desk experiment of this k and learning rate; `arm` below experiments/. */
void fixture_experiment(const struct fixture *fixture, const char *arm, double k, double lr);

/* What a log says that the tests vary. */
struct fixture_log {
    const char *arm;
    long seed;
    double error;            /* % after the last epoch; half a point less after the first one */
    double lr_factor;        /* on the experiment's schedule; 0: 1 */
    double loss_factor;      /* on the usual losses; 0: 1 */
    const char *environment; /* "a", "b"; NULL: "a" */
    long diverged_at;        /* 0: finished */
    long initial_seed;       /* whose parameters it starts from; 0: its own seed's */
    long losses_left_out;    /* of the step losses, at their end */
};

/* Write it to FOLDER/ARM/seed-N.tsv. */
void fixture_write_log(const struct fixture *fixture, const char *folder,
                       const struct fixture_log *what);

/* Write logs of seeds 1 ... n with these errors. */
void fixture_write_arm(const struct fixture *fixture, const char *arm, const double *errors,
                       size_t n);

/* Write the log of a run that diverged. */
void fixture_write_diverged(const struct fixture *fixture, const char *arm, long seed);

/* Write the experiment of `arm`: that of cifar10/preact-20/poly-k1.0, but for `text`. */
void fixture_variant(const struct fixture *fixture, const char *arm, const char *text);

/* The two of them: an experiment, and the logs of its seeds 1 ... n. */
void fixture_add(const struct fixture *fixture, const char *arm, const char *text,
                 const double *errors, size_t n);

/* Give the fixture published numbers of its own, below its results: the project's, but that in one
 * file the first `old` is `new`. */
void fixture_publish(struct fixture *fixture, const char *file, const char *old, const char *new);

/* Fail the test where OUT/NAME does not hold these words. */
void fixture_expect(const struct fixture *fixture, const char *name, const char *words);

/* The file's text; free() it. Fails the test if it cannot be read. */
char *fixture_read(const char *folder, const char *name);

#endif
