#include "report/question.h"

#include "base/memory.h"
#include "base/statistics.h"
#include "network/architecture.h"

#include <stdlib.h>
#include <string.h>

/* ---- Rules -------------------------------------------------------------------------------- */

static const char *weights_part(const struct experiment *e)
{
    return e->weights == WEIGHTS_BANK        ? "bank"
           : e->weights == WEIGHTS_EXPANSION ? "expansion"
                                             : "channels";
}

/* Arms of a folder that differ from the control only in some keys. */
static const struct rule {
    const char *folder;
    const char *control; /* its name; without a slash, the last part of it, in the arm's folder */
    const char *keys;
    const char *(*part)(const struct experiment *e); /* NULL: all are one question */
} rules[] = {
    {"weight-net", "ordinary-c16",
     "network.weights network.rows network.weights_seed network.channels", weights_part},
    {"pad-net", "zero", "network.padding network.padding_depth network.padding_reach", NULL},
    {"pad-effect", "zero", "network.padding network.padding_depth network.padding_reach", NULL},
    {"precision", "f32", "training.precision", NULL},
    {"schedules", "linear", "schedule.", NULL},
    {"schedules", "schedules/plain/linear", "schedule.", NULL},
    {"confirmation/controls", "confirmation/primary/k3.0", "schedule.", NULL},
};

int question_is_null_control(const struct experiment *e)
{
    struct architecture architecture;
    struct error error;
    if (e->weights == WEIGHTS_FREE || architecture_build(&architecture, e, &error) != 0)
        return 0;
    int is_null = 1;
    for (int l = 0; l < architecture.layer_count; l++) {
        const struct layer *layer = &architecture.layers[l];
        if (layer->rows)
            is_null =
                is_null && layer->rows >= 9 * architecture.activations[layer->output].channels;
    }
    architecture_free(&architecture);
    return is_null;
}

/* The length of "schedules/k2.0" in schedules/k2.0/knee. */
static size_t folder_length(const struct experiment *e)
{
    const char *slash = strrchr(e->arm, '/');
    return slash ? (size_t)(slash - e->arm) : 0;
}

static int same_folder(const struct experiment *a, const struct experiment *b)
{
    return folder_length(a) == folder_length(b) && strncmp(a->arm, b->arm, folder_length(a)) == 0;
}

/* ---- Building ----------------------------------------------------------------------------- */

struct builder {
    const struct experiment *const *experiments;
    size_t count;
    struct questions questions;
};

/* Add a pair to the question FOLDER: PART (against CONTROL). */
static void add(struct builder *builder, const struct experiment *arm,
                const struct experiment *control, const char *part, int is_null)
{
    char *folder = memory_copy(arm->arm, folder_length(arm));
    char *name = *part ? memory_text("%s: %s", folder, part) : memory_text("%s", folder);
    struct questions *all = &builder->questions;
    struct question *question = NULL;
    for (size_t i = 0; i < all->count && !question; i++)
        if (strcmp(all->question[i].name, name) == 0)
            question = &all->question[i];
    if (!question) {
        all->question = memory_resize(all->question, all->count + 1, sizeof *all->question);
        question = &all->question[all->count++];
        *question = (struct question){.name = memory_text("%s", name), .is_null = is_null};
    }
    question->pair = memory_resize(question->pair, question->count + 1, sizeof *question->pair);
    question->pair[question->count++] = (struct question_pair){arm, control};
    free(name);
    free(folder);
}

/* The first experiment of the arm's folder, scale and image set that is `chosen` and differs from
 * the arm only in these keys. */
static const struct experiment *beside(const struct builder *builder, const struct experiment *arm,
                                       const char *keys,
                                       int (*chosen)(const struct experiment *other))
{
    for (size_t i = 0; i < builder->count; i++) {
        const struct experiment *other = builder->experiments[i];
        if (other != arm && same_folder(other, arm) && chosen(other) &&
            ledger_same_but(other, arm, keys))
            return other;
    }
    return NULL;
}

static int is_first_draw(const struct experiment *e)
{
    return e->weights_seed == 0;
}

