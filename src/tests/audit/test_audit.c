#define _POSIX_C_SOURCE 200809L
#include "audit/audit.h"
#include "base/file.h"
#include "base/memory.h"
#include "experiment/log.h"
#include "tests/expect.h"
#include "tests/results_fixture.h"
#include "tests/scratch.h"

#include "tests/tests.h"
#include <stdlib.h>
#include <string.h>

static const char k1[] = "cifar10/preact-20/poly-k1.0", k2[] = "cifar10/preact-20/poly-k2.0";

static struct audit_options options_of(const struct fixture *fixture)
{
    return (struct audit_options){.project = fixture_project(fixture),
                                  .replay = fixture->replay,
                                  .digests = fixture->digests,
                                  .sources = fixture->sources,
                                  .drawn = fixture->drawn,
                                  .kept_drawn = fixture->kept_drawn,
                                  .page = fixture->page,
                                  .kept_page = fixture->kept_page,
                                  .scratch = fixture->out,
                                  .program = "made up",
                                  .compiler = "another"};
}

static void keep(const struct fixture *fixture)
{
    const struct audit_options options = options_of(fixture);
    struct error error;
    expect_ok(audit_keep(&options, &error), &error);
}

/* Two arms, two seeds, digests kept: all as it should be. */
static struct fixture good_project(void)
{
    static const double errors[] = {8.37, 8.41};
    struct fixture fixture = fixture_begin();
    fixture_write_arm(&fixture, k1, errors, 2);
    fixture_write_arm(&fixture, k2, errors, 2);
    keep(&fixture);
    return fixture;
}

/* Audit: `failed` checks fail (-1: any number above 0) and the report holds `what`. */
static void expect_of(const struct audit_options *options, int failed, const char *what)
{
    struct checks checks;
    struct text text = {0};
    audit_run(options, &checks);
    checks_write_text(&checks, &text);
    const long found = checks_count(&checks, VERDICT_FAIL);
    if ((failed < 0 ? found < 1 : found != failed) || !strstr(text.bytes, what))
        fail_msg("%ld checks failed; expected \"%s\" in:\n%s", found, what, text.bytes);
    checks_free(&checks);
    free(text.bytes);
}

static void expect_audit(const struct fixture *fixture, int failed, const char *what)
{
    const struct audit_options options = options_of(fixture);
    expect_of(&options, failed, what);
}

/* The list of sources follows every change, so only checks of meaning can find it. */
static void keep_sources(const struct fixture *fixture)
{
    const struct audit_options options = options_of(fixture);
    struct error error;
    expect_ok(audit_keep_sources(&options, &error), &error);
}

TEST(good_project_passes)
{
    struct fixture fixture = good_project();
    expect_audit(&fixture, 0, "audit: 8 passed, 0 failed, 5 skipped\n");
    expect_audit(&fixture, 0, "replay: holds no run that was made again");
    expect_audit(&fixture, 0, "SKIP  spot ");
    expect_audit(&fixture, 0, "PASS  claims ");
    expect_audit(&fixture, 0, "SKIP  drawing");
    expect_audit(&fixture, 0, "note: 2 of 2 arms have logs");
    fixture_end(&fixture);
}

TEST(unfinished_run_is_listed)
{
    struct fixture fixture = good_project();
    scratch_write(fixture.results, "cifar10/preact-20/poly-k2.0/seed-3.part", "half a log\n");
    expect_audit(&fixture, 2, "FAIL  regeneration"); /* the table of runs has a row more */
    keep(&fixture);
    expect_audit(&fixture, 0, "seed-3.part: an unfinished run");
    fixture_end(&fixture);
}

TEST(only_one_readme_is_expected)
{
    struct fixture fixture = good_project();
    scratch_write(fixture.results, "README.md", "What a log says\n");
    expect_audit(&fixture, 1, "results/README.md: not listed in");
    keep_sources(&fixture);
    expect_audit(&fixture, 0, "0 failed");
    scratch_write(fixture.results, "cifar10/README.md", "best run so far\n");
    keep_sources(&fixture);
    expect_audit(&fixture, 1, "cifar10/README.md: expected logs (*.tsv) here only");
    fixture_end(&fixture);
}

