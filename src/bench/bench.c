#define _GNU_SOURCE /* setenv, fork, setrlimit */
#include "bench/bench.h"

#include "base/cpu.h"
#include "base/file.h"
#include "base/memory.h"
#include "bench/bench_measure.h"
#include "bench/machine_peak.h"
#include "experiment/config.h"
#include "network/model_size.h"
#include "network/network.h"
#include "report/ledger.h"
#include "report/table.h"

#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum program { OURS, OURS_ONE_THREAD, MACHINE, TORCH, PROGRAMS = TORCH + 4 };

static const struct torch_setting {
    const char *layout, *allocator;
} torch_settings[PROGRAMS - TORCH] = {{"contiguous", "plain"},
                                      {"channels-last", "plain"},
                                      {"contiguous", "keeping"},
                                      {"channels-last", "keeping"}};

enum measured { TRAIN, LIMIT, EVALUATE, FILL, CONVOLUTIONS, PEAK, ADDS, COPIES, VALUES };
static const char *const value_names[VALUES] = {"train",        "limit", "evaluate",      "fill",
                                                "convolutions", "peak",  "multiply-adds", "copies"};

static const double GIGA = 1e9;

static const char *const precisions[] = {"f32", "bf16"};

/* A network in a precision: a row of the tables. */
struct entry {
    struct experiment experiment;
    char *network;
    const char *precision;
    char *refused;           /* why nothing is measured; NULL: something is */
    char *missing[PROGRAMS]; /* why a program is not measured; NULL: it is */
    char *instruction;       /* of the machine's peak; NULL until it has run */
    double *samples;         /* [program][value][round]; NaN: none */
};

struct bench {
    const struct bench_options *options;
    struct entry *entries;
    size_t count;
    char *torch_version;
    char *torch_missing; /* why there is no PyTorch; NULL: there is */
    char *environment;   /* of our trainer, once it has run */
    struct text rounds;  /* rounds.csv */
};

static double *sample(const struct bench *bench, const struct entry *entry, int program, int value,
                      int round)
{
    return &entry->samples[(program * VALUES + value) * bench->options->rounds + round];
}

static double median(const struct bench *bench, const struct entry *entry, int program, int value)
{
    double *sorted = memory_zeroed((size_t)bench->options->rounds, sizeof *sorted);
    size_t count = 0;
    for (int r = 0; r < bench->options->rounds; r++) {
        const double x = *sample(bench, entry, program, value, r);
        if (!isnan(x))
            sorted[count++] = x;
    }
    gsl_sort(sorted, 1, count);
    const double middle = count ? gsl_stats_median_from_sorted_data(sorted, 1, count) : NAN;
    free(sorted);
    return middle;
}

/* PyTorch's fastest setting, as a program; TORCH if none was measured. */
static int best_torch(const struct bench *bench, const struct entry *entry)
{
    int best = TORCH;
    for (int p = TORCH; p < PROGRAMS; p++) {
        const double rate = median(bench, entry, p, TRAIN);
        const double best_rate = median(bench, entry, best, TRAIN);
        if (isnan(best_rate) ? !isnan(rate) : rate > best_rate)
            best = p;
    }
    return best;
}

/* ---- Processes ------------------------------------------------------------------------------ */

/* The work of a child process. */
struct job {
    const struct bench_options *options;
    const struct entry *entry; /* NULL: ask the script for PyTorch's version */
    int program;
    const char *experiment; /* the canonical text's file */
};

/* The bytes that a process can take without moving other memory to the disk. */
static size_t free_bytes(void)
{
    struct error error;
    char *text = file_read("/proc/meminfo", NULL, &error);
    const char *line = text ? strstr(text, "MemAvailable:") : NULL;
    if (!line)
        die("/proc/meminfo: expected a line MemAvailable");
    const size_t bytes = 1024 * (size_t)strtoll(line + strlen("MemAvailable:"), NULL, 10);
    free(text);
    return bytes;
}

/* `words` are the interpreter (NULL if the script runs by itself), the script and its arguments. */
static _Noreturn void run_script(const char **words)
{
    if (!words[0])
        words++;
    execvp(words[0], (char *const *)(uintptr_t)words);
    die_errno("%s: cannot be run", words[0]);
}

