#include "report/plot_studies.h"

#include "base/memory.h"
#include "network/model_size.h"
#include "report/comparison.h"
#include "report/question.h"
#include "report/registered.h"
#include "report/study.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* An arm that no protocol registered. */
static const struct arm *find(const struct arms *arms, const char *name)
{
    const struct arm *arm = ledger_find_arm(arms, name);
    return arm && !registered_is(arm->experiment) ? arm : NULL;
}

/* ---- Differences -------------------------------------------------------------------------- */

/* A family with its rows, which it takes over; nothing without any, since gnuplot warns of empty
 * blocks. */
static void add_family(struct text *text, int panel, const char *what, struct text *rows)
{
    if (rows->length)
        text_add(text, "%s# family: %d | %s\n# label\tpairs\tmean\tlow\thigh\n%s",
                 text->length ? "\n\n" : "", panel, what, rows->bytes);
    free(rows->bytes);
}

/* Takes the label over. Adds nothing if the two have no pair, or are the same training. */
static void add_difference(struct text *text, char *label, const struct arm *arm,
                           const struct arm *control)
{
    const struct comparison difference = comparison_of(arm, control);
    if (isfinite(difference.mean) && !comparison_is_one_training(arm, control)) {
        text_add(text, "\"%s\"\t%zu", label, difference.pairs);
        plot_add_difference(text, &difference);
        text_add(text, "\n");
    }
    free(label);
}

static void add_groups(struct text *text, const struct plot_groups *groups)
{
    struct text rows = {0};
    for (size_t g = 0; g < groups->count; g++) {
        const struct plot_group *group = &groups->group[g];
        const struct experiment *e = group->arm[0]->experiment;
        char *network = ledger_network(e);
        for (size_t a = 1; a < group->count; a++)
            add_difference(&rows,
                           memory_text("%s, %s, %d epochs, k = %g", config_set_name(e), network,
                                       e->epochs, group->arm[a]->experiment->k),
                           group->arm[a], group->arm[0]);
        free(network);
    }
    add_family(text, 1, "k", &rows);
}

static int compare_rows(const void *left, const void *right)
{
    const struct arm *const *a = left, *const *b = right;
    const struct experiment *x = (*a)->experiment, *y = (*b)->experiment;
    if (x->weights != y->weights)
        return x->weights < y->weights ? -1 : 1;
    if (x->rows != y->rows)
        return x->rows < y->rows ? -1 : 1;
    if (x->channels != y->channels)
        return x->channels < y->channels ? -1 : 1;
    return strcmp((*a)->name, (*b)->name);
}

/* The arms of some kinds directly in a folder, against one of them. They are sorted by
 * compare_rows(); or, if the labels show the epochs, as in the ledger. */
struct folder_family {
    int panel, shows_epochs;
    const char *folder, *control, *what;
    int kinds;
};

/* The kinds of arms, as bits. */
enum {
    ORDINARY = 1,
    EXPANSION = 2,
    BANK = 4,
    NULL_CONTROL = 8, /* question.h */
    SEARCH = 16,
    DRAWN_BANK = 32, /* with rows per layer */
    BLOCKS = EXPANSION | BANK | NULL_CONTROL | SEARCH | DRAWN_BANK,
    FIRST_DRAWS = ORDINARY | BLOCKS, /* with k = 1 and the seed 0 of the fixed weights */
    OTHER_DRAW = 64,                 /* with another seed */
    OTHER_K = 128,
    ALL = FIRST_DRAWS | OTHER_DRAW | OTHER_K
};

static int kind_of(const struct experiment *e)
{
    return e->k != 1                         ? OTHER_K
           : e->weights_seed != 0            ? OTHER_DRAW
           : e->weights == WEIGHTS_FREE      ? ORDINARY
           : e->weights == WEIGHTS_SEARCH    ? SEARCH
           : question_is_null_control(e)     ? NULL_CONTROL
           : e->weights == WEIGHTS_EXPANSION ? EXPANSION
           : e->budget != 0                  ? DRAWN_BANK
                                             : BANK;
}

