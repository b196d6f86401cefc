#define _XOPEN_SOURCE 700
#include "cluster/status.h"

#include "base/file.h"
#include "cluster/slurm_queue.h"
#include "report/ledger.h"
#include "report/question.h"
#include "report/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int status_wanted_seeds(enum scale scale)
{
    switch (scale) {
    case SCALE_SMOKE:
        return STATUS_SMOKE_SEEDS;
    case SCALE_DESK:
        return STATUS_DESK_SEEDS;
    case SCALE_FULL:
        return STATUS_FULL_SEEDS;
    }
    BUG("a scale without seeds");
}

/* The first and the last wanted seed of an experiment. */
struct seed_range {
    long first, last;
};

static struct seed_range seeds_of(const struct experiment *experiment)
{
    const int count = experiment->seeds < 0 ? 0
                      : experiment->seeds   ? experiment->seeds
                                            : status_wanted_seeds(experiment->scale);
    return (struct seed_range){experiment->first_seed, experiment->first_seed + count - 1L};
}

void status_seeds(const struct experiment *experiment, long *first, long *last)
{
    const struct seed_range seeds = seeds_of(experiment);
    *first = seeds.first;
    *last = seeds.last;
}

static int is_wanted(struct seed_range seeds, long seed)
{
    return seed >= seeds.first && seed <= seeds.last;
}

/* ---- Sources ------------------------------------------------------------------------------ */

struct sources {
    const char *results;
    struct ledger ledger;
    struct experiment_files experiments;
    char **parts; /* paths of unfinished logs */
    size_t part_count;
    struct slurm_queue queue;
};

static void free_sources(struct sources *sources)
{
    ledger_free(&sources->ledger);
    ledger_free_experiments(&sources->experiments);
    for (size_t i = 0; i < sources->part_count; i++)
        free(sources->parts[i]);
    free(sources->parts);
    slurm_queue_free(&sources->queue);
}

static int read_sources(const struct status_options *options, struct sources *sources,
                        struct error *error)
{
    *sources = (struct sources){.results = options->project.results};
    if ((options->queue && slurm_queue_read(options->queue, &sources->queue, error) != 0) ||
        ledger_read(options->project.results, options->project.published, &sources->ledger,
                    error) != 0 ||
        ledger_read_experiments(options->project.experiments, &sources->experiments, error) != 0) {
        free_sources(sources);
        return -1;
    }
    sources->parts = ledger_files(options->project.results, options->project.published, ".tsv.part",
                                  &sources->part_count);
    return 0;
}

/* ---- States ------------------------------------------------------------------------------- */

enum state { PRESENT, STALE, RUNNING, QUEUED, MISSING };

static int is_current(const struct experiment *experiment, const struct log *log)
{
    return strcmp(config_digest(experiment).hex, log->experiment_digest.hex) == 0;
}

static enum state state_of(const struct sources *sources, const struct experiment_file *file,
                           long seed)
{
    const struct experiment *experiment = &file->experiment;
    const struct slurm_queue_run *queued = slurm_queue_find(&sources->queue, file->path, seed);
    enum state state = MISSING;
    char *path = log_path(sources->results, experiment->arm, seed);
    char *part = memory_text("%s.part", path);
    for (size_t i = 0; i < sources->part_count; i++)
        if (strcmp(sources->parts[i], part) == 0)
            state = RUNNING;
    if (queued)
        state = queued->waits ? QUEUED : RUNNING;
    for (size_t i = 0; i < sources->ledger.count; i++) {
        const struct log *log = &sources->ledger.logs[i];
        if (strcmp(log->path, path) == 0)
            state = is_current(experiment, log) ? PRESENT : STALE;
    }
    free(part);
    free(path);
    return state;
}

/* Whether a run is not done, not in Slurm, and not locked by a process here. */
static int is_to_do(const struct sources *sources, const struct experiment_file *file, long seed)
{
    const enum state state = state_of(sources, file, seed);
    if (state == PRESENT || state == STALE || slurm_queue_find(&sources->queue, file->path, seed))
        return 0;
    char *path = log_path(sources->results, file->experiment.arm, seed);
    const int locked = file_is_locked(path);
    free(path);
    return !locked;
}

