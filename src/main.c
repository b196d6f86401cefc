/*
 * main - the command line: kdecay COMMAND [ARGUMENTS]. Each command is one function below.
 */
#define _XOPEN_SOURCE 700
#include "audit.h"
#include "config.h"
#include "dataset.h"
#include "error.h"
#include "memory.h"
#include "network.h"
#include "report.h"
#include "schedule.h"
#include "trainer.h"
#include "version.h"

#include <errno.h>
#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
    "usage: kdecay COMMAND ...\n"
    "\n"
    "  train EXPERIMENT.ini --seed N [--threads N] [--data DIR] [--set section.key=value]...\n"
    "        [--results DIR] [--checkpoints DIR]\n"
    "                      train, or go on after a stop; writes RESULTS/ARM/seed-N.tsv\n"
    "  describe EXPERIMENT.ini [--set ...]\n"
    "                      every layer: shape, parameters, multiply-adds, oneDNN kernels\n"
    "  schedule EXPERIMENT.ini [--set ...]\n"
    "                      step, epoch and learning rate as TSV\n"
    "  keys                what an experiment file may say\n"
    "  report [--results DIR] [--experiments DIR] [--out DIR]\n"
    "                      tables and plot data from the raw logs\n"
    "  audit [--results DIR] [--experiments DIR] [--replay DIR] [--out DIR]\n"
    "                      check logs, experiments and regenerated tables; status 1 if any fails\n"
    "  keep [--results DIR] [--experiments DIR] [--out DIR]\n"
    "                      write the digests of tables and plot data that the audit expects\n"
    "  version\n"
    "\n"
    "Defaults: --threads all CPUs, --data build/data, --results results (with --set:\n"
    "build/tries/DIGEST), --checkpoints build/checkpoints, --experiments experiments.\n";

/* All options of all commands; a command takes what it needs. */
struct options {
    const char *experiment_path;
    const char **overrides;
    size_t override_count;
    const char *data, *results, *checkpoints, *experiments, *replay, *out;
    long seed, threads; /* -1: not given */
};

static _Noreturn void die_usage(const char *what, const char *argument)
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

/* Options from argv[2] on; `takes_experiment` tells whether a file is expected among them. */
static struct options parse_options(int argc, char **argv, int takes_experiment)
{
    static const struct option known[] = {{"seed", required_argument, NULL, 's'},
                                          {"threads", required_argument, NULL, 't'},
                                          {"data", required_argument, NULL, 'd'},
                                          {"set", required_argument, NULL, 'k'},
                                          {"results", required_argument, NULL, 'r'},
                                          {"checkpoints", required_argument, NULL, 'c'},
                                          {"experiments", required_argument, NULL, 'e'},
                                          {"replay", required_argument, NULL, 'p'},
                                          {"out", required_argument, NULL, 'o'},
                                          {NULL, 0, NULL, 0}};
    struct options options = {.overrides = memory_zeroed((size_t)argc, sizeof(char *)),
                              .seed = -1,
                              .threads = -1,
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
        case 'o':
            options.out = optarg;
            break;
        default:
            die_usage("unknown option, or one without its value", argv[optind - 1]);
        }
    }
    if (takes_experiment && optind >= argc)
        die_usage("expected an experiment file", NULL);
    if (takes_experiment)
        options.experiment_path = argv[optind++];
    if (optind < argc)
        die_usage("unexpected argument", argv[optind]);
    return options;
}

static struct experiment load_experiment(const struct options *options)
{
    struct experiment experiment;
    struct error error;
    if (config_load(options->experiment_path, options->overrides, options->override_count,
                    &experiment, &error) != 0)
        die("%s", error.text);
    return experiment;
}

static int command_train(int argc, char **argv)
{
    struct options options = parse_options(argc, argv, 1);
    const struct experiment experiment = load_experiment(&options);
    if (options.seed < 0)
        die_usage("train needs --seed N", NULL);
    if (options.threads < 0)
        options.threads = sysconf(_SC_NPROCESSORS_ONLN);
    char *results = options.results ? memory_text("%s", options.results)
                    : options.override_count
                        ? memory_text("build/tries/%.8s", config_digest(&experiment).hex)
                        : memory_text("results");
    const struct trainer_options run = {.experiment = &experiment,
                                        .seed = options.seed,
                                        .threads = (int)options.threads,
                                        .data = options.data,
                                        .results = results,
                                        .checkpoints = options.checkpoints,
                                        .program = KDECAY_VERSION,
                                        .compiler = KDECAY_COMPILER};
    free(trainer_run(&run));
    free(results);
    free(options.overrides);
    return EXIT_SUCCESS;
}

