/*
 * main - the command line: kdecay COMMAND [ARGUMENTS]. Each command is one function below.
 */
#define _XOPEN_SOURCE 700
#include "audit.h"
#include "bench.h"
#include "borders.h"
#include "campaign.h"
#include "collect.h"
#include "config.h"
#include "cost.h"
#include "dataset.h"
#include "description.h"
#include "error.h"
#include "export.h"
#include "file.h"
#include "match.h"
#include "memory.h"
#include "network.h"
#include "options.h"
#include "plot.h"
#include "probe.h"
#include "ranks.h"
#include "report.h"
#include "scaling_measure.h"
#include "schedule.h"
#include "selftest.h"
#include "status.h"
#include "trace.h"
#include "trainer.h"
#include "version.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: kdecay COMMAND ...\n"
    "\n"
    "  train EXPERIMENT.ini --seed N [--threads N] [--data DIR] [--set section.key=value]...\n"
    "        [--results DIR] [--checkpoints DIR] [--checkpoint-minutes X]\n"
    "                      train, or go on after a stop; writes RESULTS/ARM/seed-N.tsv\n"
    "  describe EXPERIMENT.ini [--set ...]\n"
    "                      every layer: shape, parameters, multiply-adds, oneDNN kernels\n"
    "  describe EXPERIMENT.ini --ranks N --latency US --bandwidth GBS [--threads T]\n"
    "        [--images-per-second X] [--set ...]\n"
    "                      predicted speed on 1, 2, 4 ... N MPI ranks of T threads, by a model of\n"
    "                      the messages; compute is measured, or is X images/s of one rank\n"
    "  schedule EXPERIMENT.ini [--set ...] [--plot FILE.svg|.pdf|.png]\n"
    "                      step, epoch, learning rate and its derivative as TSV, below the mean\n"
    "                      factor; or a picture of them\n"
    "  match --k K [--experiments DIR]\n"
    "                      write DIR/schedules/kK/: other bases with the mean rate of this k\n"
    "  export EXPERIMENT.ini --seed N --out FILE.safetensors [--set ...] [--checkpoints DIR]\n"
    "                      a run's weights as an ordinary network has them, from its checkpoint\n"
    "  keys                what an experiment file may say\n"
    "  probe EXPERIMENT.ini --seed N [--steps N] --out DIR [--data DIR] [--threads N]\n"
    "                      the first steps laid open, to compare with other programs\n"
    "  borders EXPERIMENT.ini --seed N [--data DIR] [--results DIR] [--checkpoints DIR]\n"
    "                      of a finished run, from its checkpoint: "
    "RESULTS/ARM/seed-N.borders.tsv,\n"
    "                      the maps near their borders and the filters of Padding Layers\n"
    "  bench EXPERIMENT.ini... --out DIR [--threads N] [--rounds N] [--seconds N] [--torch "
    "SCRIPT]\n"
    "        [--set section.key=value]...\n"
    "                      speed and memory of training on made-up pictures, beside PyTorch's\n"
    "  status [--results DIR] [--experiments DIR] [--queue FILE]\n"
    "                      every arm: seeds wanted, present, missing; predicted core-hours; those\n"
    "                      in Slurm by what squeue wrote into the file\n"
    "  missing [EXPERIMENT.ini|FOLDER] --scale smoke|desk|full\n"
    "                      a line EXPERIMENT SEED for each missing run\n"
    "  campaign [EXPERIMENT.ini|FOLDER] --out DIR [--scale smoke|desk|full] [--queue FILE]\n"
    "        [--threads N] [--ranks N] [--safety X] [--hours N] [--tasks N]\n"
    "                      the same as job arrays for Slurm: lists of tasks in DIR, and a line\n"
    "                      NAME TASKS MINUTES SIGNAL-SECONDS MIB-A-CPU CORE-HOURS NETWORK each\n"
    "  collect DIR [--results DIR]\n"
    "                      copy the finished logs below DIR that are missing\n"
    "  cost [--results DIR] [--experiments DIR]\n"
    "                      what each row of the thesis's tables takes, and the command\n"
    "  report [--results DIR] [--experiments DIR] [--out DIR]\n"
    "                      tables and plot data from the raw logs\n"
    "  audit [--results DIR] [--experiments DIR] [--replay DIR] [--drawn FILE] [--out DIR]\n"
    "        [--seed N] [--runs N] [--steps N] [--data DIR] [--threads N]\n"
    "                      check logs, experiments and regenerated tables, and with --runs the\n"
    "                      first steps of runs drawn by the seed; writes OUT.txt, .json, .xml;\n"
    "                      status 1 if a level fails\n"
    "  keep [--results DIR] [--experiments DIR] [--drawn FILE] [--out DIR]\n"
    "                      write the digests that the audit expects: of sources, tables, plot\n"
    "                      data, drawings\n"
    "  selftest [--results DIR] [--experiments DIR] [--out DIR] [--seed N] [--runs N]\n"
    "                      forge and damage a copy, once a run; status 1 if the audit misses any\n"
    "  trace VALUE-ID [--results DIR] [--experiments DIR] [--out DIR]\n"
    "                      the lines that a number came from, and the commands that train its "
    "runs\n"
    "                      again; OUT/tables/*.sources.tsv list all ids\n"
    "  version\n"
    "\n"
    "Defaults: --threads all CPUs, --data build/data, --results results (with --set:\n"
    "build/tries/DIGEST), --checkpoints build/checkpoints, --checkpoint-minutes 10,\n"
    "--experiments experiments.\n";

