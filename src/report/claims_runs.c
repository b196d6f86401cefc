#include "report/claims_rules.h"
#include "report/confirmation.h"

#include "base/decimal.h"
#include "report/registered.h"

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

/* Adjust, count and show a family; `planned` as comparison_holm() takes it. Frees it. */
static void add_family(struct sheet *sheet, struct comparison *family, size_t count, size_t planned,
                       struct verdicts *verdicts)
{
    comparison_holm(family, sizeof *family, count, planned);
    for (size_t i = 0; i < count; i++) {
        sheet_count_verdict(verdicts, &family[i], sheet->claim->limit);
        sheet_add_comparison(sheet, &family[i]);
    }
    free(family);
}

/* ---- Arms of k-decay ---------------------------------------------------------------------- */

/* What a rule does with the arms of one image set below a folder. */
typedef void compare_arms(struct sheet *sheet, const struct arms *arms, struct verdicts *verdicts);

/* The number of arms at the front of `arms` that differ only in k. `over_k` gets the *size of them
 * that the trend over k uses. */
static size_t family_of_k(const struct arm *arms, size_t count, const struct arm **over_k,
                          size_t *size)
{
    size_t all = 0;
    for (; all < count && strcmp(arms[all].base.hex, arms[0].base.hex) == 0; all++)
        over_k[all] = &arms[all];
    *size = comparison_select_k(over_k, all);
    return all;
}

