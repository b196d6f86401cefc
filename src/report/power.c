#define _XOPEN_SOURCE 700
#include "report/power.h"

#include "base/decimal.h"
#include "base/statistics.h"
#include "base/t_power.h"
#include "report/cells.h"
#include "report/registered.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct sources {
    struct ledger ledger;
    struct experiment_files files;
    struct questions questions;
};

static void free_sources(struct sources *sources)
{
    questions_free(&sources->questions);
    ledger_free_experiments(&sources->files);
    ledger_free(&sources->ledger);
}

static int read_sources(const struct power_options *options, struct sources *sources,
                        struct error *error)
{
    *sources = (struct sources){0};
    if (ledger_read(options->project.results, options->project.published, &sources->ledger,
                    error) != 0)
        return -1;
    if (ledger_read_experiments(options->project.experiments, &sources->files, error) != 0) {
        ledger_free(&sources->ledger);
        return -1;
    }
    sources->questions = questions_of_files(&sources->files);
    return 0;
}

/* ---- What the logs say -------------------------------------------------------------------- */

/* Squares around the mean of each comparison, and their degrees of freedom. */
struct variance {
    double squares, freedom;
};

static double sd_of(struct variance variance)
{
    return variance.freedom > 0 ? sqrt(variance.squares / variance.freedom) : NAN;
}

/* The planned pairs of the comparison that has the fewest. */
static size_t planned_of(const struct power_options *options, const struct question *question)
{
    size_t planned = SIZE_MAX;
    for (size_t i = 0; i < question->count; i++) {
        long first, last, other_first, other_last;
        options->seeds(question->pair[i].arm, &first, &last);
        options->seeds(question->pair[i].control, &other_first, &other_last);
        first = first > other_first ? first : other_first;
        last = last < other_last ? last : other_last;
        const size_t seeds = last < first ? 0 : (size_t)(last - first + 1);
        planned = seeds < planned ? seeds : planned;
    }
    return planned;
}

/* Whether the runs of one of its arms are sealed. */
static int is_sealed(const struct sources *sources, const struct question *question)
{
    for (size_t i = 0; i < question->count; i++) {
        const struct question_pair *pair = &question->pair[i];
        if (registered_is_sealed(&sources->ledger, &sources->files, pair->arm) ||
            registered_is_sealed(&sources->ledger, &sources->files, pair->control))
            return 1;
    }
    return 0;
}

/* Add the variance of the question's pairs; a sealed question is only counted. Returns the pairs of the
 * comparison with the fewest. */
static size_t pairs_of(const struct sources *sources, const struct question *question,
                       struct variance *variance)
{
    const int may_see = !is_sealed(sources, question);
    size_t fewest = SIZE_MAX;
    for (size_t i = 0; i < question->count; i++) {
        const struct arm control = ledger_runs_of(&sources->ledger, question->pair[i].control->arm),
                         arm = ledger_runs_of(&sources->ledger, question->pair[i].arm->arm);
        size_t count;
        double *errors = comparison_errors((const struct arm *const[]){&control, &arm}, 2, &count);
        for (size_t s = 0; s < count; s++)
            errors[s] = errors[count + s] - errors[s];
        const double sd = may_see ? statistics_sd(errors, count) : NAN;
        if (isfinite(sd)) {
            variance->squares += sd * sd * (double)(count - 1);
            variance->freedom += (double)(count - 1);
        }
        fewest = count < fewest ? count : fewest;
        free(errors);
    }
    return fewest;
}

/* Whether two experiments train the same network on the same images for the same epochs. */
static int is_alike(const struct question *a, const struct question *b)
{
    const struct experiment *x = a->pair->control, *y = b->pair->control;
    char *one = ledger_network(x), *other = ledger_network(y);
    const int alike = x->set == y->set && x->epochs == y->epochs && strcmp(one, other) == 0;
    free(one);
    free(other);
    return alike;
}

static struct variance variance_alike(const struct sources *sources,
                                      const struct question *question)
{
    struct variance variance = {0, 0};
    for (size_t i = 0; i < sources->questions.count; i++)
        if (is_alike(&sources->questions.question[i], question))
            pairs_of(sources, &sources->questions.question[i], &variance);
    return variance;
}

/* ---- The table ---------------------------------------------------------------------------- */

/* A line of the table. */
struct power {
    const struct question *question;
    size_t planned, needed, pairs;
    struct variance variance; /* of its own pairs, or of those of similar arms */
    int own;
    size_t n;     /* pairs for the effect; 0: not known */
    double finds; /* NAN: not known, or not testable */
};

static struct power power_of(const struct power_options *options, const struct sources *sources,
                             const struct question *question)
{
    struct power power = {.question = question,
                          .planned = planned_of(options, question),
                          .needed = statistics_pairs_needed(question->count),
                          .finds = NAN};
    power.pairs = pairs_of(sources, question, &power.variance);
    power.own = power.variance.freedom > 0;
    if (!power.own)
        power.variance = variance_alike(sources, question);
    const double sd = sd_of(power.variance), level = STATISTICS_LEVEL / (double)question->count;
    if (!(sd > 0))
        return power;
    power.n = t_power_pairs(options->effect, sd, level, options->power);
    power.n = power.n && power.n < power.needed ? power.needed : power.n;
    if (power.planned >= power.needed)
        power.finds = t_power_effect(power.planned, sd, level, options->power);
    return power;
}

