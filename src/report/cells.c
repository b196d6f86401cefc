#include "report/cells.h"

#include "base/decimal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Comparisons -------------------------------------------------------------------------- */

const struct comparison cells_no_comparison = {
    .mean = NAN, .interval = {NAN, NAN, "no comparison"}, .p = NAN, .holm = NAN};

static int all_have(const struct arm *const *arms, size_t count, long seed)
{
    for (size_t a = 0; a < count; a++)
        if (!ledger_log_of(arms[a], seed))
            return 0;
    return 1;
}

/* For each seed that all arms have, the errors' sum with the weights. */
static struct comparison compare(const struct arm *const *arms, const double *weights, size_t count)
{
    const struct arm *first = arms[0];
    double *sums = memory_zeroed(first->count, sizeof *sums);
    size_t pairs = 0, diverged = 0;
    for (size_t i = 0; i < first->count; i++) {
        const long seed = first->logs[i].seed;
        if (!all_have(arms, count, seed))
            continue;
        for (size_t a = 0; a < count; a++)
            sums[pairs] += weights[a] * ledger_last_error(ledger_log_of(arms[a], seed));
        pairs++;
    }
    for (size_t a = 0; a < count; a++)
        diverged += arms[a]->diverged;
    const char *reason;
    struct comparison comparison = {.arm = arms[count - 1],
                                    .control = first,
                                    .pairs = pairs,
                                    .mean = statistics_mean(sums, pairs),
                                    .interval = statistics_t_interval(sums, pairs, 0.95),
                                    .p = statistics_sign_flip(sums, pairs, &reason),
                                    .holm = NAN};
    free(sums);
    if (diverged) {
        comparison.mean = comparison.p = NAN;
        comparison.interval = (struct interval){NAN, NAN, "a run diverged"};
    }
    return comparison;
}

struct comparison cells_compare(const struct arm *arm, const struct arm *control)
{
    return compare((const struct arm *const[]){control, arm}, (const double[]){-1, 1}, 2);
}

/* The slope of a least-squares line is a sum of the errors with the weights
 * (x - mean x) / sum of (x - mean x)^2. */
struct comparison cells_trend(const struct arm *const *arms, const double *x, size_t count)
{
    double *weights = memory_zeroed(count, sizeof *weights);
    const double mean = statistics_mean(x, count);
    double squares = 0;
    for (size_t a = 0; a < count; a++)
        squares += (x[a] - mean) * (x[a] - mean);
    for (size_t a = 0; a < count; a++)
        weights[a] = (x[a] - mean) / squares;
    struct comparison comparison = compare(arms, weights, count);
    comparison.trend = arms;
    comparison.trend_count = count;
    free(weights);
    return comparison;
}

void cells_holm(struct comparison *const *family, size_t count)
{
    double *p = memory_zeroed(count, sizeof *p), *holm = memory_zeroed(count, sizeof *holm);
    for (size_t i = 0; i < count; i++)
        p[i] = family[i] ? family[i]->p : NAN;
    statistics_holm(p, count, holm);
    for (size_t i = 0; i < count; i++)
        if (family[i])
            family[i]->holm = holm[i];
    free(holm);
    free(p);
}

size_t cells_over_k(const struct arm **arms, double *x, size_t count)
{
    size_t size = 0;
    for (size_t a = 0; a < count; a++) {
        if (arms[a]->count == 0) /* such an arm may have no experiment */
            continue;
        const double k = arms[a]->experiment->k;
        if (k >= 1 && (size == 0 || k > arms[size - 1]->experiment->k)) {
            x[size] = log2(k);
            arms[size++] = arms[a];
        }
    }
    return size > 0 && x[0] > 0 ? 0 : size;
}

struct comparison cells_trend_over_k(const struct arm **arms, size_t count)
{
    double *x = memory_zeroed(count, sizeof *x);
    struct comparison trend = cells_no_comparison, *alone = &trend;
    const size_t size = cells_over_k(arms, x, count);
    if (size > 2)
        trend = cells_trend(arms, x, size);
    cells_holm(&alone, 1);
    free(x);
    return trend;
}

