/* A small run is trained and measured by the program; the measure must be what the interpreter
 * makes of the checkpoint, in double and by naive loops. */
#include "report/borders.h"

#include "base/file.h"
#include "base/memory.h"
#include "tests/expect.h"
#include "tests/interpreter.h"
#include "tests/scratch.h"
#include "train/checkpoint.h"
#include "train/training.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/tests.h"

enum { SEED = 1, TEST_IMAGES = 13, COLUMNS = 13, NEAR = 4 };

#define LEARNED                                                                                    \
    "family = densenet-bc\ndepth = 10\ngrowth = 5\npadding = learned\npadding_depth = 2\n"         \
    "padding_reach = 1\n"
#define PARTIAL "family = preact\ndepth = 8\npadding = partial\n"

/* A project of one run. */
struct run {
    char *folder, *experiment_path, *results, *checkpoints, *log, *borders;
    struct experiment experiment;
};

static void command(const struct run *run, const char *what, int status, const char *output)
{
    scratch_expect(status, output, "build/kdecay %s %s --seed %d --results %s --checkpoints %s",
                   what, run->experiment_path, SEED, run->results, run->checkpoints);
}

static struct run run_of(const char *network, int test_pictures)
{
    struct run run = {.folder = scratch_folder()};
    char *text = memory_text("[run]\nscale = smoke\n[data]\nset = made-up\ntrain_pictures = 24\n"
                             "test_pictures = %d\naugmentation = none\n[network]\n%s[training]\n"
                             "epochs = 1\nbatch = 8\nlast_batch = keep\nshards = 4\n"
                             "momentum = 0.9\nnesterov = yes\nweight_decay = 1e-4\n[schedule]\n"
                             "decay = cosine\nlr = 0.1\nlr_end = 0\n",
                             test_pictures, network);
    scratch_write(run.folder, "experiments/x/a.ini", text);
    free(text);
    run.experiment_path = memory_text("%s/experiments/x/a.ini", run.folder);
    run.results = memory_text("%s/results", run.folder);
    run.checkpoints = memory_text("%s/checkpoints", run.folder);
    run.log = memory_text("%s/x/a/seed-%d.tsv", run.results, SEED);
    run.borders = memory_text("%s/x/a/seed-%d.borders.tsv", run.results, SEED);
    struct error error;
    expect_ok(config_load(run.experiment_path, NULL, 0, &run.experiment, &error), &error);
    return run;
}

static void run_free(struct run *run)
{
    free(run->experiment_path);
    free(run->results);
    free(run->checkpoints);
    free(run->log);
    free(run->borders);
    scratch_remove(run->folder);
}

/* ---- Rows ------------------------------------------------------------------------------------ */

/* What stands in the columns before `count`, then the numbers; free() the name. */
static char *next_row(char **text, double numbers[6])
{
    char *end = strchr(*text, '\n'), *at = *text;
    assert_non_null(end);
    for (int column = 0; column < COLUMNS - 6; column++)
        at = strchr(at, '\t') + 1;
    char *name = memory_text("%.*s", (int)(at - 1 - *text), *text);
    for (int i = 0; i < 6; i++)
        numbers[i] = strtod(at, &at);
    assert_true(at == end);
    *text = end + 1;
    return name;
}

/* The next row must be `name` with the moments of the `count` numbers, within 1e-5 of the rms. */
static void check_row(char **text, const char *name, const double *values, size_t count)
{
    double found[6], sum = 0, squares = 0, variance = 0, low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < count; i++) {
        sum += values[i];
        squares += values[i] * values[i];
        low = fmin(low, values[i]);
        high = fmax(high, values[i]);
    }
    const double mean = sum / (double)count;
    for (size_t i = 0; i < count; i++)
        variance += (values[i] - mean) * (values[i] - mean) / (double)count;
    char *row = next_row(text, found);
    assert_string_equal(row, name);
    free(row);
    const double expected[] = {(double)count,  mean, sqrt(squares / (double)count),
                               sqrt(variance), low,  high};
    assert_true(found[0] == expected[0]);
    for (int i = 1; i < 6; i++)
        if (!(fabs(found[i] - expected[i]) <= 1e-5 * fmax(expected[2], fabs(expected[i]))))
            fail_msg("%s, moment %d: %.9g, expected %.9g", name, i, found[i], expected[i]);
}

/* ---- Against the interpreter ----------------------------------------------------------------- */

