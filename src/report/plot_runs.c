#include "report/plot_runs.h"

#include "base/file.h"
#include "base/memory.h"
#include "report/comparison.h"
#include "report/registered.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void plot_write(const char *out, const char *name, struct text *text)
{
    file_update_text(memory_text("%s/plots/%s.tsv", out, name), text);
}

void plot_count(struct plot_tally *tally, const struct arm *arm)
{
    tally->low = tally->high && tally->low < arm->count ? tally->low : arm->count;
    tally->high = tally->high > arm->count ? tally->high : arm->count;
    tally->diverged += arm->diverged;
}

void plot_add_tally(struct text *text, const struct plot_tally *tally)
{
    text_add(text, "n = %zu", tally->low);
    if (tally->high > tally->low)
        text_add(text, " to %zu", tally->high);
    if (tally->diverged)
        text_add(text, ", %zu diverged", tally->diverged);
    text_add(text, "\n");
}

void plot_add_difference(struct text *text, const struct comparison *difference)
{
    plot_add_number(text, difference->mean);
    plot_add_number(text, difference->interval.low);
    plot_add_number(text, difference->interval.high);
}

void plot_add_number(struct text *text, double value)
{
    if (isfinite(value))
        text_add(text, "\t%.9g", value);
    else
        text_add(text, "\tNaN");
}

/* ---- Groups ------------------------------------------------------------------------------- */

/* Whether an arm may be drawn in the group, which holds the arms before it. */
static int belongs(const struct plot_group *group, const struct arm *arm)
{
    if (arm->count == arm->diverged || registered_is(arm->experiment) ||
        (group->count == 0 && arm->experiment->k != 1))
        return 0;
    return group->count == 0 || arm->experiment->k > group->arm[group->count - 1]->experiment->k;
}

/* The group of the arms of one base that start at arm[0]; *size becomes the number of these. */
static struct plot_group group_at(const struct arm *arm, size_t count, size_t *size)
{
    struct plot_group group = {.arm = memory_zeroed(count, sizeof *group.arm)};
    for (*size = 0; *size < count && strcmp(arm[*size].base.hex, arm->base.hex) == 0; ++*size) {
        if (!belongs(&group, &arm[*size]))
            continue;
        group.arm[group.count++] = &arm[*size];
        group.finished += arm[*size].count - arm[*size].diverged;
    }
    return group;
}

/* Whether the other group has every training of this group, too. */
static int repeats(const struct plot_group *group, const struct plot_group *other)
{
    size_t same = 0;
    for (size_t a = 0; a < group->count; a++)
        for (size_t b = 0; b < other->count; b++)
            if (comparison_is_one_training(group->arm[a], other->arm[b])) {
                same++;
                break;
            }
    return same == group->count;
}

/* Insert the group in its order; takes it over. */
static void add_group(struct plot_groups *groups, struct plot_group group)
{
    size_t at = groups->count++;
    for (; at > 0 && groups->group[at - 1].finished < group.finished; at--)
        groups->group[at] = groups->group[at - 1];
    groups->group[at] = group;
}

static void drop_repeats(struct plot_groups *groups)
{
    size_t kept = 0;
    for (size_t g = 0; g < groups->count; g++) {
        int again = 0;
        for (size_t other = 0; other < kept; other++)
            again |= repeats(&groups->group[g], &groups->group[other]);
        if (again)
            free(groups->group[g].arm);
        else
            groups->group[kept++] = groups->group[g];
    }
    groups->count = kept;
}

int plot_groups_read(const struct ledger *ledger, struct plot_groups *groups, struct error *error)
{
    static const enum image_set sets[] = {SET_CIFAR10, SET_CIFAR100};
    *groups = (struct plot_groups){0};
    for (size_t s = 0; s < COUNT(sets); s++) {
        struct arms *arms = &groups->arms[s];
        if (ledger_arms(ledger, NULL, SCALE_DESK, sets[s], arms, error) != 0) {
            plot_groups_free(groups);
            return -1;
        }
        groups->group =
            memory_resize(groups->group, groups->count + arms->count, sizeof *groups->group);
        for (size_t first = 0, size; first < arms->count; first += size) {
            const struct plot_group group = group_at(&arms->arm[first], arms->count - first, &size);
            if (group.count > 1)
                add_group(groups, group);
            else
                free(group.arm);
        }
    }
    drop_repeats(groups);
    return 0;
}

void plot_groups_free(struct plot_groups *groups)
{
    for (size_t g = 0; g < groups->count; g++)
        free(groups->group[g].arm);
    free(groups->group);
    for (size_t s = 0; s < COUNT(groups->arms); s++)
        free(groups->arms[s].arm);
    *groups = (struct plot_groups){0};
}

/* "CIFAR-10, preact-20 | polynomial, 12 epochs | n = 3 to 6, 1 diverged" */
static void add_panel(struct text *text, const struct plot_group *group)
{
    const struct experiment *e = group->arm[0]->experiment;
    struct plot_tally tally = {0};
    for (size_t a = 0; a < group->count; a++)
        plot_count(&tally, group->arm[a]);
    char *network = ledger_network(e);
    text_add(text, "# panel: %s, %s | %s, %d epochs | ", config_set_name(e), network,
             ledger_base(e), e->epochs);
    free(network);
    plot_add_tally(text, &tally);
}