static _Noreturn void run_torch(const struct job *job)
{
    const char *python = job->options->python, *script = job->options->torch;
    if (!job->entry)
        run_script((const char *[]){python, script, "version", NULL});
    const struct torch_setting *setting = &torch_settings[job->program - TORCH];
    static const char *const thresholds[] = {"MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"};
    for (size_t i = 0; i < COUNT(thresholds); i++)
        if (strcmp(setting->allocator, "keeping") == 0 ? setenv(thresholds[i], "1073741824", 1) != 0
                                                       : unsetenv(thresholds[i]) != 0)
            die_errno("%s: cannot be set", thresholds[i]);
    char *threads = memory_text("%d", job->options->threads);
    char *seconds = memory_text("%g", job->options->seconds);
    run_script((const char *[]){python, script, job->experiment, "--precision",
                                job->entry->precision, "--layout", setting->layout, "--threads",
                                threads, "--seconds", seconds, NULL});
}

/* All output of the child goes to `output`. It cannot take more memory than is free now. */
static _Noreturn void be_child(const struct job *job, int output)
{
    const size_t bytes = free_bytes();
    const struct rlimit limit = {bytes, bytes};
    if (setrlimit(RLIMIT_DATA, &limit) != 0 || dup2(output, STDOUT_FILENO) < 0 ||
        dup2(output, STDERR_FILENO) < 0)
        die_errno("a process cannot be set up");
    close(output);
    if (!job->entry || job->program >= TORCH)
        run_torch(job);
    if (job->program == MACHINE) {
        machine_peak_measure(job->entry->experiment.precision, job->options->threads,
                             job->options->seconds / 3, stdout);
        exit(EXIT_SUCCESS);
    }
    bench_measure(&job->entry->experiment, job->program == OURS ? job->options->threads : 1,
                  job->options->seconds, stdout);
    exit(EXIT_SUCCESS);
}

/* The last line that a failed program printed. */
static char *reason_of(const char *printed)
{
    size_t end = strlen(printed);
    while (end > 0 && printed[end - 1] == '\n')
        end--;
    size_t start = end;
    while (start > 0 && printed[start - 1] != '\n')
        start--;
    return memory_copy(printed + start, end - start);
}

/* Run a job in a process of its own. Returns its output, or NULL with *reason set; free() them. */
static char *run(const struct job *job, char **reason)
{
    int ends[2];
    fflush(stdout);
    fflush(stderr);
    if (pipe(ends) != 0)
        die_errno("a pipe cannot be made");
    const pid_t child = fork();
    if (child < 0)
        die_errno("a process cannot be started");
    if (child == 0) {
        close(ends[0]);
        be_child(job, ends[1]);
    }
    close(ends[1]);
    struct text printed = {0};
    text_add(&printed, "%s", "");
    char part[4096];
    for (ssize_t size; (size = read(ends[0], part, sizeof part)) > 0;)
        text_add(&printed, "%.*s", (int)size, part);
    close(ends[0]);
    int status = 0;
    if (waitpid(child, &status, 0) != child)
        die_errno("a process cannot be waited for");
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return printed.bytes;
    *reason = WIFSIGNALED(status) ? memory_text("killed by signal %d", WTERMSIG(status))
                                  : reason_of(printed.bytes);
    free(printed.bytes);
    return NULL;
}

/* The text after "NAME " at the start of a line, or NULL; free() it. */
static char *value_of(const char *printed, const char *name)
{
    const size_t length = strlen(name);
    for (const char *line = printed; *line;) {
        const size_t width = strcspn(line, "\n");
        if (width > length && strncmp(line, name, length) == 0 && line[length] == ' ')
            return memory_copy(line + length + 1, width - length - 1);
        line += width + (line[width] == '\n');
    }
    return NULL;
}

/* ---- Rounds --------------------------------------------------------------------------------- */

static char *program_name(const struct bench *bench, int program)
{
    if (program >= TORCH)
        return memory_text("PyTorch, %s, %s", torch_settings[program - TORCH].layout,
                           torch_settings[program - TORCH].allocator);
    const int threads = program == OURS_ONE_THREAD ? 1 : bench->options->threads;
    if (program == MACHINE)
        return memory_text("machine, %d thread%s", threads, threads == 1 ? "" : "s");
    return memory_text("kdecay, %d thread%s", threads, threads == 1 ? "" : "s");
}

