#include "audit/audit.h"

#include "audit/drawn.h"
#include "audit/manifest.h"
#include "audit/registration.h"
#include "base/file.h"
#include "data/dataset.h"
#include "experiment/schedule.h"
#include "network/model_size.h"
#include "network/onednn.h"
#include "report/borders.h"
#include "report/ledger.h"
#include "report/report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int ends_in(const char *path, const char *suffix)
{
    const size_t length = strlen(path), tail = strlen(suffix);
    return length >= tail && strcmp(path + length - tail, suffix) == 0;
}

/* ---- Logs --------------------------------------------------------------------------------- */

/* Fill `good` with the logs that can be read. */
static void check_logs(const struct audit_options *options, struct ledger *good,
                       struct check *check)
{
    size_t count = 0;
    char **path =
        ledger_files(options->project.results, options->project.published, ".tsv", &count);
    *good = (struct ledger){.logs = memory_zeroed(count, sizeof *good->logs)};
    for (size_t i = 0; i < count; i++) {
        struct error error;
        check->checked++;
        if (log_read(path[i], &good->logs[good->count], &error) == 0)
            good->count++;
        else
            check_fail(check, "%s", error.text);
        free(path[i]);
    }
    free(path);
}

/* ---- Ledger ------------------------------------------------------------------------------- */

static void check_experiment(const struct audit_options *options, const struct log *log,
                             struct check *check)
{
    char *path = memory_text("%s/%s.ini", options->project.experiments, log->experiment.arm);
    struct experiment experiment;
    struct error error;
    if (config_load(path, NULL, 0, &experiment, &error) != 0)
        check_fail(check, "%s: its experiment: %s", log->path, error.text);
    else if (strcmp(config_digest(&experiment).hex, log->experiment_digest.hex) != 0)
        check_fail(check,
                   "%s: %s is not the experiment that it was made with; restore the file or "
                   "give the new experiment a new name",
                   log->path, path);
    free(path);
}

/* Each seed starts from its own parameters. */
static void check_seed(const struct ledger *ledger, const struct log *log, struct check *check)
{
    for (const struct log *other = ledger->logs; other < log; other++)
        if (strcmp(other->initial.hex, log->initial.hex) == 0 && other->seed != log->seed)
            check_fail(check,
                       "%s: seed %ld starts from the parameters of seed %ld in %s; one of "
                       "them holds another seed's run",
                       log->path, log->seed, other->seed, other->path);
}

static void check_borders(const char *path, const struct ledger *ledger, struct check *check)
{
    struct error error;
    check->checked++;
    if (borders_check(path, ledger, &error) != 0)
        check_fail(check, "%s", error.text);
}

/* RESULTS/README.md explains the logs. */
static int is_readme(const struct audit_options *options, const char *path)
{
    const size_t length = strlen(options->project.results);
    return strncmp(path, options->project.results, length) == 0 &&
           strcmp(path + length, "/README.md") == 0;
}

/* Files that are not logs, and arms without logs. */
static void check_files(const struct audit_options *options, const struct ledger *ledger,
                        const struct experiment_files *files, struct check *check)
{
    size_t count = 0, with_logs = 0;
    char **path = ledger_files(options->project.results, options->project.published, "", &count);
    for (size_t i = 0; i < count; i++) {
        if (ends_in(path[i], ".part"))
            check_note(check, "%s: an unfinished run", path[i]);
        else if (ends_in(path[i], ".borders.tsv"))
            check_borders(path[i], ledger, check);
        else if (!ends_in(path[i], ".tsv") && !ends_in(path[i], ".sha256") &&
                 !is_readme(options, path[i]))
            check_fail(check, "%s: expected logs (*.tsv) here only; move it away", path[i]);
        free(path[i]);
    }
    free(path);
    if (!files)
        return;
    for (size_t i = 0; i < files->count; i++)
        for (size_t j = 0; j < ledger->count; j++)
            if (strcmp(files->file[i].experiment.arm, ledger->logs[j].experiment.arm) == 0) {
                with_logs++;
                break;
            }
    check_note(check, "%zu of %zu arms have logs; `make status` lists all", with_logs,
               files->count);
}

