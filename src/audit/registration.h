/*
 * registration - arms that were registered before their runs.
 *
 * A protocol says, before the first run, what a set of runs will decide, and how. It is a file
 * PROTOCOL.md in the folder of its arms' files or in a folder above. Each of the arms carries its
 * SHA-256 (the key run.protocol), and so does each log. The audit compares three things:
 *
 *   the file     still has the digest that its arms carry
 *   the logs     carry the digest that their arms carry
 *   the dates    no log was started before the commit that last changed the file
 *
 * Git knows the date of that commit. The Makefile writes it down, one line for each protocol:
 *
 *     SHA-256<two blanks>2026-11-27T12:00:00Z<two blanks>experiments/confirmation/PROTOCOL.md
 *
 * A date in git can be forged, like any date. The digest cannot be made to fit another text.
 */
#ifndef KDECAY_REGISTRATION_H
#define KDECAY_REGISTRATION_H

#include "audit/check.h"
#include "report/ledger.h"

/* The path of an arm's protocol, in the folder of the arm's file or in one above it, up to
 * `experiments`; free() it. NULL if no folder has one. */
char *registration_path(const char *experiments, const char *arm);

/* `dates` is the file of dates. If it is NULL or an empty file, the dates are unknown, and a note says
 * so. The check is skipped if no arm is registered. */
void registration_check(const char *experiments, const struct experiment_files *files,
                        const struct ledger *ledger, const char *dates, struct check *check);

#endif
