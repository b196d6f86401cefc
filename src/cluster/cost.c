#include "cluster/cost.h"

#include "network/model_size.h"
#include "network/precision.h"
#include "report/published.h"
#include "report/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct table_column columns[] = {
    {"table", NULL, 'l', NULL, TABLE_TEXT, NULL},
    {"network", NULL, 'l', NULL, TABLE_TEXT, NULL},
    {"depth", NULL, 'l', NULL, TABLE_TEXT, NULL},
    {"10^15 MACs a run", NULL, 'r', NULL, TABLE_TEXT, NULL},
    {"core-hours a run", NULL, 'r', NULL, TABLE_TEXT, NULL},
    {"a cell", NULL, 'r', NULL, TABLE_TEXT, NULL},
    {"arms", NULL, 'r', NULL, TABLE_TEXT, NULL},
    {"all arms", NULL, 'r', NULL, TABLE_TEXT, NULL},
    {"make submit SCALE=full EXP=", NULL, 'l', NULL, TABLE_TEXT, NULL},
};

/* Whether the row needs the arm. Two rows share a folder: the second one is the row of SGDR. */
static int has_arm(const struct published_table *published, const struct published_row *row,
                   const struct experiment *experiment)
{
    int shares = 0, is_second = 0;
    for (size_t i = 0; i < published->count; i++) {
        const struct published_row *other = &published->rows[i];
        if (other != row && strcmp(other->folder, row->folder) == 0) {
            shares = 1;
            is_second = other < row;
        }
    }
    return experiment->scale == SCALE_FULL && experiment->precision == PRECISION_F32 &&
           ledger_is_below(experiment->arm, row->folder) &&
           (!shares || (experiment->decay == DECAY_COSINE) == is_second);
}

/* The cost of the row's arms; `run` is the longest run. */
struct cost {
    double macs, run, all; /* multiply-adds; core-hours */
    int arms;
};

/* A table of the thesis, and the cost of each of its rows. */
struct part {
    const char *name;
    struct published_table published;
    struct cost *costs;
};

struct parts {
    struct part part[2];
};

static double macs_of(const struct experiment *experiment)
{
    struct model_size size;
    struct error error;
    if (model_size(experiment, &size, &error) != 0)
        die("%s: %s", experiment->arm, error.text);
    return (double)size.macs * (double)config_train_count(experiment) * experiment->epochs;
}

static void add_to(struct cost *cost, const struct experiment *experiment, double core_hours)
{
    const double macs = macs_of(experiment);
    if (!(macs <= cost->macs)) {
        cost->macs = macs;
        cost->run = core_hours;
    }
    cost->all += core_hours * status_wanted_seeds(SCALE_FULL);
    cost->arms++;
}

static void add_arm(void *to, const struct experiment_file *file, double core_hours)
{
    struct parts *parts = to;
    for (size_t p = 0; p < COUNT(parts->part); p++) {
        const struct part *part = &parts->part[p];
        for (size_t i = 0; i < part->published.count; i++)
            if (has_arm(&part->published, &part->published.rows[i], &file->experiment))
                add_to(&part->costs[i], &file->experiment, core_hours);
    }
}

static char *hours_text(double hours)
{
    return isfinite(hours) ? memory_text("%.0f", hours) : memory_text("-");
}

static int read_part(const struct status_options *options, struct part *part, struct error *error)
{
    char *path = memory_text("%s/%s.tsv", options->project.published, part->name);
    const int status = published_read_table(path, &part->published, error);
    free(path);
    if (status == 0)
        part->costs = memory_zeroed(part->published.count, sizeof *part->costs);
    return status;
}

static void add_rows(struct table *table, const struct status_options *options,
                     const struct part *part, double *sum)
{
    for (size_t i = 0; i < part->published.count; i++) {
        const struct published_row *row = &part->published.rows[i];
        const struct cost *cost = &part->costs[i];
        table_add(table, table_cell(memory_text("%s", part->name), NULL));
        table_add(table, table_cell(memory_text("%s", row->network), NULL));
        table_add(table, table_cell(memory_text("%s", row->depth), NULL));
        table_add(table, table_cell(memory_text("%.1f", cost->macs / 1e15), NULL));
        table_add(table, table_cell(hours_text(cost->run), NULL));
        table_add(table, table_cell(hours_text(cost->run * status_wanted_seeds(SCALE_FULL)), NULL));
        table_add(table, table_cell(memory_text("%d", cost->arms), NULL));
        table_add(table, table_cell(hours_text(cost->all), NULL));
        table_add(table, table_cell(memory_text("%s/%s", options->project.experiments, row->folder),
                                    NULL));
        *sum += cost->all;
    }
}

int cost_write(const struct status_options *options, FILE *out, struct error *error)
{
    struct parts parts = {.part = {{.name = "table-5-2"}, {.name = "table-5-3"}}};
    struct table table;
    table_begin(&table, columns, COUNT(columns));
    double sum = 0;
    int status = 0;
    for (size_t i = 0; i < COUNT(parts.part) && status == 0; i++)
        status = read_part(options, &parts.part[i], error);
    if (status == 0)
        status = status_costs(options, add_arm, &parts, error);
    if (status == 0) {
        for (size_t i = 0; i < COUNT(parts.part); i++)
            add_rows(&table, options, &parts.part[i], &sum);
        struct text text = {0};
        table_write_text(&table, &text);
        char *all = hours_text(sum);
        text_add(&text,
                 "\nAll of it: %s core-hours. A run: the longest of the row's arms; a cell: %d "
                 "seeds of it; all arms: the row's k,\nk = 1 and the literature's own recipe, %d "
                 "seeds each. Predicted as by `make status`; desk logs from a busy\nmachine make "
                 "them too high. 10^15 MACs: multiply-adds of the forward passes.\n",
                 all, status_wanted_seeds(SCALE_FULL), status_wanted_seeds(SCALE_FULL));
        fputs(text.bytes, out);
        free(all);
        free(text.bytes);
    }
    for (size_t i = 0; i < COUNT(parts.part); i++) {
        published_free_table(&parts.part[i].published);
        free(parts.part[i].costs);
    }
    table_free(&table);
    return status;
}
