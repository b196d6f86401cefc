#include "audit/check.h"

#include "base/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- One check ---------------------------------------------------------------------------- */

static void add_line(struct text *lines, const char *format, va_list arguments)
{
    struct error line;
    vsnprintf(line.text, sizeof line.text, format, arguments);
    for (char *at = line.text; *at; at++)
        if (*at < ' ' || *at > '~')
            *at = '?';
    text_add(lines, "%s\n", line.text);
}

void check_fail(struct check *check, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add_line(&check->failures, format, arguments);
    va_end(arguments);
    check->failed++;
}

void check_note(struct check *check, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add_line(&check->notes, format, arguments);
    va_end(arguments);
}

void check_skip(struct check *check, const char *format, ...)
{
    struct text line = {0};
    va_list arguments;
    va_start(arguments, format);
    add_line(&line, format, arguments);
    va_end(arguments);
    text_add(&check->reason, "%s%.*s", check->reason.length ? "; " : "", (int)line.length - 1,
             line.bytes);
    free(line.bytes);
}

enum verdict check_verdict(const struct check *check)
{
    if (!check->judges)
        return VERDICT_NOTE;
    if (check->failed)
        return VERDICT_FAIL;
    return check->checked ? VERDICT_PASS : VERDICT_SKIP;
}

/* ---- All checks --------------------------------------------------------------------------- */

struct check *checks_begin(struct checks *checks, const char *name, const char *unit)
{
    if (checks->count == CHECKS_MAX)
        BUG("more checks than CHECKS_MAX");
    struct check *check = &checks->check[checks->count++];
    *check = (struct check){.name = name, .unit = unit, .judges = 1, .seconds = -clock_seconds()};
    return check;
}

void checks_end(struct checks *checks)
{
    struct check *check = &checks->check[checks->count - 1];
    check->seconds += clock_seconds();
    if (check_verdict(check) == VERDICT_SKIP && check->reason.length == 0)
        check_skip(check, "nothing to check");
}

void checks_free(struct checks *checks)
{
    for (size_t i = 0; i < checks->count; i++) {
        free(checks->check[i].reason.bytes);
        free(checks->check[i].failures.bytes);
        free(checks->check[i].notes.bytes);
    }
    *checks = (struct checks){.count = 0};
}

long checks_count(const struct checks *checks, enum verdict verdict)
{
    long count = 0;
    for (size_t i = 0; i < checks->count; i++)
        count += check_verdict(&checks->check[i]) == verdict;
    return count;
}

/* ---- Text --------------------------------------------------------------------------------- */

/* Walk through lines: sets *line and *length (without the newline); 0 at the end. */
static int next_line(const char **at, const char **line, size_t *length)
{
    if (!*at || !**at)
        return 0;
    *line = *at;
    *length = strcspn(*at, "\n");
    *at += *length + 1;
    return 1;
}

static void add_indented(struct text *out, const char *lines, const char *kind)
{
    const char *line;
    size_t length;
    while (next_line(&lines, &line, &length))
        text_add(out, "      %s%.*s\n", kind, (int)length, line);
}

void checks_write_text(const struct checks *checks, struct text *out)
{
    static const char *const words[VERDICTS] = {"PASS", "FAIL", "SKIP", "NOTE"};
    for (size_t i = 0; i < checks->count; i++) {
        const struct check *check = &checks->check[i];
        const enum verdict verdict = check_verdict(check);
        text_add(out, "%s  %-12s  %6ld %-7s  %6.2f s", words[verdict], check->name, check->checked,
                 check->unit, check->seconds);
        if (check->bitwise || check->by_tolerance)
            text_add(out, "  bit for bit: %ld, by tolerance: %ld", check->bitwise,
                     check->by_tolerance);
        if (verdict == VERDICT_FAIL)
            text_add(out, "  %ld failure%s", check->failed, check->failed == 1 ? "" : "s");
        if (verdict == VERDICT_SKIP)
            text_add(out, "  %s", check->reason.bytes);
        text_add(out, "\n");
        add_indented(out, check->failures.bytes, "");
        add_indented(out, check->notes.bytes, "note: ");
    }
    text_add(out, "audit: %ld passed, %ld failed, %ld skipped\n",
             checks_count(checks, VERDICT_PASS), checks_count(checks, VERDICT_FAIL),
             checks_count(checks, VERDICT_SKIP));
}

