#include "network/recompute.h"

#include "base/memory.h"
#include "tests/network_fixture.h"

#include <stdlib.h>

#include "tests/tests.h"

/* A small network's plan, every value one number an image. */
struct planned {
    struct architecture architecture;
    struct recompute recompute;
    size_t *numbers;
};

static struct planned plan_of(const char *network)
{
    const struct experiment experiment = network_fixture_experiment(network, 16, 4);
    struct planned p;
    struct error error;
    if (architecture_build(&p.architecture, &experiment, &error) != 0)
        fail_msg("%s", error.text);
    p.numbers = memory_zeroed((size_t)p.architecture.activation_count, sizeof *p.numbers);
    for (int v = 0; v < p.architecture.activation_count; v++)
        p.numbers[v] = 1;
    recompute_plan(&p.recompute, &p.architecture, p.numbers);
    return p;
}

static void plan_free(struct planned *p)
{
    architecture_free(&p->architecture);
    recompute_free(&p->recompute);
    free(p->numbers);
}

static int count(const struct planned *p, enum layer_kind kind, int in_scratch)
{
    int found = 0;
    for (int l = 0; l < p->architecture.layer_count; l++) {
        const struct layer *layer = &p->architecture.layers[l];
        found += layer->kind == kind && layer->output != NO_ACTIVATION &&
                 p->recompute.in_scratch[layer->output] == in_scratch;
    }
    return found;
}

/* Counted by hand. A basic preact-8 has 7 BN_RELU layers; the first unit's shortcut carries its
 * activation on into the next unit, which therefore is kept. All convolutions' outputs are read by
 * a BN_RELU or added. */
TEST(preact)
{
    struct planned p = plan_of("family = preact\ndepth = 8\n");
    assert_int_equal(count(&p, LAYER_BN_RELU, 1), 6);
    assert_int_equal(count(&p, LAYER_BN_RELU, 0), 1);
    assert_int_equal(count(&p, LAYER_CONVOLUTION, 1), 0);
    assert_int_equal(p.recompute.numbers, 1);
    assert_false(p.recompute.in_scratch[0]);
    plan_free(&p);
}

/* BN_RELU, dropout and convolution follow each other: both maps pass, side by side, and both layers
 * run again. The last BN_RELU, before the head, does not. */
TEST(dropout)
{
    struct planned p = plan_of("family = wide-resnet\nwidth = 1\ndepth = 10\ndropout = 0.3\n");
    int again = 0, norms = 0;
    for (int l = 0; l < p.architecture.layer_count; l++) {
        again += p.recompute.rerun[l];
        norms += p.architecture.layers[l].kind == LAYER_BN_RELU;
    }
    assert_int_equal(count(&p, LAYER_DROPOUT, 1), 3);
    assert_int_equal(count(&p, LAYER_BN_RELU, 1), norms);
    assert_int_equal(again, 3 + norms - 1);
    assert_int_equal(p.recompute.numbers, 2);
    plan_free(&p);
}

/* The concatenations pass; of a transition, what the pool reads passes too and is not made again.
 */
TEST(densenet)
{
    struct planned p = plan_of("family = densenet-bc\ngrowth = 12\ndepth = 10\n");
    assert_int_equal(count(&p, LAYER_BN_RELU, 0), 0);
    assert_int_equal(count(&p, LAYER_CONVOLUTION, 1), 2);
    assert_int_equal(count(&p, LAYER_POOL, 1), 0);
    for (int l = 0; l < p.architecture.layer_count; l++)
        if (p.recompute.rerun[l])
            assert_int_equal(p.architecture.layers[l].kind, LAYER_BN_RELU);
    plan_free(&p);
}

/* A PAD and the BN_RELU before it pass side by side, and both run again; so does what a PARTIAL
 * reads, but nobody needs that again. The first unit's activation, which its shortcut carries, is
 * kept. */
TEST(paddings)
{
    struct planned p = plan_of("family = preact\ndepth = 8\npadding = reflect\n");
    assert_int_equal(count(&p, LAYER_PAD, 1), 6);
    assert_int_equal(count(&p, LAYER_BN_RELU, 1), 6);
    assert_int_equal(count(&p, LAYER_CONVOLUTION, 1), 0);
    assert_int_equal(p.recompute.numbers, 2);
    int again = 0;
    for (int l = 0; l < p.architecture.layer_count; l++)
        again += p.recompute.rerun[l];
    assert_int_equal(again, 6 + 5); /* not the first BN_RELU nor the last */
    plan_free(&p);
    p = plan_of("family = preact\ndepth = 8\npadding = partial\n");
    assert_int_equal(count(&p, LAYER_PARTIAL, 0), 6);
    assert_int_equal(count(&p, LAYER_CONVOLUTION, 1), 6);
    for (int l = 0; l < p.architecture.layer_count; l++)
        assert_true(!p.recompute.rerun[l] || p.architecture.layers[l].kind == LAYER_BN_RELU);
    plan_free(&p);
}

static int forward_only(const char *network)
{
    struct planned p = plan_of(network);
    int found = 0;
    for (int v = 0; v < p.architecture.activation_count; v++)
        found += p.recompute.forward_only[v];
    plan_free(&p);
    return found;
}

/* The shortcuts of units that change shape: of the last two stages, and of the first one where that is
 * wider than the stem. A projection from the raw map's activation is one, too. */
TEST(forward_only_activations)
{
    assert_int_equal(forward_only("family = preact\ndepth = 14\n"), 2);
    assert_int_equal(forward_only("family = wide-resnet\nwidth = 1\ndepth = 16\n"), 2);
    assert_int_equal(forward_only("family = wide-resnet\nwidth = 2\ndepth = 16\n"), 3);
    assert_int_equal(forward_only("family = densenet-bc\ngrowth = 12\ndepth = 10\n"), 0);
}
