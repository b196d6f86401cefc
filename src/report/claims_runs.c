#include "report/claims_rules.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Words -------------------------------------------------------------------------------- */

static char *without_runs(const struct sheet *sheet)
{
    return memory_text(sheet->evidence == DESK ? "no runs" : "untested at full scale");
}

static char *word_of(struct sheet *sheet, const struct verdicts *verdicts)
{
    sheet->from_runs = verdicts->count > 0;
    return verdicts->count ? sheet_verdict_word(verdicts) : without_runs(sheet);
}

/* ---- Families of arms --------------------------------------------------------------------- */

/* Comparisons that Holm adjusts together, while they are gathered. */
struct holm_family {
    struct comparison *comparison;
    size_t count;
};

static struct holm_family family_begin(size_t most)
{
    return (struct holm_family){.comparison = memory_zeroed(most, sizeof(struct comparison))};
}

static void family_add(struct holm_family *family, const struct arm *arm, const struct arm *control)
{
    family->comparison[family->count++] = cells_compare(arm, control);
}

/* Adjust, count and show all of it. */
static void family_end(struct holm_family *family, struct sheet *sheet, struct verdicts *verdicts)
{
    struct comparison **member = memory_zeroed(family->count, sizeof *member);
    for (size_t i = 0; i < family->count; i++)
        member[i] = &family->comparison[i];
    cells_holm(member, family->count);
    for (size_t i = 0; i < family->count; i++) {
        sheet_count_verdict(verdicts, member[i], sheet->claim->limit);
        sheet_add_comparison(sheet, member[i]);
    }
    free(member);
    free(family->comparison);
}

/* ---- Arms of k-decay ---------------------------------------------------------------------- */

/* What a rule does with the arms of one image set below a folder. */
typedef void compare_arms(struct sheet *sheet, const struct arms *arms, struct verdicts *verdicts);

/* Of one family, sorted by k: the trend over log2 k. */
static void add_trend(struct sheet *sheet, const struct arm *arms, size_t count,
                      struct verdicts *verdicts)
{
    const struct arm **family = memory_zeroed(count, sizeof *family);
    double *x = memory_zeroed(count, sizeof *x);
    for (size_t i = 0; i < count; i++)
        family[i] = &arms[i];
    const size_t size = cells_over_k(family, x, count);
    if (size > 1)
        sheet_add_trend(sheet, family, x, size, "k", verdicts);
    free(x);
    free(family);
}

/* Each k with k = 1: shown beside the trend, which counts; or counted itself where k > 1. */
static void compare_k(struct sheet *sheet, const struct arms *arms, int trends,
                      struct verdicts *verdicts)
{
    struct comparison *comparisons = memory_zeroed(arms->count, sizeof *comparisons);
    for (size_t first = 0, count; first < arms->count; first += count) {
        count = cells_compare_k(&arms->arm[first], arms->count - first, &comparisons[first]);
        for (size_t i = first; i < first + count; i++) {
            const struct comparison *c = &comparisons[i];
            if (!c->arm || c->control->count == 0)
                continue;
            if (trends)
                sheet_add_comparison(sheet, c);
            else if (c->arm->experiment->k > 1)
                sheet_count_verdict(verdicts, c, sheet->claim->limit);
        }
        if (trends)
            add_trend(sheet, &arms->arm[first], count, verdicts);
    }
    free(comparisons);
}

static void trends_over_k(struct sheet *sheet, const struct arms *arms, struct verdicts *verdicts)
{
    compare_k(sheet, arms, 1, verdicts);
}

static void gains_over_k(struct sheet *sheet, const struct arms *arms, struct verdicts *verdicts)
{
    compare_k(sheet, arms, 0, verdicts);
}

static int has_restarts(const struct arm *arm)
{
    return arm->experiment->decay == DECAY_COSINE && arm->experiment->cycle > 0;
}

/* A family for each arm that restarts and has k = 1: all k > 1 that differ in the schedule alone. */
static void against_restarts(struct sheet *sheet, const struct arms *arms,
                             struct verdicts *verdicts)
{
    for (const struct arm *control = arms->arm; control < arms->arm + arms->count; control++) {
        if (!has_restarts(control) || control->experiment->k != 1)
            continue;
        struct holm_family family = family_begin(arms->count);
        for (const struct arm *arm = arms->arm; arm < arms->arm + arms->count; arm++)
            if (!has_restarts(arm) && arm->experiment->k > 1 &&
                ledger_same_but(arm->experiment, control->experiment, "schedule."))
                family_add(&family, arm, control);
        family_end(&family, sheet, verdicts);
    }
}

/* 0, or -1 with *error set. */
static int compare_below(struct sheet *sheet, const char *folder, enum image_set set,
                         compare_arms *compare, struct verdicts *verdicts, struct error *error)
{
    struct arms arms;
    if (ledger_arms(sheet->sources->ledger, folder,
                    sheet->evidence == DESK ? SCALE_DESK : SCALE_FULL, set, &arms, error) != 0)
        return -1;
    compare(sheet, &arms, verdicts);
    free(arms.arm);
    return 0;
}

/* Below the folders of the thesis's tables and of the campaign. */
static int compare_families(struct sheet *sheet, compare_arms *compare, struct verdicts *verdicts,
                            struct error *error)
{
    int status = 0;
    *verdicts = (struct verdicts){0};
    for (size_t t = 0; t < sheet->sources->table_count && status == 0; t++) {
        const struct thesis_table *table = &sheet->sources->tables[t];
        char *campaign = memory_text("campaign/%s", table->folder);
        if (compare_below(sheet, table->folder, table->set, compare, verdicts, error) != 0 ||
            compare_below(sheet, campaign, table->set, compare, verdicts, error) != 0)
            status = -1;
        free(campaign);
    }
    return status;
}

