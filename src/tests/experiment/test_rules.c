/* What must hold between the keys of an experiment: each rule broken once, its whole message, and
 * the nearest experiment that keeps it. */
#include "base/memory.h"
#include "experiment/config.h"
#include "network/architecture.h"
#include "tests/scratch.h"
#include "tests/tests.h"

#include <stdlib.h>
#include <string.h>

/* Good ones, as far as the sections that differ go. */
static const char preact[] = "[network]\nfamily = preact\ndepth = 11\n";
static const char wide[] = "[network]\nfamily = wide-resnet\ndepth = 10\nwidth = 2\n";
static const char dense[] = "[network]\nfamily = densenet-bc\ndepth = 10\ngrowth = 12\n";

enum { OVERRIDES = 5 };

struct rule {
    const char *network;
    const char *overrides[OVERRIDES];
    const char *message; /* NULL: the experiment is good */
};

/* Load the base with the overrides: the message after the file's name, or "". */
static void load(const struct rule *rule, struct error *bare)
{
    char *folder = scratch_folder(), *path = memory_text("%s/a.ini", folder);
    char *text = memory_text("[run]\nscale = smoke\n[data]\nset = made-up\ntrain_pictures = 64\n"
                             "test_pictures = 32\naugmentation = none\n%s[training]\nepochs = 6\n"
                             "batch = 64\nlast_batch = keep\nmomentum = 0.9\nnesterov = yes\n"
                             "weight_decay = 1e-4\n[schedule]\ndecay = cosine\nlr = 0.1\n"
                             "lr_end = 0\n",
                             rule->network);
    scratch_write(folder, "a.ini", text);
    size_t count = 0;
    while (count < OVERRIDES && rule->overrides[count])
        count++;
    struct experiment experiment;
    struct error error = {""};
    const int status = config_load(path, rule->overrides, count, &experiment, &error);
    assert_int_equal(status, error.text[0] ? -1 : 0);
    const size_t length = strlen(path);
    *bare = (struct error){""};
    if (status != 0) {
        assert_int_equal(strncmp(error.text, path, length), 0);
        assert_int_equal(strncmp(error.text + length, ": ", 2), 0);
        strcpy(bare->text, error.text + length + 2);
    }
    free(text);
    free(path);
    scratch_remove(folder);
}

#define STEP "schedule.decay=step"
#define DROPS "schedule.drops=2 5"

#define MAKE_UP "data.set = made-up: expected data.train_pictures and data.test_pictures above 0"
#define NOT_SYNTHETIC                                                                              \
    "data.train_pictures and data.test_pictures belong to data.set = made-up; remove them"
#define SMOKE "data.set = made-up and run.scale = smoke belong together; change one of them"
#define SHARDS "training.batch: expected a multiple of training.shards"
#define NO_STEP                                                                                    \
    "training.last_batch = drop leaves no step: 63 images are fewer than training.batch = 64; "    \
    "lower the batch or keep the last one"
#define LR_END "schedule.lr_end: expected at most schedule.lr"
#define PREACT_ONLY                                                                                \
    "network.block and network.shortcut belong to network.family = preact; remove them"
#define WIDTH "network.width belongs to network.family = wide-resnet, which needs it"
#define GROWTH "network.growth belongs to network.family = densenet-bc, which needs it"
#define DROPOUT "network.dropout belongs to wide-resnet and densenet-bc; remove it"
#define LEARNED_ONLY                                                                               \
    "network.padding_depth and network.padding_reach belong to network.padding = learned; remove " \
    "them"
#define ROWS "network.rows belongs to network.weights = expansion or bank, which need it"
#define WEIGHTS_SEED                                                                               \
    "network.weights_seed belongs to network.weights = expansion or bank; remove it"
#define POWER "network.weights = search: expected a power of two as network.rows"
#define BUDGET "network.budget belongs to network.weights = search, which needs it, or bank"
#define DRAWN "network.budget draws the rows of network.weights = bank; remove network.rows"
#define DRAW "network.rows_draw belongs to network.weights = bank with network.budget; remove it"
#define CHANNELS "network.channels belongs to network.family = preact; remove it"
#define DROPS_ONLY "schedule.drops belongs to schedule.decay = step, which needs it"
#define STEP_ONLY                                                                                  \
    "schedule.decay = step: expected no schedule.cycle, endpoint or form, and lr_end = 0"