static struct experiment load_experiment(const struct options *options)
{
    struct experiment experiment;
    struct error error;
    if (config_load(options->argument, options->overrides, options->override_count, &experiment,
                    &error) != 0)
        die("%s", error.text);
    return experiment;
}

static int command_train(int argc, char **argv)
{
    ranks_open();
    ranks_first_begin();
    struct options options = parse_options(argc, argv, "an experiment file");
    const struct experiment experiment = load_experiment(&options);
    if (options.seed < 0)
        die_usage("train needs --seed N", NULL);
    struct error error;
    if (ranks_check(experiment.shards, ranks_count(), &error) != 0)
        die("%s", error.text);
    ranks_first_end();
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
                                        .checkpoint_minutes = options.checkpoint_minutes,
                                        .program = KDECAY_VERSION,
                                        .compiler = KDECAY_COMPILER};
    free(trainer_run(&run));
    ranks_close();
    free(results);
    free(options.overrides);
    return EXIT_SUCCESS;
}

static int command_probe(int argc, char **argv)
{
    const struct options options = parse_options(argc, argv, "an experiment file");
    const struct experiment experiment = load_experiment(&options);
    if (options.seed < 0 || !options.out)
        die_usage("probe needs --seed N and --out DIR", NULL);
    const struct probe_options probe = {.experiment = &experiment,
                                        .seed = options.seed,
                                        .threads = (int)options.threads,
                                        .data = options.data,
                                        .kept = options.checkpoints,
                                        .steps = options.steps < 0 ? 50 : options.steps,
                                        .out = options.out};
    probe_run(&probe);
    free(options.overrides);
    return EXIT_SUCCESS;
}

static int command_borders(int argc, char **argv)
{
    const struct options options = parse_options(argc, argv, "an experiment file");
    const struct experiment experiment = load_experiment(&options);
    if (options.seed < 0)
        die_usage("borders needs --seed N", NULL);
    const struct borders_options borders = {.experiment = &experiment,
                                            .seed = options.seed,
                                            .data = options.data,
                                            .results =
                                                options.results ? options.results : "results",
                                            .checkpoints = options.checkpoints};
    borders_run(&borders);
    free(options.overrides);
    return EXIT_SUCCESS;
}

static void describe_ranks(const struct options *options, const struct experiment *experiment)
{
    if (options->latency == 0 || options->bandwidth == 0)
        die_usage("describe --ranks needs --latency US and --bandwidth GBS", NULL);
    const struct scaling_options scaling = {
        .experiment = experiment,
        .ranks = options->ranks ? (int)options->ranks : 1,
        .threads = (int)options->threads,
        .link = {1e-6 * options->latency, 1e9 * options->bandwidth},
        .images_per_second = options->images_per_second};
    scaling_print(&scaling, stdout);
}

