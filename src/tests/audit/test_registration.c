#include "audit/registration.h"
#include "base/digest.h"
#include "base/memory.h"
#include "tests/results_fixture.h"
#include "tests/scratch.h"

#include "tests/tests.h"
#include <stdlib.h>
#include <string.h>

static const char arm[] = "study/primary/k1", other[] = "study/primary/k2";
static const char protocol[] = "What is asked, and of which runs.\n";

static void register_arm(const struct fixture *fixture, const char *name)
{
    char *text = memory_text("[run]\nprotocol = %s\n", digest_of(protocol, strlen(protocol)).hex);
    fixture_variant(fixture, name, text);
    free(text);
}

/* Dates as the Makefile writes them; free() the path. */
static char *write_date(const struct fixture *fixture, const char *date)
{
    char *line =
        memory_text("%s  %s  study/PROTOCOL.md\n", digest_of(protocol, strlen(protocol)).hex, date);
    scratch_write(fixture->root, "dates", line);
    free(line);
    return memory_text("%s/dates", fixture->root);
}

/* Two registered arms, a run of each; logs of the fixture say that they started in 2026-01. */
static struct fixture registered(void)
{
    static const double errors[] = {8.5};
    struct fixture fixture = fixture_begin();
    register_arm(&fixture, arm);
    register_arm(&fixture, other);
    scratch_write(fixture.experiments, "study/PROTOCOL.md", protocol);
    fixture_write_arm(&fixture, arm, errors, 1);
    fixture_write_arm(&fixture, other, errors, 1);
    return fixture;
}

/* Expect this verdict of the check, and `word` in its findings (NULL: any). */
static void expect(const struct fixture *fixture, const char *dates, enum verdict verdict,
                   const char *word)
{
    struct ledger ledger;
    struct experiment_files files;
    struct error error;
    assert_int_equal(ledger_read(fixture->results, NULL, &ledger, &error), 0);
    assert_int_equal(ledger_read_experiments(fixture->experiments, &files, &error), 0);
    struct checks checks = {.count = 0};
    struct check *check = checks_begin(&checks, "registration", "files and logs");
    registration_check(fixture->experiments, &files, &ledger, dates, check);
    checks_end(&checks);
    struct text text = {0};
    checks_write_text(&checks, &text);
    if (check_verdict(check) != verdict || (word && !strstr(text.bytes, word)))
        fail_msg("expected verdict %d and \"%s\" in:\n%s", (int)verdict, word, text.bytes);
    free(text.bytes);
    checks_free(&checks);
    ledger_free_experiments(&files);
    ledger_free(&ledger);
}

TEST(all_as_registered)
{
    struct fixture fixture = registered();
    char *dates = write_date(&fixture, "2000-01-01T00:00:00Z");
    expect(&fixture, dates, VERDICT_PASS, NULL);
    expect(&fixture, NULL, VERDICT_PASS, "2 registered logs");
    free(dates);
    fixture_end(&fixture);
}

TEST(nothing_registered)
{
    static const double errors[] = {8.5};
    struct fixture fixture = fixture_begin();
    fixture_write_arm(&fixture, "cifar10/preact-20/poly-k1.0", errors, 1);
    expect(&fixture, NULL, VERDICT_SKIP, "no arm is registered");
    fixture_end(&fixture);
}

TEST(protocol_changed)
{
    struct fixture fixture = registered();
    scratch_write(fixture.experiments, "study/PROTOCOL.md",
                  "What is asked, after a look at the runs.\n");
    expect(&fixture, NULL, VERDICT_FAIL, "a protocol is never changed");
    char *path = memory_text("%s/study/PROTOCOL.md", fixture.experiments);
    assert_int_equal(remove(path), 0);
    expect(&fixture, NULL, VERDICT_FAIL, "no folder above has a PROTOCOL.md");
    free(path);
    fixture_end(&fixture);
}

TEST(run_before_the_protocol)
{
    struct fixture fixture = registered();
    char *dates = write_date(&fixture, "2100-01-01T00:00:00Z");
    expect(&fixture, dates, VERDICT_FAIL, "before its protocol was committed at 2100-01-01");
    free(dates);
    fixture_end(&fixture);
}

/* An arm that was registered after its run, and one that is no longer. */
TEST(registration_changed)
{
    static const double errors[] = {8.5};
    struct fixture fixture = registered();
    fixture_add(&fixture, "study/primary/k3", "", errors, 1);
    expect(&fixture, NULL, VERDICT_PASS, NULL);
    register_arm(&fixture, "study/primary/k3");
    expect(&fixture, NULL, VERDICT_FAIL, "run.protocol is not that of");
    fixture_variant(&fixture, "study/primary/k3", "");
    fixture_variant(&fixture, arm, "");
    expect(&fixture, NULL, VERDICT_FAIL, "run.protocol is not that of");
    char *path = memory_text("%s/%s.ini", fixture.experiments, arm);
    assert_int_equal(remove(path), 0);
    expect(&fixture, NULL, VERDICT_FAIL, "its arm study/primary/k1 is gone");
    free(path);
    fixture_end(&fixture);
}

/* The nearest protocol above an arm is its own. */
TEST(nearest_protocol)
{
    struct fixture fixture = registered();
    char *path = registration_path(fixture.experiments, arm);
    char *expected = memory_text("%s/study/PROTOCOL.md", fixture.experiments);
    assert_string_equal(path, expected);
    free(path);
    path = registration_path(fixture.experiments, "elsewhere/k1");
    assert_null(path);
    free(expected);
    fixture_end(&fixture);
}
