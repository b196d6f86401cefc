#include "tests/sources.h"

#include "base/file.h"
#include "base/memory.h"
#include "experiment/config.h"
#include "network/model_size.h"
#include "report/ledger.h"
#include "tests/naive.h"
#include "tests/places.h"

#include "tests/tests.h"
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- The index ---------------------------------------------------------------------------- */

struct sources sources_read(const struct sources_of *of, const char *name)
{
    char *path = memory_text("%s/%s.sources.tsv", of->tables, name);
    struct sources sources = {.bytes = places_text(path)};
    free(path);
    static const char names[] = "id\tshown\trow\tcolumn\tfile\tline\n";
    assert_memory_equal(sources.bytes, names, sizeof names - 1);
    for (char *line = sources.bytes + sizeof names - 1; *line;) {
        char *field[6], *next = strchr(line, '\n');
        assert_non_null(next);
        *next = '\0';
        for (int i = 0; i < 6; i++) {
            field[i] = line;
            line = strchr(line, '\t');
            assert_true((line != NULL) == (i < 5));
            if (line)
                *line++ = '\0';
        }
        sources.source = memory_resize(sources.source, sources.count + 1, sizeof *sources.source);
        sources.source[sources.count++] = (struct source){.id = field[0],
                                                          .shown = field[1],
                                                          .row = atol(field[2]),
                                                          .column = field[3],
                                                          .file = field[4],
                                                          .line = atol(field[5])};
        line = next + 1;
    }
    return sources;
}

void sources_free(struct sources *sources)
{
    free(sources->bytes);
    free(sources->source);
}

size_t sources_cell(const struct sources *sources, size_t first)
{
    const struct source *source = sources->source;
    size_t end = first;
    while (end < sources->count && source[end].row == source[first].row &&
           strcmp(source[end].column, source[first].column) == 0)
        end++;
    return end - first;
}

/* ---- Numbers ------------------------------------------------------------------------------ */

char *sources_compare(const struct source *source, double value, double slack)
{
    char *end;
    const double shown = strtod(source->shown, &end);
    const char *point = strchr(source->shown, '.');
    const int decimals = point ? (int)(end - point) - 1 : 0;
    if (end != source->shown && fabs(shown - value) <= 0.5 * pow(10, -decimals) + 1e-9 + slack)
        return NULL;
    return memory_text("%s: shows %s, but its sources give %.6f", source->id, source->shown, value);
}

char *sources_wrong(const struct source *source, const char *what)
{
    return memory_text("%s: %s:%ld: %s", source->id, source->file, source->line, what);
}

/* ---- Ids of runs and arms ----------------------------------------------------------------- */

/* The part of an id between its n-th ':' and the next one; n = 0: the part before the first. */
char *sources_part(const char *id, int number)
{
    for (; number > 0 && *id; number--) {
        id += strcspn(id, ":");
        id += *id == ':';
    }
    return memory_text("%.*s", (int)strcspn(id, ":"), id);
}

/* Logs below a folder; measures of borders, which lie beside them, are none. */
static char **logs_below(const char *folder, size_t *count)
{
    size_t all;
    char **path = file_list(folder, ".tsv", &all);
    *count = 0;
    for (size_t i = 0; i < all; i++)
        if (strstr(path[i], ".borders.tsv"))
            free(path[i]);
        else
            path[(*count)++] = path[i];
    return path;
}

char **sources_logs(const struct sources_of *of, const char *arm, size_t *count)
{
    if (sources_is_gathered(arm))
        return sources_gathered(of, arm, count);
    char *folder = memory_text("%s/%s", of->results, arm);
    char **path = logs_below(folder, count);
    free(folder);
    return path;
}

/* The log of an arm whose path ends as the other one's; free() it. NULL: there is none. */
char *sources_log_beside(const struct sources_of *of, const char *arm, const char *other)
{
    size_t count;
    char **path = sources_logs(of, arm, &count), *found = NULL;
    for (size_t i = 0; i < count; i++)
        if (strcmp(strrchr(path[i], '/'), strrchr(other, '/')) == 0)
            found = path[i];
        else
            free(path[i]);
    free(path);
    return found;
}

void sources_free_logs(char **path, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(path[i]);
    free(path);
}