static int command_describe(int argc, char **argv)
{
    const struct options options = parse_options(argc, argv, "an experiment file");
    const struct experiment experiment = load_experiment(&options);
    if (options.ranks) {
        describe_ranks(&options, &experiment);
    } else {
        description_print(&experiment, stdout);
        printf("bytes %zu\n", network_bytes(&experiment, 1) + dataset_bytes(&experiment));
    }
    free(options.overrides);
    return EXIT_SUCCESS;
}

static int command_export(int argc, char **argv)
{
    const struct options options = parse_options(argc, argv, "an experiment file");
    const struct experiment experiment = load_experiment(&options);
    if (options.seed < 0 || !options.out)
        die_usage("export needs --seed N and --out FILE", NULL);
    const long epochs = export_weights(&experiment, options.seed, options.checkpoints, options.out);
    printf("%s: after epoch %ld of %d\n", options.out, epochs, experiment.epochs);
    free(options.overrides);
    return EXIT_SUCCESS;
}

static int command_schedule(int argc, char **argv)
{
    const struct options options = parse_options(argc, argv, "an experiment file");
    const struct experiment experiment = load_experiment(&options);
    const long per_epoch = config_steps_per_epoch(&experiment);
    const struct schedule schedule = schedule_of(&experiment, per_epoch);
    if (options.plot) {
        plot_schedule(&schedule, experiment.arm, options.plot);
    } else {
        const double area = schedule_area(&schedule);
        printf("# mean factor, (mean lr - lr_end) / (lr - lr_end), by sum: %.10g\n",
               schedule_mean(&schedule));
        printf(isnan(area) ? "# in closed form: not known\n" : "# in closed form: %.10g\n", area);
        printf("step\tepoch\tlr\tslope_per_step\n");
        for (long step = 1; step <= schedule.steps; step++)
            printf("%ld\t%ld\t%.17g\t%.9g\n", step, (step - 1) / per_epoch + 1,
                   schedule_lr(&schedule, (double)(step - 1)),
                   schedule_slope(&schedule, (double)(step - 1)));
    }
    free(options.overrides);
    return EXIT_SUCCESS;
}

static int command_match(int argc, char **argv)
{
    const struct options options = parse_options(argc, argv, NULL);
    if (!(options.k > 1 && options.k <= 100))
        die_usage("match needs --k K, above 1 and at most 100", NULL);
    char *family = memory_text("%s/families/schedules.ini", options.experiments);
    char *folder = memory_text("%s/schedules", options.experiments);
    struct experiment experiment;
    struct error error;
    if (config_load(family, NULL, 0, &experiment, &error) != 0)
        die("%s", error.text);
    match_write(options.k, &experiment, folder);
    free(family);
    free(folder);
    free(options.overrides);
    return EXIT_SUCCESS;
}

static int command_bench(int argc, char **argv)
{
    const struct options options = read_options(argc, argv);
    if (optind >= argc || !options.out)
        die_usage("bench needs experiment files and --out DIR", NULL);
    const struct bench_options bench = {.experiments = argv + optind,
                                        .experiment_count = (size_t)(argc - optind),
                                        .overrides = options.overrides,
                                        .override_count = options.override_count,
                                        .threads = (int)options.threads,
                                        .rounds = (int)options.rounds,
                                        .seconds = (double)options.seconds,
                                        .torch = options.torch,
                                        .out = options.out,
                                        .program = KDECAY_VERSION,
                                        .compiler = KDECAY_COMPILER};
    bench_run(&bench);
    free(options.overrides);
    return EXIT_SUCCESS;
}

/* The folders that report, audit and keep share. */
struct folders {
    struct options options;
    char *published, *digests, *sources, *kept_drawn;
};

static struct folders parse_folders(int argc, char **argv, const char *argument, const char *out)
{
    struct folders folders = {.options = parse_options(argc, argv, argument)};
    if (!folders.options.results)
        folders.options.results = "results";
    if (!folders.options.out)
        folders.options.out = out;
    folders.published = memory_text("%s/published", folders.options.results);
    folders.digests = memory_text("%s/artefacts.sha256", folders.options.results);
    folders.sources = memory_text("%s/sources.sha256", folders.options.results);
    folders.kept_drawn = memory_text("%s/drawn.sha256", folders.options.results);
    return folders;
}