/* Other digests see damage, too (test_selftest.c); these messages name it. */
TEST(damaged_log_is_named)
{
    static const char log[] = "cifar10/preact-20/poly-k1.0/seed-1.tsv";
    struct fixture fixture = good_project();
    char *bytes = fixture_read(fixture.results, log);
    scratch_edit(fixture.results, log, "\t8.37\t", "\t8.36\t");
    expect_audit(&fixture, -1, "expected the row's digest to follow from the rows above");
    *strstr(bytes, "# status:") = '\0';
    scratch_write(fixture.results, log, bytes);
    expect_audit(&fixture, -1, "has no end; the log was cut");
    free(bytes);
    fixture_end(&fixture);
}

/* This is not a kind of mutation: with the list of sources adjusted, only the ledger can find it. */
TEST(stray_file_fails)
{
    struct fixture fixture = good_project();
    scratch_write(fixture.results, "cifar10/notes.txt", "best run so far\n");
    expect_audit(&fixture, 2, "results/cifar10/notes.txt: not listed in");
    keep_sources(&fixture);
    expect_audit(&fixture, 1, "notes.txt: expected logs (*.tsv) here only");
    fixture_end(&fixture);
}

TEST(edited_digest_fails)
{
    struct fixture fixture = good_project();
    char *bytes = fixture_read(fixture.results, "artefacts.sha256");
    const char first = bytes[0];
    bytes[0] = first == '0' ? '1' : '0';
    scratch_write(fixture.results, "artefacts.sha256", bytes);
    expect_audit(&fixture, 3, "results/artefacts.sha256: differs from the kept digest");
    keep_sources(&fixture);
    expect_audit(&fixture, 2, "made anew it differs from the kept digest");
    bytes[0] = first;
    scratch_write(fixture.results, "artefacts.sha256", strchr(bytes, '\n') + 1);
    expect_audit(&fixture, 3, "not listed in");
    char *more = memory_text("%s%.64s  tables/more.txt\n", bytes, bytes);
    scratch_write(fixture.results, "artefacts.sha256", more);
    expect_audit(&fixture, 3, "tables/more.txt: listed in");
    scratch_write(fixture.results, "artefacts.sha256", "not a digest\n");
    expect_audit(&fixture, 3, "artefacts.sha256:1: expected a SHA-256");
    free(more);
    free(bytes);
    fixture_end(&fixture);
}

/* The list of sources holds every byte, no line more and none less, in its own order. */
TEST(sources_cover_all)
{
    struct fixture fixture = good_project();
    char *list = fixture_read(fixture.results, "sources.sha256");
    assert_non_null(strstr(list, "  experiments/cifar10/preact-20/poly-k1.0.ini\n"));
    assert_non_null(strstr(list, "  results/cifar10/preact-20/poly-k2.0/seed-2.tsv\n"));
    assert_non_null(strstr(list, "  results/artefacts.sha256\n"));
    assert_null(strstr(list, "sources.sha256"));

    scratch_edit(fixture.experiments, "cifar10/preact-20/poly-k1.0.ini", "[run]\n", "[run] \n");
    expect_audit(&fixture, 1, "experiments/cifar10/preact-20/poly-k1.0.ini: differs from the kept");
    scratch_edit(fixture.experiments, "cifar10/preact-20/poly-k1.0.ini", "[run] \n", "[run]\n");

    char *second = strchr(list, '\n') + 1;
    char *moved = memory_text("%s%.*s", second, (int)(second - list), list);
    scratch_write(fixture.results, "sources.sha256", moved);
    expect_audit(&fixture, 1, "its lines are in another order");
    char *twice = memory_text("%.*s%s", (int)(second - list), list, list);
    scratch_write(fixture.results, "sources.sha256", twice);
    expect_audit(&fixture, 1, "poly-k1.0.ini: listed twice in");
    scratch_write(fixture.results, "sources.sha256", second);
    expect_audit(&fixture, 1, "poly-k1.0.ini: not listed in");
    free(twice);
    free(moved);
    free(list);
    fixture_end(&fixture);
}

/* Consistent forgeries: chain, digests and tables all follow. Seed 1's run as seed 3's; a log that keeps
 * fewer step losses than the run took, so that less can be made again; a wrong learning rate. */
