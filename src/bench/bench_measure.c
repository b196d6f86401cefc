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
    const double now = seconds_now();
    *spent += now - *moment;
    *moment = now;
}

static void take_round(struct stepper *stepper, long step, struct spent *spent)
{
    struct network *network = stepper->network;
    double moment = seconds_now();
    const int count = stepper_load(stepper, step);
    lap(&spent->fill, &moment);
    const double before = network_convolution_seconds(network);
    network_train(network, count);
    stepper_descend(stepper, step);
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
    struct experiment made_up = *experiment;
    made_up.set = SET_MADE_UP;
    made_up.train_pictures = experiment->batch;
    made_up.test_pictures = 1;
    made_up.lr = made_up.lr_end = 1e-3; /* small: after many steps the numbers are still ordinary */
    struct stepper stepper;
    stepper_open(&stepper, &made_up, SEED, threads, NULL, NULL);
    network_initialise(stepper.network, SEED);

    long step = 1;
    struct spent warm_up = {0}, spent = {0};
    while (warm_up.train < seconds / 3 || step == 1)
        take_round(&stepper, step++, &warm_up);
    int rounds = 0;
    do {
        take_round(&stepper, step++, &spent);
        rounds++;
    } while (spent.train < seconds);

    const double pictures = (double)rounds * experiment->batch;
    const double threads_used = network_threads(stepper.network);
    fprintf(out, "train %.9g\nlimit %.9g\nevaluate %.9g\n", pictures / spent.train,
            pictures / spent.limit, pictures / spent.evaluate);
    fprintf(out, "fill %.9g\nconvolutions %.9g\n", spent.fill / (spent.fill + spent.train),
            spent.convolutions / (threads_used * spent.train));
    fprintf(out, "peak %.0f\nenvironment %s\n", peak_bytes(), network_environment(stepper.network));
    stepper_close(&stepper);
}
