#include "borders.h"

#include "checkpoint.h"
#include "file.h"
#include "memory.h"
#include "padding.h"
#include "stepper.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char columns[] =
    "kind\tlayer\theight\twidth\tdistance\tdepth\talong\tcount\tmean\trms\t"
    "sd\tmin\tmax\n";

/* ---- Numbers -------------------------------------------------------------------------------- */

struct moments {
    double count, sum, squares, least, most;
};

static void add_number(struct moments *m, double value)
{
    m->least = m->count == 0 ? value : fmin(m->least, value);
    m->most = m->count == 0 ? value : fmax(m->most, value);
    m->count += 1;
    m->sum += value;
    m->squares += value * value;
}

static void write_moments(struct text *text, const struct moments *m)
{
    const double mean = m->sum / m->count, square = m->squares / m->count;
    text_add(text, "\t%.0f\t%.9g\t%.9g\t%.9g\t%.9g\t%.9g\n", m->count, mean, sqrt(square),
             sqrt(fmax(square - mean * mean, 0)), m->least, m->most);
}

/* ---- Outputs -------------------------------------------------------------------------------- */

/* A convolution that is measured; the last of the distances is the interior. */
struct measured {
    const struct layer *convolution, *output; /* the output's layer may be a PARTIAL */
    struct value shape;
    struct moments at[BORDERS_NEAR + 1];
};

struct borders {
    const struct borders_options *options;
    struct architecture architecture;
    struct stepper stepper;
    struct measured *measured;
    int count, pictures;
};

static int is_measured(const struct layer *layer)
{
    return layer->kind == LAYER_CONVOLUTION && layer->kernel == 3 && layer->inputs[0] != 0;
}

