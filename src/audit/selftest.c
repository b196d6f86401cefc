#define _XOPEN_SOURCE 700
#include "audit/selftest.h"

#include "audit/audit.h"
#include "base/file.h"
#include "base/memory.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The results of the mutations of a kind. */
struct tally {
    long tried, missed;
    long by[CHECKS_MAX]; /* found by each check */
};

/* ---- The copy ----------------------------------------------------------------------------- */

static void empty(const char *folder)
{
    size_t count = 0;
    char **path = file_list(folder, "", &count);
    for (size_t i = 0; i < count; i++) {
        if (unlink(path[i]) != 0)
            die_errno("%s: cannot be removed", path[i]);
        free(path[i]);
    }
    free(path);
}

static void copy_files(const char *from, const char *to)
{
    empty(to);
    size_t count = 0;
    char **path = file_list(from, "", &count);
    for (size_t i = 0; i < count; i++) {
        struct error error;
        size_t size = 0;
        char *bytes = file_read(path[i], &size, &error);
        if (!bytes)
            die("%s", error.text);
        char *name = memory_text("%s%s", to, path[i] + strlen(from));
        file_write(name, bytes, size);
        free(name);
        free(bytes);
        free(path[i]);
    }
    free(path);
}

/* The page's data before any mutation. Node makes them, so the kept list stands for them. Returns 0 if
 * nothing is kept. */
static int copy_page(const char *kept, const char *made)
{
    struct error error;
    size_t size = 0;
    char *bytes = file_exists(kept) ? file_read(kept, &size, &error) : NULL;
    if (bytes)
        file_write(made, bytes, size);
    free(bytes);
    return bytes != NULL;
}

static void append(char ***all, size_t *count, const char *folder)
{
    size_t more = 0;
    char **path = file_list(folder, "", &more);
    *all = memory_resize(*all, *count + more, sizeof **all);
    memcpy(*all + *count, path, more * sizeof *path);
    *count += more;
    free(path);
}

struct mutation_project selftest_project(const struct audit_options *audit)
{
    struct mutation_project project = {.audit = audit};
    append(&project.files, &project.count, audit->project.experiments);
    append(&project.files, &project.count, audit->project.results);
    return project;
}

void selftest_project_free(struct mutation_project *project)
{
    for (size_t i = 0; i < project->count; i++)
        free(project->files[i]);
    free(project->files);
}

/* ---- Runs --------------------------------------------------------------------------------- */

static void expect_no_failure(const struct audit_options *audit, const char *when)
{
    struct checks checks;
    audit_run(audit, &checks);
    if (checks_count(&checks, VERDICT_FAIL) != 0) {
        struct text text = {0};
        checks_write_text(&checks, &text);
        die("the audit of the copy fails %s any mutation:\n%s", when, text.bytes);
    }
    checks_free(&checks);
}

static void run(const struct mutation_project *project, size_t kind, uint32_t seed, long number,
                struct tally *tally, struct text *missed)
{
    struct mutation mutation;
    mutation_do(project, kind, seed, (uint32_t)number, &mutation);
    struct checks checks;
    audit_run(project->audit, &checks);
    tally->tried++;
    for (size_t i = 0; i < checks.count; i++)
        tally->by[i] += check_verdict(&checks.check[i]) == VERDICT_FAIL;
    if (checks_count(&checks, VERDICT_FAIL) == 0) {
        tally->missed++;
        text_add(missed, "missed: run %ld, %s\n", number, mutation.what);
    }
    checks_free(&checks);
    mutation_undo(&mutation);
}

static void write_tallies(const struct tally *tally, const struct audit_options *audit, FILE *out)
{
    struct checks checks;
    audit_run(audit, &checks); /* for the names */
    fprintf(out, "%-28s %6s %6s %6s   found by\n", "kind of mutation", "tried", "caught", "missed");
    for (size_t kind = 0; kind < mutation_kinds(); kind++) {
        const struct tally *t = &tally[kind];
        fprintf(out, "%-28s %6ld %6ld %6ld  ", mutation_kind_name(kind), t->tried,
                t->tried - t->missed, t->missed);
        for (size_t i = 0; i < checks.count; i++)
            if (t->by[i])
                fprintf(out, " %s %ld", checks.check[i].name, t->by[i]);
        fputc('\n', out);
    }
    checks_free(&checks);
}

long selftest_run(const struct selftest_options *options, FILE *out)
{
    file_stop_flushing();
    char *results = memory_text("%s/results", options->copy);
    char *experiments = memory_text("%s/experiments", options->copy);
    copy_files(options->results, results);
    copy_files(options->experiments, experiments);
    free(results);
    free(experiments);

    const int home = open(".", O_RDONLY | O_DIRECTORY);
    if (home < 0 || chdir(options->copy) != 0)
        die_errno("%s: cannot be entered", options->copy);
    static const char kept_page[] = "results/page.sha256", page[] = "page.sha256";
    const struct audit_options audit = {.project = {"results", "experiments", "results/published"},
                                        .digests = "results/artefacts.sha256",
                                        .sources = "results/sources.sha256",
                                        .page = copy_page(kept_page, page) ? page : NULL,
                                        .kept_page = kept_page,
                                        .scratch = "out",
                                        .program = "",
                                        .compiler = ""};
    struct mutation_project project = selftest_project(&audit);

    expect_no_failure(&audit, "before");
    struct tally *tally = memory_zeroed(mutation_kinds(), sizeof *tally);
    struct text missed = {0};
    text_add(&missed, "%s", "");
    for (long number = 0; number < options->runs; number++) {
        const size_t kind = (size_t)number % mutation_kinds();
        run(&project, kind, options->seed, number, &tally[kind], &missed);
    }
    expect_no_failure(&audit, "after undoing");
    write_tallies(tally, &audit, out);
    long count = 0;
    for (size_t kind = 0; kind < mutation_kinds(); kind++)
        count += tally[kind].missed;
    fprintf(out, "%sselftest: %ld caught, %ld missed\n", missed.bytes, options->runs - count,
            count);

    selftest_project_free(&project);
    free(missed.bytes);
    free(tally);
    if (fchdir(home) != 0 || close(home) != 0)
        die_errno("the folder cannot be left");
    return count;
}