static int add_folder(struct text *text, const struct ledger *ledger,
                      const struct folder_family *family, struct error *error)
{
    struct arms arms;
    if (ledger_arms(ledger, family->folder, SCALE_DESK, SET_CIFAR10, &arms, error) != 0)
        return -1;
    const struct arm *control = find(&arms, family->control);
    const struct arm **row = memory_zeroed(arms.count, sizeof *row);
    size_t count = 0;
    for (size_t a = 0; control && a < arms.count; a++)
        if (&arms.arm[a] != control && (kind_of(arms.arm[a].experiment) & family->kinds) &&
            ledger_short_name(arms.arm[a].name) == arms.arm[a].name + strlen(family->folder) + 1)
            row[count++] = &arms.arm[a];
    if (!family->shows_epochs)
        qsort(row, count, sizeof *row, compare_rows);
    struct text rows = {0};
    for (size_t i = 0; i < count; i++) {
        const char *name = ledger_short_name(row[i]->name);
        add_difference(&rows,
                       family->shows_epochs
                           ? memory_text("%s, %d epochs", name, row[i]->experiment->epochs)
                           : memory_text("%s", name),
                       row[i], control);
    }
    add_family(text, family->panel, family->what, &rows);
    free(row);
    free(arms.arm);
    return 0;
}

static int write_differences(const struct ledger *ledger, const struct plot_groups *groups,
                             const char *out, struct error *error)
{
    static const struct folder_family families[] = {
        {1, 1, "schedules/k2.0", "schedules/k2.0/linear", "base, at the mean rate of k = 2", ALL},
        {1, 1, "schedules/k3.0", "schedules/k3.0/linear", "base, at the mean rate of k = 3", ALL},
        {1, 0, "precision", "precision/f32", "precision, 10 epochs", FIRST_DRAWS},
        {1, 0, "pad-net", "pad-net/zero", "padding, 10 epochs", FIRST_DRAWS},
        {1, 0, "pad-net/crop-reflect", "pad-net/crop-reflect/zero", "padding, mirrored crops",
         FIRST_DRAWS},
        {2, 0, "weight-net", "weight-net/ordinary-c16", "Weight Block", BLOCKS},
        {2, 0, "weight-net", "weight-net/ordinary-c16", "channels", ORDINARY},
        {2, 0, "weight-net", "weight-net/bank-u32", "other draw", OTHER_DRAW},
    };
    struct text text = {0};
    add_groups(&text, groups);
    int status = 0;
    for (size_t f = 0; f < COUNT(families) && status == 0; f++)
        status = add_folder(&text, ledger, &families[f], error);
    if (status == 0)
        plot_write(out, "differences", &text);
    else
        free(text.bytes);
    return status;
}

/* ---- Bases by mean rate ------------------------------------------------------------------- */

static int write_rate_map(const struct ledger *ledger, const struct experiment_files *experiments,
                          const char *out, struct error *error)
{
    static const char *const columns[] = {"schedules/plain", "schedules/k2.0", "schedules/k3.0"};
    struct study study;
    if (study_collect(&study, ledger, experiments, "schedules", "linear", "schedules/plain",
                      error) != 0)
        return -1;
    struct text text = {0};
    text_add(&text, "# base\tcolumn\tpairs\tdifference\n");
    for (size_t i = 0; i < study.count; i++) {
        const struct study_row *row = &study.row[i];
        for (size_t c = 0; c < COUNT(columns); c++)
            if (ledger_is_below(row->experiment->arm, columns[c])) {
                const struct comparison difference = comparison_of(row->arm, study.row->arm);
                text_add(&text, "%s\t%zu\t%zu", study_short_name(row), c, difference.pairs);
                plot_add_number(&text, difference.mean);
                text_add(&text, "\n");
            }
    }
    study_free(&study);
    plot_write(out, "rate-map", &text);
    return 0;
}

/* ---- Arms that differ in their numbers of parameters --------------------------------------- */

static int compare_stored(const void *left, const void *right)
{
    const struct arm *const *a = left, *const *b = right;
    const long long x = model_size_of((*a)->experiment).stored,
                    y = model_size_of((*b)->experiment).stored;
    return x != y ? (x > y) - (x < y) : compare_rows(left, right);
}

