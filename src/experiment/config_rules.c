#include "experiment/config_rules.h"

#include "base/memory.h"
#include "experiment/decay.h"
#include "experiment/schedule.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Keys that belong together ------------------------------------------------------------ */

/* Keys that belong together, or to one value of another key. The message follows the file's name. */
static const char *misplaced_key(const struct experiment *e)
{
    const int synthetic = e->set == SET_SYNTHETIC, step = e->decay == DECAY_STEP;
    if (synthetic && (e->train_pictures == 0 || e->test_pictures == 0))
        return "data.set = made-up: expected data.train_pictures and data.test_pictures above 0";
    if (!synthetic && (e->train_pictures != 0 || e->test_pictures != 0))
        return "data.train_pictures and data.test_pictures belong to data.set = made-up; remove "
               "them";
    if (synthetic != (e->scale == SCALE_SMOKE))
        return "data.set = made-up and run.scale = smoke belong together; change one of them";
    if (e->batch % e->shards != 0)
        return "training.batch: expected a multiple of training.shards";
    if (e->lr_end > e->lr)
        return "schedule.lr_end: expected at most schedule.lr";
    if (e->family != FAMILY_PREACT && (e->block != RESIDUAL_BASIC || e->shortcut != SHORTCUT_A))
        return "network.block and network.shortcut belong to network.family = preact; remove them";
    if ((e->family == FAMILY_WIDE_RESNET) != (e->width != 0))
        return "network.width belongs to network.family = wide-resnet, which needs it";
    if ((e->family == FAMILY_DENSENET_BC) != (e->growth != 0))
        return "network.growth belongs to network.family = densenet-bc, which needs it";
    if (e->family == FAMILY_PREACT && e->dropout != 0)
        return "network.dropout belongs to wide-resnet and densenet-bc; remove it";
    if (e->padding != PADDING_LEARNED && (e->padding_depth != 1 || e->padding_reach != 0))
        return "network.padding_depth and network.padding_reach belong to network.padding = "
               "learned; remove them";
    const int searched = e->weights == WEIGHTS_SEARCH;
    const int drawn = e->weights == WEIGHTS_BANK && e->budget != 0;
    if ((e->weights == WEIGHTS_FREE || drawn) != (e->rows == 0))
        return drawn
                   ? "network.budget draws the rows of network.weights = bank; remove network.rows"
                   : "network.rows belongs to network.weights = expansion or bank, which need it";
    if (searched && (e->rows & (e->rows - 1)) != 0)
        return "network.weights = search: expected a power of two as network.rows";
    if (e->budget == 0 ? searched : !searched && !drawn)
        return "network.budget belongs to network.weights = search, which needs it, or bank";
    if (e->rows_draw != 0 && !drawn)
        return "network.rows_draw belongs to network.weights = bank with network.budget; remove it";
    if (e->weights == WEIGHTS_FREE && e->weights_seed != 0)
        return "network.weights_seed belongs to network.weights = expansion or bank; remove it";
    if (e->family != FAMILY_PREACT && e->channels != 16)
        return "network.channels belongs to network.family = preact; remove it";
    if (step != (e->drops.count != 0))
        return "schedule.drops belongs to schedule.decay = step, which needs it";
    if (step && (e->cycle != 0 || e->endpoint || e->form != FORM_WARP || e->lr_end != 0))
        return "schedule.decay = step: expected no schedule.cycle, endpoint or form, and lr_end = "
               "0";
    if (strcmp(decays[e->decay].name, "exponential") == 0 && (e->lr_end <= 0 || e->lr_end >= e->lr))
        return "schedule.decay = exponential: expected schedule.lr_end above 0 and below "
               "schedule.lr";
    if (e->shape.tanh_low >= e->shape.tanh_high)
        return "schedule.tanh_low: expected less than schedule.tanh_high";
    if (!step && e->momentum_reset != MOMENTUM_KEPT)
        return "training.momentum_reset belongs to schedule.decay = step; remove it";
    if (e->cycle == 0 && e->cycle_factor != 1)
        return "schedule.cycle_factor needs schedule.cycle";
    if (e->warmup_steps == 0 &&
        (e->warmup != WARMUP_CONSTANT || e->warmup_clock != CLOCK_RUNS || e->warmup_lr != 0))
        return "schedule.warmup, warmup_lr and warmup_clock need schedule.warmup_steps";
    return NULL;
}

/* ---- Schedules for a run's length --------------------------------------------------------- */

/* A run in units with one rate each: a unit is a step, or an epoch with update = epoch. */
struct span {
    struct schedule schedule;
    long unit;        /* steps */
    long first, last; /* units after the warm-up; the first one may begin within it */
    long clock;       /* steps over which t runs; with cycles, those of the first cycle */
};

