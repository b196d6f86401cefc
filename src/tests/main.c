/*
 * Runs all tests except those of the project's own results, or the groups that the arguments name:
 * test_NAME.c is the group NAME. Ends with "N passed, N failed" and status 1 if any failed or none
 * ran.
 */
#include "base/file.h"
#include "base/memory.h"
#include "tests/tests.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The linker defines them: the first pointer of the section `tests`, and the one behind the last. */
extern const struct test *const __start_tests[], *const __stop_tests[];

static int by_place(const void *a, const void *b)
{
    const struct test *one = *(const struct test *const *)a,
                      *other = *(const struct test *const *)b;
    const int files = strcmp(one->file, other->file);
    return files ? files : (one->line > other->line) - (one->line < other->line);
}

/* "src/tests/network/test_maps.c": "maps"; free() it. */
static char *group_of(const struct test *test)
{
    const char *name = strrchr(test->file, '/') + strlen("/test_");
    return memory_copy(name, strlen(name) - strlen(".c"));
}

static int chosen(const char *name, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return 1;
    return argc < 2 && strcmp(name, "project") != 0;
}

/* cmocka.h offers the group runner as a macro over true arrays; these are only pointers here. */
static int run_group(const char *name, const struct CMUnitTest *tests, size_t count)
{
    return _cmocka_run_group_tests(name, tests, count, NULL, NULL);
}

int main(int argc, char **argv)
{
    const size_t count = (size_t)(__stop_tests - __start_tests);
    const struct test **test = memory_zeroed(count, sizeof *test);
    struct CMUnitTest *group = memory_zeroed(count, sizeof *group);
    memcpy(test, __start_tests, count * sizeof *test);
    qsort(test, count, sizeof *test, by_place);
    file_stop_flushing(); /* the program's own flushing is tested by faults.sh */
    size_t ran = 0, failed = 0;
    for (size_t first = 0, size; first < count; first += size) {
        char *name = group_of(test[first]);
        for (size = 0;
             first + size < count && strcmp(test[first + size]->file, test[first]->file) == 0;
             size++)
            group[size] = test[first + size]->unit;
        if (chosen(name, argc, argv)) {
            failed += (size_t)run_group(name, group, size);
            ran += size;
        }
        free(name);
    }
    free(group);
    free(test);
    fflush(stderr);
    printf("%zu passed, %zu failed\n", ran - failed, failed);
    return failed || ran == 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
