#include "report/schedule_table.h"

#include "data/dataset.h"
#include "experiment/schedule.h"
#include "report/study.h"
#include "report/table.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const char root[] = "schedules", plain[] = "schedules/plain",
                  plain_linear[] = "schedules/plain/linear";

enum { WITH_GROUP, WITH_PLAIN };

/* ---- Rules -------------------------------------------------------------------------------- */

static int check(const struct study *rows, struct error *error)
{
    const struct study_row *base = rows->row;
    if (rows->count == 0)
        return 0;
    if (strcmp(base->experiment->arm, plain_linear) != 0)
        return error_set(error, "%s: expected an experiment %s, with which it is compared",
                         base->experiment->arm, plain_linear);
    if (base->experiment->set != SET_CIFAR10)
        return error_set(error, "%s: expected CIFAR-10", plain_linear);
    for (size_t i = 0; i < rows->count; i++) {
        const struct experiment *e = rows->row[i].experiment;
        if (!ledger_same_but(e, base->experiment, "schedule."))
            return error_set(
                error, "%s: expected to differ from %s in the schedule alone; move it out of %s/",
                e->arm, plain_linear, root);
    }
    return 0;
}

/* One family: the rows of a group with one control. */
static void compare_family(struct study_row *row, size_t count, int which,
                           const struct study_row *control)
{
    for (size_t i = 0; i < count; i++)
        if (&row[i] != control)
            study_compare(&row[i], which, control);
    study_holm(row, count, which);
}

static void compare(struct study *rows)
{
    for (size_t first = 0, count; first < rows->count; first += count) {
        count = study_group(rows, first);
        compare_family(&rows->row[first], count, WITH_GROUP, &rows->row[first]);
        if (first > 0)
            compare_family(&rows->row[first], count, WITH_PLAIN, rows->row);
    }
}

/* ---- Cells -------------------------------------------------------------------------------- */

/* "knee, hold 0.333": the decay, and the lines that the text of plain/linear does not have. */
static char *schedule_text(const struct study_row *row, const struct study_row *base)
{
    char *text = config_text(row->experiment), *expected = config_text(base->experiment);
    struct text out = {0};
    text_add(&out, "%s", decays[row->experiment->decay].name);
    for (char *line = strtok(strstr(text, "schedule."), "\n"); line; line = strtok(NULL, "\n")) {
        char *whole = memory_text("%s\n", line), *equals = strstr(line, " = ");
        const char *key = strchr(line, '.') + 1, *value = equals + 3;
        const int shared = strstr(expected, whole) != NULL;
        free(whole);
        *equals = '\0';
        if (shared || strcmp(key, "decay") == 0)
            continue;
        text_add(&out, ", %s ", key);
        if (strchr(value, '.'))
            text_add(&out, "%.3g", strtod(value, NULL));
        else
            text_add(&out, "%s", value);
    }
    free(expected);
    free(text);
    return out.bytes;
}

static double mean_factor(const struct study_row *row, const struct study_row *base)
{
    const struct experiment *e = row->experiment, *b = base->experiment;
    const struct schedule schedule = schedule_of(e, config_steps_per_epoch(e));
    const double mean = e->lr_end + (e->lr - e->lr_end) * schedule_mean(&schedule);
    return (mean - b->lr_end) / (b->lr - b->lr_end);
}

static const struct table_column wide_columns[] = {
    {"group", NULL, 'l', NULL},  {"schedule", NULL, 'l', NULL},    {"scale", NULL, 'l', NULL},
    {"epochs", NULL, 'r', NULL}, {"mean factor", NULL, 'r', NULL},
};

static const struct table_column narrow_columns[] = {
    {"schedule", "Schedule", 'p', "3.8cm"},
    {"mean factor", "Factor", 'r', NULL},
};

static char *against(const struct study_row *row, int which, const struct study_row *base)
{
    return row->against[which] ? schedule_text(row->against[which], base) : memory_text("-");
}

static void add_wide(const struct study *rows, const struct study_row *row, int which,
                     struct table *table)
{
    const struct study_row *base = rows->row;
    table_add(table, study_group_name(rows, row), NULL);
    table_add(table, schedule_text(row, base), NULL);
    table_add(table, memory_text("%s", config_scale_name(row->experiment)), NULL);
    table_add(table, memory_text("%d", row->experiment->epochs), NULL);
    cells_add_number(table, mean_factor(row, base), "", 3);
    study_add_wide(row, which, against(row, which, base), table);
}