static struct span span_of(const struct experiment *e)
{
    const long epoch = config_steps_per_epoch(e);
    struct span span = {.schedule = schedule_of(e, epoch)};
    const long steps = span.schedule.steps, warmup = e->warmup_steps;
    span.unit = e->update == UPDATE_EPOCH ? epoch : 1;
    span.first = warmup / span.unit;
    span.last = (steps - 1) / span.unit;
    span.clock =
        e->cycle ? e->cycle * epoch : steps - (e->warmup_clock == CLOCK_WAITS ? warmup : 0);
    return span;
}

/* The checks that need no schedule. */
static int check_length(const struct experiment *e, const char *path, struct error *error)
{
    const long images = config_train_count(e), epoch = config_steps_per_epoch(e);
    const long steps = epoch * e->epochs, cycle = epoch * e->cycle;
    if (epoch == 0)
        return error_set(error,
                         "%s: training.last_batch = drop leaves no step: %ld images are fewer than "
                         "training.batch = %d; lower the batch or keep the last one",
                         path, images, e->batch);
    if (e->lr <= 0)
        return error_set(error, "%s: schedule.lr = 0: no step would learn; expected more than 0",
                         path);
    if (e->warmup_steps >= steps)
        return error_set(
            error,
            "%s: schedule.warmup_steps = %d: expected fewer than the run's %ld steps, of %d "
            "epochs of %ld; lower it or raise training.epochs",
            path, e->warmup_steps, steps, e->epochs, epoch);
    if (e->cycle && e->warmup_clock == CLOCK_RUNS && e->warmup_steps >= cycle)
        return error_set(
            error,
            "%s: schedule.warmup_steps = %d: expected fewer than the first cycle's %ld "
            "steps, of %d epochs of %ld; lower it, or let the cycles wait by "
            "schedule.warmup_clock = waits",
            path, e->warmup_steps, cycle, e->cycle, epoch);
    if (e->warmup_steps && e->warmup == WARMUP_CONSTANT && e->warmup_lr <= 0)
        return error_set(error,
                         "%s: schedule.warmup_lr = 0: none of the schedule.warmup_steps = %d would "
                         "learn; set it above 0, or schedule.warmup = linear",
                         path, e->warmup_steps);
    return 0;
}

/* The drops of a step decay, after k has moved them. */
static int check_drops(const struct experiment *e, const struct span *span, const char *path,
                       struct error *error)
{
    for (int i = 0; i < e->drops.count; i++) {
        const int asked = e->drops.epoch[i], moved = span->schedule.drops.epoch[i];
        if (asked >= e->epochs)
            return error_set(
                error,
                "%s: schedule.drops: epoch %d (counted from 0) is behind the run's %d; "
                "remove it or raise training.epochs",
                path, asked, e->epochs);
        if (moved < 1 || moved >= e->epochs)
            return error_set(
                error,
                "%s: schedule.drops: schedule.k = %g moves epoch %d to epoch %d (counted "
                "from 0) of the run's %d, where it drops nothing; expected 1 to %d, so "
                "change one of the two",
                path, e->k, asked, moved, e->epochs, e->epochs - 1);
    }
    return 0;
}

/* Whether each cycle that must have more than one rate has it. */
static int check_cycle(const struct experiment *e, const struct span *span, const char *path,
                       struct error *error)
{
    const char *unit = e->update == UPDATE_EPOCH ? "epoch" : "step";
    if (span->clock > span->unit)
        return 0;
    if (e->endpoint)
        return error_set(
            error,
            "%s: schedule.endpoint = yes: expected at least 2 %ss %s, the last of which "
            "trains with lr_end, not %ld; remove it or raise %s",
            path, unit, e->cycle ? "in the first cycle" : "behind the warm-up",
            span->clock / span->unit, e->cycle ? "schedule.cycle" : "training.epochs");
    if (e->cycle && e->cycle_factor == 1 && span->last > span->first)
        return error_set(
            error,
            "%s: schedule.cycle = %d: a cycle of 1 %s has but one rate, so that it never "
            "falls; raise it%s",
            path, e->cycle, unit,
            e->update == UPDATE_EPOCH ? ", or set schedule.update = step" : "");
    return 0;
}

/* The step (from 0) at which the rate of a unit is taken. */
static double step_of(const struct span *span, long unit)
{
    return fmax((double)span->schedule.warmup_steps, (double)(unit * span->unit));
}

static double rate_of(const struct span *span, long unit)
{
    return schedule_lr(&span->schedule, step_of(span, unit));
}

