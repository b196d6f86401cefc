/*
 * registration - arms that were registered before their runs.
 *
 * A protocol says what a set of runs is to decide, and how, before the first of them. It is a file
 * PROTOCOL.md in the folder of its arms' files or in one above. Each of the arms carries its
 * SHA-256 (the key run.protocol), so each log does. The audit holds three things together:
 *
 *   the file     still has the digest that its arms carry
 *   the logs     carry the digest that their arms carry
 *   the dates    no log was started before the commit that last changed the file
 *
 * Git knows the date of that commit. The Makefile writes it down, one line for each protocol:
 *
 *     SHA-256<two blanks>2026-11-27T12:00:00Z<two blanks>experiments/confirmation/PROTOCOL.md
 *
 * A date of git can be forged, as any date; the digest can't be made to fit another text.
 */
#ifndef KDECAY_REGISTRATION_H
#define KDECAY_REGISTRATION_H

#include "audit/check.h"
#include "report/ledger.h"

/* The path of the protocol of an arm, from the folder of the arm's file upwards to `experiments`;
 * free() it. NULL where no folder has one. */
char *registration_path(const char *experiments, const char *arm);

/* `dates` is the file of dates; NULL, or an empty file: they are unknown, and a note says so.
 * Skips where no arm is registered. */
void registration_check(const char *experiments, const struct experiment_files *files,
                        const struct ledger *ledger, const char *dates, struct check *check);

#endif
