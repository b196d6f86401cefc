#include "plot_data.h"

#include "counts.h"
#include "dataset.h"
#include "file.h"
#include "memory.h"
#include "plot_borders.h"
#include "schedule.h"
#include "statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void write_plot(const char *out, const char *name, struct text *text)
{
    file_update_text(memory_text("%s/plots/%s.tsv", out, name), text);
}

/* ---- Curves over the progress of training ------------------------------------------------- */

struct curve {
    const char *name;
    struct schedule schedule;
};

/* cycles of 1, 2 and 4 parts fill a run */
enum { SCHEDULE_STEPS = 200, CYCLE_PARTS = 7, CURVE_STEPS = 100 * CYCLE_PARTS };

static const char linear[] = "linear", sgdr[] = "sgdr";

static struct curve curve_of(const char *name)
{
    const int restarts = strcmp(name, sgdr) == 0;
    const int row = restarts ? DECAY_COSINE : decay_index(name, strlen(name));
    struct schedule schedule = {.decay = &decays[row],
                                .shape = config_default_shape(),
                                .lr = 1,
                                .k = 1,
                                .steps = CURVE_STEPS,
                                .steps_per_epoch = CURVE_STEPS / CYCLE_PARTS,
                                .cycle = restarts,
                                .cycle_factor = 2};
    schedule.shape.ratio = 1e-3;
    schedule.shape.drop_factor = 0.2;
    schedule.shape.drop_count = 3;
    schedule.shape.drop_at = 10;
    for (int i = 0; i < 3; i++)
        schedule.shape.drop[i] = (const int[]){3, 6, 8}[i];
    if (strcmp(name, "wsd") == 0)
        schedule.shape.hold = 0.8;
    if (strcmp(name, "inverse-sqrt") == 0)
        schedule.shape.rise = 0.1;
    return (struct curve){name, schedule};
}

/* All that k can bend, under one name where two are the same curve; with room for one more. */
static struct curve *all_curves(size_t *count)
{
    struct curve *curves = memory_zeroed(decay_count + 1, sizeof *curves);
    *count = 0;
    for (size_t i = 0; i < decay_count; i++)
        if (i == DECAY_POLYNOMIAL)
            curves[(*count)++] = curve_of(linear);
        else if (strcmp(decays[i].name, linear) != 0 && strcmp(decays[i].name, "constant") != 0)
            curves[(*count)++] = curve_of(decays[i].name);
    return curves;
}

static double slope_in_runs(const struct schedule *schedule, double t)
{
    return schedule_slope(schedule, t) * (double)schedule->steps;
}

/* Where a run ends, a cycle would start. */
static double factor(const struct schedule *schedule, double t)
{
    const double end = (double)schedule->steps;
    return schedule_lr(schedule, schedule->cycle && t == end ? nextafter(end, 0) : t);
}

static void write_family(const char *out, const char *name, const struct curve *curves,
                         size_t count, double value(const struct schedule *schedule, double t))
{
    static const double ks[] = {1, 1.5, 2, 3, 5};
    const long steps = curves->schedule.steps;
    struct text text = {0};
    text_add(&text, "s");
    for (size_t c = 0; c < count; c++)
        for (size_t i = 0; i < COUNT(ks); i++)
            text_add(&text, "\t%s k = %g", curves[c].name, ks[i]);
    text_add(&text, "\n");
    for (long t = 0; t <= steps; t++) {
        text_add(&text, "%.6g", (double)t / (double)steps);
        for (size_t c = 0; c < count; c++)
            for (size_t i = 0; i < COUNT(ks); i++) {
                struct schedule schedule = curves[c].schedule;
                schedule.k = ks[i];
                text_add(&text, "\t%.9g", value(&schedule, (double)t));
            }
        text_add(&text, "\n");
    }
    write_plot(out, name, &text);
}

static void write_schedules(const char *out)
{
    struct curve curves[] = {curve_of("polynomial"), curve_of("cosine")};
    for (size_t c = 0; c < COUNT(curves); c++) {
        curves[c].schedule.lr = 0.1;
        curves[c].schedule.steps = SCHEDULE_STEPS;
    }
    curves[0].schedule.lr_end = 1e-4;
    write_family(out, "schedules", curves, COUNT(curves), schedule_lr);
}

