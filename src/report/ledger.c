#include "report/ledger.h"

#include "base/file.h"
#include "base/statistics.h"
#include "network/model_size.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Logs --------------------------------------------------------------------------------- */

int ledger_is_below(const char *path, const char *folder)
{
    const size_t length = strlen(folder);
    return strncmp(path, folder, length) == 0 && path[length] == '/';
}

int ledger_is_log(const char *path)
{
    static const char log[] = ".tsv", borders[] = ".borders.tsv";
    const size_t length = strlen(path);
    return length >= strlen(log) && strcmp(path + length - strlen(log), log) == 0 &&
           (length < strlen(borders) || strcmp(path + length - strlen(borders), borders) != 0);
}

/* The files below `folder` whose names end in `suffix`, without those below two folders. */
static char **files_without(const char *folder, const char *suffix, const char *one,
                            const char *other, size_t *count)
{
    size_t all = 0;
    char **path = file_list(folder, suffix, &all);
    *count = 0;
    for (size_t i = 0; i < all; i++) {
        const int borders = strcmp(suffix, ".tsv") == 0 && !ledger_is_log(path[i]);
        if (borders || (one && ledger_is_below(path[i], one)) ||
            (other && ledger_is_below(path[i], other)))
            free(path[i]);
        else
            path[(*count)++] = path[i];
    }
    return path;
}

char **ledger_files(const char *results, const char *published, const char *suffix, size_t *count)
{
    char *benchmarks = memory_text("%s/benchmarks", results);
    char **path = files_without(results, suffix, published, benchmarks, count);
    free(benchmarks);
    return path;
}

int ledger_check_place(const struct log *log, const char *results, struct error *error)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789/._-";
    const char *arm = log->experiment.arm;
    if (arm[strspn(arm, allowed)] != '\0')
        return error_set(error, "%s: arm %s: expected a name of letters, digits and /._- only",
                         log->path, arm);
    char *place = log_path(results, arm, log->seed);
    const int wrong = strcmp(place, log->path) != 0;
    if (wrong)
        error_set(error, "%s: holds arm %s, seed %ld: expected it at %s; move it back", log->path,
                  arm, log->seed, place);
    free(place);
    return wrong ? -1 : 0;
}

int ledger_read(const char *results, const char *published, struct ledger *ledger,
                struct error *error)
{
    size_t count = 0;
    char **path = ledger_files(results, published, ".tsv", &count);
    *ledger = (struct ledger){.logs = memory_zeroed(count, sizeof *ledger->logs), .count = count};
    struct error *errors = memory_zeroed(count, sizeof *errors);
    int *status = memory_zeroed(count, sizeof *status);
    /* reading the digests and numbers of many logs takes seconds */
#pragma omp parallel for schedule(dynamic)
    for (size_t i = 0; i < count; i++) {
        status[i] = log_read(path[i], &ledger->logs[i], &errors[i]);
        if (status[i] == 0)
            status[i] = ledger_check_place(&ledger->logs[i], results, &errors[i]);
    }
    int failed = 0;
    for (size_t i = 0; i < count; i++) {
        if (status[i] != 0 && !failed++)
            error_set(error, "%s", errors[i].text);
        free(path[i]);
    }
    free(path);
    free(errors);
    free(status);
    if (failed)
        ledger_free(ledger);
    return failed ? -1 : 0;
}

void ledger_free(struct ledger *ledger)
{
    for (size_t i = 0; i < ledger->count; i++)
        log_free(&ledger->logs[i]);
    free(ledger->logs);
    *ledger = (struct ledger){0};
}

double ledger_last_error(const struct log *log)
{
    if (log->status != LOG_FINISHED || log->row_count == 0)
        return INFINITY;
    return log->rows[log->row_count - 1].test_error;
}

/* The smallest test error (%) of all epochs, an optimistic number; infinite if the run diverged. */
static double best_error(const struct log *log)
{
    double best = INFINITY;
    if (log->status == LOG_FINISHED)
        for (long i = 0; i < log->row_count; i++)
            best = fmin(best, log->rows[i].test_error);
    return best;
}

int ledger_last_line(const struct log *log)
{
    return log->status == LOG_FINISHED ? log->rows[log->row_count - 1].line : log->status_line;
}

int ledger_best_line(const struct log *log)
{
    const double best = best_error(log);
    for (long i = 0; i < log->row_count; i++)
        if (log->rows[i].test_error == best)
            return log->rows[i].line;
    return log->status_line;
}

/* ---- Arms --------------------------------------------------------------------------------- */

double ledger_logged_hours(const struct log *log)
{
    double seconds = 0;
    for (long r = 0; r < log->row_count; r++)
        seconds += log->rows[r].wall_seconds;
    return log->threads * seconds / 3600;
}

/* The mean rate of an arm, and its core-hours. */
static void take_clock(struct arm *arm)
{
    double rates = 0;
    long rows = 0;
    for (size_t i = 0; i < arm->count; i++) {
        const struct log *log = &arm->logs[i];
        arm->core_hours += ledger_logged_hours(log);
        for (long r = 0; r < log->row_count; r++)
            rates += log->rows[r].wall_images_per_s;
        rows += log->row_count;
    }
    arm->rate = rows ? rates / (double)rows : NAN;
}

