#include "environments.h"

#include "table.h"

#include <stdlib.h>
#include <string.h>

static const struct table_column columns[] = {
    {"logs", "Logs", 'r', NULL},
    {"program", "Program", 'p', "2.1cm"},
    {"compiler", "Compiler and its options", 'p', "4.3cm"},
    {"oneDNN", "oneDNN", 'p', "1.2cm"},
    {"environment", "Environment", 'p', "5.6cm"},
};

static int same_environment(const struct log *a, const struct log *b)
{
    return strcmp(a->program, b->program) == 0 && strcmp(a->compiler, b->compiler) == 0 &&
           strcmp(a->onednn, b->onednn) == 0 && strcmp(a->environment, b->environment) == 0;
}

void environments_write(const struct ledger *ledger, const char *out)
{
    struct table table;
    table_begin(&table, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < ledger->count; i++) {
        const struct log *log = &ledger->logs[i];
        size_t first = 0, logs = 0;
        while (!same_environment(&ledger->logs[first], log))
            first++;
        if (first < i)
            continue;
        for (size_t j = i; j < ledger->count; j++)
            logs += same_environment(&ledger->logs[j], log) ? 1 : 0;
        table_add(&table, memory_text("%zu", logs), NULL);
        table_add(&table, memory_text("%s", log->program), NULL);
        table_add(&table, memory_text("%s", log->compiler), NULL);
        table_add(&table, memory_text("%s", log->onednn), NULL);
        table_add(&table, memory_text("%s", log->environment), NULL);
    }
    struct text text = {0};
    table_write_text(&table, &text);
    table_write_out(out, "environments", ".txt", &text);
    table_write_tex(&table, "longtable", &text);
    table_write_out(out, "environments", ".tex", &text);
    table_free(&table);
}
