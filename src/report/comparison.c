#include "report/comparison.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Endpoints ---------------------------------------------------------------------------- */

const struct endpoint_facts endpoints[ENDPOINTS] = {
    [TEST_ERROR] = {"test error (%)", "", 2},
    [TEST_LOSS] = {"test loss", "test-loss-", 4},
    [TRAIN_ERROR] = {"training error (%)", "train-error-", 2},
};

double endpoint_of(const struct log *log, enum endpoint endpoint, long epoch)
{
    if (log->status != LOG_FINISHED)
        return INFINITY;
    const struct log_row *row = &log->rows[(epoch == LAST_EPOCH ? log->row_count : epoch) - 1];
    return endpoint == TEST_ERROR  ? row->test_error
           : endpoint == TEST_LOSS ? row->test_loss
                                   : row->train_error;
}

double endpoint_mean(const struct arm *arm, enum endpoint endpoint)
{
    double *values = memory_zeroed(arm->count, sizeof *values);
    for (size_t i = 0; i < arm->count; i++)
        values[i] = endpoint_of(&arm->logs[i], endpoint, LAST_EPOCH);
    const double mean = statistics_mean(values, arm->count);
    free(values);
    return mean;
}

/* ---- Seeds -------------------------------------------------------------------------------- */

const struct log **comparison_runs(const struct arm *const *arms, size_t count, size_t *seeds)
{
    const struct log **runs = memory_zeroed(arms[0]->count * count, sizeof *runs);
    *seeds = 0;
    for (size_t i = 0; i < arms[0]->count; i++) {
        size_t have = 0;
        while (have < count &&
               (runs[*seeds * count + have] = ledger_log_of(arms[have], arms[0]->logs[i].seed)))
            have++;
        *seeds += have == count;
    }
    return runs;
}

double *comparison_errors(const struct arm *const *arms, size_t count, size_t *seeds)
{
    const struct log **runs = comparison_runs(arms, count, seeds);
    double *errors = memory_zeroed(*seeds * count, sizeof *errors);
    for (size_t s = 0; s < *seeds; s++)
        for (size_t a = 0; a < count; a++)
            errors[a * *seeds + s] = ledger_last_error(runs[s * count + a]);
    free(runs);
    return errors;
}

int comparison_is_one_training(const struct arm *arm, const struct arm *control)
{
    size_t seeds, same = 0;
    const struct log **runs = comparison_runs((const struct arm *const[]){arm, control}, 2, &seeds);
    for (size_t s = 0; s < seeds; s++) {
        const struct log *run = runs[2 * s], *other = runs[2 * s + 1];
        same += run->status == LOG_FINISHED && other->status == LOG_FINISHED &&
                ledger_last_error(run) == ledger_last_error(other) &&
                strcmp(run->state.hex, other->state.hex) == 0;
    }
    free(runs);
    return same > 0 && same == arm->count;
}

/* ---- Comparisons -------------------------------------------------------------------------- */

const struct comparison comparison_none = {
    .mean = NAN, .interval = {NAN, NAN, "no comparison"}, .p = NAN, .holm = NAN};

/* For each seed that all arms have, the weighted sum of the endpoints. */
static struct comparison compare(const struct arm *const *arms, const double *weights, size_t count,
                                 enum endpoint endpoint, long epoch)
{
    size_t pairs, diverged = 0;
    const struct log **runs = comparison_runs(arms, count, &pairs);
    double *sums = memory_zeroed(pairs, sizeof *sums);
    for (size_t i = 0; i < pairs * count; i++)
        sums[i / count] += weights[i % count] * endpoint_of(runs[i], endpoint, epoch);
    for (size_t a = 0; a < count; a++)
        diverged += arms[a]->diverged;
    struct comparison comparison = comparison_none;
    comparison.endpoint = endpoint;
    comparison.arm = arms[count - 1];
    comparison.control = arms[0];
    comparison.pairs = pairs;
    comparison.interval.reason = "a run diverged";
    if (!diverged) {
        const char *reason;
        comparison.mean = statistics_mean(sums, pairs);
        comparison.interval = statistics_t_interval(sums, pairs, 0.95);
        if (epoch == LAST_EPOCH)
            comparison.p = statistics_sign_flip(sums, pairs, &reason);
    }
    free(sums);
    free(runs);
    return comparison;
}

