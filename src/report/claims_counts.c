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

/* An arm, and how large its network and its control's are. */
struct counted {
    const struct experiment *experiment;
    struct model_size size, control;
};

struct quantity {
    const char *name;
    int decimals;
    double (*value)(const struct counted *arm);
    double (*unit)(const struct counted *arm); /* of the limit; NULL: 1 */
};

/* A row for each quantity of each arm that `applies` to; an arm holds if all its quantities do. */
static char *at_most(struct sheet *sheet, const struct quantity *quantity, size_t count,
                     int (*applies)(const struct counted *arm))
{
    struct counted arm = {.control = model_size_of(sheet->arms->row->experiment)};
    struct tally tally = {0};
    for (size_t i = 0; i < sheet->arms->count; i++) {
        arm.experiment = sheet->arms->row[i].experiment;
        arm.size = model_size_of(arm.experiment);
        if (!is_counted(arm.experiment) || !applies(&arm))
            continue;
        int all = 1;
        for (const struct quantity *q = quantity; q < quantity + count; q++) {
            const double limit = sheet->claim->limit * (q->unit ? q->unit(&arm) : 1);
            const double value = q->value(&arm);
            all = all && value <= limit;
            add_count(sheet, memory_text("%s, %s", arm.experiment->arm, q->name), limit, value,
                      q->decimals, value <= limit);
        }
        tally_add(&tally, all);
    }
    return tally_word(tally);
}

static int makes_weights(const struct counted *arm)
{
    return arm->size.extra_share > 0;
}

static double extra_share(const struct counted *arm)
{
    return arm->size.extra_share;
}

char *claims_extra(struct sheet *sheet)
{
    static const struct quantity extra[] = {{"extra multiply-adds (share)", 5, extra_share, NULL}};
    return at_most(sheet, extra, COUNT(extra), makes_weights);
}

static int has_weight_blocks(const struct counted *arm)
{
    return arm->experiment->weights != WEIGHTS_FREE;
}

static double stored(const struct counted *arm)
{
    return (double)arm->size.stored;
}

static double stored_by_control(const struct counted *arm)
{
    return (double)arm->control.stored;
}

char *claims_stored(struct sheet *sheet)
{
    static const struct quantity kept[] = {{"stored", 0, stored, stored_by_control}};
    return at_most(sheet, kept, COUNT(kept), has_weight_blocks);
}

static int has_other_size(const struct counted *arm)
{
    return arm->size.trained != arm->control.trained;
}

static double added_parameters(const struct counted *arm)
{
    return (double)(arm->size.trained - arm->control.trained) / (double)arm->control.trained;
}

static double added_macs(const struct counted *arm)
{
    return (double)(arm->size.macs - arm->control.macs) / (double)arm->control.macs;
}

char *claims_added(struct sheet *sheet)
{
    static const struct quantity added[] = {{"added parameters (share)", 5, added_parameters, NULL},
                                            {"added multiply-adds (share)", 5, added_macs, NULL}};
    return at_most(sheet, added, COUNT(added), has_other_size);
}
