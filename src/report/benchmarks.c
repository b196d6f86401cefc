#include "report/benchmarks.h"

#include "base/file.h"
#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char columns[] = "experiment\tranks\tthreads\tcores\tshards\tbatch\timages_per_s";

static int is_good(const struct benchmark *row)
{
    return row->ranks > 0 && row->threads > 0 && row->cores > 0 &&
           row->cores <= (double)row->ranks * row->threads && row->shards > 0 &&
           row->batch >= row->shards && row->batch % row->shards == 0 &&
           row->images_per_second > 0 && isfinite(row->images_per_second);
}

/* `line` ends where its newline was. */
static int read_row(const char *path, const char *line, struct benchmark *row, struct error *error)
{
    int end = 0;
    if (sscanf(line, "%255[^\t]\t%d\t%d\t%d\t%d\t%d\t%lf%n", row->experiment, &row->ranks,
               &row->threads, &row->cores, &row->shards, &row->batch, &row->images_per_second,
               &end) == 7 &&
        line[end] == '\0' && is_good(row))
        return 0;
    return error_set(
        error,
        "%s:%d: expected an arm, ranks, threads, cores (at most ranks x threads), shards, "
        "a batch of whole shards and images a second, separated by tabs; `make "
        "bench-ranks` writes the file",
        path, row->line);
}

static int read_lines(const char *path, char *bytes, struct benchmarks *benchmarks,
                      struct error *error)
{
    int number = 0, named = 0;
    for (char *line = bytes, *newline; *line; line = newline + 1) {
        number++;
        newline = strchr(line, '\n');
        if (!newline)
            return error_set(error, "%s:%d: expected a newline at the end of the file", path,
                             number);
        *newline = '\0';
        if (line[0] == '#')
            continue;
        if (!named++) {
            if (strcmp(line, columns) != 0)
                return error_set(error, "%s:%d: expected the column names \"%s\"", path, number,
                                 columns);
            continue;
        }
        struct benchmark row = {.line = number};
        if (read_row(path, line, &row, error) != 0)
            return -1;
        benchmarks->rows =
            memory_resize(benchmarks->rows, benchmarks->count + 1, sizeof *benchmarks->rows);
        benchmarks->rows[benchmarks->count++] = row;
    }
    return 0;
}

int benchmarks_read(const char *path, struct benchmarks *benchmarks, struct error *error)
{
    *benchmarks = (struct benchmarks){0};
    if (!file_exists(path))
        return 0;
    char *bytes = file_read(path, NULL, error);
    if (!bytes)
        return -1;
    const int status = read_lines(path, bytes, benchmarks, error);
    free(bytes);
    if (status != 0)
        benchmarks_free(benchmarks);
    return status;
}

void benchmarks_free(struct benchmarks *benchmarks)
{
    free(benchmarks->rows);
    *benchmarks = (struct benchmarks){0};
}