/* Each k with k = 1: shown beside the trend, which counts; or counted itself where k > 1. */
static void compare_k(struct sheet *sheet, const struct arms *arms, int trends,
                      struct verdicts *verdicts)
{
    struct comparison *comparisons = memory_zeroed(arms->count, sizeof *comparisons);
    const struct arm **over_k = memory_zeroed(arms->count, sizeof *over_k);
    for (size_t first = 0, count, size; first < arms->count; first += count) {
        count = comparison_with_k_1(&arms->arm[first], arms->count - first, &sheet->in->questions,
                                    &comparisons[first]);
        for (size_t i = first; i < first + count; i++) {
            const struct comparison *c = &comparisons[i];
            if (!c->arm || c->control->count == 0)
                continue;
            if (trends)
                sheet_add_comparison(sheet, c);
            else if (c->arm->experiment->k > 1)
                sheet_count_verdict(verdicts, c, sheet->claim->limit);
        }
        family_of_k(&arms->arm[first], count, over_k, &size);
        if (trends && size > 1) {
            const struct comparison trend = comparison_trend_over_k(over_k, size);
            sheet_add_trend(sheet, &trend, "k", verdicts);
        }
    }
    free(over_k);
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

/* Of each family, sorted by k: each k with the one below it, from k = 1 on. */
static void steps_over_k(struct sheet *sheet, const struct arms *arms, struct verdicts *verdicts)
{
    const struct arm **steps = memory_zeroed(arms->count, sizeof *steps);
    for (size_t first = 0, count, size; first < arms->count; first += count) {
        count = family_of_k(&arms->arm[first], arms->count - first, steps, &size);
        struct comparison *family = memory_zeroed(size, sizeof *family);
        for (size_t i = 1; i < size; i++) {
            family[i - 1] = comparison_of(steps[i], steps[i - 1]);
            family[i - 1].is_step = 1;
        }
        add_family(sheet, family, size ? size - 1 : 0, 0, verdicts);
    }
    free(steps);
}

static int has_restarts(const struct experiment *e)
{
    return e->decay == DECAY_COSINE && e->cycle > 0;
}

/* What a protocol registered has a table of its own. */
static int is_compared(const struct experiment *e, const struct experiment *control)
{
    return !has_restarts(e) && e->k > 1 && !registered_is(e) &&
           ledger_same_but(e, control, "schedule.");
}

/* A family for each arm that restarts and has k = 1: all k > 1 that differ in the schedule alone. */
static void against_restarts(struct sheet *sheet, const struct arms *arms,
                             struct verdicts *verdicts)
{
    for (const struct arm *control = arms->arm; control < arms->arm + arms->count; control++) {
        if (!has_restarts(control->experiment) || control->experiment->k != 1 ||
            registered_is(control->experiment))
            continue;
        const struct experiment_files *files = &sheet->in->experiments;
        size_t planned = 0, count = 0;
        for (size_t i = 0; i < files->count; i++)
            planned += is_compared(&files->file[i].experiment, control->experiment) ? 1 : 0;
        struct comparison *family = memory_zeroed(arms->count, sizeof *family);
        for (const struct arm *arm = arms->arm; arm < arms->arm + arms->count; arm++)
            if (is_compared(arm->experiment, control->experiment))
                family[count++] = comparison_of(arm, control);
        add_family(sheet, family, count, planned, verdicts);
    }
}

/* 0, or -1 with *error set. */
static int compare_below(struct sheet *sheet, const char *folder, enum image_set set,
                         compare_arms *compare, struct verdicts *verdicts)
{
    struct arms arms;
    if (ledger_arms(&sheet->in->open, folder, sheet->evidence == DESK ? SCALE_DESK : SCALE_FULL,
                    set, &arms, sheet->error) != 0)
        return -1;
    compare(sheet, &arms, verdicts);
    free(arms.arm);
    return 0;
}

/* Below the folders of the thesis's tables and of the campaign. */
static int compare_families(struct sheet *sheet, compare_arms *compare, struct verdicts *verdicts)
{
    int status = 0;
    *verdicts = (struct verdicts){0};
    for (size_t t = 0; t < COUNT(sheet->in->tables) && status == 0; t++) {
        const struct thesis_table *table = &sheet->in->tables[t];
        char *campaign = memory_text("campaign/%s", table->folder);
        if (compare_below(sheet, table->folder, table->set, compare, verdicts) != 0 ||
            compare_below(sheet, campaign, table->set, compare, verdicts) != 0)
            status = -1;
        free(campaign);
    }
    return status;
}

static char *word_of_families(struct sheet *sheet, compare_arms *compare)
{
    struct verdicts v;
    return compare_families(sheet, compare, &v) == 0 ? word_of(sheet, &v) : NULL;
}

char *claims_trend_over_k(struct sheet *sheet)
{
    return word_of_families(sheet, trends_over_k);
}

char *claims_better_than_k_1(struct sheet *sheet)
{
    return word_of_families(sheet, gains_over_k);
}

char *claims_steps_over_k(struct sheet *sheet)
{
    return word_of_families(sheet, steps_over_k);
}

char *claims_gain_over_k(struct sheet *sheet)
{
    struct verdicts v;
    if (compare_families(sheet, gains_over_k, &v) != 0)
        return NULL;
    sheet->from_runs = v.count > 0;
    return v.count == 0             ? without_runs(sheet)
           : v.beyond || v.within   ? sheet_consistency(v.beyond)
           : v.untestable < v.count ? memory_text("no evidence")
                                    : memory_text("not testable");
}

char *claims_restarts(struct sheet *sheet)
{
    struct verdicts v = {0};
    for (size_t t = 0; t < COUNT(sheet->in->tables); t++)
        if (compare_below(sheet, NULL, sheet->in->tables[t].set, against_restarts, &v) != 0)
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

char *claims_seeds(struct sheet *sheet)
{
    const struct study *arms = sheet->arms;
    struct comparison *family = memory_zeroed(arms->count, sizeof *family);
    struct verdicts verdicts = {0};
    size_t planned = 0, count = 0;
    for (size_t i = 0; i < arms->count; i++) {
        const struct study_row *row = &arms->row[i], *other = of_seed_0(arms, row);
        planned += other ? 1 : 0;
        if (other && row->arm->count > 0 && other->arm->count > 0)
            family[count++] = comparison_of(row->arm, other->arm);
    }
    add_family(sheet, family, count, planned, &verdicts);
    return word_of(sheet, &verdicts);
}

/* "fails by 28.43 to 37.27 points at u = 1 (exploratory)", or the words of verdicts. */
char *claims_kept(struct sheet *sheet)
{
    struct verdicts verdicts = {0};
    double least = INFINITY, most = -INFINITY;
    int smallest = 0, all_above = 1;
    for (size_t i = 0; i < sheet->arms->count; i++) {
        const struct study_row *row = &sheet->arms->row[i];
        const struct comparison *c = &row->comparison[0];
        if (row->experiment->weights == WEIGHTS_FREE || row->experiment->k != 1 ||
            row->experiment->weights_seed != 0 || !c->arm || c->is_null || c->arm->count == 0 ||
            c->control->count == 0)
            continue;
        sheet_count_verdict(&verdicts, c, NAN);
        sheet_add_comparison(sheet, c);
        if (row->experiment->rows != 1)
            continue;
        smallest++;
        all_above = all_above && !c->interval.reason && c->interval.low > sheet->claim->limit;
        least = fmin(least, c->mean);
        most = fmax(most, c->mean);
    }
    char *word = word_of(sheet, &verdicts);
    if (smallest == 0 || !all_above)
        return word;
    free(word);
    char *low = decimal_text(least, "", 2), *high = decimal_text(most, "", 2);
    word = memory_text("fails by %s to %s points at u = 1 (exploratory)", low, high);
    free(high);
    free(low);
    return word;
}

/* A trend for each kind of Weight Block; rows are in the order of u. */
char *claims_trend_over_rows(struct sheet *sheet)
{
    static const enum weights kinds[] = {WEIGHTS_EXPANSION, WEIGHTS_BANK};
    static const char keys[] = "network.weights network.rows network.weights_seed";
    const struct study *arms = sheet->arms;
    const struct arm **family = memory_zeroed(arms->count, sizeof *family);
    double *x = memory_zeroed(arms->count, sizeof *x);
    struct verdicts verdicts = {0};
    struct text sizes = {0};
    for (size_t kind = 0; kind < COUNT(kinds); kind++) {
        size_t count = 0;
        for (size_t i = 0; i < arms->count; i++) {
            const struct experiment *e = arms->row[i].experiment;
            if (e->weights != kinds[kind] || e->weights_seed != 0 || arms->row[i].arm->count == 0 ||
                !ledger_same_but(e, arms->row->experiment, keys))
                continue;
            x[count] = log2(e->rows);
            family[count++] = arms->row[i].arm;
        }
        if (count < 2)
            continue;
        const struct comparison trend = comparison_trend(family, x, count);
        sheet_add_trend(sheet, &trend, "u", &verdicts);
        char *size = isfinite(trend.mean) ? decimal_text(trend.mean, "+", 2) : memory_text("-");
        text_add(&sizes, "%s%s", sizes.length ? " and " : "", size);
        free(size);
    }
    free(x);
    free(family);
    char *verdict = word_of(sheet, &verdicts);
    if (sizes.length == 0)
        return verdict;
    char *word = memory_text("%s points a doubling of u: %s", sizes.bytes, verdict);
    free(verdict);
    free(sizes.bytes);
    return word;
}

/* A family of its own; without runs of both, no comparison. */
static struct comparison compare_alone(struct sheet *sheet, const struct arm *arm,
                                       const struct arm *control)
{
    if (!arm || !control || arm->count == 0 || control->count == 0)
        return comparison_none;
    static const double steps[] = {0, 1};
    const struct arm *const both[] = {control, arm};
    struct comparison comparison = comparison_trend(both, steps, COUNT(both));
    sheet->from_runs = 1;
    sheet_add_comparison(sheet, &comparison);
    comparison.trend = NULL; /* `both` goes */
    return comparison;
}

/* The claim's arm against the control. */
static struct comparison arm_against_control(struct sheet *sheet)
{
    const struct study_row *control = sheet->arms->row, *row = NULL;
    for (size_t i = 0; i < sheet->arms->count && !row; i++)
        if (strcmp(study_short_name(&sheet->arms->row[i]), sheet->claim->arm) == 0)
            row = &sheet->arms->row[i];
    return compare_alone(sheet, row ? row->arm : NULL, control->arm);
}

char *claims_verdict(struct sheet *sheet)
{
    const struct comparison c = arm_against_control(sheet);
    return c.arm ? memory_text("%s", comparison_word(&c)) : without_runs(sheet);
}

/* Whether the claimed gain lies in the interval. */
static char *effect_word(const struct sheet *sheet, const struct comparison *c)
{
    const double claimed = -sheet->claim->limit;
    if (c->pairs < STATISTICS_MIN_PAIRS || c->interval.reason)
        return memory_text("%s", comparison_word(c));
    if (claimed < c->interval.low || claimed > c->interval.high)
        return sheet_consistency(1);
    const char *verdict = comparison_word(c);
    return strcmp(verdict, "better") == 0 ? sheet_consistency(0) : memory_text("%s", verdict);
}

char *claims_effect(struct sheet *sheet)
{
    const struct comparison c = arm_against_control(sheet);
    return c.arm ? effect_word(sheet, &c) : without_runs(sheet);
}

/* ---- Registered runs ---------------------------------------------------------------------- */

char *claims_registered(struct sheet *sheet)
{
    sheet->from_runs = 1;
    return confirmation_word(sheet->in->confirmation, sheet->claim->control, sheet->error);
}

char *claims_registered_effect(struct sheet *sheet)
{
    static const char folder[] = "pad-effect";
    const struct inputs *in = sheet->in;
    char *name = memory_text("%s/%s", folder, sheet->claim->arm);
    char *control = memory_text("%s/%s", folder, sheet->claim->control), *word = NULL;
    const struct experiment_file *file = ledger_find_experiment(&in->experiments, name);
    struct arms arms;
    sheet->from_runs = 1;
    if (!file) {
        word = memory_text("no runs");
    } else if (registered_is_sealed(&in->all, &in->experiments, &file->experiment)) {
        word =
            registered_sealed_word(registered_count(&in->all, &in->experiments, &file->experiment));
    } else if (ledger_arms(&in->open, folder, SCALE_DESK, SET_CIFAR10, &arms, sheet->error) == 0) {
        const struct comparison c =
            compare_alone(sheet, ledger_find_arm(&arms, name), ledger_find_arm(&arms, control));
        word = effect_word(sheet, &c);
        free(arms.arm);
    }
    free(control);
    free(name);
    return word;
}
