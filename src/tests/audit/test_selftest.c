/* Each kind of mutation changes what it says and is undone; those that claim to be consistent
 * forgeries get past the checks that only know digests; none gets past the audit. */
#define _POSIX_C_SOURCE 200809L
#include "audit/selftest.h"
#include "base/file.h"
#include "base/memory.h"
#include "tests/expect.h"
#include "tests/results_fixture.h"

#include "tests/tests.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct audit_options inside = {
    .project = {"results", "experiments", "results/published"},
    .digests = "results/artefacts.sha256",
    .sources = "results/sources.sha256",
    .scratch = "out",
    .program = "",
    .compiler = ""};

struct progress {
    struct fixture fixture;
    char *home;
};

/* A project with published numbers of its own, the process inside it. */
static struct progress enter(void)
{
    static const double errors[] = {8.37, 8.41, 9.5};
    struct progress place = {.fixture = fixture_begin(), .home = getcwd(NULL, 0)};
    assert_non_null(place.home);
    fixture_write_arm(&place.fixture, "cifar10/preact-20/poly-k1.0", errors, 3);
    fixture_write_arm(&place.fixture, "cifar10/preact-20/poly-k2.0", errors, 3);
    fixture_publish(&place.fixture, "claims.tsv", "", "");
    assert_int_equal(chdir(place.fixture.root), 0);
    struct error error;
    expect_ok(audit_keep(&inside, &error), &error);
    return place;
}

static void leave(struct progress *place)
{
    assert_int_equal(chdir(place->home), 0);
    free(place->home);
    fixture_end(&place->fixture);
}

/* Names and bytes of all files that are there now. */
static char *snapshot(void)
{
    struct mutation_project project = selftest_project(&inside);
    struct text all = {0};
    for (size_t i = 0; i < project.count; i++) {
        char *bytes = fixture_read(".", project.files[i]);
        text_add(&all, "%s:\n%s", project.files[i], bytes);
        free(bytes);
    }
    selftest_project_free(&project);
    return all.bytes;
}

TEST(every_kind_changes_and_is_undone)
{
    struct progress place = enter();
    struct mutation_project project = selftest_project(&inside);
    char *before = snapshot();
    for (size_t kind = 0; kind < mutation_kinds(); kind++)
        for (uint32_t run = 0; run < 5; run++) {
            struct mutation mutation;
            mutation_do(&project, kind, 7, run, &mutation);
            char *after = snapshot();
            if (strcmp(before, after) == 0)
                fail_msg("%s: nothing changed", mutation_kind_name(kind));
            assert_non_null(mutation.what);
            mutation_undo(&mutation);
            /* the same draw again */
            mutation_do(&project, kind, 7, run, &mutation);
            char *again = snapshot();
            assert_string_equal(after, again);
            mutation_undo(&mutation);
            free(after);
            free(again);
            after = snapshot();
            if (strcmp(before, after) != 0)
                fail_msg("%s: not undone", mutation_kind_name(kind));
            free(after);
        }
    free(before);
    selftest_project_free(&project);
    leave(&place);
}

/* The names of the checks that fail, in their order. */
static char *failing(const struct mutation_project *project, const char *name, uint32_t run)
{
    size_t kind = 0;
    while (strcmp(mutation_kind_name(kind), name) != 0)
        kind++;
    struct mutation mutation;
    mutation_do(project, kind, 3, run, &mutation);
    struct checks checks;
    audit_run(&inside, &checks);
    struct text names = {0};
    text_add(&names, "%s", "");
    for (size_t i = 0; i < checks.count; i++)
        if (check_verdict(&checks.check[i]) == VERDICT_FAIL)
            text_add(&names, "%s ", checks.check[i].name);
    checks_free(&checks);
    mutation_undo(&mutation);
    return names.bytes;
}

/* The check that must find a kind, since it knows the changed thing; others may fail, too. A forger who
 * adjusts all digests passes the checks of digests, but not the checks of meaning. */
TEST(the_right_check_finds_it)
{
    static const struct {
        const char *kind, *found_by;
        int consistent; /* neither the check logs nor sources may fail */
    } cases[] = {
        {"digit of an error", "logs ", 0},
        {"dropped row", "logs ", 0},
        {"doubled row", "logs ", 0},
        {"swapped rows", "logs ", 0},
        {"another seed", "logs ", 0},
        {"log under another arm", "ledger ", 0},
        {"deleted log", "sources ", 0},
        {"changed experiment", "ledger ", 0},
        {"edited list of artefacts", "regeneration ", 0},
        {"edited list of sources", "sources ", 0},
        {"cut file", "sources ", 0},
        {"flipped bit", "sources ", 0},
        {"stray file", "sources ", 0},
        {"last error, sealed+listed", "regeneration ", 1},
        {"rate, sealed+listed", "schedule ", 1},
        {"size, sealed+listed", "size ", 1},
        {"images, sealed+listed", "data ", 1},
        {"seed, sealed+listed", "regeneration ", 1},
        {"deleted log, listed", "regeneration ", 1},
        {"thesis error, listed", "regeneration ", 1},
        {"swapped artefacts, listed", "regeneration ", 1},
    };
    struct progress place = enter();
    struct mutation_project project = selftest_project(&inside);
    for (size_t i = 0; i < COUNT(cases); i++)
        for (uint32_t run = 0; run < 3; run++) {
            char *names = failing(&project, cases[i].kind, run);
            if (!strstr(names, cases[i].found_by) ||
                (cases[i].consistent && (strstr(names, "logs ") || strstr(names, "sources "))))
                fail_msg("%s: found by %s", cases[i].kind, names);
            free(names);
        }
    selftest_project_free(&project);
    leave(&place);
}

TEST(none_is_missed)
{
    struct progress place = enter();
    const struct selftest_options options = {.results = "results",
                                             .experiments = "experiments",
                                             .copy = "selftest",
                                             .seed = 5,
                                             .runs = 2 * (long)mutation_kinds()};
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    const long missed = selftest_run(&options, out);
    fclose(out);
    if (missed != 0)
        fail_msg("%s", text);
    char *last = memory_text("\nselftest: %ld caught, 0 missed\n", options.runs);
    assert_non_null(strstr(text, last));
    for (size_t kind = 0; kind < mutation_kinds(); kind++) {
        char *line = memory_text("\n%-28s      2      2      0   ", mutation_kind_name(kind));
        expect_words(text, line);
        free(line);
    }
    free(last);
    free(text);
    /* back where it was, with the project as it was */
    char *here = getcwd(NULL, 0);
    assert_non_null(strstr(here, place.fixture.root));
    free(here);
    leave(&place);
}
