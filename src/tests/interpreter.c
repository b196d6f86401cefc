#include "tests/interpreter.h"

#include "base/memory.h"
#include "base/rng.h"
#include "tests/blocked.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct shape shape_of(const struct interpreter *in, int value)
{
    const struct activation *v = &in->architecture.activations[value];
    return (struct shape){in->images, v->channels, v->height, v->width};
}

static size_t count_of(const struct interpreter *in, int value)
{
    return shape_count(shape_of(in, value));
}

static int index_of(const struct interpreter *in, const struct layer *layer, const char *suffix)
{
    const size_t length = strlen(layer->name);
    for (int t = 0; t < in->tensor_count; t++) {
        const char *name = in->tensors[t].name;
        if (strncmp(name, layer->name, length) == 0 && strcmp(name + length, suffix) == 0)
            return t;
    }
    die("interpreter: no tensor %s%s", layer->name, suffix);
}

static const double *tensor_of(const struct interpreter *in, const struct layer *layer,
                               const char *suffix)
{
    return in->tensors[index_of(in, layer, suffix)].values;
}

/* ---- Weight Blocks --------------------------------------------------------------------------- */

/* Of slot r and input i, by the definition in weight_block.h. What a closed row is worth when the
 * interpreter is made does not count, but what changes after that does: so the derivative is the
 * straight-through one of row_search.h. */
static double made_weight(const struct weight_table *table, int inputs, const double *rows,
                          const double *shut, int r, int i)
{
    if (table->weights == WEIGHTS_BANK) {
        const struct weight_slot *slot = &table->slots[r];
        const int shift = (int)floor((double)slot->shift / 0x1p32 * inputs);
        return (double)slot->sign * rows[slot->row * inputs + (i + shift) % inputs];
    }
    double sum = 0;
    if (table->weights == WEIGHTS_SEARCH) {
        const struct weight_slot *slot = &table->slots[r];
        const int shift = (int)floor((double)slot->shift / 0x1p32 * inputs);
        for (int level = 0; level < table->levels; level++) {
            const struct weight_step *step = &table->steps[r * table->levels + level];
            const int at = step->row * inputs + (i + shift) % inputs;
            sum += (double)(slot->sign * step->factor) * (rows[at] - shut[at]);
        }
        return sum;
    }
    for (int j = 0; j < table->rows; j++)
        sum += (double)table->expansion[j * 9 * table->out + r] * rows[j * inputs + i];
    return sum;
}

/* Make the weights of a convolution from its rows. */
static void make_weights(const struct interpreter *in, const struct layer *layer)
{
    const int rows = index_of(in, layer, ".rows");
    const int inputs = in->architecture.activations[layer->inputs[0]].channels;
    const struct reference_tensor *weights = &in->tensors[index_of(in, layer, ".weight")];
    for (int w = 0; w < (int)weights->count; w++) /* (output, input, tap) */
        weights->values[w] =
            made_weight(in->blocks[rows], inputs, in->tensors[rows].values, in->shut[rows],
                        w / 9 / inputs * 9 + w % 9, w / 9 % inputs);
}

/* ---- Layers ---------------------------------------------------------------------------------- */

/* The inputs of a BN_RELU as one map; free() it. */
static double *concatenated(const struct interpreter *in, const struct layer *layer)
{
    const size_t all = count_of(in, layer->output) / (size_t)in->images;
    double *joined = memory_zeroed((size_t)in->images * all, sizeof *joined), *to = joined;
    for (int n = 0; n < in->images; n++) {
        for (int i = 0; i < layer->input_count; i++) {
            const int value = layer->inputs[i];
            const size_t each = count_of(in, value) / (size_t)in->images;
            memcpy(to, in->maps[value] + (size_t)n * each, each * sizeof *to);
            to += each;
        }
    }
    return joined;
}

static void add_residual(struct interpreter *in, const struct layer *layer)
{
    const int value = layer->inputs[0];
    for (size_t i = 0; i < count_of(in, value); i++)
        in->maps[value][i] = in->made[value][i] + in->maps[layer->addend][i];
    in->changed[value] = 1;
}

