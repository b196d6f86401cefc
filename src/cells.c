#include "cells.h"

#include <math.h>
#include <stdlib.h>

/* ---- Comparisons -------------------------------------------------------------------------- */

struct comparison cells_compare(const struct arm *arm, const struct arm *control)
{
    double *differences = memory_zeroed(arm->count, sizeof *differences);
    size_t pairs = 0;
    for (size_t i = 0; i < arm->count; i++)
        for (size_t j = 0; j < control->count; j++)
            if (arm->logs[i].seed == control->logs[j].seed)
                differences[pairs++] =
                    ledger_last_error(&arm->logs[i]) - ledger_last_error(&control->logs[j]);
    const char *reason;
    struct comparison comparison = {.pairs = pairs,
                                    .mean = statistics_mean(differences, pairs),
                                    .interval = statistics_t_interval(differences, pairs, 0.95),
                                    .p = statistics_sign_flip(differences, pairs, &reason),
                                    .holm = NAN};
    free(differences);
    if (arm->diverged || control->diverged) {
        comparison.mean = comparison.p = NAN;
        comparison.interval = (struct interval){NAN, NAN, "a run diverged"};
    }
    return comparison;
}

void cells_holm(struct comparison *const *family, size_t count)
{
    double *p = memory_zeroed(count, sizeof *p), *holm = memory_zeroed(count, sizeof *holm);
    for (size_t i = 0; i < count; i++)
        p[i] = family[i] ? family[i]->p : NAN;
    statistics_holm(p, count, holm);
    for (size_t i = 0; i < count; i++)
        if (family[i])
            family[i]->holm = holm[i];
    free(holm);
    free(p);
}

/* ---- Cells -------------------------------------------------------------------------------- */

char *cells_link(const struct arm *arm, const char *shown)
{
    if (arm->count == 1)
        return memory_text("\\fromlog{%s}{%d}{%s}", arm->logs[0].path,
                           ledger_last_line(&arm->logs[0]), shown);
    return memory_text("\\fromruns{%s}{%s}", arm->name, shown);
}

void cells_add_dash(struct table *table)
{
    table_add(table, memory_text("-"), NULL);
}

void cells_add_number(struct table *table, double value, const char *sign, int decimals,
                      const struct arm *arm)
{
    if (!isfinite(value)) {
        cells_add_dash(table);
        return;
    }
    char *plain =
        *sign ? memory_text("%+.*f", decimals, value) : memory_text("%.*f", decimals, value);
    char *shown = *sign || value < 0 ? memory_text("$%s$", plain) : memory_text("%s", plain);
    table_add(table, plain, arm ? cells_link(arm, shown) : memory_text("%s", shown));
    free(shown);
}

void cells_add_mean(struct table *table, const struct arm *arm)
{
    if (arm->diverged == 0) {
        cells_add_number(table, arm->mean, "", 2, arm);
        return;
    }
    char *note = memory_text("diverged: %zu of %zu", arm->diverged, arm->count);
    table_add(table, note, cells_link(arm, note));
}

void cells_add_mean_and_sd(struct table *table, const struct arm *arm)
{
    if (arm->diverged || !isfinite(arm->sd)) {
        cells_add_mean(table, arm);
        return;
    }
    char *shown = memory_text("$%.2f \\pm %.2f$", arm->mean, arm->sd);
    table_add(table, memory_text("%.2f +- %.2f", arm->mean, arm->sd), cells_link(arm, shown));
    free(shown);
}

void cells_add_interval(struct table *table, struct interval interval, const struct arm *arm)
{
    if (interval.reason) {
        cells_add_dash(table);
        return;
    }
    char *shown = memory_text("$[%+.2f, %+.2f]$", interval.low, interval.high);
    table_add(table, memory_text("[%+.2f, %+.2f]", interval.low, interval.high),
              cells_link(arm, shown));
    free(shown);
}
