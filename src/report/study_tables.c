#include "report/study_tables.h"

#include "network/model_size.h"
#include "report/study.h"
#include "report/table.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* ---- Columns of a table's own ------------------------------------------------------------- */

/* The cell of a row; `control` is its group's. */
typedef void add_cell(const struct study_row *row, const struct study_row *control,
                      struct table *table);

struct own_column {
    struct table_column column;
    add_cell *add;
};

static void add_loss(const struct study_row *row, const struct study_row *control,
                     struct table *table)
{
    (void)control;
    cells_add_loss(table, row->arm);
}

static void add_rate(const struct study_row *row, const struct study_row *control,
                     struct table *table)
{
    (void)control;
    cells_add_rate(table, row->arm);
}

static void add_hours(const struct study_row *row, const struct study_row *control,
                      struct table *table)
{
    (void)control;
    cells_add_logged_hours(table, row->arm);
}

static void add_k(const struct study_row *row, const struct study_row *control, struct table *table)
{
    (void)control;
    table_add(table, memory_text("%g", row->experiment->k), NULL);
}

static void add_integer(struct table *table, long long value)
{
    table_add(table, memory_text("%lld", value), NULL);
}

static void add_percent(struct table *table, double share)
{
    cells_add_number(table, 100 * share, "", 2);
}

static void add_trained(const struct study_row *row, const struct study_row *control,
                        struct table *table)
{
    (void)control;
    add_integer(table, model_size_of(row->experiment).trained);
}

static void add_stored(const struct study_row *row, const struct study_row *control,
                       struct table *table)
{
    (void)control;
    add_integer(table, model_size_of(row->experiment).stored);
}

static void add_reduction(const struct study_row *row, const struct study_row *control,
                          struct table *table)
{
    const double ordinary = (double)model_size_of(control->experiment).stored;
    cells_add_number(table, ordinary / (double)model_size_of(row->experiment).stored, "", 2);
}

static void add_extra(const struct study_row *row, const struct study_row *control,
                      struct table *table)
{
    (void)control;
    add_percent(table, model_size_of(row->experiment).extra_share);
}

static void add_added(const struct study_row *row, const struct study_row *control,
                      struct table *table)
{
    add_integer(table, model_size_of(row->experiment).trained -
                           model_size_of(control->experiment).trained);
}

static void add_added_share(const struct study_row *row, const struct study_row *control,
                            struct table *table)
{
    const struct model_size counts = model_size_of(row->experiment),
                            of = model_size_of(control->experiment);
    add_percent(table, (double)(counts.trained - of.trained) / (double)of.trained);
}

static void add_added_macs(const struct study_row *row, const struct study_row *control,
                           struct table *table)
{
    const struct model_size counts = model_size_of(row->experiment),
                            of = model_size_of(control->experiment);
    add_percent(table, (double)(counts.macs - of.macs) / (double)of.macs);
}

static const struct own_column precision_columns[] = {
    {{"train loss", "Train loss", 'r', NULL}, add_loss},
    {{"images/s (clock)", "Images/s (clock)", 'r', NULL}, add_rate},
};

static const struct own_column campaign_columns[] = {
    {{"k", "$k$", 'r', NULL}, add_k},
    {{"core-hours (clock)", "Core-h (clock)", 'r', NULL}, add_hours},
};

static const struct own_column weight_net_columns[] = {
    {{"trained", "Trained", 'r', NULL}, add_trained},
    {{"stored", "Stored", 'r', NULL}, add_stored},
    {{"reduction (times)", "Reduction", 'r', NULL}, add_reduction},
    {{"extra multiply-adds (%)", "Extra (\\%)", 'r', NULL}, add_extra},
};

static const struct own_column pad_net_columns[] = {
    {{"added parameters", "Added", 'r', NULL}, add_added},
    {{"added parameters (%)", "Added (\\%)", 'r', NULL}, add_added_share},
    {{"added multiply-adds (%)", "MACs (\\%)", 'r', NULL}, add_added_macs},
};

/* ---- The tables --------------------------------------------------------------------------- */

struct variant_table {
    const char *name, *folder;
    const char *control;   /* last part of its name */
    const char *first;     /* the group that stands before all others; NULL: none does */
    const char *keys;      /* in which arms may differ, as ledger_same_but() takes them */
    const char *differ_in; /* the same in words */
    const struct own_column *own;
    size_t own_count;
    const char *notes; /* of its own columns */
    int trend;         /* whether the trend over k stands below a group */
};