#define LATE_DROP(epochs)                                                                          \
    "schedule.drops: epoch 5 (counted from 0) is behind the run's " epochs                         \
    "; remove it or raise training.epochs"
#define RESET "training.momentum_reset belongs to schedule.decay = step; remove it"
#define CYCLE "schedule.cycle_factor needs schedule.cycle"
#define WARMUP "schedule.warmup, warmup_lr and warmup_clock need schedule.warmup_steps"

static const struct rule rules[] = {
    {preact, {0}, NULL},
    {wide, {0}, NULL},
    {dense, {0}, NULL},
    {preact, {"data.train_pictures=0"}, MAKE_UP},
    {preact, {"data.test_pictures=0"}, MAKE_UP},
    {preact, {"run.scale=desk", "data.set=cifar10"}, NOT_SYNTHETIC},
    {preact, {"run.scale=desk", "data.set=cifar10", "data.train_pictures=0"}, NOT_SYNTHETIC},
    {preact, {"run.scale=full", "data.set=cifar100", "data.test_pictures=0"}, NOT_SYNTHETIC},
    {preact,
     {"run.scale=desk", "data.set=cifar10", "data.train_pictures=0", "data.test_pictures=0"},
     NULL},
    {preact, {"run.scale=desk"}, SMOKE},
    {preact, {"run.scale=full"}, SMOKE},
    {preact, {"data.set=cifar10", "data.train_pictures=0", "data.test_pictures=0"}, SMOKE},
    {preact, {"training.batch=65"}, SHARDS},
    {preact, {"training.shards=128"}, SHARDS},
    {preact, {"training.batch=65", "training.shards=13"}, NULL},
    {preact, {"data.train_pictures=63", "training.last_batch=drop"}, NO_STEP},
    {preact, {"data.train_pictures=63"}, NULL},
    {preact, {"training.last_batch=drop"}, NULL},
    {preact, {"schedule.lr_end=0.2"}, LR_END},
    {preact, {"schedule.lr_end=0.1"}, NULL},
    {wide, {"network.block=bottleneck"}, PREACT_ONLY},
    {wide, {"network.shortcut=projection"}, PREACT_ONLY},
    {dense, {"network.block=bottleneck"}, PREACT_ONLY},
    {dense, {"network.shortcut=projection"}, PREACT_ONLY},
    {preact, {"network.block=bottleneck", "network.shortcut=projection"}, NULL},
    {wide, {"network.width=0"}, WIDTH},
    {preact, {"network.width=2"}, WIDTH},
    {dense, {"network.width=2"}, WIDTH},
    {dense, {"network.growth=0"}, GROWTH},
    {preact, {"network.growth=12"}, GROWTH},
    {wide, {"network.growth=12"}, GROWTH},
    {preact, {"network.dropout=0.3"}, DROPOUT},
    {wide, {"network.dropout=0.3"}, NULL},
    {dense, {"network.dropout=0.3"}, NULL},
    {preact, {"network.padding_depth=2"}, LEARNED_ONLY},
    {preact, {"network.padding_reach=1"}, LEARNED_ONLY},
    {dense, {"network.padding=reflect", "network.padding_depth=2"}, LEARNED_ONLY},
    {wide, {"network.padding=partial", "network.padding_reach=1"}, LEARNED_ONLY},
    {wide, {"network.padding=partial"}, NULL},
    {preact,
     {"network.padding=learned", "network.padding_depth=2", "network.padding_reach=1"},
     NULL},
    {preact, {"network.rows=8"}, ROWS},
    {preact, {"network.weights=expansion"}, ROWS},
    {dense, {"network.weights=bank"}, ROWS},
    {preact, {"network.weights_seed=1"}, WEIGHTS_SEED},
    {preact, {"network.weights=bank", "network.rows=8", "network.weights_seed=1"}, NULL},
    {wide, {"network.weights=expansion", "network.rows=8"}, NULL},
    {preact, {"network.weights=search", "network.rows=12", "network.budget=5000"}, POWER},
    {preact, {"network.weights=search", "network.rows=16"}, BUDGET},
    {preact, {"network.weights=expansion", "network.rows=16", "network.budget=5000"}, BUDGET},
    {preact, {"network.budget=5000"}, BUDGET},
    {preact, {"network.weights=bank", "network.rows=16", "network.budget=5000"}, DRAWN},
    {preact, {"network.weights=bank", "network.rows=16", "network.rows_draw=1"}, DRAW},
    {preact, {"network.weights=bank", "network.budget=5000", "network.rows_draw=1"}, NULL},
    {preact, {"network.weights=search", "network.rows=16", "network.budget=5000"}, NULL},
    {dense, {"network.channels=8"}, CHANNELS},
    {wide, {"network.channels=8"}, CHANNELS},
    {preact, {"network.channels=8", "network.block=bottleneck"}, NULL},
    {preact, {STEP}, DROPS_ONLY},
    {preact, {DROPS}, DROPS_ONLY},
    {preact, {"schedule.decay=polynomial", DROPS}, DROPS_ONLY},
    {preact, {STEP, DROPS}, NULL},
    {preact, {STEP, DROPS, "schedule.endpoint=yes"}, STEP_ONLY},
    {preact, {STEP, DROPS, "schedule.cycle=2"}, STEP_ONLY},
    {preact, {STEP, DROPS, "schedule.lr_end=0.01"}, STEP_ONLY},
    {preact, {STEP, DROPS, "training.epochs=5"}, LATE_DROP("5")},
    {preact, {STEP, DROPS, "training.epochs=4"}, LATE_DROP("4")},
    {preact, {"training.momentum_reset=at-drop"}, RESET},
    {preact, {STEP, DROPS, "training.momentum_reset=at-drop"}, NULL},
    {preact, {"schedule.cycle_factor=2"}, CYCLE},
    {preact, {"schedule.cycle_factor=2", "schedule.cycle=1"}, NULL},
    {preact, {"schedule.warmup_lr=0.01"}, WARMUP},
    {preact, {"schedule.warmup=linear"}, WARMUP},
    {preact, {"schedule.warmup_clock=waits"}, WARMUP},
    {preact, {"schedule.warmup_lr=0.01", "schedule.warmup_steps=3"}, NULL},
};

