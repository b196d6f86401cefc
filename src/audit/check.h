/*
 * check - the results of an audit's checks, as text for people, JSON for programs, XML for CI services.
 *
 * A check looks at `checked` things of one kind. Its verdict is
 *     FAIL   something that it looked at is wrong
 *     PASS   it looked at something, and everything is right
 *     SKIP   it could not look at anything; the reason says why. A skip is not a pass
 *     NOTE   it only lists facts, and judges nothing
 *
 * Failures and notes quote names from files, which may hold any bytes. A byte that is not printable
 * ASCII becomes '?' when it is added. So a name with a newline cannot look like a line of the report,
 * and every text is allowed in JSON and XML.
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
    long bitwise, by_tolerance; /* the numbers of comparisons that asked for equal bits, and of those
                                   within a tolerance; both 0 if nothing kept is compared */
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

/* For each check a line `PASS|FAIL|SKIP|NOTE  name  count  seconds  comparisons  failures or reason`,
 * with its failures and notes indented below it; at the end `audit: N passed, N failed, N skipped`. */
void checks_write_text(const struct checks *checks, struct text *out);
/* {"passed": N, "failed": N, "skipped": N, "levels": [{"name", "verdict", "checked", "unit",
 * "bitwise", "by_tolerance", "seconds", "reason", "failures": [...], "notes": [...]}, ...]} */
void checks_write_json(const struct checks *checks, struct text *out);
/* JUnit: a testsuite with one testcase per check. */
void checks_write_xml(const struct checks *checks, struct text *out);

#endif
