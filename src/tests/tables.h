/*
 * tables - what the tests ask of a made table: cells by the names of their columns, so that a new
 * column breaks no test that is not about it.
 *
 * A pattern is "COLUMN: VALUE | COLUMN: VALUE", each value the whole cell of a CSV. Every function
 * here fails the test, and shows the table, where the table says otherwise.
 */
#ifndef KDECAY_TESTS_TABLES_H
#define KDECAY_TESTS_TABLES_H

#include "tests/results_fixture.h"

/* Make the report, which must not fail. */
void tables_write(const struct fixture *fixture);

/* Make the report, which must fail with an error that holds these words. */
void tables_refused(const struct fixture *fixture, const char *words);

/* Make the report; the text of OUT/tables/FILE. free() it. */
char *tables_file(const struct fixture *fixture, const char *file);

/* Make the report; OUT/tables/FILE holds these words somewhere. */
void tables_expect_text(const struct fixture *fixture, const char *file, const char *words);

/* Make the report; exactly one row of NAME.csv fits the pattern `row`, and it fits `cells`, too. */
void tables_expect(const struct fixture *fixture, const char *name, const char *row,
                   const char *cells);

/* The same of the report that was made last. */
void tables_shows(const struct fixture *fixture, const char *name, const char *row,
                  const char *cells);

/* Make the report; the cells of a column, in all rows that fit `row` (NULL: in all), are `values`
 * with " | " between them. */
void tables_expect_column(const struct fixture *fixture, const char *name, const char *row,
                          const char *column, const char *values);

/* The words of a claim, as "desk runs: better | full scale: untested at full scale". */
void tables_claim(const struct fixture *fixture, const char *claim, const char *cells);

/* The numbers behind a word, of one comparison or one row of the thesis. */
void tables_number(const struct fixture *fixture, const char *claim, const char *evidence,
                   const char *of, const char *cells);

/* Every number of the table NAME that was made last is what the lines that it names give (sources.h). */
void tables_traced(const struct fixture *fixture, const char *name);

/* Of the data for plots that were made last, the block of OUT/NAME.tsv below the first line that holds
 * `where`, or the first block (NULL), as CSV: its names are in the next line that has a tab. */
char *tables_plot(const struct fixture *fixture, const char *name, const char *where);

/* In that block, exactly one row fits `row`, and it fits `cells`, too. */
void tables_plots(const struct fixture *fixture, const char *name, const char *where,
                  const char *row, const char *cells);

/* A number there. */
double tables_plotted(const struct fixture *fixture, const char *name, const char *where,
                      const char *row, const char *column);

/* The next field of a CSV; *at moves past its comma, but not past a newline. free() it. */
char *tables_field(const char **at);

/* A table that a command printed, whose columns stand two spaces or more apart, as CSV; its names are
 * in the line that `first` begins. free() it. */
char *tables_printed(const char *text, const char *first);

/* In the one row of a CSV text that fits `row`, the cells of these columns are these values; both with
 * " | " between them. */
void tables_row(const char *csv, const char *row, const char *columns, const char *values);

/* The cell of a table that was made before: in the one row of a CSV text that fits. free() it. */
char *tables_cell(const char *csv, const char *row, const char *column);

#endif