/* ---- Rates -------------------------------------------------------------------------------- */

/* Rates that a run of six steps, an epoch each, cannot follow, or just can; one more key makes an
 * epoch of four steps. */
#define FOUR "training.batch=16"
#define WARM "schedule.warmup_lr=0.01"
#define WAITS "schedule.warmup_clock=waits"
#define BY_EPOCH "schedule.update=epoch"
#define ENDPOINT "schedule.endpoint=yes"
#define BASE(name) "schedule.decay=" name

#define WARMUP_OF(warmup, steps, epoch)                                                            \
    "schedule.warmup_steps = " warmup ": expected fewer than the run's " steps                     \
    " steps, of 6 epochs of " epoch "; lower it or raise training.epochs"
#define CYCLE_OF(warmup, steps, epochs)                                                            \
    "schedule.warmup_steps = " warmup ": expected fewer than the first cycle's " steps             \
    " steps, of " epochs " epochs of 4; lower it, or let the cycles wait by "                      \
    "schedule.warmup_clock = waits"
#define COLD                                                                                       \
    "schedule.warmup_lr = 0: none of the schedule.warmup_steps = 3 would learn; set it above 0, "  \
    "or schedule.warmup = linear"
#define LAST_OF(unit, where, key)                                                                  \
    "schedule.endpoint = yes: expected at least 2 " unit " " where                                 \
    ", the last of which trains with lr_end, not 1; remove it or raise " key
#define ONE_RATE(unit, advice)                                                                     \
    "schedule.cycle = 1: a cycle of 1 " unit                                                       \
    " has but one rate, so that it never falls; raise it" advice
