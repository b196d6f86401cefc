#include "report/claims.h"

#include "experiment/schedule.h"
#include "report/cells.h"
#include "report/claims_counts.h"
#include "report/claims_runs.h"
#include "report/claims_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *set_of(const struct thesis_table *table)
{
    const struct experiment any = {.set = (int)table->set};
    return config_set_name(&any);
}

static char *name_of(const struct thesis_table *table, const struct published_row *row)
{
    return memory_text("%s, %s %s, k = %g", set_of(table), row->network, row->depth, row->k);
}

static int is_sgdr(const char *network)
{
    return strstr(network, "SGDR") != NULL;
}

/* Call `visit` with every row of the thesis's tables. */
static void each_row(struct sheet *sheet,
                     void (*visit)(struct sheet *sheet, const struct thesis_table *table,
                                   const struct published_row *row, void *state),
                     void *state)
{
    for (size_t t = 0; t < sheet->sources->table_count; t++) {
        const struct thesis_table *table = &sheet->sources->tables[t];
        for (size_t i = 0; i < table->published.count; i++)
            visit(sheet, table, &table->published.rows[i], state);
    }
}

/* A row of the thesis's table: original, ours, and how much lower that is. */
static void add_own_row(struct sheet *sheet, const struct thesis_table *table,
                        const struct published_row *row, const char *says)
{
    sheet_add_row(
        sheet, OWN, name_of(table, row), sheet_printed(table, row, "original", row->original),
        sheet_printed(table, row, "ours", row->ours),
        sheet_delta(sheet, table, row, NULL, published_value_id(&table->published, row, "delta")),
        says);
}

/* ---- C1: any differentiable decay --------------------------------------------------------- */

/* To the last bit. */
static int base_holds(const struct decay *decay)
{
    enum { STEPS = 200 };
    static const double ks[] = {1.5, 2, 3, 5};
    struct schedule schedule = {.decay = decay,
                                .shape = config_default_shape(),
                                .lr = 1,
                                .k = 1,
                                .steps = STEPS,
                                .steps_per_epoch = 1};
    schedule.shape.hold = 0.8;
    schedule.shape.rise = 0.1;
    schedule.shape.ratio = 1e-3;
    schedule.shape.drop_factor = 0.1;
    schedule.shape.drop_count = 1;
    schedule.shape.drop_at = 2;
    schedule.shape.drop[0] = 1;
    for (int t = 0; t <= STEPS; t++) {
        const long double length = STEPS;
        if (schedule_lr(&schedule, t) !=
            (double)decay->value(&schedule.shape, t / length, (STEPS - t) / length))
            return 0;
    }
    const double first = schedule_lr(&schedule, 0), last = schedule_lr(&schedule, STEPS);
    for (size_t i = 0; i < COUNT(ks); i++) {
        schedule.k = ks[i];
        if (schedule_lr(&schedule, 0) != first || schedule_lr(&schedule, STEPS) != last)
            return 0;
    }
    return 1;
}

static char *c1_computed(struct sheet *sheet)
{
    size_t good = 0;
    for (size_t i = 0; i < decay_count; i++)
        good += base_holds(&decays[i]) ? 1 : 0;
    const char *word = good == decay_count ? "holds" : "fails";
    sheet_add_row(sheet, COMPUTED,
                  memory_text("bases built in; those that keep end points and k = 1"),
                  cells_number((double)decay_count, "", 0), cells_number((double)good, "", 0),
                  table_dash(), word);
    return memory_text("%s", word);
}

/* ---- C2: the larger k, the better --------------------------------------------------------- */

static void find_other_k(struct sheet *sheet, const struct thesis_table *table,
                         const struct published_row *row, void *state)
{
    (void)sheet;
    for (size_t i = 0; i < table->published.count; i++) {
        const struct published_row *other = &table->published.rows[i];
        if (strcmp(other->network, row->network) == 0 && strcmp(other->depth, row->depth) == 0 &&
            (other->k < row->k || other->k > row->k))
            *(int *)state = 1;
    }
}

static char *c2_own(struct sheet *sheet)
{
    int two = 0;
    each_row(sheet, find_other_k, &two);
    return memory_text(two ? "see numbers" : "says nothing");
}

/* ---- C3: the largest gain ----------------------------------------------------------------- */

static int above(double gain, double limit)
{
    return gain > limit + 1e-9; /* both are decimals, the gain of a subtraction */
}

