#include "report/published.h"

#include "base/file.h"
#include "base/memory.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FIELDS = 9, CLAIM_FIELDS = 6 };

static const char *const table_columns[FIELDS] = {
    "network", "depth", "params_M", "original_error", "ours_error", "k", "note", "cited", "folder"};
static const char *const literature_columns[FIELDS] = {
    "set", "network", "depth", "role", "error", "statistic", "runs", "setting", "source"};
static const char *const claim_columns[CLAIM_FIELDS] = {"claim", "table", "folder",
                                                        "limit", "says",  "source"};

/* A file being read: its bytes are cut into fields where they stand. */
struct reading {
    const char *path;
    char *at;
    int line;
    int fields; /* of each line */
    char *field[FIELDS];
    struct error *error;
};

/* Cut the next line that is no comment into fields. 1, 0 at the end, -1 on error. */
static int next_row(struct reading *reading)
{
    for (;;) {
        if (*reading->at == '\0')
            return 0;
        char *line = reading->at;
        reading->line++;
        char *newline = strchr(line, '\n');
        if (!newline)
            return error_set(reading->error, "%s:%d: expected a newline at the end of the file",
                             reading->path, reading->line);
        *newline = '\0';
        reading->at = newline + 1;
        if (line[0] == '#')
            continue;
        int count = 0;
        for (char *field = line; field; count++) {
            char *tab = strchr(field, '\t');
            if (tab)
                *tab++ = '\0';
            if (count < reading->fields)
                reading->field[count] = field;
            if (*field == '\0')
                return error_set(reading->error,
                                 "%s:%d: field %d is empty; expected \"-\" for none", reading->path,
                                 reading->line, count + 1);
            field = tab;
        }
        if (count != reading->fields)
            return error_set(reading->error,
                             "%s:%d: expected %d fields separated by tabs, found %d", reading->path,
                             reading->line, reading->fields, count);
        return 1;
    }
}

static int read_columns(struct reading *reading, const char *const *columns)
{
    const int status = next_row(reading);
    if (status < 0)
        return -1;
    for (int i = 0; i < reading->fields; i++)
        if (status == 0 || strcmp(reading->field[i], columns[i]) != 0)
            return error_set(reading->error, "%s:%d: expected \"%s\" as the name of column %d",
                             reading->path, reading->line, columns[i], i + 1);
    return 0;
}

static int number(const struct reading *reading, int field, const char *name, double *value)
{
    char *end = NULL;
    *value = strtod(reading->field[field], &end);
    if (*end == '\0' && isfinite(*value) && *value > 0 && *value <= 100)
        return 0;
    return error_set(reading->error, "%s:%d: %s = %s: expected a number above 0, at most 100",
                     reading->path, reading->line, name, reading->field[field]);
}

int published_read_table(const char *path, struct published_table *table, struct error *error)
{
    *table = (struct published_table){.bytes = file_read(path, NULL, error)};
    if (!table->bytes)
        return -1;
    table->path = memory_text("%s", path);
    struct reading reading = {.path = path, .at = table->bytes, .fields = FIELDS, .error = error};
    int status = read_columns(&reading, table_columns);
    while (status == 0 && (status = next_row(&reading)) == 1) {
        struct published_row row = {.network = reading.field[0],
                                    .depth = reading.field[1],
                                    .params = reading.field[2],
                                    .note = reading.field[6],
                                    .cited = reading.field[7],
                                    .folder = reading.field[8],
                                    .line = reading.line};
        if (number(&reading, 3, "original_error", &row.original) != 0 ||
            number(&reading, 4, "ours_error", &row.ours) != 0 ||
            number(&reading, 5, "k", &row.k) != 0) {
            status = -1;
            break;
        }
        table->rows = memory_resize(table->rows, table->count + 1, sizeof *table->rows);
        table->rows[table->count++] = row;
        status = 0;
    }
    if (status != 0)
        published_free_table(table);
    return status;
}

void published_free_table(struct published_table *table)
{
    free(table->path);
    free(table->bytes);
    free(table->rows);
    *table = (struct published_table){0};
}

static int check_role(const struct reading *reading)
{
    static const char *const roles[] = {"cited", "fair", "cited+fair", "other"};
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++)
        if (strcmp(reading->field[3], roles[i]) == 0)
            return 0;
    return error_set(reading->error, "%s:%d: role = %s: expected cited, fair, cited+fair or other",
                     reading->path, reading->line, reading->field[3]);
}

