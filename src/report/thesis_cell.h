/*
 * thesis_cell - the cells of the thesis's tables, each beside the literature's numbers for its
 * network.
 */
#ifndef KDECAY_THESIS_CELL_H
#define KDECAY_THESIS_CELL_H

#include "experiment/config.h"
#include "report/published.h"
#include "report/table.h"

struct thesis_table {
    const char *name;   /* "table-5-2" */
    const char *folder; /* "cifar10", below which its arms are */
    enum image_set set; /* of all its cells */
    const char *images; /* its name: "CIFAR-10" */
    struct published_table published;
};

struct thesis_cell {
    const struct thesis_table *table;
    const struct published_row *row;
    const struct literature *literature;
    const struct literature_row *matched, *cited; /* NULL: none is known */
};

struct thesis_cells {
    struct thesis_cell *cell, *end; /* table by table, in the order of the rows */
};

/* Points into tables and literature. free() the array. */
struct thesis_cells thesis_cells_of(const struct thesis_table *tables, size_t count,
                                    const struct literature *literature);

/* A number that the cell's row prints, followed by `mark`. `what` ends its value id. */
struct table_cell thesis_printed(const struct thesis_cell *cell, const char *what, double value,
                                 int decimals, const char *mark);

/* A number of the literature. */
struct table_cell thesis_literature(const struct thesis_cell *cell,
                                    const struct literature_row *row);

/* The row's "ours" less a number of the literature, or less its own original if that is NULL. */
struct table_cell thesis_delta(const struct thesis_cell *cell, const struct literature_row *other,
                               const char *what);

/* Gains of ours over [0] the thesis's originals and [1] the matched baselines, in points. */
struct thesis_gains {
    size_t matched;             /* the number of cells that have a matched baseline */
    double mean[2], largest[2]; /* over these */
    double largest_of_all;      /* over the originals of all cells; at least 0 */
};
struct thesis_gains thesis_gains_of(const struct thesis_cells *cells);

#endif
