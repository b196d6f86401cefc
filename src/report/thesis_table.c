#include "report/thesis_table.h"

#include "report/cells.h"
#include "report/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const char smoke_free[] = "Runs of the smoke scale measure nothing and stand in runs.txt "
                                 "only.\n";

/* ---- Part 1: the thesis's cells ----------------------------------------------------------- */

static const struct table_column thesis_columns[] = {
    {"network", "Network", 'p', "3.9cm"},
    {"depth", "Depth", 'l', NULL},
    {"params (M)", "Params", 'r', NULL},
    {"original (%)", "Orig.", 'r', NULL},
    {"ours (%)", "Ours", 'r', NULL},
    {"k", "$k$", 'r', NULL},
    {"delta (points)", "$\\Delta$", 'r', NULL},
    {"fair (%)", "Fair", 'r', NULL},
    {"ours - fair (points)", "$\\Delta$", 'r', NULL},
    {"fair baseline from", "From", 'l', NULL},
    {"original is", "", 'l', NULL},
};

/* In LaTeX the last column would not fit the page: the paper tells the sources in its text. */
enum { THESIS_TEX_COLUMNS = COUNT(thesis_columns) - 1 };

/* The source's short name is the word before its first comma. */
static char *short_source_of(const struct literature_row *row)
{
    return memory_copy(row->source, strcspn(row->source, ","));
}

static char *source_of(const struct literature_row *row)
{
    char *name = short_source_of(row);
    char *statistic = strcmp(row->statistic, "-") == 0 ? memory_text("runs not stated")
                      : strcmp(row->runs, "1") == 0
                          ? memory_text("one run")
                          : memory_text("%s of %s", row->statistic, row->runs);
    char *source = memory_text("%s (%s; %s)", name, row->setting, statistic);
    free(statistic);
    free(name);
    return source;
}

/* A number of a row of the thesis's table; its note stands behind the original error. */
static void add_of_row(struct table *table, const struct published_table *published,
                       const struct published_row *row, double value, int decimals,
                       const char *what)
{
    const int noted = strcmp(what, "original") == 0 && row->note[0] != '-';
    cells_add_published(table, value, decimals, noted ? row->note : "",
                        published_value_id(published, row, what), published->path, row->line);
}

static void fill_thesis(const struct thesis_table *source, const struct literature *literature,
                        const char *set, size_t columns, struct table *table)
{
    table_begin(table, thesis_columns, columns);
    for (size_t i = 0; i < source->published.count; i++) {
        const struct published_row *row = &source->published.rows[i];
        const char *path = source->published.path;
        const struct literature_row *fair =
            published_find(literature, set, row->network, row->depth, "fair");
        const struct literature_row *cited =
            published_find(literature, set, row->network, row->depth, "cited");
        table_add(table, memory_text("%s", row->network), NULL);
        table_add(table, memory_text("%s", row->depth), NULL);
        table_add(table, memory_text("%s", row->params),
                  memory_text("\\frompublished{%s}{%d}{%s}", path, row->line, row->params));
        table_trace(table, published_value_id(&source->published, row, "params"),
                    memory_text("%s\t%d\n", path, row->line));
        add_of_row(table, &source->published, row, row->original, 2, "original");
        add_of_row(table, &source->published, row, row->ours, 2, "ours");
        add_of_row(table, &source->published, row, row->k, 1, "k");
        cells_add_number(table, row->ours - row->original, "+", 2);
        table_trace(table, published_value_id(&source->published, row, "delta"),
                    memory_text("%s\t%d\n", path, row->line));
        if (fair) {
            cells_add_published(table, fair->error, 2, "", literature_value_id(fair),
                                literature->path, fair->line);
            cells_add_number(table, row->ours - fair->error, "+", 2);
            table_trace(
                table, published_value_id(&source->published, row, "delta-fair"),
                memory_text("%s\t%d\n%s\t%d\n", path, row->line, literature->path, fair->line));
            char *name = short_source_of(fair);
            table_add(table, source_of(fair), table_tex_escaped(name));
            free(name);
        } else {
            cells_add_dash(table);
            cells_add_dash(table);
            cells_add_dash(table);
        }
        if (columns > THESIS_TEX_COLUMNS)
            table_add(table, cited ? source_of(cited) : memory_text("-"), NULL);
    }
}

/* ---- Part 2: full scale ------------------------------------------------------------------- */

