#include "report/study_tables.h"

#include "network/model_size.h"
#include "report/exploratory.h"
#include "report/study.h"
#include "report/table.h"

#include <stdlib.h>
#include <string.h>

/* ---- Columns of a table's own ------------------------------------------------------------- */

static struct model_size size_of(const struct study_line *line)
{
    return model_size_of(line->row->experiment);
}

/* Of the group's control. */
static struct model_size control_size(const struct study_line *line)
{
    return model_size_of(line->control->experiment);
}

static TABLE_CELL(cell_name, struct study_line,
                  table_text(at->row->arm ? study_short_name(at->row) : "trend"));
static TABLE_CELL(cell_k, struct study_line,
                  at->row->arm ? table_cell(memory_text("%g", at->row->experiment->k), NULL)
                               : table_dash());

static TABLE_CELL(cell_trained, struct study_line, table_integer(size_of(at).trained));
static TABLE_CELL(cell_stored, struct study_line, table_integer(size_of(at).stored));
static TABLE_CELL(cell_reduction, struct study_line,
                  cells_number((double)control_size(at).stored / (double)size_of(at).stored, "",
                               2));
static TABLE_CELL(cell_extra, struct study_line,
                  cells_number(100 * size_of(at).extra_share, "", 2));
static TABLE_CELL(cell_added, struct study_line,
                  table_integer(size_of(at).trained - control_size(at).trained));

/* How much a number is above `of`, in % of `of`. */
static struct table_cell percent_more(long long value, long long of)
{
    return cells_number(100 * ((double)(value - of) / (double)of), "", 2);
}

static TABLE_CELL(cell_added_share, struct study_line,
                  percent_more(size_of(at).trained, control_size(at).trained));
static TABLE_CELL(cell_added_macs, struct study_line,
                  percent_more(size_of(at).macs, control_size(at).macs));

static const struct table_column first_columns[] = {
    {"group", NULL, 'l', NULL, TABLE_CSV, study_cell_group},
    {"name", "Arm", 'l', NULL, TABLE_ALL, cell_name},
    {"scale", NULL, 'l', NULL, TABLE_CSV, study_cell_scale},
    {"epochs", NULL, 'r', NULL, TABLE_CSV, study_cell_epochs},
};

static const struct table_column precision_columns[] = {
    {"train loss", "Train loss", 'r', NULL, TABLE_ALL, cells_loss},
    {"images/s (clock)", "Images/s (clock)", 'r', NULL, TABLE_ALL, cells_rate},
};

static const struct table_column campaign_columns[] = {
    {"k", "$k$", 'r', NULL, TABLE_ALL, cell_k},
    {"core-hours (clock)", "Core-h (clock)", 'r', NULL, TABLE_ALL, cells_logged_hours},
};

static const struct table_column weight_net_columns[] = {
    {"trained", "Trained", 'r', NULL, TABLE_ALL, cell_trained},
    {"stored", "Stored", 'r', NULL, TABLE_ALL, cell_stored},
    {"reduction (times)", "Reduction", 'r', NULL, TABLE_ALL, cell_reduction},
    {"extra multiply-adds (%)", "Extra (\\%)", 'r', NULL, TABLE_ALL, cell_extra},
};

static const struct table_column pad_net_columns[] = {
    {"added parameters", "Added", 'r', NULL, TABLE_ALL, cell_added},
    {"added parameters (%)", "Added (\\%)", 'r', NULL, TABLE_ALL, cell_added_share},
    {"added multiply-adds (%)", "MACs (\\%)", 'r', NULL, TABLE_ALL, cell_added_macs},
};

/* ---- The tables --------------------------------------------------------------------------- */

struct variant_table {
    const char *name, *folder;
    const char *control;   /* last part of its name */
    const char *first;     /* the group that stands before all others; NULL: none does */
    const char *differ_in; /* the keys in which arms may differ (question.c), in words */
    const struct table_column *own;
    size_t own_count;
    const char *notes;     /* of its own columns */
    const char *questions; /* the questions in one group, in words */
    int trend;             /* whether the trend over k is shown below a group */
};

static const struct variant_table tables[] = {
    {"table-precision", "precision", "f32", NULL, "the precision of maps", precision_columns,
     COUNT(precision_columns),
     "train loss: mean of the runs' last epochs. images/s: as logged, mean of all epochs; whatever "
     "else the machine did is in it.\n",
     "", 0},
    {"table-campaign", "campaign", "k1.0", "campaign/cifar10/preact-20", "k", campaign_columns,
     COUNT(campaign_columns),
     "core-hours: threads x seconds, as logged, of all runs of the arm.\n"
     "trend: the slope of the error on log2 k, points for a doubling of k, over the seeds that all "
     "arms with runs have; one\ncomparison, so that six pairs can be evidence.\n",
     ": all k of a group", 1},
    {"table-weight-net", "weight-net", "ordinary-c16", NULL,
     "where the 3x3 weights come from, or in channels", weight_net_columns,
     COUNT(weight_net_columns),
     "trained, stored: parameters that training moves, and numbers to keep afterwards; what a seed "
     "gives is not among them.\n"
     "reduction: stored of ordinary-c16 / stored. extra: multiply-adds that make weights, of those "
     "of a minibatch's forward pass.\n"
     "null control: u = 576 is the ordinary network to the last bit (bank), or moves its weights "
     "as "
     "training moves an ordinary\nnetwork's (expansion, u >= 9 O); the true difference is 0, and "
     "it is in no family.\n",
     ":\nthe rows of a bank, those of an expansion, the channels, other draws (-s1, -s2), another "
     "k",
     0},
    {"table-pad-net", "pad-net", "zero", NULL, "padding", pad_net_columns, COUNT(pad_net_columns),
     "added: to the parameters and the forward multiply-adds of the control, by count.\n",
     ": the paddings; another k", 0},
};

