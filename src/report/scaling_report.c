#include "report/scaling_report.h"

#include "network/architecture.h"
#include "network/pairwise_sum.h"
#include "report/benchmarks.h"
#include "report/plot_runs.h"
#include "report/scaling.h"
#include "report/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_RANKS = 64, FAST = 0, SLOW, LINKS };

static const struct scaling_link links[LINKS] = {{1.5e-6, 12.5e9}, {30e-6, 1.25e9}};
static const char *const link_names[LINKS] = {"100-gb-s", "10-gb-s"};

/* ---- Networks ------------------------------------------------------------------------------- */

struct model {
    const struct experiment *experiment;
    const struct benchmarks *benchmarks;
    char *path; /* of the measurements */
    char *network;
    struct architecture architecture;
};

/* Whether a row measures what a rank of the network computes with shards of this size. */
static int is_sample(const struct model *model, const struct benchmark *row, int images)
{
    return strcmp(row->experiment, model->experiment->arm) == 0 && row->ranks == 1 &&
           row->threads == 1 && row->batch / row->shards == images;
}

struct samples {
    struct scaling_sample *sample; /* sorted by rounds; the first one for each number of rounds */
    int *line;
    size_t count;
};

/* Samples of shards of this size; none if a shard would be less than an image. free() them. */
static struct samples samples_of(const struct model *model, int shards)
{
    const int batch = model->experiment->batch;
    const size_t most = model->benchmarks->count;
    struct samples samples = {.sample = memory_zeroed(most, sizeof *samples.sample),
                              .line = memory_zeroed(most, sizeof *samples.line)};
    for (size_t i = 0; i < most && batch % shards == 0; i++) {
        const struct benchmark *row = &model->benchmarks->rows[i];
        if (!is_sample(model, row, batch / shards))
            continue;
        size_t at = samples.count;
        while (at > 0 && samples.sample[at - 1].rounds > row->shards)
            at--;
        if (at > 0 && samples.sample[at - 1].rounds == row->shards)
            continue;
        const size_t behind = samples.count++ - at;
        memmove(samples.sample + at + 1, samples.sample + at, behind * sizeof *samples.sample);
        memmove(samples.line + at + 1, samples.line + at, behind * sizeof *samples.line);
        samples.sample[at] =
            (struct scaling_sample){row->shards, row->batch / row->images_per_second};
        samples.line[at] = row->line;
    }
    return samples;
}

static void samples_free(struct samples *samples)
{
    free(samples->sample);
    free(samples->line);
}

struct prediction {
    int shards, line; /* line 0: there is none */
    double rate, efficiency;
};

static double seconds_of(const struct model *model, int shards, int ranks, struct scaling_link link,
                         int *line)
{
    struct samples samples = samples_of(model, shards);
    double seconds = NAN;
    if (samples.count) {
        const struct scaling_setting setting = {
            .traffic = scaling_traffic_of(&model->architecture, shards, model->experiment->batch),
            .link = link,
            .samples = samples.sample,
            .sample_count = samples.count,
            .shards = shards,
            .threads = 1};
        seconds = scaling_step_of(&setting, ranks).total;
        *line = samples.line[0];
    }
    samples_free(&samples);
    return seconds;
}

static struct prediction predict(const struct model *model, int ranks, int which)
{
    const struct experiment *e = model->experiment;
    int line = 0;
    const int shards = ranks > e->shards ? ranks : e->shards;
    const double one = seconds_of(model, e->shards, 1, links[which], &line);
    const double seconds = seconds_of(model, shards, ranks, links[which], &line);
    if (!pairwise_divides(shards, ranks) || isnan(one) || isnan(seconds))
        return (struct prediction){.rate = NAN, .efficiency = NAN};
    return (struct prediction){shards, line, e->batch / seconds, 100 * one / (ranks * seconds)};
}

/* The measurement of the whole minibatch on this number of ranks, or NULL. */
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
    if (!one) /* gnuplot would not count an empty block */
        text_add(text, "NaN\tNaN\tNaN\tNaN\n");
}

/* ---- Table ---------------------------------------------------------------------------------- */

static char *shown(double value)
{
    return memory_text("%.*f", value < 100 ? 1 : 0, value);
}

/* A number from the measurements, with a link to `line`. Takes over `plain`, `id` and `sources`. */
static struct table_cell number(const struct model *model, char *plain, int line, char *id,
                                char *sources)
{
    return table_traced(
        table_cell(plain, memory_text("\\fromlog{%s}{%d}{%s}", model->path, line, plain)), id,
        sources);
}

/* A measured number for this number of ranks: their cores, or images per second. */
static struct table_cell measurement(const struct model *model, int ranks, const char *what)
{
    const struct benchmark *row = measured(model, ranks);
    if (!row)
        return table_dash();
    return number(model,
                  strcmp(what, "cores") == 0 ? memory_text("%d", row->cores)
                                             : shown(row->images_per_second),
                  row->line, memory_text("ranks:%s:%d:%s", model->experiment->arm, ranks, what),
                  memory_text("%s\t%d\n", model->path, row->line));
}

static void add_lines(const struct model *model, int shards, struct text *sources)
{
    struct samples samples = samples_of(model, shards);
    for (size_t i = 0; i < samples.count; i++)
        text_add(sources, "%s\t%d\n", model->path, samples.line[i]);
    samples_free(&samples);
}

