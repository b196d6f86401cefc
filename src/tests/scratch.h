/*
 * scratch - a folder of a test's own, and captured runs of the program.
 */
#ifndef KDECAY_SCRATCH_H
#define KDECAY_SCRATCH_H

/* Make an empty folder below build/ (the tests run from the project's root); free() the name. */
char *scratch_folder(void);
/* Remove it with all that is in it, and free the name. */
void scratch_remove(char *folder);

/* Write a small text file FOLDER/NAME. */
void scratch_write(const char *folder, const char *name, const char *text);

/* Run a shell command; its exit status (128 + N when killed by signal N), and what it printed
 * (both streams) in *output, to be freed. `output` may be NULL. */
int scratch_run(const char *command, char **output);

#endif
