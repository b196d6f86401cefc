#include "report/weight_search.h"

#include "network/model_size.h"
#include "report/registered.h"
#include "report/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_SEED = 7, DRAWS = 8, RUNGS = 3 };

static const char folder[] = "weight-search";

/* How a contender finds its result: it tries draws rung by rung, and keeps the best ones for the next
 * rung. Without rungs it is one run of the arm of its name. */
static const struct plan {
    const char *name;
    struct {
        int epochs, draws;
    } rung[RUNGS];
} plans[CONTENDERS] = {
    [CONTENDER_SEARCH] = {.name = "search"},
    [CONTENDER_UNIFORM] = {.name = "uniform"},
    [CONTENDER_RANDOM_1] = {"random-1", {{10, 1}}},
    [CONTENDER_RANDOM_4] = {"random-4", {{10, 4}}},
    [CONTENDER_HALVING] = {"halving", {{1, DRAWS}, {3, 4}, {10, 2}}},
    [CONTENDER_BASIS] = {.name = "basis"},
};

/* ---- Runs --------------------------------------------------------------------------------- */

/* What is spent for one result while it is gathered. */
struct spending {
    const struct weight_search *search;
    long seed;
    double hours;
    struct text lines;
};

/* NULL where the run is not there yet. */
static const struct log *spend(struct spending *spending, const char *name)
{
    const struct arm *arm = ledger_find_arm(&spending->search->arms, name);
    const struct log *log = arm ? ledger_log_of(arm, spending->seed) : NULL;
    if (log) {
        spending->hours += ledger_logged_hours(log);
        text_add(&spending->lines, "%s\t%d\n", log->path, ledger_last_line(log));
    }
    return log;
}

static double loss_of(const struct log *log)
{
    return log->status == LOG_FINISHED ? log->rows[log->row_count - 1].train_loss : INFINITY;
}

/* Sort draws, at most DRAWS, by the loss of their runs of so many epochs. The best run; NULL where
 * one is missing. */
static const struct log *try_draws(struct spending *spending, int epochs, int *draws, int count)
{
    const struct log *logs[DRAWS];
    for (int i = 0; i < count; i++) {
        const int draw = draws[i];
        char *name = memory_text("%s/draws/e%d/r%d", folder, epochs, draw);
        const struct log *log = spend(spending, name);
        free(name);
        if (!log)
            return NULL;
        int at = i;
        for (; at > 0 && (loss_of(log) < loss_of(logs[at - 1]) ||
                          (!(loss_of(log) > loss_of(logs[at - 1])) && draw < draws[at - 1]));
             at--) {
            logs[at] = logs[at - 1];
            draws[at] = draws[at - 1];
        }
        logs[at] = log;
        draws[at] = draw;
    }
    return logs[0];
}

/* The result of a plan with rungs; NULL where a run is missing. */
static const struct log *best_draw(struct spending *spending, const struct plan *plan)
{
    int draws[DRAWS];
    const struct log *best = NULL;
    const int count = plan->rung[0].draws, first = (int)(spending->seed - FIRST_SEED);
    for (int i = 0; i < count; i++)
        draws[i] = 1 + (count == DRAWS ? i : (first + i) % DRAWS);
    for (int r = 0; r < RUNGS && plan->rung[r].draws; r++) {
        best = try_draws(spending, plan->rung[r].epochs, draws, plan->rung[r].draws);
        if (!best)
            return NULL;
    }
    return best;
}

/* As the ledger sorts an arm's logs: seed-10 before seed-7. */
static int by_name(const void *left, const void *right)
{
    const struct log *a = left, *b = right;
    return strcmp(strrchr(a->path, '/'), strrchr(b->path, '/'));
}

static void gather(struct weight_search *search, const struct plan *plan)
{
    struct contender *contender = &search->contender[plan - plans];
    for (int i = 0; i < SEARCH_SEEDS; i++) {
        struct spending spending = {.search = search, .seed = FIRST_SEED + i};
        const struct log *log = plan->rung[0].draws ? best_draw(&spending, plan)
                                                    : spend(&spending, contender->arm.name);
        if (log) {
            contender->hours[i] = spending.hours;
            contender->results[contender->arm.count++] = *log;
            text_add(&contender->spent, "%s", spending.lines.bytes);
        }
        free(spending.lines.bytes);
    }
    qsort(contender->results, contender->arm.count, sizeof *contender->results, by_name);
    ledger_summarise(&contender->arm);
}

