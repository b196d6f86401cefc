#include "report/schedule_table.h"

#include "data/dataset.h"
#include "experiment/schedule.h"
#include "report/study.h"
#include "report/table.h"

#include <stdlib.h>
#include <string.h>

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

/* Compare the rows of a group with one control, as one family. */
static void compare_family(struct study_row *row, size_t count, int which,
                           const struct study_row *control)
{
    for (size_t i = 0; i < count; i++)
        if (&row[i] != control)
            study_compare(&row[i], which, control);
    comparison_holm(&row->comparison[which], sizeof *row, count, 0);
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
    return (schedule_mean_rate(&schedule) - b->lr_end) / (b->lr - b->lr_end);
}

static const struct study_row *base_of(const struct study_line *line)
{
    return line->study->row;
}

static TABLE_CELL(cell_schedule, struct study_line,
                  table_cell(schedule_text(at->row, base_of(at)), NULL));
static TABLE_CELL(cell_factor, struct study_line,
                  cells_number(mean_factor(at->row, base_of(at)), "", 3));
static TABLE_CELL(cell_schedule_once, struct study_line,
                  at->again ? table_blank() : cell_schedule(row));
static TABLE_CELL(cell_factor_once, struct study_line,
                  at->again ? table_blank() : cell_factor(row));

static const struct table_column columns[] = {
    {"group", NULL, 'l', NULL, TABLE_CSV, study_cell_group},
    {"schedule", NULL, 'l', NULL, TABLE_CSV, cell_schedule},
    {"schedule", "Schedule", 'p', "3.8cm", TABLE_NARROW, cell_schedule_once},
    {"scale", NULL, 'l', NULL, TABLE_CSV, study_cell_scale},
    {"epochs", NULL, 'r', NULL, TABLE_CSV, study_cell_epochs},
    {"mean factor", NULL, 'r', NULL, TABLE_CSV, cell_factor},
    {"mean factor", "Factor", 'r', NULL, TABLE_NARROW, cell_factor_once},
};

static void add_heading(const struct study_row *linear, size_t count, const struct study_row *base,
                        struct table *table)
{
    char *shared = study_heading(linear, count);
    char *what = linear == base ? memory_text("each base as published, k = 1")
                                : memory_text("mean factor %.3f, that of k = %g",
                                              mean_factor(linear, base), linear->experiment->k);
    char *title = memory_text("%s; %s", shared, what);
    table_add_heading(table, TABLE_NARROW, title);
    free(title);
    free(what);
    free(shared);
}

static void add_line(const struct study *rows, const struct study_row *row, int which, int again,
                     struct table *table)
{
    const struct study_row *control = row->against[which];
    char *against = control ? schedule_text(control, rows->row) : memory_text("-");
    struct study_line line = study_line_of(rows, row, NULL, which);
    line.against = against;
    line.again = again;
    table_add_row(table, &line);
    free(against);
}

static void fill(const struct study *rows, struct table *table)
{
    const struct study_row *base = rows->row;
    for (size_t i = 0, next = 0; i < rows->count; i++) {
        const struct study_row *row = &rows->row[i];
        if (i == next) {
            const size_t count = study_group(rows, i);
            add_heading(row, count, base, table);
            next += count;
        }
        int lines = 0;
        for (int which = 0; which < STUDY_CONTROLS; which++)
            if (row->against[which] || (row == base && which == 0))
                add_line(rows, row, which, lines++ > 0, table);
    }
    if (rows->count == 0)
        table_add_heading(table, TABLE_NARROW, "no experiment below schedules/ yet");
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
        struct table table;
        table_begin(&table, columns, COUNT(columns));
        study_add_columns(&table);
        compare(&rows);
        fill(&rows, &table);
        write_text(&rows, &table, out);
        table_write_files(out, "table-schedules", &table, "tabular");
        table_free(&table);
    }
    study_free(&rows);
    return status;
}
