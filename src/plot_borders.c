#include "plot_borders.h"

#include "borders.h"
#include "file.h"
#include "padding.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- One file ----------------------------------------------------------------------------- */

enum { MOST_LAYERS = 512, MOST_TAPS = PADDING_DEPTH * (2 * PADDING_REACH + 1) + 1 };
enum { KIND, LAYER, HEIGHT, WIDTH, DISTANCE, DEPTH, ALONG, NUMBERS, MEAN, RMS, FIELDS };

struct measures {
    int layers, taps; /* of each layer; taps with the constant */
    double near[MOST_LAYERS][BORDERS_NEAR];
    double tap[MOST_LAYERS][MOST_TAPS];
    char names[MOST_TAPS][32];
};

static int split(char *line, char *field[FIELDS])
{
    for (int i = 0; i < FIELDS; i++) {
        field[i] = line;
        line = strchr(line, '\t');
        if (!line)
            return 0;
        *line++ = '\0';
    }
    return 1;
}

static void add_row(struct measures *m, char *const *field)
{
    const int layer = m->layers - 1;
    const double rms = strtod(field[RMS], NULL);
    if (strcmp(field[KIND], "filter") == 0 && m->taps < MOST_TAPS) {
        char *name = strcmp(field[DEPTH], "constant") == 0
                         ? memory_text("b")
                         : memory_text("%s, %s", field[DEPTH], field[ALONG]);
        strncpy(m->names[m->taps], name, sizeof m->names[0] - 1);
        free(name);
        m->tap[layer][m->taps++] = rms;
    } else if (strcmp(field[DISTANCE], "interior") != 0) {
        const long distance = strtol(field[DISTANCE], NULL, 10);
        if (distance >= 0 && distance < BORDERS_NEAR)
            m->near[layer][distance] = rms;
    }
}

/* Of a file that borders_check() has seen. */
static int read_measures(const char *path, struct measures *m, struct error *error)
{
    char *bytes = file_read(path, NULL, error), *layer = NULL;
    if (!bytes)
        return -1;
    *m = (struct measures){0};
    for (char *line = strtok(bytes, "\n"); line; line = strtok(NULL, "\n")) {
        char *field[FIELDS];
        if (line[0] == '#' || !split(line, field) || strcmp(field[KIND], "kind") == 0)
            continue;
        if (!layer || strcmp(layer, field[LAYER]) != 0) {
            if (m->layers == MOST_LAYERS)
                BUG("more layers than a figure can show");
            layer = field[LAYER];
            m->layers++;
            m->taps = 0;
        }
        add_row(m, field);
    }
    free(bytes);
    return 0;
}

/* ---- Arms --------------------------------------------------------------------------------- */

/* Of all runs of an arm that have them; free() *all. Their number, or -1 with *error set. */
static int read_arm(const struct ledger *ledger, const struct arm *arm, struct measures **all,
                    struct error *error)
{
    int runs = 0, status = 0;
    *all = memory_zeroed(arm->count, sizeof **all);
    for (size_t i = 0; i < arm->count && status == 0; i++) {
        const char *log = arm->logs[i].path;
        char *path = memory_text("%.*s.borders.tsv", (int)(strlen(log) - strlen(".tsv")), log);
        if (file_exists(path) && (status = borders_check(path, ledger, error)) == 0)
            status = read_measures(path, &(*all)[runs++], error);
        free(path);
    }
    if (status == 0)
        return runs;
    free(*all);
    return -1;
}

static void add_maps(struct text *text, const char *name, const struct measures *runs, int count)
{
    text_add(text, "%s# arm: %s, n = %d\n# layer\tmean\tleast\tlargest\n",
             text->length ? "\n\n" : "", name, count);
    for (int l = 0; l < runs->layers; l++) {
        double sum = 0, least = INFINITY, largest = -INFINITY;
        for (int r = 0; r < count; r++) {
            const double ratio = runs[r].near[l][0] / runs[r].near[l][BORDERS_NEAR - 1];
            sum += ratio;
            least = fmin(least, ratio);
            largest = fmax(largest, ratio);
        }
        text_add(text, "%d\t%.6g\t%.6g\t%.6g\n", l + 1, sum / count, least, largest);
    }
}

static void add_filters(struct text *text, const char *name, const struct measures *runs, int count)
{
    text_add(text, "%s# arm: %s, n = %d", text->length ? "\n\n" : "", name, count);
    for (int t = 0; t < runs->taps; t++) {
        text_add(text, "%s# tap: %s\n# layer\trms\n", t ? "\n\n" : "\n", runs->names[t]);
        for (int l = 0; l < runs->layers; l++) {
            double sum = 0;
            for (int r = 0; r < count; r++)
                sum += runs[r].tap[l][t];
            text_add(text, "%d\t%.6g\n", l + 1, sum / count);
        }
    }
}

static int add_arms(const struct ledger *ledger, const struct arms *arms, struct text *maps,
                    struct text *filters, struct error *error)
{
    for (size_t a = 0; a < arms->count; a++) {
        const struct arm *arm = &arms->arm[a];
        struct measures *runs;
        if (arm->experiment->k != 1)
            continue;
        const int count = read_arm(ledger, arm, &runs, error);
        if (count < 0)
            return -1;
        const char *name = strrchr(arm->name, '/') + 1;
        if (count > 0)
            add_maps(maps, name, runs, count);
        if (count > 0 && runs->taps > 0)
            add_filters(filters, name, runs, count);
        free(runs);
    }
    return 0;
}

static int compare_names(const void *left, const void *right)
{
    const struct arm *a = left, *b = right;
    return strcmp(a->name, b->name);
}

int plot_borders_write(const struct ledger *ledger, const char *out, struct error *error)
{
    struct text maps = {0}, filters = {0};
    struct arms arms;
    if (ledger_arms(ledger, "pad-net", SCALE_DESK, SET_CIFAR10, &arms, error) != 0)
        return -1;
    qsort(arms.arm, arms.count, sizeof *arms.arm, compare_names);
    const int status = add_arms(ledger, &arms, &maps, &filters, error);
    free(arms.arm);
    if (status == 0) {
        file_update_text(memory_text("%s/plots/border-maps.tsv", out), &maps);
        file_update_text(memory_text("%s/plots/border-filters.tsv", out), &filters);
    } else {
        free(maps.bytes);
        free(filters.bytes);
    }
    return status;
}
