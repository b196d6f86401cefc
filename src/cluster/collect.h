/*
 * collect - finished logs that came from another machine, taken among those here.
 *
 * Every FROM/ARM/seed-N.tsv is read, with all its digests, and must lie at its own arm and seed.
 * Where RESULTS has no such log the file is copied, byte for byte. Where it has, nothing is ever
 * overwritten: equal bytes are no news, the same run trained again (equal run digest, other times)
 * agrees and stays where it is, and anything else is a difference that somebody must explain.
 */
#ifndef KDECAY_COLLECT_H
#define KDECAY_COLLECT_H

#include <stdio.h>

/* A line to `out` for each log that was copied, agrees or is refused, and a last line with their
 * numbers. Returns how many were refused: damaged, out of place, or different. Dies where there is
 * no log at all below `from`, or one cannot be written. */
long collect(const char *from, const char *results, FILE *out);

#endif
