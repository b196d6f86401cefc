#include "report/claims_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const char *const evidence_names[EVIDENCES] = {"computed", "thesis's own table",
                                                      "fair baselines", "desk runs", "full scale"};

static const struct table_column word_columns[] = {
    {"claim", "", 'l', NULL},
    {"says", "Claim", 'p', "4.6cm"},
    {"computed", "Computed", 'p', "1.7cm"},
    {"thesis's own table", "Thesis's own table", 'p', "1.9cm"},
    {"fair baselines", "Fair baselines", 'p', "1.9cm"},
    {"desk runs", "Desk runs", 'p', "1.7cm"},
    {"full scale", "Full scale", 'p', "1.9cm"},
};

static const struct table_column number_columns[] = {
    {"claim", NULL, 'l', NULL},     {"evidence", NULL, 'l', NULL}, {"of", NULL, 'l', NULL},
    {"reference", NULL, 'r', NULL}, {"new", NULL, 'r', NULL},      {"difference", NULL, 'r', NULL},
    {"95% low", NULL, 'r', NULL},   {"95% high", NULL, 'r', NULL}, {"sign-flip p", NULL, 'r', NULL},
    {"Holm p", NULL, 'r', NULL},    {"pairs", NULL, 'r', NULL},    {"says", NULL, 'l', NULL},
};

/* Text and LaTeX: claim and evidence stand in a heading. */
static const struct table_column narrow_columns[] = {
    {"of", "Of", 'p', "4.5cm"},
    {"reference", "Ref.", 'r', NULL},
    {"new", "New", 'r', NULL},
    {"difference", "$\\Delta$", 'r', NULL},
    {"95% interval", "95\\,\\% interval", 'r', NULL},
    {"Holm p", "Holm $p$", 'r', NULL},
    {"pairs", "Pairs", 'r', NULL},
    {"says", "Says", 'l', NULL},
};

struct sheet sheet_begin(const struct claims_sources *sources)
{
    struct sheet sheet = {.sources = sources};
    table_begin(&sheet.words, word_columns, COUNT(word_columns));
    table_begin(&sheet.numbers, number_columns, COUNT(number_columns));
    table_begin(&sheet.narrow, narrow_columns, COUNT(narrow_columns));
    return sheet;
}

void sheet_free(struct sheet *sheet)
{
    table_free(&sheet->words);
    table_free(&sheet->numbers);
    table_free(&sheet->narrow);
}

void sheet_start_row(struct sheet *sheet, enum evidence evidence, char *of)
{
    if (!sheet->headed) {
        char *title = memory_text("%s, %s: %s", sheet->claim->id, evidence_names[evidence],
                                  sheet->claim->says);
        table_add_group(&sheet->narrow, title);
        free(title);
    }
    sheet->headed = 1;
    table_add(&sheet->numbers, memory_text("%s", sheet->claim->id), NULL);
    table_add(&sheet->numbers, memory_text("%s", evidence_names[evidence]), NULL);
    table_add(&sheet->numbers, memory_text("%s", of), NULL);
    table_add(&sheet->narrow, of, NULL);
}

void sheet_end_row(struct sheet *sheet, const struct comparison *comparison, const char *says)
{
    struct table *wide = &sheet->numbers, *narrow = &sheet->narrow;
    cells_add_low(wide, comparison);
    cells_add_high(wide, comparison);
    cells_add_p(wide, comparison);
    cells_add_holm(wide, comparison);
    cells_add_pairs(wide, comparison);
    cells_add_interval(narrow, comparison);
    cells_add_holm(narrow, comparison);
    cells_add_pairs(narrow, comparison);
    if (comparison->arm) {
        cells_add_verdict(wide, comparison);
        cells_add_verdict(narrow, comparison);
    } else {
        table_add(wide, memory_text("%s", says), NULL);
        table_add(narrow, memory_text("%s", says), NULL);
    }
}

void sheet_add_number(struct sheet *sheet, double value, int decimals)
{
    cells_add_number(&sheet->numbers, value, "", decimals);
    cells_add_number(&sheet->narrow, value, "", decimals);
}