static void check_ledger(const struct audit_options *options, const struct ledger *ledger,
                         const struct experiment_files *files, struct check *check)
{
    for (size_t i = 0; i < ledger->count; i++) {
        const struct log *log = &ledger->logs[i];
        struct error error;
        check->checked++;
        if (ledger_check_place(log, options->project.results, &error) != 0)
            check_fail(check, "%s", error.text);
        check_experiment(options, log, check);
        check_seed(ledger, log, check);
    }
    check_files(options, ledger, files, check);
}

/* ---- Sources ------------------------------------------------------------------------------ */

/* List the files below `folder` under `label`/. */
static int list_sources(const struct audit_options *options, const char *folder, const char *label,
                        struct text *lines, struct error *error)
{
    size_t count = 0;
    char **path = file_list(folder, "", &count);
    int status = 0;
    for (size_t i = 0; i < count; i++) {
        if (status == 0 && !ends_in(path[i], ".part") && strcmp(path[i], options->sources) != 0) {
            char *name = memory_text("%s%s", label, path[i] + strlen(folder));
            status = manifest_add(lines, path[i], name, error);
            free(name);
        }
        free(path[i]);
    }
    free(path);
    return status;
}

/* NULL with *error set. */
static char *list_all_sources(const struct audit_options *options, struct error *error)
{
    struct text lines = {0};
    text_add(&lines, "%s", "");
    if (list_sources(options, options->project.experiments, "experiments", &lines, error) == 0 &&
        list_sources(options, options->project.results, "results", &lines, error) == 0)
        return lines.bytes;
    free(lines.bytes);
    return NULL;
}

int audit_keep_sources(const struct audit_options *options, struct error *error)
{
    char *found = list_all_sources(options, error);
    if (!found)
        return -1;
    file_write(options->sources, found, strlen(found));
    free(found);
    return 0;
}

static void check_sources(const struct audit_options *options, struct check *check)
{
    struct error error;
    char *found = list_all_sources(options, &error);
    if (found)
        manifest_compare(options->sources, found,
                         "differs from the kept digest; restore it, or `make keep` if the change "
                         "is meant",
                         check);
    else
        check_fail(check, "%s", error.text);
    free(found);
}

/* ---- Schedule ----------------------------------------------------------------------------- */

/* A log of a diverged run has the rows of the epochs before; each log has its first losses. */
static void check_length(const struct log *log, long steps_per_epoch, struct check *check)
{
    const int diverged = log->status == LOG_DIVERGED;
    const long last = diverged ? log->diverged_at : steps_per_epoch * log->experiment.epochs;
    const long rows = diverged ? (last - 1) / steps_per_epoch : log->experiment.epochs;
    const long losses = last < LOG_STEP_LOSSES ? last : LOG_STEP_LOSSES;
    if (log->row_count != rows || log->step_loss_count != losses)
        check_fail(check, "%s: %ld rows, %ld step losses: expected %ld and %ld", log->path,
                   log->row_count, log->step_loss_count, rows, losses);
}

static void check_schedule(const struct ledger *ledger, struct check *check)
{
    for (size_t i = 0; i < ledger->count; i++) {
        const struct log *log = &ledger->logs[i];
        const long steps = config_steps_per_epoch(&log->experiment);
        const struct schedule schedule = schedule_of(&log->experiment, steps);
        check_length(log, steps, check);
        for (long r = 0; r < log->row_count; r++) {
            const struct log_row *row = &log->rows[r];
            check->checked++;
            if (row->step != steps * row->epoch) {
                check_fail(check, "%s:%d: step %ld: expected %ld, %ld steps an epoch", log->path,
                           row->line, row->step, steps * row->epoch, steps);
                continue;
            }
            const double lr = schedule_lr(&schedule, (double)(row->step - 1));
            /* Programs up to 747fed2 rounded inside the formula, in double, hence the tolerance of a
             * unit in the last place of L0. A forged rate within it fails, too: rows are chained. */
            *(lr == row->lr ? &check->bitwise : &check->by_tolerance) += 1;
            if (!(fabs(lr - row->lr) <= log->experiment.lr * 0x1p-52))
                check_fail(check, "%s:%d: lr %.17g: expected L(%ld) = %.17g", log->path, row->line,
                           row->lr, row->step - 1, lr);
        }
    }
}