static void add_gain(struct sheet *sheet, const struct thesis_table *table,
                     const struct published_row *row, void *state)
{
    const double gain = row->original - row->ours, limit = sheet->claim->limit;
    if (above(limit, gain))
        return;
    *(int *)state |= above(gain, limit);
    add_own_row(sheet, table, row, above(gain, limit) ? "above the limit" : "the limit");
}

static char *c3_own(struct sheet *sheet)
{
    int broken = 0;
    each_row(sheet, add_gain, &broken);
    return sheet_consistency(broken);
}

static const struct literature_row *fair_of(const struct sheet *sheet,
                                            const struct thesis_table *table,
                                            const struct published_row *row)
{
    return published_find(sheet->sources->literature, set_of(table), row->network, row->depth,
                          "fair");
}

static void find_largest(struct sheet *sheet, const struct thesis_table *table,
                         const struct published_row *row, void *state)
{
    const struct literature_row *fair = fair_of(sheet, table, row);
    double *largest = state;
    if (fair)
        *largest = fmax(*largest, fair->error - row->ours);
}

static void add_fair_gain(struct sheet *sheet, const struct thesis_table *table,
                          const struct published_row *row, void *state)
{
    const struct literature_row *fair = fair_of(sheet, table, row);
    const double *largest = state;
    if (!fair)
        return;
    sheet_add_row(sheet, FAIR, name_of(table, row), sheet_literature(sheet, fair),
                  sheet_printed(table, row, "ours", row->ours),
                  sheet_delta(sheet, table, row, fair,
                              published_value_id(&table->published, row, "delta-fair")),
                  fair->error - row->ours < *largest ? "-" : "the largest");
}

static char *c3_fair(struct sheet *sheet)
{
    double largest = -INFINITY;
    each_row(sheet, find_largest, &largest);
    if (!isfinite(largest))
        return memory_text("no fair baseline");
    each_row(sheet, add_fair_gain, &largest);
    return sheet_consistency(above(largest, sheet->claim->limit));
}

/* ---- C4: against SGDR --------------------------------------------------------------------- */

static void add_sgdr_row(struct sheet *sheet, const struct thesis_table *table,
                         const struct published_row *row, void *state)
{
    if (!is_sgdr(row->network))
        return;
    const int lower = row->ours < row->original;
    *(int *)state |= !lower;
    add_own_row(sheet, table, row, lower ? "lower" : "not lower");
}

static char *c4_own(struct sheet *sheet)
{
    int broken = 0;
    each_row(sheet, add_sgdr_row, &broken);
    return sheet_consistency(broken);
}

/* What the SGDR paper prints for the row's network. */
static void add_sgdr_literature(struct sheet *sheet, const struct thesis_table *table,
                                const struct published_row *row, void *state)
{
    const struct literature *literature = sheet->sources->literature;
    for (size_t i = 0; is_sgdr(row->network) && i < literature->count; i++) {
        const struct literature_row *other = &literature->rows[i];
        if (strcmp(other->set, set_of(table)) != 0 || strcmp(other->network, row->network) != 0 ||
            strcmp(other->depth, row->depth) != 0)
            continue;
        *(int *)state |= strstr(other->role, "fair") != NULL;
        char *delta = published_value_id(&table->published, row, "delta");
        char *id = literature_value_id(other);
        sheet_add_row(sheet, FAIR,
                      memory_text("%s, %s: %s", set_of(table), row->depth, other->setting),
                      sheet_literature(sheet, other), sheet_printed(table, row, "ours", row->ours),
                      sheet_delta(sheet, table, row, other, memory_text("%s:%s", delta, id)),
                      strstr(other->role, "cited") ? "cited by the thesis" : "-");
        free(id);
        free(delta);
    }
}

static char *c4_fair(struct sheet *sheet)
{
    int fair = 0;
    each_row(sheet, add_sgdr_literature, &fair);
    return memory_text(fair ? "see numbers" : "no fair baseline");
}

/* ---- T1: the column of parameters --------------------------------------------------------- */

/* FOLDER itself or FOLDER-ANYTHING. */
static int serves(const struct experiment *experiment, const char *folder)
{
    const size_t length = strlen(folder);
    return experiment->scale == SCALE_FULL && strncmp(experiment->arm, folder, length) == 0 &&
           (experiment->arm[length] == '/' || experiment->arm[length] == '-');
}

static double millions_of(const struct experiment *experiment, enum image_set set)
{
    struct experiment other = *experiment;
    long long parameters = 0, macs = 0;
    other.set = (int)set;
    return ledger_size(&other, &parameters, &macs, NULL) == 0 ? (double)parameters / 1e6 : NAN;
}

