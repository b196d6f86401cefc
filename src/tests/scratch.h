/*
 * scratch - a folder of a test's own, and captured runs of the program.
 */
#ifndef KDECAY_SCRATCH_H
#define KDECAY_SCRATCH_H

#include "base/error.h"

/* Make an empty folder below build/ (the tests run from the project's root); free() the name. */
char *scratch_folder(void);
/* Remove it with all that is in it, and free the name. */
void scratch_remove(char *folder);

/* Write a small text file FOLDER/NAME. */
void scratch_write(const char *folder, const char *name, const char *text);

/* Replace the first `old` in FOLDER/NAME, which must be there, by `new`. */
void scratch_edit(const char *folder, const char *name, const char *old, const char *new);

/* Run a shell command, which must end with this exit status; what it printed, both streams. free()
 * it. */
char *scratch_output(int status, const char *format, ...) PRINTF_LIKE(2, 3);
/* The same, where that must hold `words`. */
void scratch_expect(int status, const char *words, const char *format, ...) PRINTF_LIKE(3, 4);

/* Run a shell command; its exit status (128 + N when killed by signal N), and what it printed
 * (both streams) in *output, to be freed. `output` may be NULL. */
int scratch_run(const char *command, char **output);

#endif
