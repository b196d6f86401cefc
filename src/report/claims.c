#include "report/claims.h"

#include "report/cells.h"
#include "report/claims_rules.h"
#include "report/claims_table.h"
#include "report/study.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Words -------------------------------------------------------------------------------- */

static const struct rule {
    const char *name;
    claims_rule *word;
    int needs_limit;
} rules[] = {
#define ROW(name, function, needs_limit) {name, function, needs_limit},
    CLAIMS_RULES(ROW)
#undef ROW
};

/* NULL with *error set. */
static const struct rule *rule_of(const struct sheet *sheet, const char *name)
{
    const struct published_claim *claim = sheet->claim;
    const struct rule *rule = NULL;
    for (size_t i = 0; i < COUNT(rules); i++)
        if (strcmp(rules[i].name, name) == 0)
            rule = &rules[i];
    if (!rule)
        error_set(sheet->error,
                  "%s:%d: claim %s: expected a rule of claims_rules.h or =WORD, found %s",
                  sheet->in->claims.path, claim->line, claim->id, name);
    else if (rule->needs_limit && isnan(claim->limit))
        error_set(sheet->error, "%s:%d: claim %s: expected a limit, which the rule %s needs",
                  sheet->in->claims.path, claim->line, claim->id, name);
    else
        return rule;
    return NULL;
}

/* The word of a rule about a folder's arms, of which there may be none. */
static char *word_of_arms(struct sheet *sheet, const struct rule *rule, const char *fixed)
{
    const struct published_claim *claim = sheet->claim;
    struct study arms;
    if (study_collect(&arms, &sheet->in->open, &sheet->in->experiments, claim->folder,
                      claim->control, NULL, sheet->error) != 0)
        return NULL;
    /* another image set or network has counts and a control of its own */
    struct study first = arms;
    first.count = arms.count == 0 ? 0 : study_group(&arms, 0);
    struct questions questions = {0};
    if (first.count)
        study_ask(first.row, first.count, &questions);
    questions_free(&questions);
    sheet->arms = &first;
    char *word = arms.count == 0           ? memory_text("not built")
                 : !rule                   ? memory_text("%s", fixed)
                 : sheet->evidence == FULL ? memory_text("untested at full scale")
                                           : rule->word(sheet);
    sheet->arms = NULL;
    study_free(&arms);
    return word;
}

/* The word for one kind of evidence; NULL with *error set. */
static char *word_of(struct sheet *sheet)
{
    static const enum published_rule kinds[EVIDENCES] = {RULE_COMPUTED, RULE_OWN,  RULE_MATCHED,
                                                         RULE_RUNS,     RULE_RUNS, RULE_REGISTERED};
    const char *name = sheet->claim->rules[kinds[sheet->evidence]];
    const char *fixed = name[0] == '=' ? name + 1 : strcmp(name, "-") == 0 ? name : NULL;
    const struct rule *rule = fixed ? NULL : rule_of(sheet, name);
    const int of_arms = strcmp(sheet->claim->folder, "-") != 0 && sheet->evidence != OWN &&
                        sheet->evidence != MATCHED && sheet->evidence != REGISTERED;
    if (!fixed && !rule)
        return NULL;
    if (of_arms)
        return word_of_arms(sheet, rule, fixed);
    return fixed ? memory_text("%s", fixed) : rule->word(sheet);
}

static int fill_claim(struct sheet *sheet)
{
    const struct published_claim *claim = sheet->claim;
    const char *path = sheet->in->claims.path;
    table_add(&sheet->words, table_text(claim->id));
    char *says = table_tex_escaped(claim->says);
    table_add(&sheet->words, table_traced(table_cell(memory_text("%s", claim->says),
                                                     memory_text("\\frompublished{%s}{%d}{%s}",
                                                                 path, claim->line, says)),
                                          memory_text("claims:%s:says", claim->id),
                                          memory_text("%s\t%d\n", path, claim->line)));
    free(says);
    for (sheet->evidence = 0; sheet->evidence < EVIDENCES; sheet->evidence++) {
        sheet->headed = sheet->from_runs = 0;
        char *word = word_of(sheet);
        if (!word)
            return -1;
        table_add(
            &sheet->words,
            table_cell(word, sheet->from_runs ? memory_text("\\fromledger{%s}", word) : NULL));
    }
    return 0;
}

