#include "schedule_table.h"

#include "cells.h"
#include "dataset.h"
#include "schedule.h"
#include "table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const char root[] = "schedules", plain[] = "schedules/plain",
                  plain_linear[] = "schedules/plain/linear";

/* ---- Rows --------------------------------------------------------------------------------- */

enum { WITH_GROUP, WITH_PLAIN, CONTROLS };

struct row {
    const struct experiment *experiment;
    const struct arm *arm;               /* &nobody: no log yet */
    const char *path;                    /* of the experiment file, where there is no log */
    const struct row *control[CONTROLS]; /* NULL: no comparison */
    struct comparison comparison[CONTROLS];
};

struct rows {
    struct row *row; /* sorted by compare_rows() */
    size_t count;
};

static const struct arm nobody = {.name = "", .mean = NAN, .sd = NAN};

static const char *name_of(const struct row *row)
{
    return row->experiment->arm;
}

/* The length of what comes before the last slash of an arm's name, and that slash: its group. */
static size_t folder_length(const struct row *row)
{
    return (size_t)(strrchr(name_of(row), '/') - name_of(row)) + 1;
}

static int is_linear(const struct row *row)
{
    return strcmp(name_of(row) + folder_length(row), "linear") == 0;
}

/* By name, but for plain, which comes first. */
static int compare_groups(const struct row *a, const struct row *b)
{
    const int plain_first = ledger_is_below(name_of(b), plain) - ledger_is_below(name_of(a), plain);
    const size_t x = folder_length(a), y = folder_length(b);
    const int order = strncmp(name_of(a), name_of(b), x < y ? x : y);
    return plain_first ? plain_first : order ? order : (x > y) - (x < y);
}

/* By group; linear first in it; then by name. */
static int compare_rows(const void *left, const void *right)
{
    const struct row *a = left, *b = right;
    const int group = compare_groups(a, b), linear_first = is_linear(b) - is_linear(a);
    return group ? group : linear_first ? linear_first : strcmp(name_of(a), name_of(b));
}

static void add_row(struct rows *rows, const struct experiment *experiment, const struct arm *arm,
                    const char *path)
{
    rows->row[rows->count++] = (struct row){
        experiment, arm, path, {NULL, NULL}, {cells_no_comparison, cells_no_comparison}};
}

static struct rows collect(const struct arms *arms, const struct experiment_files *files)
{
    struct rows rows = {memory_zeroed(arms->count + files->count, sizeof *rows.row), 0};
    for (size_t i = 0; i < arms->count; i++)
        add_row(&rows, arms->arm[i].experiment, &arms->arm[i], NULL);
    for (size_t i = 0; i < files->count; i++) {
        const struct experiment *e = &files->file[i].experiment;
        size_t at = 0;
        while (at < arms->count && strcmp(arms->arm[at].name, e->arm) != 0)
            at++;
        if (at == arms->count && ledger_is_below(e->arm, root))
            add_row(&rows, e, &nobody, files->file[i].path);
    }
    qsort(rows.row, rows.count, sizeof *rows.row, compare_rows);
    return rows;
}

/* The number of rows of the group that starts at `first`. */
static size_t group_size(const struct rows *rows, size_t first)
{
    size_t end = first;
    while (end < rows->count && compare_groups(&rows->row[end], &rows->row[first]) == 0)
        end++;
    return end - first;
}

/* ---- Rules -------------------------------------------------------------------------------- */

static int check_row(const struct row *row, const struct row *base, struct error *error)
{
    if (ledger_same_but_schedule(row->experiment, base->experiment))
        return 0;
    return fail(error, "%s: expected to differ from %s in the schedule alone; move it out of %s/",
                name_of(row), name_of(base), root);
}

static int check(const struct rows *rows, struct error *error)
{
    const struct row *base = rows->row;
    if (rows->count == 0)
        return 0;
    if (strcmp(name_of(base), plain_linear) != 0)
        return fail(error, "%s: expected an experiment %s, with which it is compared",
                    name_of(base), plain_linear);
    if (base->experiment->scale != SCALE_DESK || base->experiment->set != SET_CIFAR10)
        return fail(error, "%s: expected scale desk and CIFAR-10", name_of(base));
    for (size_t i = 0; i < rows->count; i++) {
        const struct row *row = &rows->row[i];
        if (check_row(row, base, error) != 0)
            return -1;
        if (compare_groups(row, i ? row - 1 : row) != 0 && !is_linear(row))
            return fail(error, "%s: expected a linear.ini beside it, with which it is compared",
                        name_of(row));
    }
    return 0;
}

