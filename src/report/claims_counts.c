#include "network/architecture.h"
#include "network/model_size.h"
#include "report/claims_rules.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One row of numbers by count. */
static void add_count(struct sheet *sheet, char *of, double reference, double new, int decimals,
                      int holds)
{
    sheet_add_row(sheet, of, cells_number(reference, "", decimals), cells_number(new, "", decimals),
                  table_dash(), holds ? "holds" : "fails");
}

/* The network of an arm with another k, or another seed of what is fixed, counts as that of the arm
 * without: once. */
static int is_counted(const struct experiment *e)
{
    return e->k == 1 && e->weights_seed == 0;
}

/* Of things that hold or fail; there may be none. */
struct tally {
    size_t all, good;
};

static void tally_add(struct tally *tally, int holds)
{
    tally->all++;
    if (holds)
        tally->good++;
}

static char *tally_word(struct tally tally)
{
    if (tally.good > 0 && tally.good < tally.all)
        return memory_text("holds in %zu of %zu", tally.good, tally.all);
    return memory_text("%s", tally.all == 0 ? "not built" : tally.good ? "holds" : "fails");
}

/* The Weight Blocks of one arm, a row for each number of output channels in turn. */
static void add_reductions(struct sheet *sheet, const struct experiment *e, struct tally *tally)
{
    struct architecture architecture;
    struct error error;
    if (architecture_build(&architecture, e, &error) != 0)
        die("%s", error.text);
    int before = 0;
    for (int l = 0; l < architecture.layer_count; l++) {
        const struct layer *layer = &architecture.layers[l];
        if (layer->rows == 0)
            continue;
        const int in = architecture.activations[layer->inputs[0]].channels;
        const int out = architecture.activations[layer->output].channels;
        const double reduction = 9. * in * out / (double)layer->parameters;
        const int holds = reduction >= sheet->claim->limit * out;
        tally_add(tally, holds);
        if (out != before)
            add_count(sheet, memory_text("%s, 3x3 convolutions to %d channels", e->arm, out),
                      sheet->claim->limit * out, reduction, 2, holds);
        before = out;
    }
    architecture_free(&architecture);
}

char *claims_reduction(struct sheet *sheet)
{
    struct tally tally = {0};
    for (size_t i = 0; i < sheet->arms->count; i++)
        if (sheet->arms->row[i].experiment->rows == 1 && is_counted(sheet->arms->row[i].experiment))
            add_reductions(sheet, sheet->arms->row[i].experiment, &tally);
    const int holds = tally.all > 0 && tally.good == tally.all;
    return holds ? memory_text("holds by construction") : tally_word(tally);
}

/* ---- A count of each arm, at most a limit ------------------------------------------------- */

enum counted { EXTRA, STORED, ADDED };

struct quantity {
    const char *name;
    int decimals;
    double value, unit; /* the limit is in this unit */
};

/* What is counted of an arm, at most two quantities; returns their number, 0 if the claim does not
 * bear on the arm. */
static size_t quantities_of(enum counted what, const struct experiment *e,
                            const struct model_size *control, struct quantity *quantity)
{
    const struct model_size size = model_size_of(e);
    const double trained = (double)control->trained, macs = (double)control->macs;
    switch (what) {
    case EXTRA:
        quantity[0] = (struct quantity){"extra multiply-adds (share)", 5, size.extra_share, 1};
        return size.extra_share > 0;
    case STORED:
        quantity[0] = (struct quantity){"stored", 0, (double)size.stored, (double)control->stored};
        return e->weights != WEIGHTS_FREE;
    case ADDED:
        quantity[0] = (struct quantity){"added parameters (share)", 5,
                                        (double)(size.trained - control->trained) / trained, 1};
        quantity[1] = (struct quantity){"added multiply-adds (share)", 5,
                                        (double)(size.macs - control->macs) / macs, 1};
        return size.trained != control->trained ? 2 : 0;
    }
    BUG("a count without quantities");
}

/* A row for each quantity of each arm; an arm holds if all its quantities do. */
static char *at_most(struct sheet *sheet, enum counted what)
{
    const struct model_size control = model_size_of(sheet->arms->row->experiment);
    struct tally tally = {0};
    for (size_t i = 0; i < sheet->arms->count; i++) {
        const struct experiment *e = sheet->arms->row[i].experiment;
        struct quantity quantity[2];
        const size_t count = is_counted(e) ? quantities_of(what, e, &control, quantity) : 0;
        int all = 1;
        for (const struct quantity *q = quantity; q < quantity + count; q++) {
            const double limit = sheet->claim->limit * q->unit;
            all = all && q->value <= limit;
            add_count(sheet, memory_text("%s, %s", e->arm, q->name), limit, q->value, q->decimals,
                      q->value <= limit);
        }
        if (count)
            tally_add(&tally, all);
    }
    return tally_word(tally);
}

char *claims_extra(struct sheet *sheet)
{
    return at_most(sheet, EXTRA);
}

char *claims_stored(struct sheet *sheet)
{
    return at_most(sheet, STORED);
}

char *claims_added(struct sheet *sheet)
{
    return at_most(sheet, ADDED);
}
