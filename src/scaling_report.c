#include "scaling_report.h"

#include "architecture.h"
#include "benchmarks.h"
#include "file.h"
#include "scaling.h"
#include "table.h"
#include "tree.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_RANKS = 64, FAST = 0, SLOW, LINKS };

static const struct scaling_link links[LINKS] = {{1.5e-6, 12.5e9}, {30e-6, 1.25e9}};

/* ---- Networks ------------------------------------------------------------------------------- */

struct model {
    const struct experiment *experiment;
    const struct benchmarks *benchmarks;
    char *path; /* of the measurements */
    char *network;
    struct architecture architecture;
};

/* Whether a row tells what a rank of the network computes with shards of so many pictures. */
static int is_sample(const struct model *model, const struct benchmark *row, int pictures)
{
    return strcmp(row->experiment, model->experiment->arm) == 0 && row->ranks == 1 &&
           row->threads == 1 && row->batch / row->shards == pictures;
}

/* Sorted by rounds, of each the first; their number. *line is that of the first. */
static size_t samples_of(const struct model *model, int pictures, struct scaling_sample *samples,
                         int *line)
{
    size_t count = 0;
    for (size_t i = 0; i < model->benchmarks->count; i++) {
        const struct benchmark *row = &model->benchmarks->rows[i];
        if (!is_sample(model, row, pictures))
            continue;
        size_t at = count;
        while (at > 0 && samples[at - 1].rounds > row->shards)
            at--;
        if (at > 0 && samples[at - 1].rounds == row->shards)
            continue;
        memmove(samples + at + 1, samples + at, (count++ - at) * sizeof *samples);
        samples[at] = (struct scaling_sample){row->shards, row->batch / row->images_per_second};
        *line = at == 0 ? row->line : *line;
    }
    return count;
}

struct prediction {
    int shards, line; /* line 0: there is none */
    double rate, efficiency;
};

static double seconds_of(const struct model *model, int shards, int ranks, struct scaling_link link,
                         int *line)
{
    const struct experiment *e = model->experiment;
    struct scaling_sample *samples = memory_zeroed(model->benchmarks->count + 1, sizeof *samples);
    const size_t count =
        e->batch % shards ? 0 : samples_of(model, e->batch / shards, samples, line);
    double seconds = NAN;
    if (count) {
        const struct scaling_setting setting = {
            .traffic = scaling_traffic_of(&model->architecture, shards, e->batch),
            .link = link,
            .samples = samples,
            .sample_count = count,
            .shards = shards,
            .threads = 1};
        seconds = scaling_step_of(&setting, ranks).total;
    }
    free(samples);
    return seconds;
}

static struct prediction predict(const struct model *model, int ranks, int which)
{
    const struct experiment *e = model->experiment;
    int line = 0;
    const int shards = ranks > e->shards ? ranks : e->shards;
    const double one = seconds_of(model, e->shards, 1, links[which], &line);
    const double seconds = seconds_of(model, shards, ranks, links[which], &line);
    if (!tree_divides(shards, ranks) || isnan(one) || isnan(seconds))
        return (struct prediction){.rate = NAN, .efficiency = NAN};
    return (struct prediction){shards, line, e->batch / seconds, 100 * one / (ranks * seconds)};
}

/* The measurement of the whole minibatch on so many ranks, or NULL. */
static const struct benchmark *measured(const struct model *model, int ranks)
{
    const struct experiment *e = model->experiment;
    for (size_t i = 0; i < model->benchmarks->count; i++) {
        const struct benchmark *row = &model->benchmarks->rows[i];
        if (strcmp(row->experiment, e->arm) == 0 && row->ranks == ranks && row->threads == 1 &&
            row->shards == e->shards && row->batch == e->batch)
            return row;
    }
    return NULL;
}

/* ---- Plot data ------------------------------------------------------------------------------ */

static void add_panel(const struct model *model, struct text *text)
{
    text_add(text, "%s# panel: %s | batch %d\n# ranks\tshards", text->length ? "\n\n" : "",
             model->network, model->experiment->batch);
    for (int i = 0; i < LINKS; i++)
        text_add(text, "\timages_per_s\tefficiency");
    text_add(text, "\n");
    for (int ranks = 1; ranks <= MOST_RANKS; ranks *= 2) {
        const struct prediction fast = predict(model, ranks, FAST);
        const struct prediction slow = predict(model, ranks, SLOW);
        if (fast.line)
            text_add(text, "%d\t%d\t%.6g\t%.6g\t%.6g\t%.6g\n", ranks, fast.shards, fast.rate,
                     fast.efficiency, slow.rate, slow.efficiency);
    }
    text_add(text, "\n\n# ranks\tcores\timages_per_s\tefficiency\n");
    const struct benchmark *one = measured(model, 1);
    for (int ranks = 1; one && ranks <= MOST_RANKS; ranks++) {
        const struct benchmark *row = measured(model, ranks);
        if (row)
            text_add(text, "%d\t%d\t%.6g\t%.6g\n", ranks, row->cores, row->images_per_second,
                     100 * row->images_per_second / (row->cores * one->images_per_second));
    }
}

/* ---- Table ---------------------------------------------------------------------------------- */

