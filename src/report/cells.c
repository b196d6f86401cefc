#include "report/cells.h"

#include "base/decimal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Where numbers come from -------------------------------------------------------------- */

static void add_source(struct text *sources, const char *path, int line)
{
    text_add(sources, "%s\t%d\n", path, line);
}

/* The number `what` of an arm: its sources are one line of each of the arm's logs. */
static struct table_cell trace_arm(struct table_cell cell, const struct arm *arm, const char *what,
                                   int (*line)(const struct log *log))
{
    struct text sources = {0};
    for (size_t i = 0; i < arm->count; i++)
        add_source(&sources, arm->logs[i].path, line(&arm->logs[i]));
    return table_traced(cell, memory_text("%s:%s", arm->name, what), sources.bytes);
}

/* The number `what` of a comparison: its sources are the last rows of its pairs. */
static struct table_cell trace_comparison(struct table_cell cell,
                                          const struct comparison *comparison, const char *what)
{
    const struct arm *const pair[] = {comparison->arm, comparison->control};
    const size_t count = comparison->trend ? comparison->trend_count : COUNT(pair);
    size_t seeds;
    const struct log **runs =
        comparison_runs(comparison->trend ? comparison->trend : pair, count, &seeds);
    struct text sources = {0};
    for (size_t i = 0; i < seeds * count; i++)
        add_source(&sources, runs[i]->path, ledger_last_line(runs[i]));
    free(runs);
    return table_traced(cell,
                        memory_text("%s:%s%s%s:%s", comparison->arm->name,
                                    comparison->trend     ? "alone-"
                                    : comparison->is_step ? "step-"
                                                          : "",
                                    endpoints[comparison->endpoint].name, what,
                                    comparison->control->name),
                        sources.bytes);
}

/* ---- Cells -------------------------------------------------------------------------------- */

char *cells_link(const struct arm *arm, const char *shown)
{
    if (arm->count == 0)
        return memory_text("%s", shown);
    if (arm->is_gathered)
        return memory_text("\\fromledger{%s}", shown);
    if (arm->count == 1)
        return memory_text("\\fromlog{%s}{%d}{%s}", arm->logs[0].path,
                           ledger_last_line(&arm->logs[0]), shown);
    return memory_text("\\fromruns{%s}{%s}", arm->name, shown);
}

/* A cell that shows `plain`, and in LaTeX `shown` as a link. Takes both over. */
static struct table_cell linked(const struct arm *arm, char *plain, char *shown)
{
    char *tex = cells_link(arm, shown);
    free(shown);
    return table_cell(plain, tex);
}

/* A finite number from `arm`, which may be NULL. */
static struct table_cell finite(double value, const char *sign, int decimals, const struct arm *arm)
{
    char *plain = decimal_text(value, sign, decimals);
    char *shown = *sign || value < 0 ? memory_text("$%s$", plain) : memory_text("%s", plain);
    return arm ? linked(arm, plain, shown) : table_cell(plain, shown);
}

struct table_cell cells_number(double value, const char *sign, int decimals)
{
    return isfinite(value) ? finite(value, sign, decimals, NULL) : table_dash();
}

struct table_cell cells_published(double value, int decimals, const char *mark, char *id,
                                  const char *path, int line)
{
    char *number = decimal_text(value, "", decimals), *shown = memory_text("%s%s", number, mark);
    free(number);
    return table_traced(
        table_cell(shown, memory_text("\\frompublished{%s}{%d}{%s}", path, line, shown)), id,
        memory_text("%s\t%d\n", path, line));
}

/* ---- Columns of an arm -------------------------------------------------------------------- */

struct table_cell cells_n(const void *row)
{
    const struct arm *arm = ((const struct cells_row *)row)->arm;
    if (!arm)
        return table_dash();
    const struct table_cell n =
        linked(arm, memory_text("%zu", arm->count), memory_text("%zu", arm->count));
    return arm->count ? trace_arm(n, arm, "n", ledger_last_line) : n;
}

/* The number `what` of an arm, or a dash if it is not finite. */
static struct table_cell of_arm(const struct arm *arm, const char *what, double value, int decimals,
                                int (*line)(const struct log *log))
{
    if (arm->count == 0 || !isfinite(value))
        return table_dash();
    return trace_arm(finite(value, "", decimals, arm), arm, what, line);
}

struct table_cell cells_mean(const void *row)
{
    const struct arm *arm = ((const struct cells_row *)row)->arm;
    if (!arm)
        return table_dash();
    if (arm->diverged == 0)
        return of_arm(arm, "last-error", arm->mean, 2, ledger_last_line);
    char *note = memory_text("diverged: %zu of %zu", arm->diverged, arm->count);
    return trace_arm(linked(arm, note, memory_text("%s", note)), arm, "last-error",
                     ledger_last_line);
}

TABLE_CELL(cells_sd, struct cells_row,
           at->arm ? of_arm(at->arm, "sd", at->arm->sd, 2, ledger_last_line) : table_dash());
TABLE_CELL(cells_best, struct cells_row,
           at->arm ? of_arm(at->arm, "best-error", at->arm->best, 2, ledger_best_line)
                   : table_dash());