TEST(forged_logs_fail)
{
    static const struct {
        struct fixture_log log;
        const char *words;
    } cases[] = {{{.arm = k1, .seed = 3, .error = 8.37, .initial_seed = 1},
                  "seed 3 starts from the parameters of seed 1"},
                 {{.arm = k1, .seed = 1, .error = 8.37, .losses_left_out = 1},
                  "2 rows, 99 step losses: expected 2 and 100"},
                 {{.arm = k2, .seed = 1, .error = 8.37, .lr_factor = 1 + 1e-15}, "FAIL  schedule"}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct fixture fixture = good_project();
        fixture_write_log(&fixture, fixture.results, &cases[i].log);
        keep(&fixture);
        expect_audit(&fixture, 1, cases[i].words);
        fixture_end(&fixture);
    }
}

TEST(environments_are_listed)
{
    struct fixture fixture = good_project();
    expect_audit(&fixture, 0, "NOTE  environment");
    expect_audit(&fixture, 0, "note: environment of 4 logs: a\n");
    expect_audit(&fixture, 0, "note: compiler of 4 logs: none\n");
    expect_audit(&fixture, 0, "note: program here: made up\naudit:");
    fixture_end(&fixture);
}

/* Write a list of drawings to FOLDER/NAME: a system, one package, and a digest of one digit for each
 * file. */
static void write_drawn_on(const char *system, const char *folder, const char *name,
                           const char *version, char figure, char words)
{
    char digests[2][65] = {{0}};
    memset(digests[0], figure, 64);
    memset(digests[1], words, 64);
    char *text = memory_text("# %s\n# tex %s\n%s  figures/area.pdf\n%s  paper/words.txt\n", system,
                             version, digests[0], digests[1]);
    scratch_write(folder, name, text);
    free(text);
}

static void write_drawn(const char *folder, const char *name, const char *version, char figure,
                        char words)
{
    write_drawn_on("debian 12", folder, name, version, figure, words);
}

TEST(drawing)
{
    struct fixture fixture = good_project();
    fixture.drawn = memory_text("%s/drawn.txt", fixture.root);
    write_drawn(fixture.root, "drawn.txt", "1.0", 'a', 'b');
    expect_audit(&fixture, 1, "drawn.sha256: cannot be opened");
    keep(&fixture);
    expect_audit(&fixture, 0, "PASS  drawing            2 files");

    write_drawn(fixture.root, "drawn.txt", "1.0", 'c', 'b');
    expect_audit(&fixture, 1, "figures/area.pdf: drawn anew it differs from the kept digest");
    write_drawn(fixture.root, "drawn.txt", "1.0", 'a', 'c');
    expect_audit(&fixture, 1, "paper/words.txt: drawn anew it differs");

    write_drawn(fixture.root, "drawn.txt", "1.1", 'c', 'b');
    expect_audit(&fixture, 0, "PASS  drawing            1 files");
    expect_audit(&fixture, 0, "(here tex 1.1, there tex 1.0)");
    write_drawn(fixture.root, "drawn.txt", "1.1", 'a', 'c');
    expect_audit(&fixture, 1, "paper/words.txt: drawn anew it differs");

    scratch_write(fixture.root, "drawn.txt", "# debian 12\n# tex 1.0\n");
    expect_audit(&fixture, 1, "figures/area.pdf: a digest of it is kept, but it was not drawn");
    scratch_write(fixture.root, "drawn.txt", "# debian 12\n# tex 1.0\nno digest\n");
    expect_audit(&fixture, 1, "drawn.txt:3: expected");
    write_drawn(fixture.root, "drawn.txt", "1.0", 'a', 'b');
    scratch_edit(fixture.results, "drawn.sha256", "area", "slopes");
    expect_audit(&fixture, 2, "figures/area.pdf: no digest of it is kept");
    fixture_end(&fixture);
}

