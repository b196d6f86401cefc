#include "bench/bench_measure.h"

#include "base/clock.h"
#include "base/file.h"
#include "train/training.h"

#include <stdlib.h>
#include <string.h>

enum { SEED = 1 };

/* Seconds, summed over rounds. */
struct spent {
    double fill, train, convolutions, limit, evaluate;
};

/* Add the time since *moment, and go on from now. */
static void lap(double *spent, double *moment)
{
    const double now = clock_seconds();
    *spent += now - *moment;
    *moment = now;
}

static void take_round(struct training *training, long step, struct spent *spent)
{
    struct network *network = training->network;
    double moment = clock_seconds();
    const int count = training_load_batch(training, step);
    lap(&spent->fill, &moment);
    const double before = network_convolution_seconds(network);
    network_forward_backward(network, count);
    training_sgd_update(training, step);
    lap(&spent->train, &moment);
    spent->convolutions += network_convolution_seconds(network) - before;
    network_convolve(network);
    lap(&spent->limit, &moment);
    network_evaluate(network, count);
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
    struct experiment synthetic = *experiment;
    synthetic.set = SET_SYNTHETIC;
    synthetic.train_pictures = experiment->batch;
    synthetic.test_pictures = 1;
    synthetic.lr = synthetic.lr_end =
        1e-3; /* small: after many steps the numbers are still ordinary */
    struct training training;
    training_open(&training, &synthetic, SEED, threads, NULL, NULL);
    network_initialise(training.network, SEED);

    long step = 1;
    struct spent warm_up = {0}, spent = {0};
    while (warm_up.train < seconds / 3 || step == 1)
        take_round(&training, step++, &warm_up);
    int rounds = 0;
    do {
        take_round(&training, step++, &spent);
        rounds++;
    } while (spent.train < seconds);

    const double images = (double)rounds * experiment->batch;
    const double threads_used = network_threads(training.network);
    fprintf(out, "train %.9g\nlimit %.9g\nevaluate %.9g\n", images / spent.train,
            images / spent.limit, images / spent.evaluate);
    fprintf(out, "fill %.9g\nconvolutions %.9g\n", spent.fill / (spent.fill + spent.train),
            spent.convolutions / (threads_used * spent.train));
    fprintf(out, "peak %.0f\nenvironment %s\n", peak_bytes(),
            network_environment(training.network));
    training_close(&training);
}
