/*
 * claims_counts - the claims of the companion studies, Weight Net and Pad Net, against counts
 * and desk runs. Part of claims.h, where the rules stand.
 */
#ifndef KDECAY_CLAIMS_COUNTS_H
#define KDECAY_CLAIMS_COUNTS_H

#include "report/claims_table.h"

/* The word for one kind of evidence, computed or from runs, of a claim that has a folder; free()
 * it. NULL with *error set. */
char *claims_counts_word(struct sheet *sheet, enum evidence evidence, struct error *error);

#endif
