#include "train/training.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/rng.h"

#include <omp.h>
#include <stdlib.h>

void training_open(struct training *training, const struct experiment *experiment, uint32_t seed,
                   int threads, const char *data, const char *kept)
{
    *training = (struct training){.experiment = experiment, .seed = seed};
    struct error error;
    omp_set_num_threads(threads); /* for whitening; onednn_open() will set it to 1 */
    if (dataset_load(&training->dataset, experiment, data, kept, &error) != 0)
        die("%s", error.text);
    training->order = memory_zeroed(training->dataset.train.count, sizeof *training->order);
    training->steps_per_epoch = config_steps_per_epoch(experiment);
    training->schedule = schedule_of(experiment, training->steps_per_epoch);
    training->sgd = sgd_of(experiment);
    training->network = network_create(experiment, threads);
}

void training_close(struct training *training)
{
    network_destroy(training->network);
    dataset_free(&training->dataset);
    free(training->order);
}

/* ---- Images ------------------------------------------------------------------------------ */

/* Copy a minibatch into the network: images first, first + 1, ... of `order` (NULL: in their own
 * order), fewer if the set ends. This rank copies only the images that it needs. In epoch 0 there is no
 * augmentation. */
static int fill(struct training *training, const struct images *images, const uint32_t *order,
                size_t first, uint32_t epoch)
{
    const size_t left = images->count - first, batch = (size_t)training->experiment->batch;
    const int count = (int)(left < batch ? left : batch);
    const enum augmentation augmentation =
        epoch ? training->experiment->augmentation : AUGMENT_NONE;
    const struct network_images own = network_own_images(training->network, count);
#pragma omp parallel for num_threads(network_threads(training->network)) schedule(static)
    for (int i = own.from; i < own.to; i++) {
        const size_t position = first + (size_t)i, index = order ? order[position] : position;
        const struct augment augment =
            dataset_augment(augmentation, training->seed, epoch, (uint32_t)index);
        dataset_image(&training->dataset, images, index, augment,
                      network_input(training->network, i));
        *network_label(training->network, i) = dataset_label(images, index);
    }
    return count;
}

int training_load_batch(struct training *training, long step)
{
    const struct images *train = &training->dataset.train;
    const long epoch = (step - 1) / training->steps_per_epoch + 1;
    const size_t position = (size_t)((step - 1) % training->steps_per_epoch);
    if (training->ordered != epoch) {
        const struct rng rng = {training->seed, RNG_SHUFFLE};
        rng_shuffle(rng, (uint32_t)epoch, training->order, (uint32_t)train->count);
        training->ordered = epoch;
    }
    if (training->experiment->momentum_reset && schedule_drops_at(&training->schedule, step - 1))
        parameters_clear_momentum(network_parameters(training->network));
    network_set_step(training->network, training->seed, (uint32_t)step);
    return fill(training, train, training->order, position * (size_t)training->experiment->batch,
                (uint32_t)epoch);
}

int training_load_test_batch(struct training *training, size_t first)
{
    return fill(training, &training->dataset.test, NULL, first, 0);
}

/* ---- SGD ----------------------------------------------------------------------------------- */

/* SGD on floats [from, to) of the arenas, in pieces that the threads share. */
static void update_range(struct training *training, const struct sgd *sgd, double lr, size_t from,
                         size_t to)
{
    struct parameters *p = network_parameters(training->network);
    enum { PIECE = 4096 };
    const size_t pieces = (to - from + PIECE - 1) / PIECE;
#pragma omp parallel for num_threads(network_threads(training->network)) schedule(static)
    for (size_t piece = 0; piece < pieces; piece++) {
        const size_t start = from + piece * PIECE, left = to - start;
        sgd_step(sgd, lr, left < PIECE ? left : PIECE, p->weight + start, p->momentum + start,
                 p->gradient + start);
    }
}

double training_sgd_update(struct training *training, long step)
{
    struct parameters *p = network_parameters(training->network);
    const double lr = schedule_lr(&training->schedule, (double)(step - 1));
    struct sgd undecayed = training->sgd;
    undecayed.weight_decay = 0;
    for (int i = 0; i < p->count; i++)
        parameters_add_decay(p, i, training->sgd.weight_decay);
    update_range(training, &training->sgd, lr, 0, p->decayed_floats);
    update_range(training, &undecayed, lr, p->decayed_floats, p->trained_floats);
    parameters_choose_rows(p);
#pragma omp parallel for num_threads(network_threads(training->network)) schedule(dynamic)
    for (int i = 0; i < p->count; i++)
        parameters_renew_copies(p, i);
    return lr;
}
