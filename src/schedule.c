#include "schedule.h"

#include <math.h>

struct schedule schedule_of(const struct experiment *experiment, long steps_per_epoch)
{
    return (struct schedule){.decay = (enum decay)experiment->decay,
                             .lr = experiment->lr,
                             .lr_end = experiment->lr_end,
                             .power = experiment->power,
                             .k = experiment->k,
                             .steps = steps_per_epoch * experiment->epochs,
                             .steps_per_epoch = steps_per_epoch,
                             .update = (enum update)experiment->update,
                             .drops = experiment->drops,
                             .drop_factor = experiment->drop_factor,
                             .cycle = experiment->cycle,
                             .cycle_factor = experiment->cycle_factor,
                             .warmup_steps = experiment->warmup_steps,
                             .warmup_lr = experiment->warmup_lr};
}

double schedule_base(enum decay decay, double power, double s)
{
    if (decay == DECAY_COSINE) {
        /* cos^2(pi s / 2) is (1 + cos(pi s)) / 2 without the cancellation near s = 1 */
        const double c = cos(1.57079632679489661923132169163975 * s);
        return s < 1 ? c * c : 0;
    }
    return pow(1 - s, power);
}

/* The start and the length of the cycle that t is in. */
struct cycle {
    double start, length;
};

static struct cycle cycle_at(const struct schedule *schedule, double t)
{
    struct cycle cycle = {0, (double)schedule->steps};
    if (schedule->cycle == 0)
        return cycle;
    cycle.length = (double)schedule->cycle * (double)schedule->steps_per_epoch;
    while (t >= cycle.start + cycle.length) {
        cycle.start += cycle.length;
        cycle.length *= schedule->cycle_factor;
    }
    return cycle;
}

static double stepped_lr(const struct schedule *schedule, double t)
{
    double lr = schedule->lr;
    for (int i = 0; i < schedule->drops.count; i++)
        if (t >= (double)schedule->drops.epoch[i] * (double)schedule->steps_per_epoch)
            lr *= schedule->drop_factor;
    return lr;
}

double schedule_lr(const struct schedule *schedule, double t)
{
    if (t < (double)schedule->warmup_steps)
        return schedule->warmup_lr;
    if (schedule->update == UPDATE_EPOCH)
        t = floor(t / (double)schedule->steps_per_epoch) * (double)schedule->steps_per_epoch;
    if (schedule->decay == DECAY_STEP)
        return stepped_lr(schedule, t);
    const struct cycle cycle = cycle_at(schedule, t);
    /* the k-th power of the ratio: t^k / T^k would overflow for large t and k */
    const double s = pow((t - cycle.start) / cycle.length, schedule->k);
    return schedule->lr_end +
           (schedule->lr - schedule->lr_end) * schedule_base(schedule->decay, schedule->power, s);
}

int schedule_drops_at(const struct schedule *schedule, long t)
{
    for (int i = 0; i < schedule->drops.count; i++)
        if (t == schedule->drops.epoch[i] * schedule->steps_per_epoch)
            return 1;
    return 0;
}
