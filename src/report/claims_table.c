#include "report/claims_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const evidence_names[EVIDENCES] = {"computed",          "thesis's own table",
                                                      "matched baselines", "desk runs",
                                                      "full scale",        "registered runs"};

/* A claim's cells come from rules, one after another: no column fills itself. */
static const struct table_column word_columns[] = {
    {"claim", "", 'l', NULL, TABLE_ALL, NULL},
    {"says", "Claim", 'p', "3.4cm", TABLE_ALL, NULL},
    {"computed", "Computed", 'p', "1.8cm", TABLE_ALL, NULL},
    {"thesis's own table", "Thesis's own table", 'p', "1.5cm", TABLE_ALL, NULL},
    {"matched baselines", "Matched baselines", 'p', "1.5cm", TABLE_ALL, NULL},
    {"desk runs", "Desk runs", 'p', "2.5cm", TABLE_ALL, NULL},
    {"full scale", "Full scale", 'p', "1.6cm", TABLE_ALL, NULL},
    {"registered runs", "Registered", 'p', "1.6cm", TABLE_ALL, NULL},
};

struct number_row {
    struct cells_row cells; /* first: what cells.h fills columns from */
    const char *claim, *evidence, *of;
    struct table_cell reference, new, difference; /* go to the table */
    const char *says;                             /* without a comparison */
};

static TABLE_CELL(cell_claim, struct number_row, table_text(at->claim));
static TABLE_CELL(cell_evidence, struct number_row, table_text(at->evidence));
static TABLE_CELL(cell_of, struct number_row, table_text(at->of));
static TABLE_CELL(cell_reference, struct number_row, at->reference);
static TABLE_CELL(cell_new, struct number_row, at->new);
static TABLE_CELL(cell_difference, struct number_row, at->difference);
static TABLE_CELL(cell_says, struct number_row,
                  at->cells.comparison->arm ? cells_verdict(row) : table_text(at->says));

/* In text and LaTeX claim and evidence stand in a heading. */
static const struct table_column number_columns[] = {
    {"claim", NULL, 'l', NULL, TABLE_CSV, cell_claim},
    {"evidence", NULL, 'l', NULL, TABLE_CSV, cell_evidence},
    {"of", "Of", 'p', "4.0cm", TABLE_ALL, cell_of},
    {"reference", "Ref.", 'r', NULL, TABLE_ALL, cell_reference},
    {"new", "New", 'r', NULL, TABLE_ALL, cell_new},
    {"difference", "$\\Delta$", 'r', NULL, TABLE_ALL, cell_difference},
};

static const struct table_column last_columns[] = {
    {"pairs", "Pairs", 'r', NULL, TABLE_ALL, cells_pairs},
    {"says", "Says", 'l', NULL, TABLE_ALL, cell_says},
};

struct sheet sheet_begin(const struct inputs *in, struct error *error)
{
    struct sheet sheet = {.in = in, .error = error};
    table_begin(&sheet.words, word_columns, COUNT(word_columns));
    table_begin(&sheet.numbers, number_columns, COUNT(number_columns));
    cells_add_test_columns(&sheet.numbers);
    table_add_columns(&sheet.numbers, last_columns, COUNT(last_columns));
    return sheet;
}

void sheet_free(struct sheet *sheet)
{
    table_free(&sheet->words);
    table_free(&sheet->numbers);
}

/* ---- Rows of numbers ---------------------------------------------------------------------- */

/* Takes `of` over. */
static void add_row(struct sheet *sheet, char *of, struct number_row row)
{
    if (!sheet->headed) {
        char *title = memory_text("%s, %s: %s", sheet->claim->id, evidence_names[sheet->evidence],
                                  sheet->claim->says);
        table_add_heading(&sheet->numbers, TABLE_NARROW, title);
        free(title);
    }
    sheet->headed = 1;
    row.claim = sheet->claim->id;
    row.evidence = evidence_names[sheet->evidence];
    row.of = of;
    table_add_row(&sheet->numbers, &row);
    free(of);
}

void sheet_add_row(struct sheet *sheet, char *of, struct table_cell reference,
                   struct table_cell new, struct table_cell difference, const char *says)
{
    add_row(sheet, of,
            (struct number_row){.cells = {NULL, &comparison_none},
                                .reference = reference,
                                .new = new,
                                .difference = difference,
                                .says = says});
}

/* Takes `of` over. */
static void add_comparison(struct sheet *sheet, char *of, const struct comparison *c)
{
    const struct cells_row control = {c->control, c}, arm = {c->arm, c};
    add_row(sheet, of,
            (struct number_row){.cells = arm,
                                .reference = cells_mean(&control),
                                .new = cells_mean(&arm),
                                .difference = cells_difference(&arm)});
}

void sheet_add_comparison(struct sheet *sheet, const struct comparison *c)
{
    const double k = c->control->experiment->k;
    const int in_k = strcmp(c->arm->base.hex, c->control->base.hex) == 0 && !(k < 1) && !(k > 1);
    add_comparison(
        sheet, memory_text("%s against %s", c->arm->name, in_k ? "k = 1" : c->control->name), c);
}

/* ---- Words -------------------------------------------------------------------------------- */

void sheet_count_verdict(struct verdicts *verdicts, const struct comparison *c, double limit)
{
    const char *verdict = comparison_word(c);
    const int better = strcmp(verdict, "better") == 0;
    verdicts->count++;
    verdicts->better += better ? 1 : 0;
    verdicts->worse += strcmp(verdict, "worse") == 0 ? 1 : 0;
    verdicts->untestable += strcmp(verdict, "not testable") == 0 ? 1 : 0;
    verdicts->beyond |= better && c->interval.high < -limit;
    verdicts->within |= better && c->interval.low >= -limit;
}

void sheet_add_trend(struct sheet *sheet, const struct comparison *trend, const char *what,
                     struct verdicts *verdicts)
{
    sheet_count_verdict(verdicts, trend, NAN);
    if (trend->trend_count > 2)
        add_comparison(sheet,
                       memory_text("%s, trend per doubling of %s from %s", trend->arm->name, what,
                                   trend->control->name),
                       trend);
}

char *sheet_verdict_word(const struct verdicts *v)
{
    const size_t testable = v->count - v->untestable;
    if (testable == 0)
        return memory_text("not testable");
    char *rest = v->untestable ? memory_text(" testable; %zu not testable", v->untestable)
                               : memory_text("%s", "");
    char *word = v->better + v->worse == 0
                     ? v->untestable ? memory_text("no evidence in %zu%s", testable, rest)
                                     : memory_text("no evidence")
                 : v->untestable && v->better == testable
                     ? memory_text("better in %zu of %zu%s", v->better, testable, rest)
                 : v->better == v->count || v->worse == v->count
                     ? memory_text(v->better ? "better" : "worse")
                     : memory_text("better in %zu, worse in %zu of %zu%s", v->better, v->worse,
                                   testable, rest);
    free(rest);
    return word;
}

char *sheet_consistency(int broken)
{
    return memory_text(broken ? "not consistent" : "consistent");
}
