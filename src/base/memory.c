#define _POSIX_C_SOURCE 200809L
#include "base/memory.h"

#include <malloc.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static size_t product(size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size)
        die("%zu objects of %zu bytes do not fit into the address space", count, size);
    return count * size;
}

void *memory_zeroed(size_t count, size_t size)
{
    void *block = calloc(count ? count : 1, size ? size : 1);
    if (!block)
        die("out of memory: %zu bytes were asked for", product(count, size));
    return block;
}

void *memory_aligned(size_t count, size_t size)
{
    const size_t bytes = product(count ? count : 1, size);
    void *block = memalign(CACHE_LINE, bytes);
    if (!block)
        die("out of memory: %zu bytes were asked for", bytes);
    memset(block, 0, bytes);
    return block;
}

float *memory_floats(size_t count)
{
    return memory_aligned(count, sizeof(float));
}

void *memory_resize(void *block, size_t count, size_t size)
{
    const size_t bytes = product(count ? count : 1, size);
    void *resized = realloc(block, bytes);
    if (!resized)
        die("out of memory: %zu bytes were asked for", bytes);
    return resized;
}

/* ---- Strings -------------------------------------------------------------------------------- */

char *memory_text(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0)
        BUG("a format string that vsnprintf refuses");
    char *text = memory_zeroed((size_t)length + 1, 1);
    va_start(arguments, format);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    va_end(arguments);
    return text;
}

char *memory_copy(const char *bytes, size_t length)
{
    char *text = memory_zeroed(length + 1, 1);
    memcpy(text, bytes, length);
    return text;
}

void text_add(struct text *text, const char *format, ...)
{
    /* most texts fit at the first try, so their numbers are formatted only once */
    for (;;) {
        const size_t room = text->capacity - text->length;
        va_list arguments;
        va_start(arguments, format);
        const int length =
            vsnprintf(text->bytes ? text->bytes + text->length : NULL, room, format, arguments);
        va_end(arguments);
        if (length < 0)
            BUG("a format string that vsnprintf refuses");
        if ((size_t)length < room) {
            text->length += (size_t)length;
            return;
        }
        text->capacity = 2 * (text->length + (size_t)length + 1);
        text->bytes = memory_resize(text->bytes, text->capacity, 1);
    }
}

/* ---- Libraries ----------------------------------------------------------------------------- */

/* oneDNN allocates with `new`, which throws through C, and with posix_memalign, whose NULL oneDNN
 * 2.6 does not check. Both failures end here, in any thread. The first thread to fail prints the
 * message and ends the process by _exit(), since exit() would free what other threads still use. */
static void die_in_library(void)
{
    static atomic_flag said = ATOMIC_FLAG_INIT;
    while (atomic_flag_test_and_set(&said))
        pause();
    fputs("kdecay: out of memory: oneDNN asked for more\n", stderr);
    _exit(EXIT_FAILURE);
}

/* std::set_new_handler, by its name in the C++ ABI of Linux; returns the handler before. */
extern void (*set_new_handler(void (*handler)(void)))(void) __asm__("_ZSt15set_new_handlerPFvvE");

void memory_guard_libraries(void)
{
    set_new_handler(die_in_library);
}

/* Takes the place of libc's. */
int posix_memalign(void **block, size_t alignment, size_t size)
{
    *block = memalign(alignment, size);
    if (!*block)
        die_in_library();
    return 0;
}
