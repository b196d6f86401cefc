#include "report/claims_rules.h"

#include "base/decimal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The word before anything can be compared. */
static char *word_before(const struct weight_search *search)
{
    return search->is_there ? memory_text("sealed: %zu of %d results", search->results,
                                          SEARCH_SEEDS * (1 + RIVALS))
                            : memory_text("no runs");
}

static int has_verdict(const struct contender *rival, const char *verdict)
{
    return strcmp(comparison_word(&rival->comparison), verdict) == 0;
}

char *claims_found(struct sheet *sheet)
{
    const struct weight_search *search = &sheet->in->search;
    const struct contender *uniform = &search->contender[CONTENDER_UNIFORM],
                           *random = &search->contender[CONTENDER_RANDOM_1];
    sheet->from_runs = 1;
    if (!search->is_complete)
        return word_before(search);
    sheet_add_comparison(sheet, &uniform->comparison);
    sheet_add_comparison(sheet, &random->comparison);
    const int better = has_verdict(uniform, "better") && has_verdict(random, "better");
    const int worse = has_verdict(uniform, "worse") || has_verdict(random, "worse");
    return memory_text("%s", better ? "better" : worse ? "worse" : "no evidence");
}

/* "4.00 times" */
static char *times(double ratio, const struct interval *interval)
{
    char *number = decimal_text(ratio, "", 2);
    char *ends = interval ? decimal_interval(interval->low, interval->high, 2) : NULL;
    char *text = ends ? memory_text("%s %s times", number, ends) : memory_text("%s times", number);
    free(ends);
    free(number);
    return text;
}

char *claims_spent(struct sheet *sheet)
{
    const struct weight_search *search = &sheet->in->search;
    const struct contender *own = &search->contender[CONTENDER_SEARCH];
    for (int i = CONTENDER_UNIFORM; i <= RIVALS && search->is_there; i++) {
        const struct contender *rival = &search->contender[i];
        char *says = times(rival->macs / own->macs, NULL);
        sheet_add_row(sheet,
                      memory_text("training multiply-adds (10^12), search against %s", rival->name),
                      cells_number(rival->macs / 1e12, "", 1),
                      cells_number(own->macs / 1e12, "", 1), table_dash(), says);
        free(says);
    }
    return memory_text(search->is_there ? "see numbers" : "not built");
}

/* Core-hours per result, from all runs that the results took. */
static struct table_cell hours_of(const struct contender *contender)
{
    char *hours = decimal_text(statistics_mean(contender->hours, SEARCH_SEEDS), "", 3);
    return table_traced(table_cell(hours, memory_text("\\fromledger{%s}", hours)),
                        memory_text("%s:spent-core-hours", contender->arm.name),
                        memory_text("%s", contender->spent.bytes));
}

/* Whether the claim holds against one rival: 1, 0, or -1 where it is not known. */
static int is_cheaper(struct sheet *sheet, const struct contender *rival,
                      const struct contender *own)
{
    const struct interval error = rival->comparison.interval;
    const double limit = sheet->claim->limit;
    struct interval hours;
    const double ratio = weight_search_ratio(rival, own, &hours);
    char *says = times(ratio, &hours);
    sheet_add_comparison(sheet, &rival->comparison);
    sheet_add_row(sheet, memory_text("core-hours (clock), search against %s", rival->name),
                  hours_of(rival), hours_of(own), table_dash(), says);
    free(says);
    if (error.reason || hours.reason)
        return -1;
    return error.low > limit || hours.high < 1 ? 0 : error.high < limit && hours.low > 1 ? 1 : -1;
}

char *claims_cheaper(struct sheet *sheet)
{
    const struct weight_search *search = &sheet->in->search;
    const struct contender *own = &search->contender[CONTENDER_SEARCH];
    sheet->from_runs = 1;
    if (!search->is_complete)
        return word_before(search);
    const int random = is_cheaper(sheet, &search->contender[CONTENDER_RANDOM_4], own);
    const int halving = is_cheaper(sheet, &search->contender[CONTENDER_HALVING], own);
    return random == 0 || halving == 0   ? sheet_consistency(1)
           : random == 1 && halving == 1 ? sheet_consistency(0)
                                         : memory_text("no evidence");
}
