#include "train/probe.h"

#include "base/file.h"
#include "base/memory.h"
#include "train/checkpoint.h"
#include "train/training.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct probe {
    const struct probe_options *options;
    const struct experiment *experiment;
    struct training training;
    float *inputs; /* of all steps */
    int32_t *labels;
    size_t images; /* recorded so far */
    struct text rows;
};

/* ---- Files --------------------------------------------------------------------------------- */

static void write_file(const struct probe *probe, const char *name, const void *bytes, size_t size)
{
    char *path = memory_text("%s/%s", probe->options->out, name);
    file_write(path, bytes, size);
    free(path);
}

static void write_parameters(const struct probe *probe, const char *moment, const char *name)
{
    char *path = memory_text("%s/%s/%s", probe->options->out, moment, name);
    const struct progress start = {0};
    checkpoint_save(path, network_parameters(probe->training.network), &start, "");
    free(path);
}

static void write_gradients(const struct probe *probe, const char *moment)
{
    const struct parameters *parameters = network_parameters(probe->training.network);
    float *all = memory_floats(parameters->trained_floats);
    size_t count = 0;
    for (int i = 0; i < parameters->count; i++) {
        if (!parameters->tensors[i].trained)
            continue;
        parameters_get(parameters, i, TENSOR_GRADIENT, all + count);
        count += parameters->tensors[i].count;
    }
    char *name = memory_text("%s/gradients.bin", moment);
    write_file(probe, name, all, count * sizeof *all);
    free(name);
    free(all);
}

static void write_logits(const struct probe *probe, const char *moment, int count)
{
    const int classes = config_class_count(probe->experiment);
    float *all = memory_floats((size_t)(count * classes)), *at = all;
    for (int i = 0; i < count; i++) {
        const double *logits = network_logits(probe->training.network, i);
        for (int j = 0; j < classes; j++)
            *at++ = (float)logits[j];
    }
    char *name = memory_text("%s/logits.bin", moment);
    write_file(probe, name, all, (size_t)(at - all) * sizeof *all);
    free(name);
    free(all);
}

static void write_text(const struct probe *probe, const char *name, const char *text)
{
    write_file(probe, name, text, strlen(text));
}

/* ---- Steps --------------------------------------------------------------------------------- */

/* Record the `count` images that are in the network. */
static void record(struct probe *probe, int count)
{
    struct network *network = probe->training.network;
    for (int i = 0; i < count; i++) {
        memcpy(probe->inputs + probe->images * IMAGE_FLOATS, network_input(network, i),
               IMAGE_FLOATS * sizeof *probe->inputs);
        probe->labels[probe->images++] = *network_label(network, i);
    }
}

/* One step. `moment` is its folder, or NULL if its tensors are not written. Returns its images. */
static int take_step(struct probe *probe, long step, const char *moment)
{
    const int count = training_load_batch(&probe->training, step);
    record(probe, count);
    if (moment)
        write_parameters(probe, moment, "before.safetensors");
    const struct pass_result result = network_forward_backward(probe->training.network, count);
    if (moment) {
        write_logits(probe, moment, count);
        write_gradients(probe, moment);
    }
    const double lr = training_sgd_update(&probe->training, step);
    text_add(&probe->rows, "%ld\t%.17g\t%d\t%.17g\t%ld\n", step, lr, count, result.loss_sum / count,
             result.wrong);
    if (moment)
        write_parameters(probe, moment, "after.safetensors");
    return count;
}

/* Evaluate the last step's `count` images, which are still in the network. */
static void evaluate(const struct probe *probe, int count)
{
    const struct pass_result result = network_evaluate(probe->training.network, count);
    char *text = memory_text("loss\twrong\n%.17g\t%ld\n", result.loss_sum / count, result.wrong);
    write_text(probe, "evaluation/losses.tsv", text);
    write_logits(probe, "evaluation", count);
    free(text);
}

void probe_run(const struct probe_options *options)
{
    struct probe probe = {.options = options, .experiment = options->experiment};
    const long per_epoch = config_steps_per_epoch(probe.experiment);
    if (options->steps > per_epoch * probe.experiment->epochs)
        die("--steps %ld: the run has %ld", options->steps, per_epoch * probe.experiment->epochs);
    const size_t most = (size_t)options->steps * (size_t)probe.experiment->batch;
    probe.inputs = memory_floats(most * IMAGE_FLOATS);
    probe.labels = memory_zeroed(most, sizeof *probe.labels);
    training_open(&probe.training, probe.experiment, (uint32_t)options->seed, options->threads,
                  options->data, options->kept);
    network_initialise(probe.training.network, (uint32_t)options->seed);

    char *text = config_text(probe.experiment);
    write_text(&probe, "experiment.txt", text);
    text_add(&probe.rows, "step\tlr\timages\tloss\twrong\n");
    int count = 0;
    for (long step = 1; step <= options->steps; step++)
        count = take_step(&probe, step,
                          step == 1                ? "first"
                          : step == options->steps ? "last"
                                                   : NULL);
    evaluate(&probe, count);
    write_file(&probe, "inputs.bin", probe.inputs,
               probe.images * IMAGE_FLOATS * sizeof *probe.inputs);
    write_file(&probe, "labels.bin", probe.labels, probe.images * sizeof *probe.labels);
    write_text(&probe, "steps.tsv", probe.rows.bytes);

    training_close(&probe.training);
    free(probe.rows.bytes);
    free(probe.labels);
    free(probe.inputs);
    free(text);
}
