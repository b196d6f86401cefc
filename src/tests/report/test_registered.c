/* No mean of a registered set of arms before the set is complete. */
#include "base/memory.h"
#include "report/report.h"
#include "tests/results_fixture.h"
#include "tests/tables.h"

#include "tests/tests.h"
#include <stdlib.h>
#include <string.h>

static const double errors[] = {10.25, 10.75};

static void write_registered(const struct fixture *fixture, const char *arm, const char *schedule)
{
    char digest[65] = {0};
    memset(digest, 'a', 64);
    char *text = memory_text("[run]\nseeds = 2\nprotocol = %s\n[schedule]\n%s", digest, schedule);
    fixture_variant(fixture, arm, text);
    free(text);
}

/* What the report says of the arm: 1 where it has the mean of its errors, 0 where it has none. */
static int shows(const struct fixture *fixture, const char *macro)
{
    tables_write(fixture);
    char *macros = fixture_read(fixture->out, "tables/macros.tex");
    char *name = memory_text("\\newcommand{\\DeskMean%s}", macro);
    const int found = strstr(macros, name) != NULL;
    free(name);
    free(macros);
    return found;
}

static int has(const struct fixture *fixture, const char *name, const char *what)
{
    char *bytes = fixture_read(fixture->out, name);
    const int found = strstr(bytes, what) != NULL;
    free(bytes);
    return found;
}

static void sets_are_opened_when_complete(void **state)
{
    (void)state;
    struct fixture fixture = fixture_begin();
    write_registered(&fixture, "later/primary/a", "");
    write_registered(&fixture, "later/primary/b", "k = 2\n");
    write_registered(&fixture, "later/controls/c", "k = 3\n");

    /* one arm has all of its runs, the other one of two */
    fixture_write_arm(&fixture, "later/primary/a", errors, 2);
    fixture_write_arm(&fixture, "later/primary/b", errors, 1);
    assert_false(shows(&fixture, "LaterPrimaryA"));
    assert_false(shows(&fixture, "LaterPrimaryB"));
    assert_true(has(&fixture, "tables/runs.csv", "later/primary/a,1,desk,2,-,finished (sealed "));
    assert_false(has(&fixture, "tables/runs.csv", "10.25"));
    assert_false(has(&fixture, "plots/differences.tsv", "k = 2"));
    assert_true(
        has(&fixture, "tables/arms.tsv",
            "later/primary/a\tCIFAR-10\tpreact-20\tpolynomial\t1\tf32\t2\tdesk\t2\tincomplete\n"));

    /* the primary set is complete, that of the control is not */
    fixture_write_arm(&fixture, "later/primary/b", errors, 2);
    fixture_write_arm(&fixture, "later/controls/c", errors, 1);
    assert_true(shows(&fixture, "LaterPrimaryA"));
    assert_true(shows(&fixture, "LaterPrimaryB"));
    assert_false(shows(&fixture, "LaterControlsC"));
    assert_true(has(&fixture, "tables/runs.csv", "later/primary/a,1,desk,2,10.25,finished,"));
    /* what was registered shares no figure with what was not */
    assert_false(has(&fixture, "plots/differences.tsv", "k = 2"));
    assert_true(
        has(&fixture, "tables/arms.tsv",
            "later/controls/c\tCIFAR-10\tpreact-20\tpolynomial\t3\tf32\t2\tdesk\t1\tincomplete\n"));

    /* a run that diverged is a run */
    fixture_write_diverged(&fixture, "later/controls/c", 2);
    assert_false(shows(&fixture, "LaterControlsC"));
    assert_true(has(&fixture, "tables/arms.tsv", "\tdesk\t2\tcomplete\n"));
    assert_true(has(&fixture, "tables/runs.csv", "later/controls/c,1,desk,2,10.25,finished,"));
    fixture_end(&fixture);
}

/* An arm of no protocol is never sealed, and its row says so. */
static void other_arms_are_open(void **state)
{
    (void)state;
    struct fixture fixture = fixture_begin();
    fixture_write_arm(&fixture, "cifar10/preact-20/poly-k1.0", errors, 1);
    assert_true(shows(&fixture, "CifarOneZeroPreactTwoZeroPolyKOnePointZero"));
    assert_true(has(
        &fixture, "tables/arms.tsv",
        "cifar10/preact-20/poly-k1.0\tCIFAR-10\tpreact-20\tpolynomial\t1\tf32\t2\tdesk\t1\t-\n"));
    fixture_end(&fixture);
}

const struct CMUnitTest registered_tests[] = {
    cmocka_unit_test(sets_are_opened_when_complete),
    cmocka_unit_test(other_arms_are_open),
};
const size_t registered_test_count = sizeof registered_tests / sizeof registered_tests[0];
