/* sources.h, numbers of speed, which come from measurements kept in results/benchmarks/. */
#include "base/memory.h"
#include "experiment/config.h"
#include "report/scaling.h"
#include "tests/expect.h"
#include "tests/places.h"
#include "tests/sources.h"

#include "tests/tests.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARM = 256, WHAT = 64, MOST_SAMPLES = 16 };

struct number {
    char arm[ARM], what[WHAT];
    int ranks;
    struct experiment experiment;
};

static int has(const char *path, long line, const char *column, int value)
{
    return (int)places_number(path, line, column) == value;
}

static int is_of(const struct number *number, const char *path, long line, int ranks)
{
    char *arm = places_field(path, line, "experiment");
    const int good = strcmp(arm, number->arm) == 0 && has(path, line, "ranks", ranks) &&
                     has(path, line, "threads", 1);
    free(arm);
    return good;
}

/* Whether the sources are the file's measurements of one rank with shards of so many images: all
 * of them, by the number of shards. */
static int samples_from(const struct number *number, const struct source *source, size_t n,
                        int images, struct scaling_sample *sample)
{
    const char *path = source->file;
    char *bytes = places_text(path);
    size_t lines = 0, there = 0;
    for (const char *at = bytes; *at; at++)
        lines += *at == '\n';
    free(bytes);
    for (long line = 1; line <= (long)lines; line++)
        there += is_of(number, path, line, 1) &&
                 places_number(path, line, "batch") == images * places_number(path, line, "shards");
    if (there != n || n > MOST_SAMPLES)
        return 0;
    for (size_t i = 0; i < n; i++) {
        const double shards = places_number(path, source[i].line, "shards");
        const double batch = places_number(path, source[i].line, "batch");
        if (!is_of(number, path, source[i].line, 1) || batch != images * shards ||
            (i > 0 && shards <= sample[i - 1].rounds))
            return 0;
        sample[i] = (struct scaling_sample){
            (int)shards, batch / places_number(path, source[i].line, "images_per_s")};
    }
    return 1;
}

/* Seconds of a step, by the model; NaN if these are not the sources of it. */
static double seconds_from(const struct number *number, const struct source *source, size_t n,
                           int shards, int ranks)
{
    const struct experiment *e = &number->experiment;
    struct scaling_sample sample[MOST_SAMPLES];
    if (!samples_from(number, source, n, e->batch / shards, sample))
        return NAN;
    struct architecture architecture;
    struct error error;
    expect_ok(architecture_build(&architecture, e, &error), &error);
    const int slow = strstr(number->what, "-10-gb-s") != NULL;
    const struct scaling_setting setting = {.traffic =
                                                scaling_traffic_of(&architecture, shards, e->batch),
                                            .link = {slow ? 30e-6 : 1.5e-6, slow ? 1.25e9 : 12.5e9},
                                            .samples = sample,
                                            .sample_count = n,
                                            .shards = shards,
                                            .threads = 1};
    architecture_free(&architecture);
    return scaling_step_of(&setting, ranks).total;
}

static double predicted(const struct number *number, const struct source *source, size_t n)
{
    const struct experiment *e = &number->experiment;
    const int shards = number->ranks > e->shards ? number->ranks : e->shards;
    if (strncmp(number->what, "predicted-", 10) == 0)
        return e->batch / seconds_from(number, source, n, shards, number->ranks);
    size_t first = 0; /* those of one rank stand behind */
    while (first < n &&
           places_number(source->file, source[first].line, "batch") ==
               e->batch / shards * places_number(source->file, source[first].line, "shards"))
        first++;
    const double all = seconds_from(number, source, first, shards, number->ranks);
    const double one = shards == e->shards
                           ? seconds_from(number, source, first, shards, 1)
                           : seconds_from(number, source + first, n - first, e->shards, 1);
    return 100 * one / (number->ranks * all);
}

double sources_ranks(const struct sources_of *of, const struct source *source, size_t n)
{
    struct number number;
    struct error error;
    if (sscanf(source->id, "ranks:%255[^:]:%d:%63s", number.arm, &number.ranks, number.what) != 3)
        return NAN;
    char *path = memory_text("%s/benchmarks/ranks.tsv", of->results);
    int good = 1;
    for (size_t i = 0; i < n; i++)
        good &= strcmp(path, source[i].file) == 0;
    free(path);
    path = memory_text("%s/%s.ini", of->experiments, number.arm);
    expect_ok(config_load(path, NULL, 0, &number.experiment, &error), &error);
    free(path);
    if (!good)
        return NAN;
    const int cores = strcmp(number.what, "cores") == 0;
    if (!cores && strcmp(number.what, "measured") != 0)
        return predicted(&number, source, n);
    const int right = n == 1 && is_of(&number, source->file, source->line, number.ranks) &&
                      has(source->file, source->line, "shards", number.experiment.shards) &&
                      has(source->file, source->line, "batch", number.experiment.batch);
    return right ? places_number(source->file, source->line, cores ? "cores" : "images_per_s")
                 : NAN;
}
