#include "report/claims_counts.h"

#include "network/architecture.h"
#include "network/model_size.h"
#include "report/study.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The word of a claim from the first group of its folder's arms, of which there are some; the
 * control comes first. */
typedef char *arms_rule(struct sheet *sheet, const struct study *arms);

static const struct study_row *find(const struct study *arms, const char *name)
{
    for (size_t i = 0; i < arms->count; i++)
        if (strcmp(study_short_name(&arms->row[i]), name) == 0)
            return &arms->row[i];
    return NULL;
}

/* One row of numbers by count. */
static void add_count(struct sheet *sheet, char *of, double reference, double new, int decimals,
                      int holds)
{
    sheet_add_row(sheet, COMPUTED, of, cells_number(reference, "", decimals),
                  cells_number(new, "", decimals), table_dash(), holds ? "holds" : "fails");
}

/* The network of an arm with another k, or another seed of what is fixed, counts as that of the arm
 * without: once. */
static int is_counted(const struct experiment *e)
{
    return e->k == 1 && e->weights_seed == 0;
}

/* Of things that hold or fail; there may be none. */
struct tally {
    size_t all, good;
};

static void tally_add(struct tally *tally, int holds)
{
    tally->all++;
    if (holds)
        tally->good++;
}

static char *tally_word(struct tally tally)
{
    if (tally.good > 0 && tally.good < tally.all)
        return memory_text("holds in %zu of %zu", tally.good, tally.all);
    return memory_text("%s", tally.all == 0 ? "not built" : tally.good ? "holds" : "fails");
}

static const double twentieth = 1. / 20; /* "only 1/20" of W2 */
static const double very_few = 1. / 100; /* ours, of P3 */

/* ---- Weight Net --------------------------------------------------------------------------- */

static const char weight_keys[] = "network.weights network.rows network.weights_seed";

/* The Weight Blocks of one arm, a row for each number of output channels in turn. */
static void add_reductions(struct sheet *sheet, const struct experiment *e, struct tally *tally)
{
    struct architecture architecture;
    struct error error;
    if (architecture_build(&architecture, e, &error) != 0)
        die("%s", error.text);
    int before = 0;
    for (int l = 0; l < architecture.layer_count; l++) {
        const struct layer *layer = &architecture.layers[l];
        if (layer->rows == 0)
            continue;
        const int in = architecture.activations[layer->inputs[0]].channels;
        const int out = architecture.activations[layer->output].channels;
        const double reduction = 9. * in * out / (double)layer->parameters;
        const int holds = reduction >= 9. * out;
        tally_add(tally, holds);
        if (out != before)
            add_count(sheet, memory_text("%s, 3x3 convolutions to %d channels", e->arm, out),
                      9. * out, reduction, 2, holds);
        before = out;
    }
    architecture_free(&architecture);
}

static char *w1_computed(struct sheet *sheet, const struct study *arms)
{
    struct tally tally = {0};
    for (size_t i = 0; i < arms->count; i++)
        if (arms->row[i].experiment->rows == 1 && is_counted(arms->row[i].experiment))
            add_reductions(sheet, arms->row[i].experiment, &tally);
    return tally_word(tally);
}

static char *w2_computed(struct sheet *sheet, const struct study *arms)
{
    struct tally tally = {0};
    for (size_t i = 0; i < arms->count; i++) {
        const struct experiment *e = arms->row[i].experiment;
        const double share = model_size_of(e).extra_share;
        const int holds = share <= twentieth;
        if (!(share > 0) || !is_counted(e))
            continue;
        tally_add(&tally, holds);
        add_count(sheet, memory_text("%s, extra multiply-adds (share)", e->arm), twentieth, share,
                  5, holds);
    }
    return tally_word(tally);
}

