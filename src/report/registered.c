#include "report/registered.h"

#include "base/memory.h"

#include <string.h>

int registered_is(const struct experiment *experiment)
{
    return experiment->protocol.hex[0] != '\0';
}

static int is_primary(const struct experiment *experiment)
{
    return strstr(experiment->arm, "/primary/") != NULL;
}

/* Whether `other` belongs to the set with which `arm` opens. */
static int is_of_set(const struct experiment *other, const struct experiment *arm)
{
    return strcmp(other->protocol.hex, arm->protocol.hex) == 0 &&
           (!is_primary(arm) || is_primary(other));
}

struct registered_count registered_count(const struct ledger *ledger,
                                         const struct experiment_files *files,
                                         const struct experiment *arm)
{
    struct registered_count count = {0};
    for (size_t i = 0; i < files->count; i++)
        if (is_of_set(&files->file[i].experiment, arm) && files->file[i].experiment.seeds > 0)
            count.needed += (size_t)files->file[i].experiment.seeds;
    for (size_t i = 0; i < ledger->count; i++) {
        const struct experiment *e = &ledger->logs[i].experiment;
        const long seed = ledger->logs[i].seed;
        if (is_of_set(e, arm) && ledger_find_experiment(files, e->arm) && seed >= e->first_seed &&
            seed < e->first_seed + e->seeds)
            count.present++;
    }
    return count;
}

char *registered_sealed_word(struct registered_count runs)
{
    return memory_text("sealed: %zu of %zu runs", runs.present, runs.needed);
}

int registered_is_sealed(const struct ledger *ledger, const struct experiment_files *files,
                         const struct experiment *arm)
{
    if (!registered_is(arm))
        return 0;
    const struct registered_count count = registered_count(ledger, files, arm);
    return count.needed == 0 || count.present < count.needed;
}

struct ledger registered_open(const struct ledger *ledger, const struct experiment_files *files)
{
    struct ledger open = {.logs = memory_zeroed(ledger->count, sizeof *open.logs)};
    for (size_t i = 0; i < ledger->count; i++)
        if (!registered_is_sealed(ledger, files, &ledger->logs[i].experiment))
            open.logs[open.count++] = ledger->logs[i];
    return open;
}
