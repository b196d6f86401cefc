/*
 * Runs all tests except those of the project's own results, or the groups that the arguments name:
 * test_NAME.c is the group NAME. Ends with "N passed, N failed" and status 1 if any failed or none
 * ran.
 */
#include "base/file.h"
#include "tests/tests.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* cmocka.h offers the group runner as a macro over true arrays; these are only pointers here. */
static int run_group(const char *name, const struct CMUnitTest *tests, size_t count)
{
    return _cmocka_run_group_tests(name, tests, count, NULL, NULL);
}

/* groups.h, which the Makefile writes, has a line GROUP(NAME) for each test_NAME.c. */
#define GROUP(name)                                                                                \
    extern const struct CMUnitTest name##_tests[];                                                 \
    extern const size_t name##_test_count;
#include "groups.h"
#undef GROUP

static const struct group {
    const char *name;
    const struct CMUnitTest *tests;
    const size_t *count;
} groups[] = {
#define GROUP(name) {#name, name##_tests, &name##_test_count},
#include "groups.h"
};

static int chosen(const char *name, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return 1;
    return argc < 2 && strcmp(name, "project") != 0;
}

int main(int argc, char **argv)
{
    size_t ran = 0, failed = 0;
    file_stop_flushing(); /* the program's own flushing is tested by faults.sh */
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
