/*
 * arm_list - facts about arms and bases for the page (src/page), so that the page need not know how
 * experiments are named or which values are defaults.
 *
 *   tables/arms.tsv   for each experiment file: arm, images, network, base, k, precision, epochs,
 *                     scale, the number of its logs, and its set of registered arms (registered.h):
 *                     "complete" or "incomplete"; "-" if no protocol registered it
 *   tables/bases.tsv  for each arm below schedules/plain/: its name there and its whole schedule
 *                     with the defaults, by the keys of an experiment file
 */
#ifndef KDECAY_ARM_LIST_H
#define KDECAY_ARM_LIST_H

#include "report/ledger.h"

void arm_list_write(const struct experiment_files *files, const struct ledger *ledger,
                    const char *out);

#endif