#define MOVED(k, from, to)                                                                         \
    "schedule.drops: schedule.k = " k " moves epoch " from " to epoch " to                         \
    " (counted from 0) of the run's 6, where it drops nothing; expected 1 to 5, so change one of " \
    "the two"
#define LEVEL(base, k, steps, keys)                                                                \
    "schedule.decay = " base ", schedule.k = " k ": the rate never falls within the run's " steps  \
    " steps; change schedule.k" keys ", or raise training.epochs"
#define ZERO(base, k, step, keys)                                                                  \
    "schedule.decay = " base ", schedule.k = " k ": the rate is 0 from step " step                 \
    " of the run's 6 on; change schedule.k" keys ", or raise schedule.lr_end"

static const struct rule rates[] = {
    {preact, {"schedule.lr=0"}, "schedule.lr = 0: no step would learn; expected more than 0"},
    {preact, {"schedule.lr=1e-300"}, NULL},
    /* warm-up */
    {preact, {WARM, "schedule.warmup_steps=5"}, NULL},
    {preact, {WARM, "schedule.warmup_steps=6"}, WARMUP_OF("6", "6", "1")},
    {preact, {"schedule.warmup_steps=6"}, WARMUP_OF("6", "6", "1")},
    {preact, {"schedule.warmup=linear", "schedule.warmup_steps=5000"}, WARMUP_OF("5000", "6", "1")},
    {preact, {WARM, WAITS, "schedule.warmup_steps=23", FOUR}, NULL},
    {preact, {WARM, WAITS, "schedule.warmup_steps=24", FOUR}, WARMUP_OF("24", "24", "4")},
    {preact, {"schedule.warmup_steps=3"}, COLD},
    {preact, {"schedule.warmup_steps=3", "schedule.warmup=linear"}, NULL},
    {preact, {"schedule.warmup_steps=7", WARM, "schedule.cycle=2", FOUR}, NULL},
    {preact, {"schedule.warmup_steps=8", WARM, "schedule.cycle=2", FOUR}, CYCLE_OF("8", "8", "2")},
    {preact, {"schedule.warmup_steps=8", WARM, "schedule.cycle=2", FOUR, WAITS}, NULL},
    /* the end point, and cycles */
    {preact, {ENDPOINT}, NULL},
    {preact, {ENDPOINT, "training.epochs=2"}, NULL},
    {preact,
     {ENDPOINT, "training.epochs=1"},
     LAST_OF("steps", "behind the warm-up", "training.epochs")},
    {preact, {"training.epochs=1"}, NULL},
    {preact, {ENDPOINT, "training.epochs=1", FOUR}, NULL},
    {preact,
     {ENDPOINT, "training.epochs=1", FOUR, BY_EPOCH},
     LAST_OF("epochs", "behind the warm-up", "training.epochs")},
    {preact, {"training.epochs=1", FOUR, BY_EPOCH}, NULL},
    {preact,
     {ENDPOINT, WARM, WAITS, "schedule.warmup_steps=5"},
     LAST_OF("steps", "behind the warm-up", "training.epochs")},
    {preact, {ENDPOINT, WARM, WAITS, "schedule.warmup_steps=4"}, NULL},
    {preact,
     {ENDPOINT, "schedule.cycle=1", "schedule.cycle_factor=2"},
     LAST_OF("steps", "in the first cycle", "schedule.cycle")},
    {preact, {ENDPOINT, "schedule.cycle=2"}, NULL},
    {preact, {"schedule.cycle=1"}, ONE_RATE("step", "")},
    {preact, {"schedule.cycle=1", FOUR}, NULL},
    {preact,
     {"schedule.cycle=1", FOUR, BY_EPOCH},
     ONE_RATE("epoch", ", or set schedule.update = step")},
    {preact, {"schedule.cycle=1", "schedule.cycle_factor=2", FOUR, BY_EPOCH}, NULL},
    /* cycles longer than the run are cut, however flat they are until then */
    {preact, {"schedule.cycle=7"}, NULL},
    {preact, {"schedule.cycle=100000", "schedule.k=5"}, NULL},
    {preact, {BASE("knee"), "schedule.hold=0.999", "schedule.cycle=7"}, NULL},
    {preact, {BASE("one-cycle"), "schedule.rise=0.999", "schedule.cycle=7"}, NULL},
    /* 6 (5/6)^(1/k) is 5.47, then 5.52; 6 (2/6)^(1/k) is 0.519, then 0.480 */
    {preact, {STEP, "schedule.drops=5", "schedule.k=1.97"}, NULL},
    {preact, {STEP, "schedule.drops=5", "schedule.k=2.2"}, MOVED("2.2", "5", "6")},
    {preact, {STEP, DROPS, "schedule.k=2.2"}, MOVED("2.2", "5", "6")},
    {preact, {STEP, DROPS, "schedule.k=0.449"}, NULL},
    {preact, {STEP, DROPS, "schedule.k=0.435"}, MOVED("0.435", "2", "0")},
    {preact, {STEP, DROPS, "schedule.drop_factor=1"}, NULL},
    /* the last step, s = 5/6, is where a rate may first fall */
    {preact, {BASE("knee"), "schedule.hold=0.83"}, NULL},
    {preact,
     {BASE("knee"), "schedule.hold=0.84"},
     LEVEL("knee, schedule.hold = 0.84", "1", "6", " or schedule.hold")},
    {preact,
     {BASE("wsd"), "schedule.hold=0.69", "schedule.k=2"}, /* s^2 = 0.694 */
     NULL},
    {preact,
     {BASE("wsd"), "schedule.hold=0.7", "schedule.k=2"},
     LEVEL("wsd, schedule.hold = 0.7", "2", "6", " or schedule.hold")},
    {preact, {BASE("wsd"), "schedule.hold=0.84", FOUR}, NULL},
    {preact,
     {BASE("wsd"), "schedule.hold=0.84", FOUR, BY_EPOCH},
     LEVEL("wsd, schedule.hold = 0.84", "1", "24", " or schedule.hold")},
    {preact, {BASE("wsd"), "schedule.hold=0.83", FOUR, BY_EPOCH}, NULL},
    {preact, {BASE("one-cycle"), "schedule.rise=0.66"}, NULL},
    {preact,
     {BASE("one-cycle"), "schedule.rise=0.84"},
     LEVEL("one-cycle, schedule.rise = 0.84, schedule.start = 0.04", "1", "6",
           " or one of schedule.rise schedule.start")},
    {preact,
     {BASE("inverse-sqrt"), "schedule.rise=0.9"},
     LEVEL("inverse-sqrt, schedule.rise = 0.9", "1", "6", " or schedule.rise")},
    {preact, {BASE("linear"), "schedule.k=100"}, NULL}, /* (5/6)^100 = 1.2e-8 */
    {preact, {BASE("linear"), "schedule.k=1e6"}, LEVEL("linear", "1e+06", "6", "")},
    {preact, {BASE("linear"), "schedule.k=1e6", "schedule.lr_end=0.1"}, NULL},
    {preact, {BASE("constant")}, NULL},
    {preact,
     {BASE("tanh"), "schedule.tanh_low=-50", "schedule.tanh_high=-49"},
     LEVEL("tanh, schedule.tanh_low = -50, schedule.tanh_high = -49", "1", "6",
           " or one of schedule.tanh_low schedule.tanh_high")},
    /* (1 - (1/6)^0.01)^1000 = 0.0178^1000 is below all doubles */
    {preact,
     {BASE("polynomial"), "schedule.power=1000", "schedule.k=0.01"},
     ZERO("polynomial, schedule.power = 1000", "0.01", "2", " or schedule.power")},
    {preact,
     {BASE("polynomial"), "schedule.power=1000", "schedule.k=0.01", "schedule.lr_end=1e-4"},
     NULL},
    {preact, {BASE("polynomial"), "schedule.power=1000"}, NULL}, /* (5/6)^1000 = 7e-80 */
    {preact,
     {BASE("one-cycle"), "schedule.start=0", "training.epochs=1"},
     "schedule.decay = one-cycle, schedule.rise = 0.3, schedule.start = 0, schedule.k = 1: the "
     "rate is 0 from step 1 of the run's 1 on; "
     "change schedule.k or one of schedule.rise schedule.start, or raise schedule.lr_end"},
    {preact,
     {"schedule.form=additive", "schedule.k=0.5"}, /* cos^2(pi s/2) + s - sqrt(s) at s = 5/6 */
     "schedule.decay = cosine, schedule.form = additive, schedule.k = 0.5: the rate of step 6 of 6 "
     "would be -0.00125503, below 0; raise schedule.k or schedule.lr_end"},
    {preact, {"schedule.form=additive", "schedule.k=0.5", "schedule.lr_end=0.01"}, NULL},
    {preact, {"schedule.form=additive", "schedule.k=2"}, NULL},
    /* fewer images than shards: some are empty */
    {preact, {"data.train_pictures=8"}, NULL},
};

