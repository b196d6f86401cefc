#include "status.h"

#include "file.h"
#include "ledger.h"
#include "table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

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

/* ---- Sources ------------------------------------------------------------------------------ */

struct sources {
    const char *results;
    struct ledger ledger;
    struct experiment_files experiments;
    char **parts; /* paths of logs in the making */
    size_t part_count;
};

static void free_sources(struct sources *sources)
{
    ledger_free(&sources->ledger);
    ledger_free_experiments(&sources->experiments);
    for (size_t i = 0; i < sources->part_count; i++)
        free(sources->parts[i]);
    free(sources->parts);
}

static int read_sources(const struct status_options *options, struct sources *sources,
                        struct error *error)
{
    *sources = (struct sources){.results = options->results};
    if (ledger_read(options->results, options->published, &sources->ledger, error) != 0 ||
        ledger_read_experiments(options->experiments, &sources->experiments, error) != 0) {
        free_sources(sources);
        return -1;
    }
    sources->parts =
        ledger_files(options->results, options->published, ".tsv.part", &sources->part_count);
    return 0;
}

/* ---- States ------------------------------------------------------------------------------- */

enum state { PRESENT, STALE, RUNNING, MISSING };

static int is_current(const struct experiment *experiment, const struct log *log)
{
    return strcmp(config_digest(experiment).hex, log->experiment_digest.hex) == 0;
}

static enum state state_of(const struct sources *sources, const struct experiment *experiment,
                           long seed)
{
    enum state state = MISSING;
    char *path = log_path(sources->results, experiment->arm, seed);
    char *part = memory_text("%s.part", path);
    for (size_t i = 0; i < sources->part_count; i++)
        if (strcmp(sources->parts[i], part) == 0)
            state = RUNNING;
    for (size_t i = 0; i < sources->ledger.count; i++) {
        const struct log *log = &sources->ledger.logs[i];
        if (strcmp(log->path, path) == 0)
            state = is_current(experiment, log) ? PRESENT : STALE;
    }
    free(part);
    free(path);
    return state;
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
    int wanted, seeds[MISSING + 1]; /* how many are in each state */
    double hours;                   /* of the missing runs */
    int unknown;                    /* missing runs whose hours are unknown */
};

static struct tally tally_of(const struct sources *sources, const struct experiment *experiment,
                             double hours)
{
    const int wanted = status_wanted_seeds((enum scale)experiment->scale);
    struct tally tally = {.wanted = wanted};
    for (long seed = 1; seed <= wanted; seed++)
        tally.seeds[state_of(sources, experiment, seed)]++;
    for (size_t i = 0; i < sources->ledger.count; i++) {
        const struct log *log = &sources->ledger.logs[i];
        if (strcmp(log->experiment.arm, experiment->arm) == 0 &&
            (log->seed < 1 || log->seed > wanted))
            tally.seeds[is_current(experiment, log) ? PRESENT : STALE]++;
    }
    for (size_t i = 0; i < sources->part_count; i++) {
        const long seed = part_seed(sources->parts[i], sources->results, experiment->arm);
        if ((seed == 0 || seed > wanted) && state_of(sources, experiment, seed) == RUNNING)
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

/* Of one run; NAN if nothing tells. */
static double core_hours(const struct sources *sources, const struct experiment *experiment,
                         struct speed desk)
{
    struct speed own = {0, 0};
    for (size_t i = 0; i < sources->ledger.count; i++) {
        const struct log *log = &sources->ledger.logs[i];
        if (strcmp(log->experiment.arm, experiment->arm) == 0 && is_current(experiment, log))
            ledger_add_speed(&own, log);
    }
    return ledger_core_hours(experiment, own.macs > 0 ? own : desk);
}

/* ---- The table ---------------------------------------------------------------------------- */

static const struct table_column columns[] = {
    {"arm", NULL, 'l', NULL},
    {"scale", NULL, 'l', NULL},
    {"wanted", NULL, 'r', NULL},
    {"present", NULL, 'r', NULL},
    {"running", NULL, 'r', NULL},
    {"missing", NULL, 'r', NULL},
    {"stale", NULL, 'r', NULL},
    {"core-hours a run", NULL, 'r', NULL},
    {"core-hours missing", NULL, 'r', NULL},
};

static char *hours_text(double hours)
{
    return isfinite(hours) ? memory_text("%.*f", hours < 10 ? 2 : 0, hours) : memory_text("-");
}

/* `hours` is a run's, NAN for a row of totals. */
static void add_row(struct table *table, const char *name, const char *scale, double hours,
                    const struct tally *tally)
{
    static const enum state shown[] = {PRESENT, RUNNING, MISSING, STALE};
    table_add(table, memory_text("%s", name), NULL);
    table_add(table, memory_text("%s", scale), NULL);
    table_add(table, memory_text("%d", tally->wanted), NULL);
    for (size_t i = 0; i < COUNT(shown); i++)
        table_add(table, memory_text("%d", tally->seeds[shown[i]]), NULL);
    table_add(table, hours_text(hours), NULL);
    table_add(table, hours_text(tally->unknown ? NAN : tally->hours), NULL);
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
    struct table table;
    table_begin(&table, columns, COUNT(columns));
    for (size_t s = 0; s < COUNT(scales); s++)
        for (size_t i = 0; i < sources.experiments.count; i++) {
            const struct experiment *e = &sources.experiments.file[i].experiment;
            if (e->scale != (int)scales[s])
                continue;
            names[s] = config_scale_name(e);
            const double hours = core_hours(&sources, e, desk);
            const struct tally tally = tally_of(&sources, e, hours);
            add_row(&table, e->arm, names[s], hours, &tally);
            add_tally(&sums[s], &tally);
        }
    for (size_t s = 0; s < COUNT(scales); s++) {
        if (names[s])
            add_row(&table, "total", names[s], NAN, &sums[s]);
        add_tally(&all, &sums[s]);
    }
    add_row(&table, "total", "all", NAN, &all);

    struct text text = {0};
    table_write_text(&table, &text);
    text_add(&text, "\n"
                    "present, running, missing, stale: numbers of seeds. running: a log is in the "
                    "making, or its run was stopped. stale: its log\n"
                    "tells of another text than the experiment's file. Core-hours are predicted: "
                    "for training, from the arm's own logs or\n"
                    "else, by multiply-adds, from all desk logs; - without any.\n");
    fputs(text.bytes, out);
    free(text.bytes);
    table_free(&table);
    free_sources(&sources);
    return 0;
}

int status_missing(const struct status_options *options, enum scale scale, FILE *out,
                   struct error *error)
{
    struct sources sources;
    if (read_sources(options, &sources, error) != 0)
        return -1;
    for (long seed = 1; seed <= status_wanted_seeds(scale); seed++)
        for (size_t i = 0; i < sources.experiments.count; i++) {
            const struct experiment_file *file = &sources.experiments.file[i];
            if (file->experiment.scale != (int)scale)
                continue;
            const enum state state = state_of(&sources, &file->experiment, seed);
            if (state == MISSING || state == RUNNING)
                fprintf(out, "%s %ld\n", file->path, seed);
        }
    free_sources(&sources);
    return 0;
}