static void write_bases(const char *out)
{
    size_t count;
    struct curve *curves = all_curves(&count);
    curves[count++] = curve_of(sgdr);
    write_family(out, "bases", curves, count, factor);
    free(curves);
}

static void write_slopes(const char *out)
{
    const struct curve curves[] = {curve_of(linear), curve_of("cosine"), curve_of("exponential"),
                                   curve_of("rex")};
    write_family(out, "slopes", curves, COUNT(curves), slope_in_runs);
}

/* ---- Numbers over k ----------------------------------------------------------------------- */

enum { K_TENTHS_FIRST = 5, K_TENTHS_LAST = 100, AREA_POINTS = 1000 };
static const double low_factor = 0.1;

static double area(const struct schedule *schedule)
{
    const double known = schedule_area(schedule);
    if (!isnan(known))
        return known;
    long double sum = 0;
    for (int i = 0; i < AREA_POINTS; i++)
        sum += schedule_lr(schedule, (i + 0.5) * (double)schedule->steps / AREA_POINTS);
    return (double)(sum / AREA_POINTS);
}

/* The share of training below low_factor, of a factor that never rises. */
static double low_share(const struct schedule *schedule)
{
    double above = 0, below = (double)schedule->steps;
    for (int i = 0; i < 60; i++) {
        const double middle = (above + below) / 2;
        if (schedule_lr(schedule, middle) < low_factor)
            below = middle;
        else
            above = middle;
    }
    return 1 - below / (double)schedule->steps;
}

static void write_over_k(const char *out, const char *name, const struct curve *curves,
                         size_t count, double value(const struct schedule *schedule))
{
    struct text text = {0};
    text_add(&text, "k");
    for (size_t c = 0; c < count; c++)
        text_add(&text, "\t%s", curves[c].name);
    text_add(&text, "\n");
    for (int tenths = K_TENTHS_FIRST; tenths <= K_TENTHS_LAST; tenths++) {
        text_add(&text, "%g", tenths / 10.);
        for (size_t c = 0; c < count; c++) {
            struct schedule schedule = curves[c].schedule;
            schedule.k = tenths / 10.;
            text_add(&text, "\t%.9g", value(&schedule));
        }
        text_add(&text, "\n");
    }
    write_plot(out, name, &text);
}

static void write_area(const char *out)
{
    size_t count;
    struct curve *curves = all_curves(&count);
    write_over_k(out, "area", curves, count, area);
    free(curves);
}