void ledger_summarise(struct arm *arm)
{
    double *last = memory_zeroed(arm->count, sizeof *last);
    double *best = memory_zeroed(arm->count, sizeof *best);
    double *loss = memory_zeroed(arm->count, sizeof *loss);
    for (size_t i = 0; i < arm->count; i++) {
        const struct log *log = &arm->logs[i];
        last[i] = ledger_last_error(log);
        best[i] = best_error(log);
        loss[i] = isfinite(last[i]) ? log->rows[log->row_count - 1].train_loss : INFINITY;
        arm->diverged += log->status == LOG_DIVERGED ? 1 : 0;
    }
    arm->loss = statistics_mean(loss, arm->count);
    take_clock(arm);
    free(loss);
    arm->mean = statistics_mean(last, arm->count);
    arm->sd = statistics_sd(last, arm->count);
    arm->best = statistics_mean(best, arm->count);
    free(last);
    free(best);
    struct experiment base = *arm->experiment;
    base.k = 1;
    arm->base = config_digest(&base);
}

static int compare_arms(const void *left, const void *right)
{
    const struct arm *a = left, *b = right;
    const struct experiment *x = a->experiment, *y = b->experiment;
    const long by[][2] = {{x->family, y->family}, {x->block, y->block},   {x->depth, y->depth},
                          {x->width, y->width},   {x->growth, y->growth}, {x->epochs, y->epochs}};
    for (size_t i = 0; i < COUNT(by); i++)
        if (by[i][0] != by[i][1])
            return by[i][0] < by[i][1] ? -1 : 1;
    const int base = strcmp(a->base.hex, b->base.hex);
    if (base != 0)
        return base;
    if (x->k < y->k || x->k > y->k)
        return x->k < y->k ? -1 : 1;
    return strcmp(a->name, b->name);
}

struct arm ledger_runs_of(const struct ledger *ledger, const char *arm)
{
    /* the logs are sorted by path, so those of an arm are neighbours */
    struct arm runs = {.name = arm, .logs = ledger->logs};
    const struct log *end = ledger->logs + ledger->count;
    while (runs.logs < end && strcmp(runs.logs->experiment.arm, arm) != 0)
        runs.logs++;
    while (runs.logs + runs.count < end && strcmp(runs.logs[runs.count].experiment.arm, arm) == 0)
        runs.count++;
    return runs;
}

const struct log *ledger_log_of(const struct arm *arm, long seed)
{
    for (size_t i = 0; i < arm->count; i++)
        if (arm->logs[i].seed == seed)
            return &arm->logs[i];
    return NULL;
}

int ledger_arms(const struct ledger *ledger, const char *folder, enum scale scale,
                enum image_set set, struct arms *arms, struct error *error)
{
    *arms = (struct arms){.arm = memory_zeroed(ledger->count, sizeof *arms->arm)};
    for (size_t i = 0; i < ledger->count; i++) {
        const struct log *log = &ledger->logs[i];
        if (log->experiment.scale != scale || log->experiment.set != set ||
            (folder && !ledger_is_below(log->experiment.arm, folder)))
            continue;
        /* the logs are sorted by path, so those of an arm are neighbours */
        struct arm *arm = arms->count ? &arms->arm[arms->count - 1] : NULL;
        if (!arm || strcmp(arm->name, log->experiment.arm) != 0) {
            arm = &arms->arm[arms->count++];
            *arm = (struct arm){
                .name = log->experiment.arm, .experiment = &log->experiment, .logs = log};
        } else if (strcmp(arm->logs[0].experiment_digest.hex, log->experiment_digest.hex) != 0) {
            error_set(error, "%s: expected the same experiment as in %s; one arm has one",
                      log->path, arm->logs[0].path);
            free(arms->arm);
            *arms = (struct arms){0};
            return -1;
        }
        arm->count++;
    }
    for (size_t i = 0; i < arms->count; i++)
        ledger_summarise(&arms->arm[i]);
    qsort(arms->arm, arms->count, sizeof *arms->arm, compare_arms);
    return 0;
}

const struct arm *ledger_find_arm(const struct arms *arms, const char *name)
{
    for (size_t i = 0; i < arms->count; i++)
        if (strcmp(arms->arm[i].name, name) == 0)
            return &arms->arm[i];
    return NULL;
}

const char *ledger_short_name(const char *arm)
{
    const char *slash = strrchr(arm, '/');
    return slash ? slash + 1 : arm;
}

/* ---- Experiments -------------------------------------------------------------------------- */

