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
        const double x = entry->samples ? *sample(bench, entry, program, value, r) : NAN;
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

/* A column of bench.csv in one row. */
struct cell {
    const char *name;
    char align;
    char *text; /* free() it */
};

/* The columns behind the names in bench.csv and in the tables of bench.txt: ours, the machine's and
 * PyTorch's. */
enum { CSV, OUR_PART, MACHINE_PART, TORCH_PART, PARTS, NAMES = 2, COLUMNS = 25 };
static const struct {
    size_t first, end;
} parts[PARTS] = {{NAMES, COLUMNS}, {NAMES, 13}, {13, 19}, {19, COLUMNS}};

static const struct table_column setting_columns[] = {
    {"network", NULL, 'l', NULL, TABLE_ALL, NULL},
    {"precision", NULL, 'l', NULL, TABLE_ALL, NULL},
    {"layout", NULL, 'l', NULL, TABLE_ALL, NULL},
    {"allocator", NULL, 'l', NULL, TABLE_ALL, NULL},
    {"train (images/s)", NULL, 'r', NULL, TABLE_ALL, NULL},
    {"peak (MiB)", NULL, 'r', NULL, TABLE_ALL, NULL},
};

/* A number that is not 0 shows a digit that is not. */
static char *number(double value, int decimals)
{
    while (fabs(value) > 0 && fabs(value) < 0.5 * pow(10, -decimals) && decimals < 12)
        decimals++;
    return isnan(value) ? memory_text("-") : memory_text("%.*f", decimals, value);
}

static char *number_of_rate(double rate)
{
    return number(rate, rate < 100 ? 2 : 0);
}

static char *number_of_mib(double bytes)
{
    return number(bytes / (1 << 20), 0);
}

static char *percent(double share)
{
    return number(100 * share, 1);
}

static char *word(const char *text)
{
    return memory_text("%s", text);
}

static void add_cell(struct table *table, char *text)
{
    table_add(table, table_cell(text, NULL));
}

