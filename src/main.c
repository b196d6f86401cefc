/*
 * main - the command line: kdecay COMMAND [ARGUMENTS]. Each command is one function below.
 */
#define _XOPEN_SOURCE 700
#include "audit/audit.h"
#include "audit/selftest.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "bench/bench.h"
#include "bench/scaling_measure.h"
#include "cluster/collect.h"
#include "cluster/cost.h"
#include "cluster/slurm_arrays.h"
#include "cluster/status.h"
#include "cluster/watch.h"
#include "data/dataset.h"
#include "experiment/config.h"
#include "experiment/match.h"
#include "experiment/schedule.h"
#include "network/network.h"
#include "network/ranks.h"
#include "network/summary.h"
#include "options.h"
#include "report/borders.h"
#include "report/power.h"
#include "report/report.h"
#include "report/trace.h"
#include "train/export.h"
#include "train/probe.h"
#include "train/trainer.h"
#include "version.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* ---- What many commands share -----------------------------------------------------------------
 * */

/* Die with the error's message if `status` is not 0. */
static void check(int status, const struct error *error)
{
    if (status != 0)
        die("%s", error->text);
}

static struct experiment load_experiment(const struct options *options)
{
    struct experiment experiment;
    struct error error;
    check(config_load(options->argument, options->overrides, options->override_count, &experiment,
                      &error),
          &error);
    return experiment;
}

static struct project project_of(struct options *options)
{
    return (struct project){options->results, options->experiments,
                            options_path(options, "published")};
}

static struct status_options status_options_of(struct options *options)
{
    return (struct status_options){
        .project = project_of(options), .queue = options->queue, .part = options->argument};
}

static struct audit_options audit_options_of(struct options *options)
{
    return (struct audit_options){.project = project_of(options),
                                  .replay = options->replay,
                                  .spot = {.seed = (uint32_t)options->seed,
                                           .runs = options->runs,
                                           .steps = options->steps,
                                           .threads = options->threads,
                                           .data = options->data,
                                           .kept = options->checkpoints},
                                  .digests = options_path(options, "artefacts.sha256"),
                                  .sources = options_path(options, "sources.sha256"),
                                  .drawn = options->drawn,
                                  .protocols = options->protocols,
                                  .kept_drawn = options_path(options, "drawn.sha256"),
                                  .page = options->page,
                                  .kept_page = options_path(options, "page.sha256"),
                                  .scratch = options->out,
                                  .program = KDECAY_VERSION,
                                  .compiler = KDECAY_COMPILER};
}

/* ---- Runs and experiments ---------------------------------------------------------------------
 * */

static int command_train(struct options *options)
{
    const struct experiment experiment = load_experiment(options);
    struct error error;
    check(ranks_check(experiment.shards, ranks_count(), &error), &error);
    ranks_first_end();
    char *results = options->results ? memory_text("%s", options->results)
                    : options->override_count
                        ? memory_text("build/tries/%.8s", config_digest(&experiment).hex)
                        : memory_text("results");
    const struct trainer_options run = {.experiment = &experiment,
                                        .seed = options->seed,
                                        .threads = options->threads,
                                        .data = options->data,
                                        .results = results,
                                        .checkpoints = options->checkpoints,
                                        .checkpoint_minutes = options->checkpoint_minutes,
                                        .program = KDECAY_VERSION,
                                        .compiler = KDECAY_COMPILER};
    free(trainer_run(&run));
    ranks_close();
    free(results);
    return EXIT_SUCCESS;
}

static int command_describe(struct options *options)
{
    const struct experiment experiment = load_experiment(options);
    if (options->ranks) {
        const struct scaling_options scaling = {
            .experiment = &experiment,
            .ranks = options->ranks,
            .threads = options->threads,
            .link = {1e-6 * options->latency, 1e9 * options->bandwidth},
            .images_per_second = options->images_per_second};
        scaling_print(&scaling, stdout);
    } else {
        summary_print(&experiment, stdout);
        printf("bytes %zu\n", network_bytes(&experiment, 1) + dataset_bytes(&experiment));
    }
    return EXIT_SUCCESS;
}

