#include "report/thesis_table.h"

#include "network/precision.h"
#include "report/cells.h"
#include "report/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char smoke_free[] = "Runs of the smoke scale measure nothing and stand in runs.txt "
                                 "only.\n";

/* ---- Part 1: the thesis's cells ----------------------------------------------------------- */

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

/* The inputs of part 2. */
struct full_sources {
    const struct experiment_files *files;
    const struct arms *arms;
    const struct ledger *ledger;
    struct speed speed;
};

/* The inputs of a row of parts 1 and 2. */
struct thesis_row {
    struct cells_row cells; /* first: what cells.h fills columns from */
    const struct published_row *row;
    /* part 1 */
    const struct published_table *published;
    const struct literature *literature;
    const struct literature_row *matched, *cited; /* NULL: none is known */
    /* part 2 */
    const char *decay, *k;
    const struct experiment_file *file; /* NULL: there is no file yet */
    const struct full_sources *sources;
};

static TABLE_CELL(cell_network, struct thesis_row, table_text(at->row->network));
static TABLE_CELL(cell_depth, struct thesis_row, table_text(at->row->depth));

/* A cell with the value id `what` of the row, from the row's own line. */
static struct table_cell traced(const struct thesis_row *at, struct table_cell cell,
                                const char *what)
{
    return table_traced(cell, published_value_id(at->published, at->row, what),
                        memory_text("%s\t%d\n", at->published->path, at->row->line));
}

static struct table_cell cell_params(const void *row)
{
    const struct thesis_row *at = row;
    const char *params = at->row->params;
    return traced(at,
                  table_cell(memory_text("%s", params),
                             memory_text("\\frompublished{%s}{%d}{%s}", at->published->path,
                                         at->row->line, params)),
                  "params");
}

static struct table_cell printed(const struct thesis_row *at, double value, int decimals,
                                 const char *note, const char *what)
{
    return cells_published(value, decimals, note, published_value_id(at->published, at->row, what),
                           at->published->path, at->row->line);
}

static struct table_cell cell_original(const void *row)
{
    const struct thesis_row *at = row;
    const char *note = at->row->note;
    return printed(at, at->row->original, 2, note[0] == '-' ? "" : note, "original");
}

static TABLE_CELL(cell_ours, struct thesis_row, printed(at, at->row->ours, 2, "", "ours"));
static TABLE_CELL(cell_k, struct thesis_row, printed(at, at->row->k, 1, "", "k"));
static TABLE_CELL(cell_delta, struct thesis_row,
                  traced(at, cells_number(at->row->ours - at->row->original, "+", 2), "delta"));
static TABLE_CELL(cell_matched, struct thesis_row,
                  at->matched
                      ? cells_published(at->matched->error, 2, "", literature_value_id(at->matched),
                                        at->literature->path, at->matched->line)
                      : table_dash());

static struct table_cell cell_delta_matched(const void *row)
{
    const struct thesis_row *at = row;
    if (!at->matched)
        return table_dash();
    return table_traced(cells_number(at->row->ours - at->matched->error, "+", 2),
                        published_value_id(at->published, at->row, "delta-matched"),
                        memory_text("%s\t%d\n%s\t%d\n", at->published->path, at->row->line,
                                    at->literature->path, at->matched->line));
}

static struct table_cell cell_matched_source(const void *row)
{
    const struct thesis_row *at = row;
    if (!at->matched)
        return table_dash();
    char *name = short_source_of(at->matched);
    const struct table_cell cell = table_cell(source_of(at->matched), table_tex_escaped(name));
    free(name);
    return cell;
}

static TABLE_CELL(cell_cited_source, struct thesis_row,
                  at->cited ? table_cell(source_of(at->cited), NULL) : table_dash());

/* The last column does not fit the page, so LaTeX does not show it; the paper's text names the sources. */
static const struct table_column thesis_columns[] = {
    {"network", "Network", 'p', "3.9cm", TABLE_ALL, cell_network},
    {"depth", "Depth", 'l', NULL, TABLE_ALL, cell_depth},
    {"params (M)", "Params", 'r', NULL, TABLE_ALL, cell_params},
    {"original (%)", "Orig.", 'r', NULL, TABLE_ALL, cell_original},
    {"ours (%)", "Ours", 'r', NULL, TABLE_ALL, cell_ours},
    {"k", "$k$", 'r', NULL, TABLE_ALL, cell_k},
    {"delta (points)", "$\\Delta$", 'r', NULL, TABLE_ALL, cell_delta},
    {"matched baseline (%)", "Matched", 'r', NULL, TABLE_ALL, cell_matched},
    {"ours - matched (points)", "$\\Delta$", 'r', NULL, TABLE_ALL, cell_delta_matched},
    {"matched baseline from", "From", 'l', NULL, TABLE_ALL, cell_matched_source},
    {"original is", NULL, 'l', NULL, TABLE_TEXT | TABLE_CSV, cell_cited_source},
};

