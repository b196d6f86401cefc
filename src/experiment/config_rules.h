/*
 * config_rules - what must hold between the keys of an experiment, each of which is good by itself.
 *
 * Two kinds. Keys that belong together, or to another key's value: a key that nothing would read is
 * an error. And schedules that a run of this length cannot follow: all rates 0, a rate below 0, a
 * warm-up that leaves no step, a drop that k moves out of the run, a rate that never falls though
 * its decay does. Not an error: a cycle that is longer than the run, which is cut; a rate that is
 * constant by its definition (schedule.decay = constant, lr_end = lr, drop_factor = 1); a run of
 * one step, or of one epoch with update = epoch, which has but one rate; fewer images than shards,
 * some of which are then empty.
 */
#ifndef KDECAY_CONFIG_RULES_H
#define KDECAY_CONFIG_RULES_H

#include "base/error.h"
#include "experiment/config.h"

/* 0; or -1 with *error set, which begins with `path`. */
int config_rules_check(const struct experiment *experiment, const char *path, struct error *error);

#endif