/* All test images, in two minibatches, seen by one interpreter. */
static struct interpreter *interpreter_of(const struct run *run, struct training *training)
{
    training_open(training, &run->experiment, SEED, 1, NULL, run->checkpoints);
    char *path = checkpoint_path(run->checkpoints, &run->experiment, SEED), *text = NULL;
    struct progress place;
    struct error error;
    assert_int_equal(
        checkpoint_load(path, network_parameters(training->network), &place, &text, &error), 0);
    free(text);
    free(path);
    float *images = memory_floats((size_t)TEST_IMAGES * IMAGE_FLOATS);
    for (int first = 0, count; first < TEST_IMAGES; first += count) {
        count = training_load_test_batch(training, (size_t)first);
        memcpy(images + (size_t)first * IMAGE_FLOATS, network_input(training->network, 0),
               (size_t)count * IMAGE_FLOATS * sizeof *images);
    }
    static const int labels[TEST_IMAGES];
    struct interpreter *in =
        interpreter_create(&run->experiment, network_parameters(training->network), TEST_IMAGES,
                           images, labels, 0, 0, 8);
    free(images);
    in->mode = REFERENCE_RUNNING;
    interpreter_loss(in, NULL);
    return in;
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

static void check_outputs(const struct interpreter *in, const char *name, int value, char **text)
{
    const struct activation *v = &in->architecture.activations[value];
    const int pixels = v->height * v->width, all = in->images * v->channels * pixels;
    double *chosen = memory_zeroed((size_t)all, sizeof *chosen);
    for (int distance = 0; distance <= NEAR; distance++) {
        size_t count = 0;
        for (int i = 0; i < all; i++) {
            const int y = i % pixels / v->width, x = i % v->width;
            const int from = least(least(x, v->width - 1 - x), least(y, v->height - 1 - y));
            if (least(from, NEAR) == distance)
                chosen[count++] = in->made[value][i];
        }
        if (count == 0)
            continue;
        char *where = distance < NEAR ? memory_text("%d", distance) : memory_text("interior");
        char *row = memory_text("output\t%s\t%d\t%d\t%s\t-\t-", name, v->height, v->width, where);
        check_row(text, row, chosen, count);
        free(row);
        free(where);
    }
    free(chosen);
}

/* Of D = 2 and r = 1. */
static void check_filter(const struct interpreter *in, const char *name, int output, char **text)
{
    static const char *const taps[] = {
        "0\t-1", "0\t0", "0\t1", "1\t-1", "1\t0", "1\t1", "constant\tconstant"};
    const struct activation *v = &in->architecture.activations[output];
    char *tensor = memory_text("%s.pad.filter", name);
    int t = 0;
    while (strcmp(in->tensors[t].name, tensor) != 0)
        t++;
    for (size_t tap = 0; tap < 7; tap++) {
        double values[64];
        size_t count = 0;
        for (size_t i = tap; i < in->tensors[t].count; i += 7)
            values[count++] = in->tensors[t].values[i];
        char *row = memory_text("filter\t%s\t%d\t%d\t-\t%s", name, v->height, v->width, taps[tap]);
        check_row(text, row, values, count);
        free(row);
    }
    free(tensor);
}

static void check_measure(const char *network, int learned)
{
    struct run run = run_of(network, TEST_IMAGES);
    command(&run, "train", 0, "seed-1.tsv");
    command(&run, "borders", 0, "seed-1.borders.tsv");
    struct training training;
    struct interpreter *in = interpreter_of(&run, &training);
    struct error error;
    char *bytes = file_read(run.borders, NULL, &error);
    assert_non_null(bytes);
    char *at = strstr(bytes, "\tmax\n") + strlen("\tmax\n");
    int layers = 0;
    for (int l = 2; l < in->architecture.layer_count; l++) {
        const struct layer *layer = &in->architecture.layers[l];
        if (layer->kind != LAYER_CONVOLUTION || layer->kernel != 3)
            continue;
        const int output = learned ? layer->output : layer[1].output;
        check_outputs(in, layer->name, output, &at);
        if (learned)
            check_filter(in, layer->name, output, &at);
        layers++;
    }
    assert_true(layers >= 3 && *at == '\0');
    free(bytes);
    interpreter_free(in);
    training_close(&training);
    run_free(&run);
}

TEST(learned)
{
    check_measure(LEARNED, 1);
}

TEST(partial)
{
    check_measure(PARTIAL, 0);
}

/* ---- What does not fit ----------------------------------------------------------------------- */

/* old "": at the end; new NULL: the file ends where `old` begins. */
static void change(const char *path, const char *old, const char *new)
{
    struct error error;
    char *bytes = file_read(path, NULL, &error);
    char *at = *old ? strstr(bytes, old) : bytes + strlen(bytes);
    assert_non_null(at);
    char *changed = memory_text("%.*s%s%s", (int)(at - bytes), bytes, new ? new : "",
                                new ? at + strlen(old) : "");
    file_write(path, changed, strlen(changed));
    free(changed);
    free(bytes);
}

/* Beside the one log of a ledger; NULL: the file is right. */
static void check_says(const struct run *run, const char *message)
{
    struct ledger ledger;
    struct error error = {""};
    assert_int_equal(ledger_read(run->results, NULL, &ledger, &error), 0);
    assert_int_equal(ledger.count, 1);
    assert_int_equal(borders_check(run->borders, &ledger, &error), message ? -1 : 0);
    if (message && !strstr(error.text, message))
        fail_msg("\"%s\", expected \"%s\"", error.text, message);
    ledger_free(&ledger);
}

struct change {
    const char *old, *new, *message; /* see change() and check_says() */
};

/* Each of the changes to the measure of a run must be noticed. */
static void check_changes(const struct run *run, const struct change *changes, size_t count)
{
    struct error error;
    command(run, "borders", 1, "seed-1.tsv");
    command(run, "train", 0, "seed-1.tsv");
    command(run, "borders", 0, "seed-1.borders.tsv");
    check_says(run, NULL);
    char *good = file_read(run->borders, NULL, &error);
    for (size_t i = 0; i < count; i++) {
        change(run->borders, changes[i].old, changes[i].new);
        check_says(run, changes[i].message);
        file_write(run->borders, good, strlen(good));
    }
    check_says(run, NULL);
    free(good);
}

/* Six convolutions of 5, 5, 5, 5, 4, 4 rows, the first of them in line 10. */
TEST(check)
{
    static const struct change changes[] = {
        {"# seed: 1", "# seed: 2", "seed-1.borders.tsv:3: expected \"# seed: 1\"; restore"},
        {"# arm: x/a", "# arm: x/b", "seed-1.borders.tsv:2: expected \"# arm: x/a\""},
        {"state-sha256: ", "state-sha256: 0", "seed-1.borders.tsv:7: expected \"# state"},
        {"# pictures: 13", "# pictures: ", "tsv:8: expected \"# pictures: 13\""},
        {"# pictures: 13", "# pictures: 12", "tsv:8: expected \"# pictures: 13\""},
        {"# pictures: 13\n", NULL, "tsv:8: expected \"# pictures: 13\""},
        {"\tmax\n", "\tmost\n", "tsv:9: expected \"kind layer height"},
        /* rows that are missing: all, the last layer, a distance */
        {"output\tstage1.unit1.conv1", NULL,
         "tsv:10: expected \"output stage1.unit1.conv1 32 32 0 - - 25792\"; restore the file, or "
         "measure again by kdecay borders"},
        {"output\tstage3.unit1.conv2", NULL,
         "tsv:34: expected \"output stage3.unit1.conv2 8 8 0 - - 23296\""},
        {"output\tstage3.unit1.conv2\t8\t8\t3", NULL,
         "tsv:37: expected \"output stage3.unit1.conv2 8 8 3"},
        {"output\tstage1.unit1.conv1\t32\t32\t1", "#",
         "tsv:11: expected \"output stage1.unit1.conv1 32 32 1"},
        {"stage1.unit1.conv2\t32\t32\t0", "stage2.unit1.conv1\t16\t16\t0",
         "tsv:15: expected \"output stage1.unit1.conv2 32 32 0"},
        {"stage2.unit1.conv1", "stage2.unit9.conv1", "tsv:20: expected \"output stage2.unit1"},
        /* rows that are too many */
        {"", "output\tstage3.unit1.conv2\t8\t8\tinterior\t-\t-\t0\t0\t0\t0\t0\t0\n",
         "tsv:38: expected no more rows"},
        {"", "\n", "tsv:38: expected no more rows"},
        {"\tinterior\t", "\t4\t", "tsv:14: expected \"output stage1.unit1.conv1 32 32 interior"},
        {"\t16\t16\t0", "\t16\t8\t0", "tsv:20: expected \"output stage2.unit1.conv1 16 16 0"},
        {"\t-\t25792\t", "\t-\t25793\t", "tsv:10: expected \"output"},
        {"\t1\t-\t-\t", "\t1\t-\t", "tsv:11: expected \"output stage1.unit1.conv1 32 32 1 - -"},
        /* numbers */
        {"\t25792\t", "\t25792\t1\t", "tsv:10: expected mean, rms, sd, min and max"},
        {"\t25792\t", "\t25792\t\t", "tsv:10: expected mean, rms, sd, min and max"},
        {"\t25792\t", "\t25792\n", "tsv:10: expected \"output"},
        {"\t25792\t", "\t25792\t9\t9\t1\t1\t1\nx", "tsv:10: expected rms^2 = mean^2 + sd^2"},
        {"\t25792\t", "\t25792\tnan\tnan\tnan\t1\t1\nx", "tsv:10: expected rms^2"},
        {"\t25792\t", "\t25792\tx\t9\t1\t1\t1\nx", "tsv:10: expected mean, rms, sd"}};
    struct run run = run_of(PARTIAL, TEST_IMAGES);
    check_changes(&run, changes, COUNT(changes));

    struct ledger ledger;
    struct error error;
    assert_int_equal(ledger_read(run.results, NULL, &ledger, &error), 0);
    ledger.logs->experiment.depth = 9;
    expect_failed(borders_check(run.borders, &ledger, &error), &error,
                  "seed-1.tsv: network.depth = 9: ");
    ledger_free(&ledger);
    expect_failed(borders_check(run.borders, &(struct ledger){0}, &error), &error,
                  "expected the log of its run beside it");
    run_free(&run);
}

/* Three convolutions of 5 or 4 outputs and 7 taps. */
TEST(check_taps)
{
    static const struct change changes[] = {
        {"filter\tblock1.layer1.conv2\t32\t32\t-\t0\t-1", NULL,
         "tsv:15: expected \"filter block1.layer1.conv2 32 32 - 0 -1 20\""},
        {"filter\tblock1.layer1.conv2\t32\t32\t-\t1\t0", "#",
         "tsv:19: expected \"filter block1.layer1.conv2 32 32 - 1 0 20\""},
        {"filter\tblock3.layer1.conv2\t8\t8\t-\tconstant", NULL,
         "tsv:44: expected \"filter block3.layer1.conv2 8 8 - constant constant 20\""},
        {"", "filter\tblock3.layer1.conv2\t8\t8\t-\t2\t-1\t20\t0\t0\t0\t0\t0\n",
         "tsv:45: expected no more rows"}};
    struct run run = run_of(LEARNED, TEST_IMAGES);
    check_changes(&run, changes, COUNT(changes));
    run_free(&run);
}

/* The last of the 512 images stand in the midst of a minibatch. */
TEST(many_images)
{
    struct run run = run_of("family = preact\ndepth = 8\n", 520);
    change(run.experiment_path, "batch = 8", "batch = 24");
    command(&run, "train", 0, "seed-1.tsv");
    struct error error;
    assert_int_equal(config_load(run.experiment_path, NULL, 0, &run.experiment, &error), 0);
    const struct borders_options options = {.experiment = &run.experiment,
                                            .seed = SEED,
                                            .results = run.results,
                                            .checkpoints = run.checkpoints};
    borders_run(&options);
    check_says(&run, NULL);
    char *bytes = file_read(run.borders, NULL, &error);
    assert_non_null(strstr(bytes, "\n# pictures: 512\n"));
    free(bytes);
    run_free(&run);
}

/* Of another run of the same name, whose log the checkpoint does not end. */
TEST(other_weights)
{
    struct run run = run_of(PARTIAL, TEST_IMAGES);
    command(&run, "train", 0, "seed-1.tsv");
    char *path = checkpoint_path(run.checkpoints, &run.experiment, SEED);
    struct training training;
    training_open(&training, &run.experiment, SEED, 1, NULL, run.checkpoints);
    network_initialise(training.network, SEED);
    checkpoint_save(path, network_parameters(training.network), &(struct progress){.epoch = 1}, "");
    command(&run, "borders", 1, "expected the weights that");
    assert_false(file_exists(run.borders));
    training_close(&training);
    free(path);
    run_free(&run);
}
