#include "report/report.h"

#include "base/decimal.h"
#include "base/file.h"
#include "report/arm_list.h"
#include "report/cells.h"
#include "report/claims.h"
#include "report/environments.h"
#include "report/inputs.h"
#include "report/numbers.h"
#include "report/plot_data.h"
#include "report/plot_thesis.h"
#include "report/registered.h"
#include "report/scaling_report.h"
#include "report/schedule_table.h"
#include "report/study_tables.h"
#include "report/table.h"
#include "report/thesis_table.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- The ledger --------------------------------------------------------------------------- */

/* An unfinished run has no result. The table shows only its start, so that it changes when a run
 * starts and ends, not with every epoch. */
struct run_row {
    const struct log *log; /* NULL: it cannot be read */
    const char *path;
    int first; /* of its arm */
    enum { RUN_FINISHED, RUN_DIVERGED, RUN_SEALED, RUN_UNFINISHED } end;
};

static struct table_cell cell_run_arm(const void *row)
{
    const struct run_row *at = row;
    const char *arm = at->log ? at->log->experiment.arm : at->path;
    char *shown = table_tex_escaped(arm);
    const struct table_cell cell =
        table_cell(memory_text("%s", arm), at->first ? memory_text("\\runanchor{%s}%s", arm, shown)
                                                     : memory_text("%s", shown));
    free(shown);
    return cell;
}

static TABLE_CELL(cell_run_seed, struct run_row,
                  at->log ? table_integer(at->log->seed) : table_dash());
static TABLE_CELL(cell_run_scale, struct run_row,
                  at->log ? table_text(config_scale_name(&at->log->experiment)) : table_dash());
static TABLE_CELL(cell_run_epochs, struct run_row,
                  at->log ? table_integer(at->log->experiment.epochs) : table_dash());

/* A number of one run, from a line of its log. Takes `plain` over. */
static struct table_cell from_log(const struct log *log, const char *what, char *plain)
{
    const int line = ledger_last_line(log);
    return table_traced(
        table_cell(plain, memory_text("\\fromlog{%s}{%d}{%s}", log->path, line, plain)),
        memory_text("%s/seed-%ld:%s", log->experiment.arm, log->seed, what),
        memory_text("%s\t%d\n", log->path, line));
}

static TABLE_CELL(cell_run_error, struct run_row,
                  at->end == RUN_FINISHED
                      ? from_log(at->log, "last-error",
                                 decimal_text(ledger_last_error(at->log), "", 2))
                      : table_dash());

static struct table_cell cell_run_status(const void *row)
{
    const struct run_row *at = row;
    if (at->end == RUN_UNFINISHED)
        return table_text(at->log ? "unfinished" : "unreadable");
    /* the digest stands for the error, so that a forged one changes the kept digest of the table */
    if (at->end == RUN_SEALED)
        return table_cell(memory_text("finished (sealed %.16s)", at->log->run.hex),
                          memory_text("finished (sealed)"));
    return at->end == RUN_FINISHED
               ? table_text("finished")
               : from_log(at->log, "diverged-at",
                          memory_text("diverged at step %ld", at->log->diverged_at));
}

static struct table_cell cell_run_minutes(const void *row)
{
    const struct run_row *at = row;
    double seconds = 0;
    if (at->end == RUN_UNFINISHED)
        return table_dash();
    for (long r = 0; r < at->log->row_count; r++)
        seconds += at->log->rows[r].wall_seconds;
    return from_log(at->log, "minutes", decimal_text(seconds / 60, "", 1));
}

static TABLE_CELL(cell_run_program, struct run_row,
                  at->log ? table_text(at->log->program) : table_dash());
static TABLE_CELL(cell_run_path, struct run_row, table_text(at->path));
static TABLE_CELL(cell_run_line, struct run_row,
                  at->end == RUN_UNFINISHED ? table_dash()
                                            : table_integer(ledger_last_line(at->log)));

/* In LaTeX the links lead to the path, so there is no column for it. */
static const struct table_column run_columns[] = {
    {"arm", "Arm", 'p', "5.0cm", TABLE_ALL, cell_run_arm},
    {"seed", "Seed", 'r', NULL, TABLE_ALL, cell_run_seed},
    {"scale", "Scale", 'l', NULL, TABLE_ALL, cell_run_scale},
    {"epochs", "Epochs", 'r', NULL, TABLE_ALL, cell_run_epochs},
    {"last test error (%)", "Error (\\%)", 'r', NULL, TABLE_ALL, cell_run_error},
    {"status", "Status", 'p', "1.8cm", TABLE_ALL, cell_run_status},
    {"wall minutes", "Minutes", 'r', NULL, TABLE_ALL, cell_run_minutes},
    {"program", "Program", 'p', "2.0cm", TABLE_ALL, cell_run_program},
    {"log", NULL, 'l', NULL, TABLE_TEXT | TABLE_CSV, cell_run_path},
    {"line", NULL, 'r', NULL, TABLE_TEXT | TABLE_CSV, cell_run_line},
};

