#include "report/borders.h"

#include "base/file.h"
#include "base/memory.h"
#include "network/padding.h"
#include "train/checkpoint.h"
#include "train/training.h"

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

/* The columns right of `count`. */
enum { MEAN, RMS, SD, LEAST, MOST, NUMBERS };

static void write_numbers(struct text *text, const double number[NUMBERS])
{
    for (int i = 0; i < NUMBERS; i++)
        text_add(text, "%.9g%c", number[i], i + 1 < NUMBERS ? '\t' : '\n');
}

static void write_moments(struct text *text, const struct moments *m)
{
    const double mean = m->sum / m->count, square = m->squares / m->count;
    const double number[NUMBERS] = {mean, sqrt(square), sqrt(fmax(square - mean * mean, 0)),
                                    m->least, m->most};
    write_numbers(text, number);
}

/* ---- What is measured ------------------------------------------------------------------------ */

struct measured {
    const struct layer *convolution, *output; /* the output's layer may be a PARTIAL */
    struct activation shape;
    struct moments row[BORDERS_ROWS]; /* a row without numbers is not in the file */
};

/* Everything to measure in an experiment's network. */
struct measures {
    struct architecture architecture;
    struct measured *measured;
    int count, images;
    int taps; /* of each, with the constant */
};

static int least(int a, int b)
{
    return a < b ? a : b;
}

static int is_measured(const struct layer *layer)
{
    return layer->kind == LAYER_CONVOLUTION && layer->kernel == 3 && layer->inputs[0] != 0;
}

/* 0, or -1 with *error set; free the measures in both cases. */
static int list_measures(struct measures *measures, const struct experiment *experiment,
                         struct error *error)
{
    *measures = (struct measures){.images = BORDERS_IMAGES};
    const struct architecture *a = &measures->architecture;
    if (architecture_build(&measures->architecture, experiment, error) != 0)
        return -1;
    /* a real test set has more images than are measured */
    if (experiment->set == SET_SYNTHETIC)
        measures->images = least(experiment->test_pictures, BORDERS_IMAGES);
    if (a->padding == PADDING_LEARNED)
        measures->taps = padding_taps(a->padding_depth, a->padding_reach) + 1;
    measures->measured = memory_zeroed((size_t)a->layer_count, sizeof *measures->measured);
    for (const struct layer *layer = a->layers; layer < a->layers + a->layer_count; layer++) {
        if (!is_measured(layer))
            continue;
        const struct layer *output = a->padding == PADDING_PARTIAL ? layer + 1 : layer;
        measures->measured[measures->count++] = (struct measured){
            .convolution = layer, .output = output, .shape = a->activations[output->output]};
    }
    return 0;
}

static void free_measures(struct measures *measures)
{
    free(measures->measured);
    architecture_free(&measures->architecture);
}

/* The row that a pixel of the output belongs to. */
static int row_of_pixel(const struct measured *m, int pixel)
{
    const int height = m->shape.height, width = m->shape.width;
    const int y = pixel / width, x = pixel % width;
    const int near = least(least(y, height - 1 - y), least(x, width - 1 - x));
    return least(near, BORDERS_INTERIOR);
}

/* The PAD stands right before the convolution. */
static const struct layer *pad_of(const struct measured *m)
{
    return m->convolution - 1;
}

/* ---- Measuring ------------------------------------------------------------------------------- */

/* The network's watcher: gets one shard of one layer's output. */
static void see(void *context, const struct layer *layer, const struct extent *extent,
                const void *map)
{
    const struct measures *measures = context;
    struct measured *m = measures->measured, *end = m + measures->count;
    while (m < end && strcmp(m->output->name, layer->name) != 0)
        m++;
    if (m == end)
        return;
    for (int n = 0; n < extent->count; n++)
        for (int c = 0; c < m->shape.channels; c++)
            for (int p = 0; p < map_pixels(extent); p++)
                add_number(&m->row[row_of_pixel(m, p)], (double)map_number(extent, map, n, c, p));
}

static void watch_outputs(struct measures *measures, struct training *training)
{
    network_watch(training->network, see, measures);
    for (int seen = 0; seen < measures->images;) {
        /* it may reach beyond the last image: the number of images does not depend on the minibatch */
        const int loaded = training_load_test_batch(training, (size_t)seen);
        const int count = least(loaded, measures->images - seen);
        network_evaluate(training->network, count);
        seen += count;
    }
}

