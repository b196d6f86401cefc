#define _POSIX_C_SOURCE 200809L
#include "../audit.h"
#include "../file.h"
#include "../memory.h"
#include "results_fixture.h"

#include <stdlib.h>
#include <string.h>

/* last: cmocka has a macro of the name fail */
#include "tests.h"

static const char k1[] = "cifar10/preact-20/poly-k1.0", k2[] = "cifar10/preact-20/poly-k2.0";
static const char log_name[] = "cifar10/preact-20/poly-k1.0/seed-1.tsv";

static struct audit_options options_of(const struct fixture *fixture)
{
    return (struct audit_options){.results = fixture->results,
                                  .experiments = fixture->experiments,
                                  .published = fixture->published,
                                  .replay = fixture->replay,
                                  .digests = fixture->digests,
                                  .drawn = fixture->drawn,
                                  .kept_drawn = fixture->kept_drawn,
                                  .scratch = fixture->out};
}

static void keep(const struct fixture *fixture)
{
    const struct audit_options options = options_of(fixture);
    struct error error;
    if (audit_keep(&options, &error) != 0)
        fail_msg("%s", error.text);
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

/* Audit: `failed` levels fail (-1: any number above 0) and the output holds `what`. */
static void expect_audit(const struct fixture *fixture, int failed, const char *what)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    const struct audit_options options = options_of(fixture);
    const int found = audit_run(&options, out);
    fclose(out);
    if ((failed < 0 ? found < 1 : found != failed) || !strstr(text, what))
        fail_msg("%d levels failed; expected \"%s\" in:\n%s", found, what, text);
    free(text);
}

static void write_text(const char *folder, const char *name, const char *text)
{
    char *path = memory_text("%s/%s", folder, name);
    file_write(path, text, strlen(text));
    free(path);
}

/* Replace the first `old` in the file by `new`. */
static void edit(const char *folder, const char *name, const char *old, const char *new)
{
    char *bytes = fixture_read(folder, name);
    char *at = strstr(bytes, old);
    assert_non_null(at);
    char *edited = memory_text("%.*s%s%s", (int)(at - bytes), bytes, new, at + strlen(old));
    write_text(folder, name, edited);
    free(edited);
    free(bytes);
}

static void good_project_passes(void **state)
{
    (void)state;
    struct fixture fixture = good_project();
    expect_audit(&fixture, 0, "audit: 5 passed, 0 failed, 2 skipped\n");
    expect_audit(&fixture, 0, "SKIP  replay");
    expect_audit(&fixture, 0, "SKIP  drawing");
    fixture_end(&fixture);
}

static void unfinished_run_is_listed(void **state)
{
    (void)state;
    struct fixture fixture = good_project();
    write_text(fixture.results, "cifar10/preact-20/poly-k2.0/seed-3.part", "half a log\n");
    expect_audit(&fixture, 1, "FAIL  regeneration"); /* the table of runs has a row more */
    keep(&fixture);
    expect_audit(&fixture, 0, "seed-3.part: an unfinished run");
    fixture_end(&fixture);
}

static void changed_digit_fails(void **state)
{
    (void)state;
    struct fixture fixture = good_project();
    edit(fixture.results, log_name, "\t8.37\t", "\t8.36\t");
    expect_audit(&fixture, -1, "expected the row's digest to follow from the rows above");
    fixture_end(&fixture);
}

static void dropped_row_fails(void **state)
{
    (void)state;
    struct fixture fixture = good_project();
    char *bytes = fixture_read(fixture.results, log_name);
    char *row = strstr(bytes, "\n1\t391\t") + 1;
    char *end = strchr(row, '\n') + 1;
    char *cut = memory_text("%.*s", (int)(end - row), row);
    edit(fixture.results, log_name, cut, "");
    free(cut);
    free(bytes);
    expect_audit(&fixture, -1, "FAIL  ledger");
    fixture_end(&fixture);
}

