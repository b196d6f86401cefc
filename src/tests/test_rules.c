/* What must hold between the keys of an experiment: each rule broken once, its whole message, and
 * the nearest experiment that keeps it. */
#include "architecture.h"
#include "config.h"
#include "memory.h"
#include "scratch.h"
#include "tests.h"

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

/* Load the base with the overrides: the message behind the file's name, or "". */
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
#define NOT_MADE_UP                                                                                \
    "data.train_pictures and data.test_pictures belong to data.set = made-up; remove them"
#define SMOKE "data.set = made-up and run.scale = smoke belong together; change one of them"
#define SHARDS "training.batch: expected a multiple of training.shards"
#define NO_STEP "training.last_batch = drop leaves no step: fewer pictures than training.batch"
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
#define CHANNELS "network.channels belongs to network.family = preact; remove it"
#define DROPS_ONLY "schedule.drops belongs to schedule.decay = step, which needs it"
#define STEP_ONLY                                                                                  \
    "schedule.decay = step: expected no schedule.cycle, endpoint or form, and lr_end = 0"
#define LATE_DROP "schedule.drops: expected epochs before training.epochs"
#define RESET "training.momentum_reset belongs to schedule.decay = step; remove it"
#define CYCLE "schedule.cycle_factor needs schedule.cycle"
#define WARMUP "schedule.warmup, warmup_lr and warmup_clock need schedule.warmup_steps"

static const struct rule rules[] = {
    {preact, {0}, NULL},
    {wide, {0}, NULL},
    {dense, {0}, NULL},
    {preact, {"data.train_pictures=0"}, MAKE_UP},
    {preact, {"data.test_pictures=0"}, MAKE_UP},
    {preact, {"run.scale=desk", "data.set=cifar10"}, NOT_MADE_UP},
    {preact, {"run.scale=desk", "data.set=cifar10", "data.train_pictures=0"}, NOT_MADE_UP},
    {preact, {"run.scale=full", "data.set=cifar100", "data.test_pictures=0"}, NOT_MADE_UP},
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
    {preact, {STEP, DROPS, "training.epochs=5"}, LATE_DROP},
    {preact, {STEP, DROPS, "training.epochs=4"}, LATE_DROP},
    {preact, {"training.momentum_reset=at-drop"}, RESET},
    {preact, {STEP, DROPS, "training.momentum_reset=at-drop"}, NULL},
    {preact, {"schedule.cycle_factor=2"}, CYCLE},
    {preact, {"schedule.cycle_factor=2", "schedule.cycle=1"}, NULL},
    {preact, {"schedule.warmup_lr=0.01"}, WARMUP},
    {preact, {"schedule.warmup=linear"}, WARMUP},
    {preact, {"schedule.warmup_clock=waits"}, WARMUP},
    {preact, {"schedule.warmup_lr=0.01", "schedule.warmup_steps=3"}, NULL},
};

static void test_rules_between_keys(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        const char *expected = rules[i].message ? rules[i].message : "";
        struct error found;
        load(&rules[i], &found);
        if (strcmp(found.text, expected) != 0)
            fail_msg("case %zu (%s ...): \"%s\", expected \"%s\"", i,
                     rules[i].overrides[0] ? rules[i].overrides[0] : "none", found.text, expected);
    }
}

/* A list of drops that is none: the message of the key itself. */
static void test_lists_of_epochs(void **state)
{
    (void)state;
    static const char *const lists[] = {
        "5 2", "2 2", "0 2", "-1", "2,5", "2 x", "2.5", "100001", "1 2 3 4 5 6 7 8 9"};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
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
    {FAMILY_PREACT, BLOCK_BASIC, 8, NULL, NULL},
    {FAMILY_PREACT, BLOCK_BASIC, 110, NULL, NULL},
    {FAMILY_PREACT, BLOCK_BASIC, 2, BASIC, "8 and 14"},
    {FAMILY_PREACT, BLOCK_BASIC, 7, BASIC, "8 and 14"},
    {FAMILY_PREACT, BLOCK_BASIC, 9, BASIC, "8 and 14"},
    {FAMILY_PREACT, BLOCK_BASIC, 31, BASIC, "26 and 32"},
    {FAMILY_PREACT, BLOCK_BOTTLENECK, 11, NULL, NULL},
    {FAMILY_PREACT, BLOCK_BOTTLENECK, 164, NULL, NULL},
    {FAMILY_PREACT, BLOCK_BOTTLENECK, 8, BOTTLENECK, "11 and 20"},
    {FAMILY_PREACT, BLOCK_BOTTLENECK, 19, BOTTLENECK, "11 and 20"},
    {FAMILY_PREACT, BLOCK_BOTTLENECK, 109, BOTTLENECK, "101 and 110"},
    {FAMILY_WIDE_RESNET, BLOCK_BASIC, 10, NULL, NULL},
    {FAMILY_WIDE_RESNET, BLOCK_BASIC, 28, NULL, NULL},
    {FAMILY_WIDE_RESNET, BLOCK_BASIC, 4, WIDE, "10 and 16"},
    {FAMILY_WIDE_RESNET, BLOCK_BASIC, 27, WIDE, "22 and 28"},
    {FAMILY_WIDE_RESNET, BLOCK_BASIC, 29, WIDE, "28 and 34"},
    {FAMILY_DENSENET_BC, BLOCK_BASIC, 10, NULL, NULL},
    {FAMILY_DENSENET_BC, BLOCK_BASIC, 100, NULL, NULL},
    {FAMILY_DENSENET_BC, BLOCK_BASIC, 1, DENSE, "10 and 16"},
    {FAMILY_DENSENET_BC, BLOCK_BASIC, 99, DENSE, "94 and 100"},
    {FAMILY_DENSENET_BC, BLOCK_BASIC, 101, DENSE, "100 and 106"},
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

static void test_depths_of_every_family(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof depths / sizeof depths[0]; i++)
        check_depth(&depths[i]);
}

const struct CMUnitTest rules_tests[] = {
    cmocka_unit_test(test_rules_between_keys),
    cmocka_unit_test(test_lists_of_epochs),
    cmocka_unit_test(test_depths_of_every_family),
};
const size_t rules_test_count = sizeof rules_tests / sizeof rules_tests[0];
