/*
 * places - what the tests read of a text file by line, column or key, by hand and not by the
 * readers that they test. All texts are to free(); what is not there is "" or NaN.
 */
#ifndef KDECAY_PLACES_H
#define KDECAY_PLACES_H

char *places_text(const char *path);

/* The field under a column's name in a line of a file; "" where there is none. The names stand in
 * the first line that is no comment. */
char *places_field(const char *path, long number, const char *column);

double places_number(const char *path, long line, const char *column);

/* The line after "KEY: " in a log's header or end; its number in *line, which may be NULL. */
char *places_header(const char *path, const char *key, long *line);

double places_header_number(const char *path, const char *key);

/* The first of a log's rows below line `line` (0: of all), 0 where there is none. Rows begin with a
 * digit; between them stand lines that tell where a run was resumed. */
long places_next_row(const char *path, long line);

int places_diverged(const char *path);

/* The line that a number of a whole run is said to come from. */
long places_end(const char *path);

#endif
