/* The probe sees what the trainer sees: its losses are those of the log. What a step consists of
 * (training.h) is checked on the probe's files. */
#include "base/file.h"
#include "base/memory.h"
#include "base/rng.h"
#include "data/dataset.h"
#include "experiment/log.h"
#include "network/model_size.h"
#include "network/network.h"
#include "network/parameters.h"
#include "tests/expect.h"
#include "tests/scratch.h"
#include "tests/tests.h"
#include "train/checkpoint.h"
#include "train/probe.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS = 7, IMAGES = 40, BATCH = 16, PER_EPOCH = 3, SEED = 9, CLASSES = 10 };

/* Three steps an epoch, the last one of 8 images. */
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
static struct experiment probe(const char *folder, int threads, long steps)
{
    scratch_write(folder, "a.ini", experiment_text);
    char *path = memory_text("%s/a.ini", folder), *out = memory_text("%s/probe", folder);
    struct experiment experiment;
    struct error error;
    expect_ok(config_load(path, NULL, 0, &experiment, &error), &error);
    const struct probe_options options = {
        .experiment = &experiment, .seed = SEED, .threads = threads, .steps = steps, .out = out};
    probe_run(&options);
    free(out);
    free(path);
    return experiment;
}

TEST(files_of_a_probe)
{
    char *folder = scratch_folder();
    probe(folder, 1, STEPS);
    const size_t images = STEPS / PER_EPOCH * IMAGES + STEPS % PER_EPOCH * BATCH;
    expect_size(folder, "inputs.bin", images * IMAGE_FLOATS * sizeof(float));
    expect_size(folder, "labels.bin", images * sizeof(int32_t));
    struct experiment experiment;
    struct error error;
    char *text = read_file(folder, "experiment.txt", NULL);
    assert_int_equal(config_parse(text, "experiment.txt", &experiment, &error), 0);
    free(text);
    const long long parameters = model_size_of(&experiment).trained;
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

/* The mean loss and the misclassified images, computed from the logits of a moment. */
static void check_logits(const char *folder, const char *moment, const int32_t *labels, long count,
                         double loss, long wrong)
{
    char *name = memory_text("%s/logits.bin", moment);
    size_t size = 0;
    char *bytes = read_file(folder, name, &size);
    assert_int_equal(size, (size_t)count * CLASSES * sizeof(float));
    for (long i = 0; i < count; i++) {
        float logits[CLASSES], best = -INFINITY;
        double total = 0;
        memcpy(logits, bytes + (size_t)i * sizeof logits, sizeof logits);
        for (int j = 0; j < CLASSES; j++) {
            total += exp((double)logits[j]);
            best = fmaxf(best, logits[j]);
        }
        loss -= (log(total) - (double)logits[labels[i]]) / (double)count;
        wrong -= logits[labels[i]] < best;
    }
    assert_true(fabs(loss) < 1e-6);
    assert_int_equal(wrong, 0);
    free(bytes);
    free(name);
}

/* The last step here is short and leaves shards empty. */
TEST(logits_have_the_losses)
{
    char *folder = scratch_folder();
    probe(folder, 2, PER_EPOCH);
    char *bytes = read_file(folder, "labels.bin", NULL);
    int32_t labels[IMAGES];
    memcpy(labels, bytes, sizeof labels);
    free(bytes);
    char *steps = read_file(folder, "steps.tsv", NULL), *at = steps;
    long first = 0, count = 0, wrong;
    double loss;
    for (int step = 1; step <= PER_EPOCH; step++, first += count) {
        at = strchr(at, '\n') + 1;
        assert_int_equal(sscanf(at, "%*d %*f %ld %lf %ld", &count, &loss, &wrong), 3);
        if (step == 1 || step == PER_EPOCH)
            check_logits(folder, step == 1 ? "first" : "last", labels + first, count, loss, wrong);
    }
    free(steps);
    char *evaluation = read_file(folder, "evaluation/losses.tsv", NULL);
    assert_int_equal(sscanf(strchr(evaluation, '\n'), "%lf %ld", &loss, &wrong), 2);
    check_logits(folder, "evaluation", labels + first - count, count, loss, wrong);
    free(evaluation);
    scratch_remove(folder);
}

TEST(losses_are_the_trainers)
{
    char *folder = scratch_folder(), *output = NULL;
    probe(folder, 2, STEPS);
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
        assert_int_equal(strtol(at, &at, 10), step % PER_EPOCH == 0 ? IMAGES % BATCH : BATCH);
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

/* Every epoch in its own order, every image moved by its own draw. */
TEST(images_of_the_steps)
{
    char *folder = scratch_folder();
    const struct experiment experiment = probe(folder, 2, STEPS);
    struct dataset dataset;
    struct error error;
    assert_int_equal(dataset_load(&dataset, &experiment, NULL, NULL, &error), 0);
    char *inputs = read_file(folder, "inputs.bin", NULL),
         *labels = read_file(folder, "labels.bin", NULL);
    uint32_t order[IMAGES];
    size_t size = 0;
    free(read_file(folder, "labels.bin", &size));
    for (size_t i = 0; i < size / sizeof(int32_t); i++) {
        const uint32_t epoch = (uint32_t)(i / IMAGES + 1);
        rng_shuffle((struct rng){SEED, RNG_SHUFFLE}, epoch, order, IMAGES);
        const uint32_t index = order[i % IMAGES];
        const int32_t label = dataset_label(&dataset.train, index);
        float input[IMAGE_FLOATS];
        dataset_image(&dataset, &dataset.train, index,
                      dataset_augment(AUGMENT_FLIP_CROP, SEED, epoch, index), input);
        assert_memory_equal(inputs + i * sizeof input, input, sizeof input);
        assert_memory_equal(labels + i * sizeof label, &label, sizeof label);
    }
    free(inputs);
    free(labels);
    dataset_free(&dataset);
    scratch_remove(folder);
}

/* The parameters before or after a step, in a network to be destroyed. */
static struct network *network_at(const char *folder, const struct experiment *experiment,
                                  const char *name)
{
    struct network *network = network_create(experiment, 1);
    char *path = memory_text("%s/probe/%s", folder, name), *log = NULL;
    struct error error;
    struct progress place;
    expect_ok(checkpoint_load(path, network_parameters(network), &place, &log, &error), &error);
    free(log);
    free(path);
    return network;
}

/* From momentum 0, SGD leaves gradient + decay * value there: at the first step, and at the step
 * where the rate drops. Scales, shifts and biases don't decay. */
TEST(momentum_starts_at_zero_and_at_drops)
{
    char *folder = scratch_folder();
    const struct experiment experiment = probe(folder, 2, PER_EPOCH + 1);
    const char *const moments[] = {"first", "last"};
    for (int m = 0; m < 2; m++) {
        char *before = memory_text("%s/before.safetensors", moments[m]);
        char *after = memory_text("%s/after.safetensors", moments[m]);
        char *name = memory_text("%s/gradients.bin", moments[m]);
        struct network *from = network_at(folder, &experiment, before);
        struct network *to = network_at(folder, &experiment, after);
        char *bytes = read_file(folder, name, NULL), *at = bytes;
        const struct parameters *old = network_parameters(from), *new = network_parameters(to);
        for (int i = 0; i < old->count; i++) {
            const struct tensor *tensor = &old->tensors[i];
            if (!tensor->trained)
                continue;
            const float decay = tensor->dim_count > 1 ? 1e-2f : 0;
            float *value = memory_floats(tensor->count), *momentum = memory_floats(tensor->count);
            parameters_get(old, i, TENSOR_WEIGHT, value);
            parameters_get(new, i, TENSOR_MOMENTUM, momentum);
            for (size_t j = 0; j < tensor->count; j++, at += sizeof(float)) {
                float gradient;
                memcpy(&gradient, at, sizeof gradient);
                assert_true(momentum[j] == gradient + decay * value[j]);
            }
            free(value);
            free(momentum);
        }
        network_destroy(from);
        network_destroy(to);
        free(bytes);
        free(name);
        free(after);
        free(before);
    }
    scratch_remove(folder);
}