struct comparison comparison_of(const struct arm *arm, const struct arm *control)
{
    return comparison_by(arm, control, TEST_ERROR, LAST_EPOCH);
}

struct comparison comparison_by(const struct arm *arm, const struct arm *control,
                                enum endpoint endpoint, long epoch)
{
    return compare((const struct arm *const[]){control, arm}, (const double[]){-1, 1}, 2, endpoint,
                   epoch);
}

/* The slope of a least-squares line is a weighted sum of the errors; the weights are
 * (x - mean x) / sum of (x - mean x)^2. */
struct comparison comparison_trend(const struct arm *const *arms, const double *x, size_t count)
{
    double *weights = memory_zeroed(count, sizeof *weights);
    const double mean = statistics_mean(x, count);
    double squares = 0;
    for (size_t a = 0; a < count; a++)
        squares += (x[a] - mean) * (x[a] - mean);
    for (size_t a = 0; a < count; a++)
        weights[a] = (x[a] - mean) / squares;
    struct comparison comparison = compare(arms, weights, count, TEST_ERROR, LAST_EPOCH);
    comparison.trend = arms;
    comparison.trend_count = count;
    comparison_holm(&comparison, sizeof comparison, 1, 1);
    free(weights);
    return comparison;
}

size_t comparison_select_k(const struct arm **arms, size_t count)
{
    size_t size = 0;
    for (size_t a = 0; a < count; a++)
        if (arms[a]->count > 0 && arms[a]->experiment->k >= 1 && /* without runs, no experiment */
            (size == 0 || arms[a]->experiment->k > arms[size - 1]->experiment->k))
            arms[size++] = arms[a];
    return size > 0 && arms[0]->experiment->k > 1 ? 0 : size;
}

struct comparison comparison_trend_over_k(const struct arm *const *arms, size_t count)
{
    double *x = memory_zeroed(count, sizeof *x);
    for (size_t a = 0; a < count; a++)
        x[a] = log2(arms[a]->experiment->k);
    const struct comparison trend = comparison_trend(arms, x, count);
    free(x);
    return trend;
}

size_t comparison_with_k_1(const struct arm *arms, size_t count, const struct questions *questions,
                           struct comparison *comparisons)
{
    static const struct arm nobody = {.name = ""};
    const struct arm *control = &nobody;
    size_t size = 0, planned = 0;
    while (size < count && strcmp(arms[size].base.hex, arms[0].base.hex) == 0)
        size++;
    for (size_t i = size; i > 0; i--)
        if (arms[i - 1].experiment->k == 1)
            control = &arms[i - 1];
    for (size_t i = 0; i < size; i++) {
        const struct question_pair *pair;
        const struct question *question = questions_find(questions, arms[i].name, &pair);
        planned = question && question->count > planned ? question->count : planned;
        comparisons[i] =
            arms[i].experiment->k == 1 ? comparison_none : comparison_of(&arms[i], control);
    }
    comparison_holm(comparisons, sizeof *comparisons, size, planned);
    return size;
}

void comparison_holm(struct comparison *first, size_t stride, size_t count, size_t planned)
{
    const size_t most = count + planned;
    struct comparison **family = memory_zeroed(count, sizeof *family);
    double *p = memory_zeroed(most, sizeof *p), *holm = memory_zeroed(most, sizeof *holm);
    size_t members = 0;
    for (size_t i = 0; i < count; i++) {
        struct comparison *member = (void *)((char *)first + i * stride);
        if (!member->arm)
            continue;
        p[members] = isnan(member->p) ? 1 : member->p;
        family[members++] = member;
    }
    const size_t all = members > planned ? members : planned;
    for (size_t i = members; i < all; i++)
        p[i] = 1;
    statistics_holm(p, all, holm);
    for (size_t i = 0; i < members; i++) {
        family[i]->holm = isnan(family[i]->p) ? NAN : holm[i];
        family[i]->comparisons = all;
    }
    free(holm);
    free(p);
    free(family);
}

const char *comparison_word(const struct comparison *c)
{
    return c->is_null ? "null control"
                      : statistics_verdict(c->pairs, c->comparisons, c->interval, c->holm);
}