static void free_folders(struct folders *folders)
{
    free(folders->published);
    free(folders->digests);
    free(folders->sources);
    free(folders->kept_drawn);
    free(folders->options.overrides);
}

static struct audit_options audit_options_of(const struct folders *folders)
{
    const struct options *options = &folders->options;
    return (struct audit_options){.results = options->results,
                                  .experiments = options->experiments,
                                  .published = folders->published,
                                  .replay = options->replay,
                                  .spot = {.seed = options->seed < 0 ? 1 : (uint32_t)options->seed,
                                           .runs = options->runs < 0 ? 0 : options->runs,
                                           .steps = options->steps < 0 ? 3 : options->steps,
                                           .threads = (int)options->threads,
                                           .data = options->data,
                                           .kept = options->checkpoints},
                                  .digests = folders->digests,
                                  .sources = folders->sources,
                                  .drawn = options->drawn,
                                  .kept_drawn = folders->kept_drawn,
                                  .scratch = options->out,
                                  .program = KDECAY_VERSION,
                                  .compiler = KDECAY_COMPILER};
}

static struct status_options status_options_of(const struct folders *folders)
{
    return (struct status_options){.results = folders->options.results,
                                   .experiments = folders->options.experiments,
                                   .published = folders->published,
                                   .queue = folders->options.queue,
                                   .part = folders->options.argument};
}

static enum scale scale_of(const char *name)
{
    static const char *const scales[] = {"smoke", "desk", "full"};
    int scale = SCALE_SMOKE;
    while (scale <= SCALE_FULL && strcmp(name, scales[scale]) != 0)
        scale++;
    if (scale > SCALE_FULL)
        die_usage("expected smoke, desk or full", name);
    return (enum scale)scale;
}

static int command_status(int argc, char **argv)
{
    struct folders folders = parse_folders(argc, argv, NULL, "build");
    const struct status_options options = status_options_of(&folders);
    struct error error;
    if (status_write(&options, stdout, &error) != 0)
        die("%s", error.text);
    free_folders(&folders);
    return EXIT_SUCCESS;
}

/* With an experiment file or folder as argument, or without. */
static struct folders parse_part(int argc, char **argv)
{
    const int with_part = argc > 2 && argv[2][0] != '-';
    return parse_folders(argc, argv, with_part ? "an experiment file or folder" : NULL, NULL);
}

static int command_missing(int argc, char **argv)
{
    struct folders folders = parse_part(argc, argv);
    const struct status_options options = status_options_of(&folders);
    if (!folders.options.scale)
        die_usage("missing needs --scale smoke, desk or full", NULL);
    struct error error;
    if (status_missing(&options, scale_of(folders.options.scale), stdout, &error) != 0)
        die("%s", error.text);
    free_folders(&folders);
    return EXIT_SUCCESS;
}

static int command_campaign(int argc, char **argv)
{
    struct folders folders = parse_part(argc, argv);
    const struct options *options = &folders.options;
    if (!options->out || !(options->safety >= 1 && options->safety <= 100))
        die_usage("campaign needs --out DIR, and a --safety from 1 to 100", NULL);
    const struct campaign_options campaign = {
        .status = status_options_of(&folders),
        .scale = options->scale ? (int)scale_of(options->scale) : -1,
        .lists = options->out,
        .cpus = (int)options->threads,
        .ranks = options->ranks ? (int)options->ranks : 1,
        .safety = options->safety,
        .hours = (int)options->hours,
        .tasks = (int)options->tasks};
    struct error error;
    if (campaign_write(&campaign, stdout, &error) != 0)
        die("%s", error.text);
    free_folders(&folders);
    return EXIT_SUCCESS;
}

