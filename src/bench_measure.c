#include "bench_measure.h"

#include "dataset.h"
#include "file.h"
#include "memory.h"
#include "network.h"
#include "optimizer.h"
#include "seconds.h"

#include <stdlib.h>
#include <string.h>

enum { SEED = 1, LEAST_ROUNDS = 3 };

/* Small: after some steps on few pictures the numbers are still those of an ordinary network. */
static const double rate = 1e-3;

struct bench {
    struct experiment experiment;
    struct dataset dataset;
    struct network *network;
    struct sgd sgd;
};

/* Seconds, summed over rounds. */
struct spent {
    double fill, train, convolutions, limit, evaluate;
};

static void fill(struct bench *bench, uint32_t epoch)
{
    const struct pictures *train = &bench->dataset.train;
#pragma omp parallel for num_threads(network_threads(bench->network)) schedule(static)
    for (int i = 0; i < bench->experiment.batch; i++) {
        const struct augment augment = dataset_augment(
            (enum augmentation)bench->experiment.augmentation, SEED, epoch, (uint32_t)i);
        dataset_picture(&bench->dataset, train, (size_t)i, augment,
                        network_input(bench->network, i));
        *network_label(bench->network, i) = dataset_label(train, (size_t)i);
    }
}

static void descend_range(const struct bench *bench, const struct sgd *sgd, size_t from, size_t to)
{
    struct parameters *p = network_parameters(bench->network);
    enum { PIECE = 4096 };
    const size_t pieces = (to - from + PIECE - 1) / PIECE;
#pragma omp parallel for num_threads(network_threads(bench->network)) schedule(static)
    for (size_t piece = 0; piece < pieces; piece++) {
        const size_t start = from + piece * PIECE, left = to - start;
        sgd_step(sgd, rate, left < PIECE ? left : PIECE, p->value + start, p->momentum + start,
                 p->gradient[0] + start);
    }
}

static void train(struct bench *bench, uint32_t step)
{
    struct parameters *p = network_parameters(bench->network);
    struct sgd undecayed = bench->sgd;
    undecayed.weight_decay = 0;
    network_set_step(bench->network, SEED, step);
    network_train(bench->network, bench->experiment.batch);
    descend_range(bench, &bench->sgd, 0, p->decayed_floats);
    descend_range(bench, &undecayed, p->decayed_floats, p->trained_floats);
#pragma omp parallel for num_threads(network_threads(bench->network)) schedule(dynamic)
    for (int i = 0; i < p->count; i++)
        parameters_renew_backward(p, i);
}

/* Add the time since *moment, and go on from now. */
static void lap(double *spent, double *moment)
{
    const double now = seconds_now();
    *spent += now - *moment;
    *moment = now;
}

static void take_round(struct bench *bench, uint32_t round, struct spent *spent)
{
    double moment = seconds_now();
    fill(bench, round);
    lap(&spent->fill, &moment);
    const double before = network_convolution_seconds(bench->network);
    train(bench, round);
    lap(&spent->train, &moment);
    spent->convolutions += network_convolution_seconds(bench->network) - before;
    network_convolve(bench->network);
    lap(&spent->limit, &moment);
    network_evaluate(bench->network, bench->experiment.batch);
    lap(&spent->evaluate, &moment);
}

/* The largest resident size so far. */
static double peak_bytes(void)
{
    struct error error;
    char *status = file_read("/proc/self/status", NULL, &error);
    if (!status)
        die("%s", error.text);
    const char *line = strstr(status, "VmHWM:");
    if (!line)
        die("/proc/self/status: expected a line VmHWM");
    const double bytes = 1024 * strtod(line + strlen("VmHWM:"), NULL);
    free(status);
    return bytes;
}

void bench_measure(const struct experiment *experiment, int threads, double seconds, FILE *out)
{
    struct bench bench = {.experiment = *experiment, .sgd = sgd_of(experiment)};
    bench.experiment.set = SET_MADE_UP;
    bench.experiment.train_pictures = experiment->batch;
    bench.experiment.test_pictures = 1;
    struct error error;
    if (dataset_load(&bench.dataset, &bench.experiment, NULL, &error) != 0)
        die("%s", error.text);
    bench.network = network_create(&bench.experiment, threads);
    network_initialise(bench.network, SEED);

    uint32_t round = 1;
    struct spent warm_up = {0}, spent = {0};
    while (warm_up.train < seconds / 3 || round == 1)
        take_round(&bench, round++, &warm_up);
    int rounds = 0;
    for (; rounds < LEAST_ROUNDS || spent.train < seconds; rounds++)
        take_round(&bench, round++, &spent);

    const double pictures = (double)rounds * experiment->batch;
    const double threads_used = network_threads(bench.network);
    fprintf(out, "train %.9g\nlimit %.9g\nevaluate %.9g\n", pictures / spent.train,
            pictures / spent.limit, pictures / spent.evaluate);
    fprintf(out, "fill %.9g\nconvolutions %.9g\n", spent.fill / (spent.fill + spent.train),
            spent.convolutions / (threads_used * spent.train));
    fprintf(out, "peak %.0f\nenvironment %s\n", peak_bytes(), network_environment(bench.network));
    network_destroy(bench.network);
    dataset_free(&bench.dataset);
}
