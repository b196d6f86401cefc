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

void plot_thesis_write(const struct thesis_table *tables, size_t count,
                       const struct literature *literature, const char *out)
{
    struct text text = {0};
    for (size_t t = 0; t < count; t++) {
        const struct published_table *table = &tables[t].published;
        const char *set = tables[t].set == SET_CIFAR10 ? "CIFAR-10" : "CIFAR-100";
        text_add(&text, "%s# panel: %s\n# label\toriginal\tmatched\tours\tk\n", t ? "\n\n" : "",
                 set);
        for (size_t i = 0; i < table->count; i++) {
            const struct published_row *row = &table->rows[i];
            const struct literature_row *matched =
                published_find(literature, set, row->network, row->depth, "matched");
            text_add(&text, "%s %s\t%.2f", short_network(row->network), row->depth, row->original);
            plot_add_number(&text, matched ? matched->error : NAN);
            text_add(&text, "\t%.2f\t%g\n", row->ours, row->k);
        }
    }
    plot_write(out, "thesis-cells", &text);
}
