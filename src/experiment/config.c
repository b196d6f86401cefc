#define _XOPEN_SOURCE 700
#include "experiment/config.h"

#include "base/file.h"
#include "base/memory.h"
#include "experiment/config_rules.h"
#include "experiment/ini_text.h"

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { INCLUDE_DEPTH = 8, KEY_NAME = 64 };

/* ---- The language ------------------------------------------------------------------------- */

enum key_type { KEY_INTEGER, KEY_REAL, KEY_WORD, KEY_DECAY, KEY_EPOCHS, KEY_DIGEST };

struct key {
    const char *name; /* section.key */
    enum key_type type;
    size_t offset;        /* in struct experiment */
    double low, high;     /* inclusive; of numbers */
    const char *words;    /* of KEY_WORD: the enum's names in order, separated by '|' */
    const char *fallback; /* NULL: must be set */
    const char *meaning;
};

#define AT(field) offsetof(struct experiment, field)

static const struct key keys[] = {
    {"run.scale", KEY_WORD, AT(scale), 0, 0, CONFIG_SCALES, NULL,
     "smoke: synthetic images, seconds; desk: hours on two cores; full: the thesis's own size"},
    {"run.first_seed", KEY_INTEGER, AT(first_seed), 0, 1000000, NULL, "1",
     "the least seed that the arm is to be run with"},
    {"run.seeds", KEY_INTEGER, AT(seeds), -1, 1000, NULL, "0",
     "how many seeds, from there on; 0: the number that the scale asks for; -1: none, since a "
     "search "
     "asks for its runs itself"},
    {"run.protocol", KEY_DIGEST, AT(protocol), 0, 0, NULL, "",
     "SHA-256 of the PROTOCOL.md that registered the arm before its first run; it lies in a folder "
     "above the arm's file"},
    {"data.set", KEY_WORD, AT(set), 0, 0, "cifar10|cifar100|made-up", NULL, "which images"},
    {"data.train_pictures", KEY_INTEGER, AT(train_pictures), 0, 50000, NULL, "0",
     "how many to make up; 0 with a real set"},
    {"data.test_pictures", KEY_INTEGER, AT(test_pictures), 0, 10000, NULL, "0",
     "how many to make up; 0 with a real set"},
    {"data.normalisation", KEY_WORD, AT(normalisation), 0, 0, "mean-std|pixel-mean|zca", "mean-std",
     "of the training images: mean-std, each channel's mean and deviation; pixel-mean, each "
     "pixel's mean, then / 255; zca, each image's contrast, then whitening"},
    {"data.augmentation", KEY_WORD, AT(augmentation), 0, 0, "none|flip-crop", NULL,
     "flip-crop: mirrored half of the time, then a 32x32 crop of the image with 4 pixels around"},
    {"data.crop_padding", KEY_WORD, AT(crop_padding), 0, 0, "zero|reflect", "zero",
     "what the 4 pixels are: zeros after normalisation, or the image mirrored at its border"},
    {"network.family", KEY_WORD, AT(family), 0, 0, "preact|wide-resnet|densenet-bc", NULL,
     "pre-activation ResNet, Wide ResNet, DenseNet-BC"},
    {"network.depth", KEY_INTEGER, AT(depth), 1, 10000, NULL, NULL,
     "preact: 6n+2, bottleneck 9n+2; wide-resnet: 6n+4; densenet-bc: 6n+4"},
    {"network.block", KEY_WORD, AT(block), 0, 0, "basic|bottleneck", "basic",
     "preact: two 3x3 convolutions, or 1x1, 3x3, 1x1"},
    {"network.shortcut", KEY_WORD, AT(shortcut), 0, 0, "a|projection", "a",
     "preact, where the shape changes: zeros for new channels, or a 1x1 convolution"},
    {"network.width", KEY_INTEGER, AT(width), 0, 64, NULL, "0", "wide-resnet: widening factor"},
    {"network.growth", KEY_INTEGER, AT(growth), 0, 512, NULL, "0", "densenet-bc: growth rate k"},
    {"network.dropout", KEY_REAL, AT(dropout), 0, 0.95, NULL, "0",
     "wide-resnet: between a unit's convolutions; densenet-bc: after each convolution of a layer"},
    {"network.fan", KEY_WORD, AT(fan), 0, 0, "out|in", "out",
     "convolutions start normal with deviation sqrt(2 / (kernel^2 channels)), channels out or in"},
    {"network.gamma", KEY_WORD, AT(gamma), 0, 0, "one|uniform", "one",
     "BN's scales start at 1, or uniform on [0,1) (Torch's old default)"},
    {"network.padding", KEY_WORD, AT(padding), 0, 0,
     "zero|replicate|reflect|extrapolate|partial|learned", "zero",
     "around what a 3x3 convolution reads, the stem's apart: zeros, the border's pixels once more, "
     "the map mirrored, continued linearly; zeros and partial convolution; a Padding Layer"},
    {"network.padding_depth", KEY_INTEGER, AT(padding_depth), 1, PADDING_DEPTH, NULL, "1",
     "learned: pixels inward from the border that a Padding Layer's filter reads"},
    {"network.padding_reach", KEY_INTEGER, AT(padding_reach), 0, PADDING_REACH, NULL, "0",
     "learned: pixels along the border, to either side"},
    {"network.weights", KEY_WORD, AT(weights), 0, 0, "free|expansion|bank|search", "free",
     "of 3x3 convolutions but the first: trained themselves, or a Weight Block makes them from "
     "network.rows rows, by a fixed orthogonal expansion or by shifted and signed copies; search: "
     "from those of network.rows rows that are worth network.budget"},
    {"network.rows", KEY_INTEGER, AT(rows), 0, 100000, NULL, "0",
     "expansion, bank, search: the rows of input channels that each of these convolutions trains; "
     "the weights are 9 rows an output channel"},
    {"network.weights_seed", KEY_INTEGER, AT(weights_seed), 0, INT32_MAX, NULL, "0",
     "expansion, bank, search: of what is fixed in them; apart from a run's seed"},
    {"network.budget", KEY_INTEGER, AT(budget), 0, INT32_MAX, NULL, "0",
     "search: the numbers that all these convolutions store; bank: the same, with rows per layer "
     "drawn at random instead of network.rows"},
    {"network.rows_draw", KEY_INTEGER, AT(rows_draw), 0, INT32_MAX, NULL, "0",
     "bank with network.budget: which draw"},
    {"network.channels", KEY_INTEGER, AT(channels), 1, 512, NULL, "16",
     "preact: of the first stage; the second has twice, the third four times as many"},
    {"training.epochs", KEY_INTEGER, AT(epochs), 1, 100000, NULL, NULL, "passes over the images"},
    {"training.batch", KEY_INTEGER, AT(batch), 1, 4096, NULL, NULL, "images a step"},
    {"training.last_batch", KEY_WORD, AT(last_batch), 0, 0, "keep|drop", NULL,
     "the smaller batch at an epoch's end"},
    {"training.shards", KEY_INTEGER, AT(shards), 1, 256, NULL, "16",
     "fixed parts of a batch, a divisor of it; decides the bits, not the number of threads"},
    {"training.convolution", KEY_WORD, AT(convolution), 0, 0, "direct|auto|winograd|fused",
     "direct",
     "Winograd for 3x3 and stride 1: oneDNN's (auto), from 128 channels on, which it has up to "
     "3.1; "
     "our own, for multiples of 16 channels, and in bf16 without AMX; fused: our own, and each 1x1 "
     "convolution in one pass with the batch norm before it; decides the bits"},
    {"training.precision", KEY_WORD, AT(precision), 0, 0, "f32|bf16", "f32",
     "of feature maps, their gradients and the convolutions' products; all else is f32 or better"},
    {"training.momentum", KEY_REAL, AT(momentum), 0, 1, NULL, NULL, "of SGD"},
    {"training.nesterov", KEY_WORD, AT(nesterov), 0, 0, "no|yes", NULL, "look ahead"},
    {"training.weight_decay", KEY_REAL, AT(weight_decay), 0, 1, NULL, NULL,
     "times the parameter, added to its gradient"},
    {"training.decayed", KEY_WORD, AT(decayed), 0, 0, "all|weights", "all",
     "weight decay on all parameters, or not on BN's and not on biases"},
    {"training.momentum_reset", KEY_WORD, AT(momentum_reset), 0, 0, "no|at-drop", "no",
     "momentum set to 0 where the step schedule drops"},
    {"schedule.decay", KEY_DECAY, AT(decay), 0, 0, NULL, NULL, "the base f(s)"},
    {"schedule.lr", KEY_REAL, AT(lr), 0, 100, NULL, NULL, "learning rate L0 at the start"},
    {"schedule.lr_end", KEY_REAL, AT(lr_end), 0, 100, NULL, NULL,
     "learning rate Le at t = T (step: not used, must be 0)"},
    {"schedule.power", KEY_REAL, AT(shape.power), 1e-3, 1e3, NULL, "1", "polynomial: N"},
    {"schedule.hold", KEY_REAL, AT(shape.hold), 0, 0.999, NULL, "0.5",
     "knee, wsd: the share of training at lr, before the rate falls"},
    {"schedule.rise", KEY_REAL, AT(shape.rise), 1e-3, 0.999, NULL, "0.3",
     "one-cycle, inverse-sqrt: the share of training before the peak"},
    {"schedule.start", KEY_REAL, AT(shape.start), 0, 1, NULL, "0.04", "one-cycle: f(0)"},
    {"schedule.tanh_low", KEY_REAL, AT(shape.tanh_low), -50, 50, NULL, "-6",
     "tanh: its argument at s = 0"},
    {"schedule.tanh_high", KEY_REAL, AT(shape.tanh_high), -50, 50, NULL, "3",
     "tanh: its argument at s = 1"},
    {"schedule.rex", KEY_REAL, AT(shape.rex), 0, 0.999, NULL, "0.5", "rex: d; 0 is linear"},
    {"schedule.k", KEY_REAL, AT(k), 1e-3, 1e6, NULL, "1", "of k-decay; 1 is the base itself"},
    {"schedule.form", KEY_WORD, AT(form), 0, 0, "warp|additive", "warp",
     "of k-decay: f(s^k), or f(s) + s - s^k, which may leave the range lr_end to lr"},
    {"schedule.update", KEY_WORD, AT(update), 0, 0, "step|epoch", "step",
     "the rate follows t step by step, or keeps each epoch's first value"},
    {"schedule.endpoint", KEY_WORD, AT(endpoint), 0, 0, "no|yes", "no",
     "whether the last step (or epoch) of a cycle trains with t = T; else t = T is its end"},
    {"schedule.drops", KEY_EPOCHS, AT(drops), 0, 0, NULL, "",
     "step: epochs (from 0) at whose start the rate is multiplied by drop_factor; k moves them"},
    {"schedule.drop_factor", KEY_REAL, AT(shape.drop_factor), 1e-6, 1, NULL, "0.1", "step"},
    {"schedule.cycle", KEY_INTEGER, AT(cycle), 0, 100000, NULL, "0",
     "warm restarts: epochs of the first cycle (SGDR's T0); 0: none"},
    {"schedule.cycle_factor", KEY_INTEGER, AT(cycle_factor), 1, 16, NULL, "1",
     "each cycle is so many times as long as the one before (SGDR's Tmult)"},
    {"schedule.warmup_steps", KEY_INTEGER, AT(warmup_steps), 0, 1000000, NULL, "0",
     "the first steps, before the schedule takes over"},
    {"schedule.warmup_lr", KEY_REAL, AT(warmup_lr), 0, 100, NULL, "0",
     "learning rate of the first step"},
    {"schedule.warmup", KEY_WORD, AT(warmup), 0, 0, "constant|linear", "constant",
     "warmup_lr for all of these steps, or from there linearly to where the schedule takes over"},
    {"schedule.warmup_clock", KEY_WORD, AT(warmup_clock), 0, 0, "runs|waits", "runs",
     "the schedule's t runs during warm-up, or is 0 at its end and T that much shorter"},
};

