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

/* The inputs of a row of parts 1 and 2. */
struct thesis_row {
    struct cells_row cells; /* first: what cells.h fills columns from */
    const struct thesis_cell *cell;
    /* part 2 */
    const char *decay, *k;
    const struct experiment_file *file; /* NULL: there is no file yet */
    struct speed speed;                 /* of the desk logs */
    const char *desk_logs;              /* their last lines, as table_traced() takes them */
};

static TABLE_CELL(cell_network, struct thesis_row, table_text(at->cell->row->network));
static TABLE_CELL(cell_depth, struct thesis_row, table_text(at->cell->row->depth));

static struct table_cell cell_params(const void *row)
{
    const struct thesis_cell *cell = ((const struct thesis_row *)row)->cell;
    const char *path = cell->table->published.path, *params = cell->row->params;
    return table_traced(
        table_cell(memory_text("%s", params),
                   memory_text("\\frompublished{%s}{%d}{%s}", path, cell->row->line, params)),
        published_value_id(&cell->table->published, cell->row, "params"),
        memory_text("%s\t%d\n", path, cell->row->line));
}

static TABLE_CELL(cell_original, struct thesis_row,
                  thesis_printed(at->cell, "original", at->cell->row->original, 2,
                                 at->cell->row->note[0] == '-' ? "" : at->cell->row->note));
static TABLE_CELL(cell_ours, struct thesis_row,
                  thesis_printed(at->cell, "ours", at->cell->row->ours, 2, ""));
static TABLE_CELL(cell_k, struct thesis_row,
                  thesis_printed(at->cell, "k", at->cell->row->k, 1, ""));
static TABLE_CELL(cell_delta, struct thesis_row, thesis_delta(at->cell, NULL, "delta"));
static TABLE_CELL(cell_matched, struct thesis_row,
                  at->cell->matched ? thesis_literature(at->cell, at->cell->matched)
                                    : table_dash());
static TABLE_CELL(cell_delta_matched, struct thesis_row,
                  at->cell->matched ? thesis_delta(at->cell, at->cell->matched, "delta-matched")
                                    : table_dash());

static struct table_cell cell_matched_source(const void *row)
{
    const struct literature_row *matched = ((const struct thesis_row *)row)->cell->matched;
    if (!matched)
        return table_dash();
    char *name = short_source_of(matched);
    const struct table_cell cell = table_cell(source_of(matched), table_tex_escaped(name));
    free(name);
    return cell;
}

static TABLE_CELL(cell_cited_source, struct thesis_row,
                  at->cell->cited ? table_cell(source_of(at->cell->cited), NULL) : table_dash());

/* The last column does not fit the page, so LaTeX does not show it; the paper's text names the
 * sources. */
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

static void fill_thesis(const struct inputs *in, const struct thesis_table *source,
                        struct table *table)
{
    table_begin(table, thesis_columns, COUNT(thesis_columns));
    for (const struct thesis_cell *cell = in->cells.cell; cell < in->cells.end; cell++)
        if (cell->table == source)
            table_add_row(table, &(struct thesis_row){.cell = cell});
}

/* ---- Part 2: full scale ------------------------------------------------------------------- */

/* Experiments in bf16 repeat those in f32 faster, so they come after them. */
static const enum precision precisions[] = {PRECISION_F32, PRECISION_BF16};

static TABLE_CELL(cell_full_decay, struct thesis_row, table_text(at->decay));
static TABLE_CELL(cell_full_k, struct thesis_row, table_text(at->k));