static const struct table_column columns[] = {
    {"network", "Network", 'l', NULL},
    {"batch", "Batch", 'r', NULL},
    {"1 rank measured (images/s)", "1 rank", 'r', NULL},
    {"2 ranks measured", "2 ranks", 'r', NULL},
    {"predicted", "pred.", 'r', NULL},
    {"4 ranks measured", "4 ranks", 'r', NULL},
    {"its cores", "cores", 'r', NULL},
    {"64 ranks, 100 Gb/s predicted", "64, 100\\,Gb/s", 'r', NULL},
    {"efficiency (%)", "\\%", 'r', NULL},
    {"64 ranks, 10 Gb/s predicted", "64, 10\\,Gb/s", 'r', NULL},
    {"efficiency (%)", "\\%", 'r', NULL},
};

/* A number that a line of the measurements gave; line 0: a dash. */
static void add_number(const struct model *model, double value, int line, struct table *table)
{
    if (!line) {
        table_add(table, memory_text("-"), NULL);
        return;
    }
    char *plain = memory_text("%.*f", value < 100 ? 1 : 0, value);
    table_add(table, plain, memory_text("\\fromlog{%s}{%d}{%s}", model->path, line, plain));
}

static void add_measured(const struct model *model, const struct benchmark *row,
                         struct table *table)
{
    add_number(model, row ? row->images_per_second : 0, row ? row->line : 0, table);
}

static void add_row(const struct model *model, struct table *table)
{
    const struct benchmark *four = measured(model, 4);
    const struct prediction two = predict(model, 2, FAST);
    table_add(table, memory_text("%s", model->network), NULL);
    table_add(table, memory_text("%d", model->experiment->batch), NULL);
    add_measured(model, measured(model, 1), table);
    add_measured(model, measured(model, 2), table);
    add_number(model, two.rate, two.line, table);
    add_measured(model, four, table);
    table_add(table, four ? memory_text("%d", four->cores) : memory_text("-"), NULL);
    for (int i = 0; i < LINKS; i++) {
        const struct prediction last = predict(model, MOST_RANKS, i);
        add_number(model, last.rate, last.line, table);
        add_number(model, last.efficiency, last.line, table);
    }
}

static void write_table(const struct table *table, const char *path, const char *out)
{
    struct text text = {0};
    text_add(&text,
             "Images a second of training on MPI ranks of one thread, measured and "
             "predicted; from %s\n\n",
             path);
    table_write_text(table, &text);
    text_add(&text,
             "\npredicted: by the model of src/scaling.h, 2 ranks with a link of 1.5 us and 12.5 "
             "GB/s, 64 with that and with one of 30 us and 1.25 GB/s.\nefficiency: of 64 times one "
             "rank's speed. -: not measured; `make bench-ranks` measures.\n");
    table_write_out(out, "scaling", ".txt", &text);
    table_write_tex(table, "tabular", &text);
    table_write_out(out, "scaling", ".tex", &text);
}

/* ---- All ------------------------------------------------------------------------------------ */

static const struct experiment *find(const struct experiment_files *experiments, const char *arm)
{
    for (size_t i = 0; i < experiments->count; i++)
        if (strcmp(experiments->file[i].experiment.arm, arm) == 0)
            return &experiments->file[i].experiment;
    return NULL;
}

/* One network, that of the row: 0, or -1 with *error set. */
static int add_network(const struct benchmark *row, struct model *model,
                       const struct experiment_files *experiments, struct text *panels,
                       struct table *table, struct error *error)
{
    model->experiment = find(experiments, row->experiment);
    if (!model->experiment)
        return fail(error,
                    "%s:%d: there is no experiment %s; make the file again by `make "
                    "bench-ranks`",
                    model->path, row->line, row->experiment);
    if (architecture_build(&model->architecture, model->experiment, error) != 0) {
        architecture_free(&model->architecture);
        return -1;
    }
    model->network = ledger_network(model->experiment);
    add_panel(model, panels);
    add_row(model, table);
    free(model->network);
    architecture_free(&model->architecture);
    return 0;
}

static int is_first(const struct benchmarks *benchmarks, size_t row)
{
    for (size_t i = 0; i < row; i++)
        if (strcmp(benchmarks->rows[i].experiment, benchmarks->rows[row].experiment) == 0)
            return 0;
    return 1;
}

int scaling_report_write(const char *results, const struct experiment_files *experiments,
                         const char *out, struct error *error)
{
    struct benchmarks benchmarks;
    struct model model = {.benchmarks = &benchmarks,
                          .path = memory_text("%s/benchmarks/ranks.tsv", results)};
    struct text panels = {0};
    struct table table;
    table_begin(&table, columns, sizeof columns / sizeof columns[0]);
    int status = benchmarks_read(model.path, &benchmarks, error);
    for (size_t i = 0; i < benchmarks.count && status == 0; i++)
        if (is_first(&benchmarks, i))
            status = add_network(&benchmarks.rows[i], &model, experiments, &panels, &table, error);
    if (status == 0) {
        if (benchmarks.count == 0) {
            text_add(&panels, "# no measurements\n");
            table_add_group(&table, "no measurements yet");
        }
        file_update_text(memory_text("%s/plots/scaling.tsv", out), &panels);
        write_table(&table, model.path, out);
    }
    free(panels.bytes);
    table_free(&table);
    benchmarks_free(&benchmarks);
    free(model.path);
    return status;
}