enum { KEY_COUNT = sizeof keys / sizeof keys[0] };

/* A word is stored in a field of an enum type, through a pointer to int. */
_Static_assert(sizeof(enum scale) == sizeof(int), "a word's field has the size of an int");

static void *field_of(struct experiment *experiment, const struct key *key)
{
    return (char *)experiment + key->offset;
}

int config_word(const char *words, const char *word)
{
    const size_t length = strlen(word);
    int index = 0;
    for (const char *at = words;; index++) {
        const char *bar = strchr(at, '|');
        const size_t width = bar ? (size_t)(bar - at) : strlen(at);
        if (width == length && memcmp(at, word, width) == 0)
            return index;
        if (!bar)
            return -1;
        at = bar + 1;
    }
}

/* The index-th word of "a|b|c" and its length. */
static const char *word_name(const char *words, int index, int *length)
{
    const char *at = words;
    while (index-- > 0)
        at = strchr(at, '|') + 1;
    *length = (int)strcspn(at, "|");
    return at;
}

/* "60 120 160"; an empty text is an empty list. */
static int set_epochs(struct epoch_list *list, const struct key *key, const char *value,
                      struct error *error)
{
    *list = (struct epoch_list){0};
    for (const char *at = value; *at;) {
        char *end = NULL;
        const long epoch = strtol(at, &end, 10);
        const int last = list->count ? list->epoch[list->count - 1] : 0;
        if (end == at || (*end && *end != ' ') || epoch <= last || epoch > 100000 ||
            list->count == DROP_LIST)
            return error_set(error,
                             "%s = %s: expected at most %d increasing epochs, as \"60 120 160\"",
                             key->name, value, DROP_LIST);
        list->epoch[list->count++] = (int)epoch;
        at = end + strspn(end, " ");
    }
    return 0;
}