static void fill_runs(const struct ledger *ledger, const struct experiment_files *files,
                      struct table *table)
{
    for (size_t i = 0; i < ledger->count; i++) {
        const struct log *log = &ledger->logs[i];
        const int first =
            i == 0 || strcmp(log->experiment.arm, ledger->logs[i - 1].experiment.arm) != 0;
        struct run_row row = {.log = log, .path = log->path, .first = first, .end = RUN_FINISHED};
        if (registered_is_sealed(ledger, files, &log->experiment))
            row.end = RUN_SEALED;
        else if (log->status == LOG_DIVERGED)
            row.end = RUN_DIVERGED;
        table_add_row(table, &row);
    }
}

static void add_unfinished(const char *path, struct table *table)
{
    struct log log;
    struct error error;
    char *bytes = file_read(path, NULL, &error);
    const int known = bytes && log_parse(bytes, path, &log, &error) == 0;
    table_add_row(
        table, &(struct run_row){.log = known ? &log : NULL, .path = path, .end = RUN_UNFINISHED});
    if (known)
        log_free(&log);
    free(bytes);
}

static void write_runs(const struct project *project, const struct inputs *in, const char *out)
{
    struct table table;
    table_begin(&table, run_columns, COUNT(run_columns));
    fill_runs(&in->all, &in->experiments, &table);
    size_t unfinished = 0;
    char **part = ledger_files(project->results, project->published, ".part", &unfinished);
    for (size_t i = 0; i < unfinished; i++) {
        add_unfinished(part[i], &table);
        free(part[i]);
    }
    free(part);
    struct text text = {0};
    text_add(&text, "Every run: %zu with a log, %zu unfinished, of all scales\n\n", in->all.count,
             unfinished);
    table_write_text(&table, &text);
    text_add(
        &text,
        "\n"
        "line: of the log's row that the error is from, or of its end. -: a diverged run has no "
        "error, it counts as infinite; an unfinished one has none yet.\n"
        "sealed: a registered run that has ended; nobody looks at its error before its set is "
        "complete.\n"
        "Runs of the smoke scale are of synthetic images: their errors mean nothing.\n");
    table_write_out(out, "runs", ".txt", &text);
    table_write_files(out, "runs", &table, "longtable");
    table_free(&table);
}

/* ---- Macros ------------------------------------------------------------------------------- */

/* Names of macros have only letters. */
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

