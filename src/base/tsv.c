#include "base/tsv.h"

#include "base/file.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

int tsv_open(struct tsv *tsv, const char *path, const char *const *columns, int count,
             struct error *error)
{
    *tsv = (struct tsv){.path = path, .count = count, .error = error};
    tsv->bytes = tsv->next = file_read(path, NULL, error);
    if (!tsv->bytes)
        return -1;
    int status = columns ? tsv_next(tsv) : 1;
    for (int i = 0; columns && i < count && status >= 0; i++)
        if (status == 0 || strcmp(tsv->field[i], columns[i]) != 0)
            status = error_set(error, "%s:%d: expected \"%s\" as the name of column %d", path,
                               tsv->line, columns[i], i + 1);
    if (status < 0)
        tsv_close(tsv);
    return status < 0 ? -1 : 0;
}

/* Cut a line into fields. */
static int cut(struct tsv *tsv, char *line)
{
    int count = 0;
    for (char *field = line; field; count++) {
        char *tab = strchr(field, '\t');
        if (tab)
            *tab++ = '\0';
        if (count < TSV_MOST_FIELDS)
            tsv->field[count] = field;
        if (*field == '\0')
            return error_set(tsv->error, "%s:%d: field %d is empty; expected \"-\" for none",
                             tsv->path, tsv->line, count + 1);
        field = tab;
    }
    if (tsv->count == 0 && count <= TSV_MOST_FIELDS)
        tsv->count = count;
    if (count != tsv->count)
        return error_set(tsv->error, "%s:%d: expected %d fields separated by tabs, found %d",
                         tsv->path, tsv->line, tsv->count, count);
    return 1;
}

int tsv_next(struct tsv *tsv)
{
    while (*tsv->next) {
        char *line = tsv->next, *newline = strchr(line, '\n');
        tsv->line++;
        if (!newline)
            return error_set(tsv->error, "%s:%d: expected a newline at the end of the file",
                             tsv->path, tsv->line);
        *newline = '\0';
        tsv->next = newline + 1;
        if (line[0] != '#')
            return cut(tsv, line);
    }
    return 0;
}

void tsv_close(struct tsv *tsv)
{
    free(tsv->bytes);
    *tsv = (struct tsv){0};
}

long tsv_whole(const char *field)
{
    char *end = NULL;
    errno = 0;
    const long value = strtol(field, &end, 10);
    return errno || !isdigit((unsigned char)*field) || *end ? -1 : value;
}