/* 64 hexadecimal digits; an empty text is no digest. */
static int set_digest(struct digest *digest, const struct key *key, const char *value,
                      struct error *error)
{
    const size_t length = strlen(value);
    if (length != 0 && (length != DIGEST_LENGTH || strspn(value, "0123456789abcdef") != length))
        return error_set(error, "%s = %s: expected a SHA-256, %d digits of 0-9 and a-f", key->name,
                         value, DIGEST_LENGTH);
    memcpy(digest->hex, value, length + 1);
    return 0;
}

static int set_value(struct experiment *experiment, const struct key *key, const char *value,
                     struct error *error)
{
    if (key->type == KEY_DIGEST)
        return set_digest(field_of(experiment, key), key, value, error);
    if (key->type == KEY_EPOCHS)
        return set_epochs(field_of(experiment, key), key, value, error);
    if (key->type == KEY_DECAY || key->type == KEY_WORD) {
        const int index = key->type == KEY_DECAY ? decay_index(value, strlen(value))
                                                 : config_word(key->words, value);
        if (index < 0 && key->type == KEY_DECAY)
            return error_set(error, "%s = %s: no such decay; `kdecay keys` lists them", key->name,
                             value);
        if (index < 0)
            return error_set(error, "%s = %s: expected one of %s", key->name, value, key->words);
        *(int *)field_of(experiment, key) = index;
        return 0;
    }
    char *end = NULL;
    const double number = strtod(value, &end);
    if (end == value || *end != '\0' || !isfinite(number))
        return error_set(error, "%s = %s: expected a number", key->name, value);
    if (number < key->low || number > key->high)
        return error_set(error, "%s = %s: expected a number from %g to %g", key->name, value,
                         key->low, key->high);
    if (key->type == KEY_REAL) {
        *(double *)field_of(experiment, key) = number;
        return 0;
    }
    if (number != floor(number))
        return error_set(error, "%s = %s: expected a whole number", key->name, value);
    *(int *)field_of(experiment, key) = (int)number;
    return 0;
}

