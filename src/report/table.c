#include "report/table.h"

#include "base/file.h"

#include <stdlib.h>
#include <string.h>

void table_begin(struct table *table, const struct table_column *columns, size_t count)
{
    *table = (struct table){0};
    table_add_columns(table, columns, count);
}

void table_add_columns(struct table *table, const struct table_column *columns, size_t count)
{
    table->columns =
        memory_resize(table->columns, table->column_count + count, sizeof *table->columns);
    memcpy(table->columns + table->column_count, columns, count * sizeof *columns);
    table->column_count += count;
}

void table_free(struct table *table)
{
    for (size_t i = 0; i < table->cell_count; i++) {
        free(table->cells[i].plain);
        free(table->cells[i].tex);
        free(table->cells[i].id);
        free(table->cells[i].sources);
    }
    free(table->cells);
    free(table->columns);
    *table = (struct table){0};
}

/* ---- Cells and rows ----------------------------------------------------------------------- */

struct table_cell table_cell(char *plain, char *tex)
{
    if (!tex)
        tex = strcmp(plain, "-") == 0 ? memory_text("--") : table_tex_escaped(plain);
    return (struct table_cell){.plain = plain, .tex = tex};
}

struct table_cell table_text(const char *text)
{
    return table_cell(memory_text("%s", text), NULL);
}

struct table_cell table_integer(long long value)
{
    return table_cell(memory_text("%lld", value), NULL);
}

struct table_cell table_dash(void)
{
    return table_text("-");
}

struct table_cell table_blank(void)
{
    return table_text("");
}

struct table_cell table_traced(struct table_cell cell, char *id, char *sources)
{
    cell.id = id;
    cell.sources = sources;
    return cell;
}

void table_add(struct table *table, struct table_cell cell)
{
    table->cells = memory_resize(table->cells, table->cell_count + 1, sizeof *table->cells);
    table->cells[table->cell_count++] = cell;
}

void table_add_row(struct table *table, const void *row)
{
    for (size_t c = 0; c < table->column_count; c++)
        table_add(table, table->columns[c].fill(row));
}

void table_add_heading(struct table *table, int where, const char *title)
{
    for (size_t c = 0; c < table->column_count; c++) {
        struct table_cell cell = c ? table_blank() : table_text(title);
        cell.heading = where;
        table_add(table, cell);
    }
}

/* ---- Writing ------------------------------------------------------------------------------ */

/* The columns of one of the three outputs, from left to right. */
struct columns {
    size_t *at;
    size_t count;
};

static struct columns columns_shown(const struct table *table, int where)
{
    struct columns shown = {.at = memory_zeroed(table->column_count, sizeof *shown.at)};
    for (size_t c = 0; c < table->column_count; c++)
        if (table->columns[c].where & where)
            shown.at[shown.count++] = c;
    return shown;
}

static void add_padded(struct text *out, const char *cell, size_t width, char align, int last)
{
    const int space = (int)(width - strlen(cell));
    if (align == 'r')
        text_add(out, "%*s%s", space, "", cell);
    else
        text_add(out, "%s%*s", cell, last ? 0 : space, "");
    text_add(out, "%s", last ? "\n" : "  ");
}

void table_write_text(const struct table *table, struct text *out)
{
    const struct columns shown = columns_shown(table, TABLE_TEXT);
    size_t *width = memory_zeroed(shown.count, sizeof *width);
    size_t all = 0;
    for (size_t c = 0; c < shown.count; c++) {
        width[c] = strlen(table->columns[shown.at[c]].name);
        for (size_t i = shown.at[c]; i < table->cell_count; i += table->column_count)
            if (!table->cells[i].heading && strlen(table->cells[i].plain) > width[c])
                width[c] = strlen(table->cells[i].plain);
        all += width[c] + (c ? 2 : 0);
    }
    for (size_t c = 0; c < shown.count; c++)
        add_padded(out, table->columns[shown.at[c]].name, width[c],
                   table->columns[shown.at[c]].align, c + 1 == shown.count);
    for (size_t i = 0; i < all; i++)
        text_add(out, "-");
    text_add(out, "\n");
    for (size_t i = 0, rows = 0; i < table->cell_count; i += table->column_count) {
        const struct table_cell *row = &table->cells[i];
        if (row->heading && !(row->heading & TABLE_TEXT))
            continue;
        if (row->heading)
            text_add(out, "%s%s\n", rows ? "\n" : "", row->plain);
        else
            for (size_t c = 0; c < shown.count; c++)
                add_padded(out, row[shown.at[c]].plain, width[c], table->columns[shown.at[c]].align,
                           c + 1 == shown.count);
        rows++;
    }
    free(width);
    free(shown.at);
}

/* RFC 4180: a field with a comma, a quote or a newline is quoted. */
static void add_csv_field(struct text *out, const char *field, int last)
{
    if (!strpbrk(field, ",\"\n")) {
        text_add(out, "%s", field);
    } else {
        text_add(out, "\"");
        for (const char *at = field; *at; at++)
            text_add(out, "%s%c", *at == '"' ? "\"" : "", *at);
        text_add(out, "\"");
    }
    text_add(out, "%s", last ? "\n" : ",");
}