static int command_schedule(struct options *options)
{
    const struct experiment experiment = load_experiment(options);
    const long per_epoch = config_steps_per_epoch(&experiment);
    const struct schedule schedule = schedule_of(&experiment, per_epoch);
    const double mean = schedule_mean(&schedule), area = schedule_area(&schedule);
    printf("# mean factor, (mean lr - lr_end) / (lr - lr_end), by sum: ");
    printf(isnan(mean) ? "not defined, since lr_end = lr\n" : "%.10g\n", mean);
    printf(isnan(area) ? "# in closed form: not known\n" : "# in closed form: %.10g\n", area);
    printf("step\tepoch\tlr\tslope_per_step\n");
    for (long step = 1; step <= schedule.steps; step++)
        printf("%ld\t%ld\t%.*g\t%.9g\n", step, (step - 1) / per_epoch + 1, options->digits,
               schedule_lr(&schedule, (double)(step - 1)),
               schedule_slope(&schedule, (double)(step - 1)));
    return EXIT_SUCCESS;
}

static int command_match(struct options *options)
{
    char *family = memory_text("%s/families/schedules.ini", options->experiments);
    char *folder = memory_text("%s/schedules", options->experiments);
    struct experiment experiment;
    struct error error;
    check(config_load(family, NULL, 0, &experiment, &error), &error);
    match_write(options->k, &experiment, folder);
    free(family);
    free(folder);
    return EXIT_SUCCESS;
}

static int command_export(struct options *options)
{
    const struct experiment experiment = load_experiment(options);
    const long epochs =
        export_weights(&experiment, options->seed, options->checkpoints, options->out);
    printf("%s: after epoch %ld of %d\n", options->out, epochs, experiment.epochs);
    return EXIT_SUCCESS;
}

static int command_keys(struct options *options)
{
    (void)options;
    config_print_keys(stdout);
    return EXIT_SUCCESS;
}

static int command_probe(struct options *options)
{
    const struct experiment experiment = load_experiment(options);
    const struct probe_options probe = {.experiment = &experiment,
                                        .seed = options->seed,
                                        .threads = options->threads,
                                        .data = options->data,
                                        .kept = options->checkpoints,
                                        .steps = options->steps,
                                        .out = options->out};
    probe_run(&probe);
    return EXIT_SUCCESS;
}

static int command_borders(struct options *options)
{
    const struct experiment experiment = load_experiment(options);
    const struct borders_options borders = {.experiment = &experiment,
                                            .seed = options->seed,
                                            .data = options->data,
                                            .results = options->results,
                                            .checkpoints = options->checkpoints};
    borders_run(&borders);
    return EXIT_SUCCESS;
}

static int command_bench(struct options *options)
{
    const struct bench_options bench = {.experiments = options->arguments,
                                        .experiment_count = options->argument_count,
                                        .overrides = options->overrides,
                                        .override_count = options->override_count,
                                        .threads = options->threads,
                                        .rounds = options->rounds,
                                        .seconds = options->seconds,
                                        .torch = options->torch,
                                        .python = options->python,
                                        .out = options->out,
                                        .program = KDECAY_VERSION,
                                        .compiler = KDECAY_COMPILER};
    bench_run(&bench);
    return EXIT_SUCCESS;
}

/* ---- Runs present and missing -----------------------------------------------------------------
 * */

static int command_status(struct options *options)
{
    const struct status_options status = status_options_of(options);
    struct error error;
    check(status_write(&status, stdout, &error), &error);
    return EXIT_SUCCESS;
}

static int command_power(struct options *options)
{
    const struct power_options power = {.project = project_of(options),
                                        .part = options->argument,
                                        .effect = options->effect,
                                        .power = options->power,
                                        .seeds = status_seeds};
    struct error error;
    check(power_write(&power, stdout, &error), &error);
    return EXIT_SUCCESS;
}