/* One family: the rows of a group with one control. */
static void compare_family(struct row *row, size_t count, int which, const struct row *control)
{
    struct comparison **family = memory_zeroed(count, sizeof *family);
    for (size_t i = 0; i < count; i++) {
        if (&row[i] == control)
            continue;
        row[i].control[which] = control;
        row[i].comparison[which] = cells_compare(row[i].arm, control->arm);
        family[i] = &row[i].comparison[which];
    }
    cells_holm(family, count);
    free(family);
}

static void compare(struct rows *rows)
{
    for (size_t first = 0, count; first < rows->count; first += count) {
        count = group_size(rows, first);
        compare_family(&rows->row[first], count, WITH_GROUP, &rows->row[first]);
        if (first > 0)
            compare_family(&rows->row[first], count, WITH_PLAIN, rows->row);
    }
}

/* ---- Cells -------------------------------------------------------------------------------- */

/* "knee, hold 0.333": the decay, and the lines that the text of plain/linear does not have. */
static char *schedule_text(const struct row *row, const struct row *base)
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

static double mean_factor(const struct row *row, const struct row *base)
{
    const struct experiment *e = row->experiment, *b = base->experiment;
    const struct schedule schedule = schedule_of(e, dataset_steps_per_epoch(e));
    const double mean = e->lr_end + (e->lr - e->lr_end) * schedule_mean(&schedule);
    return (mean - b->lr_end) / (b->lr - b->lr_end);
}

static const struct table_column wide_columns[] = {
    {"group", NULL, 'l', NULL},
    {"schedule", NULL, 'l', NULL},
    {"scale", NULL, 'l', NULL},
    {"epochs", NULL, 'r', NULL},
    {"mean factor", NULL, 'r', NULL},
    {"n", NULL, 'r', NULL},
    {"last epoch (%)", NULL, 'r', NULL},
    {"sample sd", NULL, 'r', NULL},
    {"against", NULL, 'l', NULL},
    {"pairs", NULL, 'r', NULL},
    {"difference", NULL, 'r', NULL},
    {"95% low", NULL, 'r', NULL},
    {"95% high", NULL, 'r', NULL},
    {"sign-flip p", NULL, 'r', NULL},
    {"Holm p", NULL, 'r', NULL},
    {"verdict", NULL, 'l', NULL},
    {"arm, or what fills the row", NULL, 'l', NULL},
};

/* Text and LaTeX: what a group shares stands in a heading over it. */
static const struct table_column narrow_columns[] = {
    {"schedule", "Schedule", 'p', "3.8cm"},
    {"mean factor", "Factor", 'r', NULL},
    {"n", "$n$", 'r', NULL},
    {"last epoch (%)", "Last ep.\\ (\\%)", 'r', NULL},
    {"against", "Against", 'l', NULL},
    {"pairs", "Pairs", 'r', NULL},
    {"difference", "$\\Delta$", 'r', NULL},
    {"95% interval", "95\\,\\% interval", 'r', NULL},
    {"Holm p", "Holm $p$", 'r', NULL},
    {"verdict", "Verdict", 'l', NULL},
};

static char *command_of(const struct row *row)
{
    return memory_text("make run EXP=%s SEED=1", row->path);
}

static char *control_of(const struct row *row, int which, const struct row *base)
{
    return row->control[which] ? schedule_text(row->control[which], base) : memory_text("-");
}

static void add_wide(const struct row *row, int which, const struct row *base, struct table *table)
{
    const struct comparison *c = &row->comparison[which];
    const struct arm *arm = row->arm;
    const size_t start = strlen(root) + 1, end = folder_length(row) - 1;
    table_add(table, memory_text("%.*s", (int)(end - start), name_of(row) + start), NULL);
    table_add(table, schedule_text(row, base), NULL);
    table_add(table, memory_text("%s", config_scale_name(row->experiment)), NULL);
    table_add(table, memory_text("%d", row->experiment->epochs), NULL);
    cells_add_number(table, mean_factor(row, base), "", 3);
    cells_add_n(table, arm);
    cells_add_mean(table, arm);
    cells_add_sd(table, arm);
    table_add(table, control_of(row, which, base), NULL);
    cells_add_pairs(table, c);
    cells_add_difference(table, c);
    cells_add_low(table, c);
    cells_add_high(table, c);
    cells_add_p(table, c);
    cells_add_holm(table, c);
    cells_add_verdict(table, c);
    table_add(table, row->path ? command_of(row) : memory_text("%s", arm->name), NULL);
}

