#include "report/confirmation.h"

#include "base/max_t.h"
#include "experiment/schedule.h"
#include "report/cells.h"
#include "report/plot_runs.h"
#include "report/registered.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char folder[] = "confirmation", tested[] = "confirmation/primary/k3.0";

/* The arms that it is compared with, in the order of the protocol, which fixed the two families. */
static const char *const controls[] = {
    "confirmation/primary/k1.0",    "confirmation/controls/linear", "confirmation/controls/knee",
    "confirmation/controls/cosine", "confirmation/controls/sgdr",
};

enum { ROWS = COUNT(controls), PRIMARY = 1, MEAN_RATE = 3 /* of the others, the first */ };

/* ---- Rows --------------------------------------------------------------------------------- */

struct row {
    struct cells_row cells; /* first: what cells.h fills columns from; no arm: sealed, or no runs */
    const struct experiment *experiment;
    struct registered_count runs; /* of the set that the arm opens with */
    size_t present;               /* of the arm itself */
    struct comparison error, loss, train;
    double max_t; /* NaN while not all arms are open */
};

/* What a table is made from. */
struct confirmation {
    struct row tested, row[ROWS];
    int is_there;     /* else the project has no such experiments, and the rows are empty */
    struct arms arms; /* those that are open */
    double core_hours;
};

static int fill_row(struct row *row, const char *name, const struct confirmation *all_rows,
                    const struct ledger *all, const struct experiment_files *files,
                    struct error *error)
{
    const struct experiment_file *file = ledger_find_experiment(files, name);
    if (!file)
        return error_set(error, "%s: the protocol's arm has no experiment; restore it", name);
    *row = (struct row){.cells = {ledger_find_arm(&all_rows->arms, name), &row->error},
                        .experiment = &file->experiment,
                        .runs = registered_count(all, files, &file->experiment),
                        .present = ledger_runs_of(all, name).count,
                        .error = comparison_none,
                        .loss = comparison_none,
                        .train = comparison_none,
                        .max_t = NAN};
    return 0;
}

/* k3.0 minus the row's arm, once both are open. */
static void compare(struct row *row, const struct row *arm)
{
    const struct arm *control = row->cells.arm, *tested_arm = arm->cells.arm;
    if (!control || !tested_arm)
        return;
    row->error = comparison_by(tested_arm, control, TEST_ERROR, LAST_EPOCH);
    row->loss = comparison_by(tested_arm, control, TEST_LOSS, LAST_EPOCH);
    row->train = comparison_by(tested_arm, control, TRAIN_ERROR, LAST_EPOCH);
}

/* All comparisons together, by permutation of the six arms within each seed. */
static void permute(struct row *rows, const struct row *arm)
{
    const struct arm *arms[1 + ROWS] = {arm->cells.arm};
    size_t seeds, unusable = !arms[0] || arms[0]->diverged;
    for (size_t i = 0; i < ROWS; i++) {
        arms[1 + i] = rows[i].cells.arm;
        unusable += !arms[1 + i] || arms[1 + i]->diverged;
    }
    if (unusable)
        return;
    double p[1 + ROWS], *errors = comparison_errors(arms, 1 + ROWS, &seeds);
    max_t_test(errors, 1 + ROWS, seeds, 0, p);
    for (size_t i = 0; i < ROWS; i++)
        rows[i].max_t = p[1 + i];
    free(errors);
}

struct confirmation *confirmation_collect(const struct ledger *all, const struct ledger *open,
                                          const struct experiment_files *files, struct error *error)
{
    struct confirmation *rows = memory_zeroed(1, sizeof *rows);
    rows->is_there = ledger_find_experiment(files, tested) != NULL;
    if (!rows->is_there)
        return rows;
    int status = ledger_arms(open, folder, SCALE_DESK, SET_CIFAR10, &rows->arms, error);
    if (status == 0)
        status = fill_row(&rows->tested, tested, rows, all, files, error);
    for (size_t i = 0; i < ROWS && status == 0; i++) {
        status = fill_row(&rows->row[i], controls[i], rows, all, files, error);
        compare(&rows->row[i], &rows->tested);
    }
    if (status != 0) {
        confirmation_free(rows);
        return NULL;
    }
    comparison_holm(&rows->row[0].error, sizeof *rows->row, PRIMARY, 0);
    comparison_holm(&rows->row[PRIMARY].error, sizeof *rows->row, ROWS - PRIMARY, 0);
    permute(rows->row, &rows->tested);
    for (size_t i = 0; i < all->count; i++)
        if (ledger_is_below(all->logs[i].experiment.arm, folder))
            rows->core_hours += ledger_logged_hours(&all->logs[i]);
    return rows;
}

