#define _XOPEN_SOURCE 700
#include "cluster/watch.h"

#include "base/file.h"
#include "cluster/slurm_queue.h"
#include "experiment/log.h"
#include "report/cells.h"
#include "report/ledger.h"
#include "report/table.h"
#include "train/checkpoint.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BAR = 20, PACE_EPOCHS = 5, EVERY_SECONDS = 3 };

static const char part_ending[] = ".tsv.part";

/* ---- Texts -------------------------------------------------------------------------------- */

/* "2 h 05 min", "12 min 30 s", "40 s"; "-" for NAN. */
static char *time_text(double seconds)
{
    if (!isfinite(seconds))
        return memory_text("-");
    const long whole = lround(fmax(0, seconds)), minutes = whole / 60;
    if (minutes >= 60)
        return memory_text("%ld h %02ld min", minutes / 60, minutes % 60);
    return minutes ? memory_text("%ld min %02ld s", minutes, whole % 60)
                   : memory_text("%ld s", whole);
}

static char *bar_text(long done, long all)
{
    char bar[BAR + 1];
    const long filled = BAR * done / all;
    for (int i = 0; i < BAR; i++)
        bar[i] = i < filled ? '#' : '.';
    bar[BAR] = '\0';
    return memory_text("[%s]", bar);
}

static char *number_text(const char *format, double number)
{
    char text[64];
    if (!isfinite(number))
        return memory_text("-");
    snprintf(text, sizeof text, format, number);
    return memory_text("%s", text);
}

/* Seconds since the file was written; NAN if it is not there. */
static double age_of(const char *path, time_t now)
{
    struct stat about;
    return stat(path, &about) == 0 ? difftime(now, about.st_mtime) : NAN;
}

/* ---- Rows --------------------------------------------------------------------------------- */

static const struct table_column columns[] = {{"run", NULL, 'l', NULL, TABLE_TEXT, NULL},
                                              {"seed", NULL, 'r', NULL, TABLE_TEXT, NULL},
                                              {"process", NULL, 'l', NULL, TABLE_TEXT, NULL},
                                              {"progress", NULL, 'l', NULL, TABLE_TEXT, NULL},
                                              {"epoch", NULL, 'r', NULL, TABLE_TEXT, NULL},
                                              {"train loss", NULL, 'r', NULL, TABLE_TEXT, NULL},
                                              {"test error (%)", NULL, 'r', NULL, TABLE_TEXT, NULL},
                                              {"images/s", NULL, 'r', NULL, TABLE_TEXT, NULL},
                                              {"time left", NULL, 'r', NULL, TABLE_TEXT, NULL},
                                              {"log written", NULL, 'r', NULL, TABLE_TEXT, NULL},
                                              {"checkpoint", NULL, 'r', NULL, TABLE_TEXT, NULL}};

static void add_age(struct table *table, double age)
{
    char *text = time_text(age);
    table_add(table,
              table_cell(isfinite(age) ? memory_text("%s ago", text) : memory_text("-"), NULL));
    free(text);
}

/* Mean seconds of the last epochs, evaluation included; NAN without any. */
static double epoch_seconds(const struct log *log)
{
    const long count = log->row_count < PACE_EPOCHS ? log->row_count : PACE_EPOCHS;
    double sum = 0;
    for (long i = log->row_count - count; i < log->row_count; i++)
        sum += log->rows[i].wall_seconds;
    return count ? sum / (double)count : NAN;
}

/* `process`: "here", "Slurm", or "-" for none that is known. */
static void add_run(struct table *table, const struct watch_options *options, const char *path,
                    const struct log *log, const char *process, time_t now)
{
    const struct log_row *last = log->row_count ? &log->rows[log->row_count - 1] : NULL;
    const long done = log->row_count, all = log->experiment.epochs;
    const double pace = epoch_seconds(log), age = age_of(path, now);
    /* the part of the current epoch that is over, if a process trains it */
    const double under_way = strcmp(process, "-") == 0 ? 0 : fmin(fmax(0, age), pace);
    char *checkpoint = checkpoint_path(options->checkpoints, &log->experiment, log->seed);
    table_add(table, table_cell(memory_text("%s", log->experiment.arm), NULL));
    table_add(table, table_cell(memory_text("%ld", log->seed), NULL));
    table_add(table, table_cell(memory_text("%s", process), NULL));
    table_add(table, table_cell(bar_text(done, all), NULL));
    table_add(table, table_cell(memory_text("%ld/%ld", done, all), NULL));
    table_add(table, table_cell(number_text("%.4f", last ? last->train_loss : NAN), NULL));
    table_add(table, table_cell(number_text("%.2f", last ? last->test_error : NAN), NULL));
    table_add(table, table_cell(number_text("%.0f", last ? last->wall_images_per_s : NAN), NULL));
    table_add(table, table_cell(time_text(pace * (double)(all - done) - under_way), NULL));
    add_age(table, age);
    add_age(table, age_of(checkpoint, now));
    free(checkpoint);
}

