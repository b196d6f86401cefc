#include "audit/lines.h"

#include "base/file.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

struct lines lines_of(const char *path)
{
    struct lines lines = {NULL, 0};
    struct error error;
    char *bytes = file_read(path, NULL, &error);
    if (!bytes)
        die("%s", error.text);
    for (char *line = strtok(bytes, "\n"); line; line = strtok(NULL, "\n")) {
        lines.line = memory_resize(lines.line, lines.count + 1, sizeof *lines.line);
        lines.line[lines.count++] = memory_text("%s", line);
    }
    free(bytes);
    return lines;
}

void lines_free(struct lines *lines)
{
    for (size_t i = 0; i < lines->count; i++)
        free(lines->line[i]);
    free(lines->line);
}

void lines_drop(struct lines *lines, size_t i)
{
    free(lines->line[i]);
    memmove(lines->line + i, lines->line + i + 1, (--lines->count - i) * sizeof *lines->line);
}

void lines_double(struct lines *lines, size_t i)
{
    lines->line = memory_resize(lines->line, lines->count + 1, sizeof *lines->line);
    memmove(lines->line + i + 1, lines->line + i, (lines->count++ - i) * sizeof *lines->line);
    lines->line[i] = memory_text("%s", lines->line[i + 1]);
}

void lines_swap(struct lines *lines, size_t i, size_t j)
{
    char *line = lines->line[i];
    lines->line[i] = lines->line[j];
    lines->line[j] = line;
}

void lines_set(struct lines *lines, size_t i, char *line)
{
    free(lines->line[i]);
    lines->line[i] = line;
}