/* Each system has a section of its own, which `make keep` on it replaces, and no other. */
TEST(drawing_on_two_systems)
{
    struct fixture fixture = good_project();
    fixture.drawn = memory_text("%s/drawn.txt", fixture.root);
    write_drawn_on("debian 12", fixture.root, "drawn.txt", "1.0", 'a', 'b');
    keep(&fixture);
    write_drawn_on("debian 11", fixture.root, "drawn.txt", "0.9", 'c', 'b');
    expect_audit(&fixture, 0, "PASS  drawing            1 files");
    expect_audit(&fixture, 0, "no digests are kept for debian 11");
    write_drawn_on("debian 11", fixture.root, "drawn.txt", "0.9", 'c', 'd');
    expect_audit(&fixture, 1, "paper/words.txt: drawn anew it differs");
    keep(&fixture);
    expect_audit(&fixture, 0, "PASS  drawing            2 files");
    write_drawn_on("debian 13", fixture.root, "drawn.txt", "1.1", 'e', 'f');
    keep(&fixture);
    expect_audit(&fixture, 0, "PASS  drawing            2 files");

    write_drawn_on("debian 12", fixture.root, "drawn.txt", "1.0", 'a', 'b');
    expect_audit(&fixture, 0, "PASS  drawing            2 files");
    write_drawn_on("debian 12", fixture.root, "drawn.txt", "1.0", 'c', 'b');
    expect_audit(&fixture, 1, "figures/area.pdf: drawn anew it differs from the kept digest");
    write_drawn_on("debian 12", fixture.root, "drawn.txt", "1.0.1", 'e', 'b');
    keep(&fixture);
    expect_audit(&fixture, 0, "PASS  drawing            2 files");
    write_drawn_on("debian 12", fixture.root, "drawn.txt", "1.0", 'a', 'b');
    expect_audit(&fixture, 0, "(here tex 1.0, there tex 1.0.1)");
    write_drawn_on("debian 11", fixture.root, "drawn.txt", "0.9", 'c', 'd');
    expect_audit(&fixture, 0, "PASS  drawing            2 files");
    write_drawn_on("debian 13", fixture.root, "drawn.txt", "1.1", 'e', 'f');
    expect_audit(&fixture, 0, "PASS  drawing            2 files");
    fixture_end(&fixture);
}

static void write_page(const struct fixture *fixture, char runs, const char *more)
{
    char digest[65] = {0};
    memset(digest, runs, 64);
    char *text = memory_text("%s  data/runs.js\n%s", digest, more);
    scratch_write(fixture->root, "page-data.sha256", text);
    free(text);
}

TEST(page)
{
    struct fixture fixture = good_project();
    expect_audit(&fixture, 0, "SKIP  page ");
    expect_audit(&fixture, 0, "the page's data were not made: node is missing");
    fixture.page = memory_text("%s/page-data.sha256", fixture.root);
    write_page(&fixture, 'a', "");
    expect_audit(&fixture, 1, "page.sha256: cannot be opened");
    keep(&fixture);
    expect_audit(&fixture, 0, "PASS  page               1 files");

    write_page(&fixture, 'b', "");
    expect_audit(&fixture, 1, "data/runs.js: made anew it differs from the kept digest");
    char digest[65] = {0};
    memset(digest, 'c', 64);
    char *more = memory_text("%s  data/more.js\n", digest);
    write_page(&fixture, 'a', more);
    expect_audit(&fixture, 1, "data/more.js: not listed in");
    free(more);
    scratch_write(fixture.root, "page-data.sha256", "");
    expect_audit(&fixture, 1, "data/runs.js: listed in");
    write_page(&fixture, 'a', "");
    scratch_edit(fixture.results, "page.sha256", "runs", "ruse");
    expect_audit(&fixture, 2, "data/runs.js: not listed in");
    fixture_end(&fixture);
}

TEST(replay)
{
    struct fixture fixture = good_project();
    struct fixture_log what = {.arm = k2, .seed = 1, .error = 8.37};
    fixture_write_log(&fixture, fixture.replay, &what);
    expect_audit(&fixture, 0, "seed-1.tsv: equal bit for bit");
    expect_audit(&fixture, 0, "s  bit for bit: 1, by tolerance: 0\n      note: ");
    what.error = 8.38;
    fixture_write_log(&fixture, fixture.replay, &what);
    expect_audit(&fixture, 1, "epoch 1 differs from");
    what.environment = "b";
    what.loss_factor = 1.0005;
    fixture_write_log(&fixture, fixture.replay, &what);
    expect_audit(&fixture, 0, "another environment than");
    expect_audit(&fixture, 0, "s  bit for bit: 0, by tolerance: 1\n      note: ");
    expect_audit(&fixture, 0, "within 0.001 (relative; it is 5.0e-04)");
    expect_audit(&fixture, 0, "audit: 9 passed, 0 failed, 4 skipped\n");
    what.loss_factor = 1.002;
    fixture_write_log(&fixture, fixture.replay, &what);
    expect_audit(&fixture, 1, "more than 0.001 apart");
    fixture_end(&fixture);
}