static void check_rules(const struct rule *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *expected = list[i].message ? list[i].message : "";
        struct error found;
        load(&list[i], &found);
        if (strcmp(found.text, expected) != 0)
            fail_msg("case %zu (%s ...): \"%s\", expected \"%s\"", i,
                     list[i].overrides[0] ? list[i].overrides[0] : "none", found.text, expected);
    }
}

TEST(rules_between_keys)
{
    check_rules(rules, COUNT(rules));
}

TEST(rates_that_a_run_can_follow)
{
    check_rules(rates, COUNT(rates));
}

/* CIFAR's own 50,000 images: three epochs of 391 steps, or of 390. */
TEST(steps_of_a_real_set)
{
    static const char *const real[] = {"run.scale=desk", "data.set=cifar10",
                                       "data.train_pictures=0", "data.test_pictures=0"};
    static const struct real {
        const char *warmup, *last_batch, *message; /* message: of steps; NULL: good */
    } cases[] = {
        {"1173", "keep",
         "schedule.warmup_steps = 1173: expected fewer than the run's 1173 steps, "
         "of 3 epochs of 391; lower it or raise training.epochs"},
        {"1172", "keep", NULL},
        {"1170", "drop",
         "schedule.warmup_steps = 1170: expected fewer than the run's 1170 steps, "
         "of 3 epochs of 390; lower it or raise training.epochs"},
        {"1169", "drop", NULL},
    };
    char *folder = scratch_folder(), *path = memory_text("%s/a.ini", folder);
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *text = memory_text("[run]\nscale = smoke\n[data]\nset = made-up\naugmentation = "
                                 "none\n%s[training]\nepochs = 3\nbatch = 128\nlast_batch = %s\n"
                                 "momentum = 0.9\nnesterov = yes\nweight_decay = 1e-4\n[schedule]\n"
                                 "decay = cosine\nlr = 0.1\nlr_end = 0\nwarmup = linear\n"
                                 "warmup_steps = %s\n",
                                 preact, cases[i].last_batch, cases[i].warmup);
        scratch_write(folder, "a.ini", text);
        struct experiment experiment;
        struct error error = {""};
        const int status = config_load(path, real, 4, &experiment, &error);
        char *expected = memory_text("%s: %s", path, cases[i].message ? cases[i].message : "");
        assert_string_equal(error.text, cases[i].message ? expected : "");
        assert_int_equal(status, cases[i].message ? -1 : 0);
        free(expected);
        free(text);
    }
    free(path);
    scratch_remove(folder);
}

