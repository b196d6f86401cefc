/*
 * lines - a text file as lines, which can be dropped, doubled, swapped and replaced.
 */
#ifndef KDECAY_LINES_H
#define KDECAY_LINES_H

#include <stddef.h>

struct lines {
    char **line; /* without newlines */
    size_t count;
};

/* The file's lines, without empty ones. Dies if the file cannot be read. */
struct lines lines_of(const char *path);
void lines_free(struct lines *lines);

void lines_drop(struct lines *lines, size_t i);
void lines_double(struct lines *lines, size_t i);
void lines_swap(struct lines *lines, size_t i, size_t j);

/* Takes `line` over. */
void lines_set(struct lines *lines, size_t i, char *line);

#endif
