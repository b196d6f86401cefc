#include "report/environments.h"

#include "base/memory.h"
#include "report/table.h"

#include <stdlib.h>
#include <string.h>

static int same_environment(const struct log *a, const struct log *b)
{
    return strcmp(a->compiler, b->compiler) == 0 && strcmp(a->environment, b->environment) == 0;
}

static int same_program(const struct log *a, const struct log *b)
{
    return same_environment(a, b) && strcmp(a->program, b->program) == 0;
}

/* The number of logs in the environment of log `i`; 0 if an earlier log has this environment. */
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

/* The first log of an environment. */
struct row {
    const struct ledger *ledger;
    size_t first, logs;
};

static const struct log *log_of(const void *row)
{
    const struct row *at = row;
    return &at->ledger->logs[at->first];
}

static TABLE_CELL(cell_logs, struct row, table_cell(memory_text("%zu", at->logs), NULL));
static TABLE_CELL(cell_environment, struct row, table_text(log_of(at)->environment));
static TABLE_CELL(cell_compiler, struct row, table_text(log_of(at)->compiler));
static TABLE_CELL(cell_programs, struct row, table_cell(programs_of(at->ledger, at->first), NULL));

static const struct table_column columns[] = {
    {"logs", "Logs", 'r', NULL, TABLE_ALL, cell_logs},
    {"environment", "Environment", 'p', "4.6cm", TABLE_ALL, cell_environment},
    {"compiler", "Compiler and its options", 'p', "4.2cm", TABLE_ALL, cell_compiler},
    {"programs (logs)", "Programs (logs)", 'p', "5.0cm", TABLE_ALL, cell_programs},
};

void environments_write(const struct ledger *ledger, const char *out)
{
    struct table table;
    table_begin(&table, columns, COUNT(columns));
    for (size_t i = 0; i < ledger->count; i++) {
        const struct row row = {ledger, i, count_of(ledger, i, same_environment)};
        if (row.logs)
            table_add_row(&table, &row);
    }
    struct text text = {0};
    table_write_text(&table, &text);
    table_write_out(out, "environments", ".txt", &text);
    table_write_tex(&table, "longtable", &text);
    table_write_out(out, "environments", ".tex", &text);
    table_free(&table);
}
