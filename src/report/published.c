#include "report/published.h"

#include "base/memory.h"
#include "base/tsv.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Reading ------------------------------------------------------------------------------ */

/* One column of a file, and where its value goes in a row. */
struct field {
    const char *name;
    size_t at;
    enum { TEXT, NUMBER, NUMBER_OR_NONE } kind;
};

#define FIELD(name, kind, type, member)                                                            \
    {                                                                                              \
        name, offsetof(struct type, member), kind                                                  \
    }

static const struct field table_fields[] = {
    FIELD("network", TEXT, published_row, network),
    FIELD("depth", TEXT, published_row, depth),
    FIELD("params_M", TEXT, published_row, params),
    FIELD("original_error", NUMBER, published_row, original),
    FIELD("ours_error", NUMBER, published_row, ours),
    FIELD("k", NUMBER, published_row, k),
    FIELD("note", TEXT, published_row, note),
    FIELD("cited", TEXT, published_row, cited),
    FIELD("folder", TEXT, published_row, folder),
};

static const struct field literature_fields[] = {
    FIELD("set", TEXT, literature_row, set),
    FIELD("network", TEXT, literature_row, network),
    FIELD("depth", TEXT, literature_row, depth),
    FIELD("role", TEXT, literature_row, role),
    FIELD("error", NUMBER, literature_row, error),
    FIELD("statistic", TEXT, literature_row, statistic),
    FIELD("runs", TEXT, literature_row, runs),
    FIELD("setting", TEXT, literature_row, setting),
    FIELD("source", TEXT, literature_row, source),
};

static const struct field claim_fields[] = {
    FIELD("claim", TEXT, published_claim, id),
    FIELD("table", TEXT, published_claim, table),
    FIELD("folder", TEXT, published_claim, folder),
    FIELD("control", TEXT, published_claim, control),
    FIELD("arm", TEXT, published_claim, arm),
    FIELD("limit", NUMBER_OR_NONE, published_claim, limit),
    FIELD("computed", TEXT, published_claim, rules[RULE_COMPUTED]),
    FIELD("own", TEXT, published_claim, rules[RULE_OWN]),
    FIELD("matched", TEXT, published_claim, rules[RULE_MATCHED]),
    FIELD("runs", TEXT, published_claim, rules[RULE_RUNS]),
    FIELD("registered", TEXT, published_claim, rules[RULE_REGISTERED]),
    FIELD("says", TEXT, published_claim, says),
    FIELD("source", TEXT, published_claim, source),
};

static int read_field(const struct tsv *tsv, int i, const struct field *field, char *row)
{
    void *to = row + field->at;
    if (field->kind == TEXT) {
        *(const char **)to = tsv->field[i];
        return 0;
    }
    double *value = to;
    char *end = NULL;
    *value = NAN;
    if (field->kind == NUMBER_OR_NONE && strcmp(tsv->field[i], "-") == 0)
        return 0;
    *value = strtod(tsv->field[i], &end);
    if (*end == '\0' && isfinite(*value) && *value > 0 && *value <= 100)
        return 0;
    return error_set(tsv->error, "%s:%d: %s = %s: expected a number above 0, at most 100",
                     tsv->path, tsv->line, field->name, tsv->field[i]);
}

/* The common part of all three kinds of files. */
struct list {
    char *path, *bytes;
    void *rows;
    size_t count;
};

/* Read a file into rows of `size` bytes, whose line is at `line_at`. 0; or -1 with *error set and
 * an empty list. */
static int read_list(const char *path, const struct field *fields, int count, size_t size,
                     size_t line_at, struct list *list, struct error *error)
{
    struct tsv tsv;
    const char *names[TSV_MOST_FIELDS];
    for (int i = 0; i < count; i++)
        names[i] = fields[i].name;
    int status = tsv_open(&tsv, path, names, count, error);
    *list = (struct list){0};
    while (status == 0 && (status = tsv_next(&tsv)) == 1) {
        list->rows = memory_resize(list->rows, list->count + 1, size);
        char *row = (char *)list->rows + size * list->count++;
        memcpy(row + line_at, &tsv.line, sizeof tsv.line);
        status = 0;
        for (int i = 0; i < count && status == 0; i++)
            status = read_field(&tsv, i, &fields[i], row);
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

#define READ_LIST(path, fields, type, list, error)                                                 \
    read_list(path, fields, COUNT(fields), sizeof(struct type), offsetof(struct type, line), list, \
              error)

static void free_list(char *path, char *bytes, void *rows)
{
    free(path);
    free(bytes);
    free(rows);
}

int published_read_table(const char *path, struct published_table *table, struct error *error)
{
    struct list list;
    const int status = READ_LIST(path, table_fields, published_row, &list, error);
    *table = (struct published_table){list.path, list.bytes, list.rows, list.count};
    return status;
}

void published_free_table(struct published_table *table)
{
    free_list(table->path, table->bytes, table->rows);
    *table = (struct published_table){0};
}

static int check_role(const struct literature *literature, const struct literature_row *row,
                      struct error *error)
{
    static const char *const roles[] = {"cited", "matched", "cited+matched", "other"};
    for (size_t i = 0; i < COUNT(roles); i++)
        if (strcmp(row->role, roles[i]) == 0)
            return 0;
    return error_set(error, "%s:%d: role = %s: expected cited, matched, cited+matched or other",
                     literature->path, row->line, row->role);
}

int published_read_literature(const char *path, struct literature *literature, struct error *error)
{
    struct list list;
    int status = READ_LIST(path, literature_fields, literature_row, &list, error);
    *literature = (struct literature){list.path, list.bytes, list.rows, list.count};
    for (size_t i = 0; i < literature->count && status == 0; i++)
        status = check_role(literature, &literature->rows[i], error);
    if (status != 0)
        published_free_literature(literature);
    return status;
}

void published_free_literature(struct literature *literature)
{
    free_list(literature->path, literature->bytes, literature->rows);
    *literature = (struct literature){0};
}

int published_read_claims(const char *path, struct published_claims *claims, struct error *error)
{
    struct list list;
    const int status = READ_LIST(path, claim_fields, published_claim, &list, error);
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
