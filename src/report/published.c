#include "report/published.h"

#include "base/memory.h"
#include "base/tsv.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const table_columns[] = {
    "network", "depth", "params_M", "original_error", "ours_error", "k", "note", "cited", "folder"};
static const char *const literature_columns[] = {
    "set", "network", "depth", "role", "error", "statistic", "runs", "setting", "source"};
static const char *const claim_columns[] = {"claim",      "table",    "folder", "control", "arm",
                                            "limit",      "computed", "own",    "matched", "runs",
                                            "registered", "says",     "source"};

/* ---- Reading ------------------------------------------------------------------------------ */

static int number(const struct tsv *tsv, const char *const *columns, int field, double *value)
{
    char *end = NULL;
    *value = strtod(tsv->field[field], &end);
    if (*end == '\0' && isfinite(*value) && *value > 0 && *value <= 100)
        return 0;
    return error_set(tsv->error, "%s:%d: %s = %s: expected a number above 0, at most 100",
                     tsv->path, tsv->line, columns[field], tsv->field[field]);
}

/* The common part of all three kinds of tables. */
struct list {
    char *path, *bytes;
    void *rows;
    size_t count;
};

/* Read a file into rows of `size` bytes, each filled by `parse`. 0; or -1 with *error set and an
 * empty list. */
static int read_list(const char *path, const char *const *columns, int count, size_t size,
                     int (*parse)(const struct tsv *tsv, void *row), struct list *list,
                     struct error *error)
{
    struct tsv tsv;
    int status = tsv_open(&tsv, path, columns, count, error);
    *list = (struct list){0};
    while (status == 0 && (status = tsv_next(&tsv)) == 1) {
        list->rows = memory_resize(list->rows, list->count + 1, size);
        status = parse(&tsv, (char *)list->rows + size * list->count++);
    }
    if (status == 0) {
        list->path = memory_text("%s", path);
        list->bytes = tsv.bytes;
        return 0;
    }
    if (tsv.bytes)
        tsv_close(&tsv);
    free(list->rows);
    *list = (struct list){0};
    return -1;
}

static void free_list(char *path, char *bytes, void *rows)
{
    free(path);
    free(bytes);
    free(rows);
}

static int parse_row(const struct tsv *tsv, void *to)
{
    struct published_row *row = to;
    *row = (struct published_row){.network = tsv->field[0],
                                  .depth = tsv->field[1],
                                  .params = tsv->field[2],
                                  .note = tsv->field[6],
                                  .cited = tsv->field[7],
                                  .folder = tsv->field[8],
                                  .line = tsv->line};
    return number(tsv, table_columns, 3, &row->original) != 0 ||
                   number(tsv, table_columns, 4, &row->ours) != 0 ||
                   number(tsv, table_columns, 5, &row->k) != 0
               ? -1
               : 0;
}

int published_read_table(const char *path, struct published_table *table, struct error *error)
{
    struct list list;
    const int status = read_list(path, table_columns, COUNT(table_columns), sizeof *table->rows,
                                 parse_row, &list, error);
    *table = (struct published_table){list.path, list.bytes, list.rows, list.count};
    return status;
}

void published_free_table(struct published_table *table)
{
    free_list(table->path, table->bytes, table->rows);
    *table = (struct published_table){0};
}

static int parse_literature(const struct tsv *tsv, void *to)
{
    static const char *const roles[] = {"cited", "matched", "cited+matched", "other"};
    struct literature_row *row = to;
    *row = (struct literature_row){.set = tsv->field[0],
                                   .network = tsv->field[1],
                                   .depth = tsv->field[2],
                                   .role = tsv->field[3],
                                   .statistic = tsv->field[5],
                                   .runs = tsv->field[6],
                                   .setting = tsv->field[7],
                                   .source = tsv->field[8],
                                   .line = tsv->line};
    for (size_t i = 0; i < COUNT(roles); i++)
        if (strcmp(row->role, roles[i]) == 0)
            return number(tsv, literature_columns, 4, &row->error);
    return error_set(tsv->error,
                     "%s:%d: role = %s: expected cited, matched, cited+matched or other", tsv->path,
                     tsv->line, row->role);
}

int published_read_literature(const char *path, struct literature *literature, struct error *error)
{
    struct list list;
    const int status = read_list(path, literature_columns, COUNT(literature_columns),
                                 sizeof *literature->rows, parse_literature, &list, error);
    *literature = (struct literature){list.path, list.bytes, list.rows, list.count};
    return status;
}

void published_free_literature(struct literature *literature)
{
    free_list(literature->path, literature->bytes, literature->rows);
    *literature = (struct literature){0};
}

static int parse_claim(const struct tsv *tsv, void *to)
{
    struct published_claim *row = to;
    *row = (struct published_claim){
        .id = tsv->field[0],
        .table = tsv->field[1],
        .folder = tsv->field[2],
        .control = tsv->field[3],
        .arm = tsv->field[4],
        .limit = NAN,
        .rules = {tsv->field[6], tsv->field[7], tsv->field[8], tsv->field[9], tsv->field[10]},
        .says = tsv->field[11],
        .source = tsv->field[12],
        .line = tsv->line};
    return strcmp(tsv->field[5], "-") == 0 ? 0 : number(tsv, claim_columns, 5, &row->limit);
}

int published_read_claims(const char *path, struct published_claims *claims, struct error *error)
{
    struct list list;
    const int status = read_list(path, claim_columns, COUNT(claim_columns), sizeof *claims->rows,
                                 parse_claim, &list, error);
    *claims = (struct published_claims){list.path, list.bytes, list.rows, list.count};
    return status;
}

void published_free_claims(struct published_claims *claims)
{
    free_list(claims->path, claims->bytes, claims->rows);
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

/* Lower case; all between two letters or digits that is neither becomes one '-'. */
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
