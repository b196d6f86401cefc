#include "cluster/slurm_arrays.h"

#include "cluster/slurm_queue.h"
#include "data/dataset.h"
#include "network/network.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MINUTES_STEP = 10, MEMORY_STEP = 128, SIGNAL_SECONDS_MOST = 600 };

int slurm_arrays_minutes(const struct slurm_arrays_options *options, double core_hours)
{
    const int most = 60 * options->hours;
    const double minutes = options->safety * core_hours * 60 / (options->cpus * options->ranks);
    if (!(minutes < most))
        return most;
    const int steps = (int)ceil(minutes / MINUTES_STEP);
    const int limit = MINUTES_STEP * (steps > 0 ? steps : 1);
    return limit < most ? limit : most;
}

/* MiB for each CPU of a task. */
static long memory_of(const struct experiment *experiment,
                      const struct slurm_arrays_options *options)
{
    const size_t rank = network_bytes(experiment, options->ranks) + dataset_bytes(experiment);
    return MEMORY_STEP * (long)ceil(1.25 * (double)rank / (1 << 20) / options->cpus / MEMORY_STEP);
}

/* ---- Arrays ------------------------------------------------------------------------------- */

struct array {
    enum scale scale;
    int minutes, tasks;
    long memory;
    char *network;
    double core_hours; /* NAN if one is unknown */
    struct text list;
};

struct arrays {
    const struct slurm_arrays_options *options;
    struct array *array;
    size_t count;
};

/* The array that has room for one more such run; a new one if there is none. */
static struct array *array_for(struct arrays *arrays, const struct array *key)
{
    for (size_t i = 0; i < arrays->count; i++) {
        struct array *a = &arrays->array[i];
        if (a->scale == key->scale && a->minutes == key->minutes && a->memory == key->memory &&
            strcmp(a->network, key->network) == 0 && a->tasks < arrays->options->tasks)
            return a;
    }
    arrays->array = memory_resize(arrays->array, arrays->count + 1, sizeof *arrays->array);
    struct array *added = &arrays->array[arrays->count++];
    *added = *key;
    added->network = memory_text("%s", key->network);
    return added;
}

static void take(void *to, const struct status_run *run)
{
    struct arrays *arrays = to;
    const struct experiment *experiment = &run->file->experiment;
    char *network = ledger_network(experiment);
    const struct array key = {.scale = experiment->scale,
                              .minutes = slurm_arrays_minutes(arrays->options, run->core_hours),
                              .memory = memory_of(experiment, arrays->options),
                              .network = network};
    struct array *array = array_for(arrays, &key);
    array->tasks++;
    array->core_hours += run->core_hours;
    slurm_queue_add_line(&array->list, run->file->path, run->seed);
    free(network);
}

static void write_array(const struct array *array, const char *lists, FILE *out)
{
    char *name = slurm_queue_write_list(lists, &array->list);
    const int tenth = array->minutes * 60 / 10;
    fprintf(out, "%s %d %d %d %ld ", name, array->tasks, array->minutes,
            tenth < SIGNAL_SECONDS_MOST ? tenth : SIGNAL_SECONDS_MOST, array->memory);
    if (isfinite(array->core_hours))
        fprintf(out, "%.2f", array->core_hours);
    else
        fputc('-', out);
    fprintf(out, " %s\n", array->network);
    free(name);
}

int slurm_arrays_write(const struct slurm_arrays_options *options, FILE *out, struct error *error)
{
    struct arrays arrays = {.options = options};
    int status = status_check_part(&options->status, options->scale, error);
    if (status == 0)
        status = status_to_do(&options->status, options->scale, take, &arrays, error);
    for (size_t i = 0; i < arrays.count; i++) {
        if (status == 0)
            write_array(&arrays.array[i], options->lists, out);
        free(arrays.array[i].network);
        free(arrays.array[i].list.bytes);
    }
    free(arrays.array);
    return status;
}