static void fill_thesis(const struct thesis_table *source, const struct literature *literature,
                        const char *set, struct table *table)
{
    table_begin(table, thesis_columns, COUNT(thesis_columns));
    for (size_t i = 0; i < source->published.count; i++) {
        const struct published_row *row = &source->published.rows[i];
        const struct thesis_row at = {
            .published = &source->published,
            .row = row,
            .literature = literature,
            .matched = published_find(literature, set, row->network, row->depth, "matched"),
            .cited = published_find(literature, set, row->network, row->depth, "cited")};
        table_add_row(table, &at);
    }
}

/* ---- Part 2: full scale ------------------------------------------------------------------- */

/* Experiments in bf16 repeat those in f32 faster, so they come after them. */
static const enum precision precisions[] = {PRECISION_F32, PRECISION_BF16};

/* Whether an experiment fills a cell of the thesis at this k. */
static int is_of_cell(const struct experiment *e, enum image_set set, const char *folder, double k)
{
    return e->scale == SCALE_FULL && e->set == set && e->decay == DECAY_POLYNOMIAL &&
           fabs(e->k - k) < 1e-9 && ledger_is_below(e->arm, folder);
}

static TABLE_CELL(cell_full_decay, struct thesis_row, table_text(at->decay));
static TABLE_CELL(cell_full_k, struct thesis_row, table_text(at->k));

static struct table_cell cell_full_scale(const void *row)
{
    (void)row;
    return table_text("full");
}

static TABLE_CELL(cell_full_precision, struct thesis_row,
                  at->file ? table_text(config_precision_name(&at->file->experiment))
                           : table_dash());
static TABLE_CELL(cell_full_epochs, struct thesis_row,
                  at->file ? table_integer(at->file->experiment.epochs) : table_dash());
static TABLE_CELL(cell_full_n, struct thesis_row, at->cells.arm ? cells_n(row) : table_text("0"));

/* The core-hours predicted from the training speed of all desk logs. */
static struct table_cell cell_full_hours(const void *row)
{
    const struct thesis_row *at = row;
    const double hours =
        at->file ? ledger_core_hours(&at->file->experiment, at->sources->speed) : NAN;
    if (!isfinite(hours))
        return table_dash();
    struct text logs = {0};
    for (size_t i = 0; i < at->sources->ledger->count; i++) {
        const struct log *log = &at->sources->ledger->logs[i];
        if (log->experiment.scale == SCALE_DESK && log->row_count > 0)
            text_add(&logs, "%s\t%d\n", log->path, ledger_last_line(log));
    }
    return table_traced(
        table_cell(memory_text("%.1f", hours), memory_text("\\fromledger{%.1f}", hours)),
        memory_text("%s:core-hours", at->file->experiment.arm), logs.bytes);
}

static struct table_cell cell_full_arm(const void *row)
{
    const struct thesis_row *at = row;
    if (!at->file)
        return table_text("no experiment file yet");
    return table_cell(at->cells.arm ? memory_text("%s", at->cells.arm->name)
                                    : memory_text("make run EXP=%s SEED=1", at->file->path),
                      table_tex_escaped(at->file->experiment.arm));
}

static const struct table_column full_columns[] = {
    {"network", "Network", 'p', "4.1cm", TABLE_ALL, cell_network},
    {"depth", "Depth", 'l', NULL, TABLE_ALL, cell_depth},
    {"decay", "Decay", 'l', NULL, TABLE_ALL, cell_full_decay},
    {"k", "$k$", 'r', NULL, TABLE_ALL, cell_full_k},
    {"scale", "Scale", 'l', NULL, TABLE_ALL, cell_full_scale},
    {"precision", "Maps", 'l', NULL, TABLE_ALL, cell_full_precision},
    {"epochs", "Epochs", 'r', NULL, TABLE_ALL, cell_full_epochs},
    {"n", "$n$", 'r', NULL, TABLE_ALL, cell_full_n},
    {"test error (%)", "Error (\\%)", 'r', NULL, TABLE_ALL, cells_mean},
    {"sample sd (points)", "Sd", 'r', NULL, TABLE_ALL, cells_sd},
    {"core-hours (predicted)", "Core-h", 'r', NULL, TABLE_ALL, cell_full_hours},
    {"arm, or what fills the cell", "Arm", 'p', "5.2cm", TABLE_ALL, cell_full_arm},
};

