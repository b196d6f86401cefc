/*
 * study - arms that differ in one thing, each compared with a control.
 *
 * A study is the arms below one folder of experiments/: the arms that have logs, and the desk
 * experiments that have none yet. Arms directly in the same folder are a group. In each group the
 * arm with the control's name comes first. The tables of such arms share the order of the rows, the
 * comparisons, and the columns from the number of runs to the right. They are here.
 */
#ifndef KDECAY_STUDY_H
#define KDECAY_STUDY_H

#include "report/cells.h"

enum { STUDY_CONTROLS = 2 }; /* the most controls that an arm may be compared with */

struct study_row {
    const struct experiment *experiment;
    const struct arm *arm; /* it may have no logs; NULL: the row is a trend over several arms */
    const char *path;      /* of the experiment file, if the arm has no log; else NULL */
    int first, control;    /* whether the arm is in the first group; whether it is a control */
    const struct study_row *against[STUDY_CONTROLS]; /* NULL: no comparison */
    struct comparison comparison[STUDY_CONTROLS];
};

struct study {
    struct study_row *row; /* sorted by group, control first, then by name; numbers as numbers */
    size_t count;
    const char *folder;
    struct arms arms[2]; /* of CIFAR-10, CIFAR-100 */
};

/* All rows below `folder`. `control` is the last part of a control's name. `first` is the group
 * that comes before all others; NULL: none does. Points into ledger and files. 0; or -1 with *error
 * set and nothing to free if logs contradict each other, if an arm is not of the desk scale, or if
 * a group has no control. */
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

/* Compare the rows of a group, whose first row is the control, by the questions of question.h; each
 * question is a family of Holm's. NULL; or a row other than the control that has no question. Free the
 * questions in both cases. */
const struct study_row *study_ask(struct study_row *group, size_t count,
                                  struct questions *questions);

/* The row of an experiment that is in the group. */
struct study_row *study_row_of(struct study_row *group, const struct experiment *experiment);

/* ---- Tables ------------------------------------------------------------------------------- */

/* A line of a table: a row of the study with one of its comparisons. */
struct study_line {
    struct cells_row cells; /* first: what cells.h fills columns from */
    const struct study *study;
    const struct study_row *row;
    const struct study_row *control; /* of the row's group */
    const char *against;             /* the name of the comparison's control; "-" without one */
    int again; /* the line above has the same arm: the narrow table does not repeat its cells */
};

/* The line that shows comparison `which` of a row. The caller sets `against` and `again`. */
struct study_line study_line_of(const struct study *study, const struct study_row *row,
                                const struct study_row *control, int which);

/* Add the columns that such tables share, from the number of runs on, to the right of a table's own
 * columns. The table's rows are struct study_line. */
void study_add_columns(struct table *table);

/* Cells of a line: the group's name ("k2.0" of schedules/k2.0/knee, "" of precision/bf16), the
 * scale, the number of epochs. */
struct table_cell study_cell_group(const void *line);
struct table_cell study_cell_scale(const void *line);
struct table_cell study_cell_epochs(const void *line);

/* "CIFAR-10, preact-20, cosine, bf16, 10 epochs (scale: desk)"; free() it. It leaves out the decay
 * or the precision if the `count` rows below the heading differ in it. */
char *study_heading(const struct study_row *row, size_t count);

/* Append the meaning of the last columns, and the command for each row without a log. */
void study_add_notes(const struct study *study, struct text *text);

#endif