static char *run_problem(const struct sources_of *of, const struct source *source, const char *run,
                         const char *what)
{
    char *path = memory_text("%s/%s.tsv", of->results, run);
    const int other = strcmp(path, source->file) != 0;
    free(path);
    if (other || source->line != places_end(source->file))
        return sources_wrong(source, "is not the end of this run's log");
    if (strcmp(what, "last-error") == 0)
        return sources_compare(source, places_number(source->file, source->line, "test_error"), 0);
    if (strcmp(what, "minutes") == 0) {
        double sum = 0;
        for (long line = places_next_row(source->file, 0); line;
             line = places_next_row(source->file, line))
            sum += places_number(source->file, line, "wall_seconds");
        return sources_compare(source, sum / 60, 0);
    }
    char *status = places_header(source->file, "status", NULL);
    const int same = strcmp(what, "diverged-at") == 0 && strcmp(status, source->shown) == 0;
    free(status);
    return same ? NULL : sources_wrong(source, "does not say what is shown");
}

/* The line of the lowest test error, the first of equals. */
static long best_line(const char *path)
{
    long best = places_next_row(path, 0);
    for (long line = best; line; line = places_next_row(path, line))
        if (places_number(path, line, "test_error") < places_number(path, best, "test_error"))
            best = line;
    return best;
}

/* The clock's numbers of all rows of logs: mean images a second, or threads x hours. */
static double clock_of(char *const *path, size_t count, int hours)
{
    double sum = 0, rows = 0;
    for (size_t i = 0; i < count; i++) {
        for (long line = places_next_row(path[i], 0); line; line = places_next_row(path[i], line)) {
            rows++;
            sum += hours ? places_header_number(path[i], "threads") *
                               places_number(path[i], line, "wall_seconds") / 3600
                         : places_number(path[i], line, "wall_images_per_s");
        }
    }
    return hours ? sum : sum / rows;
}

static char *arm_problem(const struct sources_of *of, const struct source *source, size_t n,
                         const char *arm, const char *what)
{
    const int best = strcmp(what, "best-error") == 0, loss = strcmp(what, "train-loss") == 0;
    const int hours = strcmp(what, "logged-core-hours") == 0;
    if (strcmp(what, "spent-core-hours") == 0)
        return sources_compare(source, sources_spent(source, n), 0);
    double *errors = memory_zeroed(n, sizeof *errors);
    size_t count, diverged = 0;
    char **path = sources_logs(of, arm, &count), *problem = NULL;
    if (count != n)
        problem = sources_wrong(source, "has not one source a log of its arm");
    for (size_t i = 0; i < n && !problem; i++) {
        if (strcmp(path[i], source[i].file) != 0)
            problem = sources_wrong(&source[i], "is not the next log of its arm");
        else if (source[i].line != (best ? best_line(path[i]) : places_end(path[i])))
            problem = sources_wrong(&source[i], "is not the line of its number");
        errors[i] =
            places_number(source[i].file, source[i].line, loss ? "train_loss" : "test_error");
        diverged += places_diverged(source[i].file) ? 1 : 0;
    }
    const double clock = clock_of(path, count, hours);
    sources_free_logs(path, count);
    if (!problem && (hours || strcmp(what, "images-per-s") == 0)) {
        problem = sources_compare(source, clock, 0);
    } else if (!problem && strcmp(what, "n") == 0) {
        problem = sources_compare(source, (double)n, 0);
    } else if (!problem && diverged) {
        char *note = memory_text("diverged: %zu of %zu", diverged, n);
        if (strcmp(note, source->shown) != 0)
            problem = sources_wrong(source, "hides a diverged run");
        free(note);
    } else if (!problem) {
        problem = sources_compare(
            source, strcmp(what, "sd") == 0 ? naive_sd(errors, n) : naive_mean(errors, n), 0);
    }
    free(errors);
    return problem;
}

/* ---- Core-hours --------------------------------------------------------------------------- */

static char *core_hours_problem(const struct sources_of *of, const struct source *source, size_t n,
                                const char *arm)
{
    size_t count, used = 0;
    char **path = logs_below(of->results, &count), *problem = NULL;
    double macs = 0, core_seconds = 0;
    for (size_t i = 0; i < count && !problem; i++) {
        const long first = places_next_row(path[i], 0);
        char *scale = places_header(path[i], "experiment", NULL);
        if (strcmp(scale, "run.scale = desk") == 0 && first) {
            if (used >= n || strcmp(source[used].file, path[i]) != 0 ||
                source[used].line != places_end(path[i]))
                problem = sources_wrong(source, "has not one source for each desk log");
            used++;
            for (long line = first; line; line = places_next_row(path[i], line)) {
                macs += places_header_number(path[i], "macs");
                core_seconds += places_header_number(path[i], "threads") /
                                places_number(path[i], line, "wall_images_per_s");
            }
        }
        free(scale);
    }
    sources_free_logs(path, count);
    if (problem || used != n)
        return problem ? problem : sources_wrong(source, "has sources that are no desk logs");
    char *file = memory_text("%s/%s.ini", of->experiments, arm);
    struct experiment experiment;
    struct error error;
    struct model_size size;
    if (config_load(file, NULL, 0, &experiment, &error) != 0 ||
        model_size(&experiment, &size, &error) != 0)
        fail_msg("%s", error.text);
    free(file);
    return sources_compare(
        source, (double)size.macs * 50000 * experiment.epochs * core_seconds / macs / 3600, 0);
}