int published_read_literature(const char *path, struct literature *literature, struct error *error)
{
    *literature = (struct literature){.bytes = file_read(path, NULL, error)};
    if (!literature->bytes)
        return -1;
    literature->path = memory_text("%s", path);
    struct reading reading = {
        .path = path, .at = literature->bytes, .fields = FIELDS, .error = error};
    int status = read_columns(&reading, literature_columns);
    while (status == 0 && (status = next_row(&reading)) == 1) {
        struct literature_row row = {.set = reading.field[0],
                                     .network = reading.field[1],
                                     .depth = reading.field[2],
                                     .role = reading.field[3],
                                     .statistic = reading.field[5],
                                     .runs = reading.field[6],
                                     .setting = reading.field[7],
                                     .source = reading.field[8],
                                     .line = reading.line};
        if (check_role(&reading) != 0 || number(&reading, 4, "error", &row.error) != 0) {
            status = -1;
            break;
        }
        literature->rows =
            memory_resize(literature->rows, literature->count + 1, sizeof *literature->rows);
        literature->rows[literature->count++] = row;
        status = 0;
    }
    if (status != 0)
        published_free_literature(literature);
    return status;
}

void published_free_literature(struct literature *literature)
{
    free(literature->path);
    free(literature->bytes);
    free(literature->rows);
    *literature = (struct literature){0};
}

int published_read_claims(const char *path, struct published_claims *claims, struct error *error)
{
    *claims = (struct published_claims){.bytes = file_read(path, NULL, error)};
    if (!claims->bytes)
        return -1;
    claims->path = memory_text("%s", path);
    struct reading reading = {
        .path = path, .at = claims->bytes, .fields = CLAIM_FIELDS, .error = error};
    int status = read_columns(&reading, claim_columns);
    while (status == 0 && (status = next_row(&reading)) == 1) {
        struct published_claim row = {.id = reading.field[0],
                                      .table = reading.field[1],
                                      .folder = reading.field[2],
                                      .limit = NAN,
                                      .says = reading.field[4],
                                      .source = reading.field[5],
                                      .line = reading.line};
        if (strcmp(reading.field[3], "-") != 0 && number(&reading, 3, "limit", &row.limit) != 0) {
            status = -1;
            break;
        }
        claims->rows = memory_resize(claims->rows, claims->count + 1, sizeof *claims->rows);
        claims->rows[claims->count++] = row;
        status = 0;
    }
    if (status != 0)
        published_free_claims(claims);
    return status;
}

void published_free_claims(struct published_claims *claims)
{
    free(claims->path);
    free(claims->bytes);
    free(claims->rows);
    *claims = (struct published_claims){0};
}

const struct literature_row *published_find(const struct literature *literature, const char *set,
                                            const char *network, const char *depth,
                                            const char *role)
{
    for (size_t i = 0; i < literature->count; i++) {
        const struct literature_row *row = &literature->rows[i];
        if (strcmp(row->set, set) == 0 && strcmp(row->network, network) == 0 &&
            strcmp(row->depth, depth) == 0 && strstr(row->role, role))
            return row;
    }
    return NULL;
}

/* ---- Value ids ---------------------------------------------------------------------------- */

/* Lower case; whatever is neither letter nor digit becomes one '-' between those that are. */
static void add_slug(struct text *out, const char *name, size_t length)
{
    int gap = 0, first = 1;
    for (size_t i = 0; i < length; i++) {
        if (!isalnum((unsigned char)name[i])) {
            gap = 1;
            continue;
        }
        text_add(out, "%s%c", gap && !first ? "-" : "", tolower((unsigned char)name[i]));
        gap = first = 0;
    }
}

char *published_value_id(const struct published_table *table, const struct published_row *row,
                         const char *what)
{
    const char *slash = strrchr(table->path, '/'), *name = slash ? slash + 1 : table->path;
    struct text id = {0};
    text_add(&id, "%.*s:", (int)strcspn(name, "."), name);
    add_slug(&id, row->network, strlen(row->network));
    text_add(&id, "-");
    add_slug(&id, row->depth, strlen(row->depth));
    text_add(&id, ":%s", what);
    return id.bytes;
}

char *literature_value_id(const struct literature_row *row)
{
    struct text id = {0};
    text_add(&id, "literature:");
    add_slug(&id, row->set, strlen(row->set));
    text_add(&id, ":");
    add_slug(&id, row->network, strlen(row->network));
    text_add(&id, "-");
    add_slug(&id, row->depth, strlen(row->depth));
    text_add(&id, ":");
    add_slug(&id, row->setting, strlen(row->setting));
    text_add(&id, ":");
    add_slug(&id, row->source, strcspn(row->source, ","));
    return id.bytes;
}