/* `decay` and `k` are taken over; `file` may be NULL. */
static void add_full_row(struct table *table, const struct published_row *row, char *decay, char *k,
                         const struct experiment_file *file, const struct full_sources *sources)
{
    struct thesis_row at = {.row = row, .decay = decay, .k = k, .file = file, .sources = sources};
    if (file)
        at.cells.arm = ledger_find_arm(sources->arms, file->experiment.arm);
    table_add_row(table, &at);
    free(decay);
    free(k);
}

/* The rows of a cell: one per experiment, or one row that says that there is no experiment yet. */
static void add_cell_rows(struct table *table, const struct published_row *row, enum image_set set,
                          double k, const struct full_sources *sources)
{
    size_t count = 0;
    for (size_t p = 0; p < COUNT(precisions); p++)
        for (size_t i = 0; i < sources->files->count; i++) {
            const struct experiment_file *file = &sources->files->file[i];
            if (!is_of_cell(&file->experiment, set, row->folder, k) ||
                file->experiment.precision != precisions[p])
                continue;
            add_full_row(table, row, memory_text("polynomial"), memory_text("%.1f", k), file,
                         sources);
            count++;
        }
    if (count == 0)
        add_full_row(table, row, memory_text("polynomial"), memory_text("%.1f", k), NULL, sources);
}

/* The literature's own recipe: SGDR's cosine in the second row of a network, else the step decay. */
static void add_recipe_rows(struct table *table, const struct published_row *row,
                            enum image_set set, int repeats, const struct full_sources *sources)
{
    for (size_t p = 0; p < COUNT(precisions); p++)
        for (size_t i = 0; i < sources->files->count; i++) {
            const struct experiment_file *file = &sources->files->file[i];
            const struct experiment *e = &file->experiment;
            if (e->scale == SCALE_FULL && e->set == set && e->precision == precisions[p] &&
                e->decay == (repeats ? DECAY_COSINE : DECAY_STEP) &&
                ledger_is_below(e->arm, row->folder))
                add_full_row(table, row, ledger_value(e, "schedule.decay"), memory_text("-"), file,
                             sources);
        }
}

static void fill_full(const struct thesis_table *source, const struct full_sources *sources,
                      struct table *table)
{
    table_begin(table, full_columns, COUNT(full_columns));
    for (size_t i = 0; i < source->published.count; i++) {
        const struct published_row *row = &source->published.rows[i];
        /* the row "with SGDR" has the network of the row above it, and shows SGDR's arms */
        int repeats = 0;
        for (size_t j = 0; j < i; j++)
            repeats |= strcmp(source->published.rows[j].folder, row->folder) == 0;
        add_recipe_rows(table, row, source->set, repeats, sources);
        const double ks[] = {1, row->k};
        for (size_t j = 0; !repeats && j < COUNT(ks); j++)
            add_cell_rows(table, row, source->set, ks[j], sources);
    }
}

/* ---- Part 3: desk scale ------------------------------------------------------------------- */

static TABLE_CELL(cell_desk_network, struct cells_row,
                  table_cell(ledger_network(at->arm->experiment), NULL));
static TABLE_CELL(cell_desk_decay, struct cells_row,
                  table_cell(ledger_value(at->arm->experiment, "schedule.decay"), NULL));
static TABLE_CELL(cell_desk_scale, struct cells_row,
                  table_text(config_scale_name(at->arm->experiment)));
static TABLE_CELL(cell_desk_epochs, struct cells_row, table_integer(at->arm->experiment->epochs));

static TABLE_CELL(cell_desk_k, struct cells_row,
                  at->arm->experiment->decay == DECAY_STEP
                      ? table_dash()
                      : table_cell(memory_text("%g", at->arm->experiment->k), NULL));

enum { WIDE = TABLE_TEXT | TABLE_CSV };

/* LaTeX is narrower: a heading over each family shows what its rows share. */
static const struct table_column desk_columns[] = {
    {"network", NULL, 'l', NULL, WIDE, cell_desk_network},
    {"decay", NULL, 'l', NULL, WIDE, cell_desk_decay},
    {"scale", NULL, 'l', NULL, WIDE, cell_desk_scale},
    {"epochs", NULL, 'r', NULL, WIDE, cell_desk_epochs},
    {"k", "$k$", 'r', NULL, TABLE_ALL, cell_desk_k},
    {"n", "$n$", 'r', NULL, TABLE_ALL, cells_n},
    {"last epoch (%)", NULL, 'r', NULL, WIDE, cells_mean},
    {NULL, "Last ep.\\ (\\%)", 'r', NULL, TABLE_TEX, cells_mean_and_sd},
    {"sample sd", NULL, 'r', NULL, WIDE, cells_sd},
    {"test-selected best (%)", "Test-sel.", 'r', NULL, TABLE_ALL, cells_best},
    {"pairs", "Pairs", 'r', NULL, TABLE_ALL, cells_pairs},
    {"difference to k=1", "$\\Delta$", 'r', NULL, TABLE_ALL, cells_difference},
    {"95% low", NULL, 'r', NULL, WIDE, cells_low},
    {"95% high", NULL, 'r', NULL, WIDE, cells_high},
    {NULL, "95\\,\\% interval", 'r', NULL, TABLE_TEX, cells_interval},
    {"sign-flip p", "$p$", 'r', NULL, TABLE_ALL, cells_p},
    {"Holm p", "Holm $p$", 'r', NULL, TABLE_ALL, cells_holm_p},
    {"verdict", "Verdict", 'l', NULL, TABLE_ALL, cells_verdict},
};

