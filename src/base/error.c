#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Write the line in one piece: mpirun may put other lines between the pieces of a rank's output. */
static void say(const char *format, va_list arguments, const char *reason)
{
    enum { TEXT = 4096, REST = 256 };
    char text[TEXT], line[TEXT + REST];
    vsnprintf(text, sizeof text, format, arguments);
    for (char *c = text; (c = strpbrk(c, "\r\n")); c++)
        *c = ' '; /* typed text may hold newlines, but a message is one line */
    snprintf(line, sizeof line, "kdecay: %s%s%s\n", text, reason ? ": " : "", reason ? reason : "");
    fputs(line, stderr);
}

void die(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(format, arguments, NULL);
    va_end(arguments);
    exit(EXIT_FAILURE);
}

void die_lacking(const char *what)
{
    enum { STATUS = 3 };
    fprintf(stderr, "kdecay: %s\n", what);
    exit(STATUS);
}

void die_stopped(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(format, arguments, NULL);
    va_end(arguments);
    exit(STATUS_STOPPED);
}

void die_errno(const char *format, ...)
{
    const int saved = errno;
    va_list arguments;
    va_start(arguments, format);
    say(format, arguments, strerror(saved));
    va_end(arguments);
    exit(EXIT_FAILURE);
}

int error_set(struct error *error, const char *format, ...)
{
    if (error) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(error->text, sizeof error->text, format, arguments);
        va_end(arguments);
        for (char *at = error->text; *at; at++)
            if ((unsigned char)*at < ' ')
                *at = '?'; /* a user's text may hold newlines, but a message is one line */
    }
    return -1;
}

void bug_at(const char *file, int line, const char *what)
{
    fprintf(stderr, "kdecay: BUG at %s:%d: %s\n", file, line, what);
    abort();
}
