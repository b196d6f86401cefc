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

/* As file_write(), but do not touch a file that already holds these bytes, so that make does not
 * take it for a new one. */
void file_update(const char *path, const void *bytes, size_t size);

/* The same with a text and a path. The text is empty afterwards; the path is freed. */
void file_update_text(char *path, struct text *text);

/* Disable fsync in file_write() for this process. This is for many scratch files that nobody needs
 * after a power cut. */
void file_stop_flushing(void);

/* Make the folders above `path`. */
void file_make_parents(const char *path);

int file_exists(const char *path);

/* Keep other processes away from the files that are named after PATH, until file_unlock() or until
 * this process ends for any reason. The kernel holds the lock (flock), so the empty hidden file
 * FOLDER/.NAME.lock of a killed process locks nothing. Missing folders are made. Dies if another
 * process has the lock, or if the file cannot be made. */
struct file_lock {
    char *path;
    int descriptor;
};
struct file_lock file_lock(const char *path);
void file_unlock(struct file_lock *lock);
/* Whether a process has the lock, on this machine or on another one that shares the file system's
 * locks. */
int file_is_locked(const char *path);

/* The same, for this machine only, from the kernel's list /proc/locks: it does not touch the lock,
 * so it can be used by a program that only looks. 0 if the list cannot be read. */
int file_lock_is_seen(const char *path);

/* The paths of all files below `folder` whose names end in `suffix`, without hidden ones. They are
 * sorted bytewise, so that no listing depends on the file system's order. A missing folder has no
 * files. Dies if a folder cannot be read. Free the array of *count strings and each string. */
char **file_list(const char *folder, const char *suffix, size_t *count);

#endif
