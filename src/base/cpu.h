/*
 * cpu - the name of the CPU.
 */
#ifndef KDECAY_CPU_H
#define KDECAY_CPU_H

/* As Linux tells it, "unknown CPU" where it does not; free() it. */
char *cpu_name(void);

#endif
