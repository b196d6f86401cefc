/*
 * synthetic_logs - raw logs of synthetic numbers, for `make bench-report`.
 *
 *     synthetic_logs FOLDER FROM TO
 *
 * writes log FROM+1 to log TO, FOLDER/results/ARM/seed-N.tsv, each with EPOCHS rows and all step
 * losses that a log may hold, and FOLDER/experiments/ARM.ini for each new arm. An arm has SEEDS logs.
 * There are arms of both image sets; three of four are of the desk scale and one is of the full
 * scale. The ARMS_A_FAMILY arms of a family differ only in k; families differ in lr.
 */
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "experiment/config.h"
#include "experiment/log.h"
#include "experiment/schedule.h"
#include "network/model_size.h"

#include <stdio.h>
#include <stdlib.h>

enum { SEEDS = 10, EPOCHS = 200, ARMS_A_FAMILY = 5, STEPS_AN_EPOCH = 391 };

/* As file_write(), but without waiting for the disk 10,000 times. */
static void write_text(const char *path, const char *bytes, size_t size)
{
    file_make_parents(path);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(bytes, 1, size, file) != size || fclose(file) != 0)
        die_errno("%s: cannot be written", path);
}

/* The arm's name; free() it. */
static char *write_experiment(const char *folder, long arm)
{
    const char *set = arm % 2 ? "cifar100" : "cifar10";
    const long family = arm / 2 / ARMS_A_FAMILY, member = arm / 2 % ARMS_A_FAMILY;
    char *name = memory_text("%s/family-%ld/poly-k%ld", set, family, member + 1);
    struct text text = {0};
    text_add(&text,
             "[run]\nscale = %s\n[data]\nset = %s\naugmentation = flip-crop\n"
             "[network]\nfamily = preact\ndepth = 20\n"
             "[training]\nepochs = %d\nbatch = 128\nlast_batch = keep\n"
             "momentum = 0.9\nnesterov = yes\nweight_decay = 1e-4\n"
             "[schedule]\ndecay = polynomial\nlr = %g\nlr_end = 1e-4\nk = %ld\n",
             family % 4 == 3 ? "full" : "desk", set, EPOCHS, 0.1 * (1 + 0.001 * (double)family),
             member + 1);
    char *path = memory_text("%s/experiments/%s.ini", folder, name);
    write_text(path, text.bytes, text.length);
    free(path);
    free(text.bytes);
    return name;
}

static void write_log(const char *folder, const struct experiment *experiment, long seed)
{
    struct log_facts facts = {.experiment = experiment,
                              .seed = seed,
                              .train = digest_of("train", 5),
                              .test = digest_of("test", 4),
                              .initial = digest_of("initial", 7),
                              .program = "made up",
                              .compiler = "none",
                              .onednn = "none",
                              .environment = "none",
                              .kernels = "conv1: a, b, c\n",
                              .threads = 2,
                              .started = "never"};
    const struct model_size size = model_size_of(experiment);
    facts.parameters = size.trained;
    facts.macs = size.macs;
    const struct schedule schedule = schedule_of(experiment, STEPS_AN_EPOCH);
    struct log_writer writer;
    log_begin(&writer, &facts);
    for (long step = 1; step <= LOG_STEP_LOSSES; step++)
        log_add_step_loss(&writer, step, 2.3 - 0.001 / (double)(step * (seed + 1)));
    log_add_columns(&writer);
    for (long epoch = 1; epoch <= EPOCHS; epoch++) {
        const double part = 1.0 / (double)(epoch + seed);
        const struct log_row row = {
            .epoch = epoch,
            .step = epoch * STEPS_AN_EPOCH,
            .lr = schedule_lr(&schedule, (double)(epoch * STEPS_AN_EPOCH - 1)),
            .train_loss = 2.3 * part,
            .train_error = 0.002 * (double)(long)(40000 * part),
            .test_loss = 0.3 + 2 * part,
            .test_error = 0.01 * (double)(long)(500 + 8000 * part),
            .wall_seconds = 30,
            .wall_images_per_s = 2000};
        log_add_row(&writer, &row);
    }
    const struct digest state = digest_of("state", 5);
    log_end(&writer, 0, &state);
    char *results = memory_text("%s/results", folder);
    char *path = log_path(results, experiment->arm, seed);
    write_text(path, writer.text.bytes, writer.text.length);
    free(path);
    free(results);
    free(writer.text.bytes);
}

int main(int argc, char **argv)
{
    if (argc != 4)
        die("usage: synthetic_logs FOLDER FROM TO");
    for (long i = strtol(argv[2], NULL, 10), to = strtol(argv[3], NULL, 10); i < to; i++) {
        char *name = write_experiment(argv[1], i / SEEDS);
        char *path = memory_text("%s/experiments/%s.ini", argv[1], name);
        struct experiment experiment;
        struct error error;
        if (config_load(path, NULL, 0, &experiment, &error) != 0)
            die("%s", error.text);
        write_log(argv[1], &experiment, i % SEEDS + 1);
        free(path);
        free(name);
    }
    return EXIT_SUCCESS;
}