static void measure(struct bench *bench, struct entry *entry, int program, int round,
                    const char *experiment)
{
    const struct job job = {bench->options, entry, program, experiment};
    char *name = program_name(bench, program);
    char *printed = run(&job, &entry->missing[program]);
    for (int v = 0; printed && v < VALUES; v++) {
        char *value = value_of(printed, value_names[v]);
        if (value)
            *sample(bench, entry, program, v, round) = strtod(value, NULL);
        free(value);
    }
    const int main_value = program == MACHINE ? ADDS : TRAIN;
    const double rate = *sample(bench, entry, program, main_value, round);
    if (printed && isnan(rate))
        entry->missing[program] =
            memory_text("printed no line \"%s NUMBER\"", value_names[main_value]);
    if (printed && program == OURS && !bench->environment)
        bench->environment = value_of(printed, "environment");
    if (printed && program == MACHINE && !entry->instruction)
        entry->instruction = value_of(printed, "instruction");
    if (entry->missing[program])
        fprintf(stderr, "%s %s, %s: %s\n", entry->network, entry->precision, name,
                entry->missing[program]);
    else
        fprintf(stderr, "%s %s, round %d/%d, %s: %.1f %s/s\n", entry->network, entry->precision,
                round + 1, bench->options->rounds, name, program == MACHINE ? rate / GIGA : rate,
                program == MACHINE ? "G multiply-adds" : "images");
    text_add(&bench->rounds, "%s,%s,%d,\"%s\"", entry->network, entry->precision, round + 1, name);
    for (int v = 0; v < VALUES; v++)
        text_add(&bench->rounds, isnan(*sample(bench, entry, program, v, round)) ? ",-" : ",%.6g",
                 *sample(bench, entry, program, v, round));
    text_add(&bench->rounds, "\n");
    free(name);
    free(printed);
}

static void measure_entry(struct bench *bench, struct entry *entry)
{
    char *path = memory_text("%s/%s-%s.txt", bench->options->out, entry->network, entry->precision);
    char *text = config_text(&entry->experiment);
    file_write(path, text, strlen(text));
    for (int p = TORCH; p < PROGRAMS && bench->torch_missing; p++)
        entry->missing[p] = memory_text("%s", bench->torch_missing);
    if (bench->options->threads == 1)
        entry->missing[OURS_ONE_THREAD] = memory_text("one thread is what is measured");
    for (int r = 0; r < bench->options->rounds; r++)
        for (int p = 0; p < PROGRAMS; p++)
            if (!entry->missing[p])
                measure(bench, entry, p, r, path);
    free(text);
    free(path);
}

/* ---- Tables --------------------------------------------------------------------------------- */

static const struct table_column columns[] = {
    {"network", NULL, 'l', NULL, TABLE_ALL, NULL},
    {"precision", NULL, 'l', NULL, TABLE_ALL, NULL},
    {"batch", NULL, 'r', NULL, TABLE_ALL, NULL},
    {"train (images/s)", NULL, 'r', NULL, TABLE_ALL, NULL},
    {"evaluate (images/s)", NULL, 'r', NULL, TABLE_ALL, NULL},
    {"fill (%)", NULL, 'r', NULL, TABLE_ALL, NULL},
    {"convolutions (%)", NULL, 'r', NULL, TABLE_ALL, NULL},
    {"rest (%)", NULL, 'r', NULL, TABLE_ALL, NULL},
    {"limit (images/s)", NULL, 'r', NULL, TABLE_ALL, NULL},
    {"of limit (%)", NULL, 'r', NULL, TABLE_ALL, NULL},
    {"1 thread (images/s)", NULL, 'r', NULL, TABLE_ALL, NULL},
    {"speed-up", NULL, 'r', NULL, TABLE_ALL, NULL},
    {"peak (MiB)", NULL, 'r', NULL, TABLE_ALL, NULL},
    {"instruction", NULL, 'l', NULL, TABLE_ALL, NULL},
    {"multiply-adds (G/s)", NULL, 'r', NULL, TABLE_ALL, NULL},
    {"copies (GB/s)", NULL, 'r', NULL, TABLE_ALL, NULL},
    {"machine (images/s)", NULL, 'r', NULL, TABLE_ALL, NULL},
    {"limit of machine (%)", NULL, 'r', NULL, TABLE_ALL, NULL},
    {"of machine (%)", NULL, 'r', NULL, TABLE_ALL, NULL},
    {"PyTorch (images/s)", NULL, 'r', NULL, TABLE_ALL, NULL},
    {"PyTorch of limit (%)", NULL, 'r', NULL, TABLE_ALL, NULL},
    {"ratio", NULL, 'r', NULL, TABLE_ALL, NULL},
    {"PyTorch peak (MiB)", NULL, 'r', NULL, TABLE_ALL, NULL},
    {"PyTorch layout", NULL, 'l', NULL, TABLE_ALL, NULL},
    {"PyTorch allocator", NULL, 'l', NULL, TABLE_ALL, NULL},
};
/* The text shows the columns in three tables: ours, the machine's and PyTorch's. Each table begins with
 * the first two columns. */
