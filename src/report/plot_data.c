#include "report/plot_data.h"

#include "base/memory.h"
#include "experiment/schedule.h"
#include "report/plot_borders.h"
#include "report/plot_studies.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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

/* All decays that k changes; two that are the same curve have one name. Leaves room for one more. */
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

/* At the end of a run, a new cycle would start. */
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
    plot_write(out, name, &text);
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

/* The share of training in which a factor that never rises is below low_factor. */
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
    plot_write(out, name, &text);
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

static int write_logs(const struct ledger *ledger, const struct experiment_files *experiments,
                      const char *out, struct error *error)
{
    struct plot_groups groups;
    if (plot_groups_read(ledger, &groups, error) != 0)
        return -1;
    plot_runs_write(&groups, out);
    const int status = plot_studies_write(ledger, experiments, &groups, out, error);
    plot_groups_free(&groups);
    return status != 0 ? -1 : plot_borders_write(ledger, out, error);
}

int plot_data_write(const struct ledger *ledger, const struct experiment_files *experiments,
                    const char *out, struct error *error)
{
    write_schedules(out);
    write_bases(out);
    write_slopes(out);
    write_area(out);
    write_low_rate(out);
    return write_logs(ledger, experiments, out, error);
}