/* Kernels of other CPUs may round bf16 differently: its tolerance is five times that of float. */
TEST(replay_in_bf16)
{
    static const char arm[] = "cifar10/preact-20/bf16";
    struct fixture fixture = good_project();
    fixture_variant(&fixture, arm, "[training]\nprecision = bf16\n");
    struct fixture_log what = {.arm = arm, .seed = 1, .error = 8.37};
    fixture_write_log(&fixture, fixture.results, &what);
    keep(&fixture);
    what.environment = "b";
    what.loss_factor = 1.004;
    fixture_write_log(&fixture, fixture.replay, &what);
    expect_audit(&fixture, 0, "within 0.005 (relative; it is 4.0e-03)");
    what.loss_factor = 1.006;
    fixture_write_log(&fixture, fixture.replay, &what);
    expect_audit(&fixture, 1, "more than 0.005 apart");
    fixture_end(&fixture);
}

/* ---- First steps -------------------------------------------------------------------------- */

static const char tiny[] = "smoke/tiny";
enum { TINY_RUNS = 3 };

/* Runs that take a moment to train, trained: seeds 1 to TINY_RUNS. */
static struct fixture tiny_project(void)
{
    struct fixture fixture = fixture_begin();
    scratch_write(
        fixture.experiments, "smoke/tiny.ini",
        "[run]\nscale = smoke\n[data]\nset = made-up\ntrain_pictures = 64\n"
        "test_pictures = 16\naugmentation = flip-crop\n[network]\nfamily = preact\n"
        "depth = 8\n[training]\nepochs = 1\nbatch = 16\nlast_batch = keep\nmomentum = 0.9\n"
        "nesterov = yes\nweight_decay = 1e-4\n[schedule]\ndecay = polynomial\nlr = 0.1\n"
        "lr_end = 0\n");
    for (long seed = 1; seed <= TINY_RUNS; seed++) {
        char *output = NULL;
        char *command = memory_text("build/kdecay train %s/%s.ini --seed %ld --threads 1 "
                                    "--results %s/trained --checkpoints %s/checkpoints",
                                    fixture.experiments, tiny, seed, fixture.root, fixture.root);
        if (scratch_run(command, &output) != 0)
            fail_msg("%s", output);
        char *name = memory_text("%s/seed-%ld.tsv", tiny, seed);
        char *trained = memory_text("%s/trained", fixture.root);
        char *log = fixture_read(trained, name);
        scratch_write(fixture.results, name, log);
        free(log);
        free(trained);
        free(name);
        free(command);
        free(output);
    }
    keep(&fixture);
    return fixture;
}

/* Write the log of tiny's seed 1 anew, digests and all: the loss of `step` times `factor`, of
 * this environment and from these parameters (NULL: as they are). */
static void forge_tiny(const struct fixture *fixture, const char *folder, long step, double factor,
                       const char *environment, const char *initial)
{
    char *trained = memory_text("%s/trained", fixture->root);
    char *from = log_path(trained, tiny, 1), *to = log_path(folder, tiny, 1);
    struct log log;
    struct error error;
    expect_ok(log_read(from, &log, &error), &error);
    const struct log_facts facts = {.experiment = &log.experiment,
                                    .seed = 1,
                                    .train = log.train,
                                    .test = log.test,
                                    .parameters = log.parameters,
                                    .macs = log.macs,
                                    .initial = initial ? digest_of(initial, 1) : log.initial,
                                    .program = log.program,
                                    .compiler = log.compiler,
                                    .onednn = log.onednn,
                                    .environment = environment ? environment : log.environment,
                                    .kernels = "",
                                    .threads = 1,
                                    .started = log.started};
    struct log_writer writer;
    log_begin(&writer, &facts);
    for (long i = 0; i < log.step_loss_count; i++)
        log_add_step_loss(&writer, i + 1, log.step_losses[i] * (i + 1 == step ? factor : 1));
    log_add_columns(&writer);
    log_add_row(&writer, &log.rows[0]);
    log_end(&writer, 0, &log.state);
    file_write(to, writer.text.bytes, writer.text.length);
    free(writer.text.bytes);
    log_free(&log);
    free(trained);
    free(from);
    free(to);
}

