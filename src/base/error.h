/*
 * error - how the program says that something is wrong.
 *
 * There are two ways:
 *   - die():  a command cannot go on. It prints one line on standard error; the exit status is 1.
 *   - error_set(): a reader of user files (experiments, logs) has found a bad file. The caller, such
 *             as the audit, decides whether to go on. The line is kept in a struct error.
 * A message says what is wrong, where, what was expected and what to do. No input of a user, typed or
 * in a file, may end in an assertion: BUG() is only for errors of this program.
 */
#ifndef KDECAY_ERROR_H
#define KDECAY_ERROR_H

#define PRINTF_LIKE(at, first) __attribute__((format(printf, at, first)))

struct error {
    char text[1024]; /* one line, without the newline */
};

/* Print "kdecay: MESSAGE" and exit with status 1. */
_Noreturn void die(const char *format, ...) PRINTF_LIKE(1, 2);

/* The same with status 3: the experiment is right, but this machine lacks what it needs. So
 * `make smoke` can tell a run that is impossible here from a run that fails. */
_Noreturn void die_lacking(const char *what);

/* The same with STATUS_STOPPED: a run was asked to stop, and the same command resumes it. So a task
 * on a cluster knows that it must go back into the queue. */
enum { STATUS_STOPPED = 4 };
_Noreturn void die_stopped(const char *format, ...) PRINTF_LIKE(1, 2);

/* As die(), followed by the text of errno. */
_Noreturn void die_errno(const char *format, ...) PRINTF_LIKE(1, 2);

/* Store the message in *error (which may be NULL) and return -1. */
int error_set(struct error *error, const char *format, ...) PRINTF_LIKE(2, 3);

/* The program is in a state that its own logic excludes: print the place and abort. */
#define BUG(what) bug_at(__FILE__, __LINE__, what)
_Noreturn void bug_at(const char *file, int line, const char *what);

#endif
