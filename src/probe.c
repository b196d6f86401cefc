#include "probe.h"

#include "checkpoint.h"
#include "dataset.h"
#include "file.h"
#include "memory.h"
#include "network.h"
#include "optimizer.h"
#include "schedule.h"

#include <omp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct probe {
    const struct probe_options *options;
    const struct experiment *experiment;
    struct dataset dataset;
    struct network *network;
    struct schedule schedule;
    struct sgd sgd;
    uint32_t *order; /* of this epoch's pictures */
    float *inputs;   /* of all steps */
    int32_t *labels;
    size_t pictures; /* recorded so far */
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
    checkpoint_save(path, network_parameters(probe->network), 0, "");
    free(path);
}

static void write_gradients(const struct probe *probe, const char *moment)
{
    const struct parameters *parameters = network_parameters(probe->network);
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

static void write_text(const struct probe *probe, const char *name, const char *text)
{
    write_file(probe, name, text, strlen(text));
}

/* ---- Steps --------------------------------------------------------------------------------- */

/* Bring the step's pictures into the network and onto record. Returns their number. */
static int fill(struct probe *probe, long step)
{
    const struct pictures *train = &probe->dataset.train;
    const long steps = dataset_steps_per_epoch(probe->experiment);
    const uint32_t seed = (uint32_t)probe->options->seed;
    const uint32_t epoch = (uint32_t)((step - 1) / steps + 1);
    const size_t batch = (size_t)probe->experiment->batch;
    const size_t first = (size_t)((step - 1) % steps) * batch;
    const size_t count = train->count - first < batch ? train->count - first : batch;
    if (first == 0)
        rng_shuffle((struct rng){seed, RNG_SHUFFLE}, epoch, probe->order, (uint32_t)train->count);
    for (size_t i = 0; i < count; i++) {
        const uint32_t index = probe->order[first + i];
        const struct augment augment =
            dataset_augment((enum augmentation)probe->experiment->augmentation, seed, epoch, index);
        float *input = network_input(probe->network, (int)i);
        dataset_picture(&probe->dataset, train, index, augment, input);
        *network_label(probe->network, (int)i) = dataset_label(train, index);
        memcpy(probe->inputs + probe->pictures * PICTURE_FLOATS, input,
               PICTURE_FLOATS * sizeof *input);
        probe->labels[probe->pictures++] = dataset_label(train, index);
    }
    return (int)count;
}

static void descend(const struct probe *probe, double lr)
{
    struct parameters *p = network_parameters(probe->network);
    struct sgd undecayed = probe->sgd;
    undecayed.weight_decay = 0;
    const size_t decayed = p->decayed_floats;
    sgd_step(&probe->sgd, lr, decayed, p->value, p->momentum, p->gradient);
    sgd_step(&undecayed, lr, p->trained_floats - decayed, p->value + decayed, p->momentum + decayed,
             p->gradient + decayed);
    for (int i = 0; i < p->count; i++)
        parameters_renew_backward(p, i);
}

/* One step; `moment` is its folder, or NULL where it is not laid open. Returns its pictures. */
static int take_step(struct probe *probe, long step, const char *moment)
{
    const int count = fill(probe, step);
    if (probe->experiment->momentum_reset && schedule_drops_at(&probe->schedule, step - 1))
        parameters_clear_momentum(network_parameters(probe->network));
    if (moment)
        write_parameters(probe, moment, "before.safetensors");
    network_set_step(probe->network, (uint32_t)probe->options->seed, (uint32_t)step);
    const struct pass_result result = network_train(probe->network, count);
    const double lr = schedule_lr(&probe->schedule, (double)(step - 1));
    text_add(&probe->rows, "%ld\t%.17g\t%d\t%.17g\t%ld\n", step, lr, count, result.loss_sum / count,
             result.wrong);
    if (moment)
        write_gradients(probe, moment);
    descend(probe, lr);
    if (moment)
        write_parameters(probe, moment, "after.safetensors");
    return count;
}

/* Of the last step's `count` pictures, which are still in the network. */
static void evaluate(const struct probe *probe, int count)
{
    const struct pass_result result = network_evaluate(probe->network, count);
    char *text = memory_text("loss\twrong\n%.17g\t%ld\n", result.loss_sum / count, result.wrong);
    write_text(probe, "evaluation.tsv", text);
    free(text);
}

void probe_run(const struct probe_options *options)
{
    struct probe probe = {.options = options, .experiment = options->experiment};
    const long per_epoch = dataset_steps_per_epoch(probe.experiment);
    if (options->steps > per_epoch * probe.experiment->epochs)
        die("--steps %ld: the run has %ld", options->steps, per_epoch * probe.experiment->epochs);
    struct error error;
    omp_set_num_threads(options->threads); /* for whitening */
    if (dataset_load(&probe.dataset, probe.experiment, options->data, options->kept, &error) != 0)
        die("%s", error.text);
    const size_t most = (size_t)options->steps * (size_t)probe.experiment->batch;
    probe.order = memory_zeroed(probe.dataset.train.count, sizeof *probe.order);
    probe.inputs = memory_floats(most * PICTURE_FLOATS);
    probe.labels = memory_zeroed(most, sizeof *probe.labels);
    probe.schedule = schedule_of(probe.experiment, per_epoch);
    probe.sgd = sgd_of(probe.experiment);
    probe.network = network_create(probe.experiment, options->threads);
    network_initialise(probe.network, (uint32_t)options->seed);

    char *text = config_text(probe.experiment);
    write_text(&probe, "experiment.txt", text);
    text_add(&probe.rows, "step\tlr\tpictures\tloss\twrong\n");
    int count = 0;
    for (long step = 1; step <= options->steps; step++)
        count = take_step(&probe, step,
                          step == 1                ? "first"
                          : step == options->steps ? "last"
                                                   : NULL);
    evaluate(&probe, count);
    write_file(&probe, "inputs.bin", probe.inputs,
               probe.pictures * PICTURE_FLOATS * sizeof *probe.inputs);
    write_file(&probe, "labels.bin", probe.labels, probe.pictures * sizeof *probe.labels);
    write_text(&probe, "steps.tsv", probe.rows.bytes);

    network_destroy(probe.network);
    dataset_free(&probe.dataset);
    free(probe.rows.bytes);
    free(probe.labels);
    free(probe.inputs);
    free(probe.order);
    free(text);
}
