#include "report/claims_runs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Of one family, sorted by k: the trend over log2 k. */
static void add_trend(struct sheet *sheet, enum evidence evidence, const struct arm *arms,
                      size_t count, struct verdicts *verdicts)
{
    const struct arm **family = memory_zeroed(count, sizeof *family);
    double *x = memory_zeroed(count, sizeof *x);
    for (size_t i = 0; i < count; i++)
        family[i] = &arms[i];
    const size_t size = cells_over_k(family, x, count);
    if (size > 1)
        sheet_add_trend(sheet, evidence, family, x, size, "k", verdicts);
    free(x);
    free(family);
}

/* Of all k of one set with k = 1: the trends count for C2, the comparisons for C3. */
static void compare_k(struct sheet *sheet, enum evidence evidence, const struct arms *arms,
                      struct verdicts *verdicts)
{
    const int trends = strcmp(sheet->claim->id, "C2") == 0;
    struct comparison *comparisons = memory_zeroed(arms->count, sizeof *comparisons);
    for (size_t first = 0; first < arms->count;) {
        const size_t count =
            cells_compare_k(&arms->arm[first], arms->count - first, &comparisons[first]);
        for (size_t i = first; i < first + count; i++) {
            const struct comparison *c = &comparisons[i];
            if (!c->arm || c->control->count == 0)
                continue;
            if (trends)
                sheet_add_comparison(sheet, evidence, c);
            else if (c->arm->experiment->k > 1)
                sheet_count_verdict(verdicts, c, sheet->claim->limit);
        }
        if (trends)
            add_trend(sheet, evidence, &arms->arm[first], count, verdicts);
        first += count;
    }
    free(comparisons);
}

static int has_restarts(const struct arm *arm)
{
    return arm->experiment->decay == DECAY_COSINE && arm->experiment->cycle > 0;
}

/* Of all k > 1 of one set with one arm that restarts. */
static void compare_restarts(struct sheet *sheet, enum evidence evidence, const struct arms *arms,
                             const struct arm *control, struct verdicts *verdicts)
{
    struct comparison *comparisons = memory_zeroed(arms->count, sizeof *comparisons);
    struct comparison **family = memory_zeroed(arms->count, sizeof *family);
    size_t count = 0;
    for (size_t i = 0; i < arms->count; i++) {
        const struct arm *arm = &arms->arm[i];
        if (has_restarts(arm) || !(arm->experiment->k > 1) ||
            !ledger_same_but(arm->experiment, control->experiment, "schedule."))
            continue;
        comparisons[count] = cells_compare(arm, control);
        family[count] = &comparisons[count];
        count++;
    }
    cells_holm(family, count);
    for (size_t i = 0; i < count; i++) {
        sheet_count_verdict(verdicts, &comparisons[i], sheet->claim->limit);
        sheet_add_comparison(sheet, evidence, &comparisons[i]);
    }
    free(family);
    free(comparisons);
}

/* The arms of an image set below a folder. */
static int compare_below(struct sheet *sheet, enum evidence evidence, const char *folder,
                         enum image_set set, struct verdicts *verdicts, struct error *error)
{
    const int restarts = strcmp(sheet->claim->id, "C4") == 0;
    struct arms arms;
    if (ledger_arms(sheet->sources->ledger, folder, evidence == DESK ? SCALE_DESK : SCALE_FULL, set,
                    &arms, error) != 0)
        return -1;
    for (size_t i = 0; restarts && i < arms.count; i++)
        if (has_restarts(&arms.arm[i]) && arms.arm[i].experiment->k == 1)
            compare_restarts(sheet, evidence, &arms, &arms.arm[i], verdicts);
    if (!restarts)
        compare_k(sheet, evidence, &arms, verdicts);
    free(arms.arm);
    return 0;
}

static int compare_all(struct sheet *sheet, enum evidence evidence, struct verdicts *verdicts,
                       struct error *error)
{
    const int everywhere = strcmp(sheet->claim->id, "C4") == 0;
    int status = 0;
    *verdicts = (struct verdicts){0};
    for (size_t t = 0; t < sheet->sources->table_count && status == 0; t++) {
        const struct thesis_table *table = &sheet->sources->tables[t];
        char *campaign = memory_text("campaign/%s", table->folder);
        status = compare_below(sheet, evidence, everywhere ? NULL : table->folder, table->set,
                               verdicts, error);
        if (!everywhere && status == 0)
            status = compare_below(sheet, evidence, campaign, table->set, verdicts, error);
        free(campaign);
    }
    return status;
}

char *claims_runs_word(struct sheet *sheet, enum evidence evidence, struct error *error)
{
    struct verdicts v;
    if (compare_all(sheet, evidence, &v, error) != 0)
        return NULL;
    sheet->from_runs = v.count > 0;
    if (v.count == 0)
        return memory_text(evidence == DESK ? "no runs" : "untested at full scale");
    if (strcmp(sheet->claim->id, "C3") != 0)
        return sheet_verdict_word(&v);
    return v.beyond || v.within ? sheet_consistency(v.beyond) : memory_text("no evidence");
}
