/* The probe sees what the trainer sees: its losses are those of the log. */
#include "dataset.h"
#include "file.h"
#include "log.h"
#include "memory.h"
#include "network.h"
#include "probe.h"
#include "scratch.h"
#include "tests.h"

#include <stdlib.h>
#include <string.h>

enum { STEPS = 7, PICTURES = 40, BATCH = 16, PER_EPOCH = 3, SEED = 9 };

/* Three steps an epoch, the last one of 8 pictures. */
static const char experiment_text[] =
    "[run]\nscale = smoke\n[data]\nset = made-up\ntrain_pictures = 40\ntest_pictures = 16\n"
    "augmentation = flip-crop\n[network]\nfamily = densenet-bc\ndepth = 10\ngrowth = 4\n"
    "dropout = 0.1\n[training]\nepochs = 3\nbatch = 16\nlast_batch = keep\nshards = 4\n"
    "momentum = 0.9\nnesterov = yes\nweight_decay = 1e-2\ndecayed = weights\n"
    "momentum_reset = at-drop\n[schedule]\ndecay = step\nlr = 0.1\nlr_end = 0\ndrops = 1\n";

static char *read_file(const char *folder, const char *name, size_t *size)
{
    char *path = memory_text("%s/probe/%s", folder, name);
    struct error error;
    char *bytes = file_read(path, size, &error);
    if (!bytes)
        fail_msg("%s", error.text);
    free(path);
    return bytes;
}

static void expect_size(const char *folder, const char *name, size_t expected)
{
    size_t size = 0;
    free(read_file(folder, name, &size));
    assert_int_equal(size, expected);
}

/* Write the experiment to `folder` and probe it there. */
static void probe(const char *folder, int threads)
{
    scratch_write(folder, "a.ini", experiment_text);
    char *path = memory_text("%s/a.ini", folder), *out = memory_text("%s/probe", folder);
    struct experiment experiment;
    struct error error;
    if (config_load(path, NULL, 0, &experiment, &error) != 0)
        fail_msg("%s", error.text);
    const struct probe_options options = {
        .experiment = &experiment, .seed = SEED, .threads = threads, .steps = STEPS, .out = out};
    probe_run(&options);
    free(out);
    free(path);
}

static void test_files_of_a_probe(void **state)
{
    (void)state;
    char *folder = scratch_folder();
    probe(folder, 1);
    const size_t pictures = STEPS / PER_EPOCH * PICTURES + STEPS % PER_EPOCH * BATCH;
    expect_size(folder, "inputs.bin", pictures * PICTURE_FLOATS * sizeof(float));
    expect_size(folder, "labels.bin", pictures * sizeof(int32_t));
    struct experiment experiment;
    struct error error;
    char *text = read_file(folder, "experiment.txt", NULL);
    assert_int_equal(config_parse(text, "experiment.txt", &experiment, &error), 0);
    free(text);
    long long parameters, macs;
    network_size(&experiment, &parameters, &macs);
    const char *const moments[] = {"first", "last"};
    for (int i = 0; i < 2; i++) {
        char *gradients = memory_text("%s/gradients.bin", moments[i]);
        expect_size(folder, gradients, (size_t)parameters * sizeof(float));
        free(gradients);
        char *before = memory_text("%s/before.safetensors", moments[i]);
        char *after = memory_text("%s/after.safetensors", moments[i]);
        size_t size = 0;
        free(read_file(folder, before, &size));
        expect_size(folder, after, size);
        free(before);
        free(after);
    }
    scratch_remove(folder);
}

static void test_losses_are_the_trainers(void **state)
{
    (void)state;
    char *folder = scratch_folder(), *output = NULL;
    probe(folder, 2);
    char *command = memory_text("build/kdecay train %s/a.ini --seed %d --threads 1 --results %s "
                                "--checkpoints %s/checkpoints",
                                folder, SEED, folder, folder);
    if (scratch_run(command, &output) != 0)
        fail_msg("%s: %s", command, output);
    size_t count = 0;
    char **paths = file_list(folder, ".tsv", &count);
    struct log log = {0};
    for (size_t i = 0; i < count; i++) {
        struct error error;
        if (strstr(paths[i], "seed-") && log_read(paths[i], &log, &error) != 0)
            fail_msg("%s", error.text);
        free(paths[i]);
    }
    free(paths);
    char *text = read_file(folder, "steps.tsv", NULL), *at = strchr(text, '\n') + 1;
    for (long step = 1; step <= STEPS; step++) {
        assert_int_equal(strtol(at, &at, 10), step);
        const double lr = strtod(at, &at);
        assert_true(lr == (step <= PER_EPOCH ? 0.1 : 0.1 * 0.1));
        assert_int_equal(strtol(at, &at, 10), step % PER_EPOCH == 0 ? PICTURES % BATCH : BATCH);
        assert_true(strtod(at, &at) == log.step_losses[step - 1]);
        strtol(at, &at, 10);
    }
    assert_string_equal(at, "\n");
    free(text);
    log_free(&log);
    free(command);
    free(output);
    scratch_remove(folder);
}

const struct CMUnitTest probe_tests[] = {
    cmocka_unit_test(test_files_of_a_probe),
    cmocka_unit_test(test_losses_are_the_trainers),
};
const size_t probe_test_count = sizeof probe_tests / sizeof probe_tests[0];
