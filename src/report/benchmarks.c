#include "report/benchmarks.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/tsv.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const columns[] = {"experiment", "ranks", "threads",     "cores",
                                      "shards",     "batch", "images_per_s"};

static int is_good(const struct benchmark *row)
{
    return row->ranks > 0 && row->threads > 0 && row->cores > 0 &&
           row->cores <= (double)row->ranks * row->threads && row->shards > 0 &&
           row->batch >= row->shards && row->batch % row->shards == 0 &&
           row->images_per_second > 0 && isfinite(row->images_per_second);
}

static int read_row(const struct tsv *tsv, struct benchmark *row)
{
    int *const whole[] = {&row->ranks, &row->threads, &row->cores, &row->shards, &row->batch};
    char *end = NULL;
    row->line = tsv->line;
    int good = strlen(tsv->field[0]) < sizeof row->experiment;
    if (good)
        strcpy(row->experiment, tsv->field[0]);
    for (size_t i = 0; i < COUNT(whole); i++) {
        const long value = tsv_whole(tsv->field[i + 1]);
        *whole[i] = value > INT_MAX ? 0 : (int)value;
    }
    row->images_per_second = strtod(tsv->field[6], &end);
    if (good && *end == '\0' && is_good(row))
        return 0;
    return error_set(
        tsv->error,
        "%s:%d: expected an arm, ranks, threads, cores (at most ranks x threads), shards, "
        "a batch of whole shards and images a second, separated by tabs; `make "
        "bench-ranks` writes the file",
        tsv->path, tsv->line);
}

int benchmarks_read(const char *path, struct benchmarks *benchmarks, struct error *error)
{
    *benchmarks = (struct benchmarks){0};
    if (!file_exists(path))
        return 0;
    struct tsv tsv;
    if (tsv_open(&tsv, path, columns, COUNT(columns), error) != 0)
        return -1;
    int status = 0;
    while (status == 0 && (status = tsv_next(&tsv)) == 1) {
        benchmarks->rows =
            memory_resize(benchmarks->rows, benchmarks->count + 1, sizeof *benchmarks->rows);
        status = read_row(&tsv, &benchmarks->rows[benchmarks->count++]);
    }
    tsv_close(&tsv);
    if (status != 0)
        benchmarks_free(benchmarks);
    return status;
}

void benchmarks_free(struct benchmarks *benchmarks)
{
    free(benchmarks->rows);
    *benchmarks = (struct benchmarks){0};
}