static TABLE_CELL(cell_question, struct power, table_text(at->question->name));

static struct table_cell integer(size_t value)
{
    return table_cell(memory_text("%zu", value), NULL);
}

static TABLE_CELL(cell_comparisons, struct power, integer(at->question->count));
static TABLE_CELL(cell_planned, struct power, integer(at->planned));
static TABLE_CELL(cell_needed, struct power, integer(at->needed));
static TABLE_CELL(cell_least_p, struct power,
                  cells_number(statistics_least_p(at->planned, at->question->count), "", 4));
static TABLE_CELL(cell_pairs, struct power, integer(at->pairs));

/* "0.39 (20)", with the degrees of freedom. */
static struct table_cell cell_sd(const void *row)
{
    const struct power *at = row;
    if (!(at->variance.freedom > 0))
        return table_dash();
    char *sd = decimal_text(sd_of(at->variance), "", 2);
    char *text = memory_text("%s%s (%g)", at->own ? "" : "~", sd, at->variance.freedom);
    free(sd);
    return table_cell(text, NULL);
}

static TABLE_CELL(cell_n, struct power, at->n ? integer(at->n) : table_dash());
static TABLE_CELL(cell_finds, struct power, cells_number(at->finds, "", 2));
static TABLE_CELL(cell_can_conclude, struct power,
                  at->planned < at->needed
                      ? table_cell(memory_text("not testable (needs n = %zu)", at->needed), NULL)
                      : table_text("testable"));

static int is_in(const struct question *question, const struct power_options *options,
                 const struct experiment_files *files)
{
    int found = !options->part;
    char *wanted = found ? NULL : realpath(options->part, NULL);
    for (size_t i = 0; i < question->count && wanted && !found; i++) {
        const char *path = ledger_find_experiment(files, question->pair[i].arm->arm)->path;
        char *there = realpath(path, NULL);
        found = there && (strcmp(there, wanted) == 0 || ledger_is_below(there, wanted));
        free(there);
    }
    free(wanted);
    return found && !question->is_null;
}

static void write_notes(const struct power_options *options, struct text *text)
{
    text_add(text,
             "\ncomparisons: of one question, one family of Holm's. planned: pairs to be run. "
             "needed: pairs from which on there can be evidence.\n"
             "least p: the lowest that the planned pairs can reach: the exact sign-flip test's "
             "2/2^n, times the comparisons (Holm).\n"
             "pairs: that are there. sd: of the difference of a pair, points (degrees of "
             "freedom), pooled over the question's comparisons;\n"
             "~: of other pairs on the same images, network and epochs; -: none. A registered "
             "question shows its own when all its runs are there.\n"
             "n for %g: pairs that find a difference of %g points with a power of %g; finds: what "
             "the planned pairs find with it, points.\n"
             "Both are of a paired t test at %g / comparisons, by the noncentral t, as if the sd "
             "were the true one. A trend over k is one\ncomparison more, a question of its own: 6 "
             "pairs are needed.\n",
             options->effect, options->effect, options->power, STATISTICS_LEVEL);
}

int power_write(const struct power_options *options, FILE *out, struct error *error)
{
    struct sources sources;
    if (read_sources(options, &sources, error) != 0)
        return -1;
    char *effect = memory_text("n for %g", options->effect);
    const struct table_column columns[] = {
        {"question", NULL, 'l', NULL, TABLE_TEXT, cell_question},
        {"comparisons", NULL, 'r', NULL, TABLE_TEXT, cell_comparisons},
        {"planned", NULL, 'r', NULL, TABLE_TEXT, cell_planned},
        {"needed", NULL, 'r', NULL, TABLE_TEXT, cell_needed},
        {"least p", NULL, 'r', NULL, TABLE_TEXT, cell_least_p},
        {"pairs", NULL, 'r', NULL, TABLE_TEXT, cell_pairs},
        {"sd", NULL, 'r', NULL, TABLE_TEXT, cell_sd},
        {effect, NULL, 'r', NULL, TABLE_TEXT, cell_n},
        {"finds", NULL, 'r', NULL, TABLE_TEXT, cell_finds},
        {"can conclude", NULL, 'l', NULL, TABLE_TEXT, cell_can_conclude},
    };
    struct table table;
    table_begin(&table, columns, COUNT(columns));
    size_t shown = 0;
    for (size_t i = 0; i < sources.questions.count; i++) {
        const struct question *question = &sources.questions.question[i];
        if (!is_in(question, options, &sources.files))
            continue;
        const struct power power = power_of(options, &sources, question);
        table_add_row(&table, &power);
        shown++;
    }
    if (shown) {
        struct text text = {0};
        table_write_text(&table, &text);
        write_notes(options, &text);
        fputs(text.bytes, out);
        free(text.bytes);
    }
    table_free(&table);
    free(effect);
    free_sources(&sources);
    return shown ? 0
                 : error_set(error,
                             "%s: no comparison; name an arm that is compared, or a folder of such "
                             "arms",
                             options->part ? options->part : options->project.experiments);
}