void sheet_add_published(struct sheet *sheet, double value, int decimals, char *id,
                         const char *path, int line)
{
    cells_add_published(&sheet->narrow, value, decimals, "", memory_text("%s", id), path, line);
    cells_add_published(&sheet->numbers, value, decimals, "", id, path, line);
}

void sheet_add_of_row(struct sheet *sheet, const struct thesis_table *table,
                      const struct published_row *row, const char *what, double value)
{
    sheet_add_published(sheet, value, 2, published_value_id(&table->published, row, what),
                        table->published.path, row->line);
}

void sheet_add_literature(struct sheet *sheet, const struct literature_row *row)
{
    sheet_add_published(sheet, row->error, 2, literature_value_id(row),
                        sheet->sources->literature->path, row->line);
}

void sheet_add_delta(struct sheet *sheet, const struct thesis_table *table,
                     const struct published_row *row, const struct literature_row *other, char *id)
{
    const double delta = row->ours - (other ? other->error : row->original);
    struct text sources = {0};
    text_add(&sources, "%s\t%d\n", table->published.path, row->line);
    if (other)
        text_add(&sources, "%s\t%d\n", sheet->sources->literature->path, other->line);
    cells_add_number(&sheet->numbers, delta, "+", 2);
    table_trace(&sheet->numbers, id, sources.bytes);
    cells_add_number(&sheet->narrow, delta, "+", 2);
}

void sheet_add_means(struct sheet *sheet, const struct comparison *comparison)
{
    struct table *const tables[] = {&sheet->numbers, &sheet->narrow};
    for (size_t i = 0; i < COUNT(tables); i++) {
        cells_add_mean(tables[i], comparison->control);
        cells_add_mean(tables[i], comparison->arm);
        cells_add_difference(tables[i], comparison);
    }
}

void sheet_add_comparison(struct sheet *sheet, enum evidence evidence, const struct comparison *c)
{
    const int in_k = strcmp(c->arm->base.hex, c->control->base.hex) == 0;
    sheet_start_row(sheet, evidence,
                    memory_text("%s against %s", c->arm->name, in_k ? "k = 1" : c->control->name));
    sheet_add_means(sheet, c);
    sheet_end_row(sheet, c, NULL);
}

/* ---- Words -------------------------------------------------------------------------------- */

void sheet_count_verdict(struct verdicts *verdicts, const struct comparison *c, double limit)
{
    const char *verdict = statistics_verdict(c->pairs, c->interval, c->holm);
    const int better = strcmp(verdict, "better") == 0;
    verdicts->count++;
    verdicts->better += better ? 1 : 0;
    verdicts->worse += strcmp(verdict, "worse") == 0 ? 1 : 0;
    verdicts->beyond |= better && c->interval.high < -limit;
    verdicts->within |= better && c->interval.low >= -limit;
}

void sheet_add_trend(struct sheet *sheet, enum evidence evidence, const struct arm *const *arms,
                     const double *x, size_t count, const char *what, struct verdicts *verdicts)
{
    struct comparison trend = cells_trend(arms, x, count), *alone = &trend;
    cells_holm(&alone, 1);
    sheet_count_verdict(verdicts, &trend, NAN);
    if (count == 2)
        return;
    sheet_start_row(sheet, evidence,
                    memory_text("%s, trend per doubling of %s from %s", trend.arm->name, what,
                                trend.control->name));
    sheet_add_means(sheet, &trend);
    sheet_end_row(sheet, &trend, NULL);
}

char *sheet_verdict_word(const struct verdicts *v)
{
    if (v->better + v->worse == 0)
        return memory_text("no evidence");
    if (v->better == v->count || v->worse == v->count)
        return memory_text(v->better ? "better" : "worse");
    return memory_text("better in %zu, worse in %zu of %zu", v->better, v->worse, v->count);
}

char *sheet_consistency(int broken)
{
    return memory_text(broken ? "not consistent" : "consistent");
}