/* ---- Published numbers -------------------------------------------------------------------- */

/* Letters and digits, the rest as single dashes, of fields of a line: "wide-resnet-28-10". */
static char *slug_of(const char *path, long line, const char *const *columns, size_t count)
{
    char out[256] = "";
    size_t length = 0;
    for (size_t i = 0; i < count; i++) {
        char *field = places_field(path, line, columns[i]);
        if (strcmp(columns[i], "source") == 0)
            field[strcspn(field, ",")] = '\0';
        for (const char *at = field; *at && length < sizeof out - 2; at++) {
            if (isalnum((unsigned char)*at))
                out[length++] = (char)tolower((unsigned char)*at);
            else if (length && out[length - 1] != '-')
                out[length++] = '-';
        }
        while (length && out[length - 1] == '-')
            length--;
        out[length++] = '-';
        free(field);
    }
    out[length ? length - 1 : 0] = '\0';
    return memory_text("%s", out);
}

/* Whether a source is a line of TABLE.tsv that has, in these columns, the id's words. */
static char *place_problem(const struct sources_of *of, const struct source *source,
                           const char *table, const char *words, const char *const *columns,
                           size_t count)
{
    char *path = memory_text("%s/%s.tsv", of->published, table);
    char *slug = slug_of(source->file, source->line, columns, count),
         *expected = memory_text("%s", words);
    for (char *at = expected; *at; at++)
        *at = *at == ':' ? '-' : *at;
    const int good = strcmp(path, source->file) == 0 && strcmp(slug, expected) == 0;
    free(expected);
    free(slug);
    free(path);
    return good ? NULL : sources_wrong(source, "is not the line of this id");
}

static char *literature_problem(const struct sources_of *of, const struct source *source,
                                const char *words)
{
    static const char *const columns[] = {"set", "network", "depth", "setting", "source"};
    return place_problem(of, source, "literature", words, columns, COUNT(columns));
}

/* "claims:C3:says" */
static char *claim_problem(const struct sources_of *of, const struct source *source)
{
    char *id = sources_part(source->id, 1),
         *claim = places_field(source->file, source->line, "claim");
    char *path = memory_text("%s/claims.tsv", of->published);
    char *says = places_field(source->file, source->line, "says");
    const int good = strcmp(path, source->file) == 0 && strcmp(id, claim) == 0 &&
                     strcmp(says, source->shown) == 0;
    free(says);
    free(path);
    free(claim);
    free(id);
    return good ? NULL : sources_wrong(source, "is not the line of this claim");
}

/* "claims:C3:mean-gain-matched": the sources are, in turn, rows of the thesis's tables and their matched
 * baselines, ten of them. */
static char *gain_problem(const struct source *source, size_t n, const char *what)
{
    double gain[2][32], result[2] = {0, 0};
    const int mean = strncmp(what, "mean", 4) == 0;
    for (size_t i = 0; i < n / 2; i++) {
        const struct source *row = &source[2 * i], *matched = row + 1;
        const double ours = places_number(row->file, row->line, "ours_error");
        char *role = places_field(matched->file, matched->line, "role");
        char *one = places_field(row->file, row->line, "network");
        char *other = places_field(matched->file, matched->line, "network");
        char *depth = places_field(row->file, row->line, "depth");
        char *same = places_field(matched->file, matched->line, "depth");
        char *set = places_field(matched->file, matched->line, "set");
        const int cifar10 = strstr(row->file, "table-5-2") != NULL;
        const int good = strstr(role, "matched") && strcmp(one, other) == 0 &&
                         strcmp(depth, same) == 0 &&
                         strcmp(set, cifar10 ? "CIFAR-10" : "CIFAR-100") == 0;
        free(set);
        free(same);
        free(depth);
        free(other);
        free(one);
        free(role);
        if (!good)
            return sources_wrong(matched, "is not the matched baseline of its row");
        gain[0][i] = places_number(row->file, row->line, "original_error") - ours;
        gain[1][i] = places_number(matched->file, matched->line, "error") - ours;
    }
    if (n != 20)
        return sources_wrong(source, "has not ten pairs of sources");
    for (size_t k = 0; k < 2; k++) {
        result[k] = mean ? naive_mean(gain[k], n / 2) : gain[k][0];
        for (size_t i = 0; i < n / 2 && !mean; i++)
            result[k] = fmax(result[k], gain[k][i]);
    }
    return sources_compare(source,
                           strstr(what, "-original")  ? result[0]
                           : strstr(what, "-matched") ? result[1]
                                                      : result[1] - result[0],
                           0);
}

