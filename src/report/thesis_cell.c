#include "report/thesis_cell.h"

#include "report/cells.h"

#include <math.h>

struct thesis_cells thesis_cells_of(const struct thesis_table *tables, size_t count,
                                    const struct literature *literature)
{
    size_t all = 0;
    for (size_t t = 0; t < count; t++)
        all += tables[t].published.count;
    struct thesis_cells cells = {.cell = memory_zeroed(all, sizeof *cells.cell)};
    cells.end = cells.cell;
    for (const struct thesis_table *table = tables; table < tables + count; table++)
        for (size_t i = 0; i < table->published.count; i++) {
            const struct published_row *row = &table->published.rows[i];
            *cells.end++ = (struct thesis_cell){
                table, row, literature,
                published_find(literature, table->images, row->network, row->depth, "matched"),
                published_find(literature, table->images, row->network, row->depth, "cited")};
        }
    return cells;
}

struct table_cell thesis_printed(const struct thesis_cell *cell, const char *what, double value,
                                 int decimals, const char *mark)
{
    const struct published_table *table = &cell->table->published;
    return cells_published(value, decimals, mark, published_value_id(table, cell->row, what),
                           table->path, cell->row->line);
}

struct table_cell thesis_literature(const struct thesis_cell *cell,
                                    const struct literature_row *row)
{
    return cells_published(row->error, 2, "", literature_value_id(row), cell->literature->path,
                           row->line);
}

struct table_cell thesis_delta(const struct thesis_cell *cell, const struct literature_row *other,
                               const char *what)
{
    const struct published_table *table = &cell->table->published;
    struct text sources = {0};
    text_add(&sources, "%s\t%d\n", table->path, cell->row->line);
    if (other)
        text_add(&sources, "%s\t%d\n", cell->literature->path, other->line);
    return table_traced(
        cells_number(cell->row->ours - (other ? other->error : cell->row->original), "+", 2),
        published_value_id(table, cell->row, what), sources.bytes);
}

struct thesis_gains thesis_gains_of(const struct thesis_cells *cells)
{
    struct thesis_gains gains = {.largest = {-INFINITY, -INFINITY}};
    for (const struct thesis_cell *cell = cells->cell; cell < cells->end; cell++) {
        const double over_original = cell->row->original - cell->row->ours;
        gains.largest_of_all = fmax(gains.largest_of_all, over_original);
        if (!cell->matched)
            continue;
        const double gain[] = {over_original, cell->matched->error - cell->row->ours};
        for (size_t i = 0; i < COUNT(gain); i++) {
            gains.mean[i] += gain[i];
            gains.largest[i] = fmax(gains.largest[i], gain[i]);
        }
        gains.matched++;
    }
    for (size_t i = 0; i < COUNT(gains.mean); i++)
        gains.mean[i] /= (double)gains.matched;
    return gains;
}
