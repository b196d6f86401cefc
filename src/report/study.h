/*
 * study - arms that differ in little, each beside the control that it is compared with.
 *
 * They are the arms below one folder of experiments/: those that have logs, and the desk
 * experiments that have none yet. A folder directly above arms is a group, and in each group the
 * arm of one name, the control, comes first. What such arms share in a table stands here: their
 * order, their comparisons, and the cells from the number of runs on.
 */
#ifndef KDECAY_STUDY_H
#define KDECAY_STUDY_H

#include "report/cells.h"

enum { STUDY_CONTROLS = 2 }; /* with how many others an arm may be compared */

struct study_row {
    const struct experiment *experiment;
    const struct arm *arm; /* one of no logs, where there is none yet; NULL: of several, a trend */
    const char *path;      /* of the experiment file, where there is no log; else NULL */
    int first, control;    /* whether it is of the first group; its group's control */
    const struct study_row *against[STUDY_CONTROLS]; /* NULL: no comparison */
    struct comparison comparison[STUDY_CONTROLS];
};

struct study {
    struct study_row *row; /* by group; the control first in it; then by name, numbers as numbers */
    size_t count;
    const char *folder;
    struct arms arms[2]; /* of CIFAR-10, CIFAR-100 */
};

/* All rows below `folder`. `control` is the last part of a control's name; `first` the group that
 * stands before all others, or NULL. Points into ledger and files. 0; or -1 with *error set and
 * nothing to free, where logs contradict each other, an arm is not of the desk scale, or a group
 * has no control. */
int study_collect(struct study *study, const struct ledger *ledger,
                  const struct experiment_files *files, const char *folder, const char *control,
                  const char *first, struct error *error);
void study_free(struct study *study);

/* The number of rows of the group that starts at row `at`. */
size_t study_group(const struct study *study, size_t at);

/* The last part of the arm's name: "bf16". */
const char *study_short_name(const struct study_row *row);

/* Compare a row with another one. */
void study_compare(struct study_row *row, int which, const struct study_row *control);

/* Adjust the p of `count` rows, one family. */
void study_holm(struct study_row *row, size_t count, int which);

/* Compare the rows of a group, the control first, with what question.h says that they are compared
 * with, a family of Holm's for each question. NULL; or the row of no question but the control. */
const struct study_row *study_ask(struct study_row *group, size_t count);

/* ---- Tables ------------------------------------------------------------------------------- */

/* A line of a table: a row of the study with one of its comparisons. */
struct study_line {
    struct cells_row cells; /* first: what cells.h fills columns from */
    const struct study *study;
    const struct study_row *row;
    const struct study_row *control; /* of the row's group */
    const char *against;             /* names the control of the comparison shown; "-" without */
    int again; /* the line above is of the same arm: the narrow table does not repeat its cells */
};

/* The line that shows comparison `which` of a row; against and again are the caller's. */
struct study_line study_line_of(const struct study *study, const struct study_row *row,
                                const struct study_row *control, int which);

/* Add the columns that such tables share, from the number of runs on, to the right of a table's
 * own. Its rows are lines, struct study_line. */
void study_add_columns(struct table *table);

/* Cells of a line: the group's name ("k2.0" of schedules/k2.0/knee, "" of precision/bf16), the
 * scale, the number of epochs. */
struct table_cell study_cell_group(const void *line);
struct table_cell study_cell_scale(const void *line);
struct table_cell study_cell_epochs(const void *line);

/* "CIFAR-10, preact-20, cosine, bf16, 10 epochs (scale: desk)", without decay or precision where
 * not all `count` rows below the heading have it; free() it. */
char *study_heading(const struct study_row *row, size_t count);

/* Append what the last columns mean, and the command for each row without a log. */
void study_add_notes(const struct study *study, struct text *text);

#endif
