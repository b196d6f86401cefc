#include "experiment/match.h"

#include "base/file.h"
#include "base/memory.h"
#include "experiment/schedule.h"
#include "tests/expect.h"
#include "tests/scratch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/tests.h"

static struct experiment plain(void)
{
    struct experiment experiment;
    struct error error;
    expect_ok(config_load("experiments/families/schedules.ini", NULL, 0, &experiment, &error),
              &error);
    return experiment;
}

static const struct match *match_of(const char *decay)
{
    for (size_t i = 0; i < match_count; i++)
        if (strcmp(matches[i].decay, decay) == 0)
            return &matches[i];
    fail_msg("no match of %s", decay);
    return NULL;
}

/* Solved by hand: (1 - s)^N has the area 1 / (N + 1), a knee (1 + e) / 2, WSD e + (1 - e) / 3; REX
 * with d = 1/2 has 2 - 2 ln 2. */
TEST(areas_solved_by_hand)
{
    const struct experiment e = plain();
    assert_true(fabs(match_area(match_of("polynomial"), &e, 2. / 3) - 0.5) < 1e-12);
    assert_true(fabs(match_area(match_of("knee"), &e, 0.75) - 0.5) < 1e-12);
    assert_true(fabs(match_area(match_of("wsd"), &e, 2. / 3) - 0.5) < 1e-12);
    assert_true(fabs(match_area(match_of("rex"), &e, 2 - 2 * log(2)) - 0.5) < 1e-12);
    assert_true(isnan(match_area(match_of("knee"), &e, 0.4)));
}

/* The files in experiments/ are what the program writes now, and the means of their rates over
 * 300,000 steps, by the trapezoid rule, are equal. */
TEST(kept_arms)
{
    static const double ks[] = {2, 3};
    const struct experiment e = plain();
    char *folder = scratch_folder();
    for (size_t i = 0; i < COUNT(ks); i++) {
        match_write(ks[i], &e, folder);
        char *kept = memory_text("experiments/schedules/k%.1f", ks[i]);
        char *made = memory_text("%s/k%.1f", folder, ks[i]);
        size_t count, made_count;
        char **kept_files = file_list(kept, ".ini", &count);
        char **made_files = file_list(made, ".ini", &made_count);
        assert_int_equal(count, match_count + 2);
        assert_int_equal(made_count, count);
        for (size_t f = 0; f < count; f++) {
            struct experiment arm;
            struct error error;
            char *a = file_read(kept_files[f], NULL, &error);
            char *b = file_read(made_files[f], NULL, &error);
            assert_string_equal(a, b);
            assert_int_equal(config_load(kept_files[f], NULL, 0, &arm, &error), 0);
            const struct schedule schedule = schedule_of(&arm, 100000);
            double sum = 0;
            for (long t = 0; t < schedule.steps; t++)
                sum += schedule_lr(&schedule, (double)t) + schedule_lr(&schedule, (double)t + 1);
            const double mean = (sum / 2 / (double)schedule.steps - 1e-4) / 0.0999;
            assert_true(fabs(mean - ks[i] / (ks[i] + 1)) < 1e-6);
            free(a);
            free(b);
            free(kept_files[f]);
            free(made_files[f]);
        }
        free(kept_files);
        free(made_files);
        free(kept);
        free(made);
    }
    scratch_remove(folder);
}