/* Whether a network of the experiment's kind has the parameters that the row prints. */
static int has_printed_size(const struct experiment *experiment, const struct published_row *row)
{
    static const enum image_set sets[] = {SET_CIFAR10, SET_CIFAR100};
    int same = 0;
    for (size_t i = 0; i < COUNT(sets); i++) {
        char *rounded = memory_text("%.1f", millions_of(experiment, sets[i]));
        same |= strcmp(rounded, row->params) == 0;
        free(rounded);
    }
    return same;
}

static void add_other_size(struct sheet *sheet, const struct thesis_table *table,
                           const struct published_row *row, const struct experiment *experiment)
{
    char *network = ledger_network(experiment);
    sheet_add_row(
        sheet, OWN, memory_text("%s, %s, parameters (M): %s", set_of(table), row->depth, network),
        cells_published(strtod(row->params, NULL), 1, "",
                        published_value_id(&table->published, row, "params"), table->published.path,
                        row->line),
        cells_number(millions_of(experiment, table->set), "", 6), table_dash(), "differs");
    free(network);
}

struct sizes {
    int checked, broken; /* a row's networks were compared; none agreed */
};

static void check_size(struct sheet *sheet, const struct thesis_table *table,
                       const struct published_row *row, void *state)
{
    const struct experiment_files *files = sheet->sources->experiments;
    struct sizes *sizes = state;
    int same = 0;
    for (size_t i = 0; i < files->count; i++) {
        if (!serves(&files->file[i].experiment, row->folder))
            continue;
        sizes->checked = 1;
        same |= has_printed_size(&files->file[i].experiment, row);
    }
    char *before = memory_text("%s", "");
    for (size_t i = 0; i < files->count && !same; i++) {
        const struct experiment *experiment = &files->file[i].experiment;
        if (!serves(experiment, row->folder))
            continue;
        char *network = ledger_network(experiment);
        if (strcmp(network, before) != 0)
            add_other_size(sheet, table, row, experiment);
        free(before);
        before = network;
        sizes->broken = 1;
    }
    free(before);
}

static char *t1_own(struct sheet *sheet)
{
    struct sizes sizes = {0, 0};
    each_row(sheet, check_size, &sizes);
    return sizes.checked ? sheet_consistency(sizes.broken) : memory_text("not built");
}

/* ---- Words -------------------------------------------------------------------------------- */

typedef char *rule(struct sheet *sheet);

static char *nothing(struct sheet *sheet)
{
    (void)sheet;
    return memory_text("says nothing");
}

/* NULL: does not bear on the claim. */
static const struct {
    const char *id;
    rule *rules[DESK]; /* computed, own, fair */
    int runs;          /* whether runs bear on it */
} claims[] = {
    {"C1", {c1_computed, nothing, NULL}, 0}, {"C2", {NULL, c2_own, nothing}, 1},
    {"C3", {NULL, c3_own, c3_fair}, 1},      {"C4", {NULL, c4_own, c4_fair}, 1},
    {"T1", {NULL, t1_own, NULL}, 0},
};

/* The word for one kind of evidence; NULL with *error set. */
static char *word_of(struct sheet *sheet, enum evidence evidence, struct error *error)
{
    const char *id = sheet->claim->id;
    if (isnan(sheet->claim->limit) && (strcmp(id, "C3") == 0 || strcmp(id, "P2") == 0)) {
        error_set(error, "%s:%d: claim %s: expected a limit in points", sheet->sources->path,
                  sheet->claim->line, id);
        return NULL;
    }
    if (strcmp(sheet->claim->folder, "-") != 0) {
        if (evidence == OWN || evidence == FAIR)
            return memory_text(evidence == OWN ? "no table" : "-");
        return claims_counts_word(sheet, evidence, error);
    }
    for (size_t i = 0; i < COUNT(claims); i++) {
        if (strcmp(claims[i].id, sheet->claim->id) != 0)
            continue;
        if (evidence >= DESK)
            return claims[i].runs ? claims_runs_word(sheet, evidence, error) : memory_text("-");
        return claims[i].rules[evidence] ? claims[i].rules[evidence](sheet) : memory_text("-");
    }
    error_set(error, "claim %s: expected a folder, or a rule for it in the program",
              sheet->claim->id);
    return NULL;
}