static struct audit_options spot_options(const struct fixture *fixture, long runs)
{
    struct audit_options options = options_of(fixture);
    options.spot =
        (struct replay_spot){.seed = 1, .runs = runs, .steps = 4, .threads = 1, .data = "none"};
    return options;
}

TEST(first_steps_are_made_again)
{
    struct fixture fixture = tiny_project();
    const struct audit_options options = spot_options(&fixture, TINY_RUNS);
    expect_of(&options, 0, "PASS  spot               3 runs");
    expect_of(&options, 0, "tiny/seed-1.tsv: 4 steps equal bit for bit\n");
    expect_of(&options, 0, "note: 3 of 3 runs, drawn by seed 1\n");

    forge_tiny(&fixture, fixture.results, 2, 1 + 1e-15, NULL, NULL);
    keep(&fixture);
    expect_of(&options, 1, "FAIL  spot");
    expect_of(&options, 1, "tiny/seed-1.tsv: loss of step 2 is ");
    forge_tiny(&fixture, fixture.results, 2, 1.0005, "elsewhere", NULL);
    keep(&fixture);
    expect_of(&options, 0, "4 steps, made in another environment: losses within 0.001");
    expect_of(&options, 0, "; the largest difference is 5.0e-04");
    expect_of(&options, 0, "s  bit for bit: 2, by tolerance: 1\n");
    forge_tiny(&fixture, fixture.results, 2, 1.002, "elsewhere", NULL);
    keep(&fixture);
    expect_of(&options, 1, "tiny/seed-1.tsv: loss of step 2 is ");
    forge_tiny(&fixture, fixture.results, 4, 1.04, "elsewhere", NULL);
    keep(&fixture);
    expect_of(&options, 0, "tiny/seed-1.tsv: 4 steps, made in another environment");
    forge_tiny(&fixture, fixture.results, 4, 1.06, "elsewhere", NULL);
    keep(&fixture);
    expect_of(&options, 1, "tiny/seed-1.tsv: loss of step 4 is ");
    forge_tiny(&fixture, fixture.results, 2, 1, NULL, "x");
    keep(&fixture);
    expect_of(&options, 1, "initial-sha256: seed 1 starts from another network");
    fixture_end(&fixture);
}

TEST(spot_skips_what_it_cannot_or_need_not)
{
    struct fixture fixture = good_project();
    struct audit_options options = spot_options(&fixture, 1);
    expect_of(&options, 0, "SKIP  spot");
    expect_of(&options, 0, "the images of 4 runs are not in none");
    fixture_end(&fixture);

    fixture = tiny_project();
    forge_tiny(&fixture, fixture.replay, 2, 1, NULL, NULL);
    options = spot_options(&fixture, TINY_RUNS);
    options.replay = fixture.replay;
    expect_of(&options, 0, "PASS  spot               2 runs");
    options.spot.runs = 0;
    expect_of(&options, 0, "no runs were asked for");
    fixture_end(&fixture);
}

TEST(spot_draws_by_seed)
{
    struct fixture fixture = tiny_project();
    struct audit_options options = spot_options(&fixture, 1);
    int drawn[TINY_RUNS] = {0};
    for (options.spot.seed = 1; options.spot.seed <= 12; options.spot.seed++) {
        char *seen[2];
        for (int again = 0; again < 2; again++) {
            struct checks checks;
            audit_run(&options, &checks);
            const struct check *check = NULL;
            for (size_t i = 0; i < checks.count; i++)
                if (strcmp(checks.check[i].name, "spot") == 0)
                    check = &checks.check[i];
            assert_non_null(check);
            assert_int_equal(check->checked, 1);
            seen[again] = memory_text("%s", check->notes.bytes);
            checks_free(&checks);
        }
        assert_string_equal(seen[0], seen[1]);
        drawn[strstr(seen[0], "seed-")[5] - '1']++;
        free(seen[0]);
        free(seen[1]);
        if (drawn[0] && drawn[1] && drawn[2])
            break;
    }
    assert_true(drawn[0] && drawn[1] && drawn[2]);
    fixture_end(&fixture);
}