static void set_default(struct experiment *experiment, const struct key *key)
{
    if (set_value(experiment, key, key->fallback, NULL) != 0)
        BUG("a default value outside its own range");
}

static int key_index(const char *name)
{
    for (int i = 0; i < KEY_COUNT; i++)
        if (strcmp(keys[i].name, name) == 0)
            return i;
    return -1;
}

/* ---- Files -------------------------------------------------------------------------------- */

/* The state of take_key(), one for each file in a chain of includes. */
struct reading {
    struct experiment *experiment;
    const char *path;
    int depth;
    uint8_t set_here[KEY_COUNT]; /* in this file */
    uint8_t *set;                /* in any file */
    struct error *error;
    int nested; /* the error's text already names file and line */
};

static int read_experiment(const char *path, int depth, struct experiment *experiment, uint8_t *set,
                           struct error *error);

static int include_file(struct reading *reading, const char *value)
{
    for (int i = 0; i < KEY_COUNT; i++)
        if (reading->set_here[i])
            return error_set(reading->error, "include = %s: expected before all other keys", value);
    if (reading->depth + 1 >= INCLUDE_DEPTH)
        return error_set(reading->error, "include = %s: more than %d files deep; is it a circle?",
                         value, INCLUDE_DEPTH);
    const char *slash = strrchr(reading->path, '/');
    const int folder = slash ? (int)(slash - reading->path) + 1 : 0;
    char *path = memory_text("%.*s%s", value[0] == '/' ? 0 : folder, reading->path, value);
    const int status = read_experiment(path, reading->depth + 1, reading->experiment, reading->set,
                                       reading->error);
    reading->nested = status != 0;
    free(path);
    return status;
}

