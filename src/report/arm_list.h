/*
 * arm_list - what the page asks about arms and bases (src/page), so that it need not know how an
 * experiment is named or which values it leaves out.
 *
 *   tables/arms.tsv   of each experiment file its arm, images, network, base, k, precision, epochs,
 *                     scale, the number of its logs, and its set of registered arms (registered.h):
 *                     "complete", "incomplete"; "-" where no protocol registered it
 *   tables/bases.tsv  of each arm below schedules/plain/ its name there and all that its schedule
 *                     says, defaults too, in the words of the keys of an experiment file
 */
#ifndef KDECAY_ARM_LIST_H
#define KDECAY_ARM_LIST_H

#include "report/ledger.h"

void arm_list_write(const struct experiment_files *files, const struct ledger *ledger,
                    const char *out);

#endif