void confirmation_free(struct confirmation *rows)
{
    if (rows)
        free(rows->arms.arm);
    free(rows);
}

/* ---- Columns ------------------------------------------------------------------------------ */

static TABLE_CELL(cell_arm, struct row, table_text(ledger_short_name(at->experiment->arm)));

static struct table_cell cell_mean_rate(const void *row)
{
    const struct experiment *e = ((const struct row *)row)->experiment;
    const struct schedule schedule = schedule_of(e, config_steps_per_epoch(e));
    return cells_number(e->lr_end + (e->lr - e->lr_end) * schedule_mean(&schedule), "", 5);
}

static TABLE_CELL(cell_runs, struct row,
                  table_cell(memory_text("%zu of %d", at->present, at->experiment->seeds), NULL));
static TABLE_CELL(cell_verdict, struct row,
                  at->cells.arm ? cells_verdict(row) : table_text("sealed"));

/* The columns of another endpoint are those of the error, of its comparison. */
#define ENDPOINT_CELL(name, cell, which)                                                           \
    static TABLE_CELL(name, struct row, cell(&(struct cells_row){at->cells.arm, &at->which}))
ENDPOINT_CELL(cell_loss, cells_difference, loss);
ENDPOINT_CELL(cell_loss_low, cells_low, loss);
ENDPOINT_CELL(cell_loss_high, cells_high, loss);
ENDPOINT_CELL(cell_loss_interval, cells_interval, loss);
ENDPOINT_CELL(cell_train, cells_difference, train);
ENDPOINT_CELL(cell_train_low, cells_low, train);
ENDPOINT_CELL(cell_train_high, cells_high, train);
ENDPOINT_CELL(cell_train_interval, cells_interval, train);
static TABLE_CELL(cell_max_t, struct row,
                  cells_of_comparison(row, "max-t-of-arm", at->max_t, "", 4));

static const struct table_column registered_columns[] = {
    {"arm", "Arm", 'l', NULL, TABLE_ALL, cell_arm},
    {"mean rate", "Mean rate", 'r', NULL, TABLE_ALL, cell_mean_rate},
    {"runs", "Runs", 'r', NULL, TABLE_ALL, cell_runs},
};

static const struct table_column verdict_column = {"verdict", "Verdict", 'l',
                                                   NULL,      TABLE_ALL, cell_verdict};

static const struct table_column exploratory_columns[] = {
    {"arm", "Arm", 'l', NULL, TABLE_ALL, cell_arm},
    {"runs", "Runs", 'r', NULL, TABLE_ALL, cell_runs},
    {"max-T p", "Max-$T$ $p$", 'r', NULL, TABLE_ALL, cell_max_t},
    {"test loss", "Test loss", 'r', NULL, TABLE_ALL, cell_loss},
    {"loss low", NULL, 'r', NULL, TABLE_CSV, cell_loss_low},
    {"loss high", NULL, 'r', NULL, TABLE_CSV, cell_loss_high},
    {"its interval", "95\\,\\% interval", 'r', NULL, TABLE_NARROW, cell_loss_interval},
    {"train error", "Train error", 'r', NULL, TABLE_ALL, cell_train},
    {"train low", NULL, 'r', NULL, TABLE_CSV, cell_train_low},
    {"train high", NULL, 'r', NULL, TABLE_CSV, cell_train_high},
    {"its interval", "95\\,\\% interval", 'r', NULL, TABLE_NARROW, cell_train_interval},
};

static void add_registered_columns(struct table *table)
{
    table_add_columns(table, registered_columns, COUNT(registered_columns));
    cells_add_result_columns(table);
    table_add_columns(table, &verdict_column, 1);
}

static void add_exploratory_columns(struct table *table)
{
    table_add_columns(table, exploratory_columns, COUNT(exploratory_columns));
}