/* Called for every key of a text. */
static int take_key(void *user, const char *section, const char *name, const char *value)
{
    struct reading *reading = user;
    char full[2 * KEY_NAME];
    snprintf(full, sizeof full, "%.*s%s%.*s", KEY_NAME - 2, section, section[0] ? "." : "",
             KEY_NAME - 2, name);
    int status;
    const int index = key_index(full);
    if (strcmp(full, "include") == 0) {
        status = include_file(reading, value);
    } else if (index < 0) {
        status = error_set(reading->error, "%s: no such key; `kdecay keys` lists them", full);
    } else if (reading->set_here[index]) {
        status = error_set(reading->error, "%s: set twice; remove one of the two lines", full);
    } else {
        reading->set_here[index] = reading->set[index] = 1;
        status = set_value(reading->experiment, &keys[index], value, reading->error);
    }
    return status == 0;
}

static int prefix_error(struct error *error, const char *path, int line)
{
    if (error) {
        const struct error bare = *error;
        error_set(error, "%s:%d: %.800s", path, line, bare.text);
    }
    return -1;
}

/* For files and texts. */
static int read_text(struct reading *reading, const char *text, size_t size)
{
    const int line = ini_text_read(text, size, take_key, reading, reading->error);
    if (line == 0)
        return 0;
    return reading->nested ? -1 : prefix_error(reading->error, reading->path, line);
}

static int read_experiment(const char *path, int depth, struct experiment *experiment, uint8_t *set,
                           struct error *error)
{
    size_t size = 0;
    char *text = file_read(path, &size, error);
    if (!text)
        return -1;
    struct reading reading = {
        .experiment = experiment, .path = path, .depth = depth, .set = set, .error = error};
    const int status = read_text(&reading, text, size);
    free(text);
    return status;
}

static int has_default(struct experiment *experiment, const struct key *key)
{
    struct experiment other;
    if (!key->fallback)
        return 0;
    set_default(&other, key);
    const void *value = field_of(experiment, key), *fallback = field_of(&other, key);
    if (key->type == KEY_EPOCHS)
        return ((const struct epoch_list *)value)->count == 0;
    if (key->type == KEY_DIGEST)
        return ((const struct digest *)value)->hex[0] == '\0';
    return key->type == KEY_REAL ? *(const double *)value == *(const double *)fallback
                                 : *(const int *)value == *(const int *)fallback;
}