/* The number N of FOLDER/ARM/seed-N.tsv.part, or -1 if that is not the path's form. */
static long part_seed(const char *path, const char *results, const char *arm)
{
    char *start = memory_text("%s/%s/seed-", results, arm);
    const size_t length = strlen(start);
    char *end = NULL;
    long seed = -1;
    if (strncmp(path, start, length) == 0) {
        seed = strtol(path + length, &end, 10);
        if (end == path + length || strcmp(end, ".tsv.part") != 0)
            seed = -1;
    }
    free(start);
    return seed;
}

/* ---- Arms --------------------------------------------------------------------------------- */

/* A row of the table; or several, added up. */
struct tally {
    int wanted, seeds[MISSING + 1]; /* seeds: the number in each state */
    double hours;                   /* of the missing runs */
    int unknown;                    /* missing runs whose hours are unknown */
};

static struct tally tally_of(const struct sources *sources, const struct experiment_file *file,
                             double hours)
{
    const struct experiment *experiment = &file->experiment;
    const struct seed_range seeds = seeds_of(experiment);
    struct tally tally = {.wanted = (int)(seeds.last - seeds.first) + 1};
    for (long seed = seeds.first; seed <= seeds.last; seed++)
        tally.seeds[state_of(sources, file, seed)]++;
    for (size_t i = 0; i < sources->ledger.count; i++) {
        const struct log *log = &sources->ledger.logs[i];
        if (strcmp(log->experiment.arm, experiment->arm) == 0 && !is_wanted(seeds, log->seed))
            tally.seeds[is_current(experiment, log) ? PRESENT : STALE]++;
    }
    for (size_t i = 0; i < sources->part_count; i++) {
        const long seed = part_seed(sources->parts[i], sources->results, experiment->arm);
        if (seed >= 0 && !is_wanted(seeds, seed) && state_of(sources, file, seed) == RUNNING)
            tally.seeds[RUNNING]++;
    }
    if (isfinite(hours))
        tally.hours = hours * tally.seeds[MISSING];
    else
        tally.unknown = tally.seeds[MISSING];
    return tally;
}

static void add_tally(struct tally *sum, const struct tally *tally)
{
    sum->wanted += tally->wanted;
    for (size_t i = 0; i < COUNT(sum->seeds); i++)
        sum->seeds[i] += tally->seeds[i];
    sum->hours += tally->hours;
    sum->unknown += tally->unknown;
}

/* Whether two experiments need the same time for an image. */
static int is_alike(const struct experiment *left, const struct experiment *right)
{
    char *a = ledger_network(left), *b = ledger_network(right);
    const int same = strcmp(a, b) == 0 && left->precision == right->precision;
    free(a);
    free(b);
    return same;
}

/* The predicted core-hours of one run; NAN without a prediction. */
static double core_hours(const struct sources *sources, const struct experiment *experiment,
                         struct speed desk)
{
    struct speed own = {0, 0}, alike = {0, 0};
    for (size_t i = 0; i < sources->ledger.count; i++) {
        const struct log *log = &sources->ledger.logs[i];
        if (strcmp(log->experiment.arm, experiment->arm) == 0 && is_current(experiment, log))
            ledger_add_speed(&own, log);
        if (log->experiment.scale != SCALE_SMOKE && is_alike(&log->experiment, experiment))
            ledger_add_speed(&alike, log);
    }
    return ledger_core_hours(experiment, own.macs > 0 ? own : alike.macs > 0 ? alike : desk);
}

/* ---- The table ---------------------------------------------------------------------------- */

/* The states that have a column, in order; `queued` only if there is a queue. */
static const struct {
    enum state state;
    const char *name;
} shown[] = {{PRESENT, "present"},
             {RUNNING, "running"},
             {QUEUED, "queued"},
             {MISSING, "missing"},
             {STALE, "stale"}};

static int is_shown(size_t column, int with_queue)
{
    return shown[column].state != QUEUED || with_queue;
}

enum { COLUMNS = 6 + COUNT(shown) };

