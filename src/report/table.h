/*
 * table - one table, three ways to write it: aligned text, CSV, LaTeX.
 *
 * Rows are filled cell by cell, left to right. A cell has a plain text and, where it should be
 * more than that text in LaTeX (a link to its log), a LaTeX text. The plain texts make the text
 * and the CSV, so that no number can differ between the three.
 */
#ifndef KDECAY_TABLE_H
#define KDECAY_TABLE_H

#include "base/memory.h"

#include <stddef.h>

struct table_column {
    const char *name; /* with its unit; text and CSV */
    const char *tex;  /* LaTeX source of the heading */
    char align;       /* 'l', 'r', or 'p': left, of the width `width` in LaTeX */
    const char *width;
};

struct table_cell {
    char *plain, *tex;
    int group;          /* spans all columns */
    char *id, *sources; /* NULL, or where the number came from: see table_trace() */
};

struct table {
    const struct table_column *columns;
    size_t column_count;
    struct table_cell *cells;
    size_t cell_count;
};

/* `columns` must outlive the table. */
void table_begin(struct table *table, const struct table_column *columns, size_t count);

/* The next cell. Takes both strings over; `tex` may be NULL: the plain text, escaped; a
 * lone "-", nothing there, becomes a dash. */
void table_add(struct table *table, char *plain, char *tex);

/* Say where the number of the last cell came from: its value id (see trace.h) and a line
 * "FILE<TAB>LINE\n" for each place in a log or a published file. Takes both strings over. */
void table_trace(struct table *table, char *id, char *sources);

/* A heading over the rows that follow; between rows only. CSV leaves it out. */
void table_add_group(struct table *table, const char *title);

/* Append to `out`. */
void table_write_text(const struct table *table, struct text *out);
void table_write_csv(const struct table *table, struct text *out);

/* A whole `environment` (tabular or longtable) with the rules of booktabs, in a group of narrow
 * column gaps; caption and float are the paper's. */
void table_write_tex(const struct table *table, const char *environment, struct text *out);

/* A line for each place that a number of the table came from: id, the text shown, line and column
 * of the CSV, file and line of the source. */
void table_write_sources(const struct table *table, struct text *out);

/* Write OUT/tables/NAME.csv and NAME.sources.tsv of `plain` and NAME.tex, an `environment`, of
 * `tex`. */
void table_write_files(const char *out, const char *name, const struct table *plain,
                       const struct table *tex, const char *environment);

/* Write the text to OUT/tables/NAMEENDING and empty it. */
void table_write_out(const char *out, const char *name, const char *ending, struct text *text);

void table_free(struct table *table);

/* `plain` with the characters escaped that TeX takes for its own; free() it. A '/' may end a
 * line. */
char *table_tex_escaped(const char *plain);

#endif
