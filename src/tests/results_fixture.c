#define _XOPEN_SOURCE 700
#include "tests/results_fixture.h"

#include "base/file.h"
#include "base/memory.h"
#include "experiment/log.h"
#include "experiment/schedule.h"
#include "network/model_size.h"
#include "report/ledger.h"
#include "tests/expect.h"
#include "tests/scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <ftw.h>
#include <stdio.h>
#include <unistd.h>

/* 50,000 images in minibatches of 128, the last one of 80 */
enum { STEPS_AN_EPOCH = 391 };

static void write_experiment(const struct fixture *fixture, const char *arm, const char *text)
{
    char *name = memory_text("%s.ini", arm);
    scratch_write(fixture->experiments, name, text);
    free(name);
}

void fixture_experiment(const struct fixture *fixture, const char *arm, double k, double lr)
{
    char *text =
        memory_text("[run]\nscale = desk\n[data]\nset = cifar10\naugmentation = flip-crop\n"
                    "[network]\nfamily = preact\ndepth = 20\n"
                    "[training]\nepochs = %d\nbatch = 128\nlast_batch = keep\n"
                    "momentum = 0.9\nnesterov = yes\nweight_decay = 1e-4\n"
                    "[schedule]\ndecay = polynomial\nlr = %g\nlr_end = 1e-4\nk = %g\n",
                    FIXTURE_EPOCHS, lr, k);
    write_experiment(fixture, arm, text);
    free(text);
}

struct fixture fixture_begin(void)
{
    struct fixture fixture = {.root = "/tmp/kdecay-test-XXXXXX"};
    assert_non_null(mkdtemp(fixture.root));
    fixture.results = memory_text("%s/results", fixture.root);
    fixture.experiments = memory_text("%s/experiments", fixture.root);
    fixture.published = memory_text("results/published");
    fixture.replay = memory_text("%s/replay", fixture.root);
    fixture.out = memory_text("%s/out", fixture.root);
    fixture.digests = memory_text("%s/artefacts.sha256", fixture.results);
    fixture.sources = memory_text("%s/sources.sha256", fixture.results);
    fixture.kept_drawn = memory_text("%s/drawn.sha256", fixture.results);
    fixture.kept_page = memory_text("%s/page.sha256", fixture.results);
    fixture_experiment(&fixture, "cifar10/preact-20/poly-k1.0", 1, 0.1);
    fixture_experiment(&fixture, "cifar10/preact-20/poly-k2.0", 2, 0.1);
    return fixture;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *at)
{
    (void)status, (void)type, (void)at;
    return remove(path);
}

