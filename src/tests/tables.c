#include "tests/tables.h"
#include "tests/expect.h"
#include "tests/sources.h"

#include "base/memory.h"
#include "report/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int make(const struct fixture *fixture, struct error *error)
{
    const struct project project = fixture_project(fixture);
    return report_write(&project, fixture->out, error);
}

void tables_write(const struct fixture *fixture)
{
    struct error error;
    expect_ok(make(fixture, &error), &error);
}

void tables_refused(const struct fixture *fixture, const char *words)
{
    struct error error = {""};
    expect_failed(make(fixture, &error), &error, words);
}

char *tables_file(const struct fixture *fixture, const char *file)
{
    tables_write(fixture);
    char *name = memory_text("tables/%s", file), *bytes = fixture_read(fixture->out, name);
    free(name);
    return bytes;
}

void tables_expect_text(const struct fixture *fixture, const char *file, const char *words)
{
    char *bytes = tables_file(fixture, file);
    expect_words(bytes, words);
    free(bytes);
}

/* ---- CSV ---------------------------------------------------------------------------------- */

char *tables_field(const char **at)
{
    struct text field = {0};
    text_add(&field, "%s", "");
    const int quoted = **at == '"';
    for (*at += quoted; **at && (quoted || !strchr(",\n", **at)); (*at)++) {
        if (quoted && **at == '"' && *++*at != '"')
            break;
        text_add(&field, "%c", **at);
    }
    *at += **at == ',';
    return field.bytes;
}

/* The field under a column in a line of a CSV; NULL where there is no such column. free() it. */
static char *field_of(const char *csv, const char *line, const char *column)
{
    char *value = NULL;
    while (!value && *csv && *csv != '\n') {
        char *name = tables_field(&csv), *field = tables_field(&line);
        if (strcmp(name, column) == 0)
            value = memory_text("%s", field);
        free(field);
        free(name);
    }
    return value;
}

static const char *next_line(const char *line)
{
    line += strcspn(line, "\n");
    return line + (*line == '\n');
}

/* The first cell of a line that does not fit a pattern, as "COLUMN: VALUE"; NULL if all fit. */
static char *misfit(const char *csv, const char *line, const char *pattern)
{
    char *wrong = NULL;
    while (!wrong && pattern && *pattern) {
        const char *colon = strstr(pattern, ": "), *bar = strstr(pattern, " | ");
        const size_t length = bar ? (size_t)(bar - pattern) : strlen(pattern);
        if (!colon || (bar && colon > bar))
            fail_msg("\"%s\": expected COLUMN: VALUE", pattern);
        char *column = memory_copy(pattern, (size_t)(colon - pattern));
        char *expected = memory_copy(colon + 2, length - (size_t)(colon + 2 - pattern));
        char *value = field_of(csv, line, column);
        if (!value || strcmp(value, expected) != 0)
            wrong = memory_text("%s: %s", column, value ? value : "(no such column)");
        free(value);
        free(expected);
        free(column);
        pattern = bar ? bar + 3 : NULL;
    }
    return wrong;
}

static int fits(const char *csv, const char *line, const char *pattern)
{
    char *wrong = misfit(csv, line, pattern);
    free(wrong);
    return !wrong;
}

/* The one line that fits. */
static const char *find_row(const char *csv, const char *row)
{
    const char *found = NULL;
    for (const char *line = next_line(csv); *line; line = next_line(line)) {
        if (!fits(csv, line, row))
            continue;
        if (found)
            fail_msg("two rows are \"%s\" in:\n%s", row, csv);
        found = line;
    }
    if (!found)
        fail_msg("no row is \"%s\" in:\n%s", row, csv);
    return found;
}

char *tables_cell(const char *csv, const char *row, const char *column)
{
    char *value = field_of(csv, find_row(csv, row), column);
    if (!value)
        fail_msg("no column is \"%s\" in:\n%s", column, csv);
    return value;
}

/* The one row of a CSV text that fits `row` fits `cells`, too. */
static void check_row(const char *csv, const char *name, const char *row, const char *cells)
{
    char *wrong = misfit(csv, find_row(csv, row), cells);
    if (wrong)
        fail_msg("%s, \"%s\": expected \"%s\", found %s", name, row, cells, wrong);
}

void tables_shows(const struct fixture *fixture, const char *name, const char *row,
                  const char *cells)
{
    char *file = memory_text("tables/%s.csv", name), *csv = fixture_read(fixture->out, file);
    check_row(csv, name, row, cells);
    free(csv);
    free(file);
}

void tables_expect(const struct fixture *fixture, const char *name, const char *row,
                   const char *cells)
{
    tables_write(fixture);
    tables_shows(fixture, name, row, cells);
}