static void swapped_rows_fail(void **state)
{
    (void)state;
    struct fixture fixture = good_project();
    char *bytes = fixture_read(fixture.results, log_name);
    char *first = strstr(bytes, "\n1\t391\t") + 1;
    char *second = strchr(first, '\n') + 1;
    char *end = strchr(second, '\n') + 1;
    char *old = memory_text("%.*s", (int)(end - first), first);
    char *new = memory_text("%.*s%.*s", (int)(end - second), second, (int)(second - first), first);
    edit(fixture.results, log_name, old, new);
    free(old);
    free(new);
    free(bytes);
    expect_audit(&fixture, -1, "FAIL  ledger");
    fixture_end(&fixture);
}

static void truncated_log_fails(void **state)
{
    (void)state;
    struct fixture fixture = good_project();
    char *bytes = fixture_read(fixture.results, log_name);
    char *at = strstr(bytes, "# status:");
    *at = '\0';
    write_text(fixture.results, log_name, bytes);
    expect_audit(&fixture, -1, "has no end; the log was cut");
    bytes[strlen(bytes) / 2] = '\0';
    write_text(fixture.results, log_name, bytes);
    expect_audit(&fixture, -1, "FAIL  ledger");
    free(bytes);
    fixture_end(&fixture);
}

static void copied_log_fails(void **state)
{
    (void)state;
    struct fixture fixture = good_project();
    char *bytes = fixture_read(fixture.results, log_name);
    write_text(fixture.results, "cifar10/preact-20/poly-k2.0/seed-3.tsv", bytes);
    free(bytes);
    expect_audit(&fixture, -1, "expected it at");
    fixture_end(&fixture);
}

static void stray_file_fails(void **state)
{
    (void)state;
    struct fixture fixture = good_project();
    write_text(fixture.results, "cifar10/notes.txt", "best run so far\n");
    expect_audit(&fixture, 1, "notes.txt: expected logs (*.tsv) here only");
    fixture_end(&fixture);
}

static void changed_experiment_fails(void **state)
{
    (void)state;
    struct fixture fixture = good_project();
    fixture_experiment(&fixture, k1, 1, 0.2);
    expect_audit(&fixture, 1, "is not the experiment that it was made with");
    fixture_end(&fixture);
}

static void edited_digest_fails(void **state)
{
    (void)state;
    struct fixture fixture = good_project();
    char *bytes = fixture_read(fixture.results, "artefacts.sha256");
    const char first = bytes[0];
    bytes[0] = first == '0' ? '1' : '0';
    write_text(fixture.results, "artefacts.sha256", bytes);
    expect_audit(&fixture, 1, "made anew it differs from the kept digest");
    bytes[0] = first;
    write_text(fixture.results, "artefacts.sha256", strchr(bytes, '\n') + 1);
    expect_audit(&fixture, 1, "not listed in");
    char *more = memory_text("%s%.64s  tables/more.txt\n", bytes, bytes);
    write_text(fixture.results, "artefacts.sha256", more);
    expect_audit(&fixture, 1, "tables/more.txt: listed in");
    write_text(fixture.results, "artefacts.sha256", "not a digest\n");
    expect_audit(&fixture, 1, "artefacts.sha256:1: expected a SHA-256");
    free(more);
    free(bytes);
    fixture_end(&fixture);
}

/* A consistent forgery: chain, digests and tables all follow from the wrong learning rate. */
static void wrong_schedule_fails(void **state)
{
    (void)state;
    struct fixture fixture = good_project();
    const struct fixture_log what = {.arm = k2,
                                     .seed = 1,
                                     .error = 8.37,
                                     .lr_factor = 1 + 1e-15,
                                     .loss_factor = 1,
                                     .environment = "a"};
    fixture_write_log(&fixture, fixture.results, &what);
    keep(&fixture);
    expect_audit(&fixture, 1, "FAIL  schedule");
    fixture_end(&fixture);
}

