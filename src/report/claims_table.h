/*
 * claims_table - the tables of claims.h while they are being filled, and the rows of their numbers.
 *
 * A row of numbers has three of them (reference, new, difference) and what a comparison says.
 */
#ifndef KDECAY_CLAIMS_TABLE_H
#define KDECAY_CLAIMS_TABLE_H

#include "report/cells.h"
#include "report/inputs.h"
#include "report/study.h"

enum evidence { COMPUTED, OWN, MATCHED, DESK, FULL, REGISTERED, EVIDENCES };

struct sheet {
    const struct inputs *in;
    struct error *error;
    /* at work: */
    const struct published_claim *claim;
    enum evidence evidence;
    const struct study *arms; /* of the claim's folder; NULL without one */
    int headed;               /* the heading of this claim's evidence stands */
    int from_runs;            /* its word is from runs */
    struct table words;
    struct table numbers;
};

struct sheet sheet_begin(const struct inputs *in, struct error *error);
void sheet_free(struct sheet *sheet);

/* Add a row of numbers that no runs gave, and a heading before the first one of an evidence. `of`
 * says what the numbers are of and is taken over, as the cells are. */
void sheet_add_row(struct sheet *sheet, char *of, struct table_cell reference,
                   struct table_cell new, struct table_cell difference, const char *says);

/* Add the row of a comparison: "ARM against CONTROL", or against "k = 1" where both differ in k
 * alone. */
void sheet_add_comparison(struct sheet *sheet, const struct comparison *comparison);

/* ---- Words -------------------------------------------------------------------------------- */

/* Verdicts of all comparisons of a claim. */
struct verdicts {
    size_t count, better, worse, untestable;
    int beyond; /* one that is better has its whole interval beyond the limit */
    int within; /* ... within the limit */
};

void sheet_count_verdict(struct verdicts *verdicts, const struct comparison *comparison,
                         double limit);

/* Count a trend over log2 of `what`. A row of numbers shows it if it has more than two arms: else
 * it is a difference, which has a row already. */
void sheet_add_trend(struct sheet *sheet, const struct comparison *trend, const char *what,
                     struct verdicts *verdicts);

/* "better", "worse", "no evidence" or "not testable" if all have this verdict, else "better in a,
 * worse in b of n testable; m not testable". free() it. */
char *sheet_verdict_word(const struct verdicts *verdicts);

/* "not consistent" or "consistent"; free() it. */
char *sheet_consistency(int broken);

#endif