enum { NAME_COLUMNS = 2, OUR_COLUMNS = 13, MACHINE_COLUMNS = 6 };

static const struct table_column setting_columns[] = {
    {"network", NULL, 'l', NULL, TABLE_ALL, NULL},
    {"precision", NULL, 'l', NULL, TABLE_ALL, NULL},
    {"layout", NULL, 'l', NULL, TABLE_ALL, NULL},
    {"allocator", NULL, 'l', NULL, TABLE_ALL, NULL},
    {"train (images/s)", NULL, 'r', NULL, TABLE_ALL, NULL},
    {"peak (MiB)", NULL, 'r', NULL, TABLE_ALL, NULL},
};

static void add_number(struct table *table, double value, int decimals)
{
    table_add(
        table,
        table_cell(isnan(value) ? memory_text("-") : memory_text("%.*f", decimals, value), NULL));
}

static void add_rate(struct table *table, double rate)
{
    add_number(table, rate, rate < 100 ? 2 : 0);
}

static void add_our_cells(const struct bench *bench, const struct entry *e, struct table *table)
{
    const double rate = median(bench, e, OURS, TRAIN), limit = median(bench, e, OURS, LIMIT);
    const double one = median(bench, e, OURS_ONE_THREAD, TRAIN);
    const double convolutions = median(bench, e, OURS, CONVOLUTIONS);
    table_add(table, table_cell(memory_text("%d", e->experiment.batch), NULL));
    add_rate(table, rate);
    add_rate(table, median(bench, e, OURS, EVALUATE));
    add_number(table, 100 * median(bench, e, OURS, FILL), 1);
    add_number(table, 100 * convolutions, 1);
    add_number(table, 100 * (1 - convolutions), 1);
    add_rate(table, limit);
    add_number(table, 100 * rate / limit, 1);
    add_rate(table, one);
    add_number(table, rate / one, 2);
    add_number(table, median(bench, e, OURS, PEAK) / (1 << 20), 0);
}

/* Training one image takes about three times the multiply-adds of its forward pass; slightly less,
 * since the images need no gradient. */
static double machine_rate(const struct bench *bench, const struct entry *e)
{
    return median(bench, e, MACHINE, ADDS) / (3 * (double)model_size_of(&e->experiment).macs);
}

static void add_machine_cells(const struct bench *bench, const struct entry *e, struct table *table)
{
    const double rate = machine_rate(bench, e);
    table_add(table, table_cell(memory_text("%s", e->instruction ? e->instruction : "-"), NULL));
    add_number(table, median(bench, e, MACHINE, ADDS) / GIGA, 0);
    add_number(table, median(bench, e, MACHINE, COPIES) / GIGA, 1);
    add_rate(table, rate);
    add_number(table, 100 * median(bench, e, OURS, LIMIT) / rate, 1);
    add_number(table, 100 * median(bench, e, OURS, TRAIN) / rate, 1);
}

static void add_torch_cells(const struct bench *bench, const struct entry *e, struct table *table)
{
    const int best = best_torch(bench, e);
    const struct torch_setting *setting = &torch_settings[best - TORCH];
    const double rate = median(bench, e, best, TRAIN);
    add_rate(table, rate);
    add_number(table, 100 * rate / median(bench, e, OURS, LIMIT), 1);
    add_number(table, median(bench, e, OURS, TRAIN) / rate, 2);
    add_number(table, median(bench, e, best, PEAK) / (1 << 20), 0);
    table_add(table, table_cell(memory_text("%s", isnan(rate) ? "-" : setting->layout), NULL));
    table_add(table, table_cell(memory_text("%s", isnan(rate) ? "-" : setting->allocator), NULL));
}