/* ---- Counts ------------------------------------------------------------------------------- */

static double training_macs(const struct experiment *e)
{
    const struct model_size size = model_size_of(e);
    return e->epochs * (3 * (double)size.macs * (double)config_train_count(e) +
                        2 * (double)size.extra_macs * (double)config_steps_per_epoch(e));
}

static const struct experiment *find(const struct experiment_files *files, const char *name,
                                     struct error *error)
{
    char *arm = memory_text("%s/%s", folder, name);
    const struct experiment_file *file = ledger_find_experiment(files, arm);
    if (!file)
        error_set(error, "%s: the protocol's arm has no experiment; restore it", arm);
    free(arm);
    return file ? &file->experiment : NULL;
}

/* Add `count` runs of an arm to what a result takes. */
static int add_runs(struct contender *contender, const struct experiment_files *files,
                    const char *name, int count, struct error *error)
{
    const struct experiment *e = find(files, name, error);
    if (!e)
        return -1;
    contender->arm.experiment = e;
    contender->runs += count;
    contender->macs += count * training_macs(e);
    return 0;
}

static int count_runs(struct contender *contender, const struct plan *plan,
                      const struct experiment_files *files, struct error *error)
{
    if (plan->rung[0].draws == 0)
        return add_runs(contender, files, plan->name, 1, error);
    int status = 0;
    for (int r = 0; r < RUNGS && plan->rung[r].draws && status == 0; r++) {
        char *name = memory_text("draws/e%d/r1", plan->rung[r].epochs);
        status = add_runs(contender, files, name, plan->rung[r].draws, error);
        free(name);
    }
    return status;
}

/* ---- All contenders ----------------------------------------------------------------------- */

static void compare(struct weight_search *search)
{
    struct contender *own = search->contender, *rivals = own + CONTENDER_UNIFORM;
    for (struct contender *other = rivals; other < own + CONTENDERS; other++)
        if (other->arm.count) /* basis may have no run */
            other->comparison = comparison_of(&own->arm, &other->arm);
    comparison_holm(&rivals->comparison, sizeof *rivals, RIVALS, RIVALS);
}

int weight_search_collect(struct weight_search *search, const struct ledger *ledger,
                          const struct experiment_files *files, struct error *error)
{
    *search = (struct weight_search){.is_there =
                                         find(files, plans[CONTENDER_SEARCH].name, error) != NULL};
    for (int i = 0; i < CONTENDERS; i++)
        search->contender[i].comparison = comparison_none;
    if (!search->is_there)
        return 0;
    if (ledger_arms(ledger, folder, SCALE_DESK, SET_CIFAR10, &search->arms, error) != 0)
        return -1;
    for (int i = 0; i < CONTENDERS; i++) {
        struct contender *contender = &search->contender[i];
        contender->name = plans[i].name;
        contender->arm = (struct arm){.name = memory_text("%s/%s", folder, plans[i].name),
                                      .logs = contender->results,
                                      .is_gathered = plans[i].rung[0].draws > 0};
        if (count_runs(contender, &plans[i], files, error) != 0) {
            weight_search_free(search);
            return -1;
        }
        gather(search, &plans[i]);
        search->results += i == CONTENDER_BASIS ? 0 : contender->arm.count;
    }
    search->is_complete =
        search->results == SEARCH_SEEDS * (1 + RIVALS) &&
        !registered_is_sealed(ledger, files, search->contender[CONTENDER_SEARCH].arm.experiment);
    if (search->is_complete)
        compare(search);
    return 0;
}

void weight_search_free(struct weight_search *search)
{
    for (int i = 0; i < CONTENDERS; i++) {
        free((char *)search->contender[i].arm.name);
        free(search->contender[i].spent.bytes);
    }
    free(search->arms.arm);
    *search = (struct weight_search){0};
}

double weight_search_ratio(const struct contender *rival, const struct contender *search,
                           struct interval *interval)
{
    double ratio[SEARCH_SEEDS];
    for (int i = 0; i < SEARCH_SEEDS; i++)
        ratio[i] = rival->hours[i] / search->hours[i];
    *interval = statistics_t_interval(ratio, SEARCH_SEEDS, 0.95);
    return statistics_mean(ratio, SEARCH_SEEDS);
}

