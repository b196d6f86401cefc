/*
 * bench - training speed and memory of networks, compared with PyTorch if it is installed.
 *
 * Every measurement is a process of its own (bench_measure.h; for PyTorch, the script), so that its
 * peak memory is the memory of one network. A measurement may use only the memory that is free on the
 * machine. For each network and precision, every round runs all programs: ours with the given threads,
 * ours with one thread, and PyTorch in each of its settings. So a slow minute of the machine affects
 * all of them. A number is the median of its rounds. PyTorch's number is that of its fastest setting.
 *
 * PyTorch's settings are the layout of its maps (contiguous, channels-last), and whether glibc keeps
 * freed memory or returns it to the kernel page by page (allocator: keeping, plain).
 *
 * The machine's own peak, multiply-adds and copies of memory (machine_peak.h), is measured in turn
 * with the programs.
 *
 * The script is called as `SCRIPT version`, and as
 * `SCRIPT EXPERIMENT.txt --precision f32|bf16 --layout contiguous|channels-last --threads N
 * --seconds N`, with a canonical text. The first prints one line, which the tables quote. The second
 * prints the lines train and peak, in the format of bench_measure().
 *
 * Files in `out`, written again after each network:
 *
 *   bench.txt   tables, and the reason for each missing number
 *   bench.csv   the same numbers, one row per network and precision
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

/* Dies if an experiment cannot be read. bench.txt tells what could not be measured. */
void bench_run(const struct bench_options *options);

#endif
