/* sources.h, the contenders of experiments/weight-search whose runs are chosen: by PROTOCOL.md, with the
 * worst left out one by one, where the program sorts. */
#include "base/file.h"
#include "base/memory.h"
#include "tests/places.h"
#include "tests/sources.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST = 7, LAST = 14, DRAWS = 8 };

int sources_is_gathered(const char *arm)
{
    return strncmp(arm, "weight-search/random-", 21) == 0 ||
           strcmp(arm, "weight-search/halving") == 0;
}

static char *draw_path(const struct sources_of *of, int epochs, int draw, int seed)
{
    return memory_text("%s/weight-search/draws/e%d/r%d/seed-%d.tsv", of->results, epochs, draw,
                       seed);
}

/* Leave out the worst of the draws that are in, of equal ones the last, until `keep` are. 0 where a
 * log is missing. */
static int leave_out(const struct sources_of *of, int epochs, int seed, int *is_in, int keep)
{
    double loss[1 + DRAWS];
    int left = 0;
    for (int draw = 1; draw <= DRAWS; draw++) {
        if (!is_in[draw])
            continue;
        char *path = draw_path(of, epochs, draw, seed);
        const int there = file_exists(path);
        loss[draw] = !there                  ? 0
                     : places_diverged(path) ? INFINITY
                                             : places_number(path, places_end(path), "train_loss");
        free(path);
        if (!there)
            return 0;
        left++;
    }
    for (; left > keep; left--) {
        int worst = 0;
        for (int draw = 1; draw <= DRAWS; draw++)
            if (is_in[draw] && (worst == 0 || loss[draw] >= loss[worst]))
                worst = draw;
        is_in[worst] = 0;
    }
    return 1;
}

static char *result_of(const struct sources_of *of, const char *arm, int seed)
{
    int is_in[1 + DRAWS] = {0}, tried = 0;
    const int halving = sscanf(arm, "weight-search/random-%d", &tried) != 1;
    for (int i = 0; i < (halving ? DRAWS : tried); i++)
        is_in[1 + (seed - FIRST + i) % DRAWS] = 1;
    if (halving && (!leave_out(of, 1, seed, is_in, 4) || !leave_out(of, 3, seed, is_in, 2)))
        return NULL;
    if (!leave_out(of, 10, seed, is_in, 1))
        return NULL;
    int draw = 1;
    while (!is_in[draw])
        draw++;
    return draw_path(of, 10, draw, seed);
}

char **sources_gathered(const struct sources_of *of, const char *arm, size_t *count)
{
    char **path = memory_zeroed(LAST - FIRST + 1, sizeof *path);
    *count = 0;
    static const int sorted[] = {10, 11, 12, 13, 14, 7, 8, 9}; /* by the names of logs */
    for (size_t i = 0; i < COUNT(sorted); i++) {
        path[*count] = result_of(of, arm, sorted[i]);
        *count += path[*count] != NULL;
    }
    return path;
}

double sources_spent(const struct source *source, size_t n)
{
    double seconds = 0;
    for (size_t i = 0; i < n; i++) {
        const char *file = source[i].file;
        const double threads = places_header_number(file, "threads");
        for (long line = places_next_row(file, 0); line; line = places_next_row(file, line))
            seconds += threads * places_number(file, line, "wall_seconds");
    }
    return seconds / 3600 / (LAST - FIRST + 1);
}
