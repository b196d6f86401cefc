/*
 * environments - the program, compiler, oneDNN and environment key of the runs.
 *
 * They come from the logs, each of which names its own (log.h), never from the machine that makes
 * the table. So the table has the same bytes everywhere.
 */
#ifndef KDECAY_ENVIRONMENTS_H
#define KDECAY_ENVIRONMENTS_H

#include "report/ledger.h"

/* Write OUT/tables/environments.txt and .tex, a longtable. It has a row for each pair of
 * environment key (which begins with oneDNN's version) and compiler, with the number of its logs,
 * in all and by program, in the order of the ledger. */
void environments_write(const struct ledger *ledger, const char *out);

#endif