static void add_missing(const struct bench *bench, struct text *text)
{
    if (bench->torch_missing)
        text_add(text, "PyTorch: skipped: %s\n", bench->torch_missing);
    for (size_t i = 0; i < bench->count; i++) {
        const struct entry *e = &bench->entries[i];
        if (e->refused)
            text_add(text, "%s, %s: skipped: %s\n", e->network, e->precision, e->refused);
        for (int p = 0; p < (bench->torch_missing ? TORCH : PROGRAMS); p++) {
            char *name = program_name(bench, p);
            if (e->missing[p])
                text_add(text, "%s, %s, %s: skipped: %s\n", e->network, e->precision, name,
                         e->missing[p]);
            free(name);
        }
    }
}

static void write_out(const struct bench *bench, const char *name, struct text *text)
{
    char *path = memory_text("%s/%s", bench->options->out, name);
    file_write(path, text->bytes, text->length);
    free(path);
}

static void add_names(const struct entry *e, struct table *table)
{
    table_add(table, table_cell(memory_text("%s", e->network), NULL));
    table_add(table, table_cell(memory_text("%s", e->precision), NULL));
}

/* A table of the names and of `count` columns from `first` on; `own` has room for all columns. */
static void begin_part(struct table *table, struct table_column *own, size_t first, size_t count)
{
    memcpy(own, columns, NAME_COLUMNS * sizeof *columns);
    memcpy(own + NAME_COLUMNS, columns + first, count * sizeof *columns);
    table_begin(table, own, NAME_COLUMNS + count);
}

static void write_tables(const struct bench *bench)
{
    enum { TORCH_FIRST = OUR_COLUMNS + MACHINE_COLUMNS };
    struct table all, ours, machine, torch, settings;
    struct table_column machine_columns[COUNT(columns)], torch_columns[COUNT(columns)];
    table_begin(&all, columns, COUNT(columns));
    table_begin(&ours, columns, OUR_COLUMNS);
    begin_part(&machine, machine_columns, OUR_COLUMNS, MACHINE_COLUMNS);
    begin_part(&torch, torch_columns, TORCH_FIRST, COUNT(columns) - TORCH_FIRST);
    table_begin(&settings, setting_columns, COUNT(setting_columns));
    for (size_t i = 0; i < bench->count; i++) {
        const struct entry *e = &bench->entries[i];
        if (!e->samples)
            continue;
        add_names(e, &all);
        add_our_cells(bench, e, &all);
        add_machine_cells(bench, e, &all);
        add_torch_cells(bench, e, &all);
        add_names(e, &ours);
        add_our_cells(bench, e, &ours);
        add_names(e, &machine);
        add_machine_cells(bench, e, &machine);
        add_names(e, &torch);
        add_torch_cells(bench, e, &torch);
        for (int p = TORCH; p < PROGRAMS; p++) {
            add_names(e, &settings);
            table_add(&settings,
                      table_cell(memory_text("%s", torch_settings[p - TORCH].layout), NULL));
            table_add(&settings,
                      table_cell(memory_text("%s", torch_settings[p - TORCH].allocator), NULL));
            add_rate(&settings, median(bench, e, p, TRAIN));
            add_number(&settings, median(bench, e, p, PEAK) / (1 << 20), 0);
        }
    }

    const struct bench_options *o = bench->options;
    struct text text = {0}, csv = {0};
    char *cpu = cpu_name();
    text_add(&text, "%s, %d thread%s; kdecay %s (%s); %s; PyTorch %s\n", cpu, o->threads,
             o->threads == 1 ? "" : "s", o->program, o->compiler,
             bench->environment ? bench->environment : "oneDNN not known",
             bench->torch_version ? bench->torch_version : "not there");
    text_add(&text, "Medians of %d round%s, of %g s of training or one step each\n\n", o->rounds,
             o->rounds == 1 ? "" : "s", o->seconds);
    table_write_text(&ours, &text);
    text_add(&text,
             "\ntrain: forward, backward, SGD. fill: moving and normalising the images, of the "
             "time of fill and train.\nconvolutions, rest: of the threads' time in train. limit: "
             "the step's convolutions alone, without waiting.\npeak: resident memory of the whole "
             "process.\n\n");
    table_write_text(&machine, &text);
    text_add(&text,
             "\nmachine: what its best multiply-add instruction, in a loop on registers, would "
             "give at three times the\nmultiply-adds of the forward pass, counted as direct "
             "convolutions have them: Winograd needs fewer.\nlimit of machine: how near the "
             "convolutions alone come to that; of machine: how near training does.\ncopies: of "
             "memory, bytes read and written. All on the same threads.\n\n");
    if (!bench->torch_missing) {
        table_write_text(&torch, &text);
        text_add(&text, "\nratio: train over PyTorch's train, in its fastest setting:\n\n");
        table_write_text(&settings, &text);
        text_add(&text, "\n");
    }
    add_missing(bench, &text);
    table_write_csv(&all, &csv);
    write_out(bench, "bench.txt", &text);
    write_out(bench, "bench.csv", &csv);
    free(cpu);
    free(text.bytes);
    free(csv.bytes);
    table_free(&all);
    table_free(&ours);
    table_free(&machine);
    table_free(&torch);
    table_free(&settings);
}

