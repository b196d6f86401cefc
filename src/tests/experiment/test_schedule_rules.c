/* What an experiment asks of the learning rate besides base and k: drops, cycles, epochs, warm-up.
 * All values are worked out by hand; an epoch has ten steps. */
#include "base/memory.h"
#include "experiment/config.h"
#include "experiment/schedule.h"
#include "tests/expect.h"
#include "tests/tests.h"

#include <math.h>
#include <stdlib.h>

/* The schedule of a run of `epochs` epochs whose section says `lines`. */
static struct schedule schedule_that_says(int epochs, const char *lines)
{
    char *text = memory_text("[run]\nscale = smoke\n[data]\nset = made-up\ntrain_pictures = 160\n"
                             "test_pictures = 32\naugmentation = none\n[network]\nfamily = preact\n"
                             "depth = 8\n[training]\nepochs = %d\nbatch = 16\nlast_batch = keep\n"
                             "momentum = 0.9\nnesterov = yes\nweight_decay = 0\n[schedule]\n%s",
                             epochs, lines);
    struct experiment experiment;
    struct error error = {""};
    expect_ok(config_parse(text, "text", &experiment, &error), &error);
    free(text);
    return schedule_of(&experiment, 10);
}

struct point {
    long t;
    double lr;
};

enum { POINTS = 12 };

struct rule {
    int epochs;
    const char *lines;
    struct point points[POINTS]; /* ends where lr is 0, which none of them is */
};

static void check(const struct rule *rule)
{
    const struct schedule schedule = schedule_that_says(rule->epochs, rule->lines);
    for (int i = 0; i < POINTS && rule->points[i].lr > 0; i++) {
        const double lr = schedule_lr(&schedule, (double)rule->points[i].t);
        if (!(fabs(lr - rule->points[i].lr) <= 1e-14))
            fail_msg("%s at step %ld: %.17g, expected %.17g", rule->lines, rule->points[i].t, lr,
                     rule->points[i].lr);
    }
}

#define STEP "decay = step\nlr = 0.4\nlr_end = 0\ndrops = 2 5\n"
#define LINE "decay = polynomial\nlr = 1\nlr_end = 0\n"

TEST(step_decay)
{
    static const struct rule rules[] = {
        {8, STEP, {{0, .4}, {19, .4}, {20, .04}, {49, .04}, {50, .004}, {79, .004}}},
        {8, STEP "drop_factor = 0.25\n", {{0, .4}, {19, .4}, {20, .1}, {49, .1}, {50, .025}}},
        {8, STEP "drop_factor = 1\n", {{0, .4}, {20, .4}, {79, .4}}},
        {8, STEP "update = epoch\n", {{19, .4}, {20, .04}, {29, .04}, {50, .004}}},
    };
    for (size_t i = 0; i < COUNT(rules); i++)
        check(&rules[i]);
}

TEST(drops_at)
{
    const struct schedule step = schedule_that_says(8, STEP);
    const struct schedule warm =
        schedule_that_says(8, STEP "warmup_steps = 25\nwarmup_lr = 0.03\n");
    const struct schedule line = schedule_that_says(8, LINE);
    for (long t = 0; t < 80; t++) {
        assert_int_equal(schedule_drops_at(&step, t) != 0, t == 20 || t == 50);
        assert_int_equal(schedule_drops_at(&warm, t) != 0, t == 20 || t == 50);
        assert_int_equal(schedule_drops_at(&line, t), 0);
    }
}

/* cos^2(pi/8) = (2 + sqrt 2) / 4. */
TEST(cycles)
{
    static const struct rule rules[] = {
        /* of two epochs each */
        {6,
         LINE "cycle = 2\n",
         {{0, 1}, {5, .75}, {10, .5}, {19, .05}, {20, 1}, {30, .5}, {39, .05}, {40, 1}, {59, .05}}},
        /* of one, two and four epochs */
        {7,
         LINE "cycle = 1\ncycle_factor = 2\n",
         {{0, 1}, {5, .5}, {9, .1}, {10, 1}, {20, .5}, {29, .05}, {30, 1}, {50, .5}, {69, .025}}},
        /* of one, three and nine epochs; the last one is not over when the run is */
        {8, LINE "cycle = 1\ncycle_factor = 3\n", {{9, .1}, {10, 1}, {25, .5}, {40, 1}, {67, .7}}},
        /* k acts inside of each cycle, and the rate falls to lr_end in each */
        {4,
         "decay = polynomial\nlr = 1\nlr_end = 0.2\nk = 2\ncycle = 2\n",
         {{0, 1}, {10, .8}, {15, .55}, {20, 1}, {30, .8}}},
        {4,
         "decay = polynomial\nlr = 1\nlr_end = 0\npower = 2\ncycle = 2\n",
         {{10, .25}, {15, .0625}, {30, .25}}},
        {4,
         "decay = cosine\nlr = 1\nlr_end = 0\nk = 2\ncycle = 2\n",
         {{0, 1}, {10, 0.85355339059327376220}, {20, 1}, {30, 0.85355339059327376220}}},
        {4, "decay = cosine\nlr = 1\nlr_end = 0\ncycle = 2\n", {{0, 1}, {10, .5}, {30, .5}}},
    };
    for (size_t i = 0; i < COUNT(rules); i++)
        check(&rules[i]);
}

TEST(update_by_epoch)
{
    static const struct rule rules[] = {
        {10, LINE, {{0, 1}, {9, .91}, {10, .9}, {99, .01}}},
        {10, LINE "update = step\n", {{9, .91}, {99, .01}}},
        {10, LINE "update = epoch\n", {{0, 1}, {9, 1}, {10, .9}, {19, .9}, {20, .8}, {99, .1}}},
        {10, LINE "update = epoch\nk = 2\n", {{9, 1}, {10, .99}, {59, .75}, {60, .64}}},
        {6,
         LINE "update = epoch\ncycle = 2\n",
         {{0, 1}, {9, 1}, {10, .5}, {19, .5}, {20, 1}, {29, 1}, {30, .5}, {39, .5}, {40, 1}}},
    };
    for (size_t i = 0; i < COUNT(rules); i++)
        check(&rules[i]);
}

/* Fifteen steps; the schedule's own t has run on meanwhile. */
TEST(warm_up)
{
    static const struct rule rules[] = {
        {10,
         LINE "warmup_steps = 15\nwarmup_lr = 0.03\n",
         {{0, .03}, {1, .03}, {14, .03}, {15, .85}, {16, .84}}},
        {10,
         LINE "warmup_steps = 15\nwarmup_lr = 0.03\nupdate = epoch\n",
         {{0, .03}, {10, .03}, {14, .03}, {15, .9}, {20, .8}}},
        {8,
         STEP "warmup_steps = 25\nwarmup_lr = 0.03\n",
         {{0, .03}, {20, .03}, {24, .03}, {25, .04}, {50, .004}}},
        {6,
         LINE "warmup_steps = 15\nwarmup_lr = 0.03\ncycle = 2\n",
         {{14, .03}, {15, .25}, {20, 1}}},
        {10, LINE "warmup_steps = 0\n", {{0, 1}}},
    };
    for (size_t i = 0; i < COUNT(rules); i++)
        check(&rules[i]);
}
