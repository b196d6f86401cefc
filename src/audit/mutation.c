#define _POSIX_C_SOURCE 200809L
#include "audit/mutation.h"

#include "audit/lines.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/rng.h"
#include "experiment/log.h"
#include "report/ledger.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A sort of file. */
enum sort { ANY, LOG, EXPERIMENT, PUBLISHED, THESIS, ARTEFACTS, SOURCES, PAGE };

enum { PLAIN, SEALED = 1, LISTED = 2 };

struct draw;
struct kind {
    const char *name;
    enum sort of;                                        /* what is changed */
    int (*edit)(struct draw *draw, struct lines *lines); /* edits a random file of this sort */
    int (*act)(struct draw *draw);                       /* or changes any files */
    int forged;                                          /* PLAIN, or the digests made again */
};

/* A draw in progress. */
struct draw {
    const struct mutation_project *project;
    const struct kind *kind;
    struct mutation *mutation;
    uint32_t seed, run, count; /* count: of the numbers drawn so far */
};

static size_t below(struct draw *draw, size_t bound)
{
    const struct rng rng = {draw->seed, RNG_AUDIT};
    return rng_below(rng_draw(rng, draw->run + 1, 0, draw->count++).word[0], (uint32_t)bound);
}

/* ---- Files -------------------------------------------------------------------------------- */

static char *load(const char *path, size_t *size)
{
    struct error error;
    char *bytes = file_read(path, size, &error);
    if (!bytes)
        die("%s", error.text);
    return bytes;
}

/* Keep the file's current state, unless an earlier state is already kept. */
static void remember(struct draw *draw, const char *path)
{
    struct mutation *mutation = draw->mutation;
    for (size_t i = 0; i < mutation->count; i++)
        if (strcmp(mutation->before[i].path, path) == 0)
            return;
    if (mutation->count == MUTATION_FILES)
        BUG("a mutation of more files than MUTATION_FILES");
    const size_t i = mutation->count++;
    mutation->before[i].path = memory_text("%s", path);
    mutation->before[i].bytes = file_exists(path) ? load(path, &mutation->before[i].size) : NULL;
}

/* Write the file; 0 if it already has these bytes. */
static int put(struct draw *draw, const char *path, const char *bytes, size_t size)
{
    if (file_exists(path)) {
        size_t there = 0;
        char *old = load(path, &there);
        const int equal = there == size && memcmp(old, bytes, size) == 0;
        free(old);
        if (equal)
            return 0;
    }
    remember(draw, path);
    file_write(path, bytes, size);
    return 1;
}

static void take_away(struct draw *draw, const char *path)
{
    remember(draw, path);
    if (unlink(path) != 0)
        die_errno("%s: cannot be removed", path);
}

PRINTF_LIKE(2, 3) static void say(struct draw *draw, const char *format, ...)
{
    struct error line;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line.text, sizeof line.text, format, arguments);
    va_end(arguments);
    free(draw->mutation->what);
    draw->mutation->what = memory_text("%s", line.text);
}

/* ---- Which file --------------------------------------------------------------------------- */

static int is_of(const struct mutation_project *project, const char *path, enum sort sort)
{
    const struct audit_options *audit = project->audit;
    const int published = ledger_is_below(path, audit->project.published);
    switch (sort) {
    case ANY:
        return 1;
    case LOG:
        return ledger_is_log(path) && !published && !strstr(path, "/benchmarks/") &&
               ledger_is_below(path, audit->project.results);
    case EXPERIMENT:
        return ledger_is_below(path, audit->project.experiments);
    case PUBLISHED:
        return published;
    case THESIS:
        return published && strstr(path, "/table-");
    case ARTEFACTS:
        return strcmp(path, audit->digests) == 0;
    case SOURCES:
        return strcmp(path, audit->sources) == 0;
    case PAGE: /* if no list of the page's data is kept, that of artefacts */
        return strcmp(path, audit->page ? audit->kept_page : audit->digests) == 0;
    }
    BUG("a sort of file without a rule");
}