struct table_cell cells_mean_and_sd(const void *row)
{
    const struct arm *arm = ((const struct cells_row *)row)->arm;
    if (!arm || arm->diverged || !isfinite(arm->sd))
        return cells_mean(row);
    char *mean = decimal_text(arm->mean, "", 2), *sd = decimal_text(arm->sd, "", 2);
    const struct table_cell cell =
        linked(arm, memory_text("%s +- %s", mean, sd), memory_text("$%s \\pm %s$", mean, sd));
    free(sd);
    free(mean);
    return cell;
}

TABLE_CELL(cells_loss, struct cells_row,
           at->arm ? of_arm(at->arm, "train-loss", at->arm->loss, 4, ledger_last_line)
                   : table_dash());
TABLE_CELL(cells_rate, struct cells_row,
           at->arm ? of_arm(at->arm, "images-per-s", at->arm->rate, 0, ledger_last_line)
                   : table_dash());
TABLE_CELL(cells_logged_hours, struct cells_row,
           at->arm ? of_arm(at->arm, "logged-core-hours", at->arm->core_hours, 2, ledger_last_line)
                   : table_dash());

/* ---- Columns of a comparison -------------------------------------------------------------- */

struct table_cell cells_pairs(const void *row)
{
    const struct comparison *c = ((const struct cells_row *)row)->comparison;
    if (!c->arm)
        return table_dash();
    const struct table_cell pairs =
        linked(c->arm, memory_text("%zu", c->pairs), memory_text("%zu", c->pairs));
    return c->pairs ? trace_comparison(pairs, c, "pairs") : pairs;
}

struct table_cell cells_of_comparison(const void *row, const char *what, double value,
                                      const char *sign, int decimals)
{
    const struct comparison *c = ((const struct cells_row *)row)->comparison;
    return isfinite(value) ? trace_comparison(finite(value, sign, decimals, c->arm), c, what)
                           : table_dash();
}

TABLE_CELL(cells_difference, struct cells_row,
           cells_of_comparison(row, "difference", at->comparison->mean, "+",
                               endpoints[at->comparison->endpoint].decimals));
TABLE_CELL(cells_low, struct cells_row,
           cells_of_comparison(row, "low", at->comparison->interval.low, "+",
                               endpoints[at->comparison->endpoint].decimals));
TABLE_CELL(cells_high, struct cells_row,
           cells_of_comparison(row, "high", at->comparison->interval.high, "+",
                               endpoints[at->comparison->endpoint].decimals));
TABLE_CELL(cells_p, struct cells_row, cells_of_comparison(row, "p", at->comparison->p, "", 4));
TABLE_CELL(cells_holm_p, struct cells_row,
           cells_of_comparison(row, "holm", at->comparison->holm, "", 4));

/* "not testable" is followed by the number of pairs that are needed, except in narrow LaTeX. */
struct table_cell cells_verdict(const void *row)
{
    const struct comparison *c = ((const struct cells_row *)row)->comparison;
    if (!c->arm || c->arm->count == 0)
        return table_dash();
    const char *word = comparison_word(c);
    char *plain =
        strcmp(word, "not testable") == 0
            ? memory_text("%s (needs n = %zu)", word, statistics_pairs_needed(c->comparisons))
            : memory_text("%s", word);
    return linked(c->arm, plain, memory_text("%s", word));
}

struct table_cell cells_interval(const void *row)
{
    const struct comparison *c = ((const struct cells_row *)row)->comparison;
    if (c->interval.reason)
        return table_dash();
    char *plain =
        decimal_interval(c->interval.low, c->interval.high, endpoints[c->endpoint].decimals);
    return linked(c->arm, plain, memory_text("$%s$", plain));
}

void cells_add_test_columns(struct table *table)
{
    static const struct table_column columns[] = {
        {"95% low", NULL, 'r', NULL, TABLE_CSV, cells_low},
        {"95% high", NULL, 'r', NULL, TABLE_CSV, cells_high},
        {"95% interval", "95\\,\\% interval", 'r', NULL, TABLE_NARROW, cells_interval},
        {"sign-flip p", NULL, 'r', NULL, TABLE_CSV, cells_p},
        {"Holm p", "Holm $p$", 'r', NULL, TABLE_ALL, cells_holm_p},
    };
    table_add_columns(table, columns, COUNT(columns));
}

void cells_add_result_columns(struct table *table)
{
    static const struct table_column columns[] = {
        {"last epoch (%)", "Error (\\%)", 'r', NULL, TABLE_NARROW, cells_mean_and_sd},
        {"last epoch (%)", NULL, 'r', NULL, TABLE_CSV, cells_mean},
        {"sample sd", NULL, 'r', NULL, TABLE_CSV, cells_sd},
        {"pairs", NULL, 'r', NULL, TABLE_CSV, cells_pairs},
        {"difference", "Difference", 'r', NULL, TABLE_ALL, cells_difference},
    };
    table_add_columns(table, columns, COUNT(columns));
    cells_add_test_columns(table);
}
