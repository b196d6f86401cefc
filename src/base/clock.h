/*
 * clock - the clock for progress lines, for a log's columns wall_*, and for benchmarks. No result
 * depends on it.
 */
#ifndef KDECAY_CLOCK_H
#define KDECAY_CLOCK_H

/* Seconds since a fixed moment in the past. The clock never goes back. */
double clock_seconds(void);

#endif
