#define _POSIX_C_SOURCE 200809L
#include "audit/check.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- One level ---------------------------------------------------------------------------- */

static void add_line(struct text *lines, const char *format, va_list arguments)
{
    struct error line;
    vsnprintf(line.text, sizeof line.text, format, arguments);
    for (char *at = line.text; *at; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            *at = '?';
    text_add(lines, "%s\n", line.text);
}

void level_fail(struct level *level, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add_line(&level->failures, format, arguments);
    va_end(arguments);
    level->failed++;
}

void level_note(struct level *level, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add_line(&level->notes, format, arguments);
    va_end(arguments);
}

void level_skip(struct level *level, const char *format, ...)
{
    struct text line = {0};
    va_list arguments;
    va_start(arguments, format);
    add_line(&line, format, arguments);
    va_end(arguments);
    text_add(&level->reason, "%s%.*s", level->reason.length ? "; " : "", (int)line.length - 1,
             line.bytes);
    free(line.bytes);
}

enum verdict level_verdict(const struct level *level)
{
    if (!level->judges)
        return VERDICT_NOTE;
    if (level->failed)
        return VERDICT_FAIL;
    return level->checked ? VERDICT_PASS : VERDICT_SKIP;
}

/* ---- All levels --------------------------------------------------------------------------- */

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

struct level *levels_begin(struct levels *levels, const char *name, const char *unit)
{
    if (levels->count == LEVELS_MAX)
        BUG("more levels than LEVELS_MAX");
    struct level *level = &levels->level[levels->count++];
    *level = (struct level){.name = name, .unit = unit, .judges = 1, .seconds = -seconds_now()};
    return level;
}

void levels_end(struct levels *levels)
{
    struct level *level = &levels->level[levels->count - 1];
    level->seconds += seconds_now();
    if (level_verdict(level) == VERDICT_SKIP && level->reason.length == 0)
        level_skip(level, "nothing to check");
}

void levels_free(struct levels *levels)
{
    for (size_t i = 0; i < levels->count; i++) {
        free(levels->level[i].reason.bytes);
        free(levels->level[i].failures.bytes);
        free(levels->level[i].notes.bytes);
    }
    *levels = (struct levels){.count = 0};
}

long levels_count(const struct levels *levels, enum verdict verdict)
{
    long count = 0;
    for (size_t i = 0; i < levels->count; i++)
        count += level_verdict(&levels->level[i]) == verdict;
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

void levels_write_text(const struct levels *levels, struct text *out)
{
    static const char *const words[VERDICTS] = {"PASS", "FAIL", "SKIP", "NOTE"};
    for (size_t i = 0; i < levels->count; i++) {
        const struct level *level = &levels->level[i];
        const enum verdict verdict = level_verdict(level);
        text_add(out, "%s  %-12s  %6ld %-7s  %6.2f s", words[verdict], level->name, level->checked,
                 level->unit, level->seconds);
        if (verdict == VERDICT_FAIL)
            text_add(out, "  %ld failure%s", level->failed, level->failed == 1 ? "" : "s");
        if (verdict == VERDICT_SKIP)
            text_add(out, "  %s", level->reason.bytes);
        text_add(out, "\n");
        add_indented(out, level->failures.bytes, "");
        add_indented(out, level->notes.bytes, "note: ");
    }
    text_add(out, "audit: %ld passed, %ld failed, %ld skipped\n",
             levels_count(levels, VERDICT_PASS), levels_count(levels, VERDICT_FAIL),
             levels_count(levels, VERDICT_SKIP));
}

/* ---- JSON and XML ------------------------------------------------------------------------- */

/* The length of the UTF-8 character at `at`, of `left` bytes; 0 if it is none that XML may hold
 * [Unicode 15, table 3-7; XML 1.0, 2.2]. */
static size_t character(const unsigned char *at, size_t left)
{
    if (at[0] < 0x80)
        return at[0] >= ' ' && at[0] != 0x7f;
    const size_t length = at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : 2;
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (at[0] < 0xc2 || at[0] > 0xf4 || length > left)
        return 0;
    uint32_t code = at[0] & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (at[i] & 0x3fu);
    }
    if (code < least[length] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ||
        (code & 0xfffe) == 0xfffe)
        return 0;
    return length;
}

/* Add `length` bytes with `special[i]` written as `escaped[i]`. */
static void add_escaped(struct text *out, const char *bytes, size_t length, const char *special,
                        const char *const *escaped)
{
    for (size_t i = 0; i < length;) {
        const size_t size = character((const unsigned char *)bytes + i, length - i);
        const char *found = size == 1 ? strchr(special, bytes[i]) : NULL;
        if (found)
            text_add(out, "%s", escaped[found - special]);
        else if (size)
            text_add(out, "%.*s", (int)size, bytes + i);
        else
            text_add(out, "\xef\xbf\xbd");
        i += size ? size : 1;
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

void levels_write_json(const struct levels *levels, struct text *out)
{
    static const char *const words[VERDICTS] = {"pass", "fail", "skip", "note"};
    text_add(out, "{\"passed\": %ld, \"failed\": %ld, \"skipped\": %ld, \"levels\": [",
             levels_count(levels, VERDICT_PASS), levels_count(levels, VERDICT_FAIL),
             levels_count(levels, VERDICT_SKIP));
    for (size_t i = 0; i < levels->count; i++) {
        const struct level *level = &levels->level[i];
        const enum verdict verdict = level_verdict(level);
        text_add(out,
                 "%s\n{\"name\": \"%s\", \"verdict\": \"%s\", \"checked\": %ld, \"unit\": \"%s\", "
                 "\"seconds\": %.3f, \"reason\": ",
                 i ? "," : "", level->name, words[verdict], level->checked, level->unit,
                 level->seconds);
        if (verdict == VERDICT_SKIP)
            add_json(out, level->reason.bytes, level->reason.length);
        else
            text_add(out, "null");
        add_json_lines(out, "failures", level->failures.bytes);
        add_json_lines(out, "notes", level->notes.bytes);
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

void levels_write_xml(const struct levels *levels, struct text *out)
{
    double seconds = 0;
    for (size_t i = 0; i < levels->count; i++)
        seconds += levels->level[i].seconds;
    text_add(out,
             "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite name=\"audit\" "
             "tests=\"%zu\" failures=\"%ld\" errors=\"0\" skipped=\"%ld\" time=\"%.3f\">\n",
             levels->count, levels_count(levels, VERDICT_FAIL), levels_count(levels, VERDICT_SKIP),
             seconds);
    for (size_t i = 0; i < levels->count; i++) {
        const struct level *level = &levels->level[i];
        const enum verdict verdict = level_verdict(level);
        text_add(out, "<testcase classname=\"audit\" name=\"%s\" time=\"%.3f\">\n", level->name,
                 level->seconds);
        if (verdict == VERDICT_FAIL)
            add_xml_element(out, "failure", &level->failures);
        if (verdict == VERDICT_SKIP) {
            text_add(out, "<skipped message=\"");
            add_xml(out, level->reason.bytes, level->reason.length);
            text_add(out, "\"/>\n");
        }
        add_xml_element(out, "system-out", &level->notes);
        text_add(out, "</testcase>\n");
    }
    text_add(out, "</testsuite>\n</testsuites>\n");
}
