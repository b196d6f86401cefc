/*
 * clock - the clock of progress lines, of a log's columns wall_* and of benchmarks. No result
 * depends on it.
 */
#ifndef KDECAY_CLOCK_H
#define KDECAY_CLOCK_H

/* Since some moment in the past; never set back. */
double clock_seconds(void);

#endif
