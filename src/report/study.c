#define _GNU_SOURCE /* strverscmp */
#include "report/study.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Rows --------------------------------------------------------------------------------- */

static const struct arm nobody = {
    .name = "", .mean = NAN, .sd = NAN, .best = NAN, .loss = NAN, .rate = NAN};

static const char *name_of(const struct study_row *row)
{
    return row->experiment->arm;
}

/* The length of the group in an arm's name: up to the last slash, which is included. */
static size_t group_length(const struct study_row *row)
{
    return (size_t)(strrchr(name_of(row), '/') - name_of(row)) + 1;
}

const char *study_short_name(const struct study_row *row)
{
    return ledger_short_name(name_of(row));
}

static int compare_groups(const struct study_row *a, const struct study_row *b)
{
    const size_t x = group_length(a), y = group_length(b);
    const int order = strncmp(name_of(a), name_of(b), x < y ? x : y);
    return a->first != b->first ? b->first - a->first : order ? order : (x > y) - (x < y);
}

static int compare_rows(const void *left, const void *right)
{
    const struct study_row *a = left, *b = right;
    const int group = compare_groups(a, b), control_first = b->control - a->control;
    return group           ? group
           : control_first ? control_first
                           : strverscmp(study_short_name(a), study_short_name(b));
}

size_t study_group(const struct study *study, size_t at)
{
    size_t end = at;
    while (end < study->count && compare_groups(&study->row[end], &study->row[at]) == 0)
        end++;
    return end - at;
}

static const struct arm *arm_of(const struct study *study, const char *name)
{
    const struct arm *arm = NULL;
    for (size_t s = 0; s < COUNT(study->arms) && !arm; s++)
        arm = ledger_find_arm(&study->arms[s], name);
    return arm;
}

static void add_row(struct study *study, const struct experiment *experiment, const struct arm *arm,
                    const char *path)
{
    struct study_row row = {.experiment = experiment, .arm = arm, .path = path};
    for (int i = 0; i < STUDY_CONTROLS; i++)
        row.comparison[i] = comparison_none;
    study->row[study->count++] = row;
}

static void add_rows(struct study *study, const struct experiment_files *files)
{
    const struct arms *arms = study->arms;
    study->row = memory_zeroed(arms[0].count + arms[1].count + files->count, sizeof *study->row);
    for (size_t s = 0; s < COUNT(study->arms); s++)
        for (size_t i = 0; i < arms[s].count; i++)
            add_row(study, arms[s].arm[i].experiment, &arms[s].arm[i], NULL);
    for (size_t i = 0; i < files->count; i++) {
        const struct experiment *e = &files->file[i].experiment;
        if (ledger_is_below(e->arm, study->folder) && !arm_of(study, e->arm))
            add_row(study, e, &nobody, files->file[i].path);
    }
}

/* Check that every group starts with a control, and that every arm is of the desk scale. */
static int check(const struct study *study, const char *control, struct error *error)
{
    for (size_t i = 0; i < study->count; i++) {
        const struct study_row *row = &study->row[i];
        if (row->experiment->scale != SCALE_DESK)
            return error_set(error, "%s: expected scale desk", name_of(row));
        if ((i == 0 || compare_groups(row, row - 1) != 0) && !row->control)
            return error_set(error, "%s: expected a %s.ini beside it, with which it is compared",
                             name_of(row), control);
    }
    return 0;
}

int study_collect(struct study *study, const struct ledger *ledger,
                  const struct experiment_files *files, const char *folder, const char *control,
                  const char *first, struct error *error)
{
    *study = (struct study){.folder = folder};
    if (ledger_arms(ledger, folder, SCALE_DESK, SET_CIFAR10, &study->arms[0], error) != 0)
        return -1;
    if (ledger_arms(ledger, folder, SCALE_DESK, SET_CIFAR100, &study->arms[1], error) != 0) {
        free(study->arms[0].arm);
        return -1;
    }
    add_rows(study, files);
    for (size_t i = 0; i < study->count; i++) {
        struct study_row *row = &study->row[i];
        row->first = first && ledger_is_below(name_of(row), first);
        row->control = strcmp(study_short_name(row), control) == 0;
    }
    qsort(study->row, study->count, sizeof *study->row, compare_rows);
    const int status = check(study, control, error);
    if (status != 0)
        study_free(study);
    return status;
}

void study_free(struct study *study)
{
    for (size_t s = 0; s < COUNT(study->arms); s++)
        free(study->arms[s].arm);
    free(study->row);
    *study = (struct study){0};
}

void study_compare(struct study_row *row, int which, const struct study_row *control)
{
    row->against[which] = control;
    row->comparison[which] = comparison_of(row->arm, control->arm);
}

struct study_row *study_row_of(struct study_row *group, const struct experiment *experiment)
{
    while (group->experiment != experiment)
        group++;
    return group;
}

const struct study_row *study_ask(struct study_row *group, size_t count,
                                  struct questions *questions)
{
    const struct experiment **experiments = memory_zeroed(count, sizeof *experiments);
    for (size_t i = 0; i < count; i++)
        experiments[i] = group[i].experiment;
    *questions = questions_of(experiments, count);
    free(experiments);
    const struct study_row *alone = NULL;
    for (size_t i = count; i > 1; i--) {
        const struct question_pair *pair;
        if (!questions_find(questions, name_of(&group[i - 1]), &pair))
            alone = &group[i - 1];
    }
    struct comparison *family = memory_zeroed(count, sizeof *family);
    for (size_t q = 0; q < questions->count && !alone; q++) {
        const struct question *question = &questions->question[q];
        for (size_t i = 0; i < question->count; i++) {
            struct study_row *row = study_row_of(group, question->pair[i].arm);
            study_compare(row, 0, study_row_of(group, question->pair[i].control));
            row->comparison[0].is_null = question->is_null;
            family[i] = row->comparison[0];
        }
        if (!question->is_null)
            comparison_holm(family, sizeof *family, question->count, 0);
        for (size_t i = 0; i < question->count; i++)
            study_row_of(group, question->pair[i].arm)->comparison[0] = family[i];
    }
    free(family);
    return alone;
}