/* ---- Tables ------------------------------------------------------------------------------- */

static void fill(const struct confirmation *rows, struct table *table)
{
    if (!rows->is_there) {
        table_add_heading(table, TABLE_NARROW, "no experiment below confirmation/ yet");
        return;
    }
    table_add_heading(table, TABLE_NARROW, "primary: one comparison");
    table_add_row(table, &rows->tested);
    for (size_t i = 0; i < ROWS; i++) {
        if (i == PRIMARY)
            table_add_heading(table, TABLE_NARROW, "secondary: a family of four");
        table_add_row(table, &rows->row[i]);
    }
}

/* The pairs of an open row whose two runs have different environments. */
static void add_mixed_pairs(const struct row *row, struct text *text)
{
    const struct arm *const pair[] = {row->error.arm, row->error.control};
    size_t seeds = 0;
    const struct log **runs = pair[0] ? comparison_runs(pair, COUNT(pair), &seeds) : NULL;
    for (size_t i = 0; i < seeds; i++) {
        const struct log *left = runs[2 * i], *right = runs[2 * i + 1];
        if (strcmp(left->environment, right->environment) != 0)
            text_add(text, "seed %ld: k3.0 on %s, %s on %s\n", left->seed, left->environment,
                     ledger_short_name(pair[1]->name), right->environment);
    }
    free(runs);
}

static void add_state(const struct confirmation *rows, struct text *text)
{
    const struct registered_count primary = rows->row[0].runs, all = rows->row[PRIMARY].runs;
    text_add(text,
             "\nRuns: %zu of %zu of primary, %zu of %zu in all. A set is sealed until all of its "
             "runs are there:\nno mean, difference or verdict of it is computed before.\n"
             "Spent: %.1f core-hours, as logged. Predicted for all 48 runs: 14 to 40.\n",
             primary.present, primary.needed, all.present, all.needed, rows->core_hours);
}

static void add_registered_notes(const struct confirmation *rows, struct text *text)
{
    struct text mixed = {0};
    text_add(text,
             "\n"
             "difference (points): k3.0 minus the arm of the row, mean over the seeds; below 0 is "
             "better. 95 %% Student-t interval.\n"
             "Holm p: of the exact two-sided sign-flip test, over the comparisons of the family.\n"
             "mean rate: of all steps.\n");
    for (size_t i = 0; i < ROWS; i++)
        add_mixed_pairs(&rows->row[i], &mixed);
    if (mixed.length)
        text_add(text, "Pairs of two environments, which stay in the result:\n%s", mixed.bytes);
    free(mixed.bytes);
    add_state(rows, text);
}

static void add_exploratory_notes(const struct confirmation *rows, struct text *text)
{
    text_add(text, "\n"
                   "max-T p: of the last test error, over all five comparisons together, by "
                   "permutation of the six arms within each seed; once all 48 runs are there.\n"
                   "test loss, train error (points): k3.0 minus the arm of the row, of the last "
                   "epoch, mean over the seeds; below 0 is lower. 95 %% Student-t intervals.\n"
                   "The protocol declared these exploratory: no rule turns them into a verdict.\n");
    add_state(rows, text);
}

static void write_table(const struct confirmation *rows, const char *name, const char *title,
                        void (*add_columns)(struct table *table),
                        void (*add_notes)(const struct confirmation *rows, struct text *text),
                        const char *out)
{
    struct table table = {0};
    struct text text = {0};
    add_columns(&table);
    fill(rows, &table);
    text_add(&text, "%s: %s\n\n", name, title);
    table_write_text(&table, &text);
    if (rows->is_there)
        add_notes(rows, &text);
    table_write_out(out, name, ".txt", &text);
    table_write_files(out, name, &table, "tabular");
    table_write_values(out, name, &table);
    table_free(&table);
}

/* ---- Macros ------------------------------------------------------------------------------- */

static const char *state_of(const struct row *row)
{
    return row->error.arm ? comparison_word(&row->error) : "sealed";
}

/* What the protocol concludes from the three controls that share the mean rate: the shape of the
 * curve matters only if k = 3 is better than all of them. */