/* ---- All ------------------------------------------------------------------------------------ */

static void ask_for_torch(struct bench *bench)
{
    const struct job job = {.options = bench->options};
    if (!bench->options->torch)
        bench->torch_missing = memory_text("not asked for");
    else if ((bench->torch_version = run(&job, &bench->torch_missing)))
        bench->torch_version[strcspn(bench->torch_version, "\n")] = '\0';
}

/* Stores the reason in entry->refused if the program does not have the precision, or if the machine
 * does not have the memory. */
static void load_entry(const struct bench_options *options, const char *path, const char *precision,
                       struct entry *entry)
{
    struct error error;
    if (config_load(path, options->overrides, options->override_count, &entry->experiment,
                    &error) != 0)
        die("%s", error.text);
    entry->precision = precision;
    entry->network = ledger_network(&entry->experiment);
    const size_t needed = network_bytes(&entry->experiment, 1), there = free_bytes();
    if (needed > there) {
        entry->refused = memory_text("training takes about %zu MiB, %zu MiB are free", needed >> 20,
                                     there >> 20);
        return;
    }
    if (strcmp(precision, precisions[0]) == 0)
        return;
    const size_t count = options->override_count;
    const char **overrides = memory_zeroed(count + 1, sizeof *overrides);
    if (count)
        memcpy(overrides, options->overrides, count * sizeof *overrides);
    overrides[count] = memory_text("training.precision=%s", precision);
    if (config_load(path, overrides, count + 1, &entry->experiment, &error) != 0)
        entry->refused = memory_text("%s", error.text);
    free((char *)(uintptr_t)overrides[count]);
    free(overrides);
}

static void free_bench(struct bench *bench)
{
    for (size_t i = 0; i < bench->count; i++) {
        for (int p = 0; p < PROGRAMS; p++)
            free(bench->entries[i].missing[p]);
        free(bench->entries[i].network);
        free(bench->entries[i].refused);
        free(bench->entries[i].instruction);
        free(bench->entries[i].samples);
    }
    free(bench->entries);
    free(bench->torch_version);
    free(bench->torch_missing);
    free(bench->environment);
    free(bench->rounds.bytes);
}

void bench_run(const struct bench_options *options)
{
    const size_t count = options->experiment_count * COUNT(precisions);
    struct bench bench = {.options = options,
                          .entries = memory_zeroed(count, sizeof *bench.entries)};
    text_add(&bench.rounds, "network,precision,round,program");
    for (int v = 0; v < VALUES; v++)
        text_add(&bench.rounds, ",%s", value_names[v]);
    text_add(&bench.rounds, "\n");
    ask_for_torch(&bench);
    for (size_t i = 0; i < count; i++) {
        struct entry *entry = &bench.entries[bench.count++];
        load_entry(options, options->experiments[i / COUNT(precisions)],
                   precisions[i % COUNT(precisions)], entry);
        if (!entry->refused) {
            const size_t samples = (size_t)(PROGRAMS * VALUES * options->rounds);
            entry->samples = memory_zeroed(samples, sizeof *entry->samples);
            for (size_t s = 0; s < samples; s++)
                entry->samples[s] = NAN;
            measure_entry(&bench, entry);
        }
        write_tables(&bench);
        write_out(&bench, "rounds.csv", &bench.rounds);
    }
    free_bench(&bench);
}