static char *w5_computed(struct sheet *sheet, const struct study *arms)
{
    const double ordinary = (double)model_size_of(arms->row->experiment).stored;
    struct tally tally = {0};
    for (size_t i = 0; i < arms->count; i++) {
        const struct experiment *e = arms->row[i].experiment;
        if (e->weights == WEIGHTS_FREE || !is_counted(e))
            continue;
        const double stored = (double)model_size_of(e).stored;
        const int holds = stored <= ordinary;
        tally_add(&tally, holds);
        add_count(sheet, memory_text("%s, stored", e->arm), ordinary, stored, 0, holds);
    }
    return tally_word(tally);
}

static char *no_search(struct sheet *sheet, const struct study *arms)
{
    (void)sheet, (void)arms;
    return memory_text("no search built");
}

static char *word_of(struct sheet *sheet, const struct verdicts *verdicts)
{
    sheet->from_runs = verdicts->count > 0;
    return verdicts->count ? sheet_verdict_word(verdicts) : memory_text("no runs");
}

/* The arm from which `row` differs in the seed of what is fixed alone, if that has the seed 0. */
static const struct study_row *of_seed_0(const struct study *arms, const struct study_row *row)
{
    for (size_t i = 0; i < arms->count && row->experiment->weights_seed != 0; i++)
        if (arms->row[i].experiment->weights_seed == 0 &&
            ledger_same_but(arms->row[i].experiment, row->experiment, "network.weights_seed"))
            return &arms->row[i];
    return NULL;
}

static char *w3_desk(struct sheet *sheet, const struct study *arms)
{
    struct comparison *comparisons = memory_zeroed(arms->count, sizeof *comparisons);
    struct comparison **family = memory_zeroed(arms->count, sizeof *family);
    struct verdicts verdicts = {0};
    size_t count = 0;
    for (size_t i = 0; i < arms->count; i++) {
        const struct study_row *row = &arms->row[i], *other = of_seed_0(arms, row);
        if (!other || row->arm->count == 0 || other->arm->count == 0)
            continue;
        comparisons[count] = cells_compare(row->arm, other->arm);
        family[count] = &comparisons[count];
        count++;
    }
    cells_holm(family, count);
    for (size_t i = 0; i < count; i++) {
        sheet_count_verdict(&verdicts, &comparisons[i], NAN);
        sheet_add_comparison(sheet, DESK, &comparisons[i]);
    }
    free(family);
    free(comparisons);
    return word_of(sheet, &verdicts);
}

static char *w4_desk(struct sheet *sheet, const struct study *arms)
{
    static const enum weights kinds[] = {WEIGHTS_EXPANSION, WEIGHTS_BANK};
    const struct arm **family = memory_zeroed(arms->count, sizeof *family);
    double *x = memory_zeroed(arms->count, sizeof *x);
    struct verdicts verdicts = {0};
    for (size_t kind = 0; kind < COUNT(kinds); kind++) {
        size_t count = 0;
        /* rows are in the order of u */
        for (size_t i = 0; i < arms->count; i++) {
            const struct experiment *e = arms->row[i].experiment;
            if (e->weights != (int)kinds[kind] || e->weights_seed != 0 ||
                arms->row[i].arm->count == 0 ||
                !ledger_same_but(e, arms->row->experiment, weight_keys))
                continue;
            x[count] = log2(e->rows);
            family[count++] = arms->row[i].arm;
        }
        if (count > 1)
            sheet_add_trend(sheet, DESK, family, x, count, "u", &verdicts);
    }
    free(x);
    free(family);
    return word_of(sheet, &verdicts);
}

/* ---- Pad Net ------------------------------------------------------------------------------ */

static const char learned_name[] = "learned";

/* learned against zero, a family of its own; without runs of both, no comparison. */
static struct comparison learned_against_zero(struct sheet *sheet, const struct study *arms)
{
    const struct study_row *learned = find(arms, learned_name), *zero = arms->row;
    if (!learned || learned->arm->count == 0 || zero->arm->count == 0)
        return cells_no_comparison;
    static const double steps[] = {0, 1};
    const struct arm *const both[] = {zero->arm, learned->arm};
    struct comparison comparison = cells_trend(both, steps, COUNT(both)), *alone = &comparison;
    cells_holm(&alone, 1);
    sheet->from_runs = 1;
    sheet_add_comparison(sheet, DESK, &comparison);
    comparison.trend = NULL; /* `both` goes */
    return comparison;
}