/* Of one BN_RELU's values before ReLU. */
static double margin_of(struct shape shape, const double *x, const double *mean,
                        const double *variance, const double *gamma, const double *beta)
{
    const size_t pixels = (size_t)(shape.height * shape.width);
    double least = INFINITY;
    for (size_t i = 0; i < shape_count(shape); i++) {
        const size_t c = i / pixels % (size_t)shape.channels;
        const double deviation = sqrt(variance[c] + 1e-5);
        least = fmin(least, fabs(gamma[c] * (x[i] - mean[c]) / deviation + beta[c]));
    }
    return least;
}

static void run_norm(struct interpreter *in, int l)
{
    const struct layer *layer = &in->architecture.layers[l];
    const struct shape shape = shape_of(in, layer->output);
    if (layer->addend != NO_ACTIVATION)
        add_residual(in, layer);
    double *x = concatenated(in, layer);
    const double *mean = in->means[l], *variance = in->variances[l];
    if (in->mode == REFERENCE_RUNNING) {
        mean = tensor_of(in, layer, ".running_mean");
        variance = tensor_of(in, layer, ".running_var");
    } else {
        reference_statistics(shape, x, in->means[l], in->variances[l]);
    }
    const double *gamma = tensor_of(in, layer, ".weight"), *beta = tensor_of(in, layer, ".bias");
    reference_norm(shape, x, mean, variance, gamma, beta, in->made[layer->output]);
    if (in->whole)
        in->margin = fmin(in->margin, margin_of(shape, x, mean, variance, gamma, beta));
    free(x);
}

static void run_pool(const struct interpreter *in, const struct layer *layer)
{
    const struct shape to = shape_of(in, layer->output);
    const double *x = in->maps[layer->inputs[0]];
    for (size_t i = 0; i < shape_count(to); i++) {
        const size_t width = (size_t)to.width, row = i / width, column = i % width;
        const double *corner =
            x + row * 4 * width + 2 * column; /* rows are twice as many and long */
        in->made[layer->output][i] =
            (corner[0] + corner[1] + corner[2 * width] + corner[2 * width + 1]) / 4;
    }
}

static void run_dropout(const struct interpreter *in, int l)
{
    const struct layer *layer = &in->architecture.layers[l];
    const double *x = in->maps[layer->inputs[0]];
    double *y = in->made[layer->output];
    for (size_t i = 0; i < count_of(in, layer->output); i++)
        y[i] = in->mode == REFERENCE_RUNNING ? x[i]
               : in->kept[l][i]              ? x[i] / (1 - layer->dropout)
                                             : 0;
}

/* A fixed filter is the same for all channels. */
static void run_pad(const struct interpreter *in, const struct layer *layer)
{
    static const double taps[][3] = {
        [PADDING_REPLICATE] = {1}, [PADDING_REFLECT] = {0, 1}, [PADDING_EXTRAPOLATE] = {2, -1}};
    const int padding = in->architecture.padding, fixed = padding != PADDING_LEARNED;
    const struct shape from = shape_of(in, layer->inputs[0]);
    double *repeated = memory_zeroed((size_t)(3 * from.channels), sizeof *repeated);
    for (int c = 0; c < from.channels && fixed; c++)
        memcpy(repeated + c * (layer->depth + 1), taps[padding],
               (size_t)layer->depth * sizeof *repeated);
    reference_pad(from, layer->depth, layer->reach, in->maps[layer->inputs[0]],
                  fixed ? repeated : tensor_of(in, layer, ".filter"), in->made[layer->output]);
    free(repeated);
}

static void run_partial(const struct interpreter *in, int l)
{
    const struct layer *layer = &in->architecture.layers[l], *convolution = layer - 1;
    const int input = layer->inputs[0];
    double *y = in->made[layer->output];
    memcpy(y, in->maps[input], count_of(in, input) * sizeof *y);
    reference_partial(
        shape_of(in, convolution->inputs[0]), shape_of(in, layer->output),
        (struct window){convolution->kernel, convolution->stride, convolution->padding}, y);
}