/* ---- The table ---------------------------------------------------------------------------- */

struct row {
    struct cells_row cells; /* first: what cells.h fills columns from; no arm: not complete */
    const struct contender *contender;
    int is_search, is_basis;
};

static TABLE_CELL(cell_name, struct row, table_text(at->contender->name));
static TABLE_CELL(cell_runs, struct row, table_integer(at->contender->runs));
static TABLE_CELL(cell_stored, struct row,
                  table_integer(model_size_of(at->contender->arm.experiment).stored));
static TABLE_CELL(cell_macs, struct row, cells_number(at->contender->macs / 1e12, "", 1));
static TABLE_CELL(cell_results, struct row,
                  table_cell(memory_text("%zu of %d", at->contender->arm.count, SEARCH_SEEDS),
                             NULL));
static TABLE_CELL(cell_verdict, struct row,
                  at->is_search   ? table_dash()
                  : at->is_basis  ? table_text("exploratory")
                  : at->cells.arm ? cells_verdict(row)
                                  : table_text("sealed"));

static const struct table_column columns[] = {
    {"name", "Contender", 'l', NULL, TABLE_ALL, cell_name},
    {"stored", "Stored", 'r', NULL, TABLE_ALL, cell_stored},
    {"runs per result", "Runs", 'r', NULL, TABLE_ALL, cell_runs},
    {"training multiply-adds (10^12)", "$10^{12}$ MACs", 'r', NULL, TABLE_ALL, cell_macs},
    {"results", "Results", 'r', NULL, TABLE_ALL, cell_results},
};

static const struct table_column last_column = {"verdict", "Verdict", 'l',
                                                NULL,      TABLE_ALL, cell_verdict};

static void fill(const struct weight_search *search, struct table *table)
{
    for (int i = 0; i < CONTENDERS; i++) {
        const struct contender *contender = &search->contender[i];
        const int shown = search->is_complete && contender->arm.count;
        const struct row row = {.cells = {shown ? &contender->arm : NULL, &contender->comparison},
                                .contender = contender,
                                .is_search = i == CONTENDER_SEARCH,
                                .is_basis = i == CONTENDER_BASIS};
        table_add_row(table, &row);
    }
}

static void add_notes(const struct weight_search *search, struct text *text)
{
    text_add(
        text,
        "\n"
        "search: one run that chooses its rows. uniform: the same u in every layer. random-1: one "
        "draw of rows per layer. random-4: the best\nof four draws. halving: eight draws of 1 "
        "epoch, four of 3, two of 10. Draws are chosen by training loss. basis: the search's rows\n"
        "without a choice.\n"
        "training multiply-adds: by count, of all runs that one result takes.\n"
        "difference (points): search minus the contender of the row, mean over the results; below "
        "0 is better. 95%% Student-t interval.\n"
        "Holm p: of the exact two-sided sign-flip test, over the four rivals.\n"
        "Results: %zu of %d of search and rivals. Nothing is compared before all are there.\n",
        search->results, SEARCH_SEEDS * (1 + RIVALS));
}

void weight_search_write(const struct weight_search *search, const char *out)
{
    static const char name[] = "table-weight-search";
    struct table table;
    struct text text = {0};
    table_begin(&table, columns, COUNT(columns));
    cells_add_result_columns(&table);
    table_add_columns(&table, &last_column, 1);
    if (search->is_there)
        fill(search, &table);
    else
        table_add_heading(&table, TABLE_NARROW, "no experiment below weight-search/ yet");
    text_add(&text,
             "%s: does Weight Net's search find better rows than its rivals do? Registered in\n"
             "experiments/weight-search/PROTOCOL.md (scale: desk); test error (%%) of the last "
             "epoch\n\n",
             name);
    table_write_text(&table, &text);
    if (search->is_there)
        add_notes(search, &text);
    table_write_out(out, name, ".txt", &text);
    table_write_files(out, name, &table, "tabular");
    table_write_values(out, name, &table);
    table_free(&table);
    struct text macros = {0};
    text_add(&macros, "\\newcommand{\\SearchResults}{%zu}\n\\newcommand{\\SearchNeeded}{%d}\n",
             search->results, SEARCH_SEEDS * (1 + RIVALS));
    table_write_out(out, "weight-search-macros", ".tex", &macros);
}
