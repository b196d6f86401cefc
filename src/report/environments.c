#include "report/environments.h"

#include "base/memory.h"
#include "report/table.h"

#include <stdlib.h>
#include <string.h>

static const struct table_column columns[] = {
    {"logs", "Logs", 'r', NULL},
    {"environment", "Environment", 'p', "4.6cm"},
    {"compiler", "Compiler and its options", 'p', "4.2cm"},
    {"programs (logs)", "Programs (logs)", 'p', "5.0cm"},
};

static int same_environment(const struct log *a, const struct log *b)
{
    return strcmp(a->compiler, b->compiler) == 0 && strcmp(a->environment, b->environment) == 0;
}

static int same_program(const struct log *a, const struct log *b)
{
    return same_environment(a, b) && strcmp(a->program, b->program) == 0;
}

/* How many logs are as log `i`; 0 if an earlier one is. */
static size_t count_of(const struct ledger *ledger, size_t i,
                       int (*same)(const struct log *a, const struct log *b))
{
    size_t first = 0, count = 0;
    while (!same(&ledger->logs[first], &ledger->logs[i]))
        first++;
    for (size_t j = i; first == i && j < ledger->count; j++)
        count += same(&ledger->logs[j], &ledger->logs[i]) ? 1 : 0;
    return count;
}

/* "54577033b856 (30), 827bf14d4cad (15)" */
static char *programs_of(const struct ledger *ledger, size_t row)
{
    struct text programs = {0};
    for (size_t i = row; i < ledger->count; i++) {
        const struct log *log = &ledger->logs[i];
        if (!same_environment(&ledger->logs[row], log))
            continue;
        const size_t logs = count_of(ledger, i, same_program);
        if (logs)
            text_add(&programs, "%s%s (%zu)", programs.length ? ", " : "", log->program, logs);
    }
    return programs.bytes;
}

void environments_write(const struct ledger *ledger, const char *out)
{
    struct table table;
    table_begin(&table, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < ledger->count; i++) {
        const struct log *log = &ledger->logs[i];
        const size_t logs = count_of(ledger, i, same_environment);
        if (!logs)
            continue;
        table_add(&table, memory_text("%zu", logs), NULL);
        table_add(&table, memory_text("%s", log->environment), NULL);
        table_add(&table, memory_text("%s", log->compiler), NULL);
        table_add(&table, programs_of(ledger, i), NULL);
    }
    struct text text = {0};
    table_write_text(&table, &text);
    table_write_out(out, "environments", ".txt", &text);
    table_write_tex(&table, "longtable", &text);
    table_write_out(out, "environments", ".tex", &text);
    table_free(&table);
}
