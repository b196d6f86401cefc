/*
 * log - the raw log of a run: one self-describing text file, written once, read by everything.
 *
 *     # kdecay log: 1                            the format's version
 *     # arm: cifar10/preact-20/poly-k2.0       -+
 *     # seed: 1                                 |
 *     # experiment: run.scale = desk            |  what the run is: the first link of the chain
 *     # experiment: ...   (canonical text)      |
 *     # experiment-sha256: ...                  |
 *     # train-sha256: / # test-sha256:          |
 *     # parameters: (trained) / # macs:         |
 *     # initial-sha256: ...                    -+
 *     # program: / # compiler: / # onednn: / # environment: / # kernel: ... / # threads: (of all
 *     ranks) / # started:
 *     # ranks: 2 / # mpi: ... / # rank: threads 1, CPU   (one line per rank) for several ranks
 *     # step-loss: 1 2.4137...                   the first LOG_STEP_LOSSES steps; if an epoch has
 *                                                fewer steps, the others stand between the rows
 *     epoch <TAB> step <TAB> lr ...              column names, then one row per epoch
 *     # resumed: after epoch 2, ...              a stopped run was resumed here; it may also stand
 *                                                above the column names
 *     # status: finished                         or "diverged at step N"
 *     # state-sha256: ...                        parameters, momentum, BN statistics at the end
 *     # run-sha256: ...                          the last link of the chain
 *     # text-sha256: ...                         of all bytes above this line
 *
 * The chain: link 0 is the SHA-256 of the lines from "# arm" to "# initial-sha256". Each step loss,
 * each row (its columns left of `digest`) and the end add a link (digest_chain). The `digest`
 * column shows the first 16 digits of the row's link. Everything in the chain is a pure function of
 * experiment, seed, images and environment key. The columns wall_* and the other header lines are
 * not; only the text digest covers them.
 *
 * gnuplot, awk and R read the file as it stands: '#' starts a comment, columns are separated by
 * tabs.
 */
#ifndef KDECAY_LOG_H
#define KDECAY_LOG_H

#include "base/digest.h"
#include "base/error.h"
#include "base/memory.h"
#include "experiment/config.h"

enum { LOG_VERSION = 1, LOG_STEP_LOSSES = 100, LOG_ROW_DIGEST = 16, LOG_RANKS = 1000000 };

/* One epoch. Errors are percentages of misclassified images. */
struct log_row {
    long epoch;               /* 1, 2, ... */
    long step;                /* steps done since the start */
    double lr;                /* of the epoch's last step */
    double train_loss;        /* mean cross entropy over the epoch's steps, while training */
    double train_error;       /* the same, %; images as augmented */
    double test_loss;         /* after the epoch, with the running BN statistics */
    double test_error;        /* % */
    double wall_seconds;      /* on this epoch, by all processes that trained a part of it */
    double wall_images_per_s; /* training alone, without the evaluation */
    int line;                 /* in the file, from 1; set by the reader */
};

/* The facts of the header. The strings belong to the caller. */
struct log_facts {
    const struct experiment *experiment;
    long seed;
    struct digest train, test; /* images */
    long long parameters, macs;
    struct digest initial; /* state before the first step */
    const char *program, *compiler, *onednn, *environment;
    const char *kernels; /* lines "name: forward, backward data, backward weights\n" */
    int threads;         /* of all ranks */
    const char *started; /* UTC */
    int ranks;
    const char *mpi;        /* the library; only for several ranks, as the next one */
    const char *rank_lines; /* "threads N, CPU\n", one line per rank */
};

/* ---- Writing ------------------------------------------------------------------------------ */

struct log_writer {
    struct text text;
    struct digest chain; /* the last link */
};

void log_begin(struct log_writer *writer, const struct log_facts *facts);
void log_add_step_loss(struct log_writer *writer, long step, double loss);
/* The column names; once, before the first row. */
void log_add_columns(struct log_writer *writer);
void log_add_row(struct log_writer *writer, const struct log_row *row);
void log_add_resumed(struct log_writer *writer, const char *how);
/* `diverged_at` is the step whose loss was not finite; 0 if the run finished. */
void log_end(struct log_writer *writer, long diverged_at, const struct digest *state);

/* ---- Reading ------------------------------------------------------------------------------ */

enum log_status { LOG_RUNNING, LOG_FINISHED, LOG_DIVERGED };

struct log {
    char *path;
    struct experiment experiment; /* parsed from the log's own text; arm included */
    struct digest experiment_digest, train, test, initial, state, run, text;
    long seed;
    long long parameters, macs;
    char *program, *compiler, *onednn, *environment, *started;
    int threads, ranks;
    enum log_status status;
    int status_line; /* of "# status"; set by the reader */
    long diverged_at;
    double step_losses[LOG_STEP_LOSSES];
    long step_loss_count;
    struct log_row *rows;
    long row_count;
};

/* Read and verify: syntax, the experiment's digest, every link of the chain, consecutive epochs,
 * the text digest, and that a finished log has all its epochs. `bytes` may hold a running log,
 * which has no end. Returns 0; or -1 with *error, which names file, line and what was expected. */
int log_parse(const char *bytes, const char *path, struct log *log, struct error *error);
int log_read(const char *path, struct log *log, struct error *error);
void log_free(struct log *log);

/* Continue to write after the text of a running log. */
int log_restore(struct log_writer *writer, const char *bytes, const char *path,
                struct error *error);

/* results/ARM/seed-N.tsv below `folder`; free() it. */
char *log_path(const char *folder, const char *arm, long seed);

#endif
