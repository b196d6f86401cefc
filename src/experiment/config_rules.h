/*
 * config_rules - rules between the keys of an experiment. Each key by itself is already good.
 *
 * There are two kinds of rules. First, a key that nothing would read is an error: some keys belong
 * together, or to one value of another key. Second, the run must be able to follow its schedule.
 * These are errors: all rates are 0; a rate is below 0; a warm-up leaves no step; k moves a drop out
 * of the run; the rate never falls, although its decay does.
 *
 * These are not errors: a cycle that is longer than the run (it is cut); a rate that is constant by
 * definition (schedule.decay = constant, lr_end = lr, drop_factor = 1); a run of one step, or of one
 * epoch with update = epoch, which has only one rate; fewer images than shards (some shards are then
 * empty).
 */
#ifndef KDECAY_CONFIG_RULES_H
#define KDECAY_CONFIG_RULES_H

#include "base/error.h"
#include "experiment/config.h"

/* Returns 0; or -1 with *error set. The message begins with `path`. */
int config_rules_check(const struct experiment *experiment, const char *path, struct error *error);

#endif
