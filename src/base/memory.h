/*
 * memory - allocation that does not fail quietly.
 *
 * Every function dies with the size asked for when the machine has no more memory. All blocks
 * are released with free(). Tensors are aligned to a cache line so that no two shards share one.
 */
#ifndef KDECAY_MEMORY_H
#define KDECAY_MEMORY_H

#include "base/error.h"

#include <stddef.h>

enum { CACHE_LINE = 64 }; /* bytes */

/* The number of elements of an array that is none of a function's parameters. */
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* `count` zeroed objects of `size` bytes. */
void *memory_zeroed(size_t count, size_t size);

/* The same, aligned to a cache line: tensors. */
void *memory_aligned(size_t count, size_t size);
float *memory_floats(size_t count);

/* Resize as realloc() does; growth is not zeroed. */
void *memory_resize(void *block, size_t count, size_t size);

/* A formatted string of its own. */
char *memory_text(const char *format, ...) PRINTF_LIKE(1, 2);

/* The first `length` bytes as a string of its own. */
char *memory_copy(const char *bytes, size_t length);

/* A growing string; start from {0}, release with free(text). */
struct text {
    char *bytes; /* NUL-terminated once something was added */
    size_t length, capacity;
};
void text_add(struct text *text, const char *format, ...) PRINTF_LIKE(2, 3);

/* Let libraries die as well where they would crash: C++'s `new` from this call on, at the start of
 * the program; posix_memalign always, which memory.c takes the place of. */
void memory_guard_libraries(void);

#endif