static const char *pick(struct draw *draw, enum sort sort)
{
    const struct mutation_project *project = draw->project;
    size_t count = 0;
    for (size_t i = 0; i < project->count; i++)
        count += (size_t)is_of(project, project->files[i], sort);
    if (count == 0)
        die("the selftest needs logs, experiments and published numbers");
    size_t left = below(draw, count);
    for (size_t i = 0;; i++)
        if (is_of(project, project->files[i], sort) && left-- == 0)
            return project->files[i];
}

/* ---- Lines -------------------------------------------------------------------------------- */

static int put_lines(struct draw *draw, const char *path, const struct lines *lines)
{
    struct text text = {0};
    text_add(&text, "%s", "");
    for (size_t i = 0; i < lines->count; i++)
        text_add(&text, "%s\n", lines->line[i]);
    const int changed = put(draw, path, text.bytes, text.length);
    free(text.bytes);
    return changed;
}

/* Change one of the decimal digits of bytes[0 .. length); 0 if there is none. */
static int change_digit(struct draw *draw, char *bytes, size_t length)
{
    size_t digits = 0;
    for (size_t i = 0; i < length; i++)
        digits += isdigit((unsigned char)bytes[i]) ? 1 : 0;
    if (digits == 0)
        return 0;
    size_t left = below(draw, digits);
    for (size_t i = 0;; i++)
        if (isdigit((unsigned char)bytes[i]) && left-- == 0) {
            bytes[i] = (char)('0' + (bytes[i] - '0' + 1 + (int)below(draw, 9)) % 10);
            return 1;
        }
}

/* ---- Logs --------------------------------------------------------------------------------- */

enum column { RATE = 2, TRAIN_ERROR = 4, TEST_ERROR = 6, DIGEST = 7 };

/* The column's bytes; it ends at a tab. */
static char *column(char *row, int number, size_t *length)
{
    for (; number > 0; number--)
        row = strchr(row, '\t') + 1;
    *length = strcspn(row, "\t");
    return row;
}

static void set_column(char **row, int number, const char *value)
{
    size_t length;
    char *at = column(*row, number, &length);
    char *changed = memory_text("%.*s%s%s", (int)(at - *row), *row, value, at + length);
    free(*row);
    *row = changed;
}

static int is_row(const char *line)
{
    return isdigit((unsigned char)line[0]);
}

static int begins(const char *line, const char *start)
{
    return strncmp(line, start, strlen(start)) == 0;
}

static int has_rows(const struct lines *log)
{
    size_t i = 0;
    while (i < log->count && !is_row(log->line[i]))
        i++;
    return i < log->count;
}

/* The line number of a random row; the log has_rows(). */
static size_t draw_row(struct draw *draw, const struct lines *log)
{
    for (;;) {
        const size_t i = below(draw, log->count);
        if (is_row(log->line[i]))
            return i;
    }
}

static size_t last_row(const struct lines *log)
{
    size_t i = log->count - 1;
    while (!is_row(log->line[i]))
        i--;
    return i;
}

static size_t line_with(const struct lines *log, const char *start)
{
    for (size_t i = 0; i < log->count; i++)
        if (begins(log->line[i], start))
            return i;
    die("a log without a line \"%s\"", start);
}

/* Compute the chain and the digests again, as log.h describes them. */
static void seal(struct lines *log)
{
    struct text identity = {0}, all = {0};
    struct digest chain = {""};
    const size_t first = line_with(log, "# arm: "), last = line_with(log, "# initial-sha256: ");
    for (size_t i = first; i <= last; i++)
        text_add(&identity, "%s\n", log->line[i]);
    chain = digest_of(identity.bytes, identity.length);
    for (size_t i = 0; i < log->count; i++) {
        char *line = log->line[i], *link = NULL;
        if (begins(line, "# step-loss: "))
            link = memory_text("%s\n", line);
        if (begins(line, "# status: "))
            link = memory_text("%s\n%s\n", line, log->line[i + 1]);
        if (is_row(line)) {
            size_t length;
            const char *digest = column(line, DIGEST, &length);
            link = memory_copy(line, (size_t)(digest - line) - 1);
        }
        if (link)
            chain = digest_chain(chain.hex, link);
        free(link);
        if (is_row(line)) {
            char *digest = memory_copy(chain.hex, LOG_ROW_DIGEST);
            set_column(&log->line[i], DIGEST, digest);
            free(digest);
        }
        if (begins(line, "# run-sha256: "))
            lines_set(log, i, memory_text("# run-sha256: %s", chain.hex));
        else if (begins(line, "# text-sha256: "))
            lines_set(log, i,
                      memory_text("# text-sha256: %s", digest_of(all.bytes, all.length).hex));
        text_add(&all, "%s\n", log->line[i]);
    }
    free(identity.bytes);
    free(all.bytes);
}

