#include "report/exploratory.h"

#include "base/decimal.h"
#include "base/max_t.h"
#include "base/two_way.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double margin = 0.3; /* points */

/* A row of the table. */
struct line {
    struct cells_row cells; /* first: what cells.h fills columns from */
    const struct question *question;
    double max_t;
    struct interval left_out, pooled;
    double pooled_p, tost;
    struct comparison by_loss; /* the same comparison of the test loss */
    struct cells_row loss;
};

/* ---- Analyses ----------------------------------------------------------------------------- */

/* The numbers that need only this comparison. With a diverged run it has no mean, hence none of
 * them. */
static void compare_pairs(struct line *line)
{
    size_t pairs;
    const struct comparison *c = line->cells.comparison;
    const struct arm *const both[] = {c->control, c->arm};
    double *errors = comparison_errors(both, 2, &pairs);
    for (size_t i = 0; i < pairs; i++)
        errors[i] = errors[pairs + i] - errors[i];
    line->left_out = statistics_leave_one_out(errors, pairs);
    line->tost = statistics_tost(errors, pairs, margin);
    if (!isfinite(c->mean)) {
        line->left_out = (struct interval){NAN, NAN, "a run diverged"};
        line->tost = NAN;
    }
    line->by_loss = comparison_by(c->arm, c->control, TEST_LOSS, LAST_EPOCH);
    line->loss = (struct cells_row){c->arm, &line->by_loss};
    free(errors);
}

/* The numbers that need all arms with the same control: max-T, and the pooled model. */
static void compare_together(struct line *const *line, size_t count)
{
    const struct arm **arms = memory_zeroed(count + 1, sizeof *arms);
    double *p = memory_zeroed(2 * (count + 1), sizeof *p), *holm = p + count + 1;
    size_t seeds, diverged = 0;
    arms[0] = line[0]->cells.comparison->control;
    for (size_t i = 0; i < count; i++)
        arms[i + 1] = line[i]->cells.arm;
    for (size_t a = 0; a <= count; a++)
        diverged += arms[a]->diverged;
    double *values = comparison_errors(arms, count + 1, &seeds);
    const size_t used = diverged ? 0 : seeds; /* with a seed that others lack, too */
    max_t_test(values, count + 1, used, 0, p);
    const struct two_way fit = two_way_fit(values, count + 1, used);
    for (size_t i = 0; i < count; i++)
        line[i]->max_t = p[i + 1];
    for (size_t i = 0; i < count; i++) {
        const double difference =
            statistics_mean(&values[(i + 1) * seeds], used) - statistics_mean(values, used);
        line[i]->pooled = two_way_interval(&fit, difference, 0.95);
        p[i] = two_way_p(&fit, difference);
    }
    statistics_holm(p, count, holm);
    for (size_t i = 0; i < count; i++)
        line[i]->pooled_p = holm[i];
    free(values);
    free(p);
    free(arms);
}

/* ---- Columns ------------------------------------------------------------------------------ */

static TABLE_CELL(cell_question, struct line, table_text(at->question->name));
static TABLE_CELL(cell_arm, struct line, table_text(ledger_short_name(at->cells.arm->name)));
static TABLE_CELL(cell_against, struct line,
                  table_text(ledger_short_name(at->cells.comparison->control->name)));
static TABLE_CELL(cell_max_t, struct line, cells_of_comparison(row, "max-t", at->max_t, "", 4));
static TABLE_CELL(cell_left_out_low, struct line,
                  cells_of_comparison(row, "left-out-low", at->left_out.low, "+", 2));
static TABLE_CELL(cell_left_out_high, struct line,
                  cells_of_comparison(row, "left-out-high", at->left_out.high, "+", 2));
static TABLE_CELL(cell_pooled_low, struct line,
                  cells_of_comparison(row, "pooled-low", at->pooled.low, "+", 2));
static TABLE_CELL(cell_pooled_high, struct line,
                  cells_of_comparison(row, "pooled-high", at->pooled.high, "+", 2));
static TABLE_CELL(cell_pooled_p, struct line,
                  cells_of_comparison(row, "pooled-holm", at->pooled_p, "", 4));
static TABLE_CELL(cell_tost, struct line, cells_of_comparison(row, "equivalence", at->tost, "", 4));

/* The columns of the test loss are those of the error, of its comparison. */
static TABLE_CELL(cell_loss, struct line, cells_difference(&at->loss));
static TABLE_CELL(cell_loss_low, struct line, cells_low(&at->loss));
static TABLE_CELL(cell_loss_high, struct line, cells_high(&at->loss));

static struct table_cell interval_cell(struct interval interval)
{
    if (interval.reason)
        return table_dash();
    char *plain = decimal_interval(interval.low, interval.high, 2);
    return table_cell(plain, memory_text("$%s$", plain));
}

