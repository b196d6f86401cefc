/*
 * claims_runs - C2, C3 and C4 against desk and full-scale runs. Part of claims.h, where the rules
 * stand.
 */
#ifndef KDECAY_CLAIMS_RUNS_H
#define KDECAY_CLAIMS_RUNS_H

#include "report/claims_table.h"

/* The word for runs of a scale; free() it. NULL with *error set. */
char *claims_runs_word(struct sheet *sheet, enum evidence evidence, struct error *error);

#endif
