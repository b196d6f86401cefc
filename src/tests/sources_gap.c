/* sources.h, the index as a whole. */
#include "base/file.h"
#include "base/memory.h"
#include "tests/results_fixture.h"
#include "tests/sources.h"
#include "tests/tables.h"

#include "tests/tests.h"
#include <stdlib.h>
#include <string.h>

/* Columns that hold names and settings, words, the identity of a run, and what is computed from an
 * experiment alone. The numbers of all others come from logs or publications. */
static int has_sources(const char *column)
{
    static const char without[] =
        "|macro|what|network|depth|batch|question|matched baseline from|original is|decay|scale|"
        "precision|mean rate|runs|epochs|arm, or what fills the cell|verdict|group|schedule|"
        "mean factor|against|arm, or what fills the row|arm|seed|program|log|line|claim|evidence|"
        "of|computed|thesis's own table|matched baselines|desk runs|full scale|registered runs|"
        "name|trained|stored|reduction (times)|extra multiply-adds (%)|runs per result|"
        "training multiply-adds (10^12)|results|added parameters|added parameters (%)|"
        "added multiply-adds (%)|";
    char *bars = memory_text("|%s|", column);
    const int found = strstr(without, bars) != NULL;
    free(bars);
    return !found;
}

/* Whether a cell of such a column needs none: nothing there, no log yet, words, or a number of the
 * program's own. `evidence` and `claim` are of claims-numbers, the
 * first two columns. */
static int is_free(const char *name, const char *column, const char *cell, const char *claim,
                   const char *evidence)
{
    const int published = strcmp(name, "table-5-2") == 0 || strcmp(name, "table-5-3") == 0;
    if (strcmp(cell, "-") == 0)
        return 1;
    if (strcmp(column, "n") == 0 || strcmp(column, "pairs") == 0)
        return strcmp(cell, "0") == 0;
    if (strcmp(column, "status") == 0)
        return strstr(cell, "finished") || strcmp(cell, "sealed") == 0; /* or unfinished */
    if (strcmp(column, "k") == 0)
        return !published; /* elsewhere a setting */
    if (strcmp(name, "numbers") == 0)
        return strncmp(claim, "Stored", 6) == 0; /* its macro: by count */
    if (strcmp(name, "claims-numbers") == 0)
        return strcmp(column, "says") == 0 || strcmp(evidence, "computed") == 0 ||
               (strcmp(claim, "T1") == 0 && strcmp(column, "new") == 0);
    return 0;
}

char *sources_gap(const struct sources_of *of, const char *name, const struct sources *sources)
{
    enum { COLUMNS = 20 };
    char *path = memory_text("%s.csv", name), *bytes = fixture_read(of->tables, path);
    char *columns[COLUMNS] = {NULL}, *cells[COLUMNS] = {NULL}, *problem = NULL;
    size_t count = 0, next = 0;
    const char *at = bytes;
    while (count < COLUMNS && *at != '\n')
        columns[count++] = tables_field(&at);
    for (long row = 2; *++at && !problem; row++) {
        for (size_t c = 0; c < count; c++) {
            free(cells[c]);
            cells[c] = tables_field(&at);
            assert_true((*at == '\n') == (c + 1 == count));
            const struct source *source = next < sources->count ? &sources->source[next] : NULL;
            const int here =
                source && source->row == row && strcmp(source->column, columns[c]) == 0;
            if (problem)
                continue;
            if (here && strcmp(source->shown, cells[c]) != 0)
                problem = memory_text("%s:%ld: %s: shows %s, its index %s", path, row, columns[c],
                                      cells[c], source->shown);
            else if (!here && has_sources(columns[c]) &&
                     !is_free(name, columns[c], cells[c], cells[0], cells[1]))
                problem =
                    memory_text("%s:%ld: %s: %s has no source", path, row, columns[c], cells[c]);
            next += here ? sources_cell(sources, next) : 0;
        }
    }
    if (!problem && next != sources->count)
        problem = memory_text("%s: has sources of cells that are not there", path);
    for (size_t c = 0; c < count; c++) {
        free(columns[c]);
        free(cells[c]);
    }
    free(bytes);
    free(path);
    return problem;
}

/* ---- All tables --------------------------------------------------------------------------- */

char *sources_table_name(const char *path)
{
    const char *name = strrchr(path, '/') + 1;
    return memory_text("%.*s", (int)strcspn(name, "."), name);
}

size_t sources_each_table(const struct sources_of *of,
                          size_t (*check)(const struct sources_of *of, const char *name,
                                          struct sources *sources))
{
    size_t count, sum = 0;
    char **path = file_list(of->tables, ".csv", &count);
    assert_true(count > 0);
    for (size_t i = 0; i < count; i++) {
        char *name = sources_table_name(path[i]);
        struct sources sources = sources_read(of, name);
        sum += check(of, name, &sources);
        sources_free(&sources);
        free(name);
        free(path[i]);
    }
    free(path);
    return sum;
}

size_t sources_whole(const struct sources_of *of, const char *name, struct sources *sources)
{
    size_t cells = 0;
    char *gap = sources_gap(of, name, sources);
    if (gap)
        fail_msg("%s", gap);
    for (size_t i = 0; i < sources->count; i += sources_cell(sources, i), cells++) {
        char *problem = sources_problem(of, sources, i);
        if (problem)
            fail_msg("%s: %s", name, problem);
    }
    return cells;
}
