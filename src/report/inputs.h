/*
 * inputs - all that the report reads, read and collected once. The writers of the tables share it.
 */
#ifndef KDECAY_INPUTS_H
#define KDECAY_INPUTS_H

#include "report/confirmation.h"
#include "report/question.h"
#include "report/thesis_cell.h"
#include "report/weight_search.h"

struct inputs {
    struct ledger all;  /* the logs are the caller's */
    struct ledger open; /* without the sealed runs (registered.h) */
    struct experiment_files experiments;
    struct questions questions; /* of the experiments */
    struct literature literature;
    struct published_claims claims;
    struct thesis_table tables[2];
    struct thesis_cells cells; /* of both tables */
    struct confirmation *confirmation;
    struct weight_search search;
};

/* `all` are all logs, as ledger_read() returns them. The inputs point into themselves: they are not
 * to be copied. 0; or -1 with *error set and nothing to free. */
int inputs_read(struct inputs *in, const struct project *project, const struct ledger *all,
                struct error *error);
void inputs_free(struct inputs *in);

#endif