/* ---- Size --------------------------------------------------------------------------------- */

static void check_size(const struct ledger *ledger, struct check *check)
{
    for (size_t i = 0; i < ledger->count; i++) {
        const struct log *log = &ledger->logs[i];
        struct model_size size;
        struct error error;
        check->checked++;
        if (model_size(&log->experiment, &size, &error) != 0)
            check_fail(check, "%s: its network: %s", log->path, error.text);
        else if (log->parameters != size.trained || log->macs != size.macs)
            check_fail(check,
                       "%s: %lld parameters, %lld MACs: the experiment's network has %lld and %lld",
                       log->path, log->parameters, log->macs, size.trained, size.macs);
    }
}

/* ---- Data --------------------------------------------------------------------------------- */

static void check_data(const struct ledger *ledger, struct check *check)
{
    for (size_t i = 0; i < ledger->count; i++) {
        const struct log *log = &ledger->logs[i];
        const struct image_digests known = dataset_known_digests(&log->experiment);
        if (!known.train)
            continue;
        check->checked++;
        if (strcmp(log->train.hex, known.train) != 0)
            check_fail(check, "%s: train-sha256 is not that of %s, %.12s...", log->path,
                       config_set_name(&log->experiment), known.train);
        if (strcmp(log->test.hex, known.test) != 0)
            check_fail(check, "%s: test-sha256 is not that of %s, %.12s...", log->path,
                       config_set_name(&log->experiment), known.test);
    }
    if (check->checked == 0)
        check_skip(check, "no log of CIFAR images");
}

/* ---- Regeneration ------------------------------------------------------------------------- */

static const char *const made_folders[] = {"tables", "plots"};
enum { MADE_FOLDERS = sizeof made_folders / sizeof made_folders[0] };

/* Files of an earlier report would count as extra files. */
static int empty_scratch(const char *scratch, struct error *error)
{
    int status = 0;
    for (size_t f = 0; f < MADE_FOLDERS; f++) {
        size_t count = 0;
        char *folder = memory_text("%s/%s", scratch, made_folders[f]);
        char **path = file_list(folder, "", &count);
        for (size_t i = 0; i < count; i++) {
            if (status == 0 && unlink(path[i]) != 0)
                status = error_set(error, "%s: cannot be removed", path[i]);
            free(path[i]);
        }
        free(path);
        free(folder);
    }
    return status;
}

/* Without a ledger the report reads the logs itself, and says which one it cannot use. */
static int write_report(const struct audit_options *options, const struct ledger *ledger,
                        struct error *error)
{
    return ledger ? report_write_from(&options->project, ledger, options->scratch, error)
                  : report_write(&options->project, options->scratch, error);
}

