#include "report/plot_runs.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/statistics.h"
#include "data/dataset.h"
#include "experiment/schedule.h"
#include "network/model_size.h"
#include "report/cells.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char no_row[] = "NaN\tNaN\n";

static void write_plot(const char *out, const char *name, struct text *text)
{
    file_update_text(memory_text("%s/plots/%s.tsv", out, name), text);
}

/* ---- Arms --------------------------------------------------------------------------------- */

static void add_number(struct text *text, double value)
{
    if (isfinite(value))
        text_add(text, "\t%.9g", value);
    else
        text_add(text, "\tNaN");
}

/* How many runs stand behind the points of a panel. */
struct tally {
    size_t low, high, diverged;
};

static void tally_arm(struct tally *tally, const struct arm *arm)
{
    tally->low = tally->high && tally->low < arm->count ? tally->low : arm->count;
    tally->high = tally->high > arm->count ? tally->high : arm->count;
    tally->diverged += arm->diverged;
}

/* "12 epochs | n = 3 to 6, 1 diverged" */
static void add_tally(struct text *text, const struct experiment *experiment,
                      const struct tally *tally)
{
    text_add(text, "%d epochs | n = %zu", experiment->epochs, tally->low);
    if (tally->high > tally->low)
        text_add(text, " to %zu", tally->high);
    if (tally->diverged)
        text_add(text, ", %zu diverged", tally->diverged);
}

/* "CIFAR-10, preact-20 | polynomial, 12 epochs | n = 6"; base NULL: of several bases. */
static void add_panel(struct text *text, const struct experiment *experiment, const char *base,
                      const struct tally *tally)
{
    char *network = ledger_network(experiment);
    text_add(text, "%s# panel: %s, %s | %s%s", text->length ? "\n\n" : "",
             config_set_name(experiment), network, base ? base : "", base ? ", " : "");
    free(network);
    add_tally(text, experiment, tally);
    text_add(text, "\n");
}

/* ---- Arms that differ in k alone ------------------------------------------------------------ */

/* `count` of them, sorted by k, of one base. */
struct group {
    const struct arm *arm;
    size_t count, finished; /* finished: runs */
    struct tally tally;
};

/* Those with two k or more and a finished run, the group with most of these first. */
struct groups {
    struct group *group;
    size_t count;
};

static struct group group_at(const struct arms *arms, size_t first)
{
    struct group group = {.arm = &arms->arm[first]};
    while (first + group.count < arms->count &&
           strcmp(group.arm[group.count].base.hex, group.arm->base.hex) == 0) {
        const struct arm *arm = &group.arm[group.count++];
        tally_arm(&group.tally, arm);
        group.finished += arm->count - arm->diverged;
    }
    return group;
}

static void add_groups(struct groups *groups, const struct arms *arms)
{
    groups->group =
        memory_resize(groups->group, groups->count + arms->count, sizeof *groups->group);
    for (size_t first = 0; first < arms->count;) {
        const struct group group = group_at(arms, first);
        first += group.count;
        if (group.finished == 0 ||
            group.arm[group.count - 1].experiment->k == group.arm->experiment->k)
            continue;
        size_t at = groups->count++;
        for (; at > 0 && groups->group[at - 1].finished < group.finished; at--)
            groups->group[at] = groups->group[at - 1];
        groups->group[at] = group;
    }
}

static void add_errors(struct text *text, const struct group *group)
{
    const struct experiment *e = group->arm->experiment;
    add_panel(text, e, ledger_base(e), &group->tally);
    text_add(text, "# k\tn\tmean\tlow\thigh\n");
    for (size_t a = 0; a < group->count; a++) {
        const struct arm *arm = &group->arm[a];
        double *errors = memory_zeroed(arm->count, sizeof *errors);
        for (size_t i = 0; i < arm->count; i++)
            errors[i] = ledger_last_error(&arm->logs[i]);
        const struct interval interval = statistics_t_interval(errors, arm->count, 0.95);
        free(errors);
        text_add(text, "%g\t%zu", arm->experiment->k, arm->count);
        add_number(text, arm->mean);
        add_number(text, interval.low);
        add_number(text, interval.high);
        text_add(text, "\n");
    }
    text_add(text, "\n\n# k\terror\n");
    for (size_t a = 0; a < group->count; a++)
        for (size_t i = 0; i < group->arm[a].count; i++) {
            text_add(text, "%g", group->arm[a].experiment->k);
            add_number(text, ledger_last_error(&group->arm[a].logs[i]));
            text_add(text, "\n");
        }
}