/* The arm's own cells stand in the first of its lines only. */
static void add_narrow(const struct row *row, int which, int first, const struct row *base,
                       struct table *table)
{
    const struct comparison *c = &row->comparison[which];
    const struct arm *arm = row->arm;
    if (first) {
        table_add(table, schedule_text(row, base), NULL);
        cells_add_number(table, mean_factor(row, base), "", 3);
        cells_add_n(table, arm);
        cells_add_mean_and_sd(table, arm);
    } else {
        for (int i = 0; i < 4; i++)
            table_add(table, memory_text("%s", ""), NULL);
    }
    table_add(table, control_of(row, which, base), NULL);
    cells_add_pairs(table, c);
    cells_add_difference(table, c);
    cells_add_interval(table, c);
    cells_add_holm(table, c);
    cells_add_verdict(table, c);
}

static void add_heading(const struct row *linear, const struct row *base, struct table *table)
{
    const struct experiment *e = linear->experiment;
    char *network = ledger_network(e);
    char *what = linear == base ? memory_text("each base as published, k = 1")
                                : memory_text("mean factor %.3f, that of k = %g",
                                              mean_factor(linear, base), e->k);
    char *title = memory_text("%s, %s, %d epochs (scale: %s); %s", config_set_name(e), network,
                              e->epochs, config_scale_name(e), what);
    table_add_group(table, title);
    free(title);
    free(what);
    free(network);
}

static void fill(const struct rows *rows, struct table *wide, struct table *narrow)
{
    const struct row *base = rows->row;
    table_begin(wide, wide_columns, COUNT(wide_columns));
    table_begin(narrow, narrow_columns, COUNT(narrow_columns));
    for (size_t i = 0; i < rows->count; i++) {
        const struct row *row = &rows->row[i];
        if (i == 0 || compare_groups(row, row - 1) != 0)
            add_heading(row, base, narrow);
        int lines = 0;
        for (int which = 0; which < CONTROLS; which++) {
            if (!row->control[which] && !(row == base && which == 0))
                continue;
            add_wide(row, which, base, wide);
            add_narrow(row, which, lines++ == 0, base, narrow);
        }
    }
    if (rows->count == 0)
        table_add_group(narrow, "no experiment below schedules/ yet");
}

/* ---- Files -------------------------------------------------------------------------------- */

static void write_text(const struct rows *rows, const struct table *table, const char *out)
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
        "same control.\n"
        "verdict: better or worse if pairs >= 6, Holm p < 0.05 and the interval excludes 0; else "
        "no evidence.\n"
        "-: does not exist (no run yet, the control itself, fewer than 2 runs or pairs, more than "
        "20 pairs, or a diverged run).\n");
    int missing = 0;
    for (size_t i = 0; i < rows->count; i++) {
        if (!rows->row[i].path)
            continue;
        char *command = command_of(&rows->row[i]);
        text_add(&text, "%s  %s\n",
                 missing++ ? ""
                           : "\nArms without a run, and the command that fills each; `make "
                             "run-desk` trains all that is missing:\n",
                 command);
        free(command);
    }
    table_write_out(out, "table-schedules", ".txt", &text);
}

int schedule_table_write(const struct ledger *ledger, const struct experiment_files *experiments,
                         const char *out, struct error *error)
{
    struct arms arms;
    if (ledger_arms(ledger, root, SCALE_DESK, SET_CIFAR10, &arms, error) != 0)
        return -1;
    struct rows rows = collect(&arms, experiments);
    const int status = check(&rows, error);
    if (status == 0) {
        struct table wide, narrow;
        compare(&rows);
        fill(&rows, &wide, &narrow);
        write_text(&rows, &narrow, out);
        table_write_files(out, "table-schedules", &wide, &narrow, "tabular");
        table_free(&wide);
        table_free(&narrow);
    }
    free(rows.row);
    free(arms.arm);
    return status;
}