static TABLE_CELL(cell_left_out, struct line, interval_cell(at->left_out));
static TABLE_CELL(cell_pooled, struct line, interval_cell(at->pooled));

void exploratory_begin(struct table *table)
{
    static const struct table_column columns[] = {
        {"question", NULL, 'l', NULL, TABLE_CSV, cell_question},
        {"arm", "Arm", 'l', NULL, TABLE_ALL, cell_arm},
        {"against", "Against", 'l', NULL, TABLE_ALL, cell_against},
        {"pairs", "Pairs", 'r', NULL, TABLE_ALL, cells_pairs},
        {"difference", "$\\Delta$", 'r', NULL, TABLE_ALL, cells_difference},
        {"max-T p", "Max-$T$ $p$", 'r', NULL, TABLE_ALL, cell_max_t},
        {"leave one out", "Leave one out", 'r', NULL, TABLE_NARROW, cell_left_out},
        {"leave one out low", NULL, 'r', NULL, TABLE_CSV, cell_left_out_low},
        {"leave one out high", NULL, 'r', NULL, TABLE_CSV, cell_left_out_high},
        {"pooled 95% interval", "Pooled 95\\,\\%", 'r', NULL, TABLE_NARROW, cell_pooled},
        {"pooled 95% low", NULL, 'r', NULL, TABLE_CSV, cell_pooled_low},
        {"pooled 95% high", NULL, 'r', NULL, TABLE_CSV, cell_pooled_high},
        {"pooled Holm p", "Pooled $p$", 'r', NULL, TABLE_ALL, cell_pooled_p},
        {"equivalence p", "Equiv.\\ $p$", 'r', NULL, TABLE_ALL, cell_tost},
        {"test loss difference", "Test loss", 'r', NULL, TABLE_ALL, cell_loss},
        {"test loss 95% low", NULL, 'r', NULL, TABLE_CSV, cell_loss_low},
        {"test loss 95% high", NULL, 'r', NULL, TABLE_CSV, cell_loss_high},
    };
    table_begin(table, columns, COUNT(columns));
}

/* ---- Rows --------------------------------------------------------------------------------- */

static void add_question(struct study_row *group, const struct question *question,
                         struct table *table)
{
    struct line *lines = memory_zeroed(question->count, sizeof *lines);
    struct line **together = memory_zeroed(question->count, sizeof *together);
    size_t count = 0;
    for (size_t i = 0; i < question->count; i++) {
        const struct study_row *row = study_row_of(group, question->pair[i].arm);
        if (row->comparison[0].pairs == 0)
            continue;
        lines[count] = (struct line){{row->arm, &row->comparison[0]}, question, .max_t = NAN};
        compare_pairs(&lines[count++]);
    }
    for (size_t i = 0; i < count; i++) {
        size_t size = 0, first = 0;
        const struct arm *control = lines[i].cells.comparison->control;
        while (lines[first].cells.comparison->control != control)
            first++;
        for (size_t j = 0; j < count; j++)
            if (lines[j].cells.comparison->control == control)
                together[size++] = &lines[j];
        if (first == i) /* once for each control */
            compare_together(together, size);
    }
    if (count)
        table_add_heading(table, TABLE_NARROW, question->name);
    for (size_t i = 0; i < count; i++)
        table_add_row(table, &lines[i]);
    free(together);
    free(lines);
}

void exploratory_add(struct study_row *group, const struct questions *questions,
                     struct table *table)
{
    for (size_t q = 0; q < questions->count; q++)
        add_question(group, &questions->question[q], table);
}

void exploratory_end(struct table *table, const char *out)
{
    struct text text = {0};
    text_add(&text, "table-exploratory: the studies' comparisons by analyses that no protocol "
                    "registered; no verdict rests on them\n\n");
    table_write_text(table, &text);
    text_add(&text,
             "\n"
             "difference (points): arm - the arm named under against, over the pairs.\n"
             "max-T p: permutations of the arms within seeds, closed testing, over the question's "
             "arms with the same control.\n"
             "leave one out: the lowest and the highest difference without one pair.\n"
             "pooled: by the model seed + arm of the same runs, one variance for all; Holm p over "
             "them.\n"
             "equivalence p: two one-sided t tests of a difference within %.1f points, a margin of "
             "ours.\n"
             "test loss difference: after the last epoch, over the same pairs.\n"
             "-: does not exist (fewer than 2 seeds that all have, or a diverged run).\n",
             margin);
    table_write_out(out, "table-exploratory", ".txt", &text);
    table_write_files(out, "table-exploratory", table, "longtable");
    table_write_values(out, "table-exploratory", table);
    table_free(table);
}
