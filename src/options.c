#define _XOPEN_SOURCE 700
#include "options.h"

#include "error.h"
#include "memory.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

_Noreturn void die_usage(const char *what, const char *argument)
{
    die("%s%s%s; `kdecay help` shows what there is", what, argument ? ": " : "",
        argument ? argument : "");
}

static long take_number(const char *option, const char *value, long low, long high)
{
    char *end = NULL;
    errno = 0;
    const long number = strtol(value, &end, 10);
    if (errno || end == value || *end != '\0' || number < low || number > high)
        die("%s %s: expected a whole number from %ld to %ld", option, value, low, high);
    return number;
}

static double take_positive(const char *option, const char *value)
{
    char *end = NULL;
    const double number = strtod(value, &end);
    if (end == value || *end != '\0' || !(number > 0) || isinf(number))
        die("%s %s: expected a number above 0", option, value);
    return number;
}

static double take_minutes(const char *option, const char *value)
{
    char *end = NULL;
    const double minutes = strtod(value, &end);
    if (end == value || *end != '\0' || !(minutes >= 0) || isinf(minutes))
        die("%s %s: expected a number of minutes, 0 or more", option, value);
    return minutes;
}

struct options read_options(int argc, char **argv)
{
    static const struct option known[] = {{"seed", required_argument, NULL, 's'},
                                          {"threads", required_argument, NULL, 't'},
                                          {"data", required_argument, NULL, 'd'},
                                          {"set", required_argument, NULL, 'k'},
                                          {"results", required_argument, NULL, 'r'},
                                          {"checkpoints", required_argument, NULL, 'c'},
                                          {"experiments", required_argument, NULL, 'e'},
                                          {"replay", required_argument, NULL, 'p'},
                                          {"drawn", required_argument, NULL, 'f'},
                                          {"steps", required_argument, NULL, 'n'},
                                          {"runs", required_argument, NULL, 'u'},
                                          {"out", required_argument, NULL, 'o'},
                                          {"plot", required_argument, NULL, 'g'},
                                          {"torch", required_argument, NULL, 'y'},
                                          {"rounds", required_argument, NULL, 'l'},
                                          {"seconds", required_argument, NULL, 'i'},
                                          {"k", required_argument, NULL, 'm'},
                                          {"queue", required_argument, NULL, 'q'},
                                          {"scale", required_argument, NULL, 'z'},
                                          {"hours", required_argument, NULL, 'h'},
                                          {"tasks", required_argument, NULL, 'j'},
                                          {"safety", required_argument, NULL, 'x'},
                                          {"ranks", required_argument, NULL, 'w'},
                                          {"latency", required_argument, NULL, 'a'},
                                          {"bandwidth", required_argument, NULL, 'b'},
                                          {"images-per-second", required_argument, NULL, 'v'},
                                          {"checkpoint-minutes", required_argument, NULL, 'M'},
                                          {NULL, 0, NULL, 0}};
    struct options options = {.overrides = memory_zeroed((size_t)argc, sizeof(char *)),
                              .seed = -1,
                              .threads = -1,
                              .steps = -1,
                              .runs = -1,
                              .rounds = 3,
                              .seconds = 3,
                              .hours = 24,
                              .tasks = 1000,
                              .safety = 2,
                              .checkpoint_minutes = 10,
                              .data = "build/data",
                              .checkpoints = "build/checkpoints",
                              .experiments = "experiments"};
    opterr = 0;
    optind = 2;
    for (int c; (c = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        switch (c) {
        case 's':
            options.seed = take_number("--seed", optarg, 0, UINT32_MAX);
            break;
        case 't':
            options.threads = take_number("--threads", optarg, 1, 1024);
            break;
        case 'n':
            options.steps = take_number("--steps", optarg, 2, INT32_MAX);
            break;
        case 'u':
            options.runs = take_number("--runs", optarg, 0, 1000000);
            break;
        case 'k':
            options.overrides[options.override_count++] = optarg;
            break;
        case 'd':
            options.data = optarg;
            break;
        case 'r':
            options.results = optarg;
            break;
        case 'c':
            options.checkpoints = optarg;
            break;
        case 'e':
            options.experiments = optarg;
            break;
        case 'p':
            options.replay = optarg;
            break;
        case 'f':
            options.drawn = optarg;
            break;
        case 'o':
            options.out = optarg;
            break;
        case 'g':
            options.plot = optarg;
            break;
        case 'y':
            options.torch = optarg;
            break;
        case 'l':
            options.rounds = take_number("--rounds", optarg, 1, 1000);
            break;
        case 'i':
            options.seconds = take_number("--seconds", optarg, 0, 3600);
            break;
        case 'm':
            options.k = take_positive("--k", optarg);
            break;
        case 'q':
            options.queue = optarg;
            break;
        case 'z':
            options.scale = optarg;
            break;
        case 'h':
            options.hours = take_number("--hours", optarg, 1, 24 * 365);
            break;
        case 'j':
            options.tasks = take_number("--tasks", optarg, 1, INT32_MAX);
            break;
        case 'x':
            options.safety = take_positive("--safety", optarg);
            break;
        case 'w':
            options.ranks = take_number("--ranks", optarg, 1, 1 << 20);
            break;
        case 'a':
            options.latency = take_positive("--latency", optarg);
            break;
        case 'b':
            options.bandwidth = take_positive("--bandwidth", optarg);
            break;
        case 'v':
            options.images_per_second = take_positive("--images-per-second", optarg);
            break;
        case 'M':
            options.checkpoint_minutes = take_minutes("--checkpoint-minutes", optarg);
            break;
        default:
            die_usage("unknown option, or one without its value", argv[optind - 1]);
        }
    }
    if (options.threads < 0)
        options.threads = sysconf(_SC_NPROCESSORS_ONLN);
    return options;
}

struct options parse_options(int argc, char **argv, const char *argument)
{
    struct options options = read_options(argc, argv);
    if (argument && optind >= argc)
        die_usage("expected", argument);
    if (argument)
        options.argument = argv[optind++];
    if (optind < argc)
        die_usage("unexpected argument", argv[optind]);
    return options;
}