/* A list of drops that is none: the message of the key itself. */
TEST(lists_of_epochs)
{
    static const char *const lists[] = {
        "5 2", "2 2", "0 2", "-1", "2,5", "2 x", "2.5", "100001", "1 2 3 4 5 6 7 8 9"};
    for (size_t i = 0; i < COUNT(lists); i++) {
        char *drops = memory_text("schedule.drops=%s", lists[i]);
        char *expected = memory_text("--set schedule.drops = %s: expected at most 8 increasing "
                                     "epochs, as \"60 120 160\"",
                                     lists[i]);
        char *folder = scratch_folder(), *path = memory_text("%s/a.ini", folder);
        scratch_write(folder, "a.ini", preact);
        const char *overrides[] = {drops};
        struct experiment experiment;
        struct error error = {""};
        assert_int_equal(config_load(path, overrides, 1, &experiment, &error), -1);
        assert_string_equal(error.text, expected);
        free(drops);
        free(expected);
        free(path);
        scratch_remove(folder);
    }
}

/* ---- Depths -----------------------------------------------------------------------------------
 */

#define BASIC "pre-activation ResNet has depth 6n+2"
#define BOTTLENECK "pre-activation bottleneck ResNet has depth 9n+2"
#define WIDE "Wide ResNet has depth 6n+4"
#define DENSE "DenseNet-BC has depth 6n+4"

