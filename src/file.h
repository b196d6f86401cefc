/*
 * file - files appear whole or not at all.
 */
#ifndef KDECAY_FILE_H
#define KDECAY_FILE_H

#include "error.h"

#include <stddef.h>

/* Read a whole file. Returns NUL-terminated bytes to free(), their number in *size (which may be
 * NULL); or NULL with *error set. */
char *file_read(const char *path, size_t *size, struct error *error);

/* Write `size` bytes to PATH.tmp, flush them to the disk, rename to PATH. Missing folders are
 * made. Dies on any error; PATH is then as it was. */
void file_write(const char *path, const void *bytes, size_t size);

/* From now on file_write() of this process leaves it to the system when bytes reach the disk: for
 * many files that nobody needs after a power cut. */
void file_stop_flushing(void);

/* Make the folders above `path`. */
void file_make_parents(const char *path);

int file_exists(const char *path);

/* All files below `folder` whose names end in `suffix`, as paths sorted bytewise (so that no
 * listing depends on the file system's order). A folder that is missing has none. The array of
 * *count strings and each string are to be freed. */
char **file_list(const char *folder, const char *suffix, size_t *count);

#endif