/* ---- JSON and XML ------------------------------------------------------------------------- */

/* Add `length` bytes with `special[i]` written as `escaped[i]`. */
static void add_escaped(struct text *out, const char *bytes, size_t length, const char *special,
                        const char *const *escaped)
{
    for (size_t i = 0; i < length; i++) {
        const char *found = strchr(special, bytes[i]);
        if (found)
            text_add(out, "%s", escaped[found - special]);
        else
            text_add(out, "%c", bytes[i]);
    }
}

static void add_json(struct text *out, const char *bytes, size_t length)
{
    static const char *const escaped[] = {"\\\"", "\\\\"};
    text_add(out, "\"");
    add_escaped(out, bytes, length, "\"\\", escaped);
    text_add(out, "\"");
}

static void add_xml(struct text *out, const char *bytes, size_t length)
{
    static const char *const escaped[] = {"&lt;", "&gt;", "&amp;", "&quot;"};
    add_escaped(out, bytes, length, "<>&\"", escaped);
}

static void add_json_lines(struct text *out, const char *key, const char *lines)
{
    text_add(out, ", \"%s\": [", key);
    const char *line, *comma = "";
    for (size_t length; next_line(&lines, &line, &length); comma = ", ") {
        text_add(out, "%s", comma);
        add_json(out, line, length);
    }
    text_add(out, "]");
}

void checks_write_json(const struct checks *checks, struct text *out)
{
    static const char *const words[VERDICTS] = {"pass", "fail", "skip", "note"};
    text_add(out, "{\"passed\": %ld, \"failed\": %ld, \"skipped\": %ld, \"levels\": [",
             checks_count(checks, VERDICT_PASS), checks_count(checks, VERDICT_FAIL),
             checks_count(checks, VERDICT_SKIP));
    for (size_t i = 0; i < checks->count; i++) {
        const struct check *check = &checks->check[i];
        const enum verdict verdict = check_verdict(check);
        text_add(out,
                 "%s\n{\"name\": \"%s\", \"verdict\": \"%s\", \"checked\": %ld, \"unit\": \"%s\", "
                 "\"bitwise\": %ld, \"by_tolerance\": %ld, \"seconds\": %.3f, \"reason\": ",
                 i ? "," : "", check->name, words[verdict], check->checked, check->unit,
                 check->bitwise, check->by_tolerance, check->seconds);
        if (verdict == VERDICT_SKIP)
            add_json(out, check->reason.bytes, check->reason.length);
        else
            text_add(out, "null");
        add_json_lines(out, "failures", check->failures.bytes);
        add_json_lines(out, "notes", check->notes.bytes);
        text_add(out, "}");
    }
    text_add(out, "\n]}\n");
}

static void add_xml_element(struct text *out, const char *name, const struct text *lines)
{
    if (!lines->length)
        return;
    text_add(out, "<%s>", name);
    const char *at = lines->bytes, *line;
    for (size_t length; next_line(&at, &line, &length);) {
        add_xml(out, line, length);
        text_add(out, "\n");
    }
    text_add(out, "</%s>\n", name);
}

void checks_write_xml(const struct checks *checks, struct text *out)
{
    double seconds = 0;
    for (size_t i = 0; i < checks->count; i++)
        seconds += checks->check[i].seconds;
    text_add(out,
             "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite name=\"audit\" "
             "tests=\"%zu\" failures=\"%ld\" errors=\"0\" skipped=\"%ld\" time=\"%.3f\">\n",
             checks->count, checks_count(checks, VERDICT_FAIL), checks_count(checks, VERDICT_SKIP),
             seconds);
    for (size_t i = 0; i < checks->count; i++) {
        const struct check *check = &checks->check[i];
        const enum verdict verdict = check_verdict(check);
        text_add(out, "<testcase classname=\"audit\" name=\"%s\" time=\"%.3f\">\n", check->name,
                 check->seconds);
        if (verdict == VERDICT_FAIL)
            add_xml_element(out, "failure", &check->failures);
        if (verdict == VERDICT_SKIP) {
            text_add(out, "<skipped message=\"");
            add_xml(out, check->reason.bytes, check->reason.length);
            text_add(out, "\"/>\n");
        }
        add_xml_element(out, "system-out", &check->notes);
        text_add(out, "</testcase>\n");
    }
    text_add(out, "</testsuite>\n</testsuites>\n");
}
