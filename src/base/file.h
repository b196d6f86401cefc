/*
 * file - files appear whole or not at all.
 */
#ifndef KDECAY_FILE_H
#define KDECAY_FILE_H

#include "base/error.h"
#include "base/memory.h"

#include <stddef.h>

/* Read a whole file. Returns NUL-terminated bytes to free(), their number in *size (which may be
 * NULL); or NULL with *error set. */
char *file_read(const char *path, size_t *size, struct error *error);

/* Write `size` bytes to PATH.tmp, flush them to the disk, rename to PATH. Missing folders are
 * made. Dies on any error; PATH is then as it was. */
void file_write(const char *path, const void *bytes, size_t size);

/* As file_write(); but a file that holds these bytes already is left alone, so that make does not
 * take it for a new one. */
void file_update(const char *path, const void *bytes, size_t size);

/* The same with a text, which is empty afterwards, and a path, which is freed. */
void file_update_text(char *path, struct text *text);

/* Disable fsync in file_write() for this process: for many scratch files that nobody needs after a
 * power cut. */
void file_stop_flushing(void);

/* Make the folders above `path`. */
void file_make_parents(const char *path);

int file_exists(const char *path);

/* Keep other processes away from the files that are named after PATH until file_unlock() or the
 * end of this process, whatever ends it: the kernel holds the lock (flock), the empty hidden file
 * FOLDER/.NAME.lock that a killed process leaves behind locks nothing. Missing folders are made.
 * Dies where another process has the lock, or the file cannot be made. */
struct file_lock {
    char *path;
    int descriptor;
};
struct file_lock file_lock(const char *path);
void file_unlock(struct file_lock *lock);
/* Whether a process, on this machine or wherever the file system carries flock to, has the lock. */
int file_is_locked(const char *path);

/* The same, of this machine alone, without touching the lock: by the kernel's list /proc/locks. For
 * those who only look; 0 where the list cannot be read. */
int file_lock_is_seen(const char *path);

/* All files below `folder` whose names end in `suffix`, but hidden ones, as paths sorted bytewise
 * (so that no listing depends on the file system's order). A folder that is missing has none; dies
 * where one cannot be read. The array of *count strings and each string are to be freed. */
char **file_list(const char *folder, const char *suffix, size_t *count);

#endif
