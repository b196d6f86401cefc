/* Training refuses a network for which the machine has too little memory, and the predicted bytes
 * are close to the bytes that it takes. */
#include "base/memory.h"
#include "network/network.h"
#include "tests/network_fixture.h"
#include "tests/scratch.h"

#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/tests.h"

static const char text[] =
    "[run]\nscale = smoke\n[data]\nset = made-up\ntrain_pictures = 512\ntest_pictures = 1\n"
    "augmentation = none\n[network]\nfamily = preact\ndepth = 8\n[training]\nepochs = 1\n"
    "batch = 512\nlast_batch = keep\nmomentum = 0.9\nnesterov = yes\nweight_decay = 1e-4\n"
    "[schedule]\ndecay = polynomial\nlr = 0.1\nlr_end = 0\n";

static char *train_command(const char *folder, const char *to, const char *overrides)
{
    return memory_text("build/kdecay train %s/a.ini --seed 1 --threads 1 --results %s/%s "
                       "--checkpoints %s/%s %s",
                       folder, folder, to, folder, to, overrides);
}

/* ---- Too much ---------------------------------------------------------------------------------
 */

/* About 93 TiB. No file is left. */
TEST(too_large_a_network_is_refused)
{
    char *folder = scratch_folder(), *output = NULL;
    scratch_write(folder, "a.ini", text);
    char *command = train_command(folder, "huge",
                                  "--set network.family=wide-resnet --set network.width=64 "
                                  "--set network.depth=4000 --set training.batch=4096");
    assert_int_equal(scratch_run(command, &output), 1);
    size_t needed, there;
    char rest[64];
    if (sscanf(output,
               "kdecay: training takes about %zu MiB, this machine has %zu MiB; take a smaller "
               "training.batch or %63[^\n]",
               &needed, &there, rest) != 3)
        fail_msg("%s", output);
    assert_string_equal(rest, "another machine");
    assert_string_equal(strchr(output, '\n'), "\n");
    assert_int_equal(there,
                     ((size_t)sysconf(_SC_PHYS_PAGES) * (size_t)sysconf(_SC_PAGESIZE)) >> 20);
    assert_true(needed > there);
    free(output);
    free(command);
    char *left = memory_text("ls %s", folder);
    assert_int_equal(scratch_run(left, &output), 0);
    assert_string_equal(output, "a.ini\n");
    free(output);
    free(left);
    scratch_remove(folder);
}

/* ---- What is taken ------------------------------------------------------------------------- */

/* The bytes that a network has allocated, by the allocator's own books: with two workers, as it is
 * reckoned. */
static double taken(const struct experiment *experiment)
{
    const struct mallinfo2 before = mallinfo2();
    struct network *network = network_create(experiment, 2);
    const struct mallinfo2 after = mallinfo2();
    network_destroy(network);
    return (double)(after.uordblks + after.hblkhd) - (double)(before.uordblks + before.hblkhd);
}

/* What more images, more shards or wider layers add; oneDNN's primitives, which are not reckoned
 * with, nearly cancel. */
static void check_growth(const char *network, int batch, int shards, const char *more_network,
                         int more_batch, int more_shards)
{
    const struct experiment less = network_fixture_experiment(network, batch, shards);
    const struct experiment more =
        network_fixture_experiment(more_network, more_batch, more_shards);
    const double found = taken(&more) - taken(&less);
    const double expected = (double)network_bytes(&more, 1) - (double)network_bytes(&less, 1);
    if (!(fabs(found / expected - 1) < 0.1))
        fail_msg("%s, %d images in %d shards take %g bytes more than %s, %d in %d, expected %g",
                 more_network, more_batch, more_shards, found, network, batch, shards, expected);
}

TEST(bytes_that_training_takes)
{
    static const char preact[] = "family = preact\ndepth = 8\n";
    static const char wide[] = "family = wide-resnet\ndepth = 10\nwidth = 2\n";
    static const char wider[] = "family = wide-resnet\ndepth = 10\nwidth = 6\n";
    static const char dense[] = "family = densenet-bc\ndepth = 10\ngrowth = 12\n";
    check_growth(preact, 64, 16, preact, 320, 16);
    check_growth(preact, 64, 4, preact, 64, 64);
    check_growth(wide, 16, 4, wider, 16, 4);
    check_growth(dense, 64, 16, dense, 192, 16);
}

/* A rank has only its shards, but all weights, as with a minibatch of only these shards. */
TEST(bytes_of_a_rank)
{
    static const char preact[] = "family = preact\ndepth = 8\n";
    const struct experiment whole = network_fixture_experiment(preact, 64, 16);
    const struct experiment part = network_fixture_experiment(preact, 16, 4);
    assert_int_equal(network_bytes(&whole, 4), network_bytes(&part, 1));
    assert_true(network_bytes(&whole, 16) > network_bytes(&whole, 1) / 16);
}
