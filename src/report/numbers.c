#include "report/numbers.h"

#include "base/decimal.h"
#include "network/model_size.h"
#include "report/cells.h"
#include "report/comparison.h"
#include "report/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct table_column columns[] = {
    {"macro", NULL, 'l', NULL, TABLE_CSV, NULL},
    {"what", NULL, 'l', NULL, TABLE_CSV, NULL},
    {"value", "Value", 'r', NULL, TABLE_CSV | TABLE_TEX, NULL},
    {"95% low", NULL, 'r', NULL, TABLE_CSV, NULL},
    {"95% high", NULL, 'r', NULL, TABLE_CSV, NULL},
    {"95% interval", "95\\,\\% interval", 'r', NULL, TABLE_TEX, NULL},
    {"pairs", "Pairs", 'r', NULL, TABLE_CSV | TABLE_TEX, NULL},
    {"id", "Value id", 'p', "5.6cm", TABLE_TEX, NULL},
    {"source", "First source", 'p', "4.9cm", TABLE_TEX, NULL}};
enum { MACRO, WHAT, VALUE, LOW, HIGH, INTERVAL, PAIRS };

/* "results/.../seed-1.tsv:41, ..." */
static struct table_cell first_source(const char *sources)
{
    if (!sources)
        return table_dash();
    const size_t path = strcspn(sources, "\t");
    const char *line = sources + path + 1;
    const size_t digits = strcspn(line, "\n");
    return table_cell(memory_text("%.*s:%.*s%s", (int)path, sources, (int)digits, line,
                                  line[digits + 1] ? ", ..." : ""),
                      NULL);
}

/* A row: `value` with its id and sources, and a comparison's other numbers; NULL: no comparison. */
static void add_row(struct table *table, const char *macro, const char *what,
                    struct table_cell value, const struct comparison *comparison)
{
    const struct cells_row row = {.arm = comparison ? comparison->arm : NULL,
                                  .comparison = comparison};
    struct table_cell (*const beside[])(const void *) = {cells_low, cells_high, cells_interval,
                                                         cells_pairs};
    const struct table_cell source = first_source(value.sources);
    table_add(table, table_text(macro));
    table_add(table, table_text(what));
    const struct table_cell id = table_text(value.id ? value.id : what);
    table_add(table, value);
    for (size_t i = 0; i < COUNT(beside); i++)
        table_add(table, comparison ? beside[i](&row) : table_dash());
    table_add(table, id);
    table_add(table, source);
}

static void add_none(struct table *table, const char *macro)
{
    add_row(table, macro, "no such runs", table_dash(), NULL);
}

/* ---- The thesis's cells -------------------------------------------------------------------- */

/* Show the number with a link to the first of its sources. */
static void add_published(struct table *table, const char *macro, const char *what, char *id,
                          double value, const char *sign, int decimals, const char *sources)
{
    char *shown = decimal_text(value, sign, decimals);
    char *from = memory_text("%s", sources), *line = strchr(from, '\t');
    *line++ = '\0';
    char *tex = memory_text(*sign ? "\\frompublished{%s}{%d}{$%s$}" : "\\frompublished{%s}{%d}{%s}",
                            from, atoi(line), shown);
    add_row(table, macro, what,
            table_traced(table_cell(shown, tex), id, memory_text("%s", sources)), NULL);
    free(from);
}