static void add_unknown(struct table *table, const char *name, long seed, const char *process)
{
    table_add(table, table_cell(memory_text("%s", name), NULL));
    table_add(table, table_cell(seed >= 0 ? memory_text("%ld", seed) : memory_text("-"), NULL));
    table_add(table, table_cell(memory_text("%s", process), NULL));
    for (size_t i = 3; i < COUNT(columns); i++)
        table_add(table, table_dash());
}

/* ---- Runs --------------------------------------------------------------------------------- */

/* The log that a task of the queue writes; NULL if its experiment cannot be read. free() it. */
static char *log_of_task(const struct watch_options *options, const struct slurm_queue_run *task)
{
    struct experiment experiment;
    if (config_load(task->experiment, NULL, 0, &experiment, NULL) != 0)
        return NULL;
    return log_path(options->results, experiment.arm, task->seed);
}

/* Whether the process that writes the part runs in Slurm. */
static int is_in_slurm(const struct watch_options *options, const struct slurm_queue *queue,
                       const char *part)
{
    int found = 0;
    for (size_t i = 0; i < queue->count && !found; i++) {
        char *log = queue->run[i].waits ? NULL : log_of_task(options, &queue->run[i]);
        found =
            log && strncmp(part, log, strlen(log)) == 0 && strcmp(part + strlen(log), ".part") == 0;
        free(log);
    }
    return found;
}

static void add_part(struct table *table, struct text *errors, const struct watch_options *options,
                     const struct slurm_queue *queue, const char *part, time_t now)
{
    struct error error;
    char *bytes = file_read(part, NULL, &error);
    if (!bytes && !file_exists(part))
        return; /* it has just become a log */
    char *log_name = memory_copy(part, strlen(part) - strlen(".part"));
    const char *process = file_lock_is_seen(log_name)         ? "here"
                          : is_in_slurm(options, queue, part) ? "Slurm"
                                                              : "-";
    struct log log;
    if (bytes && log_parse(bytes, part, &log, &error) == 0) {
        add_run(table, options, part, &log, process, now);
        log_free(&log);
    } else {
        add_unknown(table, part, -1, process);
        text_add(errors, "%s\n", error.text);
    }
    free(log_name);
    free(bytes);
}

/* A task without any log: it waits, or is about to start. */
static void add_task(struct table *table, const struct watch_options *options,
                     const struct slurm_queue_run *task)
{
    char *log = log_of_task(options, task);
    char *part = log ? memory_text("%s.part", log) : NULL;
    if (!log || (!file_exists(log) && !file_exists(part)))
        add_unknown(table, task->experiment, task->seed, task->waits ? "waits" : "Slurm");
    free(part);
    free(log);
}

int watch_write(const struct watch_options *options, time_t now, FILE *out, struct error *error)
{
    struct slurm_queue queue = {0};
    if (options->queue && slurm_queue_read(options->queue, &queue, error) != 0)
        return -1;
    struct table table;
    struct text text = {0}, errors = {0};
    size_t part_count;
    char **parts = ledger_files(options->results, options->published, part_ending, &part_count);
    table_begin(&table, columns, COUNT(columns));
    for (size_t i = 0; i < part_count; i++) {
        add_part(&table, &errors, options, &queue, parts[i], now);
        free(parts[i]);
    }
    for (size_t i = 0; i < queue.count; i++)
        add_task(&table, options, &queue.run[i]);
    if (table.cell_count) {
        table_write_text(&table, &text);
        text_add(&text,
                 "\n"
                 "epoch, loss, error, images/s: of the last whole epoch. process: here, of this "
                 "machine; -: none here, so\n"
                 "that the run was stopped or another machine has it. Ctrl-C ends the watch, no "
                 "run.\n");
    } else {
        text_add(&text, "%s: no run is under way%s\n", options->results,
                 options->queue ? " or waits" : "");
    }
    fprintf(out, "%s%s", text.bytes, errors.bytes ? errors.bytes : "");
    free(parts);
    free(text.bytes);
    free(errors.bytes);
    table_free(&table);
    slurm_queue_free(&queue);
    return 0;
}

int watch_follow(const struct watch_options *options, struct error *error)
{
    for (;;) {
        /* Go home, clear the screen, and cut lines at its edge instead of wrapping them. */
        printf("\033[H\033[2J\033[?7l");
        if (watch_write(options, time(NULL), stdout, error) != 0)
            return -1;
        printf("\033[?7h");
        if (fflush(stdout) != 0)
            return error_set(error, "the terminal cannot be written");
        sleep(EVERY_SECONDS);
    }
}