static int command_collect(int argc, char **argv)
{
    struct folders folders = parse_folders(argc, argv, "a folder of logs", NULL);
    const long refused = collect(folders.options.argument, folders.options.results, stdout);
    free_folders(&folders);
    return refused ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int command_cost(int argc, char **argv)
{
    struct folders folders = parse_folders(argc, argv, NULL, NULL);
    const struct status_options options = status_options_of(&folders);
    struct error error;
    if (cost_write(&options, stdout, &error) != 0)
        die("%s", error.text);
    free_folders(&folders);
    return EXIT_SUCCESS;
}

static int command_report(int argc, char **argv)
{
    struct folders folders = parse_folders(argc, argv, NULL, "build");
    const struct report_sources sources = {.results = folders.options.results,
                                           .experiments = folders.options.experiments,
                                           .published = folders.published};
    struct error error;
    if (report_write(&sources, folders.options.out, &error) != 0)
        die("%s", error.text);
    free_folders(&folders);
    return EXIT_SUCCESS;
}

/* Write OUT.ENDING and free the text. */
static void write_report(const char *out, const char *ending, struct text *text)
{
    char *path = memory_text("%s.%s", out, ending);
    file_write(path, text->bytes, text->length);
    free(path);
    free(text->bytes);
}

static int command_audit(int argc, char **argv)
{
    struct folders folders = parse_folders(argc, argv, NULL, "build/audit");
    const struct audit_options options = audit_options_of(&folders);
    struct levels levels;
    audit_run(&options, &levels);
    struct text text = {0}, json = {0}, xml = {0};
    levels_write_text(&levels, &text);
    levels_write_json(&levels, &json);
    levels_write_xml(&levels, &xml);
    fputs(text.bytes, stdout);
    write_report(options.scratch, "txt", &text);
    write_report(options.scratch, "json", &json);
    write_report(options.scratch, "xml", &xml);
    const long failed = levels_count(&levels, VERDICT_FAIL);
    levels_free(&levels);
    free_folders(&folders);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int command_keep(int argc, char **argv)
{
    struct folders folders = parse_folders(argc, argv, NULL, "build/audit");
    const struct audit_options options = audit_options_of(&folders);
    struct error error;
    if (audit_keep(&options, &error) != 0)
        die("%s", error.text);
    free_folders(&folders);
    return EXIT_SUCCESS;
}

static int command_trace(int argc, char **argv)
{
    struct folders folders = parse_folders(argc, argv, "a value id", "build");
    const struct trace_options options = {.results = folders.options.results,
                                          .experiments = folders.options.experiments,
                                          .out = folders.options.out};
    struct error error;
    if (trace_write(&options, folders.options.argument, stdout, &error) != 0)
        die("%s", error.text);
    free_folders(&folders);
    return EXIT_SUCCESS;
}

static int command_selftest(int argc, char **argv)
{
    struct folders folders = parse_folders(argc, argv, NULL, "build/selftest");
    const struct options *options = &folders.options;
    const struct selftest_options selftest = {.results = options->results,
                                              .experiments = options->experiments,
                                              .copy = options->out,
                                              .seed =
                                                  options->seed < 0 ? 1 : (uint32_t)options->seed,
                                              .runs = options->runs < 0 ? 1000 : options->runs};
    const long missed = selftest_run(&selftest, stdout);
    free_folders(&folders);
    return missed ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int command_keys(int argc, char **argv)
{
    free(parse_options(argc, argv, NULL).overrides);
    config_print_keys(stdout);
    return EXIT_SUCCESS;
}

static int command_version(int argc, char **argv)
{
    free(parse_options(argc, argv, NULL).overrides);
    printf("kdecay %s\n%s\n", KDECAY_VERSION, KDECAY_COMPILER);
    return EXIT_SUCCESS;
}

static int command_help(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    fputs(usage, stdout);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(int argc, char **argv);
    } commands[] = {{"train", command_train},       {"describe", command_describe},
                    {"export", command_export},     {"schedule", command_schedule},
                    {"match", command_match},       {"keys", command_keys},
                    {"probe", command_probe},       {"borders", command_borders},
                    {"bench", command_bench},       {"status", command_status},
                    {"campaign", command_campaign}, {"collect", command_collect},
                    {"cost", command_cost},         {"missing", command_missing},
                    {"report", command_report},     {"audit", command_audit},
                    {"keep", command_keep},         {"selftest", command_selftest},
                    {"trace", command_trace},       {"version", command_version},
                    {"help", command_help}};
    memory_guard_libraries();
    const char *name = argc > 1 ? argv[1] : "help";
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(commands[i].name, name) != 0)
            continue;
        const int status = commands[i].run(argc, argv);
        if (fflush(stdout) != 0 || ferror(stdout))
            die_errno("standard output");
        return status;
    }
    die_usage("no such command", name);
}