static double run_head(struct interpreter *in, const struct layer *layer)
{
    double *losses = memory_zeroed((size_t)in->images, sizeof *losses), sum = 0;
    reference_head(shape_of(in, layer->inputs[0]), in->architecture.classes,
                   in->maps[layer->inputs[0]], tensor_of(in, layer, ".weight"),
                   tensor_of(in, layer, ".bias"), in->labels, losses, &in->wrong);
    for (int n = 0; n < in->images; n++)
        sum += losses[n];
    free(losses);
    return sum / in->images;
}

static double run(struct interpreter *in, int l)
{
    const struct layer *layer = &in->architecture.layers[l];
    const double *x = in->maps[layer->inputs[0]];
    const struct shape from = shape_of(in, layer->inputs[0]);
    switch (layer->kind) {
    case LAYER_CONVOLUTION:
        if (layer->rows)
            make_weights(in, layer);
        reference_convolution(from, in->architecture.activations[layer->output].channels,
                              (struct window){layer->kernel, layer->stride, layer->padding}, x,
                              tensor_of(in, layer, ".weight"), in->made[layer->output]);
        break;
    case LAYER_PAD:
        run_pad(in, layer);
        break;
    case LAYER_PARTIAL:
        run_partial(in, l);
        break;
    case LAYER_BN_RELU:
        run_norm(in, l);
        break;
    case LAYER_SHORTCUT:
        reference_shortcut(from, in->architecture.activations[layer->output].channels,
                           layer->stride, x, in->made[layer->output]);
        break;
    case LAYER_POOL:
        run_pool(in, layer);
        break;
    case LAYER_DROPOUT:
        run_dropout(in, l);
        break;
    case LAYER_HEAD:
        return run_head(in, layer);
    }
    memcpy(in->maps[layer->output], in->made[layer->output],
           count_of(in, layer->output) * sizeof(double));
    in->changed[layer->output] = 1;
    return 0;
}

static int has_changed(const struct interpreter *in, const struct layer *layer, const char *changed)
{
    const size_t length = strlen(layer->name);
    if (!changed || (strncmp(changed, layer->name, length) == 0 && changed[length] == '.') ||
        (layer->addend != NO_ACTIVATION && in->changed[layer->addend]))
        return 1;
    for (int i = 0; i < layer->input_count; i++)
        if (in->changed[layer->inputs[i]])
            return 1;
    return 0;
}

double interpreter_loss(struct interpreter *in, const char *changed)
{
    const int last = in->architecture.layer_count - 1;
    in->whole = changed == NULL;
    if (in->whole)
        in->margin = INFINITY;
    memset(in->changed, 0, (size_t)in->architecture.activation_count * sizeof *in->changed);
    for (int l = 0; l < last; l++)
        if (has_changed(in, &in->architecture.layers[l], changed))
            run(in, l);
    return run(in, last);
}

/* ---- The whole ------------------------------------------------------------------------------- */

/* Which elements a DROPOUT keeps. An element's place in the image is that in memory, where the
 * channels are padded to whole blocks; four neighbours share a draw. */
static uint8_t *draw_mask(const struct interpreter *in, int l, uint32_t seed, uint32_t step,
                          int block)
{
    const struct layer *layer = &in->architecture.layers[l];
    const struct shape shape = shape_of(in, layer->output);
    const struct shape padded = {1, (shape.channels + block - 1) / block * block, shape.height,
                                 shape.width};
    const struct rng rng = {seed, RNG_DROPOUT | (uint32_t)(l + 1) << 8};
    const size_t each = shape_count(shape) / (size_t)shape.images;
    uint8_t *kept = memory_zeroed(shape_count(shape), 1);
    for (size_t i = 0; i < shape_count(shape); i++) {
        const uint32_t place = (uint32_t)blocked_place(padded, block, i % each);
        const struct rng_words words = rng_draw(rng, step, (uint32_t)(i / each), place / 4);
        kept[i] = words.word[place % 4] >= layer->dropout * 0x1p32;
    }
    return kept;
}