static const struct table_column full_columns[] = {
    {"network", "Network", 'p', "4.1cm"},
    {"depth", "Depth", 'l', NULL},
    {"decay", "Decay", 'l', NULL},
    {"k", "$k$", 'r', NULL},
    {"scale", "Scale", 'l', NULL},
    {"epochs", "Epochs", 'r', NULL},
    {"n", "$n$", 'r', NULL},
    {"test error (%)", "Error (\\%)", 'r', NULL},
    {"sample sd (points)", "Sd", 'r', NULL},
    {"core-hours (predicted)", "Core-h", 'r', NULL},
    {"arm, or what fills the cell", "Arm", 'p', "5.9cm"},
};

/* The experiment of a cell of the thesis at this k; NULL if nobody wrote it yet. */
static const struct experiment_file *find_experiment(const struct experiment_files *files,
                                                     enum image_set set, const char *folder,
                                                     double k)
{
    for (size_t i = 0; i < files->count; i++) {
        const struct experiment *e = &files->file[i].experiment;
        if (e->scale == SCALE_FULL && e->set == (int)set && e->decay == DECAY_POLYNOMIAL &&
            fabs(e->k - k) < 1e-9 && ledger_is_below(e->arm, folder))
            return &files->file[i];
    }
    return NULL;
}

/* What the rows of part 2 are filled from. */
struct full_sources {
    const struct experiment_files *files;
    const struct arms *arms;
    const struct ledger *ledger;
    struct speed speed;
};

/* Predicted from the training speed of all desk logs. */
static void add_core_hours(struct table *table, const struct experiment_file *file,
                           const struct full_sources *sources)
{
    const double hours = ledger_core_hours(&file->experiment, sources->speed);
    if (!isfinite(hours)) {
        cells_add_dash(table);
        return;
    }
    table_add(table, memory_text("%.1f", hours), memory_text("\\fromledger{%.1f}", hours));
    struct text logs = {0};
    for (size_t i = 0; i < sources->ledger->count; i++) {
        const struct log *log = &sources->ledger->logs[i];
        if (log->experiment.scale == SCALE_DESK && log->row_count > 0)
            text_add(&logs, "%s\t%d\n", log->path, ledger_last_line(log));
    }
    table_trace(table, memory_text("%s:core-hours", file->experiment.arm), logs.bytes);
}

static void add_full_run(struct table *table, const struct experiment_file *file,
                         const struct full_sources *sources)
{
    const struct arm *arm = NULL;
    for (size_t i = 0; i < sources->arms->count; i++)
        if (strcmp(sources->arms->arm[i].name, file->experiment.arm) == 0)
            arm = &sources->arms->arm[i];
    table_add(table, memory_text("%d", file->experiment.epochs), NULL);
    if (arm) {
        cells_add_n(table, arm);
        cells_add_mean(table, arm);
        cells_add_sd(table, arm);
    } else {
        table_add(table, memory_text("0"), NULL);
        cells_add_dash(table);
        cells_add_dash(table);
    }
    add_core_hours(table, file, sources);
    table_add(table,
              arm ? memory_text("%s", arm->name)
                  : memory_text("make run EXP=%s SEED=1", file->path),
              table_tex_escaped(file->experiment.arm));
}

/* `decay` and `k` are taken over; `file` may be NULL. */
static void add_full_row(struct table *table, const struct published_row *row, char *decay, char *k,
                         const struct experiment_file *file, const struct full_sources *sources)
{
    table_add(table, memory_text("%s", row->network), NULL);
    table_add(table, memory_text("%s", row->depth), NULL);
    table_add(table, decay, NULL);
    table_add(table, k, NULL);
    table_add(table, memory_text("full"), NULL);
    if (file) {
        add_full_run(table, file, sources);
        return;
    }
    cells_add_dash(table);
    table_add(table, memory_text("0"), NULL);
    cells_add_dash(table);
    cells_add_dash(table);
    cells_add_dash(table);
    table_add(table, memory_text("no experiment file yet"), NULL);
}

static void fill_full(const struct thesis_table *source, const struct full_sources *sources,
                      struct table *table)
{
    table_begin(table, full_columns, COUNT(full_columns));
    for (size_t i = 0; i < source->published.count; i++) {
        const struct published_row *row = &source->published.rows[i];
        /* the row "with SGDR" asks for the same network as the one above it: it adds SGDR's arms */
        int repeats = 0;
        for (size_t j = 0; j < i; j++)
            repeats |= strcmp(source->published.rows[j].folder, row->folder) == 0;
        for (size_t j = 0; j < sources->files->count; j++) {
            const struct experiment_file *file = &sources->files->file[j];
            const struct experiment *e = &file->experiment;
            if (e->scale == SCALE_FULL && e->set == (int)source->set &&
                e->decay == (repeats ? DECAY_COSINE : DECAY_STEP) &&
                ledger_is_below(e->arm, row->folder))
                add_full_row(table, row, ledger_value(e, "schedule.decay"), memory_text("-"), file,
                             sources);
        }
        const double ks[] = {1, row->k};
        for (size_t j = 0; !repeats && j < COUNT(ks); j++)
            add_full_row(table, row, memory_text("polynomial"), memory_text("%.1f", ks[j]),
                         find_experiment(sources->files, source->set, row->folder, ks[j]), sources);
    }
}

