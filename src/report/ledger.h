/*
 * ledger - all runs: the logs below a results folder, and the arms that they belong to.
 *
 * A log is kept at RESULTS/ARM/seed-N.tsv for its own arm and seed. This is checked here, because a
 * number is traced by its arm, and because a second copy of a log would count as a second run.
 * Files below the folder of published numbers and below RESULTS/benchmarks are not logs. Every run
 * counts, also a diverged one: its error is infinite, and so is the mean of its arm.
 */
#ifndef KDECAY_LEDGER_H
#define KDECAY_LEDGER_H

#include "experiment/config.h"
#include "experiment/log.h"

#include <stddef.h>

/* Where the report, the status and the audit read. */
struct project {
    const char *results;     /* folder of raw logs */
    const char *experiments; /* folder of experiment files */
    const char *published;   /* folder of published numbers; may lie below `results` */
};

struct ledger {
    struct log *logs; /* sorted by path */
    size_t count;
};

/* Whether a file is a log by its name: *.tsv, but not *.borders.tsv (borders.h). */
int ledger_is_log(const char *path);

/* The files below `results` whose names end in `suffix`, without those below `published` (may be
 * NULL) and RESULTS/benchmarks; sorted. Free the array and each string. */
char **ledger_files(const char *results, const char *published, const char *suffix, size_t *count);

/* Whether a path, or the name of an arm, lies below a folder. */
int ledger_is_below(const char *path, const char *folder);

/* 0 if the log is at the path of its arm and seed, and the arm's name has only letters, digits and
 * "/._-", which need no escape in paths, links and TeX; else -1. */
int ledger_check_place(const struct log *log, const char *results, struct error *error);

/* Read and verify all logs and their paths. 0; or -1 with *error set and nothing to free. */
int ledger_read(const char *results, const char *published, struct ledger *ledger,
                struct error *error);
void ledger_free(struct ledger *ledger);

/* Test error (%) after the last epoch; infinite if the run diverged. */
double ledger_last_error(const struct log *log);
/* The line of the row that ledger_last_error() came from, and the line of the first row with the
 * smallest test error. For a diverged run, the line of its "# status". */
int ledger_last_line(const struct log *log);
int ledger_best_line(const struct log *log);

/* ---- Arms --------------------------------------------------------------------------------- */

/* The runs of one experiment file. Points into the ledger. */
struct arm {
    const char *name;
    const struct experiment *experiment;
    const struct log *logs; /* `count` of them */
    size_t count, diverged;
    int is_gathered;       /* its runs are of several experiment files (weight_search.h) */
    struct digest base;    /* of the experiment with k = 1: arms that differ only in k share it */
    double mean, sd, best; /* of the last errors, %; of the best errors: their mean */
    double loss;           /* mean of the last training losses */
    double rate;           /* mean of wall_images_per_s over all epochs; NAN without any */
    double core_hours;     /* ledger_logged_hours() of all runs */
};

/* Fill what follows from an arm's runs: diverged and the means. */
void ledger_summarise(struct arm *arm);

/* The runs of an arm, of any scale and image set: only name, logs and count are filled. */
struct arm ledger_runs_of(const struct ledger *ledger, const char *arm);

/* An arm's run of a seed, or NULL. */
const struct log *ledger_log_of(const struct arm *arm, long seed);

struct arms {
    struct arm *arm;
    size_t count;
};

/* The arms of a scale and an image set whose names lie below `folder` (NULL: all), sorted by
 * network, epochs, base, k and name. Free arms->arm. 0, or -1 with *error set and nothing to free
 * when two logs of one arm hold different experiments. */
int ledger_arms(const struct ledger *ledger, const char *folder, enum scale scale,
                enum image_set set, struct arms *arms, struct error *error);

/* The arm of that name, or NULL. */
const struct arm *ledger_find_arm(const struct arms *arms, const char *name);

/* The last part of an arm's name: "bf16" of precision/bf16. */
const char *ledger_short_name(const char *arm);

/* ---- Experiments -------------------------------------------------------------------------- */

struct experiment_file {
    char *path;
    struct experiment experiment;
};

struct experiment_files {
    struct experiment_file *file; /* sorted by path */
    size_t count;
};

/* Load every experiment below `folder`. FOLDER/families/ holds fragments for inclusion and is
 * left out. 0; or -1 with *error set and nothing to free. */
int ledger_read_experiments(const char *folder, struct experiment_files *files,
                            struct error *error);
void ledger_free_experiments(struct experiment_files *files);

/* The file of an arm, or NULL. */
const struct experiment_file *ledger_find_experiment(const struct experiment_files *files,
                                                     const char *arm);

/* The value of `key` in the canonical text: "network.family" of a preact-20 is "preact"; free()
 * it. */
char *ledger_value(const struct experiment *experiment, const char *key);

/* Whether two experiments differ only in some keys, or not at all. `keys` holds names with spaces
 * between them; "schedule." names a whole section. */
int ledger_same_but(const struct experiment *left, const struct experiment *right,
                    const char *keys);

/* The network's short name: "preact-20", "preact-164-bottleneck", "wrn-28-10" (depth, width),
 * "densenet-bc-100-12" (depth, growth). A value that is not the usual one is added: "-c8" (channels
 * of the first stage), "-bank-u32" (weights, rows), "-pad-partial" and "-pad-learned-d2" (padding,
 * depth D of the Padding Layer). free() it. */
char *ledger_network(const struct experiment *experiment);

/* The name of the experiment's decay; LEDGER_RESTARTS if it restarts. */
#define LEDGER_RESTARTS "sgdr"
const char *ledger_base(const struct experiment *experiment);

/* ---- Cost --------------------------------------------------------------------------------- */

/* The speed of training in logs: it turns multiply-adds into core-seconds. Evaluation is not
 * counted. */
struct speed {
    double macs;         /* of one forward pass x images trained on */
    double core_seconds; /* threads x seconds that they took */
};

/* Add all epochs of a log; start from {0}. */
void ledger_add_speed(struct speed *speed, const struct log *log);
/* Of all desk runs, on either image set. */
struct speed ledger_desk_speed(const struct ledger *ledger);
/* Threads x hours of all epochs of a log, by its own clock. */
double ledger_logged_hours(const struct log *log);
/* The predicted core-hours of one run of the experiment; NAN if nothing was measured, or if the
 * network does not exist. */
double ledger_core_hours(const struct experiment *experiment, struct speed speed);

#endif
