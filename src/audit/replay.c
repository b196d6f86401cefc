#include "audit/replay.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/rng.h"
#include "network/model_size.h"
#include "network/onednn.h"
#include "train/training.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Equal as bits: a NaN equals itself. */
static int same(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

static double first_tolerance(const struct log *log)
{
    return log->experiment.precision == PRECISION_BF16 ? REPLAY_FIRST_LOSS_BF16 : REPLAY_FIRST_LOSS;
}

/* ---- Whole runs --------------------------------------------------------------------------- */

static int same_row(const struct log_row *a, const struct log_row *b)
{
    return a->epoch == b->epoch && a->step == b->step && same(a->lr, b->lr) &&
           same(a->train_loss, b->train_loss) && same(a->train_error, b->train_error) &&
           same(a->test_loss, b->test_loss) && same(a->test_error, b->test_error);
}

static void check_bits(const struct log *kept, const struct log *again, struct check *check)
{
    for (long i = 0; i < kept->step_loss_count && i < again->step_loss_count; i++)
        if (!same(kept->step_losses[i], again->step_losses[i])) {
            check_fail(check, "%s: loss of step %ld is %.17g, in %s it is %.17g", again->path,
                       i + 1, again->step_losses[i], kept->path, kept->step_losses[i]);
            return;
        }
    for (long i = 0; i < kept->row_count && i < again->row_count; i++)
        if (!same_row(&kept->rows[i], &again->rows[i])) {
            check_fail(check, "%s:%d: epoch %ld differs from %s:%d", again->path,
                       again->rows[i].line, again->rows[i].epoch, kept->path, kept->rows[i].line);
            return;
        }
    /* the chain's last link covers all rows, the counts, the status and the final state */
    if (strcmp(kept->run.hex, again->run.hex) != 0)
        check_fail(check, "%s: run-sha256 differs from that of %s", again->path, kept->path);
    else
        check_note(check, "%s: equal bit for bit", again->path);
}

static void check_tolerance(const struct log *kept, const struct log *again, struct check *check)
{
    const long failed = check->failed;
    double first = 0, last = 0; /* differences */
    if (kept->status != again->status)
        check_fail(check, "%s: finished or diverged, unlike %s", again->path, kept->path);
    if (kept->step_loss_count > 0 && again->step_loss_count > 0) {
        const double a = kept->step_losses[0], b = again->step_losses[0];
        first = fabs(a - b) / fabs(a);
        if (!(first <= first_tolerance(kept)))
            check_fail(check, "%s: loss of step 1 is %g, in %s it is %g: more than %g apart",
                       again->path, b, kept->path, a, first_tolerance(kept));
    }
    if (kept->status == LOG_FINISHED && again->status == LOG_FINISHED) {
        const double a = kept->rows[kept->row_count - 1].train_loss;
        const double b = again->rows[again->row_count - 1].train_loss;
        last = fabs(a - b);
        if (!(last <= REPLAY_LAST_LOSS))
            check_fail(check, "%s: last train loss is %g, in %s it is %g: more than %g apart",
                       again->path, b, kept->path, a, REPLAY_LAST_LOSS);
    }
    if (check->failed == failed)
        check_note(check,
                   "%s: another environment than %s; first step loss within %g (relative; it is "
                   "%.1e), last train loss within %g (%.1e)",
                   again->path, kept->path, first_tolerance(kept), first, REPLAY_LAST_LOSS, last);
}

static int can_train(const struct log *log, struct error *reason)
{
    return onednn_check_precision(log->experiment.precision, reason) == 0;
}

/* `make smoke` leaves these out. */
static void note_skipped(const struct ledger *ledger, struct check *check)
{
    for (size_t i = 0; i < ledger->count; i++) {
        const struct log *log = &ledger->logs[i];
        struct error reason;
        if (log->experiment.scale == SCALE_SMOKE && !can_train(log, &reason))
            check_note(check, "%s: skipped: %s", log->path, reason.text);
    }
}

void replay_check(const char *folder, const struct ledger *ledger, struct check *check)
{
    if (!folder) {
        check_skip(check, "no folder of runs made again was named");
        return;
    }
    size_t count = 0;
    char **path = file_list(folder, ".tsv", &count);
    for (size_t i = 0; i < count; i++) {
        struct log again;
        struct error error;
        if (log_read(path[i], &again, &error) != 0) {
            check->checked++;
            check_fail(check, "%s", error.text);
            free(path[i]);
            continue;
        }
        for (size_t j = 0; j < ledger->count; j++) {
            const struct log *kept = &ledger->logs[j];
            if (kept->seed != again.seed || strcmp(kept->experiment.arm, again.experiment.arm) != 0)
                continue;
            check->checked++;
            if (strcmp(kept->experiment_digest.hex, again.experiment_digest.hex) != 0)
                check_fail(check, "%s: of another experiment than %s", again.path, kept->path);
            else if (strcmp(kept->environment, again.environment) == 0) {
                check->bitwise++;
                check_bits(kept, &again, check);
            } else {
                check->by_tolerance++;
                check_tolerance(kept, &again, check);
            }
        }
        log_free(&again);
        free(path[i]);
    }
    free(path);
    note_skipped(ledger, check);
    if (check->checked == 0)
        check_skip(check, "%s: holds no run that was made again", folder);
}

/* ---- First steps -------------------------------------------------------------------------- */

static void compare_start(const struct log *log, const struct training *training,
                          struct check *check)
{
    const struct digest initial = parameters_digest(network_parameters(training->network));
    if (strcmp(training->dataset.train.digest.hex, log->train.hex) != 0)
        check_fail(check, "%s: train-sha256: was made with other images", log->path);
    if (strcmp(initial.hex, log->initial.hex) != 0)
        check_fail(check, "%s: initial-sha256: seed %ld starts from another network", log->path,
                   log->seed);
}

static int agree(const struct log *log, double kept, double again, long step, int exact)
{
    const double tolerance = step <= REPLAY_FIRST_STEPS ? first_tolerance(log) : REPLAY_STEP_LOSS;
    return same(kept, again) || (!exact && fabs(kept - again) <= tolerance * fabs(kept));
}

/* Take up to `steps` steps and compare their losses; returns how many were taken. */
static long compare_steps(const struct log *log, struct training *training, long steps, int exact,
                          double *worst, struct check *check)
{
    long step = 1;
    *worst = 0;
    for (; step <= steps && step <= log->step_loss_count; step++) {
        const int count = training_load_batch(training, step);
        const double loss = network_forward_backward(training->network, count).loss_sum / count;
        const double kept = log->step_losses[step - 1];
        if (!agree(log, kept, loss, step, exact)) {
            check_fail(check, "%s: loss of step %ld is %.17g, made again it is %.17g", log->path,
                       step, kept, loss);
            break;
        }
        if (!same(kept, loss))
            *worst = fmax(*worst, fabs(kept - loss) / fabs(kept));
        if (isfinite(loss))
            training_sgd_update(training, step);
    }
    return step - 1;
}

static void spot_check(const struct replay_spot *spot, const struct log *log, struct check *check)
{
    struct training training;
    training_open(&training, &log->experiment, (uint32_t)log->seed, spot->threads, spot->data,
                  spot->kept);
    network_initialise(training.network, (uint32_t)log->seed);
    const int exact = strcmp(network_environment(training.network), log->environment) == 0;
    const long failed = check->failed;
    check->checked++;
    *(exact ? &check->bitwise : &check->by_tolerance) += 1;
    compare_start(log, &training, check);
    const long wanted = exact || spot->steps < REPLAY_STEPS ? spot->steps : REPLAY_STEPS;
    double worst;
    const long steps = compare_steps(log, &training, wanted, exact, &worst, check);
    if (check->failed == failed && exact)
        check_note(check, "%s: %ld steps equal bit for bit", log->path, steps);
    else if (check->failed == failed)
        check_note(check,
                   "%s: %ld steps, made in another environment: losses within %g (relative) up to "
                   "step %d, then %g; the largest difference is %.1e",
                   log->path, steps, first_tolerance(log), REPLAY_FIRST_STEPS, REPLAY_STEP_LOSS,
                   worst);
    training_close(&training);
}

void replay_spot_check(const struct replay_spot *spot, const char *folder,
                       const struct ledger *ledger, struct check *check)
{
    if (spot->runs == 0) {
        check_skip(check, "no runs were asked for");
        return;
    }
    const struct log **drawable = memory_zeroed(ledger->count, sizeof(struct log *));
    uint32_t count = 0;
    size_t without_images = 0, without_precision = 0;
    for (size_t i = 0; i < ledger->count; i++) {
        const struct log *log = &ledger->logs[i];
        struct error reason;
        char *again = folder ? log_path(folder, log->experiment.arm, log->seed) : NULL;
        if (again && file_exists(again))
            ; /* the whole run is trained again */
        else if (!dataset_is_there(&log->experiment, spot->data))
            without_images++;
        else if (!can_train(log, &reason))
            without_precision++;
        else if (model_size(&log->experiment, &(struct model_size){0}, NULL) == 0)
            drawable[count++] = log;
        free(again);
    }
    uint32_t *order = memory_zeroed(count, sizeof *order);
    rng_shuffle((struct rng){spot->seed, RNG_AUDIT}, 0, order, count);
    for (uint32_t i = 0; i < count && i < (uint32_t)spot->runs; i++)
        spot_check(spot, drawable[order[i]], check);
    if (count)
        check_note(check, "%ld of %u runs, drawn by seed %u", check->checked, count, spot->seed);
    if (count && without_precision)
        check_note(check, "%zu runs not drawn from: this CPU lacks their precision",
                   without_precision);
    else if (without_precision)
        check_skip(check, "this CPU lacks the precision of %zu runs", without_precision);
    if (count && without_images)
        check_note(check, "%zu runs not drawn from: their images are not in %s", without_images,
                   spot->data);
    else if (without_images)
        check_skip(check, "the images of %zu runs are not in %s (DATA=DIR)", without_images,
                   spot->data);
    free(order);
    free(drawable);
}
