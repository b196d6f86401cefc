/*
 * published - numbers of the thesis and of the literature, transcribed into text files.
 *
 * results/published/table-5-2.tsv and table-5-3.tsv hold the thesis's two tables cell by cell;
 * literature.tsv holds numbers of other papers for the same networks; claims.tsv holds the claims
 * of the thesis. Each file has '#' comments, one line of column names, and lines of tab-separated
 * fields. Errors are percentages; lower is better.
 *
 * The reader is strict: a wrong column name, a missing field or a wrong number is an error that
 * names file and line. Rows keep their line, because every number in the paper links to it. All
 * strings of a row belong to the table that was read.
 */
#ifndef KDECAY_PUBLISHED_H
#define KDECAY_PUBLISHED_H

#include "base/error.h"

#include <stddef.h>

/* One row of a table of the thesis. */
struct published_row {
    const char *network;   /* "Wide ResNet" */
    const char *depth;     /* "28-10" */
    const char *params;    /* millions, as printed: "36.5" */
    double original, ours; /* error, % */
    double k;              /* the k of `ours` */
    const char *note;      /* printed after `original`: "*", or "-" for none */
    const char *cited;     /* reference number in the thesis, or "-" */
    const char *folder;    /* of the row's experiments: "cifar10/wrn-28-10" */
    int line;
};

struct published_table {
    char *path;
    char *bytes;
    struct published_row *rows;
    size_t count;
};

/* 0, or -1 with *error set and nothing to free. */
int published_read_table(const char *path, struct published_table *table, struct error *error);
void published_free_table(struct published_table *table);

/* One number of the literature. */
struct literature_row {
    const char *set, *network, *depth; /* "CIFAR-10"; as in the thesis's tables */
    const char *role;                  /* "cited", "matched", "cited+matched" or "other" */
    double error;                      /* % */
    const char *statistic, *runs;      /* "median" of "5"; "-" if the source does not say */
    const char *setting, *source;
    int line;
};

struct literature {
    char *path;
    char *bytes;
    struct literature_row *rows;
    size_t count;
};

/* 0, or -1 with *error set and nothing to free. */
int published_read_literature(const char *path, struct literature *literature, struct error *error);
void published_free_literature(struct literature *literature);

/* The kinds of rules (claims_rules.h). A claim names one rule of each kind. */
enum published_rule {
    RULE_COMPUTED,
    RULE_OWN,
    RULE_MATCHED,
    RULE_RUNS,
    RULE_REGISTERED,
    PUBLISHED_RULES
};

/* One claim. */
struct published_claim {
    const char *id;            /* "C3" */
    const char *table;         /* the thesis's tables with numbers for it, or "-" */
    const char *folder;        /* the folder below experiments/ of its own experiments, or "-" */
    const char *control, *arm; /* last parts of names below that folder, or "-" */
    double limit;              /* NAN for "-" */
    const char *rules[PUBLISHED_RULES];
    const char *says, *source;
    int line;
};

struct published_claims {
    char *path;
    char *bytes;
    struct published_claim *rows;
    size_t count;
};

/* 0, or -1 with *error set and nothing to free. */
int published_read_claims(const char *path, struct published_claims *claims, struct error *error);
void published_free_claims(struct published_claims *claims);

/* Value ids (see trace.h), to free(): "table-5-2:wide-resnet-28-10:ours", where `what` is "ours";
 * "literature:cifar-10:wide-resnet-28-10:step-mean-std:wrn16". */
char *published_value_id(const struct published_table *table, const struct published_row *row,
                         const char *what);
char *literature_value_id(const struct literature_row *row);

/* The first row of this set, network and depth whose role contains `role`; NULL if none. */
const struct literature_row *published_find(const struct literature *literature, const char *set,
                                            const char *network, const char *depth,
                                            const char *role);

#endif