static const struct variant_table tables[] = {
    {"table-precision", "precision", "f32", NULL, "training.precision", "the precision of maps",
     precision_columns, COUNT(precision_columns),
     "train loss: mean of the runs' last epochs. images/s: as logged, mean of all epochs; whatever "
     "else the machine did is in it.\n",
     0},
    {"table-campaign", "campaign", "k1.0", "campaign/cifar10/preact-20", "schedule.k", "k",
     campaign_columns, COUNT(campaign_columns),
     "core-hours: threads x seconds, as logged, of all runs of the arm.\n"
     "trend: the slope of the error on log2 k, points for a doubling of k, over the seeds that all "
     "arms with runs have; one\ncomparison, so that six pairs can be evidence.\n",
     1},
    {"table-weight-net", "weight-net", "ordinary-c16", NULL,
     "network.weights network.rows network.weights_seed network.channels",
     "where the 3x3 weights come from, or in channels", weight_net_columns,
     COUNT(weight_net_columns),
     "trained, stored: parameters that training moves, and numbers to keep afterwards; what a seed "
     "gives is not among them.\n"
     "reduction: stored of ordinary-c16 / stored. extra: multiply-adds that make weights, of those "
     "of a minibatch's forward pass.\n",
     0},
    {"table-pad-net", "pad-net", "zero", NULL,
     "network.padding network.padding_depth network.padding_reach", "padding", pad_net_columns,
     COUNT(pad_net_columns),
     "added: to the parameters and the forward multiply-adds of the control, by count.\n", 0},
};

/* ---- Comparisons -------------------------------------------------------------------------- */

/* The row of the group that `row` is compared with; NULL if there is none. */
static const struct study_row *against(const struct variant_table *what,
                                       const struct study_row *row, const struct study_row *group,
                                       size_t count)
{
    if (ledger_same_but(row->experiment, group->experiment, what->keys))
        return group;
    for (size_t i = 0; i < count; i++)
        if (ledger_same_but(row->experiment, group[i].experiment, "schedule.k") &&
            ledger_same_but(group[i].experiment, group->experiment, what->keys))
            return &group[i];
    return NULL;
}

static int compare_group(const struct variant_table *what, struct study_row *group, size_t count,
                         struct error *error)
{
    for (size_t i = 1; i < count; i++) {
        const struct study_row *control = against(what, &group[i], group, count);
        if (!control)
            return error_set(
                error,
                "%s: expected to differ from %s in %s alone, or in k alone from an arm "
                "that does; move it out of %s/",
                group[i].experiment->arm, group->experiment->arm, what->differ_in, what->folder);
        study_compare(&group[i], 0, control);
    }
    study_holm(group, count, 0);
    return 0;
}

size_t study_tables_pairs_needed(size_t comparisons)
{
    size_t pairs = STATISTICS_MIN_PAIRS;
    double least = 1. / (1 << (STATISTICS_MIN_PAIRS - 1));
    for (; (double)comparisons * least >= 0.05; least /= 2)
        pairs++;
    return pairs;
}

/* ---- Writing ------------------------------------------------------------------------------ */

static const struct table_column wide_first[] = {{"group", NULL, 'l', NULL},
                                                 {"name", NULL, 'l', NULL},
                                                 {"scale", NULL, 'l', NULL},
                                                 {"epochs", NULL, 'r', NULL}};
static const struct table_column narrow_first[] = {{"name", "Arm", 'l', NULL}};

enum { MOST_COLUMNS = 16 };

/* What comes before the columns that all tables of variants share. */
static size_t own_columns(const struct variant_table *what, const struct table_column *first,
                          size_t count, struct table_column *columns)
{
    memcpy(columns, first, count * sizeof *first);
    for (size_t i = 0; i < what->own_count; i++)
        columns[count + i] = what->own[i].column;
    return count + what->own_count;
}

static void add_own(const struct variant_table *what, const struct study_row *row,
                    const struct study_row *control, struct table *table)
{
    for (size_t i = 0; i < what->own_count; i++)
        if (row->arm)
            what->own[i].add(row, control, table);
        else
            cells_add_dash(table);
}

static char *row_name(const struct study_row *row)
{
    return memory_text("%s", row->arm ? study_short_name(row) : "trend");
}

static char *against_text(const struct study_row *row)
{
    return memory_text("%s", row->against[0] ? study_short_name(row->against[0]) : "-");
}

static void add_row(const struct variant_table *what, const struct study *rows,
                    const struct study_row *row, const struct study_row *control,
                    struct table *wide, struct table *narrow)
{
    table_add(wide, study_group_name(rows, row), NULL);
    table_add(wide, row_name(row), NULL);
    table_add(wide, memory_text("%s", config_scale_name(row->experiment)), NULL);
    table_add(wide, memory_text("%d", row->experiment->epochs), NULL);
    add_own(what, row, control, wide);
    study_add_wide(row, 0, against_text(row), wide);
    table_add(narrow, row_name(row), NULL);
    add_own(what, row, control, narrow);
    study_add_narrow(row, 0, 0, against_text(row), narrow);
}

