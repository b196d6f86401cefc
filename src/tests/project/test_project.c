/* Tests that depend on the current results, not on the code: the numbers of the project's own tables,
 * and the parts of them in its README files. `make audit` runs this group; `make test` does not. */
#define _POSIX_C_SOURCE 200809L
#include "base/file.h"
#include "base/memory.h"
#include "tests/scratch.h"
#include "tests/sources.h"

#include "tests/tests.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* `kdecay report` of the project, in a folder of its own. */
static char *make_report(void)
{
    char *folder = scratch_folder();
    free(scratch_output(0, "build/kdecay report --out %s", folder));
    return folder;
}

/* Every number of every table follows from the lines that it names as its sources. */
TEST(numbers_of_the_project)
{
    char *folder = make_report(), *tables = memory_text("%s/tables", folder);
    const struct sources_of of = {.results = "results",
                                  .published = "results/published",
                                  .experiments = "experiments",
                                  .tables = tables};
    assert_true(sources_each_table(&of, sources_whole) > 150);
    free(tables);
    scratch_remove(folder);
}

/* ---- README files ------------------------------------------------------------------------- */

/* A block of a README file, from the line that `start` begins to the end of its fence. */
struct block {
    const char *file;
    char *text; /* free() it */
};

/* The first one; fails the test where no README file has it. */
static struct block find_block(const char *start)
{
    static const char *const files[] = {"README.md",
                                        "results/README.md",
                                        "src/README.md",
                                        "src/cluster/README.md",
                                        "experiments/README.md",
                                        "src/bench/README.md"};
    struct block block = {NULL, NULL};
    char *line = memory_text("\n%s", start);
    for (size_t i = 0; i < COUNT(files) && !block.text; i++) {
        struct error error;
        char *bytes = file_exists(files[i]) ? file_read(files[i], NULL, &error) : NULL;
        const char *at = bytes ? strstr(bytes, line) : NULL, *end = at ? strstr(at, "```") : NULL;
        if (end)
            block = (struct block){files[i], memory_copy(at + 1, (size_t)(end - at - 1))};
        free(bytes);
    }
    if (!block.text)
        fail_msg("no README.md shows a block with a line \"%s\"", start);
    free(line);
    return block;
}

/* `text` with one space for each run of them. free() it. */
static char *squeezed(const char *text)
{
    char *out = memory_copy(text, strlen(text)), *end = out;
    for (const char *at = text; *at; at++)
        if (*at != ' ' || end == out || end[-1] != ' ')
            *end++ = *at;
    *end = '\0';
    return out;
}

/* The first group of the campaign's table. Its columns are as wide in the README as when it was
 * written, in the table as wide as today's widest cells. */
TEST(readme_shows_the_campaign)
{
    char *folder = make_report(), *path = memory_text("%s/tables/table-campaign.txt", folder);
    const struct block block = find_block("CIFAR-10, preact-20, polynomial, bf16, 30 epochs ");
    struct error error;
    char *table = file_read(path, NULL, &error);
    assert_non_null(table);
    char *shown = squeezed(block.text), *all = squeezed(table);
    assert_non_null(strstr(shown, "\ntrend "));
    if (!strstr(all, shown))
        fail_msg("%s shows\n%smake table-campaign says otherwise", block.file, block.text);
    free(all);
    free(shown);
    free(table);
    free(block.text);
    free(path);
    scratch_remove(folder);
}

/* Of a line "table-5-2 NETWORK 110 2.1 52 258 3 775 experiments/...": the folder and the numbers
 * behind the depth. 1 if it is such a line. */
static int read_cost(const char *line, char *folder, double *number)
{
    const char *at = strstr(line, " experiments/cifar");
    if (strncmp(line, "table-5-", 8) != 0 || !at)
        return 0;
    assert_int_equal(sscanf(at, " %63s", folder), 1);
    while (at > line && strchr(" 0123456789.-", at[-1]))
        at--;
    return sscanf(at, "%*s %lf %lf %lf %lf %lf", &number[0], &number[1], &number[2], &number[3],
                  &number[4]) == 5;
}

/* What `make cost` said on a day. New logs change a network's speed, and so a row's core-hours by
 * one factor, whatever it is. Both sides are rounded to whole hours, so each pair of them gives an
 * interval of that factor: there must be one that lies in all. Multiply-adds and arms must be
 * equal. */
TEST(readme_shows_the_costs)
{
    const struct block block = find_block("table-5-2 ");
    char *now = scratch_output(0, "build/kdecay cost");
    char *rest = NULL;
    const char *more = block.text;
    int rows = 0;
    for (char *line = strtok_r(now, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        char folder[64], shown_folder[64];
        double number[5], shown[5];
        if (!read_cost(line, folder, number))
            continue;
        if (!read_cost(more, shown_folder, shown))
            fail_msg("%s lacks the row \"%s\"", block.file, line);
        const int hours[] = {1, 2, 4};
        double least = 0, greatest = HUGE_VAL;
        for (int i = 0; i < 3; i++) {
            least = fmax(least, (shown[hours[i]] - 0.5) / (number[hours[i]] + 0.5));
            greatest = fmin(greatest, (shown[hours[i]] + 0.5) / (number[hours[i]] - 0.5));
        }
        if (strcmp(folder, shown_folder) != 0 || shown[0] != number[0] || shown[3] != number[3] ||
            !(least <= greatest))
            fail_msg("%s: the row of %s is not what make cost says: %s", block.file, shown_folder,
                     line);
        rows++;
        more = strchr(more, '\n') + 1;
    }
    assert_int_equal(rows, 13);
    assert_true(*more == '\0');
    free(block.text);
    free(now);
}