void table_write_csv(const struct table *table, struct text *out)
{
    const struct columns shown = columns_shown(table, TABLE_CSV);
    for (size_t c = 0; c < shown.count; c++)
        add_csv_field(out, table->columns[shown.at[c]].name, c + 1 == shown.count);
    for (size_t i = 0; i < table->cell_count; i += table->column_count)
        for (size_t c = 0; c < shown.count && !table->cells[i].heading; c++)
            add_csv_field(out, table->cells[i + shown.at[c]].plain, c + 1 == shown.count);
    free(shown.at);
}

/* For each source: id, the text shown, line and column of the CSV, file and line of the source. */
static void write_sources(const struct table *table, struct text *out)
{
    const size_t columns = table->column_count;
    size_t row = 1;
    text_add(out, "id\tshown\trow\tcolumn\tfile\tline\n");
    for (size_t i = 0; i < table->cell_count; i++) {
        const struct table_cell *cell = &table->cells[i];
        const struct table_column *column = &table->columns[i % columns];
        row += i % columns == 0 && !cell->heading ? 1 : 0;
        if (!(column->where & TABLE_CSV))
            continue;
        for (const char *at = cell->sources; at && *at; at = strchr(at, '\n') + 1)
            text_add(out, "%s\t%s\t%zu\t%s\t%.*s\n", cell->id, cell->plain, row, column->name,
                     (int)strcspn(at, "\n"), at);
    }
}

void table_write_tex(const struct table *table, const char *environment, struct text *out)
{
    const struct columns shown = columns_shown(table, TABLE_TEX);
    text_add(out, "{\\setlength{\\tabcolsep}{4pt}%%\n\\begin{%s}{@{}", environment);
    for (size_t c = 0; c < shown.count; c++) {
        const struct table_column *column = &table->columns[shown.at[c]];
        if (column->align == 'p')
            text_add(out, ">{\\raggedright\\arraybackslash}p{%s}", column->width);
        else
            text_add(out, "%c", column->align);
    }
    text_add(out, "@{}}\n\\toprule\n");
    for (size_t c = 0; c < shown.count; c++)
        text_add(out, "%s%s", c ? " & " : "", table->columns[shown.at[c]].tex);
    text_add(out, " \\\\\n\\midrule\n%s",
             strcmp(environment, "longtable") == 0 ? "\\endhead\n" : "");
    for (size_t i = 0, rows = 0; i < table->cell_count; i += table->column_count) {
        const struct table_cell *row = &table->cells[i];
        if (row->heading && !(row->heading & TABLE_TEX))
            continue;
        if (row->heading)
            text_add(out, "%s\\multicolumn{%zu}{@{}l}{%s} \\\\*\n", rows ? "\\addlinespace\n" : "",
                     shown.count, row->tex);
        else
            for (size_t c = 0; c < shown.count; c++)
                text_add(out, "%s%s%s", c ? " & " : "", row[shown.at[c]].tex,
                         c + 1 < shown.count ? "" : " \\\\\n");
        rows++;
    }
    text_add(out, "\\bottomrule\n\\end{%s}}\n", environment);
    free(shown.at);
}

void table_write_out(const char *out, const char *name, const char *ending, struct text *text)
{
    file_update_text(memory_text("%s/tables/%s%s", out, name, ending), text);
}

void table_write_files(const char *out, const char *name, const struct table *table,
                       const char *environment)
{
    struct text text = {0};
    table_write_csv(table, &text);
    table_write_out(out, name, ".csv", &text);
    table_write_tex(table, environment, &text);
    table_write_out(out, name, ".tex", &text);
    write_sources(table, &text);
    table_write_out(out, name, ".sources.tsv", &text);
}

void table_write_values(const char *out, const char *name, const struct table *table)
{
    struct text text = {0};
    for (size_t i = 0; i < table->cell_count; i++) {
        const struct table_cell *cell = &table->cells[i];
        if (cell->id)
            text_add(&text, "\\tracedvalue{%s}{%s}\n", cell->id, cell->tex);
    }
    table_write_out(out, name, ".values.tex", &text);
}

char *table_tex_escaped(const char *plain)
{
    struct text out = {0};
    text_add(&out, "%s", "");
    for (const char *at = plain; *at; at++) {
        if (strchr("&%$#_{}", *at))
            text_add(&out, "\\%c", *at);
        else if (*at == '\\')
            text_add(&out, "\\textbackslash{}");
        else if (*at == '~')
            text_add(&out, "\\textasciitilde{}");
        else if (*at == '^')
            text_add(&out, "\\textasciicircum{}");
        else if (*at == '/')
            text_add(&out, "/\\allowbreak{}");
        else
            text_add(&out, "%c", *at);
    }
    return out.bytes;
}