/* The two nearest depths, below and above; where none is below, the two smallest. */
static const struct depth {
    int family, block, depth;
    const char *what, *nearest; /* NULL: it exists */
} depths[] = {
    {FAMILY_PREACT, RESIDUAL_BASIC, 8, NULL, NULL},
    {FAMILY_PREACT, RESIDUAL_BASIC, 110, NULL, NULL},
    {FAMILY_PREACT, RESIDUAL_BASIC, 2, BASIC, "8 and 14"},
    {FAMILY_PREACT, RESIDUAL_BASIC, 7, BASIC, "8 and 14"},
    {FAMILY_PREACT, RESIDUAL_BASIC, 9, BASIC, "8 and 14"},
    {FAMILY_PREACT, RESIDUAL_BASIC, 31, BASIC, "26 and 32"},
    {FAMILY_PREACT, RESIDUAL_BOTTLENECK, 11, NULL, NULL},
    {FAMILY_PREACT, RESIDUAL_BOTTLENECK, 164, NULL, NULL},
    {FAMILY_PREACT, RESIDUAL_BOTTLENECK, 8, BOTTLENECK, "11 and 20"},
    {FAMILY_PREACT, RESIDUAL_BOTTLENECK, 19, BOTTLENECK, "11 and 20"},
    {FAMILY_PREACT, RESIDUAL_BOTTLENECK, 109, BOTTLENECK, "101 and 110"},
    {FAMILY_WIDE_RESNET, RESIDUAL_BASIC, 10, NULL, NULL},
    {FAMILY_WIDE_RESNET, RESIDUAL_BASIC, 28, NULL, NULL},
    {FAMILY_WIDE_RESNET, RESIDUAL_BASIC, 4, WIDE, "10 and 16"},
    {FAMILY_WIDE_RESNET, RESIDUAL_BASIC, 27, WIDE, "22 and 28"},
    {FAMILY_WIDE_RESNET, RESIDUAL_BASIC, 29, WIDE, "28 and 34"},
    {FAMILY_DENSENET_BC, RESIDUAL_BASIC, 10, NULL, NULL},
    {FAMILY_DENSENET_BC, RESIDUAL_BASIC, 100, NULL, NULL},
    {FAMILY_DENSENET_BC, RESIDUAL_BASIC, 1, DENSE, "10 and 16"},
    {FAMILY_DENSENET_BC, RESIDUAL_BASIC, 99, DENSE, "94 and 100"},
    {FAMILY_DENSENET_BC, RESIDUAL_BASIC, 101, DENSE, "100 and 106"},
};

static void check_depth(const struct depth *depth)
{
    const struct experiment experiment = {.family = depth->family,
                                          .block = depth->block,
                                          .depth = depth->depth,
                                          .channels = 16,
                                          .width = depth->family == FAMILY_WIDE_RESNET,
                                          .growth = depth->family == FAMILY_DENSENET_BC};
    struct architecture architecture;
    struct error error = {""};
    const int status = architecture_build(&architecture, &experiment, &error);
    architecture_free(&architecture);
    char *expected = depth->nearest ? memory_text("network.depth = %d: a %s; the nearest are %s",
                                                  depth->depth, depth->what, depth->nearest)
                                    : memory_text("%s", "");
    assert_string_equal(error.text, expected);
    assert_int_equal(status, depth->nearest ? -1 : 0);
    free(expected);
}

TEST(depths_of_every_family)
{
    for (size_t i = 0; i < COUNT(depths); i++)
        check_depth(&depths[i]);
}