static int command_watch(struct options *options)
{
    const struct watch_options watch = {.results = options->results,
                                        .published = options_path(options, "published"),
                                        .checkpoints = options->checkpoints,
                                        .queue = options->queue};
    struct error error;
    const int once = options->once || !isatty(STDOUT_FILENO);
    check(once ? watch_write(&watch, time(NULL), stdout, &error) : watch_follow(&watch, &error),
          &error);
    return EXIT_SUCCESS;
}

static int command_missing(struct options *options)
{
    const struct status_options status = status_options_of(options);
    struct error error;
    check(status_missing(&status, (enum scale)options->scale, stdout, &error), &error);
    return EXIT_SUCCESS;
}

static int command_arrays(struct options *options)
{
    const struct slurm_arrays_options arrays = {.status = status_options_of(options),
                                                .scale = options->scale,
                                                .lists = options->out,
                                                .cpus = options->threads,
                                                .ranks = options->ranks,
                                                .safety = options->safety,
                                                .hours = options->hours,
                                                .tasks = options->tasks};
    struct error error;
    check(slurm_arrays_write(&arrays, stdout, &error), &error);
    return EXIT_SUCCESS;
}

static int command_collect(struct options *options)
{
    return collect(options->argument, options->results, stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int command_cost(struct options *options)
{
    const struct status_options status = status_options_of(options);
    struct error error;
    check(cost_write(&status, stdout, &error), &error);
    return EXIT_SUCCESS;
}

/* ---- Report and audit -------------------------------------------------------------------------
 * */

static int command_report(struct options *options)
{
    const struct project project = project_of(options);
    struct error error;
    check(report_write(&project, options->out, &error), &error);
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

static int command_audit(struct options *options)
{
    const struct audit_options audit = audit_options_of(options);
    struct checks checks;
    audit_run(&audit, &checks);
    struct text text = {0}, json = {0}, xml = {0};
    checks_write_text(&checks, &text);
    checks_write_json(&checks, &json);
    checks_write_xml(&checks, &xml);
    fputs(text.bytes, stdout);
    write_report(options->out, "txt", &text);
    write_report(options->out, "json", &json);
    write_report(options->out, "xml", &xml);
    const long failed = checks_count(&checks, VERDICT_FAIL);
    checks_free(&checks);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int command_keep(struct options *options)
{
    const struct audit_options audit = audit_options_of(options);
    struct error error;
    check(audit_keep(&audit, &error), &error);
    return EXIT_SUCCESS;
}

static int command_selftest(struct options *options)
{
    const struct selftest_options selftest = {.results = options->results,
                                              .experiments = options->experiments,
                                              .copy = options->out,
                                              .seed = (uint32_t)options->seed,
                                              .runs = options->runs};
    return selftest_run(&selftest, stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int command_trace(struct options *options)
{
    const struct trace_options trace = {
        .results = options->results, .experiments = options->experiments, .out = options->out};
    struct error error;
    check(trace_write(&trace, options->argument, stdout, &error), &error);
    return EXIT_SUCCESS;
}

/* ---- Commands ---------------------------------------------------------------------------------
 * */

static int command_version(struct options *options)
{
    (void)options;
    printf("kdecay %s\n%s\n", KDECAY_VERSION, KDECAY_COMPILER);
    return EXIT_SUCCESS;
}

static int command_help(struct options *options);

static const struct command commands[] = {
    {"train", "EXPERIMENT.ini",
     "train one run, or resume it after a stop; writes RESULTS/ARM/seed-N.tsv; several MPI ranks "
     "may train one run together",
     .run = command_train, .on_ranks = 1},
    {"describe", "EXPERIMENT.ini",
     "show every layer: shape, parameters, multiply-adds, oneDNN kernels; with --ranks, predict "
     "the training speed on several MPI ranks instead",
     .run = command_describe},
    {"schedule", "EXPERIMENT.ini",
     "print the mean factor, then step, epoch, learning rate and its derivative as TSV",
     .run = command_schedule},
    {"match", NULL, "write EXPERIMENTS/schedules/kK/: the other bases with the mean rate of this k",
     .run = command_match},
    {"export", "EXPERIMENT.ini",
     "write the weights of a run, from its checkpoint, as safetensors of an ordinary network",
     .run = command_export},
    {"keys", NULL, "list all keys of an experiment file", .run = command_keys},
    {"probe", "EXPERIMENT.ini",
     "write inputs and outputs of the first steps, to compare with other programs",
     .run = command_probe},
    {"borders", "EXPERIMENT.ini",
     "write RESULTS/ARM/seed-N.borders.tsv of a finished run, from its checkpoint: the feature "
     "maps near their borders, and the filters of Padding Layers",
     .run = command_borders},
    {"bench", "EXPERIMENT.ini...",
     "measure speed and memory of training on synthetic images, and PyTorch's with --torch",
     .run = command_bench},
    {"status", NULL,
     "show every arm: seeds wanted, present, running, queued, missing, stale; predicted core-hours",
     .run = command_status},
    {"power", "[EXPERIMENT.ini|FOLDER]",
     "show what each comparison can conclude: seeds planned and needed, least p, and the effect "
     "that it can find; of all questions, or of those named",
     .run = command_power},
    {"watch", NULL, "follow running and queued runs until Ctrl-C; only reads files",
     .run = command_watch},
    {"missing", "[EXPERIMENT.ini|FOLDER]",
     "print a line EXPERIMENT SEED for every missing run of all experiments, or of those named",
     .run = command_missing},
    {"arrays", "[EXPERIMENT.ini|FOLDER]",
     "write the missing runs as job arrays for Slurm: lists of tasks in OUT; for each list, print "
     "a line NAME TASKS MINUTES SIGNAL-SECONDS MIB-PER-CPU CORE-HOURS NETWORK",
     .run = command_arrays},
    {"collect", "FOLDER", "copy the finished logs below the folder that are not in RESULTS yet",
     .run = command_collect},
    {"cost", NULL, "show the core-hours of each row of the thesis's tables, and the command",
     .run = command_cost},
    {"report", NULL, "make tables and plot data from the raw logs", .run = command_report},
    {"audit", NULL,
     "check logs, experiments and regenerated tables; with --runs, also the first steps of runs "
     "that the seed draws; writes OUT.txt, .json, .xml; status 1 if any level fails",
     .run = command_audit},
    {"keep", NULL,
     "write the digests that the audit expects: of sources, tables, plot data, drawings",
     .run = command_keep},
    {"selftest", NULL,
     "forge or damage a copy of results and experiments many times; status 1 if the audit misses "
     "any of it",
     .run = command_selftest},
    {"trace", "VALUE-ID",
     "show the lines that a number came from, and the commands that train its runs again; "
     "OUT/tables/*.sources.tsv list all ids",
     .run = command_trace},
    {"version", NULL, "show version and compiler of the program; also --version",
     .run = command_version},
    {"help", "[COMMAND]", "show this list, or the help of a command; also --help and -h",
     .run = command_help},
};
enum { COMMANDS = sizeof commands / sizeof commands[0] };

/* The command of this name; dies if there is none. */
static const struct command *command_of(const char *name)
{
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    options_die_command(commands, COMMANDS, name);
}

static int command_help(struct options *options)
{
    if (options->argument)
        options_print_command(command_of(options->argument), stdout);
    else
        options_print_commands(commands, COMMANDS, stdout);
    return EXIT_SUCCESS;
}

static int run(const struct command *command, int argc, char **argv)
{
    if (options_ask_help(argc, argv)) {
        options_print_command(command, stdout);
        return EXIT_SUCCESS;
    }
    if (command->on_ranks) {
        ranks_open();
        ranks_first_begin(); /* so that a mistake is reported once */
    }
    struct options options;
    options_parse(command, argc, argv, &options);
    const int status = command->run(&options);
    options_free(&options);
    return status;
}

int main(int argc, char **argv)
{
    memory_guard_libraries();
    const char *name = argc > 1 ? argv[1] : "help";
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        name = "help";
    else if (strcmp(name, "--version") == 0)
        name = "version";
    const int status = run(command_of(name), argc, argv);
    if (fflush(stdout) != 0 || ferror(stdout))
        die_errno("standard output");
    return status;
}