/* An edit returns whether it can change these lines. */

static int edit_error(struct draw *draw, struct lines *log)
{
    size_t length;
    char *row = log->line[draw_row(draw, log)];
    char *value = column(row, below(draw, 2) ? TRAIN_ERROR : TEST_ERROR, &length);
    return change_digit(draw, value, length);
}

/* The change is at least 0.01, one unit of the tables' last digit. */
static int edit_last_error(struct draw *draw, struct lines *log)
{
    char **row = &log->line[last_row(log)];
    size_t length;
    const double error = strtod(column(*row, TEST_ERROR, &length), NULL);
    char *value = memory_text("%.10g", error + 0.01 * (double)(1 + below(draw, 500)));
    set_column(row, TEST_ERROR, value);
    free(value);
    return 1;
}

static int edit_rate(struct draw *draw, struct lines *log)
{
    char **row = &log->line[draw_row(draw, log)];
    size_t length;
    const double rate = strtod(column(*row, RATE, &length), NULL);
    char *value = memory_text("%.17g", rate * (1 + 1e-9 * (double)(1 + below(draw, 1000))));
    set_column(row, RATE, value);
    free(value);
    return 1;
}

static int edit_size(struct draw *draw, struct lines *log)
{
    char *line = log->line[line_with(log, below(draw, 2) ? "# parameters: " : "# macs: ")];
    return change_digit(draw, line, strlen(line));
}

static int edit_images(struct draw *draw, struct lines *log)
{
    for (size_t i = 0; i < log->count; i++)
        if (begins(log->line[i], "# experiment: data.set = made-up"))
            return 0; /* the audit has no list of digests of synthetic images */
    char *line = log->line[line_with(log, below(draw, 2) ? "# train-sha256: " : "# test-sha256: ")];
    char *value = strchr(line, ':');
    return change_digit(draw, value, strlen(value));
}

static int drop_row(struct draw *draw, struct lines *log)
{
    lines_drop(log, draw_row(draw, log));
    return 1;
}

static int double_row(struct draw *draw, struct lines *log)
{
    lines_double(log, draw_row(draw, log));
    return 1;
}

static int swap_rows(struct draw *draw, struct lines *log)
{
    const size_t i = draw_row(draw, log), j = draw_row(draw, log);
    lines_swap(log, i, j);
    return i != j;
}

static int edit_seed(struct draw *draw, struct lines *log)
{
    lines_set(log, line_with(log, "# seed: "), memory_text("# seed: %zu", 1 + below(draw, 99)));
    return 1;
}

static int edit_header(struct draw *draw, struct lines *log)
{
    const size_t i = below(draw, line_with(log, "# started: ") + 1);
    char *line = log->line[i];
    line[below(draw, strlen(line))] = (char)('!' + (int)below(draw, '~' - '!'));
    return 1;
}

/* ---- Other files -------------------------------------------------------------------------- */

/* `original` or `ours` in a table of the thesis. */
static int edit_published_error(struct draw *draw, struct lines *table)
{
    char *line = table->line[below(draw, table->count)];
    size_t length;
    if (line[0] == '#' || begins(line, "network\t"))
        return 0;
    char *value = column(line, 3 + (int)below(draw, 2), &length);
    return change_digit(draw, value, length);
}

/* The names in the list stay where they are; two digests change places. */
static int swap_digests(struct draw *draw, struct lines *list)
{
    char *a = list->line[below(draw, list->count)], *b = list->line[below(draw, list->count)];
    char digest[DIGEST_LENGTH];
    memcpy(digest, a, sizeof digest);
    memcpy(a, b, sizeof digest);
    memcpy(b, digest, sizeof digest);
    return a != b;
}

