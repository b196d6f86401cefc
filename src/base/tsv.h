/*
 * tsv - the text tables that the program reads: lines of fields with a tab between them.
 *
 * Lines that begin with '#' are comments. The first other line holds the names of the columns,
 * if the table has them. The reader is strict: a missing newline, an empty field ("-" stands for no
 * value), a wrong name or a wrong number of fields is an error that names file and line.
 */
#ifndef KDECAY_TSV_H
#define KDECAY_TSV_H

#include "base/error.h"

enum { TSV_MOST_FIELDS = 16 };

struct tsv {
    const char *path;
    char *bytes; /* of the whole file; fields are cut where they stand */
    int line;    /* of the last row, from 1 */
    int count;   /* fields of a row */
    char *field[TSV_MOST_FIELDS];
    char *next; /* the part that is not read yet */
    struct error *error;
};

/* Open the file. With `columns`, read its line of `count` names. With `columns` NULL the table has
 * no such line, and every row has `count` fields, or as many as the first row if `count` is 0.
 * Returns 0, or -1 with *error set and nothing to close. `path` and `error` must outlive the
 * reading. */
int tsv_open(struct tsv *tsv, const char *path, const char *const *columns, int count,
             struct error *error);

/* The next row: 1; 0 at the end of the file; or -1 with *error set. */
int tsv_next(struct tsv *tsv);

/* Free the bytes, unless the caller took them (tsv->bytes = NULL). */
void tsv_close(struct tsv *tsv);

/* The field as a whole number, 0 or more; -1 if it is not one. */
long tsv_whole(const char *field);

#endif
