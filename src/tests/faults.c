/*
 * faults - a library to preload before the program (LD_PRELOAD): makes rare failures happen.
 *
 *   FAULT_ALLOCATION=N  the N-th allocation fails
 *   FAULT_MEMORY=N      the N-th allocation and all after it fail
 *   FAULT_KILL=N        SIGKILL at the N-th call of fopen for writing, fwrite, fsync or rename;
 *                       an fwrite has then written the first half of its bytes
 *   FAULT_COUNT=FILE    appends the numbers of both kinds of calls to FILE at the end
 *
 * Allocations are calls of malloc, calloc, realloc, posix_memalign, aligned_alloc and memalign by
 * the program and its libraries. Those of libc within itself cannot be reached from here.
 */
#define _GNU_SOURCE /* RTLD_NEXT */
#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static atomic_long allocations, writes;
static long failing_allocation, failing_memory, killing_write; /* 0: none */

static long from_environment(const char *name)
{
    const char *value = getenv(name);
    return value ? strtol(value, NULL, 10) : 0;
}

__attribute__((constructor)) static void start(void)
{
    failing_allocation = from_environment("FAULT_ALLOCATION");
    failing_memory = from_environment("FAULT_MEMORY");
    killing_write = from_environment("FAULT_KILL");
    allocations = writes = 0; /* from here on, what the loader takes is not counted */
}

__attribute__((destructor)) static void end(void)
{
    const char *path = getenv("FAULT_COUNT");
    const long all[] = {allocations, writes};
    FILE *file = path ? fopen(path, "a") : NULL;
    if (file) {
        fprintf(file, "%ld %ld\n", all[0], all[1]);
        fclose(file);
    }
}

static int fails(void)
{
    const long n = ++allocations;
    return n == failing_allocation || (failing_memory > 0 && n >= failing_memory);
}

void *malloc(size_t size)
{
    if (!fails())
        return __libc_malloc(size);
    errno = ENOMEM;
    return NULL;
}

void *calloc(size_t count, size_t size)
{
    if (!fails())
        return __libc_calloc(count, size);
    errno = ENOMEM;
    return NULL;
}

void *realloc(void *block, size_t size)
{
    if (!fails())
        return __libc_realloc(block, size);
    errno = ENOMEM;
    return NULL;
}

void *memalign(size_t alignment, size_t size)
{
    if (!fails())
        return __libc_memalign(alignment, size);
    errno = ENOMEM;
    return NULL;
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}

int posix_memalign(void **block, size_t alignment, size_t size)
{
    *block = memalign(alignment, size);
    return *block ? 0 : ENOMEM;
}

/* ---- Writes -------------------------------------------------------------------------------- */

static int kills(void)
{
    return ++writes == killing_write;
}

/* POSIX's way from dlsym's object pointer to a function pointer. */
#define NEXT(function) *(void **)&function = dlsym(RTLD_NEXT, #function + 5)

FILE *fopen(const char *path, const char *mode)
{
    static FILE *(*next_fopen)(const char *, const char *);
    if (!next_fopen)
        NEXT(next_fopen);
    FILE *file = next_fopen(path, mode);
    if (mode[0] == 'w' && kills())
        raise(SIGKILL);
    return file;
}

size_t fwrite(const void *bytes, size_t size, size_t count, FILE *file)
{
    static size_t (*next_fwrite)(const void *, size_t, size_t, FILE *);
    static int (*next_fflush)(FILE *);
    if (!next_fwrite) {
        NEXT(next_fwrite);
        NEXT(next_fflush);
    }
    if (file != stderr && file != stdout && kills()) {
        next_fwrite(bytes, size, count / 2, file);
        next_fflush(file);
        raise(SIGKILL);
    }
    return next_fwrite(bytes, size, count, file);
}

int fsync(int descriptor)
{
    static int (*next_fsync)(int);
    if (!next_fsync)
        NEXT(next_fsync);
    if (kills())
        raise(SIGKILL);
    return next_fsync(descriptor);
}

int rename(const char *from, const char *to)
{
    static int (*next_rename)(const char *, const char *);
    if (!next_rename)
        NEXT(next_rename);
    if (kills())
        raise(SIGKILL);
    return next_rename(from, to);
}
