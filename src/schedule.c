#include "schedule.h"

#include <math.h>

struct schedule schedule_of(const struct experiment *experiment, long steps)
{
    return (struct schedule){.decay = (enum decay)experiment->decay,
                             .lr = experiment->lr,
                             .lr_end = experiment->lr_end,
                             .power = experiment->power,
                             .k = experiment->k,
                             .steps = steps};
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

double schedule_lr(const struct schedule *schedule, double t)
{
    /* the k-th power of the ratio: t^k / T^k would overflow for large t and k */
    const double s = pow(t / (double)schedule->steps, schedule->k);
    return schedule->lr_end +
           (schedule->lr - schedule->lr_end) * schedule_base(schedule->decay, schedule->power, s);
}