/* ---- Differences to k = 1 ------------------------------------------------------------------- */

/* A row for each run that has a pair: `label`, difference. */
static void add_runs(struct text *text, double label, const struct arm *arm,
                     const struct arm *control, enum endpoint endpoint)
{
    size_t seeds;
    const struct log **runs = comparison_runs((const struct arm *const[]){arm, control}, 2, &seeds);
    for (size_t i = 0; i < seeds; i++) {
        text_add(text, "%g", label);
        plot_add_number(text, endpoint_of(runs[2 * i], endpoint, LAST_EPOCH) -
                                  endpoint_of(runs[2 * i + 1], endpoint, LAST_EPOCH));
        text_add(text, "\n");
    }
    free(runs);
}

static void add_over_k(struct text *text, const struct plot_group *group)
{
    const struct arm *control = group->arm[0];
    add_panel(text, group);
    for (enum endpoint endpoint = 0; endpoint < ENDPOINTS; endpoint++) {
        text_add(text, "%s# measure: %s | %.6g\n# k\tpairs\tmean\tlow\thigh\n",
                 endpoint ? "\n\n" : "", endpoints[endpoint].title,
                 endpoint_mean(control, endpoint));
        for (size_t a = 1; a < group->count; a++) {
            const struct comparison difference =
                comparison_by(group->arm[a], control, endpoint, LAST_EPOCH);
            text_add(text, "%g\t%zu", group->arm[a]->experiment->k, difference.pairs);
            plot_add_difference(text, &difference);
            text_add(text, "\n");
        }
        text_add(text, "\n\n# k\tdifference\n");
        for (size_t a = 1; a < group->count; a++)
            add_runs(text, group->arm[a]->experiment->k, group->arm[a], control, endpoint);
    }
}

static void add_curves(struct text *text, const struct plot_group *group)
{
    static const enum endpoint shown[] = {TEST_ERROR, TEST_LOSS};
    add_panel(text, group);
    for (size_t a = 1; a < group->count; a++) {
        const struct arm *arm = group->arm[a];
        text_add(text, "%s# k: %g\n# epoch\terror\tlow\thigh\tloss\tlow\thigh\n",
                 a > 1 ? "\n\n" : "", arm->experiment->k);
        for (long epoch = 1; epoch <= arm->experiment->epochs; epoch++) {
            text_add(text, "%ld", epoch);
            for (size_t i = 0; i < COUNT(shown); i++) {
                const struct comparison difference =
                    comparison_by(arm, group->arm[0], shown[i], epoch);
                plot_add_difference(text, &difference);
            }
            text_add(text, "\n");
        }
    }
}

/* ---- The same two k over several budgets ---------------------------------------------------- */

/* The arm of k = 2 of a group, or NULL. */
static const struct arm *of_k2(const struct plot_group *group)
{
    for (size_t a = 0; a < group->count; a++)
        if (group->arm[a]->experiment->k == 2)
            return group->arm[a];
    return NULL;
}

/* The name below which a group is drawn; free() it. */
static char *series_of(const struct plot_group *group)
{
    const struct experiment *e = group->arm[0]->experiment;
    char *network = ledger_network(e);
    char *name = memory_text("%s, %s", config_set_name(e), network);
    free(network);
    return name;
}

static void add_series(struct text *text, const struct plot_groups *groups, const char *name)
{
    struct text runs = {0};
    text_add(text, "%s# series: %s\n# epochs\tpairs\tmean\tlow\thigh\n", text->length ? "\n\n" : "",
             name);
    text_add(&runs, "\n\n# epochs\tdifference\n");
    for (size_t g = 0; g < groups->count; g++) {
        const struct plot_group *group = &groups->group[g];
        const struct arm *arm = of_k2(group), *control = group->arm[0];
        char *own = series_of(group);
        if (arm && strcmp(own, name) == 0) {
            const struct comparison difference = comparison_of(arm, control);
            text_add(text, "%d\t%zu", control->experiment->epochs, difference.pairs);
            plot_add_difference(text, &difference);
            text_add(text, "\n");
            add_runs(&runs, control->experiment->epochs, arm, control, TEST_ERROR);
        }
        free(own);
    }
    text_add(text, "%s", runs.bytes);
    free(runs.bytes);
}

static void add_budget(struct text *text, const struct plot_groups *groups)
{
    char **name = memory_zeroed(groups->count, sizeof *name);
    size_t names = 0;
    for (size_t g = 0; g < groups->count; g++) {
        if (!of_k2(&groups->group[g]))
            continue;
        name[names] = series_of(&groups->group[g]);
        size_t first = 0;
        while (strcmp(name[first], name[names]) != 0)
            first++;
        if (first == names)
            add_series(text, groups, name[names++]);
        else
            free(name[names]);
    }
    for (size_t i = 0; i < names; i++)
        free(name[i]);
    free(name);
}

void plot_runs_write(const struct plot_groups *groups, const char *out)
{
    struct text over_k = {0}, curves = {0}, budget = {0};
    if (groups->count) {
        add_over_k(&over_k, groups->group);
        add_curves(&curves, groups->group);
        add_budget(&budget, groups);
    }
    plot_write(out, "over-k", &over_k);
    plot_write(out, "curves", &curves);
    plot_write(out, "budget", &budget);
}