void fixture_end(struct fixture *fixture)
{
    assert_int_equal(nftw(fixture->root, remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
    free(fixture->results);
    free(fixture->experiments);
    free(fixture->published);
    free(fixture->replay);
    free(fixture->out);
    free(fixture->digests);
    free(fixture->sources);
    free(fixture->kept_drawn);
    free(fixture->kept_page);
    free(fixture->drawn);
    free(fixture->page);
}

void fixture_write_log(const struct fixture *fixture, const char *folder,
                       const struct fixture_log *what)
{
    char *path = memory_text("%s/%s.ini", fixture->experiments, what->arm);
    struct experiment experiment;
    struct error error;
    expect_ok(config_load(path, NULL, 0, &experiment, &error), &error);
    free(path);

    const double lr_factor = what->lr_factor > 0 ? what->lr_factor : 1;
    const double loss_factor = what->loss_factor > 0 ? what->loss_factor : 1;
    const long initial_seed = what->initial_seed ? what->initial_seed : what->seed;
    struct log_facts facts = {
        .experiment = &experiment,
        .seed = what->seed,
        .train = {"72083841cd0fa633f09b24c0833cf6d6a1809caff400317117334e0aa6b0ed46"},
        .test = {"f1bbb931260cda782c84c1948c82d910e2c193cb1d56756293f445027090946b"},
        .initial = digest_of(&initial_seed, sizeof initial_seed),
        .program = "made up",
        .compiler = "none",
        .onednn = "none",
        .environment = what->environment ? what->environment : "a",
        .kernels = "conv1: a, b, c\n",
        .threads = 2,
        .started = "2026-01-02T03:04:05Z"};
    const struct model_size size = model_size_of(&experiment);
    facts.parameters = size.trained;
    facts.macs = size.macs;
    const struct schedule schedule = schedule_of(&experiment, STEPS_AN_EPOCH);

    struct log_writer writer;
    log_begin(&writer, &facts);
    const long losses = what->diverged_at && what->diverged_at < LOG_STEP_LOSSES ? what->diverged_at
                                                                                 : LOG_STEP_LOSSES;
    for (long step = 1; step <= losses - what->losses_left_out; step++)
        log_add_step_loss(&writer, step, 2.3 / (double)step * loss_factor);
    log_add_columns(&writer);
    for (long epoch = 1; epoch <= experiment.epochs && !what->diverged_at; epoch++) {
        const long step = epoch * STEPS_AN_EPOCH;
        const struct log_row row = {.epoch = epoch,
                                    .step = step,
                                    .lr = schedule_lr(&schedule, (double)step - 1) * lr_factor,
                                    .train_loss = 1.5 / (double)epoch * loss_factor,
                                    .train_error = 40.5,
                                    .test_loss = 1.25,
                                    .test_error = what->error - (epoch == 1 ? 0.5 : 0),
                                    .wall_seconds = 30,
                                    .wall_images_per_s = 2000};
        log_add_row(&writer, &row);
    }
    const struct digest state = digest_of(&what->seed, sizeof what->seed);
    log_end(&writer, what->diverged_at, &state);
    path = log_path(folder, what->arm, what->seed);
    file_write(path, writer.text.bytes, writer.text.length);
    free(path);
    free(writer.text.bytes);
}

void fixture_write_arm(const struct fixture *fixture, const char *arm, const double *errors,
                       size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct fixture_log what = {.arm = arm, .seed = (long)i + 1, .error = errors[i]};
        fixture_write_log(fixture, fixture->results, &what);
    }
}

void fixture_write_diverged(const struct fixture *fixture, const char *arm, long seed)
{
    const struct fixture_log what = {.arm = arm, .seed = seed, .diverged_at = 4};
    fixture_write_log(fixture, fixture->results, &what);
}

void fixture_variant(const struct fixture *fixture, const char *arm, const char *text)
{
    struct text whole = {0};
    text_add(&whole, "include = ");
    for (const char *at = arm; (at = strchr(at, '/')); at++)
        text_add(&whole, "../");
    text_add(&whole, "cifar10/preact-20/poly-k1.0.ini\n%s", text);
    write_experiment(fixture, arm, whole.bytes);
    free(whole.bytes);
}

void fixture_add(const struct fixture *fixture, const char *arm, const char *text,
                 const double *errors, size_t n)
{
    fixture_variant(fixture, arm, text);
    fixture_write_arm(fixture, arm, errors, n);
}

void fixture_publish(struct fixture *fixture, const char *file, const char *old, const char *new)
{
    static const char *const names[] = {"table-5-2.tsv", "table-5-3.tsv", "literature.tsv",
                                        "claims.tsv"};
    free(fixture->published);
    fixture->published = memory_text("%s/published", fixture->results);
    for (size_t i = 0; i < COUNT(names); i++) {
        char *bytes = fixture_read("results/published", names[i]);
        scratch_write(fixture->published, names[i], bytes);
        free(bytes);
    }
    scratch_edit(fixture->published, file, old, new);
}

char *fixture_read(const char *folder, const char *name)
{
    char *path = memory_text("%s/%s", folder, name);
    struct error error;
    char *bytes = file_read(path, NULL, &error);
    if (!bytes)
        fail_msg("%s", error.text);
    free(path);
    return bytes;
}

void fixture_expect(const struct fixture *fixture, const char *name, const char *words)
{
    char *bytes = fixture_read(fixture->out, name);
    expect_words(bytes, words);
    free(bytes);
}

struct project fixture_project(const struct fixture *fixture)
{
    return (struct project){fixture->results, fixture->experiments, fixture->published};
}