/* "table-5-2:wide-resnet-28-10:ours" */
static char *table_problem(const struct sources_of *of, const struct source *source, size_t n,
                           const char *table)
{
    static const char *const columns[] = {"network", "depth"};
    static const struct {
        const char *what, *column;
    } kinds[] = {
        {"params", "params_M"}, {"original", "original_error"}, {"ours", "ours_error"}, {"k", "k"}};
    char *row = sources_part(source->id, 1), *what = sources_part(source->id, 2);
    char *problem = place_problem(of, source, table, row, columns, COUNT(columns));
    const double ours = places_number(source->file, source->line, "ours_error");
    const char *other = strstr(source->id, ":literature:");
    double value = NAN;
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (strcmp(what, kinds[i].what) == 0)
            value = places_number(source->file, source->line, kinds[i].column);
    if (strcmp(what, "delta") == 0 && !other)
        value = ours - places_number(source->file, source->line, "original_error");
    if (n == 2 && (other || strcmp(what, "delta-matched") == 0)) {
        value = ours - places_number(source[1].file, source[1].line, "error");
        static const char *const key[] = {"network", "depth"};
        char *network = place_problem(of, &source[1], "literature", row, key, COUNT(key));
        char *role = places_field(source[1].file, source[1].line, "role");
        char *set = places_field(source[1].file, source[1].line, "set");
        const char *own = strcmp(table, "table-5-2") == 0 ? "CIFAR-10" : "CIFAR-100";
        if (!problem && other)
            problem = literature_problem(of, &source[1], other + strlen(":literature:"));
        else if (!problem && (network || !strstr(role, "matched") || strcmp(set, own) != 0))
            problem = sources_wrong(&source[1], "is not the matched baseline");
        free(set);
        free(role);
        free(network);
    } else if (!problem && n != 1) {
        problem = sources_wrong(source, "has too many sources");
    }
    free(row);
    free(what);
    return problem ? problem : sources_compare(source, value, 0);
}

/* ---- Cells --------------------------------------------------------------------- */

char *sources_problem(const struct sources_of *of, const struct sources *sources, size_t first)
{
    const struct source *source = &sources->source[first];
    const size_t n = sources_cell(sources, first);
    char *name = sources_part(source->id, 0), *what = sources_part(source->id, 1), *problem;
    char *control = sources_part(source->id, 2);
    const char *leaf = strrchr(name, '/');
    if (strncmp(name, "table-", 6) == 0)
        problem = table_problem(of, source, n, name);
    else if (strcmp(name, "ranks") == 0)
        problem = sources_compare(source, sources_ranks(of, source, n), 0);
    else if (strcmp(name, "thesis") == 0)
        problem = sources_compare(source, sources_thesis(of, source, n, what), 0);
    else if (strcmp(what, "leads-from-epoch") == 0)
        problem = sources_compare(source, sources_leads(of, source, n, name, control), 0);
    else if (strcmp(name, "claims") == 0)
        problem = strstr(control, "-gain-") ? gain_problem(source, n, control)
                                            : claim_problem(of, source);
    else if (strcmp(name, "literature") == 0) {
        problem = literature_problem(of, source, source->id + strlen("literature:"));
        if (!problem)
            problem =
                sources_compare(source, places_number(source->file, source->line, "error"), 0);
    } else if (leaf && strncmp(leaf, "/seed-", 6) == 0)
        problem = run_problem(of, source, name, what);
    else if (strcmp(what, "core-hours") == 0)
        problem = core_hours_problem(of, source, n, name);
    else if (*control && strncmp(what, "alone-", 6) == 0)
        problem = sources_alone_problem(of, source, n, name, what + 6, control);
    else if (*control)
        problem = sources_comparison_problem(of, sources, source, n, name, what, control);
    else
        problem = arm_problem(of, source, n, name, what);
    free(control);
    free(what);
    free(name);
    return problem;
}