/* ---- Part 3: desk scale ------------------------------------------------------------------- */

static const struct table_column desk_columns[] = {
    {"network", NULL, 'l', NULL},
    {"decay", NULL, 'l', NULL},
    {"scale", NULL, 'l', NULL},
    {"epochs", NULL, 'r', NULL},
    {"k", NULL, 'r', NULL},
    {"n", NULL, 'r', NULL},
    {"last epoch (%)", NULL, 'r', NULL},
    {"sample sd", NULL, 'r', NULL},
    {"test-selected best (%)", NULL, 'r', NULL},
    {"pairs", NULL, 'r', NULL},
    {"difference to k=1", NULL, 'r', NULL},
    {"95% low", NULL, 'r', NULL},
    {"95% high", NULL, 'r', NULL},
    {"sign-flip p", NULL, 'r', NULL},
    {"Holm p", NULL, 'r', NULL},
    {"verdict", NULL, 'l', NULL},
};

/* Narrower: what a family shares stands in a heading over it. */
static const struct table_column desk_tex_columns[] = {
    {NULL, "$k$", 'r', NULL},
    {NULL, "$n$", 'r', NULL},
    {NULL, "Last ep.\\ (\\%)", 'r', NULL},
    {NULL, "Test-sel.", 'r', NULL},
    {NULL, "Pairs", 'r', NULL},
    {NULL, "$\\Delta$", 'r', NULL},
    {NULL, "95\\,\\% interval", 'r', NULL},
    {NULL, "$p$", 'r', NULL},
    {NULL, "Holm $p$", 'r', NULL},
    {NULL, "Verdict", 'l', NULL},
};

static char *k_text(const struct experiment *experiment)
{
    return experiment->decay == DECAY_STEP ? memory_text("-") : memory_text("%g", experiment->k);
}

/* The row of one arm in both tables. */
static void add_desk_arm(const struct arm *arm, const struct comparison *comparison,
                         struct table *wide, struct table *narrow)
{
    const struct experiment *e = arm->experiment;
    table_add(wide, ledger_network(e), NULL);
    table_add(wide, ledger_value(e, "schedule.decay"), NULL);
    table_add(wide, memory_text("desk"), NULL);
    table_add(wide, memory_text("%d", e->epochs), NULL);
    table_add(wide, k_text(e), NULL);
    cells_add_n(wide, arm);
    cells_add_mean(wide, arm);
    cells_add_sd(wide, arm);
    cells_add_best(wide, arm);
    cells_add_pairs(wide, comparison);
    cells_add_difference(wide, comparison);
    cells_add_low(wide, comparison);
    cells_add_high(wide, comparison);
    cells_add_p(wide, comparison);
    cells_add_holm(wide, comparison);
    cells_add_verdict(wide, comparison);

    table_add(narrow, k_text(e), NULL);
    cells_add_n(narrow, arm);
    cells_add_mean_and_sd(narrow, arm);
    cells_add_best(narrow, arm);
    cells_add_pairs(narrow, comparison);
    cells_add_difference(narrow, comparison);
    cells_add_interval(narrow, comparison);
    cells_add_p(narrow, comparison);
    cells_add_holm(narrow, comparison);
    cells_add_verdict(narrow, comparison);
}

/* The first of `arms` that differ in k alone; their number. */
static size_t add_desk_family(const struct arm *arms, size_t count, const char *set,
                              struct table *wide, struct table *narrow)
{
    struct comparison *comparisons = memory_zeroed(count, sizeof *comparisons);
    const size_t size = cells_compare_k(arms, count, comparisons);
    char *network = ledger_network(arms[0].experiment);
    char *decay = ledger_value(arms[0].experiment, "schedule.decay");
    char *title = memory_text("%s, %s, %s decay, %d epochs (scale: desk)", set, network, decay,
                              arms[0].experiment->epochs);
    table_add_group(narrow, title);
    for (size_t i = 0; i < size; i++)
        add_desk_arm(&arms[i], &comparisons[i], wide, narrow);
    free(title);
    free(decay);
    free(network);
    free(comparisons);
    return size;
}