/* "u = 32", "8 channels"; of a search its name, since its rows are not the same in all layers. */
static char *label_of(const struct experiment *e)
{
    return e->weights == WEIGHTS_FREE ? memory_text("%d channels", e->channels)
           : e->budget != 0           ? memory_text("%s", ledger_short_name(e->arm))
                                      : memory_text("u = %d", e->rows);
}

static void add_point(struct text *text, struct plot_tally *tally, const struct arm *arm)
{
    const struct model_size size = model_size_of(arm->experiment);
    char *label = label_of(arm->experiment);
    plot_count(tally, arm);
    text_add(text, "%s\t%lld", label, size.stored);
    plot_add_number(text, (double)size.macs * (1 + size.extra_share));
    text_add(text, "\t%zu", arm->count);
    plot_add_number(text, arm->mean);
    plot_add_number(text, arm->sd);
    text_add(text, "\n");
    free(label);
}

/* The number of its arms that have a mean to draw. */
static size_t add_series(struct text *text, struct plot_tally *tally, const struct arms *arms,
                         const char *name, int kind, const struct arm *ordinary)
{
    const struct arm **series = memory_zeroed(arms->count, sizeof *series);
    size_t count = 0, shown = 0;
    for (size_t a = 0; a < arms->count; a++) {
        const struct arm *arm = &arms->arm[a];
        if (kind_of(arm->experiment) == kind &&
            (arm == ordinary || !ordinary || !comparison_is_one_training(arm, ordinary)))
            series[count++] = arm;
    }
    qsort(series, count, sizeof *series, compare_stored);
    if (count)
        text_add(text, "\n\n# series: %s\n# label\tstored\tmacs\tn\tmean\tsd\n", name);
    for (size_t a = 0; a < count; a++) {
        add_point(text, tally, series[a]);
        shown += isfinite(series[a]->mean) ? 1 : 0;
    }
    free(series);
    return shown;
}

static void add_panel(struct text *text, const struct experiment *experiment,
                      const struct plot_tally *tally)
{
    struct experiment ordinary = *experiment;
    ordinary.weights = WEIGHTS_FREE;
    ordinary.rows = ordinary.weights_seed = ordinary.budget = ordinary.rows_draw = 0;
    ordinary.channels = 16;
    char *network = ledger_network(&ordinary);
    text_add(text, "# panel: %s, %s | %d epochs | ", config_set_name(&ordinary), network,
             ordinary.epochs);
    free(network);
    plot_add_tally(text, tally);
}

static int write_parameters(const struct ledger *ledger, const char *out, struct error *error)
{
    static const struct {
        const char *name;
        int kind;
    } own[] = {{"expansion", EXPANSION},
               {"null-control", NULL_CONTROL},
               {"bank", BANK},
               {"ordinary", ORDINARY}};
    struct arms arms, searches;
    if (ledger_arms(ledger, "weight-net", SCALE_DESK, SET_CIFAR10, &arms, error) != 0)
        return -1;
    if (ledger_arms(ledger, "weight-search", SCALE_DESK, SET_CIFAR10, &searches, error) != 0) {
        free(arms.arm);
        return -1;
    }
    const struct arm *ordinary = find(&arms, "weight-net/ordinary-c16");
    struct text all = {0}, series = {0};
    struct plot_tally tally = {0}, others = {0};
    size_t shown = 0;
    for (size_t i = 0; i < COUNT(own); i++)
        shown += add_series(&series, &tally, &arms, own[i].name, own[i].kind, ordinary);
    add_series(&series, &others, &searches, "search", SEARCH, NULL);
    if (shown) {
        add_panel(&all, arms.arm->experiment, &tally);
        text_add(&all, "%s", series.bytes);
    }
    free(series.bytes);
    free(searches.arm);
    free(arms.arm);
    plot_write(out, "error-parameters", &all);
    return 0;
}

int plot_studies_write(const struct ledger *ledger, const struct experiment_files *experiments,
                       const struct plot_groups *groups, const char *out, struct error *error)
{
    return write_differences(ledger, groups, out, error) != 0 ||
                   write_rate_map(ledger, experiments, out, error) != 0 ||
                   write_parameters(ledger, out, error) != 0
               ? -1
               : 0;
}
