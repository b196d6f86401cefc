/*
 * collect - copies finished logs of another machine to the logs here.
 *
 * Every FROM/ARM/seed-N.tsv is read and verified with all its digests; its path must fit its arm and
 * seed. If RESULTS has no such log, the file is copied byte for byte. If it has one, nothing is
 * overwritten: equal bytes need no copy; the same run trained again (equal run digest, other times)
 * agrees and is not copied; anything else is a difference that somebody must explain.
 */
#ifndef KDECAY_COLLECT_H
#define KDECAY_COLLECT_H

#include <stdio.h>

/* Write to `out` a line for each log that was copied, agrees or is refused, and a last line with their
 * numbers. Returns the number of refused logs: damaged, at a wrong path, or different. Dies if there
 * is no log below `from`, or if a log cannot be written. */
long collect(const char *from, const char *results, FILE *out);

#endif
