#define _GNU_SOURCE /* sysconf's _SC_PHYS_PAGES */
#include "train/trainer.h"

#include "base/clock.h"
#include "base/cpu.h"
#include "base/file.h"
#include "base/memory.h"
#include "experiment/log.h"
#include "network/model_size.h"
#include "network/ranks.h"
#include "train/checkpoint.h"
#include "train/training.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct run {
    const struct trainer_options *options;
    const struct experiment *experiment;
    struct training training;
    struct log_writer log;
    char *log_path, *part_path, *checkpoint_path;
    struct file_lock log_lock, checkpoint_lock;
    struct progress reached;
    double saved; /* end of the last checkpoint, at first the begin of training (clock_seconds) */
};

/* Every rank keeps the log in memory; rank 0 writes it. */
static int leads(void)
{
    return ranks_rank() == 0;
}

/* Steps done since the start. */
static long steps_of(const struct run *run)
{
    return run->reached.epoch * run->training.steps_per_epoch + run->reached.steps;
}

static double percent(long wrong, long images)
{
    return 100.0 * (double)wrong / (double)images;
}

static void utc_now(char *text, size_t size)
{
    const time_t now = time(NULL);
    struct tm parts;
    gmtime_r(&now, &parts);
    strftime(text, size, "%Y-%m-%dT%H:%M:%SZ", &parts);
}

/* ---- Progress ------------------------------------------------------------------------------ */

/* On a terminal, one line that is overwritten again and again; elsewhere a new line now and then. */
struct epoch_clock {
    double started, shown;
    int terminal;
    long first_step; /* of this process */
    long images;     /* since then */
};

static void progress_show(struct epoch_clock *progress, const struct run *run, long step,
                          double loss, double lr)
{
    const double now = clock_seconds();
    const int last = step % run->training.steps_per_epoch == 0;
    if (!leads() || (!last && now - progress->shown < (progress->terminal ? 0.2 : 30)))
        return;
    progress->shown = now;
    const double spent = now - progress->started;
    const long left = run->training.schedule.steps - step, done = step - progress->first_step;
    const long minutes = (long)(spent * (double)left / (double)done / 60 + 0.5);
    fprintf(stderr,
            "%sepoch %ld/%d  step %ld/%ld  loss %.4f  lr %.5f  %.0f images/s  %ld:%02ld h left%s",
            progress->terminal ? "\r" : "", (step - 1) / run->training.steps_per_epoch + 1,
            run->experiment->epochs, step, run->training.schedule.steps, loss, lr,
            (double)progress->images / spent, minutes / 60, minutes % 60,
            progress->terminal ? "\033[K" : "\n");
}

/* ---- Stops --------------------------------------------------------------------------------- */

static volatile sig_atomic_t stop_asked;

static void ask_stop(int signal)
{
    (void)signal;
    stop_asked = 1;
}