void tables_expect_column(const struct fixture *fixture, const char *name, const char *row,
                          const char *column, const char *values)
{
    char *file = memory_text("%s.csv", name), *csv = tables_file(fixture, file);
    struct text found = {0};
    text_add(&found, "%s", "");
    for (const char *line = next_line(csv); *line; line = next_line(line)) {
        if (!fits(csv, line, row))
            continue;
        char *value = field_of(csv, line, column);
        text_add(&found, "%s%s", found.length ? " | " : "", value ? value : "(no such column)");
        free(value);
    }
    assert_string_equal(found.bytes, values);
    free(found.bytes);
    free(csv);
    free(file);
}

void tables_claim(const struct fixture *fixture, const char *claim, const char *cells)
{
    char *row = memory_text("claim: %s", claim);
    tables_expect(fixture, "claims", row, cells);
    free(row);
}

void tables_number(const struct fixture *fixture, const char *claim, const char *evidence,
                   const char *of, const char *cells)
{
    char *row = memory_text("claim: %s | evidence: %s | of: %s", claim, evidence, of);
    tables_expect(fixture, "claims-numbers", row, cells);
    free(row);
}

/* ---- Plot data ----------------------------------------------------------------------------- */

char *tables_plot(const struct fixture *fixture, const char *name, const char *where)
{
    char *file = memory_text("%s.tsv", name), *bytes = fixture_read(fixture->out, file);
    const char *line = where ? strstr(bytes, where) : bytes;
    if (!line)
        fail_msg("\"%s\" is not in %s:\n%s", where, file, bytes);
    while (*line && strcspn(line, "\t") > strcspn(line, "\n"))
        line = next_line(line);
    struct text csv = {0};
    text_add(&csv, "%s", "");
    for (line += strspn(line, "# "); *line && *line != '\n' && *line != '#'; line = next_line(line))
        text_add(&csv, "%.*s\n", (int)strcspn(line, "\n"), line);
    for (char *tab = csv.bytes; (tab = strchr(tab, '\t')) != NULL;)
        *tab = ',';
    free(bytes);
    free(file);
    return csv.bytes;
}

void tables_plots(const struct fixture *fixture, const char *name, const char *where,
                  const char *row, const char *cells)
{
    char *csv = tables_plot(fixture, name, where);
    check_row(csv, name, row, cells);
    free(csv);
}

double tables_plotted(const struct fixture *fixture, const char *name, const char *where,
                      const char *row, const char *column)
{
    char *csv = tables_plot(fixture, name, where), *cell = tables_cell(csv, row, column), *end;
    const double value = strtod(cell, &end);
    if (end == cell || *end)
        fail_msg("%s: %s is no number", column, cell);
    free(cell);
    free(csv);
    return value;
}

void tables_traced(const struct fixture *fixture, const char *name)
{
    char *tables = memory_text("%s/tables", fixture->out);
    const struct sources_of of = {fixture->results, fixture->published, fixture->experiments,
                                  tables};
    struct sources sources = sources_read(&of, name);
    assert_true(sources_whole(&of, name, &sources) > 0);
    sources_free(&sources);
    free(tables);
}

/* ---- Printed tables ------------------------------------------------------------------------ */

char *tables_printed(const char *text, const char *first)
{
    struct text csv = {0};
    text_add(&csv, "%s", "");
    const char *line = text;
    while (*line && strncmp(line, first, strlen(first)) != 0)
        line = next_line(line);
    for (; *line; line = next_line(line)) {
        const char *end = line + strcspn(line, "\n");
        for (const char *at = line; at < end; at++)
            if (strncmp(at, "  ", 2) != 0)
                text_add(&csv, "%c", *at == ',' ? ';' : *at);
            else if (at + strspn(at, " ") < end) {
                at += strspn(at, " ") - 1;
                text_add(&csv, ",");
            }
        text_add(&csv, "\n");
    }
    return csv.bytes;
}

void tables_row(const char *csv, const char *row, const char *columns, const char *values)
{
    struct text pattern = {0};
    while (*columns) {
        const char *column_end = strstr(columns, " | "), *value_end = strstr(values, " | ");
        if (!column_end != !value_end)
            fail_msg("as many values as columns were expected: %s", values);
        text_add(&pattern, "%s%.*s: %.*s", pattern.length ? " | " : "",
                 column_end ? (int)(column_end - columns) : (int)strlen(columns), columns,
                 value_end ? (int)(value_end - values) : (int)strlen(values), values);
        columns = column_end ? column_end + 3 : "";
        values = value_end ? value_end + 3 : "";
    }
    check_row(csv, "table", row, pattern.bytes);
    free(pattern.bytes);
}
