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

enum { VARIANT_CONTROLS = 2 }; /* with how many others an arm may be compared */

struct variant {
    const struct experiment *experiment;
    const struct arm *arm; /* one of no logs, where there is none yet; NULL: of several, a trend */
    const char *path;      /* of the experiment file, where there is no log; else NULL */
    int first, control;    /* whether it is of the first group; its group's control */
    const struct variant *against[VARIANT_CONTROLS]; /* NULL: no comparison */
    struct comparison comparison[VARIANT_CONTROLS];
};

struct variants {
    struct variant *row; /* by group; the control first in it; then by name, numbers as numbers */
    size_t count;
    const char *folder;
    struct arms arms[2]; /* of CIFAR-10, CIFAR-100 */
};

/* All rows below `folder`. `control` is the last part of a control's name; `first` the group that
 * stands before all others, or NULL. Points into ledger and files. 0; or -1 with *error set and
 * nothing to free, where logs contradict each other, an arm is not of the desk scale, or a group
 * has no control. */
int variants_collect(struct variants *variants, const struct ledger *ledger,
                     const struct experiment_files *files, const char *folder, const char *control,
                     const char *first, struct error *error);
void variants_free(struct variants *variants);

/* The number of rows of the group that starts at row `at`. */
size_t variants_group(const struct variants *variants, size_t at);

/* "k2.0" of schedules/k2.0/knee below schedules, "" of precision/bf16 below precision; free() it.
 */
char *variants_group_name(const struct variants *variants, const struct variant *row);

/* The last part of the arm's name: "bf16". */
const char *variants_short_name(const struct variant *row);

/* Compare a row with another one. */
void variants_compare(struct variant *row, int which, const struct variant *control);

/* Adjust the p of `count` rows, one family. */
void variants_holm(struct variant *row, size_t count, int which);

/* ---- Tables ------------------------------------------------------------------------------- */

/* The columns of a table: the given ones, then those of variants_add_wide() or _narrow(). free()
 * it. */
struct table_column *variants_wide_columns(const struct table_column *own, size_t count,
                                           size_t *all);
struct table_column *variants_narrow_columns(const struct table_column *own, size_t count,
                                             size_t *all);

/* The last cells of a row, dashes for what a trend lacks; `against` names the control of comparison
 * `which` and is taken over. In the narrow table n and errors may be left out, where the row above
 * has them. */
void variants_add_wide(const struct variant *row, int which, char *against, struct table *table);
void variants_add_narrow(const struct variant *row, int which, int left_out, char *against,
                         struct table *table);

/* "CIFAR-10, preact-20, cosine, bf16, 10 epochs (scale: desk)", without decay or precision where
 * not all `count` rows below the heading have it; free() it. */
char *variants_heading(const struct variant *row, size_t count);

/* Append what the last columns mean, and the command for each row without a log. */
void variants_add_notes(const struct variants *variants, struct text *text);

#endif
