/*
 * Runs all tests, or those of the rooms named as arguments. Ends with "N passed, N failed" and
 * status 1 if any failed or none ran.
 */
#include "tests/tests.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* cmocka.h offers the group runner as a macro over true arrays; these are only pointers here. */
static int run_group(const char *name, const struct CMUnitTest *tests, size_t count)
{
    return _cmocka_run_group_tests(name, tests, count, NULL, NULL);
}

static const struct group {
    const char *name;
    const struct CMUnitTest *tests;
    const size_t *count;
} groups[] = {
/* clang-format off: a line a group */
#define GROUP(room)                                                                                \
    {                                                                                              \
#room, room##_tests, &room##_test_count                                                    \
    }
    GROUP(rng),
    GROUP(config),
    GROUP(rules),
    GROUP(schedule),
    GROUP(schedule_rules),
    GROUP(match),
    GROUP(dataset),
    GROUP(images),
    GROUP(whitening),
    GROUP(log),
    GROUP(onednn),
    GROUP(layers),
    GROUP(maps),
    GROUP(wide_batch_norm),
    GROUP(parameters),
    GROUP(network),
    GROUP(families),
    GROUP(memory),
    GROUP(checkpoint),
    GROUP(statistics),
    GROUP(decimal),
    GROUP(report),
    GROUP(plot_data),
    GROUP(plot_runs),
    GROUP(schedule_table),
    GROUP(confirmation),
    GROUP(status),
    GROUP(reads),
    GROUP(audit),
    GROUP(registration),
    GROUP(probe),
    GROUP(bench),
    GROUP(options),
    GROUP(program),
    GROUP(borders),
    GROUP(slurm_arrays),
    GROUP(claims),
    GROUP(check),
    GROUP(pad_net),
    GROUP(padding),
    GROUP(recompute),
    GROUP(precision),
    GROUP(ranks),
    GROUP(scaling),
    GROUP(registered),
    GROUP(selftest),
    GROUP(trace),
    GROUP(study_tables),
    GROUP(watch),
    GROUP(weight_block),
    GROUP(weight_net),
    GROUP(winograd),
    /* clang-format on */
};

static int chosen(const char *name, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return 1;
    return argc < 2;
}

int main(int argc, char **argv)
{
    size_t ran = 0, failed = 0;
    for (size_t g = 0; g < sizeof groups / sizeof groups[0]; g++) {
        if (!chosen(groups[g].name, argc, argv))
            continue;
        failed += (size_t)run_group(groups[g].name, groups[g].tests, *groups[g].count);
        ran += *groups[g].count;
    }
    fflush(stderr);
    printf("%zu passed, %zu failed\n", ran - failed, failed);
    return failed || ran == 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
