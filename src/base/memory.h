/*
 * memory - allocation that does not fail quietly.
 *
 * If the machine has no more memory, every function dies with a message that tells the requested
 * size. All blocks are released with free(). Tensors are aligned to a cache line, so that two shards
 * never share one.
 */
#ifndef KDECAY_MEMORY_H
#define KDECAY_MEMORY_H

#include "base/error.h"

#include <stddef.h>

enum { CACHE_LINE = 64 }; /* bytes */

/* The number of elements of an array. Not for a parameter of a function, which is a pointer. */
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* `count` zeroed objects of `size` bytes. */
void *memory_zeroed(size_t count, size_t size);

/* The same, aligned to a cache line: tensors. */
void *memory_aligned(size_t count, size_t size);
float *memory_floats(size_t count);

/* Resize as realloc() does; the new part is not zeroed. */
void *memory_resize(void *block, size_t count, size_t size);

/* A new formatted string. */
char *memory_text(const char *format, ...) PRINTF_LIKE(1, 2);

/* The first `length` bytes as a new string. */
char *memory_copy(const char *bytes, size_t length);

/* A growing string; start from {0}, release with free(text). */
struct text {
    char *bytes; /* NUL-terminated once something was added */
    size_t length, capacity;
};
void text_add(struct text *text, const char *format, ...) PRINTF_LIKE(2, 3);

/* Make libraries die with a message, too, where they would crash: C++'s `new`, after this call at
 * the start of the program. (posix_memalign needs no call: memory.c replaces it.) */
void memory_guard_libraries(void);

#endif