/* ---- The whole experiment ----------------------------------------------------------------- */

static int is_shape(const struct key *key)
{
    return key->offset >= AT(shape) && key->offset < AT(shape) + sizeof(struct decay_shape);
}

/* A key of a decay's shape that another decay than the experiment's would read. */
static const struct key *misplaced_shape(struct experiment *experiment)
{
    for (const struct key *key = keys; key < keys + KEY_COUNT; key++)
        if (is_shape(key) && !strstr(decays[experiment->decay].keys, key->name) &&
            !has_default(experiment, key))
            return key;
    return NULL;
}

static int finish(struct experiment *experiment, const uint8_t *set, const char *path,
                  struct error *error)
{
    for (int i = 0; i < KEY_COUNT; i++) {
        if (set[i])
            continue;
        if (!keys[i].fallback)
            return error_set(error, "%s: %s is missing: %s", path, keys[i].name, keys[i].meaning);
        set_default(experiment, &keys[i]);
    }
    if (config_rules_check(experiment, path, error) != 0)
        return -1;
    const struct key *misplaced = misplaced_shape(experiment);
    return misplaced ? error_set(error, "%s: %s does not belong to schedule.decay = %s; remove it",
                                 path, misplaced->name, decays[experiment->decay].name)
                     : 0;
}

/* The path below experiments/, without its ending. */
static int name_arm(struct experiment *experiment, const char *path, struct error *error)
{
    static const char folder[] = "experiments/";
    const char *start = path;
    for (const char *at = strstr(path, folder); at; at = strstr(at + 1, folder))
        if (at == path || at[-1] == '/')
            start = at + strlen(folder);
    while (start[0] == '/' || (start[0] == '.' && start[1] == '/'))
        start++;
    size_t length = strlen(start);
    if (length > 4 && strcmp(start + length - 4, ".ini") == 0)
        length -= 4;
    if (length == 0 || length >= sizeof experiment->arm)
        return error_set(error, "%s: expected a name of at most %zu characters", path,
                         sizeof experiment->arm - 1);
    memcpy(experiment->arm, start, length);
    experiment->arm[length] = '\0';
    return 0;
}

int config_load(const char *path, const char *const *overrides, size_t count,
                struct experiment *experiment, struct error *error)
{
    uint8_t set[KEY_COUNT] = {0};
    memset(experiment, 0, sizeof *experiment);
    if (name_arm(experiment, path, error) != 0 ||
        read_experiment(path, 0, experiment, set, error) != 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        const char *equals = strchr(overrides[i], '=');
        if (!equals || equals - overrides[i] >= KEY_NAME)
            return error_set(error, "--set %s: expected section.key=value", overrides[i]);
        char name[KEY_NAME];
        snprintf(name, sizeof name, "%.*s", (int)(equals - overrides[i]), overrides[i]);
        const int index = key_index(name);
        if (index < 0)
            return error_set(error, "--set %s: no such key; `kdecay keys` lists them",
                             overrides[i]);
        struct error bare;
        if (set_value(experiment, &keys[index], equals + 1, &bare) != 0)
            return error_set(error, "--set %.900s", bare.text);
        set[index] = 1;
    }
    return finish(experiment, set, path, error);
}

int config_parse(const char *text, const char *name, struct experiment *experiment,
                 struct error *error)
{
    uint8_t set[KEY_COUNT] = {0};
    memset(experiment, 0, sizeof *experiment);
    struct reading reading = {.experiment = experiment,
                              .path = name,
                              .depth = INCLUDE_DEPTH, /* a canonical text includes nothing */
                              .set = set,
                              .error = error};
    if (read_text(&reading, text, strlen(text)) != 0)
        return -1;
    return finish(experiment, set, name, error);
}

/* ---- Text --------------------------------------------------------------------------------- */

/* The shortest decimal that reads back as the same double. */
static void add_real(struct text *text, double value)
{
    char shortest[40];
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(shortest, sizeof shortest, "%.*g", digits, value);
        if (strtod(shortest, NULL) == value)
            break;
    }
    text_add(text, "%s", shortest);
}