/* Of an entry that was not measured the numbers are none. */
static void make_cells(const struct bench *bench, const struct entry *e, struct cell cells[COLUMNS])
{
    const double train = median(bench, e, OURS, TRAIN), limit = median(bench, e, OURS, LIMIT);
    const double one = median(bench, e, OURS_ONE_THREAD, TRAIN);
    const double convolutions = median(bench, e, OURS, CONVOLUTIONS);
    /* Training one image takes about three times the multiply-adds of its forward pass; slightly
     * less, since the images need no gradient. */
    const double adds = median(bench, e, MACHINE, ADDS);
    const double machine = adds / (3 * (double)model_size_of(&e->experiment).macs);
    const int best = best_torch(bench, e);
    const double torch = median(bench, e, best, TRAIN);
    const struct torch_setting *setting = &torch_settings[best - TORCH];
    const struct cell made[] = {
        {"network", 'l', word(e->network)},
        {"precision", 'l', word(e->precision)},
        {"batch", 'r', memory_text("%d", e->experiment.batch)},
        {"train (images/s)", 'r', number_of_rate(train)},
        {"evaluate (images/s)", 'r', number_of_rate(median(bench, e, OURS, EVALUATE))},
        {"fill (%)", 'r', percent(median(bench, e, OURS, FILL))},
        {"convolutions (%)", 'r', percent(convolutions)},
        {"rest (%)", 'r', percent(1 - convolutions)},
        {"limit (images/s)", 'r', number_of_rate(limit)},
        {"of limit (%)", 'r', percent(train / limit)},
        {"1 thread (images/s)", 'r', number_of_rate(one)},
        {"speed-up", 'r', number(train / one, 2)},
        {"peak (MiB)", 'r', number_of_mib(median(bench, e, OURS, PEAK))},
        {"instruction", 'l', word(e->instruction ? e->instruction : "-")},
        {"multiply-adds (G/s)", 'r', number(adds / GIGA, 0)},
        {"copies (GB/s)", 'r', number(median(bench, e, MACHINE, COPIES) / GIGA, 1)},
        {"machine (images/s)", 'r', number_of_rate(machine)},
        {"limit of machine (%)", 'r', percent(limit / machine)},
        {"of machine (%)", 'r', percent(train / machine)},
        {"PyTorch (images/s)", 'r', number_of_rate(torch)},
        {"PyTorch of limit (%)", 'r', percent(torch / limit)},
        {"ratio", 'r', number(train / torch, 2)},
        {"PyTorch peak (MiB)", 'r', number_of_mib(median(bench, e, best, PEAK))},
        {"PyTorch layout", 'l', word(isnan(torch) ? "-" : setting->layout)},
        {"PyTorch allocator", 'l', word(isnan(torch) ? "-" : setting->allocator)},
    };
    _Static_assert(COUNT(made) == COLUMNS, "all columns");
    memcpy(cells, made, sizeof made);
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

static void add_settings(const struct bench *bench, const struct entry *e, struct table *table)
{
    for (int p = TORCH; p < PROGRAMS; p++) {
        add_cell(table, word(e->network));
        add_cell(table, word(e->precision));
        add_cell(table, word(torch_settings[p - TORCH].layout));
        add_cell(table, word(torch_settings[p - TORCH].allocator));
        add_cell(table, number_of_rate(median(bench, e, p, TRAIN)));
        add_cell(table, number_of_mib(median(bench, e, p, PEAK)));
    }
}

static void write_tables(const struct bench *bench)
{
    struct table table[PARTS], settings;
    struct table_column own[PARTS][COLUMNS];
    table_begin(&settings, setting_columns, COUNT(setting_columns));
    for (size_t i = 0; i < bench->count; i++) {
        const struct entry *e = &bench->entries[i];
        if (i > 0 && !e->samples)
            continue;
        struct cell cells[COLUMNS];
        make_cells(bench, e, cells);
        for (int t = 0; t < PARTS; t++) {
            size_t count = 0, place[COLUMNS];
            for (size_t c = 0; c < COLUMNS; c++)
                if (c < NAMES || (c >= parts[t].first && c < parts[t].end))
                    place[count++] = c;
            for (size_t c = 0; c < count && i == 0; c++)
                own[t][c] = (struct table_column){
                    cells[place[c]].name, NULL, cells[place[c]].align, NULL, TABLE_ALL, NULL};
            if (i == 0)
                table_begin(&table[t], own[t], count);
            for (size_t c = 0; c < count && e->samples; c++)
                add_cell(&table[t], word(cells[place[c]].text));
        }
        for (int c = 0; c < COLUMNS; c++)
            free(cells[c].text);
        if (e->samples)
            add_settings(bench, e, &settings);
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
    table_write_text(&table[OUR_PART], &text);
    text_add(&text,
             "\ntrain: forward, backward, SGD. fill: moving and normalising the images, of the "
             "time of fill and train.\nconvolutions, rest: of the threads' time in train. limit: "
             "the step's convolutions alone, without waiting.\npeak: resident memory of the whole "
             "process.\n\n");
    table_write_text(&table[MACHINE_PART], &text);
    text_add(&text,
             "\nmachine: what its best multiply-add instruction, in a loop on registers, would "
             "give at three times the\nmultiply-adds of the forward pass, counted as direct "
             "convolutions have them: Winograd needs fewer.\nlimit of machine: how near the "
             "convolutions alone come to that; of machine: how near training does.\ncopies: of "
             "memory, bytes read and written. All on the same threads.\n\n");
    if (!bench->torch_missing) {
        table_write_text(&table[TORCH_PART], &text);
        text_add(&text, "\nratio: train over PyTorch's train, in its fastest setting:\n\n");
        table_write_text(&settings, &text);
        text_add(&text, "\n");
    }
    add_missing(bench, &text);
    table_write_csv(&table[CSV], &csv);
    write_out(bench, "bench.txt", &text);
    write_out(bench, "bench.csv", &csv);
    free(cpu);
    free(text.bytes);
    free(csv.bytes);
    for (int t = 0; t < PARTS; t++)
        table_free(&table[t]);
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
