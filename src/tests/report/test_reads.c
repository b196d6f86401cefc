/*
 * How often a command reads logs: each of them once. The linker sends every call of log_read()
 * from another file to the counter here (--wrap in the Makefile).
 */
#define _POSIX_C_SOURCE 200809L
#include "audit/audit.h"
#include "cluster/cost.h"
#include "cluster/slurm_arrays.h"
#include "experiment/log.h"
#include "report/report.h"
#include "tests/results_fixture.h"

#include "tests/tests.h"
#include <stdlib.h>
#include <string.h>

enum { LOGS = 4 };

int __real_log_read(const char *path, struct log *log, struct error *error);
int __wrap_log_read(const char *path, struct log *log, struct error *error);

static int reads; /* since project_of_four() or expect_reads() */

int __wrap_log_read(const char *path, struct log *log, struct error *error)
{
    /* ledger_read() calls from several threads */
#pragma omp atomic
    reads++;
    return __real_log_read(path, log, error);
}

static struct fixture project_of_four(void)
{
    static const double errors[] = {8.37, 8.41};
    struct fixture fixture = fixture_begin();
    fixture_write_arm(&fixture, "cifar10/preact-20/poly-k1.0", errors, 2);
    fixture_write_arm(&fixture, "cifar10/preact-20/poly-k2.0", errors, 2);
    reads = 0;
    return fixture;
}

static void expect_reads(const char *command, int status)
{
    assert_int_equal(status, 0);
    if (reads != LOGS)
        fail_msg("%s reads logs %d times: expected %d, each once", command, reads, LOGS);
    reads = 0;
}

TEST(status_and_cost)
{
    struct fixture fixture = project_of_four();
    const struct status_options options = {.project = fixture_project(&fixture)};
    const struct slurm_arrays_options slurm_arrays = {.status = options,
                                                      .scale = -1,
                                                      .lists = fixture.out,
                                                      .cpus = 1,
                                                      .ranks = 1,
                                                      .safety = 1,
                                                      .hours = 1,
                                                      .tasks = 100};
    struct error error;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    expect_reads("status", status_write(&options, out, &error));
    expect_reads("missing", status_missing(&options, SCALE_DESK, out, &error));
    expect_reads("campaign", slurm_arrays_write(&slurm_arrays, out, &error));
    expect_reads("cost", cost_write(&options, out, &error));
    fclose(out);
    free(text);
    fixture_end(&fixture);
}

TEST(report_and_audit)
{
    struct fixture fixture = project_of_four();
    const struct project project = fixture_project(&fixture);
    const struct audit_options options = {.project = fixture_project(&fixture),
                                          .digests = fixture.digests,
                                          .sources = fixture.sources,
                                          .scratch = fixture.out,
                                          .program = "made up",
                                          .compiler = "another"};
    struct error error;
    struct checks checks;
    expect_reads("report", report_write(&project, fixture.out, &error));
    expect_reads("keep", audit_keep(&options, &error));
    audit_run(&options, &checks);
    expect_reads("audit", (int)checks_count(&checks, VERDICT_FAIL));
    checks_free(&checks);
    fixture_end(&fixture);
}