static char *p1_desk(struct sheet *sheet, const struct study *arms)
{
    const struct comparison c = learned_against_zero(sheet, arms);
    return memory_text("%s", c.arm ? statistics_verdict(c.pairs, c.interval, c.holm) : "no runs");
}

static char *p2_desk(struct sheet *sheet, const struct study *arms)
{
    const struct comparison c = learned_against_zero(sheet, arms);
    const double claimed = -sheet->claim->limit;
    if (!c.arm)
        return memory_text("no runs");
    if (c.pairs < STATISTICS_MIN_PAIRS || c.interval.reason)
        return memory_text("no evidence");
    if (claimed < c.interval.low || claimed > c.interval.high)
        return sheet_consistency(1);
    const char *verdict = statistics_verdict(c.pairs, c.interval, c.holm);
    return strcmp(verdict, "better") == 0 ? sheet_consistency(0) : memory_text("%s", verdict);
}

static char *p3_computed(struct sheet *sheet, const struct study *arms)
{
    const struct model_size zero = model_size_of(arms->row->experiment);
    struct tally tally = {0};
    for (size_t i = 0; i < arms->count; i++) {
        const struct model_size counts = model_size_of(arms->row[i].experiment);
        if (counts.trained == zero.trained || !is_counted(arms->row[i].experiment))
            continue;
        const double added[] = {(double)(counts.trained - zero.trained) / (double)zero.trained,
                                (double)(counts.macs - zero.macs) / (double)zero.macs};
        static const char *const of[] = {"parameters", "multiply-adds"};
        int both = 1;
        for (size_t j = 0; j < COUNT(added); j++) {
            const int holds = added[j] <= very_few;
            both = both && holds;
            add_count(sheet,
                      memory_text("%s, added %s (share)", arms->row[i].experiment->arm, of[j]),
                      very_few, added[j], 5, holds);
        }
        tally_add(&tally, both);
    }
    return tally_word(tally);
}

/* ---- All ---------------------------------------------------------------------------------- */

/* NULL: does not bear on the claim. */
static const struct {
    const char *id, *control;
    arms_rule *computed, *desk;
} rules[] = {
    {"W1", "ordinary-c16", w1_computed, NULL},
    {"W2", "ordinary-c16", w2_computed, NULL},
    {"W3", "ordinary-c16", no_search, w3_desk},
    {"W4", "ordinary-c16", NULL, w4_desk},
    {"W5", "ordinary-c16", w5_computed, NULL},
    {"W6", "ordinary-c16", no_search, NULL},
    {"P1", "zero", NULL, p1_desk},
    {"P2", "zero", NULL, p2_desk},
    {"P3", "zero", p3_computed, NULL},
};

char *claims_counts_word(struct sheet *sheet, enum evidence evidence, struct error *error)
{
    const struct claims_sources *sources = sheet->sources;
    for (size_t i = 0; i < COUNT(rules); i++) {
        arms_rule *rule = evidence == COMPUTED ? rules[i].computed : rules[i].desk;
        if (strcmp(rules[i].id, sheet->claim->id) != 0)
            continue;
        struct study arms;
        if (study_collect(&arms, sources->ledger, sources->experiments, sheet->claim->folder,
                          rules[i].control, NULL, error) != 0)
            return NULL;
        /* another image set or network has counts and a control of its own */
        struct study first = arms;
        first.count = arms.count == 0 ? 0 : study_group(&arms, 0);
        char *word = arms.count == 0    ? memory_text("not built")
                     : !rule            ? memory_text("-")
                     : evidence == FULL ? memory_text("untested at full scale")
                                        : rule(sheet, &first);
        study_free(&arms);
        return word;
    }
    error_set(error, "claim %s: expected a rule for it in the program", sheet->claim->id);
    return NULL;
}