/* ---- Comparisons -------------------------------------------------------------------------- */

static int compare_group(const struct variant_table *what, struct study_row *group, size_t count,
                         struct table *exploratory, struct error *error)
{
    struct questions questions;
    const struct study_row *alone = study_ask(group, count, &questions);
    if (!alone)
        exploratory_add(group, &questions, exploratory);
    questions_free(&questions);
    return !alone ? 0
                  : error_set(error,
                              "%s: expected to differ from %s in %s alone, or in k alone from an "
                              "arm that does; move it out of %s/",
                              alone->experiment->arm, group->experiment->arm, what->differ_in,
                              what->folder);
}

/* ---- Writing ------------------------------------------------------------------------------ */

static void add_line(const struct study *rows, const struct study_row *row,
                     const struct study_row *control, struct table *table)
{
    struct study_line line = study_line_of(rows, row, control, 0);
    if (row->against[0])
        line.against = study_short_name(row->against[0]);
    table_add_row(table, &line);
}

/* Below a group with three or more arms that have runs: the trend of claim C2 (claims.h). */
static void add_trend(const struct study *rows, const struct study_row *group, size_t count,
                      struct table *table)
{
    const struct arm **family = memory_zeroed(count, sizeof *family);
    for (size_t i = 0; i < count; i++)
        family[i] = group[i].arm;
    const size_t size = comparison_select_k(family, count);
    if (size > 2) {
        const struct study_row row = {.experiment = group->experiment,
                                      .against = {group},
                                      .comparison = {comparison_trend_over_k(family, size)}};
        add_line(rows, &row, group, table);
    }
    free(family);
}

/* Compare and fill. */
static int fill(const struct variant_table *what, struct study *rows, struct table *table,
                struct table *exploratory, struct error *error)
{
    for (size_t first = 0, count; first < rows->count; first += count) {
        struct study_row *group = &rows->row[first];
        count = study_group(rows, first);
        if (compare_group(what, group, count, exploratory, error) != 0)
            return -1;
        char *heading = study_heading(group, count);
        table_add_heading(table, TABLE_NARROW, heading);
        free(heading);
        for (size_t i = 0; i < count; i++)
            add_line(rows, &group[i], group, table);
        if (what->trend)
            add_trend(rows, group, count, table);
    }
    if (rows->count == 0) {
        char *none = memory_text("no experiment below %s/ yet", what->folder);
        table_add_heading(table, TABLE_NARROW, none);
        free(none);
    }
    return 0;
}

static void write_text(const struct variant_table *what, const struct study *rows,
                       const struct table *table, const char *out)
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
             "Holm p: of the exact two-sided sign-flip test, over the comparisons of one "
             "question%s.\n",
             what->notes, what->questions);
    study_add_notes(rows, &text);
    text_add(&text, "\nAll runs of this table: %.2f core-hours, as logged.\n", hours);
    table_write_out(out, what->name, ".txt", &text);
}

static int write_table(const struct variant_table *what, struct study *rows,
                       struct table *exploratory, const char *out, struct error *error)
{
    struct table table;
    table_begin(&table, first_columns, COUNT(first_columns));
    table_add_columns(&table, what->own, what->own_count);
    study_add_columns(&table);
    const int status = fill(what, rows, &table, exploratory, error);
    if (status == 0) {
        write_text(what, rows, &table, out);
        table_write_files(out, what->name, &table, "tabular");
        table_write_values(out, what->name, &table);
    }
    table_free(&table);
    return status;
}

int study_tables_write(const struct ledger *ledger, const struct experiment_files *experiments,
                       const char *out, struct error *error)
{
    int status = 0;
    struct table exploratory;
    exploratory_begin(&exploratory);
    for (size_t i = 0; i < COUNT(tables) && status == 0; i++) {
        struct study rows;
        status = study_collect(&rows, ledger, experiments, tables[i].folder, tables[i].control,
                               tables[i].first, error);
        if (status != 0)
            break;
        status = write_table(&tables[i], &rows, &exploratory, out, error);
        study_free(&rows);
    }
    if (status == 0)
        exploratory_end(&exploratory, out);
    else
        table_free(&exploratory);
    return status;
}
