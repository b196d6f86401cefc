/*
 * table - one table, written once: aligned text, CSV and LaTeX come from one list of columns.
 *
 * A column has a name, an alignment, the outputs that show it, and a function that makes its cell
 * from a row. A row may be any type that the table's columns know; table_add_row() passes it to
 * each of them. So a table is one list, and a new column is one line of it, and often one
 * TABLE_CELL().
 *
 * A cell has a plain text. If LaTeX should show more than this text (a link to its log), the cell
 * has a LaTeX text, too. Text and CSV are made from the plain texts, so their numbers cannot
 * differ.
 */
#ifndef KDECAY_TABLE_H
#define KDECAY_TABLE_H

#include "base/memory.h"

#include <stddef.h>

/* Where a column or a heading shows. Wide tables are the CSV, narrow ones text and LaTeX. */
enum table_where {
    TABLE_TEXT = 1,
    TABLE_CSV = 2,
    TABLE_TEX = 4,
    TABLE_NARROW = TABLE_TEXT | TABLE_TEX,
    TABLE_ALL = TABLE_TEXT | TABLE_CSV | TABLE_TEX
};

struct table_cell {
    char *plain, *tex;
    char *id, *sources; /* NULL, or where the number came from: see table_traced() */
    int heading;        /* 0; or spans all columns, where enum table_where says */
};

struct table_column {
    const char *name;  /* with its unit; text and CSV */
    const char *tex;   /* LaTeX source of the heading; NULL where the column is not in LaTeX */
    char align;        /* 'l', 'r', or 'p': left, of the width `width` in LaTeX */
    const char *width; /* "4.1cm"; NULL but for 'p' */
    int where;         /* enum table_where */
    struct table_cell (*fill)(const void *row); /* NULL: table_add() adds this column's cells */
};

struct table {
    struct table_column *columns;
    size_t column_count;
    struct table_cell *cells; /* row by row; a heading fills a row */
    size_t cell_count;
};

void table_begin(struct table *table, const struct table_column *columns, size_t count);

/* More columns, to the right; before the first row only. */
void table_add_columns(struct table *table, const struct table_column *columns, size_t count);

void table_free(struct table *table);

/* ---- Cells -------------------------------------------------------------------------------- */

/* Takes both strings over. With `tex` NULL, LaTeX shows the plain text, escaped; "-", which stands
 * for no value, becomes a dash. */
struct table_cell table_cell(char *plain, char *tex);

/* Define the function of a column whose cell is one expression of its row, `at`: of a
 * struct power, TABLE_CELL(cell_pairs, struct power, table_integer(at->pairs)); */
#define TABLE_CELL(name, type, ...)                                                                \
    struct table_cell name(const void *row)                                                        \
    {                                                                                              \
        const type *at = row;                                                                      \
        return (__VA_ARGS__);                                                                      \
    }                                                                                              \
    struct table_cell name(const void *row) /* so that a semicolon may follow */

struct table_cell table_integer(long long value);

/* Cells with a copy of a text; with "-"; with no text at all. */
struct table_cell table_text(const char *text);
struct table_cell table_dash(void);
struct table_cell table_blank(void);

/* The cell together with the sources of its number: its value id (see trace.h) and a line
 * "FILE<TAB>LINE\n" for each line of a log or a published file. Takes both strings over. */
struct table_cell table_traced(struct table_cell cell, char *id, char *sources);

/* ---- Rows --------------------------------------------------------------------------------- */

/* A whole row: each column's fill() of `row`. */
void table_add_row(struct table *table, const void *row);

/* The next cell, for rows that are filled by hand. */
void table_add(struct table *table, struct table_cell cell);

/* Add a heading over the rows that follow. `where` says which outputs show it; the CSV never does.
 * Call it only between rows. */
void table_add_heading(struct table *table, int where, const char *title);

/* ---- Files -------------------------------------------------------------------------------- */

/* Append to `out`. */
void table_write_text(const struct table *table, struct text *out);
void table_write_csv(const struct table *table, struct text *out);

/* A whole `environment` (tabular or longtable) with the rules of booktabs, in a group of narrow
 * column gaps; caption and float are the paper's. */
void table_write_tex(const struct table *table, const char *environment, struct text *out);

/* Write OUT/tables/NAME.csv, NAME.tex (an `environment`) and NAME.sources.tsv, which has a line for
 * each source of a number of the CSV (see trace.h). */
void table_write_files(const char *out, const char *name, const struct table *table,
                       const char *environment);

/* Write OUT/tables/NAME.values.tex: \tracedvalue{ID}{LATEX} for each number that has a value id, by
 * which the paper's text cites it. */
void table_write_values(const char *out, const char *name, const struct table *table);

/* Write the text to OUT/tables/NAMEENDING and empty it. */
void table_write_out(const char *out, const char *name, const char *ending, struct text *text);

/* `plain` with TeX's special characters escaped; free() it. TeX may break a line after a '/'. */
char *table_tex_escaped(const char *plain);

#endif