int ledger_read_experiments(const char *folder, struct experiment_files *files, struct error *error)
{
    size_t count = 0;
    char *families = memory_text("%s/families", folder);
    char **path = files_without(folder, ".ini", families, NULL, &count);
    free(families);
    *files = (struct experiment_files){.file = memory_zeroed(count, sizeof *files->file)};
    int status = 0;
    for (size_t i = 0; i < count; i++) {
        struct experiment_file *file = &files->file[files->count];
        if (status == 0 &&
            (status = config_load(path[i], NULL, 0, &file->experiment, error)) == 0) {
            file->path = path[i];
            files->count++;
        } else {
            free(path[i]);
        }
    }
    free(path);
    if (status != 0)
        ledger_free_experiments(files);
    return status;
}

void ledger_free_experiments(struct experiment_files *files)
{
    for (size_t i = 0; i < files->count; i++)
        free(files->file[i].path);
    free(files->file);
    *files = (struct experiment_files){0};
}

const struct experiment_file *ledger_find_experiment(const struct experiment_files *files,
                                                     const char *arm)
{
    for (size_t i = 0; i < files->count; i++)
        if (strcmp(files->file[i].experiment.arm, arm) == 0)
            return &files->file[i];
    return NULL;
}

char *ledger_value(const struct experiment *experiment, const char *key)
{
    char *text = config_text(experiment);
    char *start = memory_text("%s = ", key);
    char *value = NULL;
    for (char *line = strtok(text, "\n"); line && !value; line = strtok(NULL, "\n"))
        if (strncmp(line, start, strlen(start)) == 0)
            value = memory_text("%s", line + strlen(start));
    free(start);
    free(text);
    if (!value)
        BUG("a key that config.c does not know");
    return value;
}

static int is_of(const char *line, const char *keys)
{
    for (size_t length; *keys; keys += length + strspn(keys + length, " ")) {
        length = strcspn(keys, " ");
        if (strncmp(line, keys, length) == 0 && (keys[length - 1] == '.' || line[length] == ' '))
            return 1;
    }
    return 0;
}

/* The canonical text without the lines of these keys; free() it. */
static char *text_but(const struct experiment *experiment, const char *keys)
{
    char *all = config_text(experiment);
    struct text text = {0};
    for (char *line = strtok(all, "\n"); line; line = strtok(NULL, "\n"))
        if (!is_of(line, keys))
            text_add(&text, "%s\n", line);
    free(all);
    return text.bytes;
}

int ledger_same_but(const struct experiment *left, const struct experiment *right, const char *keys)
{
    char *one = text_but(left, keys), *other = text_but(right, keys);
    const int same = strcmp(one, other) == 0;
    free(one);
    free(other);
    return same;
}

static char *family_name(const struct experiment *experiment)
{
    switch (experiment->family) {
    case FAMILY_PREACT:
        return memory_text("preact-%d%s", experiment->depth,
                           experiment->block == RESIDUAL_BOTTLENECK ? "-bottleneck" : "");
    case FAMILY_WIDE_RESNET:
        return memory_text("wrn-%d-%d", experiment->depth, experiment->width);
    case FAMILY_DENSENET_BC:
        return memory_text("densenet-bc-%d-%d", experiment->depth, experiment->growth);
    }
    BUG("a family without a name");
}

const char *ledger_base(const struct experiment *experiment)
{
    return experiment->cycle ? LEDGER_RESTARTS : decays[experiment->decay].name;
}

char *ledger_network(const struct experiment *experiment)
{
    static const char *const weights[] = {NULL, "expansion", "bank", "search"};
    char *family = family_name(experiment);
    struct text name = {0};
    text_add(&name, "%s", family);
    if (experiment->channels != 16)
        text_add(&name, "-c%d", experiment->channels);
    if (experiment->weights != WEIGHTS_FREE)
        text_add(&name, "-%s-%c%d", weights[experiment->weights], experiment->budget ? 'n' : 'u',
                 experiment->budget ? experiment->budget : experiment->rows);
    if (experiment->padding != PADDING_ZERO) {
        char *padding = ledger_value(experiment, "network.padding");
        text_add(&name, "-pad-%s", padding);
        free(padding);
    }
    if (experiment->padding_depth > 1)
        text_add(&name, "-d%d", experiment->padding_depth);
    free(family);
    return name.bytes;
}

/* ---- Cost --------------------------------------------------------------------------------- */

void ledger_add_speed(struct speed *speed, const struct log *log)
{
    for (long r = 0; r < log->row_count; r++) {
        const double rate = log->rows[r].wall_images_per_s;
        if (!(rate > 0))
            continue;
        speed->macs += (double)log->macs;
        speed->core_seconds += (double)log->threads / rate;
    }
}

struct speed ledger_desk_speed(const struct ledger *ledger)
{
    struct speed speed = {0, 0};
    for (size_t i = 0; i < ledger->count; i++)
        if (ledger->logs[i].experiment.scale == SCALE_DESK)
            ledger_add_speed(&speed, &ledger->logs[i]);
    return speed;
}

double ledger_core_hours(const struct experiment *experiment, struct speed speed)
{
    struct model_size size;
    if (!(speed.macs > 0) || model_size(experiment, &size, NULL) != 0)
        return NAN;
    const double images = (double)config_train_count(experiment) * experiment->epochs;
    return (double)size.macs * images * speed.core_seconds / speed.macs / 3600;
}
