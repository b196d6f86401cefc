/*
 * options - the words of the command line behind the command: one set of options for all commands,
 * each of which takes what it needs. A mistake dies with a line that says what was expected.
 */
#ifndef KDECAY_OPTIONS_H
#define KDECAY_OPTIONS_H

#include <stddef.h>

struct options {
    const char *argument; /* the one that is no option; NULL: none */
    const char **overrides;
    size_t override_count;
    const char *data, *results, *checkpoints, *experiments, *replay, *drawn, *out, *plot, *torch;
    const char *queue, *scale;
    long seed;    /* -1: not given */
    long threads; /* -1: not given */
    long steps;   /* -1: not given */
    long runs;    /* -1: not given */
    long rounds, seconds;
    long ranks; /* 0: not given */
    long hours, tasks;
    double k;                 /* 0: not given */
    double latency;           /* us; 0: not given */
    double bandwidth;         /* GB/s; 0: not given */
    double images_per_second; /* 0: not given */
    double safety;
    double checkpoint_minutes;
};

_Noreturn void die_usage(const char *what, const char *argument);

/* Options from argv[2] on; the rest stands at argv[optind] then. Free `overrides`. */
struct options read_options(int argc, char **argv);

/* The same with one argument besides, `argument` says which, or with none if it is NULL. */
struct options parse_options(int argc, char **argv, const char *argument);

#endif