static struct table_cell cell_full_scale(const void *row)
{
    (void)row;
    return table_text(SCALE_NAME_FULL);
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
    const double hours = at->file ? ledger_core_hours(&at->file->experiment, at->speed) : NAN;
    if (!isfinite(hours))
        return table_dash();
    return table_traced(
        table_cell(memory_text("%.1f", hours), memory_text("\\fromledger{%.1f}", hours)),
        memory_text("%s:core-hours", at->file->experiment.arm), memory_text("%s", at->desk_logs));
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

/* The rows of one recipe: one per experiment. `row` has what they share; `k` is NAN for any.
 * Returns their number. */
static size_t add_recipe(struct table *table, struct thesis_row row, int decay, double k,
                         const struct inputs *in, const struct arms *arms)
{
    size_t count = 0;
    for (size_t p = 0; p < COUNT(precisions); p++)
        for (size_t i = 0; i < in->experiments.count; i++) {
            const struct experiment_file *file = &in->experiments.file[i];
            const struct experiment *e = &file->experiment;
            if (e->scale != SCALE_FULL || e->set != row.cell->table->set || e->decay != decay ||
                e->precision != precisions[p] || fabs(e->k - k) >= 1e-9 ||
                !ledger_is_below(e->arm, row.cell->row->folder))
                continue;
            row.file = file;
            row.cells.arm = ledger_find_arm(arms, e->arm);
            table_add_row(table, &row);
            count++;
        }
    return count;
}

/* The literature's own recipe, SGDR's cosine in the second row of a network, else the step decay;
 * then k = 1 and the thesis's k, with a row that says so where there is no experiment yet. */
static void add_cell_rows(struct table *table, struct thesis_row row, const struct inputs *in,
                          const struct arms *arms)
{
    /* the row "with SGDR" has the network of the row above it, and shows SGDR's arms */
    int repeats = 0;
    for (const struct thesis_cell *other = in->cells.cell; other < row.cell; other++)
        repeats |= other->table == row.cell->table &&
                   strcmp(other->row->folder, row.cell->row->folder) == 0;
    const int own = repeats ? DECAY_COSINE : DECAY_STEP;
    row.decay = decays[own].name;
    row.k = "-";
    add_recipe(table, row, own, NAN, in, arms);
    const double ks[] = {1, row.cell->row->k};
    row.decay = decays[DECAY_POLYNOMIAL].name;
    for (size_t j = 0; !repeats && j < COUNT(ks); j++) {
        char *k = memory_text("%.1f", ks[j]);
        row.k = k;
        if (add_recipe(table, row, DECAY_POLYNOMIAL, ks[j], in, arms) == 0)
            table_add_row(table, &row);
        free(k);
    }
}

static void fill_full(const struct inputs *in, const struct thesis_table *source,
                      const struct arms *arms, struct table *table)
{
    struct text desk_logs = {0};
    text_add(&desk_logs, "%s", "");
    for (const struct log *log = in->all.logs; log < in->all.logs + in->all.count; log++)
        if (log->experiment.scale == SCALE_DESK && log->row_count > 0)
            text_add(&desk_logs, "%s\t%d\n", log->path, ledger_last_line(log));
    struct thesis_row row = {.speed = ledger_desk_speed(&in->all), .desk_logs = desk_logs.bytes};
    table_begin(table, full_columns, COUNT(full_columns));
    for (row.cell = in->cells.cell; row.cell < in->cells.end; row.cell++)
        if (row.cell->table == source)
            add_cell_rows(table, row, in, arms);
    free(desk_logs.bytes);
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

static void fill_desk(const struct arms *arms, const struct questions *questions, const char *set,
                      struct table *table)
{
    table_begin(table, desk_columns, COUNT(desk_columns));
    for (size_t i = 0; i < arms->count;)
        i += add_desk_family(&arms->arm[i], arms->count - i, questions, set, table);
    if (arms->count == 0)
        table_add_heading(table, TABLE_TEX, "no desk-scale log yet");
}

/* ---- Files -------------------------------------------------------------------------------- */

static void write_text(const struct thesis_table *source, const char *out,
                       const struct table *thesis, const struct table *full,
                       const struct table *desk, size_t desk_arms)
{
    struct text text = {0};
    text_add(&text,
             "%s: %s, test error (%%), lower is better\n\n"
             "1. Published: the thesis's cells (scale: full; n and epochs not stated)\n\n",
             source->name, source->images);
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

int thesis_table_write(const struct inputs *in, const struct thesis_table *source, const char *out,
                       struct error *error)
{
    struct arms full_arms, desk_arms;
    if (ledger_arms(&in->all, source->folder, SCALE_FULL, source->set, &full_arms, error) != 0)
        return -1;
    if (ledger_arms(&in->all, source->folder, SCALE_DESK, source->set, &desk_arms, error) != 0) {
        free(full_arms.arm);
        return -1;
    }
    struct table thesis, full, desk;
    fill_thesis(in, source, &thesis);
    fill_full(in, source, &full_arms, &full);
    fill_desk(&desk_arms, &in->questions, source->images, &desk);

    write_text(source, out, &thesis, &full, &desk, desk_arms.count);
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