static int has_k_1(const struct experiment *e)
{
    return !(e->k < 1) && !(e->k > 1);
}

static const struct experiment *control_of(const struct builder *builder, const struct rule *rule,
                                           const struct experiment *arm)
{
    char *folder = memory_copy(arm->arm, folder_length(arm));
    char *name = strchr(rule->control, '/') ? memory_text("%s", rule->control)
                                            : memory_text("%s/%s", folder, rule->control);
    const struct experiment *control = NULL;
    for (size_t i = 0; i < builder->count && !control; i++)
        if (strcmp(builder->experiments[i]->arm, name) == 0)
            control = builder->experiments[i];
    free(name);
    free(folder);
    return control && control != arm && ledger_same_but(control, arm, rule->keys) ? control : NULL;
}

static void ask_by_rule(struct builder *builder, const struct rule *rule,
                        const struct experiment *arm)
{
    const struct experiment *control = control_of(builder, rule, arm);
    if (!control)
        return;
    /* the control of an arm of plain/ is its own linear: compare it once */
    const int elsewhere = strchr(rule->control, '/') != NULL;
    if (elsewhere && strcmp(rule->folder, "schedules") == 0 && same_folder(arm, control))
        return;
    if (question_is_null_control(arm)) {
        add(builder, arm, control, "null controls", 1);
        return;
    }
    char *against = memory_text("against %s", control->arm);
    add(builder, arm, control, rule->part ? rule->part(arm) : elsewhere ? against : "", 0);
    free(against);
}

static void ask(struct builder *builder, const struct experiment *arm)
{
    const struct experiment *draw =
        is_first_draw(arm) ? NULL : beside(builder, arm, "network.weights_seed", is_first_draw);
    const struct experiment *k = has_k_1(arm) ? NULL : beside(builder, arm, "schedule.k", has_k_1);
    if (draw)
        add(builder, arm, draw, "draws", 0);
    else if (k)
        add(builder, arm, k, "k", 0);
    for (size_t i = 0; i < COUNT(rules) && !draw && !k; i++)
        if (ledger_is_below(arm->arm, rules[i].folder))
            ask_by_rule(builder, &rules[i], arm);
}

struct questions questions_of(const struct experiment *const *experiments, size_t count)
{
    struct builder builder = {.experiments = experiments, .count = count};
    for (size_t i = 0; i < count; i++)
        if (experiments[i]->scale != SCALE_SMOKE)
            ask(&builder, experiments[i]);
    return builder.questions;
}

struct questions questions_of_files(const struct experiment_files *files)
{
    const struct experiment **experiments = memory_zeroed(files->count, sizeof *experiments);
    for (size_t i = 0; i < files->count; i++)
        experiments[i] = &files->file[i].experiment;
    const struct questions questions = questions_of(experiments, files->count);
    free(experiments);
    return questions;
}

void questions_free(struct questions *questions)
{
    for (size_t i = 0; i < questions->count; i++) {
        free(questions->question[i].name);
        free(questions->question[i].pair);
    }
    free(questions->question);
    *questions = (struct questions){0};
}

/* ---- Asking ------------------------------------------------------------------------------- */

const struct question *questions_find(const struct questions *questions, const char *arm,
                                      const struct question_pair **pair)
{
    for (size_t i = 0; i < questions->count; i++)
        for (size_t j = 0; j < questions->question[i].count; j++)
            if (strcmp(questions->question[i].pair[j].arm->arm, arm) == 0) {
                *pair = &questions->question[i].pair[j];
                return &questions->question[i];
            }
    return NULL;
}

size_t questions_pairs_needed(const struct questions *questions, const char *arm)
{
    size_t needed = 0;
    for (size_t i = 0; i < questions->count; i++) {
        const struct question *question = &questions->question[i];
        const size_t pairs = statistics_pairs_needed(question->count);
        int has = 0;
        for (size_t j = 0; j < question->count && !question->is_null; j++)
            has |= strcmp(question->pair[j].arm->arm, arm) == 0 ||
                   strcmp(question->pair[j].control->arm, arm) == 0;
        needed = has && pairs > needed ? pairs : needed;
    }
    return needed;
}