/* ---- Runs paired by seed -------------------------------------------------------------------- */

/* The errors of a seed, and what it gained on k = 1. */
static void add_seed(struct text *text, const struct group *group, const struct log *control)
{
    text_add(text, "\n\n# seed: %ld\n# k\terror\tdifference\n", control->seed);
    for (size_t a = 0; a < group->count; a++) {
        const struct log *log = ledger_log_of(&group->arm[a], control->seed);
        if (!log)
            continue;
        text_add(text, "%g", group->arm[a].experiment->k);
        add_number(text, ledger_last_error(log));
        add_number(text, ledger_last_error(log) - ledger_last_error(control));
        text_add(text, "\n");
    }
}

/* The least-squares line through the differences, at k = 1 and the largest k: it goes through the
 * mean of all, and its slope is the trend of the tables. Left out where a mean is of other seeds
 * than the trend. */
static void add_trend(struct text *text, const struct group *group)
{
    const struct arm **arms = memory_zeroed(group->count, sizeof *arms);
    for (size_t a = 0; a < group->count; a++)
        arms[a] = &group->arm[a];
    const struct comparison trend = cells_trend_over_k(arms, group->count);
    const double count = (double)trend.trend_count;
    double k = NAN, mean_x = 0, mean = 0;
    int paired = isfinite(trend.mean);
    for (size_t a = 1; a < trend.trend_count; a++) { /* the first is k = 1: 0 in both */
        const struct comparison comparison = cells_compare(arms[a], arms[0]);
        paired &= comparison.pairs == trend.pairs;
        k = arms[a]->experiment->k;
        mean_x += log2(k) / count;
        mean += comparison.mean / count;
    }
    free(arms);
    text_add(text, "\n\n# trend\n# k\tdifference\n");
    if (paired)
        text_add(text, "1\t%.9g\n%g\t%.9g\n", mean - trend.mean * mean_x, k,
                 mean + trend.mean * (log2(k) - mean_x));
    else
        text_add(text, "%s", no_row); /* gnuplot would not count an empty block */
}

/* Of a group with k = 1. */
static void add_pairs(struct text *text, const struct group *group)
{
    const struct arm *control = group->arm;
    while (control < group->arm + group->count && control->experiment->k < 1)
        control++;
    if (control == group->arm + group->count || control->experiment->k > 1)
        return;
    add_panel(text, control->experiment, ledger_base(control->experiment), &group->tally);
    text_add(text, "# k\tpairs\tmean\tlow\thigh\n");
    for (const struct arm *arm = group->arm; arm < group->arm + group->count; arm++) {
        if (arm->experiment->k == 1)
            continue;
        const struct comparison comparison = cells_compare(arm, control);
        text_add(text, "%g\t%zu", arm->experiment->k, comparison.pairs);
        add_number(text, comparison.mean);
        add_number(text, comparison.interval.low);
        add_number(text, comparison.interval.high);
        text_add(text, "\n");
    }
    add_trend(text, group);
    for (size_t i = 0; i < control->count; i++)
        add_seed(text, group, &control->logs[i]);
}

/* ---- Runs over the epochs ----------------------------------------------------------------- */

static void add_block(struct text *text, const struct experiment *e, const char *what, long number)
{
    char *network = ledger_network(e);
    text_add(text, "%s\"%s, %s, %s, k = %g, %s%ld\"\n",
             text->length ? "\n\n"
                          : "# epoch\tlr\ttrain_loss\ttrain_error\ttest_loss\ttest_error\n",
             config_set_name(e), network, ledger_base(e), e->k, what, number);
    free(network);
}

static void add_epoch(struct text *text, const struct log_row *row)
{
    text_add(text, "%ld\t%.9g\t%.9g\t%.10g\t%.9g\t%.10g\n", row->epoch, row->lr, row->train_loss,
             row->train_error, row->test_loss, row->test_error);
}

static void add_run(struct text *text, const struct log *log)
{
    add_block(text, &log->experiment, "seed ", log->seed);
    for (long r = 0; r < log->row_count; r++)
        add_epoch(text, &log->rows[r]);
}