/* ---- Columns ------------------------------------------------------------------------------ */

struct study_line study_line_of(const struct study *study, const struct study_row *row,
                                const struct study_row *control, int which)
{
    return (struct study_line){.cells = {row->arm, &row->comparison[which]},
                               .study = study,
                               .row = row,
                               .control = control,
                               .against = "-"};
}

/* The arm's name, or the command that fills its row. */
static char *name_or_command(const struct study_row *row)
{
    return row->path  ? memory_text("make run EXP=%s SEED=1", row->path)
           : row->arm ? memory_text("%s", row->arm->name)
                      : memory_text("-");
}

struct table_cell study_cell_group(const void *line)
{
    const struct study_line *at = line;
    const size_t start = strlen(at->study->folder) + 1, end = group_length(at->row);
    return table_cell(memory_copy(name_of(at->row) + start, end > start ? end - 1 - start : 0),
                      NULL);
}

TABLE_CELL(study_cell_scale, struct study_line, table_text(config_scale_name(at->row->experiment)));
TABLE_CELL(study_cell_epochs, struct study_line, table_integer(at->row->experiment->epochs));
static TABLE_CELL(cell_n_once, struct study_line, at->again ? table_blank() : cells_n(row));
static TABLE_CELL(cell_mean_once, struct study_line,
                  at->again ? table_blank() : cells_mean_and_sd(row));
static TABLE_CELL(cell_against, struct study_line, table_text(at->against));
static TABLE_CELL(cell_arm_or_command, struct study_line,
                  table_cell(name_or_command(at->row), NULL));

/* In text and LaTeX, a heading over each group shows what its rows share. */
void study_add_columns(struct table *table)
{
    static const struct table_column columns[] = {
        {"n", NULL, 'r', NULL, TABLE_CSV, cells_n},
        {"n", "$n$", 'r', NULL, TABLE_NARROW, cell_n_once},
        {"last epoch (%)", NULL, 'r', NULL, TABLE_CSV, cells_mean},
        {"last epoch (%)", "Last ep.\\ (\\%)", 'r', NULL, TABLE_NARROW, cell_mean_once},
        {"sample sd", NULL, 'r', NULL, TABLE_CSV, cells_sd},
        {"against", "Against", 'l', NULL, TABLE_ALL, cell_against},
        {"pairs", "Pairs", 'r', NULL, TABLE_ALL, cells_pairs},
        {"difference", "$\\Delta$", 'r', NULL, TABLE_ALL, cells_difference},
    };
    static const struct table_column last[] = {
        {"verdict", "Verdict", 'l', NULL, TABLE_ALL, cells_verdict},
        {"arm, or what fills the row", NULL, 'l', NULL, TABLE_CSV, cell_arm_or_command},
    };
    table_add_columns(table, columns, COUNT(columns));
    cells_add_test_columns(table);
    table_add_columns(table, last, COUNT(last));
}

/* ---- Words -------------------------------------------------------------------------------- */

/* The word, if all rows of the group have it; else "". */
static const char *shared_word(const struct study_row *row, size_t count,
                               const char *(*word_of)(const struct experiment *experiment))
{
    const char *word = word_of(row->experiment);
    for (size_t i = 1; i < count; i++)
        if (strcmp(word_of(row[i].experiment), word) != 0)
            return "";
    return word;
}

char *study_heading(const struct study_row *row, size_t count)
{
    const struct experiment *e = row->experiment;
    const char *words[] = {shared_word(row, count, ledger_base),
                           shared_word(row, count, config_precision_name)};
    struct text heading = {0};
    char *network = ledger_network(e);
    text_add(&heading, "%s, %s", config_set_name(e), network);
    for (size_t i = 0; i < COUNT(words); i++)
        text_add(&heading, "%s%s", *words[i] ? ", " : "", words[i]);
    text_add(&heading, "%s, %d epochs (scale: %s)",
             e->crop_padding == CROP_REFLECT ? ", mirrored crops" : "", e->epochs,
             config_scale_name(e));
    free(network);
    return heading.bytes;
}

void study_add_notes(const struct study *study, struct text *text)
{
    text_add(
        text,
        "verdict: not testable with fewer pairs than Holm p < 0.05 needs, whatever the errors are; "
        "better or worse if Holm p < 0.05 and\nthe interval excludes 0; else no evidence.\n"
        "Each number is rounded once, half away from zero, from its exact value: a difference may "
        "differ by one in the last\ndigit from that of the means beside it.\n"
        "-: does not exist (no run yet, the control itself, fewer than 2 runs or pairs, more than "
        "20 pairs, or a diverged run).\n");
    int missing = 0;
    for (size_t i = 0; i < study->count; i++) {
        if (!study->row[i].path)
            continue;
        char *command = name_or_command(&study->row[i]);
        text_add(text, "%s  %s\n",
                 missing++ ? ""
                           : "\nArms without a run, and the command that fills each; `make "
                             "run-desk` trains all that is missing:\n",
                 command);
        free(command);
    }
}
