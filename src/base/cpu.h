/*
 * cpu - the name of the CPU.
 */
#ifndef KDECAY_CPU_H
#define KDECAY_CPU_H

/* The name that Linux gives, or "unknown CPU" if it gives none; free() it. */
char *cpu_name(void);

#endif