/* Make the tables and list them as sha256sum does, one line per file. NULL with *error set. */
static char *regenerate(const struct audit_options *options, const struct ledger *ledger,
                        struct error *error)
{
    if (empty_scratch(options->scratch, error) != 0 || write_report(options, ledger, error) != 0)
        return NULL;
    struct text lines = {0};
    int status = 0;
    for (size_t f = 0; f < MADE_FOLDERS; f++) {
        size_t count = 0;
        char *folder = memory_text("%s/%s", options->scratch, made_folders[f]);
        char **path = file_list(folder, "", &count);
        for (size_t i = 0; i < count; i++) {
            if (status == 0)
                status =
                    manifest_add(&lines, path[i], path[i] + strlen(options->scratch) + 1, error);
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

/* Whether the report can use the logs that were read: all are there, each at its own path. */
static int is_whole(const struct audit_options *options, const struct ledger *ledger,
                    const struct check *logs)
{
    struct error error;
    for (size_t i = 0; i < ledger->count; i++)
        if (ledger_check_place(&ledger->logs[i], options->project.results, &error) != 0)
            return 0;
    return logs->failed == 0;
}

static void check_regeneration(const struct audit_options *options, const struct ledger *ledger,
                               const struct check *logs, struct check *check)
{
    struct error error;
    char *made = regenerate(options, is_whole(options, ledger, logs) ? ledger : NULL, &error);
    if (made)
        manifest_compare(options->digests, made, "made anew it differs from the kept digest",
                         check);
    else
        check_fail(check, "the tables cannot be made: %s", error.text);
    free(made);
}

/* Keep the list `made`, unless it is NULL, as `kept`. */
static int keep_list(const char *made, const char *kept, struct error *error)
{
    size_t size = 0;
    char *bytes = made ? file_read(made, &size, error) : NULL;
    if (made && !bytes)
        return -1;
    if (made)
        file_write(kept, bytes, size);
    free(bytes);
    return 0;
}

int audit_keep(const struct audit_options *options, struct error *error)
{
    char *made = regenerate(options, NULL, error);
    if (!made)
        return -1;
    file_write(options->digests, made, strlen(made));
    free(made);
    if (options->drawn && drawn_keep(options->kept_drawn, options->drawn, error) != 0)
        return -1;
    if (keep_list(options->page, options->kept_page, error) != 0)
        return -1;
    return audit_keep_sources(options, error);
}

/* ---- Claims ------------------------------------------------------------------------------- */

/* `regeneration` has run, and left its tables. */
static void check_claims(const struct audit_options *options, const struct check *regeneration,
                         struct check *check)
{
    char *path = memory_text("%s/tables/claims.csv", options->scratch);
    if (!file_exists(path)) {
        check_skip(check, "not built: no tables/claims.csv is among the tables");
    } else {
        check->checked++;
        if (regeneration->failed)
            check_fail(check, "tables/claims.csv is made, but regeneration fails");
        else
            check_note(check, "tables/claims.csv, made anew, has the kept digest");
    }
    free(path);
}

/* ---- Drawing ------------------------------------------------------------------------------ */

static void check_drawing(const struct audit_options *options, struct check *check)
{
    if (!options->drawn) {
        check_skip(check, "figures and paper were not drawn: gnuplot, LaTeX or pdftotext is "
                          "missing; `make setup` installs them");
        return;
    }
    struct drawn drawn;
    drawn_compare(options->kept_drawn, options->drawn, &drawn);
    check->checked = check->bitwise = drawn.checked;
    for (const char *at = drawn.failures.bytes; at && *at; at = strchr(at, '\n') + 1)
        check_fail(check, "%.*s", (int)strcspn(at, "\n"), at);
    if (drawn.note.bytes)
        check_note(check, "%s", drawn.note.bytes);
    free(drawn.failures.bytes);
    free(drawn.note.bytes);
}

/* ---- The page ----------------------------------------------------------------------------- */

static void check_page(const struct audit_options *options, struct check *check)
{
    struct error error;
    size_t size = 0;
    if (!options->page) {
        check_skip(check, "the page's data were not made: node is missing; `make page-packages` "
                          "installs it");
        return;
    }
    char *made = file_read(options->page, &size, &error);
    if (made)
        manifest_compare(options->kept_page, made,
                         "made anew it differs from the kept digest; `make keep`, where node is "
                         "installed, if the change is meant",
                         check);
    else
        check_fail(check, "%s", error.text);
    free(made);
}

/* ---- Environment -------------------------------------------------------------------------- */

/* Note each value in the logs that differs from `here`, with the number of its logs. */
static void note_others(const struct ledger *ledger, size_t field, const char *what,
                        const char *here, struct check *check)
{
    const char **value = memory_zeroed(ledger->count, sizeof *value);
    for (size_t i = 0; i < ledger->count; i++)
        value[i] = *(char *const *)((const char *)&ledger->logs[i] + field);
    check_note(check, "%s here: %s", what, here);
    for (size_t i = 0; i < ledger->count; i++) {
        size_t earlier = 0, alike = 0;
        for (size_t j = 0; j < i; j++)
            earlier += strcmp(value[j], value[i]) == 0;
        for (size_t j = i; j < ledger->count; j++)
            alike += strcmp(value[j], value[i]) == 0;
        if (!earlier && strcmp(value[i], here) != 0)
            check_note(check, "%s of %zu logs: %s", what, alike, value[i]);
    }
    free(value);
}

static void list_environment(const struct audit_options *options, const struct ledger *ledger,
                             struct check *check)
{
    struct onednn *onednn = onednn_open(1);
    check->judges = 0;
    check->checked = (long)ledger->count;
    note_others(ledger, offsetof(struct log, environment), "environment",
                onednn_environment(onednn), check);
    note_others(ledger, offsetof(struct log, compiler), "compiler", options->compiler, check);
    note_others(ledger, offsetof(struct log, program), "program", options->program, check);
    onednn_close(onednn);
}

/* ---- All ---------------------------------------------------------------------------------- */

/* The checks that use the experiment files, which are read once. */
static void check_experiments(const struct audit_options *options, const struct ledger *ledger,
                              struct checks *checks)
{
    struct experiment_files files;
    struct error error;
    const int is_read = ledger_read_experiments(options->project.experiments, &files, &error) == 0;
    struct check *check = checks_begin(checks, "ledger", "logs");
    check_ledger(options, ledger, is_read ? &files : NULL, check);
    if (!is_read)
        check_fail(check, "%s", error.text);
    checks_end(checks);
    check = checks_begin(checks, "registration", "files and logs");
    if (is_read)
        registration_check(options->project.experiments, &files, ledger, options->protocols, check);
    else
        check_fail(check, "%s", error.text);
    checks_end(checks);
    if (is_read)
        ledger_free_experiments(&files);
}

void audit_run(const struct audit_options *options, struct checks *checks)
{
    *checks = (struct checks){.count = 0};
    struct ledger ledger;
    struct check *logs = checks_begin(checks, "logs", "logs");
    check_logs(options, &ledger, logs);
    checks_end(checks);
    check_experiments(options, &ledger, checks);
    check_sources(options, checks_begin(checks, "sources", "files"));
    checks_end(checks);
    check_schedule(&ledger, checks_begin(checks, "schedule", "rows"));
    checks_end(checks);
    check_size(&ledger, checks_begin(checks, "size", "logs"));
    checks_end(checks);
    check_data(&ledger, checks_begin(checks, "data", "logs"));
    checks_end(checks);
    struct check *regeneration = checks_begin(checks, "regeneration", "files");
    check_regeneration(options, &ledger, logs, regeneration);
    checks_end(checks);
    check_claims(options, regeneration, checks_begin(checks, "claims", "tables"));
    checks_end(checks);
    check_drawing(options, checks_begin(checks, "drawing", "files"));
    checks_end(checks);
    check_page(options, checks_begin(checks, "page", "files"));
    checks_end(checks);
    replay_check(options->replay, &ledger, checks_begin(checks, "replay", "runs"));
    checks_end(checks);
    replay_spot_check(&options->spot, options->replay, &ledger,
                      checks_begin(checks, "spot", "runs"));
    checks_end(checks);
    list_environment(options, &ledger, checks_begin(checks, "environment", "logs"));
    checks_end(checks);
    ledger_free(&ledger);
}
