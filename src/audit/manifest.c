#include "audit/manifest.h"

#include "base/digest.h"
#include "base/file.h"

#include <stdlib.h>
#include <string.h>

int manifest_add(struct text *lines, const char *path, const char *name, struct error *error)
{
    if (strchr(name, '\n'))
        return error_set(error, "%s: expected a name without a newline; move the file away", path);
    size_t size = 0;
    char *bytes = file_read(path, &size, error);
    if (!bytes)
        return -1;
    text_add(lines, "%s  %s\n", digest_of(bytes, size).hex, name);
    free(bytes);
    return 0;
}

static const char *name_of(const char *line, size_t *length)
{
    const char *name = line + DIGEST_LENGTH + 2;
    *length = strcspn(name, "\n");
    return name;
}

/* The line of `lines`, a well-formed list, whose file is `name` (of `length` bytes), or NULL. */
static const char *line_of(const char *lines, const char *name, size_t length)
{
    for (const char *line = lines; *line; line = strchr(line, '\n') + 1) {
        size_t other_length;
        const char *other = name_of(line, &other_length);
        if (other_length == length && memcmp(other, name, length) == 0)
            return line;
    }
    return NULL;
}

/* 0 if each line is "64 hexadecimal digits, two blanks, name". */
static int check_form(const char *path, const char *lines, struct check *check)
{
    int number = 1;
    for (const char *line = lines; *line; number++) {
        const char *newline = strchr(line, '\n');
        if (!newline || strspn(line, "0123456789abcdef") != DIGEST_LENGTH ||
            strncmp(line + DIGEST_LENGTH, "  ", 2) != 0 || newline <= line + DIGEST_LENGTH + 2) {
            check_fail(check, "%s:%d: expected a SHA-256, two blanks and a file's name", path,
                       number);
            return -1;
        }
        line = newline + 1;
    }
    return 0;
}

static void compare_lines(const char *path, const char *kept, const char *made, const char *differs,
                          struct check *check)
{
    for (const char *line = made; *line; line = strchr(line, '\n') + 1) {
        size_t length;
        const char *name = name_of(line, &length);
        const char *other = line_of(kept, name, length);
        if (!other)
            check_fail(check, "%.*s: not listed in %s", (int)length, name, path);
        else if (strncmp(line, other, DIGEST_LENGTH) != 0)
            check_fail(check, "%.*s: %s", (int)length, name, differs);
    }
    for (const char *line = kept; *line; line = strchr(line, '\n') + 1) {
        size_t length;
        const char *name = name_of(line, &length);
        if (!line_of(made, name, length))
            check_fail(check, "%.*s: listed in %s, but not there", (int)length, name, path);
        else if (line_of(kept, name, length) != line)
            check_fail(check, "%.*s: listed twice in %s", (int)length, name, path);
    }
}

void manifest_compare(const char *path, const char *made, const char *differs, struct check *check)
{
    struct error error;
    size_t size = 0;
    char *kept = file_read(path, &size, &error);
    if (!kept) {
        check_fail(check, "%s", error.text);
        return;
    }
    for (const char *line = made; *line; line = strchr(line, '\n') + 1)
        check->checked++;
    check->bitwise = check->checked;
    const long failed = check->failed;
    if (check_form(path, kept, check) == 0)
        compare_lines(path, kept, made, differs, check);
    if (check->failed == failed && (size != strlen(made) || memcmp(kept, made, size) != 0))
        check_fail(check,
                   "%s: its lines are in another order, or something follows them; `make "
                   "keep` writes it",
                   path);
    free(kept);
}