static void list_measured(struct borders *b)
{
    const struct architecture *a = &b->architecture;
    b->measured = memory_zeroed((size_t)a->layer_count, sizeof *b->measured);
    for (const struct layer *layer = a->layers; layer < a->layers + a->layer_count; layer++) {
        if (!is_measured(layer))
            continue;
        const struct layer *output = a->padding == PADDING_PARTIAL ? layer + 1 : layer;
        b->measured[b->count++] = (struct measured){
            .convolution = layer, .output = output, .shape = a->values[output->output]};
    }
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* The network's watcher: see one shard of one layer's output. */
static void see(void *context, const struct layer *layer, const struct extent *extent,
                const void *map)
{
    const struct borders *b = context;
    struct measured *m = b->measured;
    while (m < b->measured + b->count && strcmp(m->output->name, layer->name) != 0)
        m++;
    if (m == b->measured + b->count)
        return;
    const int height = m->shape.height, width = m->shape.width;
    for (int n = 0; n < extent->count; n++) {
        for (int c = 0; c < m->shape.channels; c++) {
            for (int p = 0; p < extent->pixels; p++) {
                const int y = p / width, x = p % width;
                const int near = least(least(y, height - 1 - y), least(x, width - 1 - x));
                add_number(&m->at[least(near, BORDERS_NEAR)],
                           (double)layer_number(extent, map, n, c, p));
            }
        }
    }
}

static void watch_outputs(struct borders *b)
{
    const int pictures = (int)b->stepper.dataset.test.count;
    network_watch(b->stepper.network, see, b);
    while (b->pictures < least(pictures, BORDERS_PICTURES)) {
        const int count = stepper_load_test(&b->stepper, (size_t)b->pictures);
        network_evaluate(b->stepper.network, count);
        b->pictures += count;
    }
}

/* ---- Text ----------------------------------------------------------------------------------- */

static void write_head(const struct borders *b, const struct log *log, struct text *text)
{
    text_add(text, "# kdecay borders: %d\n# arm: %s\n# seed: %ld\n", BORDERS_VERSION,
             log->experiment.arm, log->seed);
    text_add(text, "# experiment-sha256: %s\n# test-sha256: %s\n", log->experiment_digest.hex,
             log->test.hex);
    text_add(text, "# environment: %s\n# state-sha256: %s\n# pictures: %d\n", log->environment,
             log->state.hex, b->pictures);
    text_add(text, "%s", columns);
}

static void write_outputs(const struct measured *m, struct text *text)
{
    for (int d = 0; d <= BORDERS_NEAR; d++) {
        if (m->at[d].count == 0)
            continue;
        text_add(text, "output\t%s\t%d\t%d\t", m->convolution->name, m->shape.height,
                 m->shape.width);
        text_add(text, d < BORDERS_NEAR ? "%d\t-\t-" : "interior\t-\t-", d);
        write_moments(text, &m->at[d]);
    }
}

/* The filter of the PAD that stands right before the convolution. */
static void write_filter(const struct borders *b, const struct measured *m, struct text *text)
{
    const struct parameters *parameters = network_parameters(b->stepper.network);
    const struct layer *pad = m->convolution - 1;
    char *name = memory_text("%s.filter", pad->name);
    int t = 0;
    while (strcmp(parameters->tensors[t].name, name) != 0)
        t++;
    free(name);
    const size_t count = parameters->tensors[t].count;
    const int taps = padding_taps(pad->depth, pad->reach), across = 2 * pad->reach + 1;
    float *values = memory_floats(count);
    parameters_get(parameters, t, TENSOR_VALUE, values);
    for (int tap = 0; tap <= taps; tap++) {
        struct moments moments = {0};
        for (size_t i = (size_t)tap; i < count; i += (size_t)taps + 1)
            add_number(&moments, (double)values[i]);
        text_add(text, "filter\t%s\t%d\t%d\t-\t", m->convolution->name, m->shape.height,
                 m->shape.width);
        if (tap < taps)
            text_add(text, "%d\t%d", tap / across, tap % across - pad->reach);
        else
            text_add(text, "constant\tconstant");
        write_moments(text, &moments);
    }
    free(values);
}

/* ---- The command ---------------------------------------------------------------------------- */

static void read_log(const struct borders_options *options, struct log *log)
{
    char *path = log_path(options->results, options->experiment->arm, options->seed);
    struct error error;
    if (log_read(path, log, &error) != 0)
        die("%s", error.text);
    if (log->status != LOG_FINISHED)
        die("%s: expected a finished run", path);
    if (strcmp(log->experiment_digest.hex, config_digest(options->experiment).hex) != 0)
        die("%s: tells of another experiment text", path);
    free(path);
}

/* Not of the log's machine, the convolutions' roundings would not be those of the run. */
static void load_weights(const struct borders *b, const struct log *log)
{
    char *path = checkpoint_path(b->options->checkpoints, b->options->experiment, b->options->seed);
    struct parameters *parameters = network_parameters(b->stepper.network);
    struct place place;
    struct error error;
    char *text = NULL;
    if (checkpoint_load(path, parameters, &place, &text, &error) != 0)
        die("%s", error.text);
    free(text);
    if (strcmp(parameters_digest(parameters).hex, log->state.hex) != 0)
        die("%s: expected the weights that %s ends with (state-sha256)", path, log->path);
    if (strcmp(network_environment(b->stepper.network), log->environment) != 0)
        die("%s: was made on another machine (%s), where oneDNN may round otherwise; measure there",
            log->path, log->environment);
    free(path);
}

static char *borders_path(const char *log)
{
    return memory_text("%.*s.borders.tsv", (int)(strlen(log) - strlen(".tsv")), log);
}

void borders_run(const struct borders_options *options)
{
    struct borders b = {.options = options};
    struct error error;
    struct log log;
    read_log(options, &log);
    if (architecture_build(&b.architecture, options->experiment, &error) != 0)
        die("%s", error.text);
    stepper_open(&b.stepper, options->experiment, (uint32_t)options->seed, 1, options->data,
                 options->checkpoints);
    load_weights(&b, &log);
    list_measured(&b);
    watch_outputs(&b);
    struct text text = {0};
    write_head(&b, &log, &text);
    for (const struct measured *m = b.measured; m < b.measured + b.count; m++) {
        write_outputs(m, &text);
        if (b.architecture.padding == PADDING_LEARNED)
            write_filter(&b, m, &text);
    }
    char *path = borders_path(log.path);
    file_update(path, text.bytes, text.length);
    fprintf(stderr, "%s\n", path);
    free(path);
    free(text.bytes);
    free(b.measured);
    stepper_close(&b.stepper);
    architecture_free(&b.architecture);
    log_free(&log);
}

/* ---- The audit's check ---------------------------------------------------------------------- */

/* Rows of as many columns as there are names, whose moments agree. */
static int check_rows(const char *path, const char *rows, int line, struct error *error)
{
    for (const char *row = rows; *row; row = strchr(row, '\n') + 1, line++) {
        const char *end = strchr(row, '\n');
        int tabs = 0;
        const char *mean = NULL;
        for (const char *at = row; end && at < end; at++)
            if (*at == '\t' && ++tabs == 8)
                mean = at + 1;
        double moment[3];
        if (!end || tabs != 12 ||
            sscanf(mean, "%lf\t%lf\t%lf\t", &moment[0], &moment[1], &moment[2]) != 3)
            return fail(error, "%s:%d: expected a row of 13 columns", path, line);
        const double square = moment[1] * moment[1];
        if (!(fabs(square - moment[0] * moment[0] - moment[2] * moment[2]) <= 1e-6 * square))
            return fail(error, "%s:%d: expected rms^2 = mean^2 + sd^2", path, line);
    }
    return 0;
}

int borders_check(const char *path, const struct ledger *ledger, struct error *error)
{
    const struct log *log = ledger->logs, *end = log + ledger->count;
    for (; log < end; log++) {
        char *own = borders_path(log->path);
        const int found = strcmp(own, path) == 0;
        free(own);
        if (found)
            break;
    }
    if (log == end)
        return fail(error, "%s: expected the log of its run beside it", path);
    char *bytes = file_read(path, NULL, error);
    if (!bytes)
        return -1;
    struct borders said = {0};
    const char *pictures = strstr(bytes, "\n# pictures: ");
    said.pictures = pictures ? atoi(pictures + strlen("\n# pictures: ")) : 0;
    struct text head = {0};
    write_head(&said, log, &head);
    int status = 0, lines = 1;
    for (const char *at = head.bytes; *at; at++)
        lines += *at == '\n';
    if (strncmp(bytes, head.bytes, head.length) != 0)
        status = fail(error, "%s: expected the head that its log makes; measure again", path);
    else
        status = check_rows(path, bytes + head.length, lines, error);
    free(head.bytes);
    free(bytes);
    return status;
}
