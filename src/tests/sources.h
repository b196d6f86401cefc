/*
 * sources - the tests' own check of NAME.sources.tsv: opens every place that the index of a table
 * names, parses the numbers there and computes anew, by text and by hand, what the table shows.
 *
 * A number is right if it is what comes out, rounded to the last digit that is shown: at most half
 * a unit of that digit away, plus 1e-9 for decimal fractions in binary, and for the interval 1e-6
 * of its half width, since quantiles stand here with seven digits.
 */
#ifndef KDECAY_SOURCES_H
#define KDECAY_SOURCES_H

#include <stddef.h>

/* A place that a number came from: one line of the index. */
struct source {
    char *id, *shown, *column, *file;
    long row, line;
};

struct sources {
    char *bytes;
    struct source *source;
    size_t count;
};

/* Where the files are that the tables were made from, and the tables. */
struct sources_of {
    const char *results, *published, *experiments, *tables;
};

/* Read TABLES/NAME.sources.tsv. */
struct sources sources_read(const struct sources_of *of, const char *name);
void sources_free(struct sources *sources);

/* The number of sources, from `first` on, of one cell. */
size_t sources_cell(const struct sources *sources, size_t first);

/* ---- What the parts of this check share ----------------------------------------------------- */

/* NULL if the cell shows `value`, give or take `slack`; else what is wrong, free() it. */
char *sources_compare(const struct source *source, double value, double slack);

/* "ID: FILE:LINE: WHAT"; free() it. */
char *sources_wrong(const struct source *source, const char *what);

/* The field of an id between its colons, from 0 on; free() it. */
char *sources_part(const char *id, int number);

/* The logs of an arm, sorted. */
char **sources_logs(const struct sources_of *of, const char *arm, size_t *count);
void sources_free_logs(char **path, size_t count);

/* The log of an arm whose path ends as the other one's; free() it. NULL: there is none. */
char *sources_log_beside(const struct sources_of *of, const char *arm, const char *other);

/* What is wrong with the n sources of "ARM:WHAT:CONTROL", and of "ARM:alone-WHAT:CONTROL"; free() it. */
char *sources_comparison_problem(const struct sources_of *of, const struct sources *sources,
                                 const struct source *source, size_t n, const char *arm,
                                 const char *what, const char *control);
char *sources_alone_problem(const struct sources_of *of, const struct source *source, size_t n,
                            const char *arm, const char *what, const char *control);

/* What the n sources of a cell with an id "ranks:..." give; NaN if they are not those of the id. */
double sources_ranks(const struct sources_of *of, const struct source *source, size_t n);

/* The same of "thesis:WHAT" and of "ARM:leads-from-epoch:CONTROL". */
double sources_thesis(const struct sources_of *of, const struct source *source, size_t n,
                      const char *what);
double sources_leads(const struct sources_of *of, const struct source *source, size_t n,
                     const char *arm, const char *control);

/* Whether an arm of that name has runs of several experiment files, chosen by training loss
 * (weight_search.h); their paths, by seed: free the array and each string; and what all the runs that
 * they took have spent per result, core-hours. */
int sources_is_gathered(const char *arm);
char **sources_gathered(const struct sources_of *of, const char *arm, size_t *count);
double sources_spent(const struct source *source, size_t n);

/* What is wrong with the cell that `first` starts, free() it; NULL if nothing. */
char *sources_problem(const struct sources_of *of, const struct sources *sources, size_t first);

/* What is wrong with the index as a whole, free() it: a number in TABLES/NAME.csv that has no
 * source, a source of a cell that shows something else, a column that is not known here; NULL if
 * nothing. */
char *sources_gap(const struct sources_of *of, const char *name, const struct sources *sources);

/* ---- All tables --------------------------------------------------------------------------- */

/* Call `check` with the index of every CSV below of->tables, of which there are some; the sum of
 * what it returns. */
size_t sources_each_table(const struct sources_of *of,
                          size_t (*check)(const struct sources_of *of, const char *name,
                                          struct sources *sources));

/* Every number has its sources and every source its number; else the test fails. The number of
 * cells. */
size_t sources_whole(const struct sources_of *of, const char *name, struct sources *sources);

/* The name of a table by the path of its CSV; free() it. */
char *sources_table_name(const char *path);

#endif