size_t cells_compare_k(const struct arm *arms, size_t count, struct comparison *comparisons)
{
    static const struct arm nobody = {.name = ""};
    const struct arm *control = &nobody;
    size_t size = 0;
    while (size < count && strcmp(arms[size].base.hex, arms[0].base.hex) == 0)
        size++;
    for (size_t i = size; i > 0; i--)
        if (arms[i - 1].experiment->k == 1)
            control = &arms[i - 1];
    struct comparison **family = memory_zeroed(size, sizeof *family);
    for (size_t i = 0; i < size; i++) {
        comparisons[i] =
            arms[i].experiment->k == 1 ? cells_no_comparison : cells_compare(&arms[i], control);
        family[i] = &comparisons[i];
    }
    cells_holm(family, size);
    free(family);
    return size;
}

/* ---- Where numbers come from -------------------------------------------------------------- */

static void add_source(struct text *sources, const char *path, int line)
{
    text_add(sources, "%s\t%d\n", path, line);
}

/* The last cell is the number `what` of an arm: it came from a line of each of its logs. */
static void trace_arm(struct table *table, const struct arm *arm, const char *what,
                      int (*line)(const struct log *log))
{
    struct text sources = {0};
    for (size_t i = 0; i < arm->count; i++)
        add_source(&sources, arm->logs[i].path, line(&arm->logs[i]));
    table_trace(table, memory_text("%s:%s", arm->name, what), sources.bytes);
}

/* The last cell is the number `what` of a comparison: it came from the last rows of its pairs. */
static void trace_comparison(struct table *table, const struct comparison *comparison,
                             const char *what)
{
    const struct arm *arm = comparison->arm, *control = comparison->control;
    const struct arm *const pair[] = {arm, control};
    const struct arm *const *arms = comparison->trend ? comparison->trend : pair;
    const size_t count = comparison->trend ? comparison->trend_count : 2;
    struct text sources = {0};
    for (size_t i = 0; i < arm->count; i++) {
        const long seed = arm->logs[i].seed;
        for (size_t a = 0; a < count && all_have(arms, count, seed); a++) {
            const struct log *log = ledger_log_of(arms[a], seed);
            add_source(&sources, log->path, ledger_last_line(log));
        }
    }
    table_trace(table,
                memory_text("%s:%s%s:%s", arm->name, comparison->trend ? "alone-" : "", what,
                            control->name),
                sources.bytes);
}

/* ---- Cells -------------------------------------------------------------------------------- */

char *cells_link(const struct arm *arm, const char *shown)
{
    if (arm->count == 0)
        return memory_text("%s", shown);
    if (arm->count == 1)
        return memory_text("\\fromlog{%s}{%d}{%s}", arm->logs[0].path,
                           ledger_last_line(&arm->logs[0]), shown);
    return memory_text("\\fromruns{%s}{%s}", arm->name, shown);
}

void cells_add_dash(struct table *table)
{
    table_add(table, memory_text("-"), NULL);
}

void cells_add_dashes(struct table *table, size_t count)
{
    for (size_t i = 0; i < count; i++)
        cells_add_dash(table);
}

/* A finite number; `arm`, where it is from, may be NULL. */
static void add_finite(struct table *table, double value, const char *sign, int decimals,
                       const struct arm *arm)
{
    char *plain = decimal_text(value, sign, decimals);
    char *shown = *sign || value < 0 ? memory_text("$%s$", plain) : memory_text("%s", plain);
    table_add(table, plain, arm ? cells_link(arm, shown) : memory_text("%s", shown));
    free(shown);
}

void cells_add_number(struct table *table, double value, const char *sign, int decimals)
{
    if (isfinite(value))
        add_finite(table, value, sign, decimals, NULL);
    else
        cells_add_dash(table);
}

void cells_add_published(struct table *table, double value, int decimals, const char *mark,
                         char *id, const char *path, int line)
{
    char *shown = decimal_text(value, "", decimals);
    table_add(table, memory_text("%s%s", shown, mark),
              memory_text("\\frompublished{%s}{%d}{%s%s}", path, line, shown, mark));
    free(shown);
    table_trace(table, id, memory_text("%s\t%d\n", path, line));
}

static void add_count(struct table *table, size_t count, const struct arm *arm)
{
    char *shown = memory_text("%zu", count);
    table_add(table, shown, cells_link(arm, shown));
}

void cells_add_n(struct table *table, const struct arm *arm)
{
    add_count(table, arm->count, arm);
    if (arm->count)
        trace_arm(table, arm, "n", ledger_last_line);
}