char *config_text(const struct experiment *experiment)
{
    struct experiment copy = *experiment;
    struct text text = {0};
    for (const struct key *key = keys; key < keys + KEY_COUNT; key++) {
        if (has_default(&copy, key))
            continue;
        text_add(&text, "%s = ", key->name);
        if (key->type == KEY_REAL) {
            add_real(&text, *(double *)field_of(&copy, key));
        } else if (key->type == KEY_INTEGER) {
            text_add(&text, "%d", *(int *)field_of(&copy, key));
        } else if (key->type == KEY_DECAY) {
            text_add(&text, "%s", decays[*(int *)field_of(&copy, key)].name);
        } else if (key->type == KEY_DIGEST) {
            text_add(&text, "%s", ((struct digest *)field_of(&copy, key))->hex);
        } else if (key->type == KEY_EPOCHS) {
            const struct epoch_list *list = field_of(&copy, key);
            for (int i = 0; i < list->count; i++)
                text_add(&text, "%s%d", i ? " " : "", list->epoch[i]);
        } else {
            int length;
            const char *word = word_name(key->words, *(int *)field_of(&copy, key), &length);
            text_add(&text, "%.*s", length, word);
        }
        text_add(&text, "\n");
    }
    return text.bytes;
}

struct digest config_digest(const struct experiment *experiment)
{
    char *text = config_text(experiment);
    const struct digest digest = digest_of(text, strlen(text));
    free(text);
    return digest;
}

struct decay_shape config_default_shape(void)
{
    struct experiment experiment = {0};
    for (const struct key *key = keys; key < keys + KEY_COUNT; key++)
        if (is_shape(key))
            set_default(&experiment, key);
    return experiment.shape;
}

long config_train_count(const struct experiment *experiment)
{
    return experiment->set == SET_SYNTHETIC ? experiment->train_pictures : CIFAR_TRAIN;
}

long config_steps_per_epoch(const struct experiment *experiment)
{
    const long count = config_train_count(experiment), batch = experiment->batch;
    return experiment->last_batch == LAST_BATCH_KEEP ? (count + batch - 1) / batch : count / batch;
}

int config_class_count(const struct experiment *experiment)
{
    return experiment->set == SET_CIFAR100 ? 100 : 10;
}

const char *config_set_name(const struct experiment *experiment)
{
    static const char *const names[] = {"CIFAR-10", "CIFAR-100", "synthetic images"};
    return names[experiment->set];
}

const char *config_scale_name(const struct experiment *experiment)
{
    static const char *const names[] = {SCALE_NAME_SMOKE, SCALE_NAME_DESK, SCALE_NAME_FULL};
    return names[experiment->scale];
}

const char *config_precision_name(const struct experiment *experiment)
{
    static const char *const names[] = {"f32", "bf16"};
    return names[experiment->precision];
}

static void print_decays(FILE *out)
{
    for (size_t i = 0; i < decay_count; i++)
        fprintf(out, "%s\n%-22s     %-12s %s", i ? "" : "one of", "", decays[i].name,
                decays[i].formula);
}

void config_print_keys(FILE *out)
{
    for (const struct key *key = keys; key < keys + KEY_COUNT; key++) {
        fprintf(out, "%-22s ", key->name);
        if (key->type == KEY_WORD)
            fprintf(out, "%s", key->words);
        else if (key->type == KEY_DECAY)
            print_decays(out);
        else if (key->type == KEY_EPOCHS)
            fprintf(out, "at most %d increasing integers", DROP_LIST);
        else if (key->type == KEY_DIGEST)
            fprintf(out, "%d hexadecimal digits", DIGEST_LENGTH);
        else
            fprintf(out, "%s %g..%g", key->type == KEY_REAL ? "real" : "integer", key->low,
                    key->high);
        if (key->fallback)
            fprintf(out, ", default %s", key->fallback[0] ? key->fallback : "none");
        fprintf(out, "\n%-22s   %s\n", "", key->meaning);
    }
}
