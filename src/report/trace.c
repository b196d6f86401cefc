#include "report/trace.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/tsv.h"
#include "experiment/log.h"

#include <stdlib.h>
#include <string.h>

/* ---- Sources ------------------------------------------------------------------------------ */

/* Line `number`, from 1, of a text; without its newline, free() it. NULL if there are fewer. */
static char *line_of(const char *bytes, int number)
{
    for (int line = 1; *bytes; line++) {
        const size_t length = strcspn(bytes, "\n");
        if (line == number)
            return memory_copy(bytes, length);
        bytes += length + (bytes[length] == '\n');
    }
    return NULL;
}

static void print_run(const struct trace_options *options, const struct log *log, FILE *stream)
{
    const char *arm = log->experiment.arm;
    fprintf(stream, "    run         arm %s, seed %ld; run-sha256 %s\n", arm, log->seed,
            log->run.hex);
    fprintf(stream, "    experiment  sha256 %s\n", log->experiment_digest.hex);
    fprintf(stream, "    program     %s%s\n", log->program,
            strstr(log->program, "-dirty") ? ", with changes that no commit has" : "");
    fprintf(stream,
            "    again       git checkout %.*s && make build/kdecay && build/kdecay train "
            "%s/%s.ini --seed %ld --results build/again --checkpoints build/again/checkpoints\n",
            (int)strcspn(log->program, "-"), log->program, options->experiments, arm, log->seed);
}

/* The comment at the start of a published file, which describes it. */
static void print_origin(const char *bytes, FILE *stream)
{
    const char *label = "the file";
    for (; *bytes == '#' && strchr(bytes, '\n'); bytes = strchr(bytes, '\n') + 1) {
        fprintf(stream, "    %-10s  %.*s\n", label, (int)strcspn(bytes, "\n"), bytes);
        label = "";
    }
}

/* Print one source: its line, and the run or file that it belongs to. */
static int print_place(const struct trace_options *options, const char *path, int number,
                       FILE *stream, struct error *error)
{
    char *bytes = file_read(path, NULL, error);
    if (!bytes)
        return -1;
    int first = 1; /* line that is no comment: in logs and published files the columns' names */
    for (const char *at = bytes; *at == '#' && strchr(at, '\n'); at = strchr(at, '\n') + 1)
        first++;
    const int is_log = strncmp(bytes, "# kdecay log:", 13) == 0;
    char *columns = line_of(bytes, first), *line = line_of(bytes, number);
    if (line) {
        fprintf(stream, "\n%s:%d\n", path, number);
        if (line[0] != '#' && columns)
            fprintf(stream, "    columns     %s\n", columns);
        fprintf(stream, "    line        %s\n", line);
        if (!is_log)
            print_origin(bytes, stream);
    }
    const int found = line != NULL;
    free(line);
    free(columns);
    free(bytes);
    if (!found)
        return error_set(error, "%s: expected a line %d; make the tables again", path, number);
    if (!is_log)
        return 0;
    struct log log;
    if (log_read(path, &log, error) != 0)
        return -1;
    print_run(options, &log, stream);
    log_free(&log);
    return 0;
}

/* ---- The index ---------------------------------------------------------------------------- */

static const char ending[] = ".sources.tsv";

enum { ID, SHOWN, ROW, COLUMN, PLACE, LINE, FIELDS };
static const char *const index_columns[FIELDS] = {"id", "shown", "row", "column", "file", "line"};

struct found {
    int cells;          /* the number of cells that show the value */
    struct text where;  /* a line for each of them */
    struct text places; /* the sources of the first of them: lines "FILE<TAB>LINE\n" */
};

static int search(const char *path, const char *id, struct found *found, struct error *error)
{
    struct tsv tsv;
    if (tsv_open(&tsv, path, index_columns, FIELDS, error) != 0)
        return -1;
    char *cell = memory_text("%s", "");
    int status;
    while ((status = tsv_next(&tsv)) == 1) {
        if (strcmp(tsv.field[ID], id) != 0)
            continue;
        char *where = memory_text("%s: line %s of %.*s.csv, column \"%s\"\n", tsv.field[SHOWN],
                                  tsv.field[ROW], (int)(strlen(path) - strlen(ending)), path,
                                  tsv.field[COLUMN]);
        if (strcmp(where, cell) != 0) {
            text_add(&found->where, "%s", where);
            found->cells++;
        }
        free(cell);
        cell = where;
        if (found->cells == 1)
            text_add(&found->places, "%s\t%s\n", tsv.field[PLACE], tsv.field[LINE]);
    }
    free(cell);
    tsv_close(&tsv);
    return status;
}

static int search_all(const struct trace_options *options, const char *id, struct found *found,
                      struct error *error)
{
    char *tables = memory_text("%s/tables", options->out);
    size_t count;
    char **path = file_list(tables, ending, &count);
    int status = count ? 0 : error_set(error, "%s: expected tables there; run make tables", tables);
    for (size_t i = 0; i < count; i++) {
        if (status == 0)
            status = search(path[i], id, found, error);
        free(path[i]);
    }
    free(path);
    if (status == 0 && found->cells == 0)
        status = error_set(error,
                           "%s: no table below %s shows a value of this id; the files *%s there "
                           "list all ids",
                           id, tables, ending);
    free(tables);
    return status;
}

/* ---- A row of a log ----------------------------------------------------------------------- */

static int find_row(const char *path, long epoch, const char *column, struct found *found,
                    struct error *error)
{
    struct tsv tsv;
    if (tsv_open(&tsv, path, NULL, 0, error) != 0)
        return -1;
    int at = 0, status = tsv_next(&tsv);
    while (status == 1 && at < tsv.count && strcmp(tsv.field[at], column) != 0)
        at++;
    while (status == 1 && (status = tsv_next(&tsv)) == 1 && tsv_whole(tsv.field[0]) != epoch)
        continue;
    if (status == 1 && at < tsv.count) {
        text_add(&found->where, "%s\n", tsv.field[at]);
        text_add(&found->places, "%s\t%d\n", path, tsv.line);
        status = 0;
    } else if (status >= 0) {
        status = error_set(error, "%s: expected a row of epoch %ld and a column %s", path, epoch,
                           column);
    }
    tsv_close(&tsv);
    return status;
}

/* ---- All ---------------------------------------------------------------------------------- */

int trace_write(const struct trace_options *options, const char *id, FILE *stream,
                struct error *error)
{
    struct found found = {0};
    const char *colon = strchr(id, ':');
    char column[32];
    long epoch;
    int status;
    if (colon && sscanf(colon, ":epoch-%ld:%31s", &epoch, column) == 2) {
        char *path = memory_text("%s/%.*s.tsv", options->results, (int)(colon - id), id);
        status = find_row(path, epoch, column, &found, error);
        free(path);
    } else {
        status = search_all(options, id, &found, error);
    }
    if (status == 0)
        fprintf(stream, "%s\n%s", id, found.where.bytes);
    for (char *at = found.places.bytes; status == 0 && at && *at;) {
        char *tab = strchr(at, '\t'), *end = strchr(at, '\n');
        *tab = *end = '\0';
        status = print_place(options, at, atoi(tab + 1), stream, error);
        at = end + 1;
    }
    free(found.where.bytes);
    free(found.places.bytes);
    return status;
}