static void add_mean(struct text *text, const struct arm *arm)
{
    const double finished = (double)(arm->count - arm->diverged);
    add_block(text, arm->experiment, "n = ", (long)finished);
    for (long r = 0; r < arm->experiment->epochs; r++) {
        struct log_row mean = {.epoch = r + 1};
        for (size_t i = 0; i < arm->count; i++) {
            if (arm->logs[i].status != LOG_FINISHED)
                continue;
            const struct log_row *row = &arm->logs[i].rows[r];
            mean.lr = row->lr;
            mean.train_loss += row->train_loss / finished;
            mean.train_error += row->train_error / finished;
            mean.test_loss += row->test_loss / finished;
            mean.test_error += row->test_error / finished;
        }
        add_epoch(text, &mean);
    }
}

static void add_runs(struct text *text, const struct group *group)
{
    for (const struct arm *arm = group->arm; arm < group->arm + group->count; arm++) {
        for (size_t i = 0; i < arm->count; i++)
            if (arm->logs[i].status == LOG_FINISHED)
                add_run(text, &arm->logs[i]);
        if (arm->count > arm->diverged)
            add_mean(text, arm);
    }
}

static void write_groups(const struct groups *groups, const char *out)
{
    struct text errors = {0}, pairs = {0}, epochs = {0};
    for (size_t g = 0; g < groups->count; g++)
        add_errors(&errors, &groups->group[g]);
    if (groups->count) {
        add_pairs(&pairs, groups->group);
        add_runs(&epochs, groups->group);
    }
    write_plot(out, "error-k", &errors);
    write_plot(out, "pairs", &pairs);
    write_plot(out, "training", &epochs);
}

/* ---- Arms that differ in the schedule alone ------------------------------------------------- */

/* One setting: `count` pointers to arms. */
struct setting {
    const struct arm **arm;
    size_t count;
};

/* The mean factor of each arm, with L0 = `lr` for all; free() it. */
static double *mean_factors(const struct setting *setting, double lr)
{
    double *factor = memory_zeroed(setting->count, sizeof *factor);
    /* each is a sum over all steps of a run */
#pragma omp parallel for schedule(dynamic)
    for (size_t a = 0; a < setting->count; a++) {
        const struct experiment *e = setting->arm[a]->experiment;
        const struct schedule schedule = schedule_of(e, config_steps_per_epoch(e));
        factor[a] = (schedule_mean_rate(&schedule) - e->lr_end) / (lr - e->lr_end);
    }
    return factor;
}

static void add_base(struct text *text, const struct setting *setting, const double *factor,
                     const char *base)
{
    int rows = 0;
    for (size_t a = 0; a < setting->count; a++) {
        const struct arm *arm = setting->arm[a];
        if (strcmp(ledger_base(arm->experiment), base) != 0)
            continue;
        if (rows++ == 0)
            text_add(text, "\n\n# base: %s\n# factor\tk\tn\tmean\tsd\n", base);
        if (isfinite(factor[a]))
            text_add(text, "%.9g", factor[a]);
        else
            text_add(text, "NaN"); /* all rates are L0 and Le, so that there is no factor */
        text_add(text, "\t%g\t%zu", arm->experiment->k, arm->count);
        add_number(text, arm->mean);
        add_number(text, arm->sd);
        text_add(text, "\n");
    }
}

static void add_setting(struct text *text, const struct setting *setting)
{
    const struct experiment *e = setting->arm[0]->experiment;
    struct tally tally = {0};
    double lr = 0;
    for (size_t a = 0; a < setting->count; a++) {
        tally_arm(&tally, setting->arm[a]);
        lr = fmax(lr, setting->arm[a]->experiment->lr);
    }
    add_panel(text, e, NULL, &tally);
    double *factor = mean_factors(setting, lr);
    for (size_t i = 0; i < decay_count; i++)
        add_base(text, setting, factor, decays[i].name);
    add_base(text, setting, factor, LEDGER_RESTARTS);
    free(factor);
}

/* Whether an arm of another name is the same experiment. */
static int has_experiment(const struct setting *setting, const struct arm *arm)
{
    for (size_t a = 0; a < setting->count; a++)
        if (strcmp(setting->arm[a]->logs->experiment_digest.hex,
                   arm->logs->experiment_digest.hex) == 0)
            return 1;
    return 0;
}

