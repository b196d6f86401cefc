/*
 * check - what an audit found, check by check: for people, for programs, for CI services.
 *
 * A check looks at `checked` things of one kind. Its verdict is
 *     FAIL   something that it looked at is not as it should be
 *     PASS   it looked at something, and all of it is
 *     SKIP   it could not look at anything; the reason says why. A skip is no pass
 *     NOTE   it lists what is, and judges nothing
 *
 * Failures and notes quote names that come from files, so they may hold anything: bytes that are
 * no printable ASCII become '?' as they are added. So a name with a newline cannot pose as a line of
 * the report, and all of it may stand in JSON and XML.
 */
#ifndef KDECAY_CHECK_H
#define KDECAY_CHECK_H

#include "base/error.h"
#include "base/memory.h"

#include <stddef.h>

enum verdict { VERDICT_PASS, VERDICT_FAIL, VERDICT_SKIP, VERDICT_NOTE, VERDICTS };

struct check {
    const char *name, *unit; /* unit: of what is checked, "logs" */
    int judges;              /* 0: VERDICT_NOTE whatever it finds */
    long checked, failed;
    long bitwise, by_tolerance; /* how many comparisons asked for equal bits, and how many did not;
                                   both 0 where nothing is compared with what was kept */
    double seconds;
    struct text reason;          /* why nothing was checked */
    struct text failures, notes; /* lines, each with its newline */
};

void check_fail(struct check *check, const char *format, ...) PRINTF_LIKE(2, 3);
void check_note(struct check *check, const char *format, ...) PRINTF_LIKE(2, 3);
/* Say why there is nothing to check; a later call adds to it. */
void check_skip(struct check *check, const char *format, ...) PRINTF_LIKE(2, 3);

enum verdict check_verdict(const struct check *check);

/* ---- All checks of an audit --------------------------------------------------------------- */

enum { CHECKS_MAX = 16 };

struct checks {
    struct check check[CHECKS_MAX];
    size_t count;
};

/* The next check, its clock running; judges. */
struct check *checks_begin(struct checks *checks, const char *name, const char *unit);
/* Stop the clock of the last check. */
void checks_end(struct checks *checks);
void checks_free(struct checks *checks);

long checks_count(const struct checks *checks, enum verdict verdict);

/* A line `PASS|FAIL|SKIP|NOTE  name  count  seconds  comparisons  failures or reason` a check, each
 * of its failures and notes indented below it, at last `audit: N passed, N failed, N skipped`. */
void checks_write_text(const struct checks *checks, struct text *out);
/* {"passed": N, "failed": N, "skipped": N, "levels": [{"name", "verdict", "checked", "unit",
 * "bitwise", "by_tolerance", "seconds", "reason", "failures": [...], "notes": [...]}, ...]} */
void checks_write_json(const struct checks *checks, struct text *out);
/* JUnit: a testsuite of one testcase a check. */
void checks_write_xml(const struct checks *checks, struct text *out);

#endif
