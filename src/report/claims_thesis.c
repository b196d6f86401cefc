#include "experiment/schedule.h"
#include "network/model_size.h"
#include "report/claims_rules.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Cells of the thesis's tables --------------------------------------------------------- */

/* Add the row's reference, ours and how much lower ours is. `other` is the reference, or NULL: the
 * row's own original; `id` ends the difference's value id. Takes `of` over. */
static void add_cell(struct sheet *sheet, const struct thesis_cell *cell, char *of,
                     const struct literature_row *other, const char *id, const char *says)
{
    sheet_add_row(sheet, of,
                  other ? thesis_literature(cell, other)
                        : thesis_printed(cell, "original", cell->row->original, 2, ""),
                  thesis_printed(cell, "ours", cell->row->ours, 2, ""),
                  thesis_delta(cell, other, id), says);
}

static char *name_of(const struct thesis_cell *cell)
{
    return memory_text("%s, %s %s, k = %g", cell->table->images, cell->row->network,
                       cell->row->depth, cell->row->k);
}

/* ---- Any differentiable decay ------------------------------------------------------------- */

/* To the last bit. */
static int base_holds(const struct decay *decay)
{
    enum { STEPS = 200 };
    static const double ks[] = {1.5, 2, 3, 5};
    struct schedule schedule = {.decay = decay,
                                .shape = config_default_shape(),
                                .lr = 1,
                                .k = 1,
                                .steps = STEPS,
                                .steps_per_epoch = 1};
    schedule.shape.hold = 0.8;
    schedule.shape.rise = 0.1;
    schedule.shape.ratio = 1e-3;
    schedule.shape.drop_factor = 0.1;
    schedule.shape.drop_count = 1;
    schedule.shape.drop_at = 2;
    schedule.shape.drop[0] = 1;
    for (int t = 0; t <= STEPS; t++) {
        const long double length = STEPS;
        if (schedule_lr(&schedule, t) !=
            (double)decay->value(&schedule.shape, t / length, (STEPS - t) / length))
            return 0;
    }
    const double first = schedule_lr(&schedule, 0), last = schedule_lr(&schedule, STEPS);
    for (size_t i = 0; i < COUNT(ks); i++) {
        schedule.k = ks[i];
        if (schedule_lr(&schedule, 0) != first || schedule_lr(&schedule, STEPS) != last)
            return 0;
    }
    return 1;
}

char *claims_bases(struct sheet *sheet)
{
    size_t good = 0;
    for (size_t i = 0; i < decay_count; i++)
        good += base_holds(&decays[i]) ? 1 : 0;
    const int holds = good == decay_count;
    sheet_add_row(sheet, memory_text("bases built in; those that keep end points and k = 1"),
                  cells_number((double)decay_count, "", 0), cells_number((double)good, "", 0),
                  table_dash(), holds ? "holds" : "fails");
    return memory_text("%s", holds ? "holds by construction" : "fails");
}

/* ---- The larger k, the better ------------------------------------------------------------- */

char *claims_other_k(struct sheet *sheet)
{
    const struct thesis_cells *cells = &sheet->in->cells;
    int two = 0;
    for (const struct thesis_cell *a = cells->cell; a < cells->end; a++)
        for (const struct thesis_cell *b = cells->cell; b < cells->end; b++)
            two |= a->table == b->table && strcmp(a->row->network, b->row->network) == 0 &&
                   strcmp(a->row->depth, b->row->depth) == 0 && a->row->k < b->row->k;
    return memory_text(two ? "see numbers" : "says nothing");
}

/* ---- The largest gain --------------------------------------------------------------------- */

static int above(double gain, double limit)
{
    return gain > limit + 1e-9; /* both are decimals, the gain of a subtraction */
}

char *claims_gain(struct sheet *sheet)
{
    const struct thesis_cells *cells = &sheet->in->cells;
    const double limit = sheet->claim->limit;
    int broken = 0;
    for (const struct thesis_cell *cell = cells->cell; cell < cells->end; cell++) {
        const double gain = cell->row->original - cell->row->ours;
        broken |= above(gain, limit);
        if (!above(limit, gain))
            add_cell(sheet, cell, name_of(cell), NULL, "delta",
                     above(gain, limit) ? "above the limit" : "the limit");
    }
    return sheet_consistency(broken);
}

/* A gain over the originals, over the baselines, and the change. */
static void add_gains(struct sheet *sheet, const char *what, char *of, const char *lines,
                      const double *gain)
{
    static const char *const kind[] = {"original", "matched", "change"};
    const double value[] = {gain[0], gain[1], gain[1] - gain[0]};
    struct table_cell cell[COUNT(kind)];
    for (size_t i = 0; i < COUNT(kind); i++)
        cell[i] = table_traced(cells_number(value[i], i == 2 ? "+" : "", 2),
                               memory_text("claims:%s:%s-%s", sheet->claim->id, what, kind[i]),
                               memory_text("%s", lines));
    sheet_add_row(sheet, of, cell[0], cell[1], cell[2], gain[1] < gain[0] ? "falls" : "-");
}