static int edit_list(struct draw *draw, struct lines *list)
{
    const size_t i = below(draw, list->count);
    switch (below(draw, 4)) {
    case 0:
        return change_digit(draw, list->line[i], DIGEST_LENGTH);
    case 1:
        lines_drop(list, i);
        return 1;
    case 2:
        lines_double(list, i);
        return 1;
    default:
        lines_swap(list, i, below(draw, list->count));
        return 1;
    }
}

static int change_any_digit(struct draw *draw)
{
    const char *path = pick(draw, draw->kind->of);
    size_t size = 0;
    char *bytes = load(path, &size);
    const int changed = change_digit(draw, bytes, size) && put(draw, path, bytes, size);
    say(draw, "%s: a digit", path);
    free(bytes);
    return changed;
}

static int cut_file(struct draw *draw)
{
    const char *path = pick(draw, ANY);
    size_t size = 0;
    char *bytes = load(path, &size);
    const size_t left = size ? below(draw, size) : 0;
    say(draw, "%s: cut to %zu of %zu bytes", path, left, size);
    const int changed = put(draw, path, bytes, left);
    free(bytes);
    return changed;
}

static int flip_bit(struct draw *draw)
{
    const char *path = pick(draw, ANY);
    size_t size = 0;
    char *bytes = load(path, &size);
    int changed = 0;
    if (size) {
        const size_t at = below(draw, size), bit = below(draw, 8);
        bytes[at] = (char)((unsigned char)bytes[at] ^ (1u << bit));
        say(draw, "%s: bit %zu of byte %zu", path, bit, at);
        changed = put(draw, path, bytes, size);
    }
    free(bytes);
    return changed;
}

static int delete_log(struct draw *draw)
{
    const char *path = pick(draw, LOG);
    say(draw, "%s: deleted", path);
    take_away(draw, path);
    return 1;
}

/* Add a copy of a random file beside another random file. */
static int add_stray(struct draw *draw)
{
    static const char *const endings[] = {"tsv", "txt", "ini", "sha256", "tsv~"};
    const char *beside = pick(draw, ANY), *from = pick(draw, ANY);
    size_t size = 0;
    char *bytes = load(from, &size);
    char *path = memory_text("%.*s/stray-%zu.%s", (int)(strrchr(beside, '/') - beside), beside,
                             below(draw, 1000), endings[below(draw, 5)]);
    say(draw, "%s: added, a copy of %s", path, from);
    const int changed = put(draw, path, bytes, size);
    free(path);
    free(bytes);
    return changed;
}

/* Copy a log over a log of another arm, or as one more seed of that arm. */
static int copy_log(struct draw *draw)
{
    const char *from = pick(draw, LOG), *to = pick(draw, LOG);
    const size_t folder = (size_t)(strrchr(to, '/') - to);
    if (strncmp(from, to, folder + 1) == 0)
        return 0;
    size_t size = 0;
    char *bytes = load(from, &size);
    char *path = below(draw, 2)
                     ? memory_text("%s", to)
                     : memory_text("%.*s/seed-%zu.tsv", (int)folder, to, 50 + below(draw, 50));
    say(draw, "%s: a copy of %s", path, from);
    const int changed = put(draw, path, bytes, size);
    free(path);
    free(bytes);
    return changed;
}

/* Give a log another seed and that seed's path, and seal it. */
static int relabel_seed(struct draw *draw)
{
    const char *from = pick(draw, LOG);
    struct lines log = lines_of(from);
    const size_t seed = 50 + below(draw, 50);
    lines_set(&log, line_with(&log, "# seed: "), memory_text("# seed: %zu", seed));
    seal(&log);
    char *path = memory_text("%.*s/seed-%zu.tsv", (int)(strrchr(from, '/') - from), from, seed);
    say(draw, "%s: %s as another seed", path, from);
    if (below(draw, 2))
        take_away(draw, from);
    const int changed = put_lines(draw, path, &log);
    free(path);
    lines_free(&log);
    return changed;
}

/* ---- Kinds -------------------------------------------------------------------------------- */

