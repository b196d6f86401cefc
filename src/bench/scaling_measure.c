#define _POSIX_C_SOURCE 200809L /* sysconf */
#include "bench/scaling_measure.h"

#include "base/clock.h"
#include "network/network.h"
#include "network/pairwise_sum.h"
#include "train/training.h"

#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <unistd.h>

enum { SEED = 1, LEAST_STEPS = 3, MOST_STEPS = 100, MORE_ROUNDS = 4 };
static const double least_seconds = 1;

/* ---- Measurement ---------------------------------------------------------------------------- */

/* So many shards of the size of the experiment's, of synthetic images. */
static struct experiment part_of(const struct experiment *experiment, int shards)
{
    struct experiment part = *experiment;
    part.set = SET_SYNTHETIC;
    part.normalisation = NORMALISE_MEAN_STD;
    part.batch = experiment->batch / experiment->shards * shards;
    part.shards = shards;
    part.train_pictures = part.batch;
    part.test_pictures = 1;
    part.lr = part.lr_end = 1e-3; /* small: after many steps the numbers are still ordinary */
    return part;
}

/* The median of a few steps, after one to warm up. */
static double seconds_of(const struct experiment *part, int threads)
{
    struct training training;
    training_open(&training, part, SEED, threads, NULL, NULL);
    network_initialise(training.network, SEED);
    double seconds[MOST_STEPS], sum = 0;
    int steps = 0;
    for (long step = 1; steps < MOST_STEPS && (steps < LEAST_STEPS || sum < least_seconds);
         step++) {
        const double started = clock_seconds();
        network_forward_backward(training.network, training_load_batch(&training, step));
        training_sgd_update(&training, step);
        if (step > 1)
            sum += seconds[steps++] = clock_seconds() - started;
    }
    training_close(&training);
    gsl_sort(seconds, 1, (size_t)steps);
    return gsl_stats_median_from_sorted_data(seconds, 1, (size_t)steps);
}

static void check_machine(const struct experiment *part, int threads)
{
    const size_t needed = network_bytes(part, 1);
    const size_t there = (size_t)sysconf(_SC_AVPHYS_PAGES) * (size_t)sysconf(_SC_PAGESIZE);
    const long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    if (needed > there)
        die("a measurement takes about %zu MiB, %zu MiB are free; say with --images-per-second how "
            "fast one rank is",
            needed >> 20, there >> 20);
    if (threads > cpus)
        die("--threads %d: this machine has %ld CPUs to measure on; say with --images-per-second "
            "how fast one rank is",
            threads, cpus);
}

size_t scaling_measure(const struct experiment *experiment, int threads,
                       struct scaling_sample samples[SCALING_SAMPLES])
{
    const int most = scaling_rounds(experiment->shards, 1, threads);
    const int rounds[SCALING_SAMPLES] = {1, most < MORE_ROUNDS ? most : MORE_ROUNDS};
    const struct experiment largest = part_of(experiment, threads * rounds[1]);
    check_machine(&largest, threads);
    size_t count = 0;
    for (int i = 0; i < SCALING_SAMPLES && (i == 0 || rounds[i] > rounds[0]); i++) {
        const struct experiment part = part_of(experiment, threads * rounds[i]);
        samples[count++] = (struct scaling_sample){rounds[i], seconds_of(&part, threads)};
    }
    return count;
}

/* ---- Answers -------------------------------------------------------------------------------- */

static void print_exchanges(const char *what, struct scaling_exchanges exchanges, const char *kind,
                            FILE *out)
{
    fprintf(out, "%-10s %4.0f %s, %.0f bytes in all\n", what, exchanges.count, kind,
            exchanges.bytes);
}

static void print_traffic(const struct experiment *experiment,
                          const struct scaling_traffic *traffic, FILE *out)
{
    fprintf(out, "A step of %d images in %d shards exchanges:\n", experiment->batch,
            experiment->shards);
    print_exchanges("norms", traffic->norms, "gathers", out);
    print_exchanges("gradient", traffic->gradient, "scatters and gathers", out);
    print_exchanges("losses", traffic->losses, "gathers", out);
    print_exchanges("stop flag", traffic->flags, "reduction", out);
}

static void print_compute(const struct scaling_options *options,
                          const struct scaling_setting *setting, FILE *out)
{
    if (options->images_per_second > 0) {
        fprintf(out, "Compute: in proportion to the shards, %g images/s of one rank as given\n",
                options->images_per_second);
        return;
    }
    fprintf(out, "Compute: measured here with %d thread%s;", setting->threads,
            setting->threads == 1 ? "" : "s");
    for (size_t i = 0; i < setting->sample_count; i++)
        fprintf(out, "%s %d shard%s a thread %.4g ms", i ? "," : "", setting->samples[i].rounds,
                setting->samples[i].rounds == 1 ? "" : "s", 1e3 * setting->samples[i].seconds);
    fprintf(out, "\n");
}

static void print_row(const struct scaling_setting *setting, int ranks, int batch, FILE *out)
{
    const struct scaling_step one = scaling_step_of(setting, 1);
    const struct scaling_step step = scaling_step_of(setting, ranks);
    fprintf(out, "%5d %7d %11.3f %9.3f %12.3f %8.3f %9.3f %10.1f %10.1f\n", ranks,
            scaling_rounds(setting->shards, ranks, 1), 1e3 * step.compute, 1e3 * step.norms,
            1e3 * step.gradient, 1e3 * step.rest, 1e3 * step.total, batch / step.total,
            100 * one.total / (ranks * step.total));
}

void scaling_print(const struct scaling_options *options, FILE *out)
{
    const struct experiment *e = options->experiment;
    struct architecture architecture;
    struct error error;
    if (architecture_build(&architecture, e, &error) != 0)
        die("%s", error.text);
    const int threads = options->threads < e->shards ? options->threads : e->shards;
    struct scaling_sample samples[SCALING_SAMPLES] = {
        {scaling_rounds(e->shards, 1, threads), e->batch / options->images_per_second}};
    const size_t count = options->images_per_second > 0 ? 1 : scaling_measure(e, threads, samples);
    const struct scaling_setting setting = {
        .traffic = scaling_traffic_of(&architecture, e->shards, e->batch),
        .link = options->link,
        .samples = samples,
        .sample_count = count,
        .shards = e->shards,
        .threads = threads};
    architecture_free(&architecture);

    print_traffic(e, &setting.traffic, out);
    print_compute(options, &setting, out);
    fprintf(out, "Assumed: latency %g us, bandwidth %g GB/s, %d thread%s a rank\n\n",
            1e6 * options->link.latency, 1e-9 * options->link.bandwidth, threads,
            threads == 1 ? "" : "s");
    fprintf(out, "%5s %7s %11s %9s %12s %8s %9s %10s %10s\n", "ranks", "shards", "compute/ms",
            "norms/ms", "gradient/ms", "rest/ms", "step/ms", "images/s", "efficiency");
    for (int ranks = 1; ranks <= options->ranks && ranks <= e->shards; ranks++)
        if (pairwise_divides(e->shards, ranks))
            print_row(&setting, ranks, e->batch, out);
    if (options->ranks > e->shards)
        fprintf(out,
                "%d shards are for %d ranks at most; --set training.shards=N cuts the "
                "minibatch into more.\n",
                e->shards, e->shards);
}