static int fill_claim(struct sheet *sheet, struct error *error)
{
    const struct published_claim *claim = sheet->claim;
    const char *path = sheet->sources->path;
    table_add(&sheet->words, table_text(claim->id));
    char *says = table_tex_escaped(claim->says);
    table_add(&sheet->words, table_traced(table_cell(memory_text("%s", claim->says),
                                                     memory_text("\\frompublished{%s}{%d}{%s}",
                                                                 path, claim->line, says)),
                                          memory_text("claims:%s:says", claim->id),
                                          memory_text("%s\t%d\n", path, claim->line)));
    free(says);
    for (enum evidence evidence = 0; evidence < EVIDENCES; evidence++) {
        sheet->headed = sheet->from_runs = 0;
        char *word = word_of(sheet, evidence, error);
        if (!word)
            return -1;
        table_add(
            &sheet->words,
            table_cell(word, sheet->from_runs ? memory_text("\\fromledger{%s}", word) : NULL));
    }
    return 0;
}

/* What both texts have: the words below `head`, the numbers below `between`. */
static void add_sheet(const struct sheet *sheet, const char *head, const char *between,
                      struct text *text)
{
    text_add(text, "%s: a word for each kind of evidence, by the rules in src/report/claims.h\n\n",
             head);
    table_write_text(&sheet->words, text);
    text_add(text,
             "\n%sThe numbers behind the words (error in %%, differences in points, below 0 is "
             "better)\n\n",
             between);
    table_write_text(&sheet->numbers, text);
}

static void write_text(const struct sheet *sheet, const char *out)
{
    struct text text = {0};
    text_add(&text, "claims: what the thesis and its companion studies claim, and what is known "
                    "here\n\n");
    add_sheet(sheet, "1. The claims",
              "-: does not bear on the claim. T1 is what the tables' column of parameters "
              "says.\n\n2. ",
              &text);
    text_add(&text,
             "\n"
             "reference, new: original or fair baseline, and ours; k = 1 or restarts, and k > 1; "
             "as printed, and as the network built here has.\n"
             "Runs: mean error after the last epoch; interval, Holm p and verdict over pairs of "
             "equal seeds.\nFewer than 6 pairs are no evidence; see table-5-2.txt.\n"
             "Desk runs are of small networks and few epochs: they replicate no cell of the "
             "thesis.\n");
    table_write_out(out, "claims", ".txt", &text);
}

/* For reading below the table of that folder's arms. */
static void write_companion(const struct sheet *sheet, const char *folder, const char *out)
{
    struct text text = {0};
    text_add(&text, "\n");
    add_sheet(sheet, "Its claims", "", &text);
    char *name = memory_text("claims-%s", folder);
    table_write_out(out, name, ".txt", &text);
    free(name);
}

/* `sheet` with the claims of a folder, of all where it is NULL; sheet_free() it either way. */
static int fill_sheet(struct sheet *sheet, const struct claims_sources *sources,
                      const struct published_claims *published, const char *folder,
                      struct error *error)
{
    int status = 0;
    *sheet = sheet_begin(sources);
    for (size_t i = 0; i < published->count && status == 0; i++) {
        sheet->claim = &published->rows[i];
        if (!folder || strcmp(sheet->claim->folder, folder) == 0)
            status = fill_claim(sheet, error);
    }
    return status;
}

static int write_all(const struct claims_sources *sources, const struct published_claims *published,
                     const char *out, struct error *error)
{
    struct sheet sheet;
    const int status = fill_sheet(&sheet, sources, published, NULL, error);
    if (status == 0) {
        write_text(&sheet, out);
        table_write_files(out, "claims", &sheet.words, "tabular");
        table_write_files(out, "claims-numbers", &sheet.numbers, "longtable");
    }
    sheet_free(&sheet);
    return status;
}

static int write_companions(const struct claims_sources *sources,
                            const struct published_claims *published, const char *out,
                            struct error *error)
{
    int status = 0;
    const char *before = "-";
    for (size_t i = 0; i < published->count && status == 0; i++) {
        const char *folder = published->rows[i].folder;
        if (strcmp(folder, "-") != 0 && strcmp(folder, before) != 0) {
            struct sheet sheet;
            status = fill_sheet(&sheet, sources, published, folder, error);
            if (status == 0)
                write_companion(&sheet, folder, out);
            sheet_free(&sheet);
        }
        before = folder;
    }
    return status;
}

int claims_write(const struct claims_sources *sources, const char *out, struct error *error)
{
    struct published_claims published;
    if (published_read_claims(sources->path, &published, error) != 0)
        return -1;
    int status = write_all(sources, &published, out, error);
    if (status == 0)
        status = write_companions(sources, &published, out, error);
    published_free_claims(&published);
    return status;
}
