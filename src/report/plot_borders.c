#include "report/plot_borders.h"

#include "base/file.h"
#include "report/borders.h"
#include "report/plot_runs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Arms --------------------------------------------------------------------------------- */

/* The measured runs of an arm. They have the same experiment, hence the same rows. */
struct measured_arm {
    const struct arm *arm;
    struct borders *run;
    int runs;
};

static void free_runs(struct measured_arm *m)
{
    while (m->runs > 0)
        free(m->run[--m->runs].layer);
    free(m->run);
}

/* 0, or -1 with *error set; release with free_runs() in both cases. */
static int read_runs(const struct arm *arm, struct measured_arm *m, struct error *error)
{
    int status = 0;
    *m = (struct measured_arm){.arm = arm, .run = memory_zeroed(arm->count, sizeof *m->run)};
    for (size_t i = 0; i < arm->count && status == 0; i++) {
        char *path = borders_path(&arm->logs[i]);
        if (file_exists(path) &&
            (status = borders_read(&arm->logs[i], &m->run[m->runs], error)) == 0)
            m->runs++;
        free(path);
    }
    return status;
}

static void add_head(struct text *text, const struct measured_arm *m)
{
    text_add(text, "%s# arm: %s, n = %d\n", text->length ? "\n\n" : "",
             ledger_short_name(m->arm->name), m->runs);
}

static void add_maps(struct text *text, const struct measured_arm *m)
{
    add_head(text, m);
    text_add(text, "# layer\trms at 0, 1, 2, 3 pixels from the border\n");
    for (int l = 0; l < m->run->layers; l++) {
        text_add(text, "%d", l + 1);
        for (int d = 0; d < BORDERS_NEAR; d++) {
            double sum = 0;
            for (int r = 0; r < m->runs; r++) {
                const double *rms = m->run[r].layer[l].rms;
                sum += rms[d] / rms[BORDERS_NEAR - 1];
            }
            text_add(text, "\t%.6g", sum / m->runs);
        }
        text_add(text, "\n");
    }
}

static void add_filters(struct text *text, const struct measured_arm *m)
{
    const int reach = m->arm->experiment->padding_reach, across = 2 * reach + 1;
    const int taps = m->run->taps;
    add_head(text, m);
    for (int t = 0; t < taps; t++) {
        text_add(text, "%s# tap: ", t ? "\n\n" : "");
        if (t < taps - 1)
            text_add(text, "%d, %d\n# layer\trms\n", t / across, t % across - reach);
        else
            text_add(text, "b\n# layer\trms\n");
        for (int l = 0; l < m->run->layers; l++) {
            double sum = 0;
            for (int r = 0; r < m->runs; r++)
                sum += m->run[r].layer[l].rms[BORDERS_TAPS + t];
            text_add(text, "%d\t%.6g\n", l + 1, sum / m->runs);
        }
    }
}

static int add_arms(const struct arms *arms, struct text *maps, struct text *filters,
                    struct error *error)
{
    int status = 0;
    for (size_t a = 0; a < arms->count && status == 0; a++) {
        struct measured_arm m;
        if (arms->arm[a].experiment->k != 1)
            continue;
        status = read_runs(&arms->arm[a], &m, error);
        if (status == 0 && m.runs > 0)
            add_maps(maps, &m);
        if (status == 0 && m.runs > 0 && m.run->taps > 0)
            add_filters(filters, &m);
        free_runs(&m);
    }
    return status;
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
    const int status = add_arms(&arms, &maps, &filters, error);
    free(arms.arm);
    if (status == 0) {
        plot_write(out, "border-maps", &maps);
        plot_write(out, "border-filters", &filters);
    } else {
        free(maps.bytes);
        free(filters.bytes);
    }
    return status;
}
