#include "audit.h"

#include "dataset.h"
#include "dnn.h"
#include "drawn.h"
#include "file.h"
#include "ledger.h"
#include "report.h"
#include "schedule.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- Levels ------------------------------------------------------------------------------- */

struct level {
    const char *name;
    long checked, failed;
    const char *unit;   /* of `checked` */
    const char *reason; /* for skipping; NULL: not skipped */
    struct text lines;  /* failures and remarks, indented */
};

struct totals {
    int passed, failed, skipped;
};

static void add_line(struct level *level, const char *kind, const char *format, va_list arguments)
{
    struct error line;
    vsnprintf(line.text, sizeof line.text, format, arguments);
    text_add(&level->lines, "      %s%s\n", kind, line.text);
}

PRINTF_LIKE(2, 3) static void level_fail(struct level *level, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add_line(level, "", format, arguments);
    va_end(arguments);
    level->failed++;
}

PRINTF_LIKE(2, 3) static void level_remark(struct level *level, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add_line(level, "note: ", format, arguments);
    va_end(arguments);
}

static void level_end(struct level *level, struct totals *totals, FILE *out)
{
    /* a level that had nothing to look at has shown nothing */
    if (level->failed == 0 && level->checked == 0 && !level->reason)
        level->reason = "nothing to check";
    const char *verdict = "PASS";
    if (level->failed) {
        verdict = "FAIL";
        totals->failed++;
    } else if (level->checked == 0) {
        verdict = "SKIP";
        totals->skipped++;
    } else {
        totals->passed++;
    }
    fprintf(out, "%s  %-12s  %ld %s checked", verdict, level->name, level->checked, level->unit);
    if (level->failed)
        fprintf(out, "  %ld failure%s", level->failed, level->failed == 1 ? "" : "s");
    else if (level->checked == 0)
        fprintf(out, "  %s", level->reason);
    fprintf(out, "\n%s", level->lines.bytes ? level->lines.bytes : "");
    free(level->lines.bytes);
}

/* ---- 1. Ledger ---------------------------------------------------------------------------- */

static int ends_in(const char *path, const char *suffix)
{
    const size_t length = strlen(path), tail = strlen(suffix);
    return length >= tail && strcmp(path + length - tail, suffix) == 0;
}

static void check_experiment(const struct audit_options *options, const struct log *log,
                             struct level *level)
{
    char *path = memory_text("%s/%s.ini", options->experiments, log->experiment.arm);
    struct experiment experiment;
    struct error error;
    if (config_load(path, NULL, 0, &experiment, &error) != 0)
        level_fail(level, "%s: its experiment: %s", log->path, error.text);
    else if (strcmp(config_digest(&experiment).hex, log->experiment_digest.hex) != 0)
        level_fail(level,
                   "%s: %s is not the experiment that it was made with; restore the file or "
                   "give the new experiment a new name",
                   log->path, path);
    free(path);
}

/* Fills `good` with the logs that can be read. */
static void check_ledger(const struct audit_options *options, struct ledger *good,
                         struct level *level)
{
    size_t count = 0;
    char **path = ledger_files(options->results, options->published, "", &count);
    *good = (struct ledger){.logs = memory_zeroed(count, sizeof *good->logs)};
    for (size_t i = 0; i < count; i++) {
        struct error error;
        struct log *log = &good->logs[good->count];
        if (ends_in(path[i], ".tsv")) {
            level->checked++;
            if (log_read(path[i], log, &error) != 0) {
                level_fail(level, "%s", error.text);
            } else {
                good->count++;
                if (ledger_check_place(log, options->results, &error) != 0)
                    level_fail(level, "%s", error.text);
                check_experiment(options, log, level);
            }
        } else if (ends_in(path[i], ".part")) {
            level_remark(level, "%s: an unfinished run", path[i]);
        } else if (strcmp(path[i], options->digests) != 0 &&
                   strcmp(path[i], options->kept_drawn) != 0) {
            level_fail(level, "%s: expected logs (*.tsv) here only; move it away", path[i]);
        }
        free(path[i]);
    }
    free(path);
}

/* ---- 2. Schedule -------------------------------------------------------------------------- */