static int add_desk_macros(struct text *text, const struct ledger *ledger, enum image_set set,
                           struct error *error)
{
    struct arms arms;
    if (ledger_arms(ledger, NULL, SCALE_DESK, set, &arms, error) != 0)
        return -1;
    for (size_t i = 0; i < arms.count; i++) {
        const struct arm *arm = &arms.arm[i];
        char *mean = decimal_text(arm->mean, "", 2);
        char *sd = decimal_text(arm->sd, "", 2);
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

/* Takes `value` over. */
static void add_campaign_macro(struct text *text, const char *what, const struct arm *arm,
                               int exists, char *value)
{
    char *link = exists ? cells_link(arm, value) : memory_text("--");
    text_add(text, "\\newcommand{\\Campaign%s}{%s}\n", what, link);
    free(link);
    free(value);
}

static void add_slope_macros(struct text *text, const char *which, const struct comparison *trend)
{
    const struct interval interval = trend->interval;
    char *mean = decimal_text(trend->mean, "+", 2);
    char *ends = decimal_interval(interval.low, interval.high, 2);
    char *slope = memory_text("%sTrend", which), *range = memory_text("%sInterval", which);
    add_campaign_macro(text, slope, trend->arm, isfinite(trend->mean), memory_text("$%s$", mean));
    add_campaign_macro(text, range, trend->arm, !interval.reason, memory_text("$%s$", ends));
    free(range);
    free(slope);
    free(ends);
    free(mean);
}

static const struct arm *lowest_of(const struct arms *arms)
{
    const struct arm *lowest = NULL;
    for (size_t a = 0; a < arms->count; a++)
        if (isfinite(arms->arm[a].mean) && (!lowest || arms->arm[a].mean < lowest->mean))
            lowest = &arms->arm[a];
    return lowest;
}

/* The campaign's first group: its trend over k, as in the last row of its table; the trend without
 * k = 1; the k of the lowest mean. */
static int add_trend_macros(struct text *text, const struct ledger *ledger, struct error *error)
{
    struct arms arms;
    if (ledger_arms(ledger, "campaign/cifar10/preact-20", SCALE_DESK, SET_CIFAR10, &arms, error) !=
        0)
        return -1;
    const struct arm **family = memory_zeroed(arms.count, sizeof *family);
    for (size_t i = 0; i < arms.count; i++)
        family[i] = &arms.arm[i];
    struct comparison trend = comparison_none, rest = comparison_none;
    const size_t count = comparison_select_k(family, arms.count);
    if (count > 2) {
        trend = comparison_trend_over_k(family, count);
        rest = comparison_trend_over_k(family + 1, count - 1);
    }
    const struct arm *lowest = lowest_of(&arms);
    add_campaign_macro(text, "Pairs", trend.arm, trend.arm != NULL,
                       memory_text("%zu", trend.pairs));
    add_slope_macros(text, "", &trend);
    add_campaign_macro(text, "Verdict", trend.arm, trend.arm != NULL,
                       memory_text("%s", comparison_word(&trend)));
    add_slope_macros(text, "Rest", &rest);
    add_campaign_macro(text, "Lowest", lowest, lowest != NULL,
                       memory_text("%g", lowest ? lowest->experiment->k : NAN));
    free(family);
    free(arms.arm);
    return 0;
}

static void add_count_macro(struct text *text, const char *what, size_t count)
{
    text_add(text, "\\newcommand{\\%sCount}{\\fromledger{%zu}}\n", what, count);
}

static int compare_states(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* The number of finished logs that repeat another: they end with the same state, since their arms
 * are the same training under other names. The first log of each such set is not counted. */
static size_t count_repeats(const struct ledger *ledger)
{
    const char **states = memory_zeroed(ledger->count, sizeof *states);
    size_t count = 0, repeats = 0;
    for (size_t i = 0; i < ledger->count; i++)
        if (ledger->logs[i].status == LOG_FINISHED)
            states[count++] = ledger->logs[i].state.hex;
    qsort(states, count, sizeof *states, compare_states);
    for (size_t i = 1; i < count; i++)
        repeats += strcmp(states[i], states[i - 1]) == 0 ? 1 : 0;
    free(states);
    return repeats;
}

static int write_macros(const struct inputs *in, const char *out, struct error *error)
{
    const struct ledger *ledger = &in->all;
    size_t scales[3] = {0}, diverged = 0;
    double campaign_hours = 0;
    for (size_t i = 0; i < ledger->count; i++) {
        if (ledger_is_below(ledger->logs[i].experiment.arm, "campaign"))
            campaign_hours += ledger_logged_hours(&ledger->logs[i]);
        scales[ledger->logs[i].experiment.scale]++;
        diverged += ledger->logs[i].status == LOG_DIVERGED ? 1 : 0;
    }
    struct text text = {0};
    add_count_macro(&text, "Log", ledger->count);
    add_count_macro(&text, "FullRun", scales[SCALE_FULL]);
    add_count_macro(&text, "DeskRun", scales[SCALE_DESK]);
    add_count_macro(&text, "SmokeRun", scales[SCALE_SMOKE]);
    add_count_macro(&text, "DivergedRun", diverged);
    add_count_macro(&text, "Repeat", count_repeats(ledger));
    text_add(&text, "\\newcommand{\\CampaignHours}{\\fromledger{%.1f}}\n", campaign_hours);
    if (add_trend_macros(&text, &in->open, error) != 0 ||
        add_desk_macros(&text, &in->open, SET_CIFAR10, error) != 0 ||
        add_desk_macros(&text, &in->open, SET_CIFAR100, error) != 0) {
        free(text.bytes);
        return -1;
    }
    table_write_out(out, "macros", ".tex", &text);
    return 0;
}

/* ---- All ---------------------------------------------------------------------------------- */

int report_write_from(const struct project *project, const struct ledger *ledger, const char *out,
                      struct error *error)
{
    struct inputs in;
    if (inputs_read(&in, project, ledger, error) != 0)
        return -1;
    int status = 0;
    for (size_t i = 0; i < COUNT(in.tables) && status == 0; i++)
        status = thesis_table_write(&in, &in.tables[i], out, error);
    if (status == 0 && (schedule_table_write(&in.open, &in.experiments, out, error) != 0 ||
                        study_tables_write(&in.open, &in.experiments, out, error) != 0 ||
                        claims_write(&in, out, error) != 0 || write_macros(&in, out, error) != 0 ||
                        plot_data_write(&in.open, &in.experiments, out, error) != 0 ||
                        numbers_write(&in, out, error) != 0 ||
                        scaling_report_write(project->results, &in.experiments, out, error) != 0))
        status = -1;
    if (status == 0) {
        confirmation_write(in.confirmation, out);
        weight_search_write(&in.search, out);
        plot_thesis_write(&in.cells, out);
        write_runs(project, &in, out);
        arm_list_write(&in.experiments, &in.all, out);
        environments_write(&in.all, out);
    }
    inputs_free(&in);
    return status;
}

int report_write(const struct project *project, const char *out, struct error *error)
{
    struct ledger ledger;
    if (ledger_read(project->results, project->published, &ledger, error) != 0)
        return -1;
    const int status = report_write_from(project, &ledger, out, error);
    ledger_free(&ledger);
    return status;
}
