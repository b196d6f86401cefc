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

/* The gains of the thesis's cells over their originals and over matched baselines. */
struct gains {
    size_t cells, matched;
    double mean[2], largest[2]; /* of the matched cells; largest[0]: of all cells */
    struct text sources[2];     /* lines of the thesis's table; and of the literature */
};

static void add_cell(struct gains *gains, const struct published_table *table,
                     const struct published_row *row, const struct literature *literature,
                     const char *set)
{
    const struct literature_row *matched =
        published_find(literature, set, row->network, row->depth, "matched");
    const double gain = row->original - row->ours;
    gains->cells++;
    gains->largest[0] = fmax(gains->largest[0], gain);
    for (int s = 0; s < 2; s++)
        text_add(&gains->sources[s], "%s\t%d\n", table->path, row->line);
    if (!matched)
        return;
    gains->matched++;
    gains->mean[0] += gain;
    gains->mean[1] += matched->error - row->ours;
    gains->largest[1] = fmax(gains->largest[1], matched->error - row->ours);
    text_add(&gains->sources[1], "%s\t%d\n", literature->path, matched->line);
}

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

static void add_gain(struct table *table, const char *macro, const char *what, const char *id,
                     double value, int decimals, const struct text *sources)
{
    add_published(table, macro, what, memory_text("thesis:%s", id), value, "", decimals,
                  sources->bytes);
}

static void add_gains(struct table *table, const struct thesis_table *tables, size_t count,
                      const struct literature *literature)
{
    struct gains gains = {0};
    for (size_t t = 0; t < count; t++)
        for (size_t i = 0; i < tables[t].published.count; i++)
            add_cell(&gains, &tables[t].published, &tables[t].published.rows[i], literature,
                     tables[t].set == SET_CIFAR10 ? "CIFAR-10" : "CIFAR-100");
    const double matched = (double)gains.matched;
    add_gain(table, "ThesisCells", "cells of the thesis", "cells", (double)gains.cells, 0,
             &gains.sources[0]);
    add_gain(table, "MatchedCells", "of these with a matched baseline", "cells-matched", matched, 0,
             &gains.sources[1]);
    add_gain(table, "GainOriginal", "their mean gain on the original", "mean-gain-original",
             gains.mean[0] / matched, 2, &gains.sources[1]);
    add_gain(table, "GainMatched", "their mean gain on the matched baseline", "mean-gain-matched",
             gains.mean[1] / matched, 2, &gains.sources[1]);
    add_gain(table, "LargestOriginal", "largest gain on an original", "largest-gain-original",
             gains.largest[0], 2, &gains.sources[0]);
    add_gain(table, "LargestMatched", "largest gain on a matched baseline", "largest-gain-matched",
             gains.largest[1], 2, &gains.sources[1]);
    for (int s = 0; s < 2; s++)
        free(gains.sources[s].bytes);
}

/* The row of Wide ResNet 28-10 in one of the thesis's tables. */
static const struct published_row *wide_of(const struct published_table *table)
{
    for (size_t i = 0; i < table->count; i++)
        if (strcmp(table->rows[i].network, "Wide ResNet") == 0 &&
            strcmp(table->rows[i].depth, "28-10") == 0)
            return &table->rows[i];
    return NULL;
}

/* The number that its authors print for the network with dropout. */
static const struct literature_row *dropout_of(const struct literature *literature, const char *set,
                                               const struct published_row *wide)
{
    for (size_t i = 0; i < literature->count; i++) {
        const struct literature_row *row = &literature->rows[i];
        if (strcmp(row->set, set) == 0 && strcmp(row->network, wide->network) == 0 &&
            strcmp(row->depth, wide->depth) == 0 && strncmp(row->source, "WRN16", 5) == 0 &&
            strcmp(row->setting, "step, mean/std, dropout") == 0)
            return row;
    }
    return NULL;
}

/* That number, and its difference to the thesis's. It is not a matched baseline, since no source says
 * that the thesis trained with dropout. */