/* A signal that is ignored (nohup, a job in the background) stays ignored; a second signal kills. */
static void catch_stops(void)
{
    const int signals[] = {SIGINT, SIGTERM, SIGUSR1};
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        struct sigaction before;
        const struct sigaction action = {.sa_handler = ask_stop,
                                         .sa_flags = SA_RESTART | (int)SA_RESETHAND};
        if (sigaction(signals[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            sigaction(signals[i], &action, NULL);
    }
}

/* ---- Checkpoints --------------------------------------------------------------------------- */

static void save(struct run *run)
{
    if (!leads())
        return;
    checkpoint_save(run->checkpoint_path, network_parameters(run->training.network), &run->reached,
                    run->log.text.bytes);
    file_write(run->part_path, run->log.text.bytes, run->log.text.length);
    run->saved = clock_seconds();
}

/* A checkpoint within an epoch (its end always has one). Rank 0's clock decides, without a message to
 * the others: rank 0 has the whole state and writes it, and the others wait for its next message. */
static int save_is_due(const struct run *run)
{
    return leads() && run->reached.steps < run->training.steps_per_epoch &&
           clock_seconds() - run->saved >= 60 * run->options->checkpoint_minutes;
}

/* ---- Epochs -------------------------------------------------------------------------------- */

enum outcome { EPOCH_DONE, DIVERGED, STOPPED };

/* Train to the end of the current epoch; *lr becomes the rate of its last step. */
static enum outcome train_epoch(struct run *run, struct epoch_clock *progress, double *lr)
{
    struct training *training = &run->training;
    struct progress *reached = &run->reached;
    const double began = clock_seconds() - reached->seconds;
    while (reached->steps < training->steps_per_epoch) {
        if (ranks_any(stop_asked))
            return STOPPED;
        const long step = steps_of(run) + 1;
        const int count = training_load_batch(training, step);
        const struct pass_result result = network_forward(training->network, count);
        const double loss = result.loss_sum / count;
        if (step <= LOG_STEP_LOSSES)
            log_add_step_loss(&run->log, step, loss);
        if (!isfinite(loss))
            return DIVERGED;
        network_backward(training->network);
        network_sum_gradients(training->network);
        *lr = training_sgd_update(training, step);
        reached->steps++;
        reached->loss_sum += result.loss_sum;
        reached->wrong += result.wrong;
        reached->images += count;
        reached->seconds = clock_seconds() - began;
        progress->images += count;
        progress_show(progress, run, step, loss, *lr);
        if (save_is_due(run))
            save(run);
    }
    return EPOCH_DONE;
}

static void evaluate(struct run *run, struct log_row *row)
{
    const long images = (long)run->training.dataset.test.count;
    double loss_sum = 0;
    long wrong = 0;
    for (long first = 0; first < images; first += run->experiment->batch) {
        const int count = training_load_test_batch(&run->training, (size_t)first);
        const struct pass_result result = network_evaluate(run->training.network, count);
        loss_sum += result.loss_sum;
        wrong += result.wrong;
    }
    row->test_loss = loss_sum / (double)images;
    row->test_error = percent(wrong, images);
}

/* ---- Runs ---------------------------------------------------------------------------------- */

/* "threads N, CPU" for each rank, and the threads of all. */
static char *describe_ranks(const struct run *run, int *threads)
{
    enum { LENGTH = 128 };
    const int own = network_threads(run->training.network), ranks = ranks_count();
    int *counts = memory_zeroed((size_t)ranks, sizeof *counts);
    char(*cpus)[LENGTH] = memory_zeroed((size_t)ranks, sizeof *cpus);
    char *cpu = cpu_name();
    counts[ranks_rank()] = own;
    snprintf(cpus[ranks_rank()], LENGTH, "%s", cpu);
    ranks_gather(counts, sizeof *counts);
    ranks_gather(cpus, sizeof *cpus);
    struct text lines = {0};
    *threads = 0;
    for (int r = 0; r < ranks; r++) {
        *threads += counts[r];
        text_add(&lines, "threads %d, %s\n", counts[r], cpus[r]);
    }
    free(cpu);
    free(cpus);
    free(counts);
    return lines.bytes;
}

static void begin_log(struct run *run)
{
    int threads = 0;
    char *rank_lines = describe_ranks(run, &threads);
    const struct model_size size = model_size_of(run->experiment);
    char started[32];
    utc_now(started, sizeof started);
    char *kernels = network_kernels(run->training.network);
    const struct log_facts facts = {
        .experiment = run->experiment,
        .seed = run->options->seed,
        .train = run->training.dataset.train.digest,
        .test = run->training.dataset.test.digest,
        .parameters = size.trained,
        .macs = size.macs,
        .initial = parameters_digest(network_parameters(run->training.network)),
        .program = run->options->program,
        .compiler = run->options->compiler,
        .onednn = network_onednn(run->training.network),
        .environment = network_environment(run->training.network),
        .kernels = kernels,
        .threads = threads,
        .started = started,
        .ranks = ranks_count(),
        .mpi = ranks_library(),
        .rank_lines = rank_lines};
    log_begin(&run->log, &facts);
    free(rank_lines);
    free(kernels);
}

/* Load the checkpoint's parameters and progress; returns its log. */
static char *load_checkpoint(struct run *run)
{
    const char *path = run->checkpoint_path;
    struct error error;
    char *text = NULL;
    struct log log;
    if (checkpoint_load(path, network_parameters(run->training.network), &run->reached, &text,
                        &error) != 0 ||
        log_parse(text, path, &log, &error) != 0)
        die("%s", error.text);
    if (strcmp(log.experiment_digest.hex, config_digest(run->experiment).hex) != 0 ||
        log.seed != run->options->seed || log.row_count != run->reached.epoch ||
        run->reached.epoch > run->experiment->epochs ||
        run->reached.steps >= run->training.steps_per_epoch)
        die("%s: belongs to another run; move it away to train from the beginning", path);
    if (strcmp(log.environment, network_environment(run->training.network)) != 0)
        die("%s: was made on another machine (%s), where oneDNN may round otherwise; go on there, "
            "or remove it to train from the beginning",
            path, log.environment);
    log_free(&log);
    return text;
}

/* Send rank 0's parameters, progress and text to all ranks. */
static char *share_checkpoint(struct run *run, char *text)
{
    struct parameters *p = network_parameters(run->training.network);
    size_t size = text ? strlen(text) + 1 : 0;
    ranks_broadcast(&size, sizeof size);
    if (!leads())
        text = memory_zeroed(size, 1);
    ranks_broadcast(text, size);
    ranks_broadcast(&run->reached, sizeof run->reached);
    ranks_broadcast(p->weight, p->floats * sizeof *p->weight);
    ranks_broadcast(p->momentum, p->trained_floats * sizeof *p->momentum);
    parameters_choose_rows(p);
    for (int i = 0; i < p->count && !leads(); i++)
        parameters_renew_copies(p, i);
    return text;
}

/* Resume from the checkpoint's parameters and log. */
static void resume(struct run *run)
{
    char *text = share_checkpoint(run, leads() ? load_checkpoint(run) : NULL);
    struct error error;
    if (log_restore(&run->log, text, run->checkpoint_path, &error) != 0)
        die("%s", error.text);
    free(text);
    char now[32];
    utc_now(now, sizeof now);
    char *where = run->reached.steps ? memory_text("after step %ld", steps_of(run))
                                     : memory_text("after epoch %ld", run->reached.epoch);
    char *ranks =
        ranks_count() > 1 ? memory_text("ranks %d, ", ranks_count()) : memory_text("%s", "");
    char *how = memory_text("%s, %sthreads %d, program %s, at %s", where, ranks,
                            network_threads(run->training.network), run->options->program, now);
    log_add_resumed(&run->log, how);
    if (leads())
        fprintf(stderr, "going on %s of %s\n", where, run->checkpoint_path);
    free(ranks);
    free(how);
    free(where);
}

/* The finished log of an earlier call, if it is this run's. */
static int is_done(const struct trainer_options *options, const char *path)
{
    if (!leads() || !file_exists(path))
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
    if (!leads())
        return;
    const struct digest state = parameters_digest(network_parameters(run->training.network));
    log_end(&run->log, diverged_at, &state);
    file_write(run->part_path, run->log.text.bytes, run->log.text.length);
    if (rename(run->part_path, run->log_path) != 0)
        die_errno("%s: cannot be renamed to %s", run->part_path, run->log_path);
    if (diverged_at)
        fprintf(stderr, "diverged: the loss of step %ld is not finite\n", diverged_at);
    fprintf(stderr, "%s\n", run->log_path);
}

static void unlock(struct run *run)
{
    if (!leads())
        return;
    file_unlock(&run->log_lock);
    file_unlock(&run->checkpoint_lock);
}

/* A stop loses less than a step. */
static _Noreturn void stop(struct run *run)
{
    if (run->reached.steps)
        save(run);
    unlock(run);
    ranks_close();
    if (!leads())
        exit(STATUS_STOPPED);
    die_stopped("stopped after step %ld of %ld; the same command goes on from there", steps_of(run),
                run->training.schedule.steps);
}

static void train(struct run *run)
{
    struct epoch_clock progress = {.started = clock_seconds(),
                                   .terminal = leads() && isatty(STDERR_FILENO),
                                   .first_step = steps_of(run)};
    run->saved = progress.started;
    while (run->reached.epoch < run->experiment->epochs) {
        const double started = clock_seconds();
        const long images_before = progress.images;
        struct progress *reached = &run->reached;
        struct log_row row = {.epoch = reached->epoch + 1};
        const enum outcome outcome = train_epoch(run, &progress, &row.lr);
        if (progress.terminal)
            fputc('\n', stderr);
        if (outcome == STOPPED)
            stop(run);
        if (outcome == DIVERGED) {
            finish(run, steps_of(run) + 1);
            return;
        }
        const double trained = clock_seconds();
        evaluate(run, &row);
        row.step = steps_of(run);
        row.train_loss = reached->loss_sum / (double)reached->images;
        row.train_error = percent(reached->wrong, reached->images);
        row.wall_seconds = reached->seconds + clock_seconds() - trained;
        row.wall_images_per_s = (double)(progress.images - images_before) / (trained - started);
        if (row.epoch == 1)
            log_add_columns(&run->log);
        log_add_row(&run->log, &row);
        if (leads())
            fprintf(stderr,
                    "epoch %ld/%d  train error %.2f %%  test error %.2f %%  %.0f images/s\n",
                    row.epoch, run->experiment->epochs, row.train_error, row.test_error,
                    row.wall_images_per_s);
        *reached = (struct progress){.epoch = row.epoch};
        save(run);
    }
    finish(run, 0);
}

/* Stop now, before the kernel's out-of-memory killer stops the run an hour later. */
static void check_memory(const struct experiment *experiment)
{
    const size_t each = network_bytes(experiment, ranks_count()) + dataset_bytes(experiment);
    const size_t needed = (size_t)ranks_here() * each;
    const size_t there = (size_t)sysconf(_SC_PHYS_PAGES) * (size_t)sysconf(_SC_PAGESIZE);
    if (needed > there)
        die("training takes about %zu MiB, this machine has %zu MiB; take a smaller "
            "training.batch or another machine",
            needed >> 20, there >> 20);
}

/* The values that must be equal on all ranks. */
static void check_ranks(const struct run *run)
{
    const struct dataset *dataset = &run->training.dataset;
    char *what =
        memory_text("%s, seed %ld", config_digest(run->experiment).hex, run->options->seed);
    char *images = memory_text("%s %s", dataset->train.digest.hex, dataset->test.digest.hex);
    ranks_agree("program", run->options->program);
    ranks_agree("experiment", what);
    ranks_agree("environment", network_environment(run->training.network));
    ranks_agree("pictures", images);
    free(what);
    free(images);
}

static void complete(struct run *run)
{
    const struct trainer_options *options = run->options;
    ranks_first_begin();
    training_open(&run->training, run->experiment, (uint32_t)options->seed, options->threads,
                  options->data, options->checkpoints);
    ranks_first_end();
    check_ranks(run);
    if (ranks_any(leads() && file_exists(run->checkpoint_path))) {
        resume(run);
    } else {
        network_initialise(run->training.network, (uint32_t)options->seed);
        begin_log(run);
        if (leads())
            file_write(run->part_path, run->log.text.bytes, run->log.text.length);
    }
    ranks_agree("network before the first step",
                parameters_digest(network_parameters(run->training.network)).hex);
    train(run);
    training_close(&run->training);
    free(run->log.text.bytes);
}

char *trainer_run(const struct trainer_options *options)
{
    catch_stops(); /* at once, since reading images takes seconds, and fitting a whitening minutes */
    struct run run = {.options = options, .experiment = options->experiment};
    run.log_path = log_path(options->results, options->experiment->arm, options->seed);
    if (ranks_any(is_done(options, run.log_path)))
        return run.log_path;
    run.part_path = memory_text("%s.part", run.log_path);
    run.checkpoint_path = checkpoint_path(options->checkpoints, options->experiment, options->seed);
    check_memory(run.experiment);
    if (leads()) {
        run.log_lock = file_lock(run.log_path);
        run.checkpoint_lock = file_lock(run.checkpoint_path);
    }
    if (!ranks_any(is_done(options, run.log_path))) /* or another process has just ended it */
        complete(&run);
    unlock(&run);
    free(run.part_path);
    free(run.checkpoint_path);
    return run.log_path;
}
