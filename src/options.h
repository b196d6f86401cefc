/*
 * options - reads the words of a command line, and prints the help.
 *
 *     kdecay COMMAND [ARGUMENT]... [--OPTION VALUE]...
 *
 * One table in options.c has a row for each option: its type, range, default, the commands that
 * take it, the field of struct options that it sets, its help. A table in main.c has a row for each
 * command. These two tables decide which words are accepted, and all help is made from them.
 *
 * Rules. Options and arguments may have any order; `--` ends the options. An option's value is the
 * next word, unless that begins with `--`, or the rest of the same word after `=`. No value is empty.
 * Names are not shortened. An option may be given once; --set may be repeated, and the later one
 * wins. A number is decimal, the whole word, finite, and in the range. `--help` or `-h` anywhere
 * before `--` shows the command's help and does nothing else.
 *
 * On a mistake the program dies (status 1) before it does anything; its message says what was
 * expected.
 */
#ifndef KDECAY_OPTIONS_H
#define KDECAY_OPTIONS_H

#include <stddef.h>
#include <stdio.h>

/* An option is 0 or NULL if the command does not take it, or if it was not given and has no default.
 * Only threads is different: it is then the number of CPUs. */
struct options {
    char **arguments; /* the words that are no options */
    size_t argument_count;
    const char *argument; /* the first one; NULL: none */
    const char **overrides;
    size_t override_count;
    const char *data, *results, *checkpoints, *experiments, *replay, *drawn, *page, *protocols,
        *out, *torch, *python;
    const char *queue;
    int once;
    int scale; /* enum scale; -1: not given */
    int threads, ranks, rounds, hours, tasks, digits;
    long seed, steps, runs;
    double seconds, k, safety, checkpoint_minutes;
    double effect, power;
    double latency;           /* us */
    double bandwidth;         /* GB/s */
    double images_per_second; /* of one rank */
    char *paths[5];           /* of options_path() */
};

struct command {
    const char *name;
    const char
        *arguments; /* "FILE": one; "FILE...": one or more; "[FILE]": one or none; NULL: none */
    const char *summary;
    int (*run)(struct options *options); /* its exit status */
    int on_ranks;                        /* several processes may run it together (ranks.h) */
};

/* Whether the words from argv[2] on ask for help. */
int options_ask_help(int argc, char **argv);

/* Read the words from argv[2] on. The strings are those of argv. */
void options_parse(const struct command *command, int argc, char **argv, struct options *options);
void options_free(struct options *options);

/* RESULTS/NAME; belongs to *options. */
const char *options_path(struct options *options, const char *name);

/* Die because of a mistake that the tables cannot describe; the message names the command's help. */
_Noreturn void options_die(const struct command *command, const char *what, const char *word);
_Noreturn void options_die_command(const struct command *commands, size_t count, const char *word);

/* Help of one command, and of the program. */
void options_print_command(const struct command *command, FILE *out);
void options_print_commands(const struct command *commands, size_t count, FILE *out);

#endif