static void add_dropout(struct table *table, const struct thesis_table *thesis,
                        const struct literature *literature)
{
    const int ten = thesis->set == SET_CIFAR10;
    const char *const macro = ten ? "WideDropoutTen" : "WideDropout",
                      *const delta = ten ? "WideDropoutTenDelta" : "WideDropoutDelta",
                      *const set = ten ? "CIFAR-10" : "CIFAR-100";
    const struct published_row *wide = wide_of(&thesis->published);
    const struct literature_row *dropout = wide ? dropout_of(literature, set, wide) : NULL;
    if (!dropout) {
        add_none(table, macro);
        add_none(table, delta);
        return;
    }
    char *source = memory_text("%s\t%d\n", literature->path, dropout->line);
    char *both = memory_text("%s\t%d\n%s", thesis->published.path, wide->line, source);
    char *what = memory_text("WRN-28-10 on %s by steps, with dropout", set);
    char *id = literature_value_id(dropout), *against = memory_text("delta:%s", id);
    add_published(table, macro, what, id, dropout->error, "", 2, source);
    add_published(table, delta, "the thesis's number less that one",
                  published_value_id(&thesis->published, wide, against),
                  wide->ours - dropout->error, "+", 2, both);
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

static void add_difference(struct table *table, const char *macro, const struct arm *arm,
                           const struct arm *control)
{
    add_endpoint(table, macro, arm, control, TEST_ERROR);
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
#define K(k) ledger_find_arm(arms, "campaign/cifar10/preact-20/k" k)
#define WEIGHT(name) ledger_find_arm(arms, "weight-net/" name)
#define PAD(name) ledger_find_arm(arms, "pad-net/" name)
#define RATE(name) ledger_find_arm(arms, "schedules/k2.0/" name)
    static const char short_k1[] = "cifar10/preact-20/poly-k1.0",
                      short_k2[] = "cifar10/preact-20/poly-k2.0";
    add_difference(table, "KTwo", K("2.0"), K("1.0"));
    add_difference(table, "KThree", K("3.0"), K("1.0"));
    add_difference(table, "KFive", K("5.0"), K("1.0"));
    add_difference(table, "KFiveKThree", K("5.0"), K("3.0"));
    add_endpoint(table, "LossKThree", K("3.0"), K("1.0"), TEST_LOSS);
    add_endpoint(table, "LossKFive", K("5.0"), K("1.0"), TEST_LOSS);
    add_endpoint(table, "TrainKOneFive", K("1.5"), K("1.0"), TRAIN_ERROR);
    add_endpoint(table, "TrainKFive", K("5.0"), K("1.0"), TRAIN_ERROR);
    add_lead(table, "KFiveLeads", K("5.0"), K("1.0"));
    add_difference(table, "ShortKTwo", ledger_find_arm(arms, short_k2),
                   ledger_find_arm(arms, short_k1));
    add_difference(table, "RateLinear", RATE("linear"),
                   ledger_find_arm(arms, "schedules/plain/linear"));
    add_difference(table, "RateCosine", RATE("cosine"),
                   ledger_find_arm(arms, "schedules/plain/linear"));
    add_difference(table, "RateKnee", RATE("knee"),
                   ledger_find_arm(arms, "schedules/plain/linear"));
    add_difference(table, "RateTanh", RATE("tanh"),
                   ledger_find_arm(arms, "schedules/plain/linear"));
    add_difference(table, "BankKTwo", WEIGHT("bank-u128-k2"), WEIGHT("bank-u128"));
    add_difference(table, "ExpansionKTwo", WEIGHT("expansion-u128-k2"), WEIGHT("expansion-u128"));
    add_difference(table, "LearnedKTwo", PAD("learned-k2"), PAD("learned"));
    add_difference(table, "Bfloat", ledger_find_arm(arms, "precision/bf16"),
                   ledger_find_arm(arms, "precision/f32"));
    add_difference(table, "BankUOne", WEIGHT("bank-u1"), WEIGHT("ordinary-c16"));
    add_difference(table, "ExpansionUOne", WEIGHT("expansion-u1"), WEIGHT("ordinary-c16"));
    add_difference(table, "ExpansionFull", WEIGHT("expansion-u576"), WEIGHT("ordinary-c16"));
    add_difference(table, "ExpansionOver", WEIGHT("expansion-u1152"), WEIGHT("ordinary-c16"));
    add_difference(table, "BankEight", WEIGHT("bank-u32"), WEIGHT("ordinary-c8"));
    add_stored(table, "StoredBank", WEIGHT("bank-u32"));
    add_stored(table, "StoredBankUOne", WEIGHT("bank-u1"));
    add_stored(table, "StoredOrdinary", WEIGHT("ordinary-c16"));
    add_stored(table, "StoredEight", WEIGHT("ordinary-c8"));
    add_stored(table, "StoredFour", WEIGHT("ordinary-c4"));
    add_difference(table, "PadLearned", PAD("learned"), PAD("zero"));
    add_difference(table, "PadDeep", PAD("learned-d2"), PAD("zero"));
    add_difference(table, "PadExtrapolate", PAD("extrapolate"), PAD("zero"));
    add_difference(table, "PadReflect", PAD("reflect"), PAD("zero"));
    add_difference(table, "PadReplicate", PAD("replicate"), PAD("zero"));
    add_difference(table, "PadPartial", PAD("partial"), PAD("zero"));
#undef K
#undef WEIGHT
#undef PAD
#undef RATE
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

int numbers_write(const struct ledger *ledger, const struct thesis_table *tables, size_t count,
                  const struct literature *literature, const char *out, struct error *error)
{
    struct arms arms;
    if (ledger_arms(ledger, NULL, SCALE_DESK, SET_CIFAR10, &arms, error) != 0)
        return -1;
    struct table table;
    table_begin(&table, columns, COUNT(columns));
    add_gains(&table, tables, count, literature);
    for (size_t i = 0; i < count; i++)
        add_dropout(&table, &tables[i], literature);
    add_arms(&table, &arms);
    table_write_files(out, "numbers", &table, "longtable");
    write_macros(&table, out);
    table_free(&table);
    free(arms.arm);
    return 0;
}