/* The arm's own cells stand in the first of its lines only. */
static void add_narrow(const struct study_row *row, int which, int first,
                       const struct study_row *base, struct table *table)
{
    if (first) {
        table_add(table, schedule_text(row, base), NULL);
        cells_add_number(table, mean_factor(row, base), "", 3);
    } else {
        table_add(table, memory_text("%s", ""), NULL);
        table_add(table, memory_text("%s", ""), NULL);
    }
    study_add_narrow(row, which, !first, against(row, which, base), table);
}

static void add_heading(const struct study_row *linear, size_t count, const struct study_row *base,
                        struct table *table)
{
    char *shared = study_heading(linear, count);
    char *what = linear == base ? memory_text("each base as published, k = 1")
                                : memory_text("mean factor %.3f, that of k = %g",
                                              mean_factor(linear, base), linear->experiment->k);
    char *title = memory_text("%s; %s", shared, what);
    table_add_group(table, title);
    free(title);
    free(what);
    free(shared);
}

static void fill(const struct study *rows, struct table *wide, struct table *narrow)
{
    const struct study_row *base = rows->row;
    for (size_t i = 0, next = 0; i < rows->count; i++) {
        const struct study_row *row = &rows->row[i];
        if (i == next) {
            const size_t count = study_group(rows, i);
            add_heading(row, count, base, narrow);
            next += count;
        }
        int lines = 0;
        for (int which = 0; which < STUDY_CONTROLS; which++) {
            if (!row->against[which] && !(row == base && which == 0))
                continue;
            add_wide(rows, row, which, wide);
            add_narrow(row, which, lines++ == 0, base, narrow);
        }
    }
    if (rows->count == 0)
        table_add_group(narrow, "no experiment below schedules/ yet");
}

/* ---- Files -------------------------------------------------------------------------------- */

static void write_text(const struct study *rows, const struct table *table, const char *out)
{
    struct text text = {0};
    text_add(&text, "table-schedules: test error (%%) of arms that differ in the schedule alone, "
                    "lower is better\n\n");
    table_write_text(table, &text);
    text_add(
        &text,
        "\n"
        "schedule: the decay, and what its experiment says otherwise than plain/linear.\n"
        "mean factor: (mean rate - Le) / (L0 - Le) over all steps, L0 and Le of plain/linear; the "
        "share of time at a high rate.\n"
        "last epoch: mean test error over n runs +- sample sd; diverged: m of n: the mean is "
        "infinite.\n"
        "against: the linear base with this k, whose mean rate is the same: what is left is "
        "shape; and the plain linear base.\n"
        "difference (points): mean over the seeds shared with it; 95%% Student-t interval.\n"
        "Holm p: of the exact two-sided sign-flip test, over all comparisons of one group with the "
        "same control.\n");
    study_add_notes(rows, &text);
    table_write_out(out, "table-schedules", ".txt", &text);
}

int schedule_table_write(const struct ledger *ledger, const struct experiment_files *experiments,
                         const char *out, struct error *error)
{
    struct study rows;
    if (study_collect(&rows, ledger, experiments, root, "linear", plain, error) != 0)
        return -1;
    const int status = check(&rows, error);
    if (status == 0) {
        size_t wide_count, narrow_count;
        struct table_column *of_wide =
            study_wide_columns(wide_columns, COUNT(wide_columns), &wide_count);
        struct table_column *of_narrow =
            study_narrow_columns(narrow_columns, COUNT(narrow_columns), &narrow_count);
        struct table wide, narrow;
        table_begin(&wide, of_wide, wide_count);
        table_begin(&narrow, of_narrow, narrow_count);
        compare(&rows);
        fill(&rows, &wide, &narrow);
        write_text(&rows, &narrow, out);
        table_write_files(out, "table-schedules", &wide, &narrow, "tabular");
        table_free(&wide);
        table_free(&narrow);
        free(of_wide);
        free(of_narrow);
    }
    study_free(&rows);
    return status;
}