char *claims_matched_gain(struct sheet *sheet)
{
    const struct thesis_cells *cells = &sheet->in->cells;
    const struct thesis_gains gains = thesis_gains_of(cells);
    if (gains.matched == 0)
        return memory_text("no matched baseline");
    struct text lines = {0}; /* sources: of each row, and of its baseline */
    for (const struct thesis_cell *cell = cells->cell; cell < cells->end; cell++) {
        if (!cell->matched)
            continue;
        add_cell(sheet, cell, name_of(cell), cell->matched, "delta-matched",
                 cell->matched->error - cell->row->ours < gains.largest[1] ? "-" : "the largest");
        text_add(&lines, "%s\t%d\n%s\t%d\n", cell->table->published.path, cell->row->line,
                 cell->literature->path, cell->matched->line);
    }
    add_gains(sheet, "mean-gain",
              memory_text("mean gain of these %zu: over the thesis's original, over the matched "
                          "baseline",
                          gains.matched),
              lines.bytes, gains.mean);
    add_gains(sheet, "largest-gain",
              memory_text("largest gain of these %zu, likewise", gains.matched), lines.bytes,
              gains.largest);
    free(lines.bytes);
    return sheet_consistency(above(gains.largest[1], sheet->claim->limit));
}

/* ---- Against SGDR ------------------------------------------------------------------------- */

static int is_sgdr(const struct thesis_cell *cell)
{
    return strstr(cell->row->network, "SGDR") != NULL;
}

char *claims_below_sgdr(struct sheet *sheet)
{
    const struct thesis_cells *cells = &sheet->in->cells;
    int broken = 0;
    for (const struct thesis_cell *cell = cells->cell; cell < cells->end; cell++) {
        const int lower = cell->row->ours < cell->row->original;
        if (!is_sgdr(cell))
            continue;
        broken |= !lower;
        add_cell(sheet, cell, name_of(cell), NULL, "delta", lower ? "lower" : "not lower");
    }
    return sheet_consistency(broken);
}

/* What the SGDR paper prints for the network of each row. */
char *claims_sgdr_papers(struct sheet *sheet)
{
    const struct thesis_cells *cells = &sheet->in->cells;
    const struct literature *literature = &sheet->in->literature;
    int matched = 0;
    for (const struct thesis_cell *cell = cells->cell; cell < cells->end; cell++)
        for (size_t i = 0; is_sgdr(cell) && i < literature->count; i++) {
            const struct literature_row *other = &literature->rows[i];
            if (strcmp(other->set, cell->table->images) != 0 ||
                strcmp(other->network, cell->row->network) != 0 ||
                strcmp(other->depth, cell->row->depth) != 0)
                continue;
            matched |= strstr(other->role, "matched") != NULL;
            char *id = literature_value_id(other), *delta = memory_text("delta:%s", id);
            add_cell(
                sheet, cell,
                memory_text("%s, %s: %s", cell->table->images, cell->row->depth, other->setting),
                other, delta, strstr(other->role, "cited") ? "cited by the thesis" : "-");
            free(delta);
            free(id);
        }
    return memory_text(matched ? "see numbers" : "no matched baseline");
}

/* ---- The column of parameters ------------------------------------------------------------- */

/* FOLDER itself or FOLDER-ANYTHING. */
static int serves(const struct experiment *experiment, const char *folder)
{
    const size_t length = strlen(folder);
    return experiment->scale == SCALE_FULL && strncmp(experiment->arm, folder, length) == 0 &&
           (experiment->arm[length] == '/' || experiment->arm[length] == '-');
}

static double millions_of(const struct experiment *experiment, enum image_set set)
{
    struct experiment other = *experiment;
    struct model_size size;
    other.set = set;
    return model_size(&other, &size, NULL) == 0 ? (double)size.trained / 1e6 : NAN;
}

/* Whether a network of the experiment's kind has the parameters that the row prints. */
static int has_printed_size(const struct experiment *experiment, const struct published_row *row)
{
    static const enum image_set sets[] = {SET_CIFAR10, SET_CIFAR100};
    int same = 0;
    for (size_t i = 0; i < COUNT(sets); i++) {
        char *rounded = memory_text("%.1f", millions_of(experiment, sets[i]));
        same |= strcmp(rounded, row->params) == 0;
        free(rounded);
    }
    return same;
}

static void add_other_size(struct sheet *sheet, const struct thesis_cell *cell, const char *network,
                           const struct experiment *experiment)
{
    const struct published_table *published = &cell->table->published;
    sheet_add_row(
        sheet,
        memory_text("%s, %s, parameters (M): %s", cell->table->images, cell->row->depth, network),
        cells_published(strtod(cell->row->params, NULL), 1, "",
                        published_value_id(published, cell->row, "params"), published->path,
                        cell->row->line),
        cells_number(millions_of(experiment, cell->table->set), "", 6), table_dash(), "differs");
}

/* The networks that serve a row, where none of them agrees with it: each once. */
static void add_other_sizes(struct sheet *sheet, const struct thesis_cell *cell)
{
    const struct experiment_files *files = &sheet->in->experiments;
    char *before = memory_text("%s", "");
    for (size_t i = 0; i < files->count; i++) {
        const struct experiment *experiment = &files->file[i].experiment;
        if (!serves(experiment, cell->row->folder))
            continue;
        char *network = ledger_network(experiment);
        if (strcmp(network, before) != 0)
            add_other_size(sheet, cell, network, experiment);
        free(before);
        before = network;
    }
    free(before);
}

char *claims_parameters(struct sheet *sheet)
{
    const struct thesis_cells *cells = &sheet->in->cells;
    const struct experiment_files *files = &sheet->in->experiments;
    int checked = 0, broken = 0;
    for (const struct thesis_cell *cell = cells->cell; cell < cells->end; cell++) {
        int serving = 0, same = 0;
        for (size_t i = 0; i < files->count; i++) {
            if (!serves(&files->file[i].experiment, cell->row->folder))
                continue;
            serving = 1;
            same |= has_printed_size(&files->file[i].experiment, cell->row);
        }
        checked |= serving;
        if (serving && !same) {
            broken = 1;
            add_other_sizes(sheet, cell);
        }
    }
    return checked ? sheet_consistency(broken) : memory_text("not built");
}