static void fill_desk(const struct arms *arms, const char *set, struct table *wide,
                      struct table *narrow)
{
    table_begin(wide, desk_columns, COUNT(desk_columns));
    table_begin(narrow, desk_tex_columns, COUNT(desk_tex_columns));
    for (size_t i = 0; i < arms->count;)
        i += add_desk_family(&arms->arm[i], arms->count - i, set, wide, narrow);
    if (arms->count == 0)
        table_add_group(narrow, "no desk-scale log yet");
}

/* ---- Files -------------------------------------------------------------------------------- */

static void write_text(const struct thesis_table *source, const char *set, const char *out,
                       const struct table *thesis, const struct table *full,
                       const struct table *desk)
{
    struct text text = {0};
    text_add(&text,
             "%s: %s, test error (%%), lower is better\n\n"
             "1. Published: the thesis's cells (scale: full; n and epochs not stated)\n\n",
             source->name, set);
    table_write_text(thesis, &text);
    text_add(&text,
             "\n"
             "delta: ours - original. fair: the literature's number for the same network "
             "that the thesis's row should be compared with.\n"
             "-: none known. *: as in the thesis, its meaning is lost. Full sources: "
             "literature.tsv beside the published tables.\n\n"
             "2. Full scale: the same networks from raw logs (scale: full; n runs, error after "
             "the last epoch)\n\n");
    table_write_text(full, &text);
    text_add(&text, "\n"
                    "step, cosine: the literature's own recipe; k = 1: the fair control; then the "
                    "thesis's k. -: no finished run yet; the last column tells the command that "
                    "fills the cell. No desk result ever stands here.\n"
                    "sample sd needs n >= 2. Core-hours: a run's, predicted from the training "
                    "speed in the desk logs by multiply-adds; - without such a log.\n\n"
                    "3. Desk scale: small members of the same families, from raw logs (scale: "
                    "desk; not comparable with 1 and 2)\n\n");
    table_write_text(desk, &text);
    text_add(
        &text,
        "%s\n"
        "last epoch: mean test error over n runs; diverged: m of n: the mean is infinite.\n"
        "test-selected best: mean of the smallest test error over all epochs; optimistic, shown "
        "for comparison only.\n"
        "difference (points): mean over the seeds shared with k = 1; 95%% Student-t interval; "
        "exact two-sided sign-flip p; Holm p over the k of one network, decay and number of "
        "epochs.\n"
        "verdict: better or worse if pairs >= 6, Holm p < 0.05 and the interval excludes 0; else "
        "no evidence.\n"
        "-: does not exist (the k = 1 row itself, fewer than 2 runs or pairs, more than 20 pairs, "
        "or a diverged run).\n%s",
        desk->cell_count ? "" : "(no desk-scale log yet)\n", smoke_free);
    table_write_out(out, source->name, ".txt", &text);
}

int thesis_table_write(const struct thesis_table *source, const struct literature *literature,
                       const struct ledger *ledger, const struct experiment_files *experiments,
                       const char *out, struct error *error)
{
    struct arms full_arms, desk_arms;
    if (ledger_arms(ledger, source->folder, SCALE_FULL, source->set, &full_arms, error) != 0)
        return -1;
    if (ledger_arms(ledger, source->folder, SCALE_DESK, source->set, &desk_arms, error) != 0) {
        free(full_arms.arm);
        return -1;
    }
    const struct experiment any = {.set = (int)source->set};
    const char *set = config_set_name(&any);
    struct table thesis, thesis_tex, full, desk, desk_tex;
    fill_thesis(source, literature, set, COUNT(thesis_columns), &thesis);
    fill_thesis(source, literature, set, THESIS_TEX_COLUMNS, &thesis_tex);
    const struct full_sources sources = {experiments, &full_arms, ledger,
                                         ledger_desk_speed(ledger)};
    fill_full(source, &sources, &full);
    fill_desk(&desk_arms, set, &desk, &desk_tex);

    write_text(source, set, out, &thesis, &full, &desk);
    char *full_name = memory_text("%s-full", source->name);
    char *desk_name = memory_text("%s-desk", source->name);
    table_write_files(out, source->name, &thesis, &thesis_tex, "tabular");
    table_write_files(out, full_name, &full, &full, "tabular");
    table_write_files(out, desk_name, &desk, &desk_tex, "tabular");

    free(full_name);
    free(desk_name);
    table_free(&thesis);
    table_free(&thesis_tex);
    table_free(&full);
    table_free(&desk);
    table_free(&desk_tex);
    free(full_arms.arm);
    free(desk_arms.arm);
    return 0;
}
