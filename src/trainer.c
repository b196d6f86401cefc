#define _GNU_SOURCE /* sysconf's _SC_PHYS_PAGES */
#include "trainer.h"

#include "checkpoint.h"
#include "file.h"
#include "log.h"
#include "memory.h"
#include "seconds.h"
#include "stepper.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct run {
    const struct trainer_options *options;
    const struct experiment *experiment;
    struct stepper stepper;
    struct log_writer log;
    char *log_path, *part_path, *checkpoint_path;
    long epoch; /* the last one that is done */
};

/* What an epoch sums up. */
struct totals {
    double loss_sum;
    long wrong, pictures;
};

static double percent(const struct totals *totals)
{
    return 100.0 * (double)totals->wrong / (double)totals->pictures;
}

static void utc_now(char *text, size_t size)
{
    const time_t now = time(NULL);
    struct tm parts;
    gmtime_r(&now, &parts);
    strftime(text, size, "%Y-%m-%dT%H:%M:%SZ", &parts);
}

/* ---- Progress ------------------------------------------------------------------------------ */

/* One line that renews itself on a terminal; elsewhere a line now and then. */
struct progress {
    double started, shown;
    int terminal;
    long first_step; /* of this process */
    long pictures;   /* since then */
};

static void progress_show(struct progress *progress, const struct run *run, long step, double loss,
                          double lr)
{
    const double now = seconds_now();
    const int last = step % run->stepper.steps_per_epoch == 0;
    if (!last && now - progress->shown < (progress->terminal ? 0.2 : 30))
        return;
    progress->shown = now;
    const double spent = now - progress->started;
    const long left = run->stepper.schedule.steps - step, done = step - progress->first_step;
    const long minutes = (long)(spent * (double)left / (double)done / 60 + 0.5);
    fprintf(stderr,
            "%sepoch %ld/%d  step %ld/%ld  loss %.4f  lr %.5f  %.0f images/s  %ld:%02ld h left%s",
            progress->terminal ? "\r" : "", (step - 1) / run->stepper.steps_per_epoch + 1,
            run->experiment->epochs, step, run->stepper.schedule.steps, loss, lr,
            (double)progress->pictures / spent, minutes / 60, minutes % 60,
            progress->terminal ? "\033[K" : "\n");
}

/* ---- Epochs -------------------------------------------------------------------------------- */

/* Train one epoch. Returns 0, or the step whose loss was not finite. */
static long train_epoch(struct run *run, long epoch, struct progress *progress,
                        struct totals *totals, double *lr)
{
    struct stepper *stepper = &run->stepper;
    const long last = epoch * stepper->steps_per_epoch;
    for (long step = last - stepper->steps_per_epoch + 1; step <= last; step++) {
        const int count = stepper_load(stepper, step);
        const struct pass_result result = network_train(stepper->network, count);
        const double loss = result.loss_sum / count;
        if (step <= LOG_STEP_LOSSES)
            log_add_step_loss(&run->log, step, loss);
        if (!isfinite(loss))
            return step;
        *lr = stepper_descend(stepper, step);
        totals->loss_sum += result.loss_sum;
        totals->wrong += result.wrong;
        totals->pictures += count;
        progress->pictures += count;
        progress_show(progress, run, step, loss, *lr);
    }
    return 0;
}

static struct totals evaluate(struct run *run)
{
    struct totals totals = {0};
    const size_t pictures = run->stepper.dataset.test.count;
    for (size_t first = 0; first < pictures; first += (size_t)run->experiment->batch) {
        const int count = stepper_load_test(&run->stepper, first);
        const struct pass_result result = network_evaluate(run->stepper.network, count);
        totals.loss_sum += result.loss_sum;
        totals.wrong += result.wrong;
        totals.pictures += count;
    }
    return totals;
}

/* ---- Runs ---------------------------------------------------------------------------------- */

static void begin_log(struct run *run)
{
    long long parameters, macs;
    network_size(run->experiment, &parameters, &macs);
    char started[32];
    utc_now(started, sizeof started);
    char *kernels = network_kernels(run->stepper.network);
    const struct log_facts facts = {.experiment = run->experiment,
                                    .seed = run->options->seed,
                                    .train = run->stepper.dataset.train.digest,
                                    .test = run->stepper.dataset.test.digest,
                                    .parameters = parameters,
                                    .macs = macs,
                                    .initial =
                                        parameters_digest(network_parameters(run->stepper.network)),
                                    .program = run->options->program,
                                    .compiler = run->options->compiler,
                                    .onednn = network_onednn(run->stepper.network),
                                    .environment = network_environment(run->stepper.network),
                                    .kernels = kernels,
                                    .threads = network_threads(run->stepper.network),
                                    .started = started};
    log_begin(&run->log, &facts);
    free(kernels);
}