static void write_low_rate(const char *out)
{
    const struct curve curves[] = {curve_of(linear), curve_of("cosine"), curve_of("exponential"),
                                   curve_of("rex"), curve_of("knee")};
    write_over_k(out, "low-rate", curves, COUNT(curves), low_share);
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

static const char *base_name(const struct experiment *experiment)
{
    return experiment->cycle ? sgdr : decays[experiment->decay].name;
}

/* `count` arms of one base, sorted by k. */
static void add_group(struct text *text, const struct arm *arms, size_t count)
{
    const struct experiment *e = arms->experiment;
    struct tally tally = {0};
    size_t runs = 0;
    for (size_t a = 0; a < count; a++) {
        tally_arm(&tally, &arms[a]);
        runs += arms[a].count;
    }
    if (arms[count - 1].experiment->k == e->k || tally.diverged == runs)
        return;

    char *network = ledger_network(e);
    text_add(text, "%s# panel: %s, %s | %s, ", text->length ? "\n\n" : "", config_set_name(e),
             network, base_name(e));
    free(network);
    add_tally(text, e, &tally);
    text_add(text, "\n# k\tn\tmean\tlow\thigh\n");
    for (size_t a = 0; a < count; a++) {
        double *errors = memory_zeroed(arms[a].count, sizeof *errors);
        for (size_t i = 0; i < arms[a].count; i++)
            errors[i] = ledger_last_error(&arms[a].logs[i]);
        const struct interval interval = statistics_t_interval(errors, arms[a].count, 0.95);
        free(errors);
        text_add(text, "%g\t%zu", arms[a].experiment->k, arms[a].count);
        add_number(text, arms[a].mean);
        add_number(text, interval.low);
        add_number(text, interval.high);
        text_add(text, "\n");
    }
    text_add(text, "\n\n# k\terror\n");
    for (size_t a = 0; a < count; a++)
        for (size_t i = 0; i < arms[a].count; i++) {
            text_add(text, "%g", arms[a].experiment->k);
            add_number(text, ledger_last_error(&arms[a].logs[i]));
            text_add(text, "\n");
        }
}

/* The end of the arms that differ from arm `first` in k alone. */
static size_t group_end(const struct arms *arms, size_t first)
{
    size_t end = first + 1;
    while (end < arms->count && strcmp(arms->arm[end].base.hex, arms->arm[first].base.hex) == 0)
        end++;
    return end;
}

static void add_groups(struct text *text, const struct arms *arms)
{
    for (size_t first = 0, end; first < arms->count; first = end) {
        end = group_end(arms, first);
        add_group(text, &arms->arm[first], end - first);
    }
}

/* ---- Runs over the epochs ----------------------------------------------------------------- */

static void add_run(struct text *text, const struct log *log)
{
    const struct experiment *e = &log->experiment;
    char *network = ledger_network(e);
    text_add(text, "%s\"%s, %s, %s, k = %g, seed %ld\"\n",
             text->length ? "\n\n"
                          : "# epoch\tlr\ttrain_loss\ttrain_error\ttest_loss\ttest_error\n",
             config_set_name(e), network, base_name(e), e->k, log->seed);
    free(network);
    for (long r = 0; r < log->row_count; r++) {
        const struct log_row *row = &log->rows[r];
        text_add(text, "%ld\t%.9g\t%.9g\t%.10g\t%.9g\t%.10g\n", row->epoch, row->lr,
                 row->train_loss, row->train_error, row->test_loss, row->test_error);
    }
}

/* Put the runs of the group with most of them into *text, if they are more than `most`; return how
 * many. */
static size_t add_largest_group(struct text *text, const struct arms *arms, size_t most)
{
    for (size_t first = 0, end; first < arms->count; first = end) {
        size_t runs = 0;
        end = group_end(arms, first);
        for (size_t a = first; a < end; a++)
            runs += arms->arm[a].count - arms->arm[a].diverged;
        if (runs <= most || arms->arm[end - 1].experiment->k == arms->arm[first].experiment->k)
            continue;
        most = runs;
        text->length = 0;
        for (size_t a = first; a < end; a++)
            for (size_t i = 0; i < arms->arm[a].count; i++)
                if (arms->arm[a].logs[i].status == LOG_FINISHED)
                    add_run(text, &arms->arm[a].logs[i]);
    }
    return most;
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
        const struct schedule schedule = schedule_of(e, dataset_steps_per_epoch(e));
        factor[a] = schedule_mean(&schedule) * (e->lr - e->lr_end) / (lr - e->lr_end);
    }
    return factor;
}