static void look_at_filter(struct measured *m, int taps, const struct parameters *parameters)
{
    char *name = memory_text("%s.filter", pad_of(m)->name);
    int t = 0;
    while (strcmp(parameters->tensors[t].name, name) != 0)
        t++;
    free(name);
    const size_t count = parameters->tensors[t].count;
    float *values = memory_floats(count);
    parameters_get(parameters, t, TENSOR_WEIGHT, values);
    for (size_t i = 0; i < count; i++)
        add_number(&m->row[BORDERS_TAPS + i % (size_t)taps], (double)values[i]);
    free(values);
}

/* ---- Text ----------------------------------------------------------------------------------- */

static void write_head(const struct measures *measures, const struct log *log, struct text *text)
{
    text_add(text, "# kdecay borders: %d\n# arm: %s\n# seed: %ld\n", BORDERS_VERSION,
             log->experiment.arm, log->seed);
    text_add(text, "# experiment-sha256: %s\n# test-sha256: %s\n", log->experiment_digest.hex,
             log->test.hex);
    text_add(text, "# environment: %s\n# state-sha256: %s\n# pictures: %d\n", log->environment,
             log->state.hex, measures->images);
    text_add(text, "%s", columns);
}

/* A row up to its count. */
static void write_place(const struct measures *measures, const struct measured *m, int row,
                        struct text *text)
{
    const int tap = row - BORDERS_TAPS, reach = measures->architecture.padding_reach;
    const int across = 2 * reach + 1;
    text_add(text, "%s\t%s\t%d\t%d\t", tap < 0 ? "output" : "filter", m->convolution->name,
             m->shape.height, m->shape.width);
    if (row < BORDERS_INTERIOR)
        text_add(text, "%d\t-\t-", row);
    else if (row == BORDERS_INTERIOR)
        text_add(text, "interior\t-\t-");
    else if (tap < measures->taps - 1)
        text_add(text, "-\t%d\t%d", tap / across, tap % across - reach);
    else
        text_add(text, "-\tconstant\tconstant");
    text_add(text, "\t%.0f\t", m->row[row].count);
}

