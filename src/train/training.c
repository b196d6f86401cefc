#include "train/training.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/rng.h"

#include <omp.h>
#include <stdlib.h>

void stepper_open(struct stepper *stepper, const struct experiment *experiment, uint32_t seed,
                  int threads, const char *data, const char *kept)
{
    *stepper = (struct stepper){.experiment = experiment, .seed = seed};
    struct error error;
    omp_set_num_threads(threads); /* for whitening; dnn_open() will set it to 1 */
    if (dataset_load(&stepper->dataset, experiment, data, kept, &error) != 0)
        die("%s", error.text);
    stepper->order = memory_zeroed(stepper->dataset.train.count, sizeof *stepper->order);
    stepper->steps_per_epoch = config_steps_per_epoch(experiment);
    stepper->schedule = schedule_of(experiment, stepper->steps_per_epoch);
    stepper->sgd = sgd_of(experiment);
    stepper->network = network_create(experiment, threads);
}

void stepper_close(struct stepper *stepper)
{
    network_destroy(stepper->network);
    dataset_free(&stepper->dataset);
    free(stepper->order);
}

/* ---- Pictures ------------------------------------------------------------------------------ */

/* Fill the network with pictures first, first + 1, ... of `order` (NULL: as they lie), as many as
 * are left and this rank needs; `epoch` 0 leaves them unmoved. */
static int fill(struct stepper *stepper, const struct pictures *pictures, const uint32_t *order,
                size_t first, uint32_t epoch)
{
    const size_t left = pictures->count - first, batch = (size_t)stepper->experiment->batch;
    const int count = (int)(left < batch ? left : batch);
    const enum augmentation augmentation =
        epoch ? (enum augmentation)stepper->experiment->augmentation : AUGMENT_NONE;
    const struct network_pictures own = network_own_pictures(stepper->network, count);
#pragma omp parallel for num_threads(network_threads(stepper->network)) schedule(static)
    for (int i = own.from; i < own.to; i++) {
        const size_t place = first + (size_t)i, index = order ? order[place] : place;
        const struct augment augment =
            dataset_augment(augmentation, stepper->seed, epoch, (uint32_t)index);
        dataset_picture(&stepper->dataset, pictures, index, augment,
                        network_input(stepper->network, i));
        *network_label(stepper->network, i) = dataset_label(pictures, index);
    }
    return count;
}

int stepper_load(struct stepper *stepper, long step)
{
    const struct pictures *train = &stepper->dataset.train;
    const long epoch = (step - 1) / stepper->steps_per_epoch + 1;
    const size_t place = (size_t)((step - 1) % stepper->steps_per_epoch);
    if (stepper->ordered != epoch) {
        const struct rng rng = {stepper->seed, RNG_SHUFFLE};
        rng_shuffle(rng, (uint32_t)epoch, stepper->order, (uint32_t)train->count);
        stepper->ordered = epoch;
    }
    if (stepper->experiment->momentum_reset && schedule_drops_at(&stepper->schedule, step - 1))
        parameters_clear_momentum(network_parameters(stepper->network));
    network_set_step(stepper->network, stepper->seed, (uint32_t)step);
    return fill(stepper, train, stepper->order, place * (size_t)stepper->experiment->batch,
                (uint32_t)epoch);
}

int stepper_load_test(struct stepper *stepper, size_t first)
{
    return fill(stepper, &stepper->dataset.test, NULL, first, 0);
}

/* ---- Descent ------------------------------------------------------------------------------- */

/* On floats [from, to) of the arenas, in pieces that the threads share. */
static void descend_range(struct stepper *stepper, const struct sgd *sgd, double lr, size_t from,
                          size_t to)
{
    struct parameters *p = network_parameters(stepper->network);
    enum { PIECE = 4096 };
    const size_t pieces = (to - from + PIECE - 1) / PIECE;
#pragma omp parallel for num_threads(network_threads(stepper->network)) schedule(static)
    for (size_t piece = 0; piece < pieces; piece++) {
        const size_t start = from + piece * PIECE, left = to - start;
        sgd_step(sgd, lr, left < PIECE ? left : PIECE, p->value + start, p->momentum + start,
                 p->gradient + start);
    }
}

double stepper_descend(struct stepper *stepper, long step)
{
    struct parameters *p = network_parameters(stepper->network);
    const double lr = schedule_lr(&stepper->schedule, (double)(step - 1));
    struct sgd undecayed = stepper->sgd;
    undecayed.weight_decay = 0;
    for (int i = 0; i < p->count; i++)
        parameters_add_decay(p, i, stepper->sgd.weight_decay);
    descend_range(stepper, &stepper->sgd, lr, 0, p->decayed_floats);
    descend_range(stepper, &undecayed, lr, p->decayed_floats, p->trained_floats);
#pragma omp parallel for num_threads(network_threads(stepper->network)) schedule(dynamic)
    for (int i = 0; i < p->count; i++)
        parameters_renew_copies(p, i);
    return lr;
}
