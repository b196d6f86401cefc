#include "report/plot_thesis.h"

#include "base/memory.h"
#include "report/plot_runs.h"

#include <math.h>
#include <string.h>

/* A short label, since the thesis's names are long: "Wide ResNet With SGDR" of depth 28-10. */
static const char *short_network(const char *network)
{
    return strncmp(network, "ResNet", 6) == 0     ? "ResNet"
           : strstr(network, "SGDR")              ? "SGDR, WRN"
           : strncmp(network, "Wide", 4) == 0     ? "WRN"
           : strncmp(network, "DenseNet", 8) == 0 ? "DenseNet"
                                                  : network;
}

void plot_thesis_write(const struct thesis_cells *cells, const char *out)
{
    struct text text = {0};
    const struct thesis_table *before = NULL;
    for (const struct thesis_cell *cell = cells->cell; cell < cells->end; cell++) {
        const struct published_row *row = cell->row;
        if (cell->table != before)
            text_add(&text, "%s# panel: %s\n# label\toriginal\tmatched\tours\tk\n",
                     before ? "\n\n" : "", cell->table->images);
        before = cell->table;
        text_add(&text, "%s %s\t%.2f", short_network(row->network), row->depth, row->original);
        plot_add_number(&text, cell->matched ? cell->matched->error : NAN);
        text_add(&text, "\t%.2f\t%g\n", row->ours, row->k);
    }
    plot_write(out, "thesis-cells", &text);
}