/* The images per second of this number of ranks over a link, or their efficiency against one rank. */
static struct table_cell predicted(const struct model *model, int ranks, int which, int efficiency)
{
    const struct prediction p = predict(model, ranks, which);
    const struct experiment *e = model->experiment;
    if (!p.line)
        return table_dash();
    struct text sources = {0};
    add_lines(model, p.shards, &sources);
    if (efficiency && p.shards != e->shards)
        add_lines(model, e->shards, &sources);
    return number(model, shown(efficiency ? p.efficiency : p.rate), p.line,
                  memory_text("ranks:%s:%d:%s-%s", e->arm, ranks,
                              efficiency ? "efficiency" : "predicted", link_names[which]),
                  sources.bytes);
}

static TABLE_CELL(cell_network, struct model, table_text(at->network));
static TABLE_CELL(cell_batch, struct model, table_integer(at->experiment->batch));
static TABLE_CELL(cell_1_measured, struct model, measurement(at, 1, "measured"));
static TABLE_CELL(cell_2_measured, struct model, measurement(at, 2, "measured"));
static TABLE_CELL(cell_2_predicted, struct model, predicted(at, 2, FAST, 0));
static TABLE_CELL(cell_4_measured, struct model, measurement(at, 4, "measured"));
static TABLE_CELL(cell_4_cores, struct model, measurement(at, 4, "cores"));
static TABLE_CELL(cell_fast, struct model, predicted(at, MOST_RANKS, FAST, 0));
static TABLE_CELL(cell_fast_efficiency, struct model, predicted(at, MOST_RANKS, FAST, 1));
static TABLE_CELL(cell_slow, struct model, predicted(at, MOST_RANKS, SLOW, 0));
static TABLE_CELL(cell_slow_efficiency, struct model, predicted(at, MOST_RANKS, SLOW, 1));

/* A row is a struct model. */
static const struct table_column columns[] = {
    {"network", "Network", 'l', NULL, TABLE_ALL, cell_network},
    {"batch", "Batch", 'r', NULL, TABLE_ALL, cell_batch},
    {"1 rank measured (images/s)", "1 rank", 'r', NULL, TABLE_ALL, cell_1_measured},
    {"2 ranks measured", "2 ranks", 'r', NULL, TABLE_ALL, cell_2_measured},
    {"2 ranks predicted", "pred.", 'r', NULL, TABLE_ALL, cell_2_predicted},
    {"4 ranks measured", "4 ranks", 'r', NULL, TABLE_ALL, cell_4_measured},
    {"cores of these", "cores", 'r', NULL, TABLE_ALL, cell_4_cores},
    {"64 ranks, 100 Gb/s predicted", "64, 100\\,Gb/s", 'r', NULL, TABLE_ALL, cell_fast},
    {"efficiency, 100 Gb/s (%)", "\\%", 'r', NULL, TABLE_ALL, cell_fast_efficiency},
    {"64 ranks, 10 Gb/s predicted", "64, 10\\,Gb/s", 'r', NULL, TABLE_ALL, cell_slow},
    {"efficiency, 10 Gb/s (%)", "\\%", 'r', NULL, TABLE_ALL, cell_slow_efficiency},
};

static void write_table(const struct table *table, const char *path, const char *out)
{
    struct text text = {0};
    text_add(&text,
             "Images a second of training on MPI ranks of one thread, measured and "
             "predicted; from %s\n\n",
             path);
    table_write_text(table, &text);
    text_add(
        &text,
        "\npredicted: by the model of src/report/scaling.h, 2 ranks with a link of 1.5 us and 12.5 "
        "GB/s, 64 with that and with one of 30 us and 1.25 GB/s.\nefficiency: of 64 times one "
        "rank's speed. -: not measured; `make bench-ranks` measures.\n");
    table_write_out(out, "scaling", ".txt", &text);
    table_write_files(out, "scaling", table, "tabular");
}

/* ---- All ------------------------------------------------------------------------------------ */

/* Add the network of the row. 0, or -1 with *error set. */
static int add_network(const struct benchmark *row, struct model *model,
                       const struct experiment_files *experiments, struct text *panels,
                       struct table *table, struct error *error)
{
    const struct experiment_file *file = ledger_find_experiment(experiments, row->experiment);
    if (!file)
        return error_set(error,
                         "%s:%d: there is no experiment %s; make the file again by `make "
                         "bench-ranks`",
                         model->path, row->line, row->experiment);
    model->experiment = &file->experiment;
    if (architecture_build(&model->architecture, model->experiment, error) != 0) {
        architecture_free(&model->architecture);
        return -1;
    }
    model->network = ledger_network(model->experiment);
    add_panel(model, panels);
    table_add_row(table, model);
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
    table_begin(&table, columns, COUNT(columns));
    int status = benchmarks_read(model.path, &benchmarks, error);
    for (size_t i = 0; i < benchmarks.count && status == 0; i++)
        if (is_first(&benchmarks, i))
            status = add_network(&benchmarks.rows[i], &model, experiments, &panels, &table, error);
    if (status == 0) {
        if (benchmarks.count == 0) {
            text_add(&panels, "# no measurements\n");
            table_add_heading(&table, TABLE_NARROW, "no measurements yet");
        }
        plot_write(out, "scaling", &panels);
        write_table(&table, model.path, out);
    }
    free(panels.bytes);
    table_free(&table);
    benchmarks_free(&benchmarks);
    free(model.path);
    return status;
}
