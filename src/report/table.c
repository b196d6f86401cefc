#include "report/table.h"

#include "base/file.h"

#include <stdlib.h>
#include <string.h>

void table_begin(struct table *table, const struct table_column *columns, size_t count)
{
    *table = (struct table){.columns = columns, .column_count = count};
}

static void add_cell(struct table *table, struct table_cell cell)
{
    table->cells = memory_resize(table->cells, table->cell_count + 1, sizeof *table->cells);
    table->cells[table->cell_count++] = cell;
}

void table_add(struct table *table, char *plain, char *tex)
{
    if (!tex)
        tex = strcmp(plain, "-") == 0 ? memory_text("--") : table_tex_escaped(plain);
    add_cell(table, (struct table_cell){.plain = plain, .tex = tex});
}

void table_trace(struct table *table, char *id, char *sources)
{
    struct table_cell *cell = &table->cells[table->cell_count - 1];
    cell->id = id;
    cell->sources = sources;
}

void table_add_group(struct table *table, const char *title)
{
    for (size_t i = 0; i < table->column_count; i++)
        add_cell(table,
                 (struct table_cell){.plain = memory_text("%s", i ? "" : title),
                                     .tex = i ? memory_text("%s", "") : table_tex_escaped(title),
                                     .group = 1});
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
    *table = (struct table){0};
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
    const size_t columns = table->column_count;
    size_t *width = memory_zeroed(columns, sizeof *width);
    size_t all = 0;
    for (size_t c = 0; c < columns; c++) {
        width[c] = strlen(table->columns[c].name);
        for (size_t i = c; i < table->cell_count; i += columns)
            if (!table->cells[i].group && strlen(table->cells[i].plain) > width[c])
                width[c] = strlen(table->cells[i].plain);
        all += width[c] + (c ? 2 : 0);
    }
    for (size_t c = 0; c < columns; c++)
        add_padded(out, table->columns[c].name, width[c], table->columns[c].align,
                   c + 1 == columns);
    for (size_t i = 0; i < all; i++)
        text_add(out, "-");
    text_add(out, "\n");
    for (size_t i = 0; i < table->cell_count; i++)
        if (!table->cells[i].group)
            add_padded(out, table->cells[i].plain, width[i % columns],
                       table->columns[i % columns].align, i % columns + 1 == columns);
        else if (i % columns == 0)
            text_add(out, "%s%s\n", i ? "\n" : "", table->cells[i].plain);
    free(width);
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
    const size_t columns = table->column_count;
    for (size_t c = 0; c < columns; c++)
        add_csv_field(out, table->columns[c].name, c + 1 == columns);
    for (size_t i = 0; i < table->cell_count; i++)
        if (!table->cells[i].group)
            add_csv_field(out, table->cells[i].plain, i % columns + 1 == columns);
}

void table_write_sources(const struct table *table, struct text *out)
{
    const size_t columns = table->column_count;
    size_t row = 1;
    text_add(out, "id\tshown\trow\tcolumn\tfile\tline\n");
    for (size_t i = 0; i < table->cell_count; i++) {
        const struct table_cell *cell = &table->cells[i];
        row += i % columns == 0 && !cell->group ? 1 : 0;
        for (const char *at = cell->sources; at && *at; at = strchr(at, '\n') + 1)
            text_add(out, "%s\t%s\t%zu\t%s\t%.*s\n", cell->id, cell->plain, row,
                     table->columns[i % columns].name, (int)strcspn(at, "\n"), at);
    }
}

void table_write_tex(const struct table *table, const char *environment, struct text *out)
{
    const size_t columns = table->column_count;
    text_add(out, "{\\setlength{\\tabcolsep}{4pt}%%\n\\begin{%s}{@{}", environment);
    for (size_t c = 0; c < columns; c++) {
        if (table->columns[c].align == 'p')
            text_add(out, ">{\\raggedright\\arraybackslash}p{%s}", table->columns[c].width);
        else
            text_add(out, "%c", table->columns[c].align);
    }
    text_add(out, "@{}}\n\\toprule\n");
    for (size_t c = 0; c < columns; c++)
        text_add(out, "%s%s", c ? " & " : "", table->columns[c].tex);
    text_add(out, " \\\\\n\\midrule\n%s",
             strcmp(environment, "longtable") == 0 ? "\\endhead\n" : "");
    for (size_t i = 0; i < table->cell_count; i += columns) {
        if (table->cells[i].group) {
            text_add(out, "%s\\multicolumn{%zu}{@{}l}{%s} \\\\*\n", i ? "\\addlinespace\n" : "",
                     columns, table->cells[i].tex);
            continue;
        }
        for (size_t c = 0; c < columns; c++)
            text_add(out, "%s%s", c ? " & " : "", table->cells[i + c].tex);
        text_add(out, " \\\\\n");
    }
    text_add(out, "\\bottomrule\n\\end{%s}}\n", environment);
}

void table_write_out(const char *out, const char *name, const char *ending, struct text *text)
{
    file_update_text(memory_text("%s/tables/%s%s", out, name, ending), text);
}

void table_write_files(const char *out, const char *name, const struct table *plain,
                       const struct table *tex, const char *environment)
{
    struct text text = {0};
    table_write_csv(plain, &text);
    table_write_out(out, name, ".csv", &text);
    table_write_tex(tex, environment, &text);
    table_write_out(out, name, ".tex", &text);
    table_write_sources(plain, &text);
    table_write_out(out, name, ".sources.tsv", &text);
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
