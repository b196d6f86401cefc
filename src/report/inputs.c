#include "report/inputs.h"

#include "report/registered.h"

#include <stdlib.h>

static int read_published(struct inputs *in, const char *folder, struct error *error)
{
    char *literature = memory_text("%s/literature.tsv", folder);
    char *claims = memory_text("%s/claims.tsv", folder);
    int status = published_read_literature(literature, &in->literature, error) != 0 ||
                         published_read_claims(claims, &in->claims, error) != 0
                     ? -1
                     : 0;
    free(claims);
    free(literature);
    for (size_t i = 0; i < COUNT(in->tables) && status == 0; i++) {
        char *path = memory_text("%s/%s.tsv", folder, in->tables[i].name);
        status = published_read_table(path, &in->tables[i].published, error);
        free(path);
    }
    return status;
}

int inputs_read(struct inputs *in, const struct project *project, const struct ledger *all,
                struct error *error)
{
    *in = (struct inputs){.all = *all,
                          .tables = {{"table-5-2", "cifar10", SET_CIFAR10, "CIFAR-10", {0}},
                                     {"table-5-3", "cifar100", SET_CIFAR100, "CIFAR-100", {0}}}};
    int status = ledger_read_experiments(project->experiments, &in->experiments, error);
    if (status == 0)
        status = read_published(in, project->published, error);
    if (status == 0) {
        in->open = registered_open(all, &in->experiments);
        in->questions = questions_of_files(&in->experiments);
        in->cells = thesis_cells_of(in->tables, COUNT(in->tables), &in->literature);
        in->confirmation = confirmation_collect(all, &in->open, &in->experiments, error);
        if (!in->confirmation ||
            weight_search_collect(&in->search, all, &in->experiments, error) != 0)
            status = -1;
    }
    if (status != 0)
        inputs_free(in);
    return status;
}

void inputs_free(struct inputs *in)
{
    weight_search_free(&in->search);
    confirmation_free(in->confirmation);
    free(in->cells.cell);
    for (size_t i = 0; i < COUNT(in->tables); i++)
        published_free_table(&in->tables[i].published);
    published_free_claims(&in->claims);
    published_free_literature(&in->literature);
    questions_free(&in->questions);
    free(in->open.logs);
    ledger_free_experiments(&in->experiments);
    *in = (struct inputs){0};
}
