/*
 * claims_table - the tables of claims.h while they are being filled, and the rows of their numbers.
 *
 * A row of numbers is sheet_start_row(), three numbers (reference, new, difference; each by one of
 * the functions between) and sheet_end_row(). All of it goes to both tables of numbers.
 */
#ifndef KDECAY_CLAIMS_TABLE_H
#define KDECAY_CLAIMS_TABLE_H

#include "report/cells.h"
#include "report/claims.h"

enum evidence { COMPUTED, OWN, FAIR, DESK, FULL, EVIDENCES };

struct sheet {
    const struct claims_sources *sources;
    const struct published_claim *claim; /* at work */
    int headed;                          /* the heading of this claim's evidence stands */
    int from_runs;                       /* its word is from runs */
    struct table words;
    struct table numbers; /* CSV */
    struct table narrow;  /* text and LaTeX: claim and evidence stand in a heading */
};

struct sheet sheet_begin(const struct claims_sources *sources);
void sheet_free(struct sheet *sheet);

/* The first cells of a row, up to what it is of; a heading, where it is the first of its evidence.
 * Takes `of` over. */
void sheet_start_row(struct sheet *sheet, enum evidence evidence, char *of);

/* A number of the program's own; NAN: a dash. */
void sheet_add_number(struct sheet *sheet, double value, int decimals);

/* A published number: `id` (taken over) and `path` as in cells.h. */
void sheet_add_published(struct sheet *sheet, double value, int decimals, char *id,
                         const char *path, int line);
void sheet_add_of_row(struct sheet *sheet, const struct thesis_table *table,
                      const struct published_row *row, const char *what, double value);
void sheet_add_literature(struct sheet *sheet, const struct literature_row *row);

/* The row's "ours" less a number of the literature; its own original if that is NULL. Takes `id`
 * over. */
void sheet_add_delta(struct sheet *sheet, const struct thesis_table *table,
                     const struct published_row *row, const struct literature_row *other, char *id);

/* Means and mean difference of a comparison. */
void sheet_add_means(struct sheet *sheet, const struct comparison *comparison);

/* The cells of a comparison and its verdict; of cells_no_comparison, dashes and `says`. */
void sheet_end_row(struct sheet *sheet, const struct comparison *comparison, const char *says);

/* A whole row: "ARM against CONTROL", or against "k = 1" where both differ in k alone. */
void sheet_add_comparison(struct sheet *sheet, enum evidence evidence,
                          const struct comparison *comparison);

/* ---- Words -------------------------------------------------------------------------------- */

/* Verdicts of all comparisons of a claim. */
struct verdicts {
    size_t count, better, worse;
    int beyond; /* one that is better has its whole interval beyond the limit */
    int within; /* ... within the limit */
};

void sheet_count_verdict(struct verdicts *verdicts, const struct comparison *comparison,
                         double limit);

/* Count the trend of the last of `count` >= 2 arms from the first, x being log2 of `what`: a family
 * of its own. A row of numbers shows it where it is more than a difference: of more than two arms.
 */
void sheet_add_trend(struct sheet *sheet, enum evidence evidence, const struct arm *const *arms,
                     const double *x, size_t count, const char *what, struct verdicts *verdicts);

/* "better", "worse" or "no evidence" if all have this verdict, else "better in a, worse in b of n".
 * free() it. */
char *sheet_verdict_word(const struct verdicts *verdicts);

/* "not consistent" or "consistent"; free() it. */
char *sheet_consistency(int broken);

#endif