/* The number `what` of an arm, or a dash where it is not finite. */
static void add_of_arm(struct table *table, const struct arm *arm, const char *what, double value,
                       int decimals, int (*line)(const struct log *log))
{
    if (arm->count == 0 || !isfinite(value)) {
        cells_add_dash(table);
        return;
    }
    add_finite(table, value, "", decimals, arm);
    trace_arm(table, arm, what, line);
}

void cells_add_mean(struct table *table, const struct arm *arm)
{
    if (arm->diverged == 0) {
        add_of_arm(table, arm, "last-error", arm->mean, 2, ledger_last_line);
        return;
    }
    char *note = memory_text("diverged: %zu of %zu", arm->diverged, arm->count);
    table_add(table, note, cells_link(arm, note));
    trace_arm(table, arm, "last-error", ledger_last_line);
}

void cells_add_sd(struct table *table, const struct arm *arm)
{
    add_of_arm(table, arm, "sd", arm->sd, 2, ledger_last_line);
}

void cells_add_best(struct table *table, const struct arm *arm)
{
    add_of_arm(table, arm, "best-error", arm->best, 2, ledger_best_line);
}

void cells_add_mean_and_sd(struct table *table, const struct arm *arm)
{
    if (arm->diverged || !isfinite(arm->sd)) {
        cells_add_mean(table, arm);
        return;
    }
    char *mean = decimal_text(arm->mean, "", 2), *sd = decimal_text(arm->sd, "", 2);
    char *shown = memory_text("$%s \\pm %s$", mean, sd);
    table_add(table, memory_text("%s +- %s", mean, sd), cells_link(arm, shown));
    free(sd);
    free(mean);
    free(shown);
}

void cells_add_loss(struct table *table, const struct arm *arm)
{
    add_of_arm(table, arm, "train-loss", arm->loss, 4, ledger_last_line);
}

void cells_add_rate(struct table *table, const struct arm *arm)
{
    add_of_arm(table, arm, "images-per-s", arm->rate, 0, ledger_last_line);
}

void cells_add_logged_hours(struct table *table, const struct arm *arm)
{
    add_of_arm(table, arm, "logged-core-hours", arm->core_hours, 2, ledger_last_line);
}

void cells_add_pairs(struct table *table, const struct comparison *comparison)
{
    if (!comparison->arm) {
        cells_add_dash(table);
        return;
    }
    add_count(table, comparison->pairs, comparison->arm);
    if (comparison->pairs)
        trace_comparison(table, comparison, "pairs");
}

static void add_of_comparison(struct table *table, const struct comparison *comparison,
                              const char *what, double value, const char *sign, int decimals)
{
    if (!isfinite(value)) {
        cells_add_dash(table);
        return;
    }
    add_finite(table, value, sign, decimals, comparison->arm);
    trace_comparison(table, comparison, what);
}

void cells_add_difference(struct table *table, const struct comparison *comparison)
{
    add_of_comparison(table, comparison, "difference", comparison->mean, "+", 2);
}

void cells_add_low(struct table *table, const struct comparison *comparison)
{
    add_of_comparison(table, comparison, "low", comparison->interval.low, "+", 2);
}

void cells_add_high(struct table *table, const struct comparison *comparison)
{
    add_of_comparison(table, comparison, "high", comparison->interval.high, "+", 2);
}

void cells_add_p(struct table *table, const struct comparison *comparison)
{
    add_of_comparison(table, comparison, "p", comparison->p, "", 4);
}

void cells_add_holm(struct table *table, const struct comparison *comparison)
{
    add_of_comparison(table, comparison, "holm", comparison->holm, "", 4);
}

void cells_add_verdict(struct table *table, const struct comparison *comparison)
{
    if (!comparison->arm || comparison->arm->count == 0) {
        cells_add_dash(table);
        return;
    }
    const char *verdict =
        statistics_verdict(comparison->pairs, comparison->interval, comparison->holm);
    table_add(table, memory_text("%s", verdict), cells_link(comparison->arm, verdict));
}

void cells_add_interval(struct table *table, const struct comparison *comparison)
{
    const struct interval interval = comparison->interval;
    if (interval.reason) {
        cells_add_dash(table);
        return;
    }
    char *plain = decimal_interval(interval.low, interval.high);
    char *shown = memory_text("$%s$", plain);
    table_add(table, plain, cells_link(comparison->arm, shown));
    free(shown);
}