/* Take up the checkpoint's parameters and log. */
static void resume(struct run *run)
{
    struct error error;
    char *text = NULL;
    run->epoch = checkpoint_load(run->checkpoint_path, network_parameters(run->stepper.network),
                                 &text, &error);
    struct log log;
    if (run->epoch < 0 || log_parse(text, run->checkpoint_path, &log, &error) != 0)
        die("%s", error.text);
    if (strcmp(log.environment, network_environment(run->stepper.network)) != 0)
        die("%s: was made on another machine (%s), where oneDNN may round otherwise; go on there, "
            "or remove it to train from the beginning",
            run->checkpoint_path, log.environment);
    log_free(&log);
    if (log_restore(&run->log, text, run->checkpoint_path, &error) != 0)
        die("%s", error.text);
    free(text);
    char now[32];
    utc_now(now, sizeof now);
    char *how = memory_text("after epoch %ld, threads %d, program %s, at %s", run->epoch,
                            network_threads(run->stepper.network), run->options->program, now);
    log_add_resumed(&run->log, how);
    free(how);
    fprintf(stderr, "going on after epoch %ld of %s\n", run->epoch, run->checkpoint_path);
}

/* The finished log of an earlier call, if it is this run's. */
static int is_done(const struct trainer_options *options, const char *path)
{
    if (!file_exists(path))
        return 0;
    struct log log;
    struct error error;
    if (log_read(path, &log, &error) != 0)
        die("%s", error.text);
    const struct digest digest = config_digest(options->experiment);
    if (strcmp(log.experiment_digest.hex, digest.hex) != 0)
        die("%s: tells of another experiment text; it is never overwritten: move it away, or name "
            "another folder with --results",
            path);
    log_free(&log);
    fprintf(stderr, "%s: done already\n", path);
    return 1;
}

static void finish(struct run *run, long diverged_at)
{
    const struct digest state = parameters_digest(network_parameters(run->stepper.network));
    log_end(&run->log, diverged_at, &state);
    file_write(run->part_path, run->log.text.bytes, run->log.text.length);
    if (rename(run->part_path, run->log_path) != 0)
        die_errno("%s: cannot be renamed to %s", run->part_path, run->log_path);
    if (diverged_at)
        fprintf(stderr, "diverged: the loss of step %ld is not finite\n", diverged_at);
    fprintf(stderr, "%s\n", run->log_path);
}

static void train(struct run *run)
{
    struct progress progress = {.started = seconds_now(),
                                .terminal = isatty(STDERR_FILENO),
                                .first_step = run->epoch * run->stepper.steps_per_epoch};
    while (run->epoch < run->experiment->epochs) {
        const double started = seconds_now();
        struct totals totals = {0};
        double lr = 0;
        const long diverged_at = train_epoch(run, run->epoch + 1, &progress, &totals, &lr);
        if (progress.terminal)
            fputc('\n', stderr);
        if (diverged_at) {
            finish(run, diverged_at);
            return;
        }
        const double trained = seconds_now();
        const struct totals test = evaluate(run);
        if (run->epoch == 0)
            log_add_columns(&run->log);
        run->epoch++;
        const struct log_row row = {.epoch = run->epoch,
                                    .step = run->epoch * run->stepper.steps_per_epoch,
                                    .lr = lr,
                                    .train_loss = totals.loss_sum / (double)totals.pictures,
                                    .train_error = percent(&totals),
                                    .test_loss = test.loss_sum / (double)test.pictures,
                                    .test_error = percent(&test),
                                    .wall_seconds = seconds_now() - started,
                                    .wall_images_per_s =
                                        (double)totals.pictures / (trained - started)};
        log_add_row(&run->log, &row);
        fprintf(stderr, "epoch %ld/%d  train error %.2f %%  test error %.2f %%  %.0f images/s\n",
                row.epoch, run->experiment->epochs, row.train_error, row.test_error,
                row.wall_images_per_s);
        checkpoint_save(run->checkpoint_path, network_parameters(run->stepper.network), run->epoch,
                        run->log.text.bytes);
        file_write(run->part_path, run->log.text.bytes, run->log.text.length);
    }
    finish(run, 0);
}

/* Better now than by the kernel's out-of-memory killer an hour later. */
static void check_memory(const struct experiment *experiment)
{
    const size_t needed = network_bytes(experiment) + dataset_bytes(experiment);
    const size_t there = (size_t)sysconf(_SC_PHYS_PAGES) * (size_t)sysconf(_SC_PAGESIZE);
    if (needed > there)
        die("training takes about %zu MiB, this machine has %zu MiB; take a smaller "
            "training.batch or another machine",
            needed >> 20, there >> 20);
}

char *trainer_run(const struct trainer_options *options)
{
    struct run run = {.options = options, .experiment = options->experiment};
    run.log_path = log_path(options->results, options->experiment->arm, options->seed);
    if (is_done(options, run.log_path))
        return run.log_path;
    run.part_path = memory_text("%s.part", run.log_path);
    run.checkpoint_path =
        memory_text("%s/%s/seed-%ld-%.8s.safetensors", options->checkpoints,
                    options->experiment->arm, options->seed, config_digest(run.experiment).hex);

    check_memory(run.experiment);
    stepper_open(&run.stepper, run.experiment, (uint32_t)options->seed, options->threads,
                 options->data, options->checkpoints);
    if (file_exists(run.checkpoint_path)) {
        resume(&run);
    } else {
        network_initialise(run.stepper.network, (uint32_t)options->seed);
        begin_log(&run);
        file_write(run.part_path, run.log.text.bytes, run.log.text.length);
    }
    train(&run);

    stepper_close(&run.stepper);
    free(run.log.text.bytes);
    free(run.part_path);
    free(run.checkpoint_path);
    return run.log_path;
}
