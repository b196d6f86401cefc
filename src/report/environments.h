/*
 * environments - what the runs were made with: program, compiler, oneDNN and environment key.
 *
 * Taken from the logs, each of which names its own (log.h), never from the machine that makes the
 * table: so the table has the same bytes everywhere.
 */
#ifndef KDECAY_ENVIRONMENTS_H
#define KDECAY_ENVIRONMENTS_H

#include "report/ledger.h"

/* Write OUT/tables/environments.txt and .tex, a longtable: a row for each environment key (it
 * begins with oneDNN's version) and compiler, with the number of its logs and of those of each
 * program, in the order of the ledger. */
void environments_write(const struct ledger *ledger, const char *out);

#endif