char *claims_trend_over_k(struct sheet *sheet, struct error *error)
{
    struct verdicts v;
    return compare_families(sheet, trends_over_k, &v, error) == 0 ? word_of(sheet, &v) : NULL;
}

char *claims_gain_over_k(struct sheet *sheet, struct error *error)
{
    struct verdicts v;
    if (compare_families(sheet, gains_over_k, &v, error) != 0)
        return NULL;
    sheet->from_runs = v.count > 0;
    return v.count == 0           ? without_runs(sheet)
           : v.beyond || v.within ? sheet_consistency(v.beyond)
                                  : memory_text("no evidence");
}

char *claims_restarts(struct sheet *sheet, struct error *error)
{
    struct verdicts v = {0};
    for (size_t t = 0; t < sheet->sources->table_count; t++)
        if (compare_below(sheet, NULL, sheet->sources->tables[t].set, against_restarts, &v,
                          error) != 0)
            return NULL;
    return word_of(sheet, &v);
}

/* ---- Arms of a folder --------------------------------------------------------------------- */

/* The arm from which `row` differs in the seed of what is fixed alone, if that has the seed 0. */
static const struct study_row *of_seed_0(const struct study *arms, const struct study_row *row)
{
    for (size_t i = 0; i < arms->count && row->experiment->weights_seed != 0; i++)
        if (arms->row[i].experiment->weights_seed == 0 &&
            ledger_same_but(arms->row[i].experiment, row->experiment, "network.weights_seed"))
            return &arms->row[i];
    return NULL;
}

char *claims_seeds(struct sheet *sheet, struct error *error)
{
    (void)error;
    const struct study *arms = sheet->arms;
    struct holm_family family = family_begin(arms->count);
    struct verdicts verdicts = {0};
    for (size_t i = 0; i < arms->count; i++) {
        const struct study_row *row = &arms->row[i], *other = of_seed_0(arms, row);
        if (other && row->arm->count > 0 && other->arm->count > 0)
            family_add(&family, row->arm, other->arm);
    }
    family_end(&family, sheet, &verdicts);
    return word_of(sheet, &verdicts);
}

/* A trend for each kind of Weight Block; rows are in the order of u. */
char *claims_trend_over_rows(struct sheet *sheet, struct error *error)
{
    static const enum weights kinds[] = {WEIGHTS_EXPANSION, WEIGHTS_BANK};
    static const char keys[] = "network.weights network.rows network.weights_seed";
    (void)error;
    const struct study *arms = sheet->arms;
    const struct arm **family = memory_zeroed(arms->count, sizeof *family);
    double *x = memory_zeroed(arms->count, sizeof *x);
    struct verdicts verdicts = {0};
    for (size_t kind = 0; kind < COUNT(kinds); kind++) {
        size_t count = 0;
        for (size_t i = 0; i < arms->count; i++) {
            const struct experiment *e = arms->row[i].experiment;
            if (e->weights != kinds[kind] || e->weights_seed != 0 ||
                arms->row[i].arm->count == 0 || !ledger_same_but(e, arms->row->experiment, keys))
                continue;
            x[count] = log2(e->rows);
            family[count++] = arms->row[i].arm;
        }
        if (count > 1)
            sheet_add_trend(sheet, family, x, count, "u", &verdicts);
    }
    free(x);
    free(family);
    return word_of(sheet, &verdicts);
}

/* The claim's arm against the control, a family of its own; without runs of both, no comparison. */
static struct comparison arm_against_control(struct sheet *sheet)
{
    const struct study_row *control = sheet->arms->row, *row = NULL;
    for (size_t i = 0; i < sheet->arms->count && !row; i++)
        if (strcmp(study_short_name(&sheet->arms->row[i]), sheet->claim->arm) == 0)
            row = &sheet->arms->row[i];
    if (!row || row->arm->count == 0 || control->arm->count == 0)
        return cells_no_comparison;
    static const double steps[] = {0, 1};
    const struct arm *const both[] = {control->arm, row->arm};
    struct comparison comparison = cells_trend(both, steps, COUNT(both)), *alone = &comparison;
    cells_holm(&alone, 1);
    sheet->from_runs = 1;
    sheet_add_comparison(sheet, &comparison);
    comparison.trend = NULL; /* `both` goes */
    return comparison;
}

char *claims_verdict(struct sheet *sheet, struct error *error)
{
    (void)error;
    const struct comparison c = arm_against_control(sheet);
    return c.arm ? memory_text("%s", statistics_verdict(c.pairs, c.interval, c.holm))
                 : without_runs(sheet);
}

char *claims_effect(struct sheet *sheet, struct error *error)
{
    (void)error;
    const struct comparison c = arm_against_control(sheet);
    const double claimed = -sheet->claim->limit;
    if (!c.arm)
        return without_runs(sheet);
    if (c.pairs < STATISTICS_MIN_PAIRS || c.interval.reason)
        return memory_text("no evidence");
    if (claimed < c.interval.low || claimed > c.interval.high)
        return sheet_consistency(1);
    const char *verdict = statistics_verdict(c.pairs, c.interval, c.holm);
    return strcmp(verdict, "better") == 0 ? sheet_consistency(0) : memory_text("%s", verdict);
}