/* Write a list of drawings to FOLDER/NAME: one package, and a digest of one digit for each file. */
static void write_drawn(const char *folder, const char *name, const char *version, char figure,
                        char words)
{
    char digests[2][65] = {{0}};
    memset(digests[0], figure, 64);
    memset(digests[1], words, 64);
    char *text = memory_text("# tex %s\n%s  figures/area.pdf\n%s  paper/words.txt\n", version,
                             digests[0], digests[1]);
    write_text(folder, name, text);
    free(text);
}

static void drawing(void **state)
{
    (void)state;
    struct fixture fixture = good_project();
    fixture.drawn = memory_text("%s/drawn.txt", fixture.root);
    write_drawn(fixture.root, "drawn.txt", "1.0", 'a', 'b');
    expect_audit(&fixture, 1, "drawn.sha256: cannot be opened");
    keep(&fixture);
    expect_audit(&fixture, 0, "PASS  drawing       2 files checked\n");

    write_drawn(fixture.root, "drawn.txt", "1.0", 'c', 'b');
    expect_audit(&fixture, 1, "figures/area.pdf: drawn anew it differs from the kept digest");
    write_drawn(fixture.root, "drawn.txt", "1.0", 'a', 'c');
    expect_audit(&fixture, 1, "paper/words.txt: drawn anew it differs");

    write_drawn(fixture.root, "drawn.txt", "1.1", 'c', 'b');
    expect_audit(&fixture, 0, "PASS  drawing       1 files checked\n");
    expect_audit(&fixture, 0, "(here tex 1.1, there tex 1.0)");
    write_drawn(fixture.root, "drawn.txt", "1.1", 'a', 'c');
    expect_audit(&fixture, 1, "paper/words.txt: drawn anew it differs");

    write_text(fixture.root, "drawn.txt", "# tex 1.0\n");
    expect_audit(&fixture, 1, "figures/area.pdf: a digest of it is kept, but it was not drawn");
    write_text(fixture.root, "drawn.txt", "# tex 1.0\nno digest\n");
    expect_audit(&fixture, 1, "drawn.txt:2: expected");
    write_drawn(fixture.root, "drawn.txt", "1.0", 'a', 'b');
    edit(fixture.results, "drawn.sha256", "area", "slopes");
    expect_audit(&fixture, 1, "figures/area.pdf: no digest of it is kept");
    fixture_end(&fixture);
}

static void replay(void **state)
{
    (void)state;
    struct fixture fixture = good_project();
    struct fixture_log what = {
        .arm = k2, .seed = 1, .error = 8.37, .lr_factor = 1, .loss_factor = 1, .environment = "a"};
    fixture_write_log(&fixture, fixture.replay, &what);
    expect_audit(&fixture, 0, "seed-1.tsv: equal bit for bit");
    what.error = 8.38;
    fixture_write_log(&fixture, fixture.replay, &what);
    expect_audit(&fixture, 1, "epoch 1 differs from");
    what.environment = "b";
    what.loss_factor = 1.0005;
    fixture_write_log(&fixture, fixture.replay, &what);
    expect_audit(&fixture, 0, "another environment than");
    expect_audit(&fixture, 0, "audit: 6 passed, 0 failed, 1 skipped\n");
    what.loss_factor = 1.002;
    fixture_write_log(&fixture, fixture.replay, &what);
    expect_audit(&fixture, 1, "more than 0.001 apart");
    fixture_end(&fixture);
}

const struct CMUnitTest audit_tests[] = {
    cmocka_unit_test(good_project_passes),
    cmocka_unit_test(unfinished_run_is_listed),
    cmocka_unit_test(changed_digit_fails),
    cmocka_unit_test(dropped_row_fails),
    cmocka_unit_test(swapped_rows_fail),
    cmocka_unit_test(truncated_log_fails),
    cmocka_unit_test(copied_log_fails),
    cmocka_unit_test(stray_file_fails),
    cmocka_unit_test(changed_experiment_fails),
    cmocka_unit_test(edited_digest_fails),
    cmocka_unit_test(wrong_schedule_fails),
    cmocka_unit_test(drawing),
    cmocka_unit_test(replay),
};
const size_t audit_test_count = sizeof audit_tests / sizeof audit_tests[0];