/* The units at which a long run is tested: the first, the last, and evenly spaced ones between. */
enum { PROBES = 257 };

static long probe_count(const struct span *span)
{
    const long units = span->last - span->first + 1;
    return units < PROBES ? units : PROBES;
}

static long probe(const struct span *span, long index)
{
    const long count = probe_count(span);
    return count == 1 ? span->first
                      : span->first + (span->last - span->first) * index / (count - 1);
}

static int base_falls(const struct span *span)
{
    long double before = 0;
    for (int i = 0; i < PROBES; i++) {
        const long double s = (long double)i / (PROBES - 1);
        const long double now = span->schedule.decay->value(&span->schedule.shape, s, 1 - s);
        if (i > 0 && now < before)
            return 1;
        before = now;
    }
    return 0;
}

static int rate_falls(const struct span *span)
{
    for (long i = 1; i < probe_count(span); i++)
        if (rate_of(span, probe(span, i)) < rate_of(span, probe(span, i - 1)))
            return 1;
    return rate_of(span, span->last) < rate_of(span, span->last - 1); /* after a late peak */
}

/* The word between the decay's own keys and another key. */
static const char *or_own(const char *keys)
{
    return !keys[0] ? "" : strchr(keys, ' ') ? " or one of " : " or ";
}

/* The decay and the values of its own keys, as "schedule.decay = knee, schedule.hold = 0.5". */
static char *name_decay(const struct experiment *e)
{
    const struct decay *decay = &decays[e->decay];
    const struct {
        const char *key;
        double value;
    } numbers[] = {{"schedule.power", e->shape.power},
                   {"schedule.hold", e->shape.hold},
                   {"schedule.rise", e->shape.rise},
                   {"schedule.start", e->shape.start},
                   {"schedule.tanh_low", e->shape.tanh_low},
                   {"schedule.tanh_high", e->shape.tanh_high},
                   {"schedule.rex", e->shape.rex}};
    struct text text = {0};
    text_add(&text, "schedule.decay = %s", decay->name);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (strstr(decay->keys, numbers[i].key))
            text_add(&text, ", %s = %g", numbers[i].key, numbers[i].value);
    return text.bytes;
}

/* The rates after the warm-up. */
static int check_rates(const struct experiment *e, const struct span *span, const char *path,
                       struct error *error)
{
    const char *own = span->schedule.decay->keys;
    const long steps = span->schedule.steps, count = probe_count(span);
    long positive = 0, negative = -1; /* probes up to the last one with a rate; one below 0 */
    for (long i = 0; i < count; i++) {
        const double rate = rate_of(span, probe(span, i));
        if (rate > 0)
            positive = i + 1;
        if (rate < 0)
            negative = i;
    }
    const int vanishes = positive == 0 || (positive == 1 && count > 2);
    const int constant = e->decay == DECAY_STEP || (!own[0] && !base_falls(span)) ||
                         e->lr_end >= e->lr || count == 1 || span->clock > steps;
    if (negative < 0 && !vanishes && (constant || rate_falls(span)))
        return 0;
    char *decay = name_decay(e);
    if (negative >= 0)
        error_set(
            error,
            "%s: %s, schedule.form = %s, schedule.k = %g: the rate of step %.0f of %ld would be "
            "%g, below 0; raise schedule.k or schedule.lr_end",
            path, decay, e->form == FORM_WARP ? "warp" : "additive", e->k,
            step_of(span, probe(span, negative)) + 1, steps, rate_of(span, probe(span, negative)));
    else if (vanishes)
        error_set(
            error,
            "%s: %s, schedule.k = %g: the rate is 0 from step %.0f of the run's %ld on; change "
            "schedule.k%s%s, or raise schedule.lr_end",
            path, decay, e->k, step_of(span, probe(span, positive)) + 1, steps, or_own(own), own);
    else
        error_set(
            error,
            "%s: %s, schedule.k = %g: the rate never falls within the run's %ld steps; change "
            "schedule.k%s%s, or raise training.epochs",
            path, decay, e->k, steps, or_own(own), own);
    free(decay);
    return -1;
}

int config_rules_check(const struct experiment *experiment, const char *path, struct error *error)
{
    const char *misplaced = misplaced_key(experiment);
    if (misplaced)
        return error_set(error, "%s: %s", path, misplaced);
    if (check_length(experiment, path, error) != 0)
        return -1;
    const struct span span = span_of(experiment);
    if (check_drops(experiment, &span, path, error) != 0 ||
        check_cycle(experiment, &span, path, error) != 0)
        return -1;
    return check_rates(experiment, &span, path, error);
}
