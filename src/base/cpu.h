/*
 * processor - the name of the CPU.
 */
#ifndef KDECAY_PROCESSOR_H
#define KDECAY_PROCESSOR_H

/* As Linux tells it, "unknown CPU" where it does not; free() it. */
char *processor_name(void);

#endif
