/* sources.h, the numbers of the paper's text (numbers.h) that are of no other table. */
#include "base/file.h"
#include "base/memory.h"
#include "tests/places.h"
#include "tests/sources.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- The thesis's cells -------------------------------------------------------------------- */

/* The first line below `line` that holds a cell; 0 after the last one. */
static long next_cell(const char *path, long line)
{
    for (long next = line + 1; next < line + 20; next++) {
        const double original = places_number(path, next, "original_error");
        if (original > 0)
            return next;
    }
    return 0;
}

/* Whether line `line` of the literature is the matched baseline of a cell. */
static int is_matched(const char *literature, long line, const char *path, long cell)
{
    static const char *const same[] = {"network", "depth"};
    char *role = places_field(literature, line, "role"),
         *set = places_field(literature, line, "set");
    int good = strstr(role, "matched") != NULL &&
               strcmp(set, strstr(path, "table-5-2") ? "CIFAR-10" : "CIFAR-100") == 0;
    free(set);
    free(role);
    for (int i = 0; i < 2; i++) {
        char *a = places_field(literature, line, same[i]), *b = places_field(path, cell, same[i]);
        good &= strcmp(a, b) == 0;
        free(b);
        free(a);
    }
    return good;
}

/* What the cells of both tables give, in order, each with its matched baseline behind it, where it
 * has one and `with_literature`. */
double sources_thesis(const struct sources_of *of, const struct source *source, size_t n,
                      const char *what)
{
    static const char *const tables[] = {"table-5-2", "table-5-3"};
    const int with_literature =
        strcmp(what, "cells") != 0 && strcmp(what, "largest-gain-original") != 0;
    const int matched_gain = strstr(what, "gain-matched") != NULL;
    char *literature = memory_text("%s/literature.tsv", of->published);
    double cells = 0, matched = 0, sum = 0, largest = 0;
    size_t at = 0;
    int good = 1;
    for (int t = 0; t < 2; t++) {
        char *path = memory_text("%s/%s.tsv", of->published, tables[t]);
        for (long line = next_cell(path, 0); line; line = next_cell(path, line)) {
            good &= at < n && strcmp(source[at].file, path) == 0 && source[at].line == line;
            at++;
            cells++;
            const double ours = places_number(path, line, "ours_error");
            double gain = places_number(path, line, "original_error") - ours;
            if (with_literature && at < n && strcmp(source[at].file, literature) == 0) {
                good &= is_matched(literature, source[at].line, path, line);
                if (matched_gain)
                    gain = places_number(literature, source[at].line, "error") - ours;
                at++;
                matched++;
                sum += gain;
                largest = fmax(largest, gain);
            } else if (!with_literature)
                largest = fmax(largest, gain);
        }
        free(path);
    }
    free(literature);
    return !good || at != n                     ? NAN
           : strcmp(what, "cells") == 0         ? cells
           : strcmp(what, "cells-matched") == 0 ? matched
           : strncmp(what, "mean-", 5) == 0     ? sum / matched
           : strncmp(what, "largest-", 8) == 0  ? largest
                                                : NAN;
}

/* ---- The epoch from which an arm leads ------------------------------------------------------ */

static long row_of(const char *path, long epoch)
{
    long line = 0;
    for (long e = 0; e < epoch; e++)
        line = places_next_row(path, line);
    return line;
}

/* The sources are, pair by pair, the rows of the shown epoch. */
double sources_leads(const struct sources_of *of, const struct source *source, size_t n,
                     const char *arm, const char *control)
{
    const long shown = atol(source->shown);
    long from = 0;
    for (size_t i = 0; i < n; i++) {
        char *folder = memory_text("%s/%s/seed-", of->results, i % 2 ? control : arm);
        const int good =
            strncmp(source[i].file, folder, strlen(folder)) == 0 &&
            strcmp(strrchr(source[i].file, '/'), strrchr(source[i - i % 2].file, '/')) == 0 &&
            source[i].line == row_of(source[i].file, shown);
        free(folder);
        if (!good)
            return NAN;
    }
    for (long epoch = 1; row_of(source->file, epoch); epoch++) {
        double sum = 0;
        for (size_t i = 0; i < n; i++)
            sum += (i % 2 ? -1 : 1) *
                   places_number(source[i].file, row_of(source[i].file, epoch), "test_error");
        if (sum >= 0)
            from = 0;
        else if (from == 0)
            from = epoch;
    }
    return from ? (double)from : NAN;
}