/* Equal as bits: a NaN equals itself. */
static int same(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

static void check_schedule(const struct ledger *ledger, struct level *level)
{
    for (size_t i = 0; i < ledger->count; i++) {
        const struct log *log = &ledger->logs[i];
        const long steps = dataset_steps_per_epoch(&log->experiment);
        const struct schedule schedule = schedule_of(&log->experiment, steps);
        for (long r = 0; r < log->row_count; r++) {
            const struct log_row *row = &log->rows[r];
            level->checked++;
            if (row->step != steps * row->epoch) {
                level_fail(level, "%s:%d: step %ld: expected %ld, %ld steps an epoch", log->path,
                           row->line, row->step, steps * row->epoch, steps);
                continue;
            }
            const double lr = schedule_lr(&schedule, (double)(row->step - 1));
            /* Programs up to 747fed2 rounded within the formula, in double: to a unit in the last
             * place of L0. No smaller change passes either, since a row's digest is chained. */
            if (!(fabs(lr - row->lr) <= log->experiment.lr * 0x1p-52))
                level_fail(level, "%s:%d: lr %.17g: expected L(%ld) = %.17g", log->path, row->line,
                           row->lr, row->step - 1, lr);
        }
    }
}

/* ---- 3. Size ------------------------------------------------------------------------------ */

static void check_size(const struct ledger *ledger, struct level *level)
{
    for (size_t i = 0; i < ledger->count; i++) {
        const struct log *log = &ledger->logs[i];
        long long parameters = 0, macs = 0;
        struct error error;
        level->checked++;
        if (ledger_size(&log->experiment, &parameters, &macs, &error) != 0)
            level_fail(level, "%s: its network: %s", log->path, error.text);
        else if (log->parameters != parameters || log->macs != macs)
            level_fail(level,
                       "%s: %lld parameters, %lld MACs: the experiment's network has %lld and %lld",
                       log->path, log->parameters, log->macs, parameters, macs);
    }
}

/* ---- 4. Data ------------------------------------------------------------------------------ */

static void check_data(const struct ledger *ledger, struct level *level)
{
    for (size_t i = 0; i < ledger->count; i++) {
        const struct log *log = &ledger->logs[i];
        const struct picture_digests known = dataset_known_digests(&log->experiment);
        if (!known.train)
            continue;
        level->checked++;
        if (strcmp(log->train.hex, known.train) != 0)
            level_fail(level, "%s: train-sha256 is not that of %s, %.12s...", log->path,
                       config_set_name(&log->experiment), known.train);
        if (strcmp(log->test.hex, known.test) != 0)
            level_fail(level, "%s: test-sha256 is not that of %s, %.12s...", log->path,
                       config_set_name(&log->experiment), known.test);
    }
    level->reason = "no log of CIFAR pictures";
}

/* ---- 5. Regeneration ---------------------------------------------------------------------- */

static const char *const made_folders[] = {"tables", "plots"};
enum { MADE_FOLDERS = sizeof made_folders / sizeof made_folders[0] };

/* What an earlier report left there would count as an extra file. */
static int empty_scratch(const char *scratch, struct error *error)
{
    int status = 0;
    for (size_t f = 0; f < MADE_FOLDERS; f++) {
        size_t count = 0;
        char *folder = memory_text("%s/%s", scratch, made_folders[f]);
        char **path = file_list(folder, "", &count);
        for (size_t i = 0; i < count; i++) {
            if (status == 0 && unlink(path[i]) != 0)
                status = fail(error, "%s: cannot be removed", path[i]);
            free(path[i]);
        }
        free(path);
        free(folder);
    }
    return status;
}

/* Make the tables and list them as sha256sum does, one line a file. NULL with *error set. */
static char *regenerate(const struct audit_options *options, struct error *error)
{
    const struct report_sources sources = {options->results, options->experiments,
                                           options->published};
    if (empty_scratch(options->scratch, error) != 0 ||
        report_write(&sources, options->scratch, error) != 0)
        return NULL;
    struct text lines = {0};
    int status = 0;
    for (size_t f = 0; f < MADE_FOLDERS; f++) {
        size_t count = 0;
        char *folder = memory_text("%s/%s", options->scratch, made_folders[f]);
        char **path = file_list(folder, "", &count);
        for (size_t i = 0; i < count; i++) {
            size_t size = 0;
            char *bytes = status == 0 ? file_read(path[i], &size, error) : NULL;
            if (bytes)
                text_add(&lines, "%s  %s\n", digest_of(bytes, size).hex,
                         path[i] + strlen(options->scratch) + 1);
            else
                status = -1;
            free(bytes);
            free(path[i]);
        }
        free(path);
        free(folder);
    }
    if (status == 0)
        return lines.bytes;
    free(lines.bytes);
    return NULL;
}

int audit_keep(const struct audit_options *options, struct error *error)
{
    char *lines = regenerate(options, error);
    if (!lines)
        return -1;
    file_write(options->digests, lines, strlen(lines));
    free(lines);
    if (options->drawn) {
        size_t size = 0;
        char *bytes = file_read(options->drawn, &size, error);
        if (!bytes)
            return -1;
        file_write(options->kept_drawn, bytes, size);
        free(bytes);
    }
    return 0;
}

/* The line of `lines` whose file is `name`, or NULL. */
static const char *line_of(const char *lines, const char *name, size_t length)
{
    for (const char *line = lines; *line; line = strchr(line, '\n') + 1) {
        const char *file = line + DIGEST_LENGTH + 2;
        if (strncmp(file, name, length) == 0 && file[length] == '\n')
            return line;
    }
    return NULL;
}

/* 0 if each line of the kept file is "64 hexadecimal digits, two blanks, name". */
static int check_digest_lines(const char *path, const char *lines, struct level *level)
{
    int number = 1;
    for (const char *line = lines; *line; number++) {
        const char *newline = strchr(line, '\n');
        if (!newline || strspn(line, "0123456789abcdef") != DIGEST_LENGTH ||
            strncmp(line + DIGEST_LENGTH, "  ", 2) != 0 || newline <= line + DIGEST_LENGTH + 2) {
            level_fail(level, "%s:%d: expected a SHA-256, two blanks and a file's name", path,
                       number);
            return -1;
        }
        line = newline + 1;
    }
    return 0;
}

static void check_regeneration(const struct audit_options *options, struct level *level)
{
    struct error error;
    char *kept = file_read(options->digests, NULL, &error);
    if (!kept) {
        level_fail(level, "%s", error.text);
        return;
    }
    char *made = NULL;
    if (check_digest_lines(options->digests, kept, level) == 0 &&
        !(made = regenerate(options, &error)))
        level_fail(level, "the tables cannot be made: %s", error.text);
    if (!made) {
        free(kept);
        return;
    }
    for (const char *line = made; *line; line = strchr(line, '\n') + 1) {
        const char *name = line + DIGEST_LENGTH + 2;
        const int length = (int)strcspn(name, "\n");
        const char *other = line_of(kept, name, (size_t)length);
        level->checked++;
        if (!other)
            level_fail(level, "%.*s: not listed in %s", length, name, options->digests);
        else if (strncmp(line, other, DIGEST_LENGTH) != 0)
            level_fail(level, "%.*s: made anew it differs from the kept digest", length, name);
    }
    for (const char *line = kept; *line; line = strchr(line, '\n') + 1) {
        const char *name = line + DIGEST_LENGTH + 2;
        const int length = (int)strcspn(name, "\n");
        const char *first = line_of(kept, name, (size_t)length);
        if (!line_of(made, name, (size_t)length))
            level_fail(level, "%.*s: listed in %s, but not made", length, name, options->digests);
        else if (first != line)
            level_fail(level, "%.*s: listed twice in %s", length, name, options->digests);
    }
    free(kept);
    free(made);
}

/* ---- 6. Drawing --------------------------------------------------------------------------- */

static void check_drawing(const struct audit_options *options, struct level *level)
{
    level->reason = "figures and paper were not drawn: gnuplot, LaTeX or pdftotext is missing; "
                    "`make setup` installs them";
    if (!options->drawn)
        return;
    struct drawn drawn;
    drawn_compare(options->kept_drawn, options->drawn, &drawn);
    level->checked = drawn.checked;
    for (char *at = drawn.failures.bytes; at && *at; at = strchr(at, '\n') + 1)
        level_fail(level, "%.*s", (int)strcspn(at, "\n"), at);
    if (drawn.note.bytes)
        level_remark(level, "%s", drawn.note.bytes);
    free(drawn.failures.bytes);
    free(drawn.note.bytes);
}

/* ---- 7. Replay ---------------------------------------------------------------------------- */

static int same_row(const struct log_row *a, const struct log_row *b)
{
    return a->epoch == b->epoch && a->step == b->step && same(a->lr, b->lr) &&
           same(a->train_loss, b->train_loss) && same(a->train_error, b->train_error) &&
           same(a->test_loss, b->test_loss) && same(a->test_error, b->test_error);
}

static void check_bits(const struct log *kept, const struct log *again, struct level *level)
{
    for (long i = 0; i < kept->step_loss_count && i < again->step_loss_count; i++)
        if (!same(kept->step_losses[i], again->step_losses[i])) {
            level_fail(level, "%s: loss of step %ld is %.17g, in %s it is %.17g", again->path,
                       i + 1, again->step_losses[i], kept->path, kept->step_losses[i]);
            return;
        }
    for (long i = 0; i < kept->row_count && i < again->row_count; i++)
        if (!same_row(&kept->rows[i], &again->rows[i])) {
            level_fail(level, "%s:%d: epoch %ld differs from %s:%d", again->path,
                       again->rows[i].line, again->rows[i].epoch, kept->path, kept->rows[i].line);
            return;
        }
    /* the chain's last link covers every row's, the counts, the status and the final state */
    if (strcmp(kept->run.hex, again->run.hex) != 0)
        level_fail(level, "%s: run-sha256 differs from that of %s", again->path, kept->path);
    else
        level_remark(level, "%s: equal bit for bit", again->path);
}

static void check_tolerance(const struct log *kept, const struct log *again, struct level *level)
{
    const long failed = level->failed;
    if (kept->status != again->status)
        level_fail(level, "%s: finished or diverged, unlike %s", again->path, kept->path);
    if (kept->step_loss_count > 0 && again->step_loss_count > 0) {
        const double a = kept->step_losses[0], b = again->step_losses[0];
        if (!(fabs(a - b) <= AUDIT_FIRST_LOSS * fabs(a)))
            level_fail(level, "%s: loss of step 1 is %g, in %s it is %g: more than %g apart",
                       again->path, b, kept->path, a, AUDIT_FIRST_LOSS);
    }
    if (kept->status == LOG_FINISHED && again->status == LOG_FINISHED) {
        const double a = kept->rows[kept->row_count - 1].train_loss;
        const double b = again->rows[again->row_count - 1].train_loss;
        if (!(fabs(a - b) <= AUDIT_LAST_LOSS))
            level_fail(level, "%s: last train loss is %g, in %s it is %g: more than %g apart",
                       again->path, b, kept->path, a, AUDIT_LAST_LOSS);
    }
    if (level->failed == failed)
        level_remark(level,
                     "%s: another environment than %s; first step loss within %g (relative), last "
                     "train loss within %g",
                     again->path, kept->path, AUDIT_FIRST_LOSS, AUDIT_LAST_LOSS);
}

/* `make smoke` leaves these out. */
static void remark_skipped(const struct ledger *ledger, struct level *level)
{
    for (size_t i = 0; i < ledger->count; i++) {
        const struct log *log = &ledger->logs[i];
        struct error reason;
        if (log->experiment.scale == SCALE_SMOKE &&
            dnn_check_precision((enum precision)log->experiment.precision, &reason) != 0)
            level_remark(level, "%s: skipped: %s", log->path, reason.text);
    }
}

static void check_replay(const struct audit_options *options, const struct ledger *ledger,
                         struct level *level)
{
    level->reason = "no run was made again";
    if (!options->replay)
        return;
    size_t count = 0;
    char **path = file_list(options->replay, ".tsv", &count);
    for (size_t i = 0; i < count; i++) {
        struct log again;
        struct error error;
        if (log_read(path[i], &again, &error) != 0) {
            level->checked++;
            level_fail(level, "%s", error.text);
            free(path[i]);
            continue;
        }
        for (size_t j = 0; j < ledger->count; j++) {
            const struct log *kept = &ledger->logs[j];
            if (kept->seed != again.seed || strcmp(kept->experiment.arm, again.experiment.arm) != 0)
                continue;
            level->checked++;
            if (strcmp(kept->experiment_digest.hex, again.experiment_digest.hex) != 0)
                level_fail(level, "%s: of another experiment than %s", again.path, kept->path);
            else if (strcmp(kept->environment, again.environment) == 0)
                check_bits(kept, &again, level);
            else
                check_tolerance(kept, &again, level);
        }
        log_free(&again);
        free(path[i]);
    }
    free(path);
    remark_skipped(ledger, level);
}

/* ---- All ---------------------------------------------------------------------------------- */

int audit_run(const struct audit_options *options, FILE *out)
{
    struct totals totals = {0, 0, 0};
    struct ledger ledger;

    struct level level = {.name = "ledger", .unit = "logs"};
    check_ledger(options, &ledger, &level);
    level_end(&level, &totals, out);

    level = (struct level){.name = "schedule", .unit = "rows"};
    check_schedule(&ledger, &level);
    level_end(&level, &totals, out);

    level = (struct level){.name = "size", .unit = "logs"};
    check_size(&ledger, &level);
    level_end(&level, &totals, out);

    level = (struct level){.name = "data", .unit = "logs"};
    check_data(&ledger, &level);
    level_end(&level, &totals, out);

    level = (struct level){.name = "regeneration", .unit = "files"};
    check_regeneration(options, &level);
    level_end(&level, &totals, out);

    level = (struct level){.name = "drawing", .unit = "files"};
    check_drawing(options, &level);
    level_end(&level, &totals, out);

    level = (struct level){.name = "replay", .unit = "runs"};
    check_replay(options, &ledger, &level);
    level_end(&level, &totals, out);

    ledger_free(&ledger);
    fprintf(out, "audit: %d passed, %d failed, %d skipped\n", totals.passed, totals.failed,
            totals.skipped);
    return totals.failed;
}
