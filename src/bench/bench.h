/*
 * bench - training speed and memory of networks, beside PyTorch's where it is there.
 *
 * Every measurement is a process of its own (bench_measure.h; for PyTorch, the script), so that
 * its peak memory is that of one network. A measurement may take the memory that the machine has
 * free, no more. For each network and precision, rounds go over all programs: ours on the threads
 * asked for, ours on one, PyTorch in each of its settings; so a slow minute of the machine hits
 * all of them. A number is the median of its rounds; PyTorch's is that of its fastest setting.
 *
 * PyTorch's settings: the layout of its maps (contiguous, channels-last), and whether glibc keeps
 * freed memory instead of handing it back to the kernel page by page (allocator: plain, keeping).
 *
 * The machine's own peak, multiply-adds and copies of memory (machine_peak.h), is measured in turn
 * with the programs.
 *
 * The script is called as `SCRIPT version`, and as
 * `SCRIPT EXPERIMENT.txt --precision f32|bf16 --layout contiguous|channels-last --threads N
 * --seconds N`, with a canonical text. For the first it prints one line, which the tables quote;
 * for the second, lines of bench_measure()'s form: train, peak.
 *
 * Files in `out`, renewed after each network:
 *
 *   bench.txt   tables, and why what is missing is missing
 *   bench.csv   the same numbers, a row a network and precision
 *   rounds.csv  every measurement
 */
#ifndef KDECAY_BENCH_H
#define KDECAY_BENCH_H

#include <stddef.h>

struct bench_options {
    char **experiments; /* files */
    size_t experiment_count;
    const char *const *overrides;
    size_t override_count;
    int threads, rounds;
    double seconds;       /* of training in a measurement, at least */
    const char *torch;    /* the script; NULL: no PyTorch */
    const char *python;   /* its interpreter; NULL: the script runs by itself */
    const char *out;      /* folder */
    const char *program;  /* version */
    const char *compiler; /* and flags */
};

/* Dies where an experiment cannot be read. What cannot be measured is told in bench.txt. */
void bench_run(const struct bench_options *options);

#endif
