/*
 * error - how the program says that something is wrong.
 *
 * Two ways out, chosen by who must survive:
 *   - die():  a command cannot go on. One line on standard error, exit status 1.
 *   - error_set(): a reader of user files (experiments, logs) met a bad one; the caller, such as the
 *             audit, decides whether to go on. The line is kept in a struct error.
 * A message says what, where, what was expected and what to do. Nothing that a user can type or
 * write into a file may end in an assertion: BUG() is for errors of this program only.
 */
#ifndef KDECAY_ERROR_H
#define KDECAY_ERROR_H

#define PRINTF_LIKE(at, first) __attribute__((format(printf, at, first)))

struct error {
    char text[1024]; /* one line, without the newline */
};

/* Print "kdecay: MESSAGE" and exit with status 1. */
_Noreturn void die(const char *format, ...) PRINTF_LIKE(1, 2);

/* The same with status 3: the experiment is right, but this machine lacks what it needs. By this
 * `make smoke` tells a run that cannot be made here from one that fails. */
_Noreturn void die_lacking(const char *what);

/* The same with STATUS_STOPPED: a run was asked to stop, and the same command goes on. By this a
 * task on a cluster knows that it belongs back into the queue. */
enum { STATUS_STOPPED = 4 };
_Noreturn void die_stopped(const char *format, ...) PRINTF_LIKE(1, 2);

/* As die(), with the text of errno behind it. */
_Noreturn void die_errno(const char *format, ...) PRINTF_LIKE(1, 2);

/* Store the message in *error (which may be NULL) and return -1. */
int error_set(struct error *error, const char *format, ...) PRINTF_LIKE(2, 3);

/* A state that the program's own logic excludes: print where, and abort. */
#define BUG(what) bug_at(__FILE__, __LINE__, what)
_Noreturn void bug_at(const char *file, int line, const char *what);

#endif
