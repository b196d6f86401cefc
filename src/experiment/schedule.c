#include "experiment/schedule.h"

#include <math.h>

struct schedule schedule_of(const struct experiment *experiment, long steps_per_epoch)
{
    struct schedule schedule = {.decay = &decays[experiment->decay],
                                .shape = experiment->shape,
                                .lr = experiment->lr,
                                .lr_end = experiment->lr_end,
                                .k = experiment->k,
                                .form = experiment->form,
                                .steps = steps_per_epoch * experiment->epochs,
                                .steps_per_epoch = steps_per_epoch,
                                .update = experiment->update,
                                .endpoint = experiment->endpoint,
                                .drops = experiment->drops,
                                .cycle = experiment->cycle,
                                .cycle_factor = experiment->cycle_factor,
                                .warmup_steps = experiment->warmup_steps,
                                .warmup_lr = experiment->warmup_lr,
                                .warmup = experiment->warmup,
                                .warmup_clock = experiment->warmup_clock};
    schedule.shape.ratio = experiment->lr_end / experiment->lr;
    schedule.shape.drop_count = experiment->drops.count;
    schedule.shape.drop_at = experiment->epochs;
    for (int i = 0; i < experiment->drops.count; i++) {
        const double epoch = experiment->drops.epoch[i], epochs = experiment->epochs;
        schedule.drops.epoch[i] = (int)round(epochs * pow(epoch / epochs, 1 / experiment->k));
        schedule.shape.drop[i] = schedule.drops.epoch[i];
    }
    if (experiment->decay == DECAY_STEP)
        schedule.k = 1;
    return schedule;
}

/* ---- Progress ----------------------------------------------------------------------------- */

/* The position of t in its cycle: s = t/T and 1 - s, both with full relative precision. */
struct progress {
    long double s, rest;
    double length; /* T */
};

static struct progress progress_at(const struct schedule *schedule, double t)
{
    double length = (double)schedule->steps;
    if (schedule->warmup_clock == CLOCK_WAITS) {
        t = fmax(0, t - (double)schedule->warmup_steps);
        length -= (double)schedule->warmup_steps;
    }
    if (schedule->cycle) {
        length = (double)schedule->cycle * (double)schedule->steps_per_epoch;
        for (; t >= length; length *= schedule->cycle_factor)
            t -= length;
    }
    if (schedule->endpoint)
        length -= schedule->update == UPDATE_EPOCH ? (double)schedule->steps_per_epoch : 1;
    if (length <= 0)
        return (struct progress){0, 1, 1};
    t = fmin(t, length);
    return (struct progress){(long double)t / length, (long double)(length - t) / length, length};
}

/* s^k and 1 - s^k. If s is closer to 1, the logarithm is computed from 1 - s, so that 1 - s^k keeps its
 * digits. t^k / T^k would overflow for large t and k. */
static struct progress warped(struct progress progress, double k)
{
    if (k == 1)
        return progress;
    const long double log_s = progress.s > 0.5L ? log1pl(-progress.rest) : logl(progress.s);
    return (struct progress){expl(k * log_s), -expm1l(k * log_s), progress.length};
}

/* ---- Rate --------------------------------------------------------------------------------- */

/* The factor f of L = Le + (L0 - Le) f. */
static long double factor_at(const struct schedule *schedule, double t)
{
    const struct progress now = progress_at(schedule, t), later = warped(now, schedule->k);
    if (schedule->form == FORM_WARP)
        return schedule->decay->value(&schedule->shape, later.s, later.rest);
    return schedule->decay->value(&schedule->shape, now.s, now.rest) + (later.rest - now.rest);
}

static double epoch_start(const struct schedule *schedule, double t)
{
    if (schedule->update == UPDATE_STEP)
        return t;
    return floor(t / (double)schedule->steps_per_epoch) * (double)schedule->steps_per_epoch;
}

static double lr_without_warmup(const struct schedule *schedule, double t)
{
    const long double range = (long double)schedule->lr - schedule->lr_end;
    return (double)(schedule->lr_end + range * factor_at(schedule, epoch_start(schedule, t)));
}

double schedule_lr(const struct schedule *schedule, double t)
{
    const double warmup = (double)schedule->warmup_steps;
    if (t >= warmup)
        return lr_without_warmup(schedule, t);
    if (schedule->warmup == WARMUP_CONSTANT)
        return schedule->warmup_lr;
    const double target = lr_without_warmup(schedule, warmup);
    return schedule->warmup_lr + (target - schedule->warmup_lr) * t / warmup;
}

/* ---- Derivative --------------------------------------------------------------------------- */

double schedule_slope(const struct schedule *schedule, double t)
{
    const double warmup = (double)schedule->warmup_steps;
    if (t < warmup) {
        if (schedule->warmup == WARMUP_CONSTANT)
            return 0;
        return (lr_without_warmup(schedule, warmup) - schedule->warmup_lr) / warmup;
    }
    if (schedule->update == UPDATE_EPOCH)
        return 0;
    const struct progress now = progress_at(schedule, t), later = warped(now, schedule->k);
    const long double turn = schedule->k == 1 ? 1 : schedule->k * powl(now.s, schedule->k - 1.0L);
    long double slope;
    if (schedule->form == FORM_WARP) {
        /* with k > 1 the derivative of s^k is 0 at s = 0, and so is the slope, however steep f is */
        const long double base = schedule->decay->slope(&schedule->shape, later.s, later.rest);
        slope = turn == 0 || base == 0 ? 0 : base * turn;
    } else {
        slope = schedule->decay->slope(&schedule->shape, now.s, now.rest) + 1 - turn;
    }
    /* + 0: no -0 if lr_end = lr, or if the slope is too small for a double */
    return (double)(((long double)schedule->lr - schedule->lr_end) * slope / now.length) + 0;
}

/* ---- Drops and means ---------------------------------------------------------------------- */

int schedule_drops_at(const struct schedule *schedule, long t)
{
    for (int i = 0; i < schedule->drops.count; i++)
        if (t == schedule->drops.epoch[i] * schedule->steps_per_epoch)
            return 1;
    return 0;
}

static long double mean_rate(const struct schedule *schedule)
{
    long double sum = 0;
    for (long t = 0; t < schedule->steps; t++)
        sum += schedule_lr(schedule, (double)t);
    return sum / schedule->steps;
}

double schedule_mean_rate(const struct schedule *schedule)
{
    return (double)mean_rate(schedule);
}

double schedule_mean(const struct schedule *schedule)
{
    const long double range = (long double)schedule->lr - schedule->lr_end;
    return range == 0 ? NAN : (double)((mean_rate(schedule) - schedule->lr_end) / range);
}

/* Whether the last cycle ends with the run. */
static int whole_cycles(const struct schedule *schedule)
{
    double epochs = (double)schedule->steps / (double)schedule->steps_per_epoch, length;
    for (length = schedule->cycle; epochs > 0; length *= schedule->cycle_factor)
        epochs -= length;
    return epochs == 0;
}

double schedule_area(const struct schedule *schedule)
{
    if (schedule->warmup_steps || !schedule->decay->mean ||
        (schedule->cycle && !whole_cycles(schedule)))
        return NAN;
    if (schedule->form == FORM_WARP)
        return schedule->decay->mean(&schedule->shape, schedule->k);
    /* the mean of s - s^k */
    const double item = 0.5 - 1 / (schedule->k + 1);
    return schedule->decay->mean(&schedule->shape, 1) + item;
}