/* Below the group's rows, where three or more have runs: the trend that C2 asks for (claims.h). */
static void add_trend(const struct variant_table *what, const struct study *rows,
                      const struct study_row *group, size_t count, struct table *wide,
                      struct table *narrow)
{
    const struct arm **family = memory_zeroed(count, sizeof *family);
    for (size_t i = 0; i < count; i++)
        family[i] = group[i].arm;
    const struct study_row row = {.experiment = group->experiment,
                                  .against = {group},
                                  .comparison = {cells_trend_over_k(family, count)}};
    if (row.comparison[0].arm)
        add_row(what, rows, &row, group, wide, narrow);
    free(family);
}

/* Compare and fill. `needed` becomes the least number of pairs for evidence in the largest group.
 */
static int fill(const struct variant_table *what, struct study *rows, struct table *wide,
                struct table *narrow, size_t *needed, struct error *error)
{
    *needed = 0;
    for (size_t first = 0, count; first < rows->count; first += count) {
        struct study_row *group = &rows->row[first];
        count = study_group(rows, first);
        if (compare_group(what, group, count, error) != 0)
            return -1;
        char *heading = study_heading(group, count);
        table_add_group(narrow, heading);
        free(heading);
        for (size_t i = 0; i < count; i++)
            add_row(what, rows, &group[i], group, wide, narrow);
        if (what->trend)
            add_trend(what, rows, group, count, wide, narrow);
        const size_t pairs = study_tables_pairs_needed(count - 1);
        *needed = pairs > *needed ? pairs : *needed;
    }
    if (rows->count == 0) {
        char *none = memory_text("no experiment below %s/ yet", what->folder);
        table_add_group(narrow, none);
        free(none);
    }
    return 0;
}

static void write_text(const struct variant_table *what, const struct study *rows,
                       const struct table *table, size_t needed, const char *out)
{
    struct text text = {0};
    double hours = 0;
    for (size_t i = 0; i < rows->count; i++)
        hours += rows->row[i].arm->core_hours;
    text_add(&text, "%s: test error (%%) of arms that differ in %s alone, lower is better\n\n",
             what->name, what->differ_in);
    table_write_text(table, &text);
    text_add(&text,
             "\n%s"
             "last epoch: mean test error over n runs +- sample sd; diverged: m of n: the mean is "
             "infinite.\n"
             "difference (points): mean over the seeds shared with the arm named under against; "
             "95%% Student-t interval.\n"
             "Holm p: of the exact two-sided sign-flip test, over all comparisons of a group.\n",
             what->notes);
    if (needed)
        text_add(&text,
                 "With so many comparisons of arms there can be evidence from %zu pairs on.\n",
                 needed);
    study_add_notes(rows, &text);
    text_add(&text, "\nAll runs of this table: %.2f core-hours, as logged.\n", hours);
    table_write_out(out, what->name, ".txt", &text);
}

static int write_table(const struct variant_table *what, struct study *rows, const char *out,
                       struct error *error)
{
    struct table_column own[MOST_COLUMNS];
    size_t wide_count, narrow_count, needed;
    struct table_column *wide_columns =
        study_wide_columns(own, own_columns(what, wide_first, COUNT(wide_first), own), &wide_count);
    struct table_column *narrow_columns = study_narrow_columns(
        own, own_columns(what, narrow_first, COUNT(narrow_first), own), &narrow_count);
    struct table wide, narrow;
    table_begin(&wide, wide_columns, wide_count);
    table_begin(&narrow, narrow_columns, narrow_count);
    const int status = fill(what, rows, &wide, &narrow, &needed, error);
    if (status == 0) {
        write_text(what, rows, &narrow, needed, out);
        table_write_files(out, what->name, &wide, &narrow, "tabular");
    }
    table_free(&wide);
    table_free(&narrow);
    free(wide_columns);
    free(narrow_columns);
    return status;
}

int study_tables_write(const struct ledger *ledger, const struct experiment_files *experiments,
                       const char *out, struct error *error)
{
    int status = 0;
    for (size_t i = 0; i < COUNT(tables) && status == 0; i++) {
        struct study rows;
        if (study_collect(&rows, ledger, experiments, tables[i].folder, tables[i].control,
                          tables[i].first, error) != 0)
            return -1;
        status = write_table(&tables[i], &rows, out, error);
        study_free(&rows);
    }
    return status;
}
