#include "companions.h"

#include "counts.h"
#include "variants.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* The word of a claim from the arms of its folder, of which there are some; the control comes first. */
typedef char *arms_rule(struct sheet *sheet, const struct variants *arms);

static const struct variant *find(const struct variants *arms, const char *name)
{
    for (size_t i = 0; i < arms->count; i++)
        if (strcmp(variants_short_name(&arms->row[i]), name) == 0)
            return &arms->row[i];
    return NULL;
}

/* One row of numbers by count. */
static void add_count(struct sheet *sheet, char *of, double reference, double new, int decimals,
                      int holds)
{
    sheet_start_row(sheet, COMPUTED, of);
    sheet_add_number(sheet, reference, decimals);
    sheet_add_number(sheet, new, decimals);
    sheet_add_number(sheet, NAN, 0);
    sheet_end_row(sheet, &cells_no_comparison, holds ? "holds" : "fails");
}

/* What some counts give, of which there may be none. */
static char *count_word(size_t all, size_t good)
{
    return memory_text("%s", all == 0 ? "not built" : good == all ? "holds" : "fails");
}

/* ---- Pad Net ------------------------------------------------------------------------------ */

static const char learned_name[] = "learned";
static const double most_added = 1. / 20; /* what the source calls "only" of W2 */

/* learned against zero, a family of its own; without runs of both, no comparison. */
static struct comparison learned_against_zero(struct sheet *sheet, const struct variants *arms)
{
    const struct variant *learned = find(arms, learned_name), *zero = arms->row;
    if (!learned || learned->arm->count == 0 || zero->arm->count == 0)
        return cells_no_comparison;
    struct comparison comparison = cells_compare(learned->arm, zero->arm), *alone = &comparison;
    cells_holm(&alone, 1);
    sheet->from_runs = 1;
    sheet_start_row(sheet, DESK, memory_text("%s against %s", learned->arm->name, zero->arm->name));
    sheet_add_means(sheet, &comparison);
    sheet_end_row(sheet, &comparison, NULL);
    return comparison;
}

static char *p1_desk(struct sheet *sheet, const struct variants *arms)
{
    const struct comparison c = learned_against_zero(sheet, arms);
    return memory_text("%s", c.arm ? statistics_verdict(c.pairs, c.interval, c.holm) : "no runs");
}

static char *p2_desk(struct sheet *sheet, const struct variants *arms)
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

static char *p3_computed(struct sheet *sheet, const struct variants *arms)
{
    const struct counts zero = counts_of(arms->row->experiment);
    size_t all = 0, good = 0;
    for (size_t i = 0; i < arms->count; i++) {
        const struct counts counts = counts_of(arms->row[i].experiment);
        if (counts.trained == zero.trained)
            continue;
        const double added[] = {(double)(counts.trained - zero.trained) / (double)zero.trained,
                                (double)(counts.macs - zero.macs) / (double)zero.macs};
        static const char *const of[] = {"parameters", "multiply-adds"};
        for (size_t j = 0; j < COUNT(added); j++) {
            const int holds = added[j] <= most_added;
            all++;
            good += holds ? 1 : 0;
            add_count(sheet,
                      memory_text("%s, added %s (share)", arms->row[i].experiment->arm, of[j]),
                      most_added, added[j], 5, holds);
        }
    }
    return count_word(all, good);
}

/* ---- All ---------------------------------------------------------------------------------- */

/* NULL: does not bear on the claim. */
static const struct {
    const char *id, *control;
    arms_rule *computed, *desk;
} rules[] = {
    {"W1", "ordinary-c16", NULL, NULL}, {"W2", "ordinary-c16", NULL, NULL},
    {"W3", "ordinary-c16", NULL, NULL}, {"W4", "ordinary-c16", NULL, NULL},
    {"W5", "ordinary-c16", NULL, NULL}, {"W6", "ordinary-c16", NULL, NULL},
    {"P1", "zero", NULL, p1_desk},      {"P2", "zero", NULL, p2_desk},
    {"P3", "zero", p3_computed, NULL},
};

char *companions_word(struct sheet *sheet, enum evidence evidence, struct error *error)
{
    const struct claims_sources *sources = sheet->sources;
    for (size_t i = 0; i < COUNT(rules); i++) {
        arms_rule *rule = evidence == COMPUTED ? rules[i].computed : rules[i].desk;
        if (strcmp(rules[i].id, sheet->claim->id) != 0)
            continue;
        struct variants arms;
        if (variants_collect(&arms, sources->ledger, sources->experiments, sheet->claim->folder,
                             rules[i].control, NULL, error) != 0)
            return NULL;
        char *word = arms.count == 0    ? memory_text("not built")
                     : !rule            ? memory_text("-")
                     : evidence == FULL ? memory_text("untested at full scale")
                                        : rule(sheet, &arms);
        variants_free(&arms);
        return word;
    }
    fail(error, "claim %s: expected a rule for it in the program", sheet->claim->id);
    return NULL;
}