static void write_rows(const struct measures *measures, struct text *text)
{
    for (const struct measured *m = measures->measured; m < measures->measured + measures->count;
         m++) {
        for (int row = 0; row < BORDERS_ROWS; row++) {
            if (m->row[row].count == 0)
                continue;
            write_place(measures, m, row, text);
            write_moments(text, &m->row[row]);
        }
    }
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

/* On another machine than the log's, convolutions might round differently than in the run. */
static void load_weights(const struct borders_options *options, const struct training *training,
                         const struct log *log)
{
    char *path = checkpoint_path(options->checkpoints, options->experiment, options->seed);
    struct parameters *parameters = network_parameters(training->network);
    struct progress progress;
    struct error error;
    char *text = NULL;
    if (checkpoint_load(path, parameters, &progress, &text, &error) != 0)
        die("%s", error.text);
    free(text);
    if (strcmp(parameters_digest(parameters).hex, log->state.hex) != 0)
        die("%s: expected the weights that %s ends with (state-sha256)", path, log->path);
    if (strcmp(network_environment(training->network), log->environment) != 0)
        die("%s: was made on another machine (%s), where oneDNN may round otherwise; measure there",
            log->path, log->environment);
    free(path);
}

char *borders_path(const struct log *log)
{
    return memory_text("%.*s.borders.tsv", (int)(strlen(log->path) - strlen(".tsv")), log->path);
}

void borders_run(const struct borders_options *options)
{
    struct measures measures;
    struct training training;
    struct error error;
    struct log log;
    read_log(options, &log);
    if (list_measures(&measures, options->experiment, &error) != 0)
        die("%s", error.text);
    training_open(&training, options->experiment, (uint32_t)options->seed, 1, options->data,
                  options->checkpoints);
    load_weights(options, &training, &log);
    watch_outputs(&measures, &training);
    for (int i = 0; i < measures.count && measures.taps > 0; i++)
        look_at_filter(&measures.measured[i], measures.taps, network_parameters(training.network));
    struct text text = {0};
    write_head(&measures, &log, &text);
    write_rows(&measures, &text);
    char *path = borders_path(&log);
    file_update(path, text.bytes, text.length);
    fprintf(stderr, "%s\n", path);
    free(path);
    free(text.bytes);
    training_close(&training);
    free_measures(&measures);
    log_free(&log);
}

/* ---- Reading -------------------------------------------------------------------------------- */

struct reader {
    const char *path, *at, *end; /* at: the line that is read */
    int line;
    struct error *error;
};

/* The rows that measuring would write, and their counts. */
static void count_numbers(struct measures *measures)
{
    const struct activation *values = measures->architecture.activations;
    for (struct measured *m = measures->measured; m < measures->measured + measures->count; m++) {
        for (int p = 0; p < m->shape.height * m->shape.width; p++)
            m->row[row_of_pixel(m, p)].count += (double)measures->images * m->shape.channels;
        for (int tap = 0; tap < measures->taps; tap++)
            m->row[BORDERS_TAPS + tap].count = values[pad_of(m)->inputs[0]].channels;
    }
}

static int refuse(const struct reader *reader, const char *expected)
{
    return error_set(reader->error,
                     "%s:%d: expected %s; restore the file, or measure again by kdecay borders",
                     reader->path, reader->line, expected);
}

/* The line must begin with these bytes, the last of which is a tab or a newline. */
static int expect(const struct reader *reader, const char *bytes, size_t length)
{
    if (strncmp(reader->at, bytes, length) == 0)
        return 0;
    char *shown = memory_text("\"%.*s\"", (int)length - 1, bytes);
    for (char *at = shown; (at = strchr(at, '\t'));)
        *at = ' ';
    refuse(reader, shown);
    free(shown);
    return -1;
}

static int read_head(struct reader *reader, const char *head)
{
    for (size_t length; *head; head += length) {
        length = strcspn(head, "\n") + 1;
        if (expect(reader, head, length) != 0)
            return -1;
        reader->at += length;
        reader->line++;
    }
    return 0;
}

/* `row` begins with the name and position of the row, and is the whole row afterwards. */
static int read_row(struct reader *reader, struct text *row, double *rms)
{
    if (expect(reader, row->bytes, row->length) != 0)
        return -1;
    double number[NUMBERS];
    const char *at = reader->at + row->length;
    for (int i = 0; i < NUMBERS; i++) {
        char *end;
        number[i] = strtod(at, &end);
        at = end;
    }
    write_numbers(row, number);
    if (strncmp(reader->at, row->bytes, row->length) != 0)
        return refuse(reader, "mean, rms, sd, min and max behind the count, in at most 9 digits");
    const double square = number[RMS] * number[RMS];
    if (!(fabs(square - number[MEAN] * number[MEAN] - number[SD] * number[SD]) <= 1e-6 * square))
        return refuse(reader, "rms^2 = mean^2 + sd^2");
    *rms = number[RMS];
    reader->at += row->length;
    reader->line++;
    return 0;
}

static int read_rows(struct reader *reader, const struct measures *measures,
                     struct borders_layer *layer)
{
    int status = 0;
    for (int i = 0; i < measures->count; i++) {
        const struct measured *m = &measures->measured[i];
        for (int r = 0; r < BORDERS_ROWS && status == 0; r++) {
            struct text row = {0};
            if (m->row[r].count == 0)
                continue;
            write_place(measures, m, r, &row);
            status = read_row(reader, &row, &layer[i].rms[r]);
            free(row.bytes);
        }
    }
    return status;
}

/* Read the whole file. */
static int read_all(struct reader *reader, const struct log *log, const struct measures *measures,
                    struct borders_layer *layer)
{
    struct text head = {0};
    write_head(measures, log, &head);
    int status = read_head(reader, head.bytes);
    free(head.bytes);
    if (status == 0)
        status = read_rows(reader, measures, layer);
    if (status == 0 && reader->at != reader->end)
        status = refuse(reader, "no more rows");
    return status;
}

int borders_read(const struct log *log, struct borders *borders, struct error *error)
{
    size_t size = 0;
    char *path = borders_path(log), *bytes = file_read(path, &size, error);
    struct measures measures = {0};
    struct error why;
    int status = bytes ? 0 : -1;
    if (status == 0 && list_measures(&measures, &log->experiment, &why) != 0)
        status = error_set(error, "%s: %s", log->path, why.text);
    if (status == 0) {
        count_numbers(&measures);
        struct reader reader = {path, bytes, bytes + size, 1, error};
        borders->layer = memory_zeroed((size_t)measures.count, sizeof *borders->layer);
        borders->layers = measures.count;
        borders->taps = measures.taps;
        status = read_all(&reader, log, &measures, borders->layer);
        if (status != 0)
            free(borders->layer);
    }
    free_measures(&measures);
    free(bytes);
    free(path);
    return status;
}

int borders_check(const char *path, const struct ledger *ledger, struct error *error)
{
    for (const struct log *log = ledger->logs; log < ledger->logs + ledger->count; log++) {
        char *own = borders_path(log);
        const int found = strcmp(own, path) == 0;
        free(own);
        if (!found)
            continue;
        struct borders borders;
        if (borders_read(log, &borders, error) != 0)
            return -1;
        free(borders.layer);
        return 0;
    }
    return error_set(error, "%s: expected the log of its run beside it", path);
}