static void copy_tensors(struct interpreter *in, const struct parameters *parameters)
{
    in->tensor_count = parameters->count;
    in->tensors = memory_zeroed((size_t)parameters->count, sizeof *in->tensors);
    in->blocks = memory_zeroed((size_t)parameters->count, sizeof *in->blocks);
    in->shut = memory_zeroed((size_t)parameters->count, sizeof *in->shut);
    for (int t = 0; t < parameters->count; t++) {
        const size_t count = parameters->tensors[t].count;
        float *values = memory_floats(count);
        const unsigned char *open = parameters->tensors[t].open;
        in->blocks[t] = parameters->tensors[t].block;
        in->shut[t] = memory_zeroed(count, sizeof **in->shut);
        parameters_get(parameters, t, TENSOR_WEIGHT, values);
        in->tensors[t] = (struct reference_tensor){.name = parameters->tensors[t].name,
                                                   .count = count,
                                                   .values = memory_zeroed(count, sizeof(double))};
        for (size_t i = 0; i < count; i++)
            in->tensors[t].values[i] = (double)values[i];
        for (size_t i = 0; open && i < count; i++)
            in->shut[t][i] =
                open[i / (size_t)parameters->tensors[t].dims[1]] ? 0 : (double)values[i];
        free(values);
    }
}

struct interpreter *interpreter_create(const struct experiment *experiment,
                                       const struct parameters *parameters, int count,
                                       const float *images, const int *labels, uint32_t seed,
                                       uint32_t step, int block)
{
    struct interpreter *in = memory_zeroed(1, sizeof *in);
    struct error error;
    if (architecture_build(&in->architecture, experiment, &error) != 0)
        die("%s", error.text);
    const size_t values = (size_t)in->architecture.activation_count;
    const size_t layers = (size_t)in->architecture.layer_count;
    in->images = count;
    in->labels = labels;
    copy_tensors(in, parameters);
    in->made = memory_zeroed(values, sizeof *in->made);
    in->maps = memory_zeroed(values, sizeof *in->maps);
    in->changed = memory_zeroed(values, sizeof *in->changed);
    for (int v = 0; v < in->architecture.activation_count; v++) {
        in->made[v] = memory_zeroed(count_of(in, v), sizeof(double));
        in->maps[v] = memory_zeroed(count_of(in, v), sizeof(double));
    }
    for (size_t i = 0; i < count_of(in, 0); i++)
        in->maps[0][i] = (double)images[i];
    in->means = memory_zeroed(layers, sizeof *in->means);
    in->variances = memory_zeroed(layers, sizeof *in->variances);
    in->kept = memory_zeroed(layers, sizeof *in->kept);
    for (int l = 0; l < in->architecture.layer_count; l++) {
        const struct layer *layer = &in->architecture.layers[l];
        if (layer->kind == LAYER_BN_RELU) {
            const size_t channels = (size_t)in->architecture.activations[layer->output].channels;
            in->means[l] = memory_zeroed(channels, sizeof(double));
            in->variances[l] = memory_zeroed(channels, sizeof(double));
        }
        if (layer->kind == LAYER_DROPOUT)
            in->kept[l] = draw_mask(in, l, seed, step, block);
    }
    return in;
}

void interpreter_free(struct interpreter *in)
{
    for (int v = 0; v < in->architecture.activation_count; v++) {
        free(in->made[v]);
        free(in->maps[v]);
    }
    for (int l = 0; l < in->architecture.layer_count; l++) {
        free(in->means[l]);
        free(in->variances[l]);
        free(in->kept[l]);
    }
    for (int t = 0; t < in->tensor_count; t++) {
        free(in->tensors[t].values);
        free(in->shut[t]);
    }
    free(in->shut);
    free(in->tensors);
    free(in->blocks);
    free(in->made);
    free(in->maps);
    free(in->means);
    free(in->variances);
    free(in->kept);
    free(in->changed);
    architecture_free(&in->architecture);
    free(in);
}