static void add_base(struct text *text, const struct setting *setting, const double *factor,
                     const char *base)
{
    int rows = 0;
    for (size_t a = 0; a < setting->count; a++) {
        const struct arm *arm = setting->arm[a];
        if (strcmp(base_name(arm->experiment), base) != 0)
            continue;
        if (rows++ == 0)
            text_add(text, "\n\n# base: %s\n# factor\tk\tn\tmean\tsd\n", base);
        text_add(text, "%.9g\t%g\t%zu", factor[a], arm->experiment->k, arm->count);
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
    char *network = ledger_network(e);
    text_add(text, "# panel: %s, %s | ", config_set_name(e), network);
    free(network);
    add_tally(text, e, &tally);
    text_add(text, "\n");
    double *factor = mean_factors(setting, lr);
    for (size_t i = 0; i < decay_count; i++)
        add_base(text, setting, factor, decays[i].name);
    add_base(text, setting, factor, sgdr);
    free(factor);
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
            if (strcmp(settings[b], settings[a]) == 0) {
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
    static const enum picture_set sets[] = {SET_CIFAR10, SET_CIFAR100};
    struct text over_k = {0}, over_epochs = {0}, over_area = {0};
    size_t most_runs = 0, most_arms = 0;
    int status = 0;
    for (size_t s = 0; s < COUNT(sets) && status == 0; s++) {
        struct arms arms;
        status = ledger_arms(ledger, NULL, SCALE_DESK, sets[s], &arms, error);
        if (status == 0) {
            add_groups(&over_k, &arms);
            most_runs = add_largest_group(&over_epochs, &arms, most_runs);
            most_arms = add_largest_setting(&over_area, &arms, most_arms);
            free(arms.arm);
        }
    }
    if (status != 0) {
        free(over_k.bytes);
        free(over_epochs.bytes);
        free(over_area.bytes);
        return -1;
    }
    write_plot(out, "error-k", &over_k);
    write_plot(out, "training", &over_epochs);
    write_plot(out, "error-area", &over_area);
    return 0;
}

/* ---- Arms that differ in their numbers of parameters --------------------------------------- */

static int compare_stored(const void *left, const void *right)
{
    const struct arm *const *a = left, *const *b = right;
    const long long x = counts_of((*a)->experiment).stored, y = counts_of((*b)->experiment).stored;
    return x != y ? (x > y) - (x < y) : strcmp((*a)->name, (*b)->name);
}

static void add_series(struct text *text, struct tally *tally, const struct arms *arms,
                       enum weights weights)
{
    static const char *const names[] = {"ordinary", "expansion", "bank"};
    const struct arm **series = memory_zeroed(arms->count, sizeof *series);
    size_t count = 0;
    for (size_t a = 0; a < arms->count; a++) {
        const struct experiment *e = arms->arm[a].experiment;
        if (e->weights == (int)weights && e->k == 1 && e->weights_seed == 0)
            series[count++] = &arms->arm[a];
    }
    qsort(series, count, sizeof *series, compare_stored);
    if (count)
        text_add(text, "\n\n# series: %s\n# stored\tn\tmean\tsd\n", names[weights]);
    for (size_t a = 0; a < count; a++) {
        text_add(text, "%lld\t%zu", counts_of(series[a]->experiment).stored, series[a]->count);
        add_number(text, series[a]->mean);
        add_number(text, series[a]->sd);
        text_add(text, "\n");
        tally_arm(tally, series[a]);
    }
    free(series);
}

static int write_parameters(const struct ledger *ledger, const char *out, struct error *error)
{
    struct arms arms;
    if (ledger_arms(ledger, "weight-net", SCALE_DESK, SET_CIFAR10, &arms, error) != 0)
        return -1;
    struct text all = {0}, series = {0};
    struct tally tally = {0};
    add_series(&series, &tally, &arms, WEIGHTS_EXPANSION);
    add_series(&series, &tally, &arms, WEIGHTS_BANK);
    add_series(&series, &tally, &arms, WEIGHTS_FREE);
    if (series.length) {
        struct experiment ordinary = *arms.arm->experiment;
        ordinary.weights = WEIGHTS_FREE;
        ordinary.rows = ordinary.weights_seed = 0;
        ordinary.channels = 16;
        char *network = ledger_network(&ordinary);
        text_add(&all, "# panel: %s, %s | ", config_set_name(&ordinary), network);
        free(network);
        add_tally(&all, &ordinary, &tally);
        text_add(&all, "\n%s", series.bytes);
    }
    free(series.bytes);
    free(arms.arm);
    write_plot(out, "error-parameters", &all);
    return 0;
}

int plot_data_write(const struct ledger *ledger, const char *out, struct error *error)
{
    write_schedules(out);
    write_bases(out);
    write_slopes(out);
    write_area(out);
    write_low_rate(out);
    if (write_arms(ledger, out, error) != 0 || write_parameters(ledger, out, error) != 0)
        return -1;
    return plot_borders_write(ledger, out, error);
}