/* The number of arms at the front of `arms` that differ only in k. */
static size_t add_desk_family(const struct arm *arms, size_t count,
                              const struct questions *questions, const char *set,
                              struct table *table)
{
    struct comparison *comparisons = memory_zeroed(count, sizeof *comparisons);
    const size_t size = comparison_with_k_1(arms, count, questions, comparisons);
    char *network = ledger_network(arms[0].experiment);
    char *decay = ledger_value(arms[0].experiment, "schedule.decay");
    char *title = memory_text("%s, %s, %s decay, %d epochs (scale: desk)", set, network, decay,
                              arms[0].experiment->epochs);
    table_add_heading(table, TABLE_TEX, title);
    for (size_t i = 0; i < size; i++)
        table_add_row(table, &(struct cells_row){&arms[i], &comparisons[i]});
    free(title);
    free(decay);
    free(network);
    free(comparisons);
    return size;
}

static void fill_desk(const struct arms *arms, const struct experiment_files *experiments,
                      const char *set, struct table *table)
{
    struct questions questions = questions_of_files(experiments);
    table_begin(table, desk_columns, COUNT(desk_columns));
    for (size_t i = 0; i < arms->count;)
        i += add_desk_family(&arms->arm[i], arms->count - i, &questions, set, table);
    questions_free(&questions);
    if (arms->count == 0)
        table_add_heading(table, TABLE_TEX, "no desk-scale log yet");
}

/* ---- Files -------------------------------------------------------------------------------- */

static void write_text(const struct thesis_table *source, const char *set, const char *out,
                       const struct table *thesis, const struct table *full,
                       const struct table *desk, size_t desk_arms)
{
    struct text text = {0};
    text_add(&text,
             "%s: %s, test error (%%), lower is better\n\n"
             "1. Published: the thesis's cells (scale: full; n and epochs not stated)\n\n",
             source->name, set);
    table_write_text(thesis, &text);
    text_add(&text,
             "\n"
             "delta: ours - original. matched: the literature's number for the same network "
             "that the thesis's row should be compared with.\n"
             "-: none known. *: as in the thesis, its meaning is lost. Full sources: "
             "literature.tsv beside the published tables.\n\n"
             "2. Full scale: the same networks from raw logs (scale: full; n runs, error after "
             "the last epoch)\n\n");
    table_write_text(full, &text);
    text_add(&text,
             "\n"
             "step, cosine: the literature's own recipe; k = 1: the matched control; then the "
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
        "verdict: not testable with fewer pairs than Holm p < 0.05 needs, whatever the errors are; "
        "better or worse if Holm p < 0.05 and the interval excludes 0; else no evidence.\n"
        "-: does not exist (the k = 1 row itself, fewer than 2 runs or pairs, more than 20 pairs, "
        "or a diverged run).\n%s",
        desk_arms ? "" : "(no desk-scale log yet)\n", smoke_free);
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
    const struct experiment any = {.set = source->set};
    const char *set = config_set_name(&any);
    struct table thesis, full, desk;
    fill_thesis(source, literature, set, &thesis);
    const struct full_sources sources = {experiments, &full_arms, ledger,
                                         ledger_desk_speed(ledger)};
    fill_full(source, &sources, &full);
    fill_desk(&desk_arms, experiments, set, &desk);

    write_text(source, set, out, &thesis, &full, &desk, desk_arms.count);
    char *full_name = memory_text("%s-full", source->name);
    char *desk_name = memory_text("%s-desk", source->name);
    table_write_files(out, source->name, &thesis, "tabular");
    table_write_files(out, full_name, &full, "tabular");
    table_write_files(out, desk_name, &desk, "tabular");

    free(full_name);
    free(desk_name);
    table_free(&thesis);
    table_free(&full);
    table_free(&desk);
    free(full_arms.arm);
    free(desk_arms.arm);
    return 0;
}