static void add_gains(struct table *table, const struct thesis_cells *cells)
{
    const struct thesis_gains gains = thesis_gains_of(cells);
    struct text all = {0};     /* sources: a line of the thesis's tables for each cell */
    struct text matched = {0}; /* these, and a line of the literature for each baseline */
    for (const struct thesis_cell *cell = cells->cell; cell < cells->end; cell++) {
        text_add(&all, "%s\t%d\n", cell->table->published.path, cell->row->line);
        text_add(&matched, "%s\t%d\n", cell->table->published.path, cell->row->line);
        if (cell->matched)
            text_add(&matched, "%s\t%d\n", cell->literature->path, cell->matched->line);
    }
    const struct {
        const char *macro, *what, *id;
        double value;
        int decimals;
        const struct text *sources;
    } rows[] = {
        {"ThesisCells", "cells of the thesis", "cells", (double)(cells->end - cells->cell), 0,
         &all},
        {"MatchedCells", "of these with a matched baseline", "cells-matched", (double)gains.matched,
         0, &matched},
        {"GainOriginal", "their mean gain on the original", "mean-gain-original", gains.mean[0], 2,
         &matched},
        {"GainMatched", "their mean gain on the matched baseline", "mean-gain-matched",
         gains.mean[1], 2, &matched},
        {"LargestOriginal", "largest gain on an original", "largest-gain-original",
         gains.largest_of_all, 2, &all},
        {"LargestMatched", "largest gain on a matched baseline", "largest-gain-matched",
         gains.largest[1], 2, &matched},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        add_published(table, rows[i].macro, rows[i].what, memory_text("thesis:%s", rows[i].id),
                      rows[i].value, "", rows[i].decimals, rows[i].sources->bytes);
    free(all.bytes);
    free(matched.bytes);
}

/* The cell of a network in the thesis's table of a set; NULL if it has none. */
static const struct thesis_cell *cell_of(const struct thesis_cells *cells, enum image_set set,
                                         const char *network, const char *depth)
{
    for (const struct thesis_cell *cell = cells->cell; cell < cells->end; cell++)
        if (cell->table->set == set && strcmp(cell->row->network, network) == 0 &&
            strcmp(cell->row->depth, depth) == 0)
            return cell;
    return NULL;
}

/* What the runs at full scale are held against. */
static void add_full_scale(struct table *table, const struct thesis_cells *cells)
{
    static const char *const macros[] = {"FullThesisK", "FullThesis", "FullThesisOriginal",
                                         "FullLiterature"};
    const struct thesis_cell *cell = cell_of(cells, SET_CIFAR10, "ResNet (pre-activation)", "110");
    if (!cell || !cell->matched) {
        for (size_t i = 0; i < COUNT(macros); i++)
            add_none(table, macros[i]);
        return;
    }
    add_row(table, macros[0], "preact-110 on CIFAR-10: the thesis's k",
            thesis_printed(cell, "k", cell->row->k, 1, ""), NULL);
    add_row(table, macros[1], "the thesis's error with it",
            thesis_printed(cell, "ours", cell->row->ours, 2, ""), NULL);
    add_row(table, macros[2], "the thesis's original",
            thesis_printed(cell, "original", cell->row->original, 2, ""), NULL);
    add_row(table, macros[3], "its matched baseline", thesis_literature(cell, cell->matched), NULL);
}

/* The number that its authors print for the network with dropout. */
static const struct literature_row *dropout_of(const struct thesis_cell *wide)
{
    for (size_t i = 0; i < wide->literature->count; i++) {
        const struct literature_row *row = &wide->literature->rows[i];
        if (strcmp(row->set, wide->table->images) == 0 &&
            strcmp(row->network, wide->row->network) == 0 &&
            strcmp(row->depth, wide->row->depth) == 0 && strncmp(row->source, "WRN16", 5) == 0 &&
            strcmp(row->setting, "step, mean/std, dropout") == 0)
            return row;
    }
    return NULL;
}

/* That number, and its difference to the thesis's. It is not a matched baseline, since no source
 * says that the thesis trained with dropout. */
static void add_dropout(struct table *table, const struct thesis_cells *cells,
                        const struct thesis_table *thesis)
{
    const int ten = thesis->set == SET_CIFAR10;
    const char *const macro = ten ? "WideDropoutTen" : "WideDropout",
                      *const delta = ten ? "WideDropoutTenDelta" : "WideDropoutDelta";
    const struct thesis_cell *wide = cell_of(cells, thesis->set, "Wide ResNet", "28-10");
    const struct literature_row *dropout = wide ? dropout_of(wide) : NULL;
    if (!dropout) {
        add_none(table, macro);
        add_none(table, delta);
        return;
    }
    char *source = memory_text("%s\t%d\n", wide->literature->path, dropout->line);
    char *both = memory_text("%s\t%d\n%s", thesis->published.path, wide->row->line, source);
    char *what = memory_text("WRN-28-10 on %s by steps, with dropout", thesis->images);
    char *id = literature_value_id(dropout), *against = memory_text("delta:%s", id);
    add_published(table, macro, what, id, dropout->error, "", 2, source);
    add_published(table, delta, "the thesis's number less that one",
                  published_value_id(&thesis->published, wide->row, against),
                  wide->row->ours - dropout->error, "+", 2, both);
    free(against);
    free(what);
    free(both);
    free(source);
}

/* ---- Arms --------------------------------------------------------------------------------- */

/* The lines after `epoch` of both runs of each pair. */
static char *pair_sources(const struct arm *arm, const struct arm *control, long epoch)
{
    size_t seeds;
    const struct log **runs = comparison_runs((const struct arm *const[]){arm, control}, 2, &seeds);
    struct text sources = {0};
    for (size_t i = 0; i < 2 * seeds; i++)
        text_add(&sources, "%s\t%d\n", runs[i]->path, runs[i]->rows[epoch - 1].line);
    free(runs);
    return sources.bytes;
}

/* The difference of two arms in an endpoint. */
static void add_endpoint(struct table *table, const char *macro, const struct arm *arm,
                         const struct arm *control, enum endpoint endpoint)
{
    if (!arm || !control || arm->count == 0 || control->count == 0) {
        add_none(table, macro);
        return;
    }
    const struct comparison comparison = comparison_by(arm, control, endpoint, LAST_EPOCH);
    const struct cells_row row = {.arm = arm, .comparison = &comparison};
    char *what =
        memory_text("%s less %s, %sdifference", arm->name, control->name, endpoints[endpoint].name);
    add_row(table, macro, what, cells_difference(&row), &comparison);
    free(what);
}

/* The first epoch from which on the mean stays below the control's; 0 if it ends above. */
static long leads_from(const struct arm *arm, const struct arm *control)
{
    long epoch = arm->experiment->epochs;
    while (epoch > 0 && comparison_by(arm, control, TEST_ERROR, epoch).mean < 0)
        epoch--;
    return epoch == arm->experiment->epochs ? 0 : epoch + 1;
}

static void add_lead(struct table *table, const char *macro, const struct arm *arm,
                     const struct arm *control)
{
    const long epoch =
        arm && control && !arm->diverged && !control->diverged ? leads_from(arm, control) : 0;
    if (epoch == 0) {
        add_none(table, macro);
        return;
    }
    char *shown = memory_text("%ld", epoch), *tex = cells_link(arm, shown);
    char *what = memory_text("epoch from which %s stays below %s", arm->name, control->name);
    add_row(table, macro, what,
            table_traced(table_cell(shown, tex),
                         memory_text("%s:leads-from-epoch:%s", arm->name, control->name),
                         pair_sources(arm, control, epoch)),
            NULL);
    free(what);
}

/* The count of numbers to keep, in groups of three digits. */
static void add_stored(struct table *table, const char *macro, const struct arm *arm)
{
    if (!arm) {
        add_none(table, macro);
        return;
    }
    const long long stored = model_size_of(arm->experiment).stored;
    char *what = memory_text("numbers to keep of %s", arm->name);
    char *shown = stored < 1000 ? memory_text("%lld", stored)
                                : memory_text("%lld{,}%03lld", stored / 1000, stored % 1000);
    add_row(table, macro, what, table_cell(memory_text("%lld", stored), cells_link(arm, shown)),
            NULL);
    free(shown);
    free(what);
}

static void add_arms(struct table *table, const struct arms *arms)
{
    enum { LEAD = ENDPOINTS, STORED }; /* other numbers than the difference in an endpoint */
    static const struct {
        int number;
        const char *macro, *arm, *control;
    } rows[] = {
        {TEST_ERROR, "KTwo", "campaign/cifar10/preact-20/k2.0", "campaign/cifar10/preact-20/k1.0"},
        {TEST_ERROR, "KThree", "campaign/cifar10/preact-20/k3.0",
         "campaign/cifar10/preact-20/k1.0"},
        {TEST_ERROR, "KFive", "campaign/cifar10/preact-20/k5.0", "campaign/cifar10/preact-20/k1.0"},
        {TEST_ERROR, "KFiveKThree", "campaign/cifar10/preact-20/k5.0",
         "campaign/cifar10/preact-20/k3.0"},
        {TEST_LOSS, "LossKThree", "campaign/cifar10/preact-20/k3.0",
         "campaign/cifar10/preact-20/k1.0"},
        {TEST_LOSS, "LossKFive", "campaign/cifar10/preact-20/k5.0",
         "campaign/cifar10/preact-20/k1.0"},
        {TRAIN_ERROR, "TrainKOneFive", "campaign/cifar10/preact-20/k1.5",
         "campaign/cifar10/preact-20/k1.0"},
        {TRAIN_ERROR, "TrainKFive", "campaign/cifar10/preact-20/k5.0",
         "campaign/cifar10/preact-20/k1.0"},
        {LEAD, "KFiveLeads", "campaign/cifar10/preact-20/k5.0", "campaign/cifar10/preact-20/k1.0"},
        {TEST_ERROR, "ShortKTwo", "cifar10/preact-20/poly-k2.0", "cifar10/preact-20/poly-k1.0"},
        {TEST_ERROR, "RateLinear", "schedules/k2.0/linear", "schedules/plain/linear"},
        {TEST_ERROR, "RateCosine", "schedules/k2.0/cosine", "schedules/plain/linear"},
        {TEST_ERROR, "RateKnee", "schedules/k2.0/knee", "schedules/plain/linear"},
        {TEST_ERROR, "RateTanh", "schedules/k2.0/tanh", "schedules/plain/linear"},
        {TEST_ERROR, "BankKTwo", "weight-net/bank-u128-k2", "weight-net/bank-u128"},
        {TEST_ERROR, "ExpansionKTwo", "weight-net/expansion-u128-k2", "weight-net/expansion-u128"},
        {TEST_ERROR, "LearnedKTwo", "pad-net/learned-k2", "pad-net/learned"},
        {TEST_ERROR, "Bfloat", "precision/bf16", "precision/f32"},
        {TEST_ERROR, "BankUOne", "weight-net/bank-u1", "weight-net/ordinary-c16"},
        {TEST_ERROR, "ExpansionUOne", "weight-net/expansion-u1", "weight-net/ordinary-c16"},
        {TEST_ERROR, "ExpansionFull", "weight-net/expansion-u576", "weight-net/ordinary-c16"},
        {TEST_ERROR, "ExpansionOver", "weight-net/expansion-u1152", "weight-net/ordinary-c16"},
        {TEST_ERROR, "BankEight", "weight-net/bank-u32", "weight-net/ordinary-c8"},
        {STORED, "StoredBank", "weight-net/bank-u32", ""},
        {STORED, "StoredBankUOne", "weight-net/bank-u1", ""},
        {STORED, "StoredOrdinary", "weight-net/ordinary-c16", ""},
        {STORED, "StoredEight", "weight-net/ordinary-c8", ""},
        {STORED, "StoredFour", "weight-net/ordinary-c4", ""},
        {TEST_ERROR, "PadLearned", "pad-net/learned", "pad-net/zero"},
        {TEST_ERROR, "PadDeep", "pad-net/learned-d2", "pad-net/zero"},
        {TEST_ERROR, "PadExtrapolate", "pad-net/extrapolate", "pad-net/zero"},
        {TEST_ERROR, "PadReflect", "pad-net/reflect", "pad-net/zero"},
        {TEST_ERROR, "PadReplicate", "pad-net/replicate", "pad-net/zero"},
        {TEST_ERROR, "PadPartial", "pad-net/partial", "pad-net/zero"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct arm *arm = ledger_find_arm(arms, rows[i].arm),
                         *control = ledger_find_arm(arms, rows[i].control);
        if (rows[i].number == LEAD)
            add_lead(table, rows[i].macro, arm, control);
        else if (rows[i].number == STORED)
            add_stored(table, rows[i].macro, arm);
        else
            add_endpoint(table, rows[i].macro, arm, control, (enum endpoint)rows[i].number);
    }
}

/* ---- Files -------------------------------------------------------------------------------- */

/* \MACRO, \MACROInterval and \MACROPairs. */
static void write_macros(const struct table *table, const char *out)
{
    static const struct {
        const char *ending;
        int column;
    } macros[] = {{"", VALUE}, {"Interval", INTERVAL}, {"Pairs", PAIRS}};
    struct text text = {0};
    for (size_t i = 0; i < table->cell_count; i += COUNT(columns))
        for (size_t m = 0; m < COUNT(macros); m++)
            text_add(&text, "\\newcommand{\\%s%s}{%s}\n", table->cells[i + MACRO].plain,
                     macros[m].ending, table->cells[i + (size_t)macros[m].column].tex);
    table_write_out(out, "number-macros", ".tex", &text);
}

int numbers_write(const struct inputs *in, const char *out, struct error *error)
{
    struct arms arms;
    if (ledger_arms(&in->open, NULL, SCALE_DESK, SET_CIFAR10, &arms, error) != 0)
        return -1;
    struct table table;
    table_begin(&table, columns, COUNT(columns));
    add_gains(&table, &in->cells);
    for (size_t i = 0; i < COUNT(in->tables); i++)
        add_dropout(&table, &in->cells, &in->tables[i]);
    add_full_scale(&table, &in->cells);
    add_arms(&table, &arms);
    table_write_files(out, "numbers", &table, "longtable");
    write_macros(&table, out);
    table_free(&table);
    free(arms.arm);
    return 0;
}