/* What both texts have: the words below `head`, the numbers below `between`. */
static void add_sheet(const struct sheet *sheet, const char *head, const char *between,
                      struct text *text)
{
    text_add(text, "%s: a word for each kind of evidence, by the rules in src/report/claims.h\n\n",
             head);
    table_write_text(&sheet->words, text);
    text_add(text,
             "\n%sThe numbers behind the words (error in %%, differences in points, below 0 is "
             "better)\n\n",
             between);
    table_write_text(&sheet->numbers, text);
}

static void write_text(const struct sheet *sheet, const char *out)
{
    struct text text = {0};
    text_add(&text, "claims: what the thesis and its companion studies claim, and what is known "
                    "here\n\n");
    add_sheet(sheet, "1. The claims",
              "-: does not bear on the claim. T1 is what the tables' column of parameters "
              "says.\n\n2. ",
              &text);
    text_add(
        &text,
        "\n"
        "reference, new: original or matched baseline, and ours; k = 1 or restarts, and k > 1; "
        "as printed, and as the network built here has.\n"
        "Runs: mean error after the last epoch; interval, Holm p and verdict over pairs of "
        "equal seeds.\nFewer than 6 pairs are no evidence; see table-5-2.txt.\n"
        "Registered runs, of the desk scale: see table-confirmation.txt.\n"
        "Desk runs are of small networks and few epochs: they replicate no cell of the "
        "thesis.\n");
    table_write_out(out, "claims", ".txt", &text);
}

/* For reading below the table of that folder's arms. */
static void write_companion(const struct sheet *sheet, const char *folder, const char *out)
{
    struct text text = {0};
    text_add(&text, "\n");
    add_sheet(sheet, "Its claims", "", &text);
    char *name = memory_text("claims-%s", folder);
    table_write_out(out, name, ".txt", &text);
    free(name);
}

/* The claims that registered runs judge, one line each, in the order of claims.tsv. */
static void write_states(const struct sheet *sheet, const char *out)
{
    const size_t columns = sheet->words.column_count;
    struct text text = {0};
    for (size_t i = 0; i < sheet->in->claims.count; i++) {
        const char *word = sheet->words.cells[(i + 1) * columns - 1].plain;
        const int is_open = strncmp(word, "sealed", 6) != 0 && strcmp(word, "no runs") != 0;
        if (strcmp(word, "-") != 0)
            text_add(&text, "\\claimstate{%s}{%s}\n", sheet->in->claims.rows[i].id,
                     is_open ? word : "sealed");
    }
    table_write_out(out, "claims-states", ".tex", &text);
}

/* `sheet` with the claims of a folder, of all where it is NULL; sheet_free() it either way. */
static int fill_sheet(struct sheet *sheet, const struct inputs *in, const char *folder,
                      struct error *error)
{
    int status = 0;
    *sheet = sheet_begin(in, error);
    for (size_t i = 0; i < in->claims.count && status == 0; i++) {
        sheet->claim = &in->claims.rows[i];
        if (!folder || strcmp(sheet->claim->folder, folder) == 0)
            status = fill_claim(sheet);
    }
    return status;
}

int claims_write(const struct inputs *in, const char *out, struct error *error)
{
    struct sheet sheet;
    int status = fill_sheet(&sheet, in, NULL, error);
    if (status == 0) {
        write_text(&sheet, out);
        table_write_files(out, "claims", &sheet.words, "tabular");
        table_write_files(out, "claims-numbers", &sheet.numbers, "longtable");
        table_write_values(out, "claims-numbers", &sheet.numbers);
        write_states(&sheet, out);
    }
    sheet_free(&sheet);
    const char *before = "-";
    for (size_t i = 0; i < in->claims.count && status == 0; i++) {
        const char *folder = in->claims.rows[i].folder;
        if (strcmp(folder, "-") != 0 && strcmp(folder, before) != 0) {
            status = fill_sheet(&sheet, in, folder, error);
            if (status == 0)
                write_companion(&sheet, folder, out);
            sheet_free(&sheet);
        }
        before = folder;
    }
    return status;
}