static const struct kind kinds[] = {
    {"digit of an error", LOG, edit_error, NULL, PLAIN},
    {"dropped row", LOG, drop_row, NULL, PLAIN},
    {"doubled row", LOG, double_row, NULL, PLAIN},
    {"swapped rows", LOG, swap_rows, NULL, PLAIN},
    {"another seed", LOG, edit_seed, NULL, PLAIN},
    {"changed header", LOG, edit_header, NULL, PLAIN},
    {"log under another arm", LOG, NULL, copy_log, PLAIN},
    {"deleted log", LOG, NULL, delete_log, PLAIN},
    {"changed experiment", EXPERIMENT, NULL, change_any_digit, PLAIN},
    {"changed published number", PUBLISHED, NULL, change_any_digit, PLAIN},
    {"swapped artefacts", ARTEFACTS, swap_digests, NULL, PLAIN},
    {"edited list of artefacts", ARTEFACTS, edit_list, NULL, PLAIN},
    {"edited list of sources", SOURCES, edit_list, NULL, PLAIN},
    {"cut file", ANY, NULL, cut_file, PLAIN},
    {"flipped bit", ANY, NULL, flip_bit, PLAIN},
    {"stray file", ANY, NULL, add_stray, PLAIN},
    {"digit of an error, sealed", LOG, edit_error, NULL, SEALED},
    {"dropped row, sealed", LOG, drop_row, NULL, SEALED},
    {"last error, sealed+listed", LOG, edit_last_error, NULL, SEALED | LISTED},
    {"rate, sealed+listed", LOG, edit_rate, NULL, SEALED | LISTED},
    {"size, sealed+listed", LOG, edit_size, NULL, SEALED | LISTED},
    {"images, sealed+listed", LOG, edit_images, NULL, SEALED | LISTED},
    {"dropped row, sealed+listed", LOG, drop_row, NULL, SEALED | LISTED},
    {"seed, sealed+listed", LOG, NULL, relabel_seed, LISTED},
    {"deleted log, listed", LOG, NULL, delete_log, LISTED},
    {"thesis error, listed", THESIS, edit_published_error, NULL, LISTED},
    {"swapped artefacts, listed", ARTEFACTS, swap_digests, NULL, LISTED},
    {"edited list of page, listed", PAGE, edit_list, NULL, LISTED},
};

size_t mutation_kinds(void)
{
    return sizeof kinds / sizeof kinds[0];
}

const char *mutation_kind_name(size_t kind)
{
    return kinds[kind].name;
}

static int edit_lines(struct draw *draw)
{
    const struct kind *kind = draw->kind;
    const char *path = pick(draw, kind->of);
    struct lines lines = lines_of(path), before = lines_of(path);
    int changed = (kind->of != LOG || has_rows(&lines)) && kind->edit(draw, &lines);
    if (changed && kind->forged & SEALED)
        seal(&lines);
    changed = changed && put_lines(draw, path, &lines);
    size_t i = 0;
    while (i < before.count && i < lines.count && strcmp(before.line[i], lines.line[i]) == 0)
        i++;
    say(draw, "%s: %s, line %zu", path, kind->name, i + 1);
    lines_free(&lines);
    lines_free(&before);
    return changed;
}

void mutation_do(const struct mutation_project *project, size_t kind, uint32_t seed, uint32_t run,
                 struct mutation *mutation)
{
    *mutation = (struct mutation){0};
    struct draw draw = {project, &kinds[kind], mutation, seed, run, 0};
    while (!(draw.kind->edit ? edit_lines(&draw) : draw.kind->act(&draw)))
        continue;
    if (draw.kind->forged & LISTED) {
        struct error error;
        remember(&draw, project->audit->sources);
        if (audit_keep_sources(project->audit, &error) != 0)
            die("%s", error.text);
    }
}

void mutation_undo(struct mutation *mutation)
{
    for (size_t i = 0; i < mutation->count; i++) {
        const char *path = mutation->before[i].path;
        if (mutation->before[i].bytes)
            file_write(path, mutation->before[i].bytes, mutation->before[i].size);
        else if (unlink(path) != 0)
            die_errno("%s: cannot be removed", path);
        free(mutation->before[i].path);
        free(mutation->before[i].bytes);
    }
    free(mutation->what);
    *mutation = (struct mutation){0};
}