/* Into `columns`; their number. */
static size_t columns_of(int with_queue, struct table_column *columns)
{
    size_t count = 0;
    columns[count++] = (struct table_column){"arm", NULL, 'l', NULL, TABLE_TEXT, NULL};
    columns[count++] = (struct table_column){"scale", NULL, 'l', NULL, TABLE_TEXT, NULL};
    columns[count++] = (struct table_column){"wanted", NULL, 'r', NULL, TABLE_TEXT, NULL};
    columns[count++] = (struct table_column){"needed", NULL, 'r', NULL, TABLE_TEXT, NULL};
    for (size_t i = 0; i < COUNT(shown); i++)
        if (is_shown(i, with_queue))
            columns[count++] =
                (struct table_column){shown[i].name, NULL, 'r', NULL, TABLE_TEXT, NULL};
    columns[count++] = (struct table_column){"core-hours a run", NULL, 'r', NULL, TABLE_TEXT, NULL};
    columns[count++] =
        (struct table_column){"core-hours missing", NULL, 'r', NULL, TABLE_TEXT, NULL};
    return count;
}

static char *hours_text(double hours)
{
    return isfinite(hours) ? memory_text("%.*f", hours < 10 ? 2 : 0, hours) : memory_text("-");
}

/* The number of seeds that an arm's comparisons need (question.h); none without a comparison. */
static char *needed_text(size_t needed, int wanted)
{
    return needed == 0               ? memory_text("-")
           : (size_t)wanted < needed ? memory_text("not testable: %zu", needed)
                                     : memory_text("%zu", needed);
}

/* `hours` are those of one run; NAN for a row of totals. */
static void add_row(struct table *table, int with_queue, const char *name, const char *scale,
                    size_t needed, double hours, const struct tally *tally)
{
    table_add(table, table_cell(memory_text("%s", name), NULL));
    table_add(table, table_cell(memory_text("%s", scale), NULL));
    table_add(table, table_cell(memory_text("%d", tally->wanted), NULL));
    table_add(table, table_cell(needed_text(needed, tally->wanted), NULL));
    for (size_t i = 0; i < COUNT(shown); i++)
        if (is_shown(i, with_queue))
            table_add(table, table_cell(memory_text("%d", tally->seeds[shown[i].state]), NULL));
    table_add(table, table_cell(hours_text(hours), NULL));
    table_add(table, table_cell(hours_text(tally->unknown ? NAN : tally->hours), NULL));
}

int status_write(const struct status_options *options, FILE *out, struct error *error)
{
    static const enum scale scales[] = {SCALE_SMOKE, SCALE_DESK, SCALE_FULL};
    struct sources sources;
    if (read_sources(options, &sources, error) != 0)
        return -1;
    const struct speed desk = ledger_desk_speed(&sources.ledger);
    struct tally sums[COUNT(scales)] = {0}, all = {0};
    const char *names[COUNT(scales)] = {NULL}; /* of the scales that have an arm */
    const int with_queue = options->queue != NULL;
    struct questions questions = questions_of_files(&sources.experiments);
    struct table_column columns[COLUMNS];
    struct table table;
    table_begin(&table, columns, columns_of(with_queue, columns));
    for (size_t s = 0; s < COUNT(scales); s++)
        for (size_t i = 0; i < sources.experiments.count; i++) {
            const struct experiment_file *file = &sources.experiments.file[i];
            const struct experiment *e = &file->experiment;
            if (e->scale != scales[s])
                continue;
            names[s] = config_scale_name(e);
            const double hours = core_hours(&sources, e, desk);
            const struct tally tally = tally_of(&sources, file, hours);
            add_row(&table, with_queue, e->arm, names[s],
                    questions_pairs_needed(&questions, e->arm), hours, &tally);
            add_tally(&sums[s], &tally);
        }
    for (size_t s = 0; s < COUNT(scales); s++) {
        if (names[s])
            add_row(&table, with_queue, "total", names[s], 0, NAN, &sums[s]);
        add_tally(&all, &sums[s]);
    }
    add_row(&table, with_queue, "total", "all", 0, NAN, &all);

    struct text text = {0};
    table_write_text(&table, &text);
    text_add(
        &text,
        "\n"
        "present, running, missing, stale: numbers of seeds. running: a log is in the "
        "making, or its run was stopped. stale: its log\n"
        "tells of another text than the experiment's file. Core-hours are predicted, "
        "for training: from the arm's own logs;\n"
        "else from those of the same network and precision; else, by multiply-adds, "
        "from all desk logs; - without any.\n"
        "Logs made on a busy machine make them too high. needed: seeds from which on the arm's "
        "comparisons can be evidence, whatever\nthe errors are; not testable: fewer are "
        "wanted. `make power` says more.\n");
    if (with_queue)
        text_add(&text, "queued: waits in Slurm. running: there, or by hand.\n");
    fputs(text.bytes, out);
    free(text.bytes);
    table_free(&table);
    questions_free(&questions);
    free_sources(&sources);
    return 0;
}

