#define _DEFAULT_SOURCE /* flock */
#include "base/file.h"

#include "base/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

char *file_read(const char *path, size_t *size, struct error *error)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        error_set(error, "%s: cannot be opened: %s", path, strerror(errno));
        return NULL;
    }
    char *bytes = NULL;
    size_t length = 0, capacity = 1 << 16;
    for (;;) {
        bytes = memory_resize(bytes, capacity, 1);
        length += fread(bytes + length, 1, capacity - 1 - length, file);
        if (length < capacity - 1)
            break;
        capacity *= 2;
    }
    const int broken = ferror(file);
    fclose(file);
    if (broken) {
        error_set(error, "%s: cannot be read to its end (is it a folder?)", path);
        free(bytes);
        return NULL;
    }
    bytes = memory_resize(bytes, length + 1, 1); /* so that tools notice a read beyond the end */
    bytes[length] = '\0';
    if (size)
        *size = length;
    return bytes;
}

void file_make_parents(const char *path)
{
    char *folder = memory_text("%s", path);
    for (char *slash = strchr(folder + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(folder, 0777) != 0 && errno != EEXIST)
            die_errno("%s: the folder cannot be made", folder);
        *slash = '/';
    }
    free(folder);
}

static int flushing = 1;

void file_stop_flushing(void)
{
    flushing = 0;
}

/* A rename is on the disk only when its folder is. */
static void flush_folder_of(const char *path)
{
    char *folder = memory_text("%s", path);
    char *slash = strrchr(folder, '/');
    if (slash)
        *slash = '\0';
    const int descriptor = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY);
    if (descriptor < 0 || fsync(descriptor) != 0 || close(descriptor) != 0)
        die_errno("%s: its folder cannot be flushed to the disk", path);
    free(folder);
}

/* A part of a file helps nobody, and a full disk needs the room. */
static _Noreturn void die_without(const char *path, const char *what)
{
    const int saved = errno;
    unlink(path);
    errno = saved;
    die_errno("%s: cannot be %s", path, what);
}

void file_write(const char *path, const void *bytes, size_t size)
{
    file_make_parents(path);
    char *beside = memory_text("%s.tmp", path);
    FILE *file = fopen(beside, "wb");
    if (!file)
        die_errno("%s: cannot be created", beside);
    if (fwrite(bytes, 1, size, file) != size || fflush(file) != 0 ||
        (flushing && fsync(fileno(file)) != 0))
        die_without(beside, "written");
    if (fclose(file) != 0)
        die_without(beside, "closed");
    if (rename(beside, path) != 0)
        die_without(beside, "renamed");
    if (flushing)
        flush_folder_of(path);
    free(beside);
}

void file_update(const char *path, const void *bytes, size_t size)
{
    struct error error;
    size_t old_size = 0;
    char *old = file_exists(path) ? file_read(path, &old_size, &error) : NULL;
    if (!old || old_size != size || memcmp(old, bytes, size) != 0)
        file_write(path, bytes, size);
    free(old);
}

void file_update_text(char *path, struct text *text)
{
    file_update(path, text->bytes ? text->bytes : "", text->length);
    free(path);
    free(text->bytes);
    *text = (struct text){0};
}

int file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

/* ---- Locks --------------------------------------------------------------------------------- */

static char *lock_path(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    return memory_text("%.*s.%s.lock", (int)(name - path), path, name);
}

struct file_lock file_lock(const char *path)
{
    file_make_parents(path);
    struct file_lock lock = {.path = lock_path(path)};
    lock.descriptor = open(lock.path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (lock.descriptor < 0)
        die_errno("%s: cannot be created", lock.path);
    if (flock(lock.descriptor, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK)
            die("%s: another process works on it; wait for its end, or stop it", path);
        die_errno("%s: cannot be locked", lock.path);
    }
    return lock;
}

void file_unlock(struct file_lock *lock)
{
    unlink(lock->path);
    close(lock->descriptor);
    free(lock->path);
}

int file_is_locked(const char *path)
{
    char *lock = lock_path(path);
    const int descriptor = open(lock, O_RDWR | O_CLOEXEC);
    const int locked =
        descriptor >= 0 && flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    if (descriptor >= 0)
        close(descriptor);
    free(lock);
    return locked;
}

/* A line of the list: "1: FLOCK  ADVISORY  WRITE PID MAJOR:MINOR:INODE START END". */
int file_lock_is_seen(const char *path)
{
    char *lock = lock_path(path), *device = NULL;
    struct stat about;
    FILE *list = stat(lock, &about) == 0 ? fopen("/proc/locks", "r") : NULL;
    char line[256];
    int seen = 0;
    if (list)
        device = memory_text(" %02x:%02x:%llu ", major(about.st_dev), minor(about.st_dev),
                             (unsigned long long)about.st_ino);
    while (list && !seen && fgets(line, sizeof line, list))
        seen = strstr(line, " FLOCK ") && strstr(line, device);
    if (list)
        fclose(list);
    free(device);
    free(lock);
    return seen;
}

/* ---- Listings ------------------------------------------------------------------------------ */

static void list_below(const char *folder, const char *suffix, char ***paths, size_t *count)
{
    DIR *directory = opendir(folder);
    if (!directory && errno == ENOENT)
        return;
    if (!directory)
        die_errno("%s: the folder cannot be read", folder);
    for (struct dirent *entry; errno = 0, (entry = readdir(directory));) {
        if (entry->d_name[0] == '.')
            continue;
        char *path = memory_text("%s/%s", folder, entry->d_name);
        struct stat status;
        const size_t length = strlen(path), tail = strlen(suffix);
        if (stat(path, &status) == 0 && S_ISDIR(status.st_mode)) {
            list_below(path, suffix, paths, count);
        } else if (length >= tail && strcmp(path + length - tail, suffix) == 0) {
            *paths = memory_resize(*paths, *count + 1, sizeof **paths);
            (*paths)[(*count)++] = path;
            continue;
        }
        free(path);
    }
    if (errno != 0)
        die_errno("%s: the folder cannot be read to its end", folder);
    closedir(directory);
}

static int compare_paths(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

char **file_list(const char *folder, const char *suffix, size_t *count)
{
    char **paths = NULL;
    *count = 0;
    list_below(folder, suffix, &paths, count);
    if (*count)
        qsort(paths, *count, sizeof *paths, compare_paths);
    return paths;
}
