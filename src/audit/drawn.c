#include "audit/drawn.h"

#include "base/digest.h"
#include "base/file.h"

#include <stdlib.h>
#include <string.h>

/* A list, cut into lines; and a part of one. */
struct list {
    char *bytes;
    char **line;
    size_t count;
};

static int read_list(const char *path, struct list *list, struct error *error)
{
    *list = (struct list){.bytes = file_read(path, NULL, error)};
    if (!list->bytes)
        return -1;
    for (char *line = strtok(list->bytes, "\n"); line; line = strtok(NULL, "\n")) {
        list->line = memory_resize(list->line, list->count + 1, sizeof *list->line);
        list->line[list->count++] = line;
        if (line[0] != '#' && (strspn(line, "0123456789abcdef") != DIGEST_LENGTH ||
                               strncmp(line + DIGEST_LENGTH, "  ", 2) != 0))
            return error_set(error, "%s:%zu: expected \"# PACKAGE VERSION\" or \"SHA-256  FILE\"",
                             path, list->count);
    }
    return 0;
}

static void free_list(struct list *list)
{
    free(list->bytes);
    free(list->line);
}

/* ---- Sections ----------------------------------------------------------------------------- */

/* The section that begins with line `start`: versions, then digests. */
static struct list section_at(const struct list *list, size_t start)
{
    size_t end = start;
    while (end < list->count && list->line[end][0] == '#')
        end++;
    while (end < list->count && list->line[end][0] != '#')
        end++;
    return (struct list){.line = list->line + start, .count = end - start};
}

static const char *system_of(const struct list *section)
{
    return section->count && section->line[0][0] == '#' ? section->line[0] : "# no system";
}

/* The section of the system, or an empty one. */
static struct list section_of(const struct list *list, const char *system)
{
    for (size_t start = 0; start < list->count;) {
        const struct list section = section_at(list, start);
        if (strcmp(system_of(&section), system) == 0)
            return section;
        start += section.count;
    }
    return (struct list){0};
}

/* ---- Comparison --------------------------------------------------------------------------- */

/* The subject of a line: a file, or a package with its version. */
static const char *subject_of(const char *line)
{
    return line[0] == '#' ? line : line + DIGEST_LENGTH + 2;
}

static const char *find(const struct list *list, const char *subject)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(subject_of(list->line[i]), subject) == 0)
            return list->line[i];
    return NULL;
}

/* The first package line of `a` that is not in `b`, or NULL. */
static const char *other_version(const struct list *a, const struct list *b)
{
    for (size_t i = 0; i < a->count; i++)
        if (a->line[i][0] == '#' && !find(b, a->line[i]))
            return a->line[i];
    return NULL;
}

static void compare(const struct list *kept, const struct list *made, int all, struct drawn *drawn)
{
    for (size_t i = 0; i < made->count; i++) {
        const char *file = subject_of(made->line[i]), *line = find(kept, file);
        if (made->line[i][0] == '#' || (!all && strcmp(file, DRAWN_WORDS) != 0))
            continue;
        drawn->checked++;
        if (!line)
            text_add(&drawn->failures, "%s: no digest of it is kept; `make keep`\n", file);
        else if (strcmp(line, made->line[i]) != 0)
            text_add(&drawn->failures, "%s: drawn anew it differs from the kept digest\n", file);
    }
    for (size_t i = 0; i < kept->count; i++) {
        const char *file = subject_of(kept->line[i]);
        if (kept->line[i][0] != '#' && !find(made, file))
            text_add(&drawn->failures, "%s: a digest of it is kept, but it was not drawn\n", file);
    }
}

/* Compare the new files with the section of their system. If there is none, compare their words with
 * those of the first section. */
static void compare_sections(const struct list *kept, const struct list *made, struct drawn *drawn)
{
    const char *system = system_of(made);
    struct list section = section_of(kept, system);
    if (section.count == 0) {
        section = section_at(kept, 0);
        compare(&section, made, 0, drawn);
        text_add(
            &drawn->note,
            "no digests are kept for %s: of the drawings only the paper's words were compared, "
            "with those of %s; `make keep` adds a section",
            system + 2, system_of(&section) + 2);
        return;
    }
    const char *here = other_version(made, &section), *there = other_version(&section, made);
    compare(&section, made, !here && !there, drawn);
    if (here || there)
        text_add(&drawn->note,
                 "other versions than those of the kept digests (here %s, there %s): of the "
                 "drawings only the paper's words were compared; tables and plot data are the "
                 "check regeneration's",
                 here ? here + 2 : "nothing more", there ? there + 2 : "nothing more");
}

void drawn_compare(const char *kept_path, const char *made_path, struct drawn *drawn)
{
    struct list kept = {0}, made = {0};
    struct error error;
    *drawn = (struct drawn){0};
    if (read_list(kept_path, &kept, &error) != 0 || read_list(made_path, &made, &error) != 0)
        text_add(&drawn->failures, "%s\n", error.text);
    else
        compare_sections(&kept, &made, drawn);
    free_list(&kept);
    free_list(&made);
}

/* ---- Keeping ------------------------------------------------------------------------------ */

static void add_section(struct text *text, const struct list *section)
{
    for (size_t i = 0; i < section->count; i++)
        text_add(text, "%s\n", section->line[i]);
}

int drawn_keep(const char *kept_path, const char *made_path, struct error *error)
{
    struct list kept = {0}, made = {0};
    int status = read_list(made_path, &made, error);
    if (status == 0 && file_exists(kept_path))
        status = read_list(kept_path, &kept, error);
    if (status == 0) {
        struct text text = {0};
        int is_added = 0;
        for (size_t start = 0; start < kept.count;) {
            const struct list section = section_at(&kept, start);
            const int order = strcmp(system_of(&section), system_of(&made));
            if (order >= 0 && !is_added++)
                add_section(&text, &made);
            if (order != 0)
                add_section(&text, &section);
            start += section.count;
        }
        if (!is_added)
            add_section(&text, &made);
        file_write(kept_path, text.bytes, text.length);
        free(text.bytes);
    }
    free_list(&kept);
    free_list(&made);
    return status;
}