/* Whether an experiment file is `part` or is below it; both paths may be written in any way. */
static int is_chosen(const char *part, const char *path)
{
    if (!part)
        return 1;
    char *wanted = realpath(part, NULL), *there = realpath(path, NULL);
    const int chosen =
        wanted && there && (strcmp(wanted, there) == 0 || ledger_is_below(there, wanted));
    free(wanted);
    free(there);
    return chosen;
}

int status_check_part(const struct status_options *options, int scale, struct error *error)
{
    struct experiment_files files;
    if (ledger_read_experiments(options->project.experiments, &files, error) != 0)
        return -1;
    int chosen = 0;
    for (size_t i = 0; i < files.count; i++)
        chosen |= (scale < 0 || (int)files.file[i].experiment.scale == scale) &&
                  is_chosen(options->part, files.file[i].path);
    ledger_free_experiments(&files);
    return chosen ? 0
                  : error_set(
                        error,
                        "%s: no experiment%s; name a file or a folder below %s, and a scale that "
                        "it has",
                        options->part ? options->part : options->project.experiments,
                        scale < 0 ? "" : " of this scale", options->project.experiments);
}

static void take_scale(const struct status_options *options, const struct sources *sources,
                       int scale, void (*take)(void *to, const struct status_run *run), void *to)
{
    const struct speed desk = ledger_desk_speed(&sources->ledger);
    long rounds = 0;
    for (size_t i = 0; i < sources->experiments.count; i++) {
        const struct seed_range seeds = seeds_of(&sources->experiments.file[i].experiment);
        const long count = seeds.last - seeds.first + 1;
        rounds = count > rounds ? count : rounds;
    }
    for (long round = 0; round < rounds; round++)
        for (size_t i = 0; i < sources->experiments.count; i++) {
            const struct experiment_file *file = &sources->experiments.file[i];
            const struct seed_range seeds = seeds_of(&file->experiment);
            const long seed = seeds.first + round;
            if ((int)file->experiment.scale != scale || !is_wanted(seeds, seed) ||
                !is_chosen(options->part, file->path) || !is_to_do(sources, file, seed))
                continue;
            const struct status_run run = {file, seed,
                                           core_hours(sources, &file->experiment, desk)};
            take(to, &run);
        }
}

int status_to_do(const struct status_options *options, int scale,
                 void (*take)(void *to, const struct status_run *run), void *to,
                 struct error *error)
{
    struct sources sources;
    if (read_sources(options, &sources, error) != 0)
        return -1;
    for (int s = SCALE_SMOKE; s <= SCALE_FULL; s++)
        if (scale < 0 || scale == s)
            take_scale(options, &sources, s, take, to);
    free_sources(&sources);
    return 0;
}

int status_costs(const struct status_options *options,
                 void (*take)(void *to, const struct experiment_file *file, double core_hours),
                 void *to, struct error *error)
{
    struct sources sources;
    if (read_sources(options, &sources, error) != 0)
        return -1;
    const struct speed desk = ledger_desk_speed(&sources.ledger);
    for (size_t i = 0; i < sources.experiments.count; i++) {
        const struct experiment_file *file = &sources.experiments.file[i];
        take(to, file, core_hours(&sources, &file->experiment, desk));
    }
    free_sources(&sources);
    return 0;
}

static void print_run(void *to, const struct status_run *run)
{
    fprintf(to, "%s %ld\n", run->file->path, run->seed);
}

int status_missing(const struct status_options *options, enum scale scale, FILE *out,
                   struct error *error)
{
    if (status_check_part(options, (int)scale, error) != 0)
        return -1;
    return status_to_do(options, (int)scale, print_run, out, error);
}
