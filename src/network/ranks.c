/* What the rooms with and without MPI share. */
#include "network/ranks.h"

#include "base/memory.h"
#include "network/pairwise_sum.h"

#include <stdlib.h>

int ranks_check(int shards, int ranks, struct error *error)
{
    if (pairwise_divides(shards, ranks))
        return 0;
    struct text allowed = {0};
    for (int r = 1; r <= shards; r++)
        if (pairwise_divides(shards, r))
            text_add(&allowed, "%s%d", r > 1 ? ", " : "", r);
    error_set(error,
              "%d ranks cannot share %d shards (training.shards) without changing the sums; "
              "start one of %s",
              ranks, shards, allowed.bytes);
    free(allowed.bytes);
    return -1;
}
