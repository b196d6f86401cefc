#include "report.h"

#include "cells.h"
#include "environments.h"
#include "file.h"
#include "ledger.h"
#include "plot_data.h"
#include "published.h"
#include "schedule_table.h"
#include "table.h"
#include "thesis_table.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void write_out(const char *out, const char *name, struct text *text)
{
    char *path = memory_text("%s/%s", out, name);
    file_update(path, text->bytes ? text->bytes : "", text->length);
    free(path);
    free(text->bytes);
    *text = (struct text){0};
}

/* ---- The ledger --------------------------------------------------------------------------- */

static const struct table_column run_columns[] = {
    {"arm", "Arm", 'p', "5.0cm"},
    {"seed", "Seed", 'r', NULL},
    {"scale", "Scale", 'l', NULL},
    {"epochs", "Epochs", 'r', NULL},
    {"last test error (%)", "Error (\\%)", 'r', NULL},
    {"status", "Status", 'p', "1.8cm"},
    {"wall minutes", "Minutes", 'r', NULL},
    {"program", "Program", 'p', "2.0cm"},
    {"log", "", 'l', NULL},
    {"line", "", 'r', NULL},
};

/* In LaTeX the path is the link's target. */
enum { RUN_TEX_COLUMNS = COUNT(run_columns) - 2 };

static void add_from_log(struct table *table, const struct log *log, char *plain)
{
    table_add(table, plain,
              memory_text("\\fromlog{%s}{%d}{%s}", log->path, ledger_last_line(log), plain));
}

static void fill_runs(const struct ledger *ledger, size_t columns, struct table *table)
{
    table_begin(table, run_columns, columns);
    for (size_t i = 0; i < ledger->count; i++) {
        const struct log *log = &ledger->logs[i];
        const char *arm = log->experiment.arm;
        const int first = i == 0 || strcmp(arm, ledger->logs[i - 1].experiment.arm) != 0;
        double seconds = 0;
        for (long r = 0; r < log->row_count; r++)
            seconds += log->rows[r].wall_seconds;

        char *shown = table_tex_escaped(arm);
        table_add(table, memory_text("%s", arm),
                  first ? memory_text("\\runanchor{%s}%s", arm, shown) : memory_text("%s", shown));
        free(shown);
        table_add(table, memory_text("%ld", log->seed), NULL);
        table_add(table, memory_text("%s", config_scale_name(&log->experiment)), NULL);
        table_add(table, memory_text("%d", log->experiment.epochs), NULL);
        if (log->status == LOG_FINISHED)
            add_from_log(table, log, memory_text("%.2f", ledger_last_error(log)));
        else
            table_add(table, memory_text("-"), NULL);
        table_add(table,
                  log->status == LOG_FINISHED
                      ? memory_text("finished")
                      : memory_text("diverged at step %ld", log->diverged_at),
                  NULL);
        add_from_log(table, log, memory_text("%.1f", seconds / 60));
        table_add(table, memory_text("%s", log->program), NULL);
        if (columns > RUN_TEX_COLUMNS) {
            table_add(table, memory_text("%s", log->path), NULL);
            table_add(table, memory_text("%d", ledger_last_line(log)), NULL);
        }
    }
}

/* A run that goes on, or was given up: it has no result, and only its start is told, so that the
 * table changes when a run starts and ends, not with every epoch. */
static void add_unfinished(const char *path, size_t columns, struct table *table)
{
    struct log log;
    struct error error;
    char *bytes = file_read(path, NULL, &error);
    const int known = bytes && log_parse(bytes, path, &log, &error) == 0;
    table_add(table, memory_text("%s", known ? log.experiment.arm : path), NULL);
    table_add(table, known ? memory_text("%ld", log.seed) : memory_text("-"), NULL);
    table_add(table, memory_text("%s", known ? config_scale_name(&log.experiment) : "-"), NULL);
    table_add(table, known ? memory_text("%d", log.experiment.epochs) : memory_text("-"), NULL);
    table_add(table, memory_text("-"), NULL);
    table_add(table, memory_text("%s", known ? "unfinished" : "unreadable"), NULL);
    table_add(table, memory_text("-"), NULL);
    table_add(table, memory_text("%s", known ? log.program : "-"), NULL);
    if (columns > RUN_TEX_COLUMNS) {
        table_add(table, memory_text("%s", path), NULL);
        table_add(table, memory_text("-"), NULL);
    }
    if (known)
        log_free(&log);
    free(bytes);
}

static void write_runs(const struct report_sources *sources, const struct ledger *ledger,
                       const char *out)
{
    struct table all, narrow;
    fill_runs(ledger, COUNT(run_columns), &all);
    fill_runs(ledger, RUN_TEX_COLUMNS, &narrow);
    size_t unfinished = 0;
    char **part = ledger_files(sources->results, sources->published, ".part", &unfinished);
    for (size_t i = 0; i < unfinished; i++) {
        add_unfinished(part[i], COUNT(run_columns), &all);
        add_unfinished(part[i], RUN_TEX_COLUMNS, &narrow);
        free(part[i]);
    }
    free(part);
    struct text text = {0};
    text_add(&text, "Every run: %zu with a log, %zu unfinished, of all scales\n\n", ledger->count,
             unfinished);
    table_write_text(&all, &text);
    text_add(&text,
             "\n"
             "line: of the log's row that the error is from. -: a diverged run has no "
             "error, it counts as infinite; an unfinished one has none yet.\n"
             "Runs of the smoke scale are of made-up pictures: their errors mean nothing.\n");
    write_out(out, "tables/runs.txt", &text);
    table_write_csv(&all, &text);
    write_out(out, "tables/runs.csv", &text);
    table_write_tex(&narrow, "longtable", &text);
    write_out(out, "tables/runs.tex", &text);
    table_free(&all);
    table_free(&narrow);
}

