#include "report/arm_list.h"

#include "base/memory.h"
#include "report/registered.h"
#include "report/table.h"

#include <stdlib.h>
#include <string.h>

/* ---- Arms --------------------------------------------------------------------------------- */

static void add_arm(struct text *text, const struct experiment_files *files,
                    const struct ledger *ledger, const struct experiment *e)
{
    char *network = ledger_network(e);
    const char *set = !registered_is(e)                        ? "-"
                      : registered_is_sealed(ledger, files, e) ? "incomplete"
                                                               : "complete";
    text_add(text, "%s\t%s\t%s\t%s\t%.15g\t%s\t%d\t%s\t%zu\t%s\n", e->arm, config_set_name(e),
             network, ledger_base(e), e->k, config_precision_name(e), e->epochs,
             config_scale_name(e), ledger_runs_of(ledger, e->arm).count, set);
    free(network);
}

/* ---- Bases -------------------------------------------------------------------------------- */

static const char plain[] = "schedules/plain";

static void add_base(struct text *text, const struct experiment *e)
{
    const struct decay_shape *shape = &e->shape;
    text_add(text, "%s\t%s\t%.15g\t%.15g\t%.15g\t%.15g\t%.15g\t%.15g\t%.15g\t%.15g\t%.15g\t%.15g\t",
             e->arm + sizeof plain, decays[e->decay].name, e->lr, e->lr_end, shape->power,
             shape->hold, shape->rise, shape->start, shape->tanh_low, shape->tanh_high, shape->rex,
             shape->drop_factor);
    for (int i = 0; i < e->drops.count; i++)
        text_add(text, "%s%d", i ? " " : "", e->drops.epoch[i]);
    text_add(text, "\t%d\t%d\t%d\n", e->cycle, e->cycle_factor, e->epochs);
}

void arm_list_write(const struct experiment_files *files, const struct ledger *ledger,
                    const char *out)
{
    struct text arms = {0}, bases = {0};
    text_add(&arms,
             "arm\timages\tnetwork\tbase\tk\tprecision\tepochs\tscale\tlogs\tregistered set\n");
    text_add(&bases, "base\tdecay\tlr\tlr_end\tpower\thold\trise\tstart\ttanh_low\ttanh_high\trex\t"
                     "drop_factor\tdrops\tcycle\tcycle_factor\tepochs\n");
    for (size_t i = 0; i < files->count; i++) {
        const struct experiment *e = &files->file[i].experiment;
        add_arm(&arms, files, ledger, e);
        if (ledger_is_below(e->arm, plain))
            add_base(&bases, e);
    }
    table_write_out(out, "arms", ".tsv", &arms);
    table_write_out(out, "bases", ".tsv", &bases);
}
