#include "tests/places.h"

#include "base/file.h"
#include "base/memory.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

char *places_text(const char *path)
{
    struct error error;
    char *bytes = file_read(path, NULL, &error);
    return bytes ? bytes : memory_text("%s", "");
}

/* Line `number` of a text; "" beyond its end. */
static char *line_of(const char *bytes, long number)
{
    for (long line = 1; line < number && *bytes; line++) {
        bytes += strcspn(bytes, "\n");
        bytes += *bytes == '\n';
    }
    return memory_text("%.*s", number < 1 ? 0 : (int)strcspn(bytes, "\n"), bytes);
}

static char *field_of(const char *line, int number)
{
    for (; number > 0 && *line; number--) {
        line += strcspn(line, "\t");
        line += *line == '\t';
    }
    return memory_text("%.*s", number ? 0 : (int)strcspn(line, "\t"), line);
}

char *places_field(const char *path, long number, const char *column)
{
    char *bytes = places_text(path), *names = line_of(bytes, 1);
    for (long i = 2; names[0] == '#'; i++) {
        free(names);
        names = line_of(bytes, i);
    }
    char *line = line_of(bytes, number), *value = memory_text("%s", "");
    for (int i = 0; i < 12 && line[0] != '#'; i++) {
        char *name = field_of(names, i);
        if (strcmp(name, column) == 0) {
            free(value);
            value = field_of(line, i);
        }
        free(name);
    }
    free(line);
    free(names);
    free(bytes);
    return value;
}

double places_number(const char *path, long line, const char *column)
{
    char *text = places_field(path, line, column), *end;
    const double value = strtod(text, &end);
    const int good = end != text && *end == '\0';
    free(text);
    return good ? value : NAN;
}

char *places_header(const char *path, const char *key, long *line)
{
    char *bytes = places_text(path), *start = memory_text("\n# %s: ", key);
    const char *at = strstr(bytes, start);
    char *value = at ? line_of(at + strlen(start), 1) : memory_text("%s", "");
    if (line)
        *line = 1;
    for (const char *c = bytes; line && at && c <= at; c++)
        *line += *c == '\n';
    free(start);
    free(bytes);
    return value;
}

long places_next_row(const char *path, long line)
{
    char *bytes = places_text(path);
    long number = 1, row = 0;
    for (const char *at = bytes; *at && !row; number++) {
        if (number > line && isdigit((unsigned char)*at))
            row = number;
        at += strcspn(at, "\n");
        at += *at == '\n';
    }
    free(bytes);
    return row;
}

int places_diverged(const char *path)
{
    char *status = places_header(path, "status", NULL);
    const int diverged = strncmp(status, "diverged", 8) == 0;
    free(status);
    return diverged;
}

long places_end(const char *path)
{
    long last = 0;
    for (long row = places_next_row(path, 0); row; row = places_next_row(path, row))
        last = row;
    if (places_diverged(path))
        free(places_header(path, "status", &last));
    return last;
}

double places_header_number(const char *path, const char *key)
{
    char *text = places_header(path, key, NULL);
    const double value = strtod(text, NULL);
    free(text);
    return value;
}
