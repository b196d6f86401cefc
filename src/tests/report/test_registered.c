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

static void expect_run(const struct fixture *fixture, const char *arm, const char *cells)
{
    char *row = memory_text("arm: %s | seed: 1", arm);
    tables_shows(fixture, "runs", row, cells);
    free(row);
}

static void expect_arm(const struct fixture *fixture, const char *arm, const char *cells)
{
    char *row = memory_text("arm: %s", arm);
    tables_plots(fixture, "tables/arms", NULL, row, cells);
    free(row);
}

TEST(sets_are_opened_when_complete)
{
    static const char a[] = "later/primary/a", b[] = "later/primary/b", c[] = "later/controls/c";
    struct fixture fixture = fixture_begin();
    write_registered(&fixture, a, "");
    write_registered(&fixture, b, "k = 2\n");
    write_registered(&fixture, c, "k = 3\n");

    /* one arm has all of its runs, the other one of two */
    fixture_write_arm(&fixture, a, errors, 2);
    fixture_write_arm(&fixture, b, errors, 1);
    assert_false(shows(&fixture, "LaterPrimaryA"));
    assert_false(shows(&fixture, "LaterPrimaryB"));
    expect_run(&fixture, a, "scale: desk | epochs: 2 | last test error (%): -");
    assert_true(has(&fixture, "tables/runs.csv", ",finished (sealed "));
    assert_false(has(&fixture, "tables/runs.csv", "10.25"));
    assert_false(has(&fixture, "plots/differences.tsv", "k = 2"));
    expect_arm(&fixture, a,
               "images: CIFAR-10 | network: preact-20 | base: polynomial | k: 1 | precision: f32 | "
               "epochs: 2 | scale: desk | logs: 2 | registered set: incomplete");

    /* the primary set is complete, that of the control is not */
    fixture_write_arm(&fixture, b, errors, 2);
    fixture_write_arm(&fixture, c, errors, 1);
    assert_true(shows(&fixture, "LaterPrimaryA"));
    assert_true(shows(&fixture, "LaterPrimaryB"));
    assert_false(shows(&fixture, "LaterControlsC"));
    expect_run(&fixture, a, "last test error (%): 10.25 | status: finished");
    /* what was registered shares no figure with what was not */
    assert_false(has(&fixture, "plots/differences.tsv", "k = 2"));
    expect_arm(&fixture, c, "k: 3 | logs: 1 | registered set: incomplete");

    /* a run that diverged is a run */
    fixture_write_diverged(&fixture, c, 2);
    assert_false(shows(&fixture, "LaterControlsC"));
    expect_arm(&fixture, c, "scale: desk | logs: 2 | registered set: complete");
    expect_run(&fixture, c, "last test error (%): 10.25 | status: finished");
    fixture_end(&fixture);
}

/* An arm of no protocol is never sealed, and its row says so. */
TEST(other_arms_are_open)
{
    static const char arm[] = "cifar10/preact-20/poly-k1.0";
    struct fixture fixture = fixture_begin();
    fixture_write_arm(&fixture, arm, errors, 1);
    assert_true(shows(&fixture, "CifarOneZeroPreactTwoZeroPolyKOnePointZero"));
    expect_arm(&fixture, arm, "k: 1 | scale: desk | logs: 1 | registered set: -");
    fixture_end(&fixture);
}