/* Put the setting with most arms into *text, if it has more than `most`; return how many. */
static size_t add_largest_setting(struct text *text, const struct arms *arms, size_t most)
{
    char **settings = memory_zeroed(arms->count, sizeof *settings);
    for (size_t a = 0; a < arms->count; a++)
        settings[a] = ledger_text_but(arms->arm[a].experiment, "schedule.");
    struct setting setting = {memory_zeroed(arms->count, sizeof *setting.arm), 0};
    for (size_t a = 0; a < arms->count; a++) {
        size_t shown = 0;
        setting.count = 0;
        for (size_t b = 0; b < arms->count; b++)
            if (strcmp(settings[b], settings[a]) == 0 && !has_experiment(&setting, &arms->arm[b])) {
                setting.arm[setting.count++] = &arms->arm[b];
                shown += isfinite(arms->arm[b].mean) ? 1 : 0;
            }
        if (shown > most) {
            most = shown;
            text->length = 0;
            add_setting(text, &setting);
        }
    }
    for (size_t a = 0; a < arms->count; a++)
        free(settings[a]);
    free(settings);
    free(setting.arm);
    return most;
}

static int write_arms(const struct ledger *ledger, const char *out, struct error *error)
{
    static const enum image_set sets[] = {SET_CIFAR10, SET_CIFAR100};
    struct arms arms[COUNT(sets)] = {0};
    struct groups groups = {0};
    struct text over_area = {0};
    size_t most = 1; /* one arm differs from none */
    int status = 0;
    for (size_t s = 0; s < COUNT(sets) && status == 0; s++) {
        status = ledger_arms(ledger, NULL, SCALE_DESK, sets[s], &arms[s], error);
        if (status == 0) {
            add_groups(&groups, &arms[s]);
            most = add_largest_setting(&over_area, &arms[s], most);
        }
    }
    if (status == 0) {
        write_groups(&groups, out);
        write_plot(out, "error-area", &over_area);
    } else
        free(over_area.bytes);
    for (size_t s = 0; s < COUNT(sets); s++)
        free(arms[s].arm);
    free(groups.group);
    return status;
}

/* ---- Arms that differ in their numbers of parameters --------------------------------------- */

static int compare_stored(const void *left, const void *right)
{
    const struct arm *const *a = left, *const *b = right;
    const long long x = model_size_of((*a)->experiment).stored,
                    y = model_size_of((*b)->experiment).stored;
    return x != y ? (x > y) - (x < y) : strcmp((*a)->name, (*b)->name);
}

/* The number of its arms that have a mean to be drawn. */
static size_t add_series(struct text *text, struct tally *tally, const struct arms *arms,
                         enum weights weights)
{
    static const char *const names[] = {"ordinary", "expansion", "bank"};
    const struct arm **series = memory_zeroed(arms->count, sizeof *series);
    size_t count = 0, shown = 0;
    for (size_t a = 0; a < arms->count; a++) {
        const struct experiment *e = arms->arm[a].experiment;
        if (e->weights == weights && e->k == 1 && e->weights_seed == 0)
            series[count++] = &arms->arm[a];
    }
    qsort(series, count, sizeof *series, compare_stored);
    if (count)
        text_add(text, "\n\n# series: %s\n# stored\tn\tmean\tsd\n", names[weights]);
    for (size_t a = 0; a < count; a++) {
        text_add(text, "%lld\t%zu", model_size_of(series[a]->experiment).stored, series[a]->count);
        add_number(text, series[a]->mean);
        add_number(text, series[a]->sd);
        text_add(text, "\n");
        tally_arm(tally, series[a]);
        shown += isfinite(series[a]->mean) ? 1 : 0;
    }
    free(series);
    return shown;
}

static int write_parameters(const struct ledger *ledger, const char *out, struct error *error)
{
    struct arms arms;
    if (ledger_arms(ledger, "weight-net", SCALE_DESK, SET_CIFAR10, &arms, error) != 0)
        return -1;
    struct text all = {0}, series = {0};
    struct tally tally = {0};
    size_t shown = add_series(&series, &tally, &arms, WEIGHTS_EXPANSION);
    shown += add_series(&series, &tally, &arms, WEIGHTS_BANK);
    shown += add_series(&series, &tally, &arms, WEIGHTS_FREE);
    if (shown) {
        struct experiment ordinary = *arms.arm->experiment;
        ordinary.weights = WEIGHTS_FREE;
        ordinary.rows = ordinary.weights_seed = 0;
        ordinary.channels = 16;
        add_panel(&all, &ordinary, NULL, &tally);
        text_add(&all, "%s", series.bytes);
    }
    free(series.bytes);
    free(arms.arm);
    write_plot(out, "error-parameters", &all);
    return 0;
}

int plot_runs_write(const struct ledger *ledger, const char *out, struct error *error)
{
    return write_arms(ledger, out, error) != 0 ? -1 : write_parameters(ledger, out, error);
}
