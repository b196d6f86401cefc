#include "report/measure.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *measure_name(enum measure measure)
{
    static const char *const names[MEASURES] = {"test error (%)", "test loss",
                                                "training error (%)"};
    return names[measure];
}

double measure_of(const struct log *log, enum measure measure, long epoch)
{
    if (log->status != LOG_FINISHED)
        return INFINITY;
    const struct log_row *row = &log->rows[(epoch == MEASURE_LAST ? log->row_count : epoch) - 1];
    return measure == MEASURE_TEST_ERROR  ? row->test_error
           : measure == MEASURE_TEST_LOSS ? row->test_loss
                                          : row->train_error;
}

double measure_mean(const struct arm *arm, enum measure measure, long epoch)
{
    double *values = memory_zeroed(arm->count, sizeof *values);
    for (size_t i = 0; i < arm->count; i++)
        values[i] = measure_of(&arm->logs[i], measure, epoch);
    const double mean = statistics_mean(values, arm->count);
    free(values);
    return mean;
}

struct measure_difference measure_compare(const struct arm *arm, const struct arm *control,
                                          enum measure measure, long epoch)
{
    struct measure_difference difference = {0};
    double *values = memory_zeroed(arm->count, sizeof *values);
    for (size_t i = 0; i < arm->count; i++) {
        const struct log *other = ledger_log_of(control, arm->logs[i].seed);
        if (other)
            values[difference.pairs++] =
                measure_of(&arm->logs[i], measure, epoch) - measure_of(other, measure, epoch);
    }
    difference.mean =
        arm->diverged || control->diverged ? NAN : statistics_mean(values, difference.pairs);
    difference.interval = statistics_t_interval(values, difference.pairs, 0.95);
    free(values);
    return difference;
}

int measure_same_training(const struct arm *arm, const struct arm *control)
{
    size_t same = 0;
    for (size_t i = 0; i < arm->count; i++) {
        const struct log *other = ledger_log_of(control, arm->logs[i].seed);
        if (other && arm->logs[i].status == LOG_FINISHED && other->status == LOG_FINISHED &&
            ledger_last_error(&arm->logs[i]) == ledger_last_error(other))
            same += strcmp(arm->logs[i].state.hex, other->state.hex) == 0 ? 1 : 0;
    }
    return same > 0 && same == arm->count;
}
