#include "report/cells.h"

#include "base/decimal.h"
#include "report/measure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Endpoints ---------------------------------------------------------------------------- */

static double last_loss(const struct log *log)
{
    return measure_of(log, MEASURE_TEST_LOSS, MEASURE_LAST);
}

static double last_train_error(const struct log *log)
{
    return measure_of(log, MEASURE_TRAIN_ERROR, MEASURE_LAST);
}

const struct endpoint cells_last_error = {"", 2, ledger_last_error};
const struct endpoint cells_last_loss = {"test-loss-", 4, last_loss};
const struct endpoint cells_last_train = {"train-error-", 2, last_train_error};

/* ---- Comparisons -------------------------------------------------------------------------- */

const struct comparison cells_no_comparison = {.endpoint = &cells_last_error,
                                               .mean = NAN,
                                               .interval = {NAN, NAN, "no comparison"},
                                               .p = NAN,
                                               .holm = NAN};

static int all_have(const struct arm *const *arms, size_t count, long seed)
{
    for (size_t a = 0; a < count; a++)
        if (!ledger_log_of(arms[a], seed))
            return 0;
    return 1;
}

/* For each seed that all arms have, the weighted sum of the endpoints. */
static struct comparison compare(const struct arm *const *arms, const double *weights, size_t count,
                                 const struct endpoint *endpoint)
{
    const struct arm *first = arms[0];
    double *sums = memory_zeroed(first->count, sizeof *sums);
    size_t pairs = 0, diverged = 0;
    for (size_t i = 0; i < first->count; i++) {
        const long seed = first->logs[i].seed;
        if (!all_have(arms, count, seed))
            continue;
        for (size_t a = 0; a < count; a++)
            sums[pairs] += weights[a] * endpoint->of(ledger_log_of(arms[a], seed));
        pairs++;
    }
    for (size_t a = 0; a < count; a++)
        diverged += arms[a]->diverged;
    const char *reason;
    struct comparison comparison = {.endpoint = endpoint,
                                    .arm = arms[count - 1],
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
    return cells_compare_by(arm, control, &cells_last_error);
}

struct comparison cells_compare_by(const struct arm *arm, const struct arm *control,
                                   const struct endpoint *endpoint)
{
    return compare((const struct arm *const[]){control, arm}, (const double[]){-1, 1}, 2, endpoint);
}

/* The slope of a least-squares line is a weighted sum of the errors; the weights are
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
    struct comparison comparison = compare(arms, weights, count, &cells_last_error);
    comparison.trend = arms;
    comparison.trend_count = count;
    free(weights);
    return comparison;
}

static int is_member(const struct comparison *comparison)
{
    return comparison && comparison->arm;
}

double *cells_shared_errors(const struct arm *const *arms, size_t count, size_t *seeds)
{
    double *all = memory_zeroed(count * arms[0]->count, sizeof *all);
    size_t shared = 0, *chosen = memory_zeroed(arms[0]->count, sizeof *chosen);
    for (size_t i = 0; i < arms[0]->count; i++) {
        int everywhere = 1;
        for (size_t a = 0; a < count; a++)
            everywhere = everywhere && ledger_log_of(arms[a], arms[0]->logs[i].seed);
        if (everywhere)
            chosen[shared++] = i;
    }
    for (size_t a = 0; a < count; a++)
        for (size_t s = 0; s < shared; s++)
            all[a * shared + s] =
                ledger_last_error(ledger_log_of(arms[a], arms[0]->logs[chosen[s]].seed));
    free(chosen);
    *seeds = shared;
    return all;
}

void cells_holm(struct comparison *const *family, size_t count, size_t planned)
{
    const size_t most = count + planned;
    double *p = memory_zeroed(most, sizeof *p), *holm = memory_zeroed(most, sizeof *holm);
    size_t members = 0;
    for (size_t i = 0; i < count; i++) {
        members += is_member(family[i]) ? 1 : 0;
        p[i] = !is_member(family[i]) ? NAN : isnan(family[i]->p) ? 1 : family[i]->p;
    }
    for (size_t i = count; i < most; i++)
        p[i] = members + (i - count) < planned ? 1 : NAN;
    statistics_holm(p, most, holm);
    for (size_t i = 0; i < count; i++)
        if (is_member(family[i])) {
            family[i]->holm = isnan(family[i]->p) ? NAN : holm[i];
            family[i]->comparisons = members > planned ? members : planned;
        }
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
    cells_holm(&alone, 1, 1);
    free(x);
    return trend;
}

size_t cells_compare_k(const struct arm *arms, size_t count, const struct questions *questions,
                       struct comparison *comparisons)
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
    size_t planned = 0;
    for (size_t i = 0; i < size; i++) {
        const struct question_pair *pair;
        const struct question *question = questions_find(questions, arms[i].name, &pair);
        planned = question && question->count > planned ? question->count : planned;
        comparisons[i] =
            arms[i].experiment->k == 1 ? cells_no_comparison : cells_compare(&arms[i], control);
        family[i] = &comparisons[i];
    }
    cells_holm(family, size, planned);
    free(family);
    return size;
}

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
    return table_traced(cell,
                        memory_text("%s:%s%s%s:%s", arm->name,
                                    comparison->trend     ? "alone-"
                                    : comparison->is_step ? "step-"
                                                          : "",
                                    comparison->endpoint->name, what, control->name),
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

static const struct arm *arm_of(const void *row)
{
    return ((const struct cells_row *)row)->arm;
}

static const struct comparison *comparison_of(const void *row)
{
    return ((const struct cells_row *)row)->comparison;
}

struct table_cell cells_n(const void *row)
{
    const struct arm *arm = arm_of(row);
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
    const struct arm *arm = arm_of(row);
    if (!arm)
        return table_dash();
    if (arm->diverged == 0)
        return of_arm(arm, "last-error", arm->mean, 2, ledger_last_line);
    char *note = memory_text("diverged: %zu of %zu", arm->diverged, arm->count);
    return trace_arm(linked(arm, note, memory_text("%s", note)), arm, "last-error",
                     ledger_last_line);
}

struct table_cell cells_sd(const void *row)
{
    const struct arm *arm = arm_of(row);
    return arm ? of_arm(arm, "sd", arm->sd, 2, ledger_last_line) : table_dash();
}

struct table_cell cells_best(const void *row)
{
    const struct arm *arm = arm_of(row);
    return arm ? of_arm(arm, "best-error", arm->best, 2, ledger_best_line) : table_dash();
}

struct table_cell cells_mean_and_sd(const void *row)
{
    const struct arm *arm = arm_of(row);
    if (!arm || arm->diverged || !isfinite(arm->sd))
        return cells_mean(row);
    char *mean = decimal_text(arm->mean, "", 2), *sd = decimal_text(arm->sd, "", 2);
    const struct table_cell cell =
        linked(arm, memory_text("%s +- %s", mean, sd), memory_text("$%s \\pm %s$", mean, sd));
    free(sd);
    free(mean);
    return cell;
}

struct table_cell cells_loss(const void *row)
{
    const struct arm *arm = arm_of(row);
    return arm ? of_arm(arm, "train-loss", arm->loss, 4, ledger_last_line) : table_dash();
}

struct table_cell cells_rate(const void *row)
{
    const struct arm *arm = arm_of(row);
    return arm ? of_arm(arm, "images-per-s", arm->rate, 0, ledger_last_line) : table_dash();
}

struct table_cell cells_logged_hours(const void *row)
{
    const struct arm *arm = arm_of(row);
    return arm ? of_arm(arm, "logged-core-hours", arm->core_hours, 2, ledger_last_line)
               : table_dash();
}

/* ---- Columns of a comparison -------------------------------------------------------------- */

struct table_cell cells_pairs(const void *row)
{
    const struct comparison *c = comparison_of(row);
    if (!c->arm)
        return table_dash();
    const struct table_cell pairs =
        linked(c->arm, memory_text("%zu", c->pairs), memory_text("%zu", c->pairs));
    return c->pairs ? trace_comparison(pairs, c, "pairs") : pairs;
}

struct table_cell cells_of_comparison(const void *row, const char *what, double value,
                                      const char *sign, int decimals)
{
    const struct comparison *c = comparison_of(row);
    return isfinite(value) ? trace_comparison(finite(value, sign, decimals, c->arm), c, what)
                           : table_dash();
}

struct table_cell cells_difference(const void *row)
{
    const struct comparison *c = comparison_of(row);
    return cells_of_comparison(row, "difference", c->mean, "+", c->endpoint->decimals);
}

struct table_cell cells_low(const void *row)
{
    const struct comparison *c = comparison_of(row);
    return cells_of_comparison(row, "low", c->interval.low, "+", c->endpoint->decimals);
}

struct table_cell cells_high(const void *row)
{
    const struct comparison *c = comparison_of(row);
    return cells_of_comparison(row, "high", c->interval.high, "+", c->endpoint->decimals);
}

struct table_cell cells_p(const void *row)
{
    return cells_of_comparison(row, "p", comparison_of(row)->p, "", 4);
}

struct table_cell cells_holm_p(const void *row)
{
    return cells_of_comparison(row, "holm", comparison_of(row)->holm, "", 4);
}

const char *cells_verdict_word(const struct comparison *c)
{
    return c->is_null ? "null control"
                      : statistics_verdict(c->pairs, c->comparisons, c->interval, c->holm);
}

/* "not testable" is followed by the number of pairs that are needed, except in narrow LaTeX. */
struct table_cell cells_verdict(const void *row)
{
    const struct comparison *c = comparison_of(row);
    if (!c->arm || c->arm->count == 0)
        return table_dash();
    const char *word = cells_verdict_word(c);
    char *plain =
        strcmp(word, "not testable") == 0
            ? memory_text("%s (needs n = %zu)", word, statistics_pairs_needed(c->comparisons))
            : memory_text("%s", word);
    return linked(c->arm, plain, memory_text("%s", word));
}

struct table_cell cells_interval(const void *row)
{
    const struct comparison *c = comparison_of(row);
    if (c->interval.reason)
        return table_dash();
    char *plain = decimal_interval(c->interval.low, c->interval.high, c->endpoint->decimals);
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