/* ---- Macros ------------------------------------------------------------------------------- */

/* Names of macros are letters only. */
static void add_letters(struct text *text, const char *name)
{
    static const char *const digits[] = {"Zero", "One", "Two",   "Three", "Four",
                                         "Five", "Six", "Seven", "Eight", "Nine"};
    int capital = 1;
    for (const char *at = name; *at; at++) {
        if (*at >= '0' && *at <= '9')
            text_add(text, "%s", digits[*at - '0']);
        else if (*at == '.')
            text_add(text, "Point");
        else if (isalpha((unsigned char)*at))
            text_add(text, "%c", capital ? toupper((unsigned char)*at) : *at);
        capital = !isalpha((unsigned char)*at);
    }
}

static void add_arm_macro(struct text *text, const char *what, const struct arm *arm,
                          const char *value)
{
    char *link = cells_link(arm, value);
    text_add(text, "\\newcommand{\\%s", what);
    add_letters(text, arm->name);
    text_add(text, "}{%s}\n", link);
    free(link);
}

static int add_desk_macros(struct text *text, const struct ledger *ledger, enum picture_set set,
                           struct error *error)
{
    struct arms arms;
    if (ledger_arms(ledger, NULL, SCALE_DESK, set, &arms, error) != 0)
        return -1;
    for (size_t i = 0; i < arms.count; i++) {
        const struct arm *arm = &arms.arm[i];
        char *mean = memory_text("%.2f", arm->mean);
        char *sd = memory_text("%.2f", arm->sd);
        char *n = memory_text("%zu", arm->count);
        if (isfinite(arm->mean))
            add_arm_macro(text, "DeskMean", arm, mean);
        if (isfinite(arm->sd))
            add_arm_macro(text, "DeskSd", arm, sd);
        add_arm_macro(text, "DeskN", arm, n);
        free(mean);
        free(sd);
        free(n);
    }
    free(arms.arm);
    return 0;
}

static int write_macros(const struct ledger *ledger, const char *out, struct error *error)
{
    size_t scales[3] = {0}, diverged = 0;
    for (size_t i = 0; i < ledger->count; i++) {
        scales[ledger->logs[i].experiment.scale]++;
        diverged += ledger->logs[i].status == LOG_DIVERGED ? 1 : 0;
    }
    struct text text = {0};
    text_add(&text, "\\newcommand{\\LogCount}{%zu}\n", ledger->count);
    text_add(&text, "\\newcommand{\\FullRunCount}{%zu}\n", scales[SCALE_FULL]);
    text_add(&text, "\\newcommand{\\DeskRunCount}{%zu}\n", scales[SCALE_DESK]);
    text_add(&text, "\\newcommand{\\SmokeRunCount}{%zu}\n", scales[SCALE_SMOKE]);
    text_add(&text, "\\newcommand{\\DivergedRunCount}{%zu}\n", diverged);
    if (add_desk_macros(&text, ledger, SET_CIFAR10, error) != 0 ||
        add_desk_macros(&text, ledger, SET_CIFAR100, error) != 0) {
        free(text.bytes);
        return -1;
    }
    write_out(out, "tables/macros.tex", &text);
    return 0;
}

/* ---- All ---------------------------------------------------------------------------------- */

static int write_thesis_table(const struct report_sources *sources, const char *name,
                              const char *folder, enum picture_set set,
                              const struct literature *literature, const struct ledger *ledger,
                              const struct experiment_files *experiments, const char *out,
                              struct error *error)
{
    struct thesis_table table = {.name = name, .folder = folder, .set = set};
    char *path = memory_text("%s/%s.tsv", sources->published, name);
    int status = published_read_table(path, &table.published, error);
    free(path);
    if (status == 0) {
        status = thesis_table_write(&table, literature, ledger, experiments, out, error);
        published_free_table(&table.published);
    }
    return status;
}

int report_write(const struct report_sources *sources, const char *out, struct error *error)
{
    struct ledger ledger = {0};
    struct experiment_files experiments = {0};
    struct literature literature = {0};
    char *path = memory_text("%s/literature.tsv", sources->published);
    int status = -1;
    if (ledger_read(sources->results, sources->published, &ledger, error) == 0 &&
        ledger_read_experiments(sources->experiments, &experiments, error) == 0 &&
        published_read_literature(path, &literature, error) == 0 &&
        write_thesis_table(sources, "table-5-2", "cifar10", SET_CIFAR10, &literature, &ledger,
                           &experiments, out, error) == 0 &&
        write_thesis_table(sources, "table-5-3", "cifar100", SET_CIFAR100, &literature, &ledger,
                           &experiments, out, error) == 0 &&
        schedule_table_write(&ledger, &experiments, out, error) == 0 &&
        write_macros(&ledger, out, error) == 0 && plot_data_write(&ledger, out, error) == 0) {
        write_runs(sources, &ledger, out);
        environments_write(&ledger, out);
        status = 0;
    }
    free(path);
    ledger_free(&ledger);
    ledger_free_experiments(&experiments);
    published_free_literature(&literature);
    return status;
}