static const char *state_of_mean_rate(const struct row *controls_of_rate, size_t count)
{
    size_t sealed = 0, better = 0, worse = 0;
    for (size_t i = 0; i < count; i++) {
        const char *state = state_of(&controls_of_rate[i]);
        sealed += strcmp(state, "sealed") == 0;
        better += strcmp(state, "better") == 0;
        worse += strcmp(state, "worse") == 0;
    }
    return sealed ? "sealed" : worse ? "worse" : better == count ? "better" : "no evidence";
}

static void add_macro(struct text *text, const char *name, const char *state)
{
    text_add(text, "\\newcommand{\\%s}{%s}\n", name, state);
}

static void write_macros(const struct confirmation *rows, const char *out)
{
    static const char *const names[ROWS] = {"PrimaryState", "LinearState", "KneeState",
                                            "CosineState", "SgdrState"};
    const struct registered_count primary = rows->row[0].runs, all = rows->row[PRIMARY].runs;
    struct text text = {0};
    for (size_t i = 0; i < ROWS; i++)
        add_macro(&text, names[i], state_of(&rows->row[i]));
    add_macro(&text, "MeanRateState", state_of_mean_rate(&rows->row[PRIMARY], MEAN_RATE));
    text_add(&text,
             "\\newcommand{\\PrimaryRuns}{%zu}\n\\newcommand{\\PrimaryNeeded}{%zu}\n"
             "\\newcommand{\\AllRuns}{%zu}\n\\newcommand{\\AllNeeded}{%zu}\n",
             primary.present, primary.needed, all.present, all.needed);
    table_write_out(out, "confirmation-macros", ".tex", &text);
}

/* ---- Figure ------------------------------------------------------------------------------- */

static void add_points(const struct comparison *c, size_t row, struct text *text)
{
    const struct arm *const pair[] = {c->arm, c->control};
    size_t seeds = 0;
    const struct log **runs = c->arm ? comparison_runs(pair, COUNT(pair), &seeds) : NULL;
    for (size_t i = 0; i < seeds; i++) {
        text_add(text, "%zu\t%ld", row, runs[2 * i]->seed);
        plot_add_number(text, ledger_last_error(runs[2 * i]) - ledger_last_error(runs[2 * i + 1]));
        text_add(text, "\n");
    }
    free(runs);
}

static void write_plot(const struct confirmation *rows, const char *out)
{
    struct text text = {0}, points = {0};
    text_add(&text, "# row\tarm\tverdict\tmean\tlow\thigh\n");
    for (size_t i = 0; i < ROWS && rows->is_there; i++) {
        const struct comparison *c = &rows->row[i].error;
        text_add(&text, "%zu\t%s\t%s", i + 1, ledger_short_name(rows->row[i].experiment->arm),
                 c->arm ? comparison_word(c) : "sealed");
        plot_add_difference(&text, c);
        text_add(&text, "\n");
        add_points(c, i + 1, &points);
    }
    text_add(&text, "\n\n# row\tseed\tdifference\n%s",
             points.length ? points.bytes : "NaN\tNaN\tNaN\n");
    free(points.bytes);
    plot_write(out, "confirmation", &text);
}

/* ---- All ---------------------------------------------------------------------------------- */

char *confirmation_word(const struct confirmation *rows, const char *control, struct error *error)
{
    if (!rows->is_there)
        return memory_text("no runs");
    for (size_t i = 0; i < ROWS; i++) {
        const struct comparison *c = &rows->row[i].error;
        if (strcmp(controls[i], control) == 0)
            return c->arm ? memory_text("%s at k = 3", comparison_word(c))
                          : registered_sealed_word(rows->row[i].runs);
    }
    error_set(error, "%s: the protocol compares k3.0 with no such arm", control);
    return NULL;
}

void confirmation_write(const struct confirmation *rows, const char *out)
{
    write_table(rows, "table-confirmation",
                "is k = 3 better than k = 1, and is it k? Registered in\n"
                "experiments/confirmation/PROTOCOL.md (scale: desk); test error (%) of the last "
                "epoch",
                add_registered_columns, add_registered_notes, out);
    write_table(rows, "table-confirmation-exploratory",
                "other numbers of the same runs, without verdicts", add_exploratory_columns,
                add_exploratory_notes, out);
    write_macros(rows, out);
    write_plot(rows, out);
}
