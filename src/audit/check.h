/*
 * check - what an audit found, level by level: for people, for programs, for CI services.
 *
 * A level looks at `checked` things of one kind. Its verdict is
 *     FAIL   something that it looked at is not as it should be
 *     PASS   it looked at something, and all of it is
 *     SKIP   it could not look at anything; the reason says why. A skip is no pass
 *     NOTE   it lists what is, and judges nothing
 *
 * Failures and notes quote names that come from files, so they may hold anything: control
 * characters become '?' as they are added (a name with a newline cannot pose as a line of the
 * report), and what is not UTF-8 becomes U+FFFD in JSON [RFC 8259] and XML [XML 1.0, 2.2].
 */
#ifndef KDECAY_CHECK_H
#define KDECAY_CHECK_H

#include "base/error.h"
#include "base/memory.h"

#include <stddef.h>

enum verdict { VERDICT_PASS, VERDICT_FAIL, VERDICT_SKIP, VERDICT_NOTE, VERDICTS };

struct level {
    const char *name, *unit; /* unit: of what is checked, "logs" */
    int judges;              /* 0: VERDICT_NOTE whatever it finds */
    long checked, failed;
    double seconds;
    struct text reason;          /* why nothing was checked */
    struct text failures, notes; /* lines, each with its newline */
};

void level_fail(struct level *level, const char *format, ...) PRINTF_LIKE(2, 3);
void level_note(struct level *level, const char *format, ...) PRINTF_LIKE(2, 3);
/* Say why there is nothing to check; a later call adds to it. */
void level_skip(struct level *level, const char *format, ...) PRINTF_LIKE(2, 3);

enum verdict level_verdict(const struct level *level);

/* ---- All levels of an audit --------------------------------------------------------------- */

enum { LEVELS_MAX = 16 };

struct levels {
    struct level level[LEVELS_MAX];
    size_t count;
};

/* The next level, its clock running; judges. */
struct level *levels_begin(struct levels *levels, const char *name, const char *unit);
/* Stop the clock of the last level. */
void levels_end(struct levels *levels);
void levels_free(struct levels *levels);

long levels_count(const struct levels *levels, enum verdict verdict);

/* A line `PASS|FAIL|SKIP|NOTE  name  count  seconds  reason` a level, each of its failures and
 * notes indented below it, at last `audit: N passed, N failed, N skipped`. */
void levels_write_text(const struct levels *levels, struct text *out);
/* {"passed": N, "failed": N, "skipped": N, "levels": [{"name", "verdict", "checked", "unit",
 * "seconds", "reason", "failures": [...], "notes": [...]}, ...]} */
void levels_write_json(const struct levels *levels, struct text *out);
/* JUnit: a testsuite of one testcase a level. */
void levels_write_xml(const struct levels *levels, struct text *out);

#endif