static int command_describe(int argc, char **argv)
{
    const struct options options = parse_options(argc, argv, 1);
    const struct experiment experiment = load_experiment(&options);
    struct network *network = network_create(&experiment, 1);
    network_describe(network, stdout);
    network_destroy(network);
    free(options.overrides);
    return EXIT_SUCCESS;
}

static int command_schedule(int argc, char **argv)
{
    const struct options options = parse_options(argc, argv, 1);
    const struct experiment experiment = load_experiment(&options);
    const long per_epoch = dataset_steps_per_epoch(&experiment);
    const struct schedule schedule = schedule_of(&experiment, per_epoch * experiment.epochs);
    printf("step\tepoch\tlr\n");
    for (long step = 1; step <= schedule.steps; step++)
        printf("%ld\t%ld\t%.17g\n", step, (step - 1) / per_epoch + 1,
               schedule_lr(&schedule, (double)(step - 1)));
    free(options.overrides);
    return EXIT_SUCCESS;
}

static int command_keys(void)
{
    config_print_keys(stdout);
    return EXIT_SUCCESS;
}

/* The folders that report, audit and keep share. */
struct folders {
    struct options options;
    char *published, *digests;
};

static struct folders parse_folders(int argc, char **argv, const char *out)
{
    struct folders folders = {.options = parse_options(argc, argv, 0)};
    if (!folders.options.results)
        folders.options.results = "results";
    if (!folders.options.out)
        folders.options.out = out;
    folders.published = memory_text("%s/published", folders.options.results);
    folders.digests = memory_text("%s/artefacts.sha256", folders.options.results);
    return folders;
}

static void free_folders(struct folders *folders)
{
    free(folders->published);
    free(folders->digests);
    free(folders->options.overrides);
}

static struct audit_options audit_options_of(const struct folders *folders)
{
    return (struct audit_options){.results = folders->options.results,
                                  .experiments = folders->options.experiments,
                                  .published = folders->published,
                                  .replay = folders->options.replay,
                                  .digests = folders->digests,
                                  .scratch = folders->options.out};
}

static int command_report(int argc, char **argv)
{
    struct folders folders = parse_folders(argc, argv, "build");
    const struct report_sources sources = {.results = folders.options.results,
                                           .experiments = folders.options.experiments,
                                           .published = folders.published};
    struct error error;
    if (report_write(&sources, folders.options.out, &error) != 0)
        die("%s", error.text);
    free_folders(&folders);
    return EXIT_SUCCESS;
}

static int command_audit(int argc, char **argv)
{
    struct folders folders = parse_folders(argc, argv, "build/audit");
    const struct audit_options options = audit_options_of(&folders);
    const int failed = audit_run(&options, stdout);
    free_folders(&folders);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int command_keep(int argc, char **argv)
{
    struct folders folders = parse_folders(argc, argv, "build/audit");
    const struct audit_options options = audit_options_of(&folders);
    struct error error;
    if (audit_keep(&options, &error) != 0)
        die("%s", error.text);
    free_folders(&folders);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    const char *command = argc > 1 ? argv[1] : "help";
    int status;
    if (strcmp(command, "train") == 0)
        status = command_train(argc, argv);
    else if (strcmp(command, "describe") == 0)
        status = command_describe(argc, argv);
    else if (strcmp(command, "schedule") == 0)
        status = command_schedule(argc, argv);
    else if (strcmp(command, "keys") == 0)
        status = command_keys();
    else if (strcmp(command, "report") == 0)
        status = command_report(argc, argv);
    else if (strcmp(command, "audit") == 0)
        status = command_audit(argc, argv);
    else if (strcmp(command, "keep") == 0)
        status = command_keep(argc, argv);
    else if (strcmp(command, "version") == 0)
        status = printf("kdecay %s\n%s\n", KDECAY_VERSION, KDECAY_COMPILER) < 0;
    else if (strcmp(command, "help") == 0)
        status = fputs(usage, stdout) < 0;
    else
        die_usage("no such command", command);
    if (fflush(stdout) != 0)
        die_errno("standard output");
    return status;
}
